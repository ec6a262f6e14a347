from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.model import Answer
from pipeline.pacing import JITTER, LONG_NAP, SLACK, Pacer, Slot, Throttle, parse_rate
from pipeline.sandbox import Sandbox
from tests.delivery import _clean_environment, leadbyte  # noqa: F401 - an autouse fixture
from tests.sandbox.client import lead

#: Seconds between leave and sending, seconds until the answer, and whether anything is sent at all.
Move = tuple[float, float, bool]


class Clock:
    """Time that moves when told to; `waits` are the sleeps that were asked for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now


def worker(pacer: Pacer, clock: Clock, moves: Iterator[Move], times: list[float]) -> Iterator[float]:
    """A worker in slices: yields the seconds until it goes on; notes when it handed a request over."""
    while True:
        stopped = iter((False, True))
        with pacer.slot(lambda stopped=stopped: next(stopped)) as slot:  # type: ignore[misc]
            if slot is not None:
                delay, latency, sends = next(moves)
                yield delay
                if sends:
                    slot.sent()
                    times.append(clock.now)
                yield latency
        if slot is None:
            yield clock.waits.pop()


def handed_over(
    rate: float,
    workers: int,
    moves: Iterable[Move],
    requests: int,
    pacer: Pacer | None = None,
    clock: Clock | None = None,
) -> list[float]:
    """When each of so many requests was handed over, by that many workers in a time of their own."""
    clock = clock or Clock()
    paced = pacer or Pacer(rate, clock, clock.waits.append)
    times: list[float] = []
    turns = cycle(moves)
    staff = [worker(paced, clock, turns, times) for _ in range(workers)]
    agenda = [(clock.now, number) for number in range(workers)]
    while len(times) < requests:
        clock.now, number = heapq.heappop(agenda)
        heapq.heappush(agenda, (clock.now + max(next(staff[number]), 1e-6), number))
    return times


def most_in_a_second(times: list[float]) -> int:
    """The most requests in any window of one second."""
    return max(sum(start <= one < start + 1.0 for one in times) for start in times)


seconds = st.floats(0.0, 2.5) | st.sampled_from([0.0, 0.5, 1.0])
moves = st.lists(st.tuples(seconds, seconds, st.booleans() | st.just(True)), min_size=1, max_size=12).filter(
    lambda them: any(sends for _, _, sends in them)
)


@settings(deadline=None)
@given(st.sampled_from([1.0, 1.5, 2.0, 2.9, 5.0, 7.5, 12.0]), st.integers(1, 9), moves)
@example(5.0, 2, [(0.9, 0.0, True), (0.0, 0.0, True), (0.0, 0.0, True)])
def test_no_second_sees_more_than_the_rate_however_workers_dawdle(
    rate: float, workers: int, moves: list[Move]
) -> None:
    times = handed_over(rate, workers, moves, requests=int(3 * rate) + 2)
    assert most_in_a_second(times) <= rate


@settings(deadline=None)
@given(st.sampled_from([0.2, 0.5, 0.9]), st.integers(1, 5), moves)
def test_below_one_a_second_the_gaps_are_as_long_as_asked(rate: float, workers: int, moves: list[Move]) -> None:
    times = handed_over(rate, workers, moves, requests=4)
    assert min(later - earlier for earlier, later in pairwise(sorted(times))) >= 1.0 / rate - 1e-9


@pytest.mark.parametrize("rate", [0.5, 1.0, 5.0, 50.0, 300.0])
def test_the_rate_is_held_when_nobody_dawdles(rate: float) -> None:
    times = handed_over(rate, 4, [(0.0, 0.0, True)], requests=int(20 * rate) + 3)
    assert (len(times) - 1) / (times[-1] - times[0]) > 0.985 * rate


def test_sleeps_that_oversleep_a_little_do_not_slow_the_rate() -> None:
    # A tenth of the time between two requests, every time: what one oversleeps, the next makes up for.
    clock = Clock()
    pacer = Pacer(50.0, clock, lambda seconds: clock.waits.append(seconds + 0.002))
    times = handed_over(50.0, 4, [(0.0, 0.0, True)], requests=1000, pacer=pacer, clock=clock)
    assert (len(times) - 1) / (times[-1] - times[0]) > 0.98 * 50


def arrivals(rate: float, lags: Iterable[float], latencies: Iterable[float], requests: int) -> list[float]:
    """When so many requests arrive that take those times to get there, and those until the answer is back."""
    clock = Clock()
    pacer = Pacer(rate, clock, clock.waits.append)
    on_the_way, until_the_answer = cycle(lags), cycle(latencies)
    times: list[float] = []

    def one_worker() -> Iterator[float]:
        while True:
            stopped = iter((False, True))
            with pacer.slot(lambda stopped=stopped: next(stopped)) as slot:  # type: ignore[misc]
                if slot is not None:
                    slot.sent()
                    lag = next(on_the_way)
                    times.append(clock.now + lag)
                    yield lag + next(until_the_answer)
            if slot is None:
                yield clock.waits.pop()

    staff = [one_worker() for _ in range(int(rate))]
    agenda = [(clock.now, number) for number in range(len(staff))]
    while len(times) < requests:
        clock.now, number = heapq.heappop(agenda)
        heapq.heappush(agenda, (clock.now + max(next(staff[number]), 1e-6), number))
    return sorted(times)


def test_requests_that_arrive_late_now_and_then_make_no_second_too_full() -> None:
    times = arrivals(20.0, [0.001] * 40 + [0.06] + [0.001] * 7 + [0.09], [0.2], requests=1500)
    assert most_in_a_second(times) <= 20
    assert (len(times) - 1) / (times[-1] - times[0]) > 0.95 * 20


def test_answers_of_uneven_speed_do_not_slow_the_rate() -> None:
    # That says nothing of the way there: LeadByte takes now longer, now shorter.
    times = arrivals(20.0, [0.001], [0.1, 0.3, 0.15, 0.7, 0.2, 0.5, 0.12], requests=1000)
    assert (len(times) - 1) / (times[-1] - times[0]) > 0.98 * 20


def test_answers_that_become_slower_for_good_do_not_slow_the_rate_for_good() -> None:
    times = arrivals(20.0, [0.001], [0.1] * 500 + [0.127] * 1500, requests=2000)
    late = times[-1000:]
    assert (len(late) - 1) / (late[-1] - late[0]) > 0.98 * 20


def test_a_slow_disk_does_not_slow_the_rate_where_leave_is_given_early_nor_is_a_second_too_full() -> None:
    clock = Clock()
    times: list[float] = []
    disk = cycle([0.002, 0.015, 0.001, 0.008, 0.0])
    slept: list[float] = []
    pacer = Pacer(50.0, clock, slept.append)

    def one_worker() -> Iterator[float]:
        while True:
            stopped = iter((False, True))
            with pacer.slot(lambda stopped=stopped: next(stopped), lead=0.02) as slot:  # type: ignore[misc]
                if slot is not None:
                    yield next(disk)
                    while slot.due > clock.now:  # what `until_due` does, in slices
                        yield slot.due - clock.now
                    slot.sent()
                    times.append(clock.now)
                    yield 0.2
            if slot is None:
                yield slept.pop()

    staff = [one_worker() for _ in range(14)]
    agenda = [(clock.now, number) for number in range(len(staff))]
    while len(times) < 1000:
        clock.now, number = heapq.heappop(agenda)
        heapq.heappush(agenda, (clock.now + max(next(staff[number]), 1e-6), number))
    assert (len(times) - 1) / (times[-1] - times[0]) > 0.985 * 50
    assert most_in_a_second(times) <= 50


def test_a_request_that_was_given_leave_early_waits_for_its_time() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    pacer = Pacer(10.0, clock, sleep)
    sent = []
    for _ in range(3):
        with pacer.slot(lambda: False, lead=0.05) as slot:
            assert slot is not None
            pacer.until_due(slot)
            sent.append(clock.now)
    assert [later - earlier for earlier, later in pairwise(sent)] == pytest.approx([0.1, 0.1])


def test_slow_answers_do_not_slow_the_rate() -> None:
    times = handed_over(20.0, 24, [(0.0, 1.0, True)], requests=100)
    assert (len(times) - 1) / (times[-1] - times[0]) > 0.9 * 20


def test_requests_are_spread_over_the_second() -> None:
    times = handed_over(10.0, 3, [(0.0, 0.0, True)], requests=30)
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.1 - SLACK
    # What one makes up for, the next does not get again: every stretch of the way is as long as it should be.
    assert all(
        later - earlier >= 0.1 * (last - first) - SLACK
        for first, earlier in enumerate(times)
        for last, later in enumerate(times[first:], first)
    )


# ---------------------------------------------------------------------- what the server bears


@dataclass
class Server:
    """Lets at most so many requests through in any second, in a time of its own; refuses the others."""

    limit: Callable[[float], float]
    passed: deque[float] = field(default_factory=deque)
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def takes(self, at: float) -> bool:
        while self.passed and self.passed[0] <= at - 1.0:
            self.passed.popleft()
        good = len(self.passed) < self.limit(at)
        if good:
            self.passed.append(at)
        (self.taken if good else self.refused).append(at)
        return good

    def share(self, begin: float, end: float) -> float:
        """Taken per second in that stretch of time."""
        return sum(begin <= at < end for at in self.taken) / (end - begin)

    def refusals(self, begin: float, end: float) -> int:
        return sum(begin <= at < end for at in self.refused)


def refusable(pacer: Pacer, clock: Clock, server: Server, retry_after: float) -> Iterator[float]:
    """A worker in slices, which does what is said on 429: all wait, the rate falls, the lead is tried again."""
    again = False
    while True:
        stopped = iter((False, True))
        with pacer.slot(lambda stopped=stopped: next(stopped), again=again) as slot:  # type: ignore[misc]
            if slot is not None:
                yield 0.002
                slot.sent()
                good = server.takes(clock.now)
                yield 0.2
        if slot is None:
            yield clock.waits.pop()
        elif good:
            again = False
        else:
            again = True
            pacer.slow_down(slot)
            pacer.hold(retry_after)
            yield 0.25


def sent_to(server: Server, rate: float, seconds: float, retry_after: float = 1.0) -> None:
    """Send to it for so long, from second 0 on."""
    clock = Clock()
    clock.now = 0.0
    pacer = Pacer(rate, clock, clock.waits.append)
    staff = [refusable(pacer, clock, server, retry_after) for _ in range(24)]
    agenda = [(clock.now, number) for number in range(len(staff))]
    while clock.now < seconds:
        clock.now, number = heapq.heappop(agenda)
        heapq.heappush(agenda, (clock.now + max(next(staff[number]), 1e-6), number))


@pytest.mark.parametrize(
    ("rate", "limit", "retry_after"), [(50.0, 20, 1.0), (50.0, 20, 0.0), (50.0, 49, 1.0), (20.0, 3, 1.0)]
)
def test_a_server_that_bears_less_is_sent_nearly_that_and_seldom_more(
    rate: float, limit: int, retry_after: float
) -> None:
    server = Server(lambda _at: limit)
    sent_to(server, rate, 300.0, retry_after)
    assert server.share(120.0, 300.0) > 0.94 * limit
    assert server.refusals(0.0, 30.0) < 40
    assert server.refusals(120.0, 300.0) <= 3
    assert most_in_a_second(sorted(server.taken + server.refused)[:400]) <= rate


def test_a_limit_that_is_lifted_is_noticed() -> None:
    server = Server(lambda at: 10 if at < 20 else 1000)
    sent_to(server, 40.0, 200.0)
    assert server.share(10.0, 20.0) < 11
    assert server.share(160.0, 200.0) > 0.98 * 40


def test_an_outage_does_not_leave_the_rate_down_for_good() -> None:
    server = Server(lambda at: 0 if 10 <= at < 25 else 1000)
    sent_to(server, 30.0, 500.0)
    assert server.refusals(10.0, 25.0) < 60
    assert server.share(460.0, 500.0) > 0.98 * 30


def test_the_rate_falls_at_once_and_once_for_all_that_were_under_way() -> None:
    clock = Clock()
    pacer = Pacer(10.0, clock, clock.waits.append)
    slots = []
    for _ in range(3):
        with pacer.slot(lambda: False) as slot:
            assert slot is not None
            slots.append(slot)
        clock.now += 0.1
    for slot in slots:
        pacer.slow_down(slot)
    with pacer.slot(lambda: False) as slot:
        assert slot is not None
        assert slot.rate == pytest.approx(6.0)
    clock.now += 0.17
    with pacer.slot(lambda: False) as slot:
        assert slot is not None
        assert 6.0 < slot.rate < 6.1
    pacer.slow_down(slot)
    clock.now += 1.0
    with pacer.slot(lambda: False) as slot:
        assert slot is not None
        assert slot.rate < 4.0


def test_a_refusal_of_which_no_slot_is_known_slows_down_too() -> None:
    clock = Clock()
    pacer = Pacer(10.0, clock, clock.waits.append)
    pacer.slow_down()
    with pacer.slot(lambda: False) as slot:
        assert slot is not None
        assert slot.rate == pytest.approx(6.0)


@given(st.lists(st.tuples(st.floats(0.0, 5000.0), st.booleans()), max_size=60))
def test_the_rate_is_never_more_than_asked_nor_nothing(steps: list[tuple[float, bool]]) -> None:
    throttle, now = Throttle(50.0), 0.0
    for seconds, refused in steps:
        now += seconds
        rate = throttle.rate(now)
        assert 50.0 * Throttle.LEAST <= rate <= 50.0
        if refused:
            throttle.refused(now, rate)
            assert throttle.rate(now) <= max(0.85 * rate, 0.5) + 1e-9


def test_the_limit_is_probed_less_often_each_time_it_is_found_where_it_was() -> None:
    throttle, now = Throttle(50.0), 0.0
    throttle.refused(now, 20.0)
    quiet = []
    for _ in range(6):
        began = now
        while throttle.rate(now) <= 20.0:
            now += 0.5
        quiet.append(now - began)
        throttle.refused(now, 20.0)
    assert quiet == pytest.approx([40, 70, 130, 250, 490, 610], abs=5)


# ---------------------------------------------------------------------- holds, stops and the calendar


def test_the_calendar_is_asked_only_once_the_pace_would_allow_it() -> None:
    clock = Clock()
    asked: list[float] = []

    def admit() -> float:
        asked.append(clock.now)
        return 0.0

    pacer = Pacer(1.0, clock, clock.waits.append)
    for stops in ((False,), (False, True)):
        turns = iter(stops)
        with pacer.slot(lambda turns=turns: next(turns), admit=admit):  # type: ignore[misc]
            pass
    assert len(asked) == 1


def test_nobody_is_let_go_while_the_calendar_is_closed_and_a_stop_is_heeded_soon() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.waits.append(seconds)
        clock.now += seconds

    pacer = Pacer(50.0, clock, sleep)
    opens = clock.now + 3600.0
    with pacer.slot(lambda: False, admit=lambda: max(opens - clock.now, 0.0)) as slot:
        assert slot is not None
        assert opens <= slot.started < opens + 0.1
    assert max(clock.waits) <= LONG_NAP
    assert len(clock.waits) < 8000


def test_while_the_calendar_is_closed_those_who_wait_behind_do_not_spin() -> None:
    clock = Clock()
    behind: list[float] = []

    def meanwhile(seconds: float) -> None:
        """While a lead that is tried again waits for the hours, a new lead asks for leave, and waits as long."""
        if not clock.waits:
            clock.waits.append(seconds)
            stopped = iter((False, True))
            with pacer.slot(lambda: next(stopped), admit=lambda: 1.0) as slot:
                assert slot is None
            behind.append(clock.waits[-1])
        clock.waits.append(seconds)
        clock.now += seconds

    pacer = Pacer(1000.0, clock, meanwhile)
    opens = clock.now + 10.0
    with pacer.slot(lambda: False, again=True, admit=lambda: max(opens - clock.now, 0.0)):
        pass
    assert behind == [LONG_NAP]


def test_a_hold_is_kept_by_everybody_and_a_shorter_one_changes_nothing() -> None:
    clock = Clock()
    pacer = Pacer(100.0, clock, clock.waits.append)
    pacer.hold(30.0)
    pacer.hold(1.0)
    times: list[float] = []
    staff = worker(pacer, clock, cycle([(0.0, 0.0, True)]), times)
    for step in islice(staff, 1000):
        clock.now += max(step, 1e-6)
        if times:
            break
    assert times[0] >= 1030.0


def test_nobody_is_given_leave_after_the_stop_and_a_wait_ends_with_it() -> None:
    clock = Clock()
    pacer = Pacer(1.0, clock, clock.waits.append)
    with pacer.slot(lambda: True) as slot:
        assert slot is None
    pacer.hold(600.0)
    answers = iter([False, False, False, True])
    with pacer.slot(lambda: next(answers)) as slot:
        assert slot is None
    # It looks up often: a stop is heeded at once, not after ten minutes.
    assert len(clock.waits) == 3
    assert max(clock.waits) <= 0.1


def test_a_lead_that_was_tried_before_goes_first_however_many_wait() -> None:
    clock = Clock()
    order: list[str] = []

    def meanwhile(seconds: float) -> None:
        """While the lead that is tried again waits for its turn, time passes and a new lead asks for leave."""
        clock.now += seconds
        asked = iter((False, True))
        with pacer.slot(lambda: next(asked)) as slot:
            order.extend(["new"] * (slot is not None))

    sleeps = iter([meanwhile])
    pacer = Pacer(10.0, clock, lambda seconds: next(sleeps, lambda _seconds: None)(seconds + 1.0))
    pacer.hold(1.0)
    with pacer.slot(lambda: False, again=True) as slot:
        order.extend(["again"] * (slot is not None))
    clock.now += 1.0
    with pacer.slot(lambda: False) as slot:
        order.extend(["new"] * (slot is not None))
    assert order == ["again", "new"]


def test_an_attempt_that_broke_still_counts() -> None:
    clock = Clock()
    pacer = Pacer(1.0, clock, clock.waits.append)

    def breaks() -> None:
        with pacer.slot(lambda: False):
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        breaks()
    stopped = iter((False, True))
    with pacer.slot(lambda: next(stopped)) as slot:
        assert slot is None  # too early, but not for ever: the broken one has ended
    clock.now += 1.1
    with pacer.slot(lambda: False) as slot:
        assert isinstance(slot, Slot)


def test_threads_share_one_pace() -> None:
    times: list[float] = []
    lock = threading.Lock()

    class Time:
        """A clock that goes on by every look and every sleep."""

        now = 0.0

        def clock(self) -> float:
            with lock:
                self.now += 1e-6
                return self.now

        def sleep(self, seconds: float) -> None:
            with lock:
                self.now += seconds

    class Dawdling(Pacer):
        """Lets the others in between the look and the leave."""

        def _wait(self, now: float) -> float:
            wait = super()._wait(now)
            time.sleep(0.0002)
            return wait

    own = Time()
    pacer = Dawdling(20.0, own.clock, own.sleep)

    def work() -> None:
        for _ in range(25):
            with pacer.slot(lambda: False) as slot:
                assert slot is not None
                slot.sent()
                assert slot.handed_over is not None
                times.append(slot.handed_over)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 200
    assert most_in_a_second(times) <= 20


def paced_arrivals(rate: float, requests: int, workers: int) -> tuple[list[float], list[int | None], float]:
    """Arrivals and HTTP statuses at a sandbox that enforces the same rate, in real time; and how uneven the way was.

    The last is the seconds by which the slowest request took longer from the socket to the sandbox than the fastest.
    """
    with Sandbox(rate_limit=rate, duplicate_check=False, latency=0.15) as sandbox:
        service = leadbyte(sandbox.base_url, sandbox.key)
        service.campaigns()  # so that the sandbox is warm
        pacer = Pacer(rate, time.monotonic, time.sleep)
        numbers = iter(range(requests))
        left: dict[str, float] = {}

        def work() -> None:
            for number in numbers:
                with pacer.slot(lambda: False) as slot:
                    assert slot is not None
                    one = lead(data13=str(number))
                    assert isinstance(service.post("EXAMPLE-CAMPAIGN", one, slot.sent), Answer)
                    assert slot.handed_over is not None
                    left[one["data13"]] = slot.handed_over

        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        record = sandbox.record()
    lags = [one.at - left[one.lead["data13"]] for one in record]
    return [one.at for one in record], [one.http_status for one in record], max(lags) - min(lags)


def test_leadbyte_never_sees_more_than_the_rate() -> None:
    # A busy machine may hold one request up for longer than pacing allows for: that trial says nothing.
    for _ in range(12):
        times, statuses, unevenness = paced_arrivals(rate=10.0, requests=32, workers=6)
        if unevenness <= JITTER:
            break
    assert statuses == [200] * 32
    assert most_in_a_second(times) <= 10


@pytest.mark.parametrize(
    ("text", "rate"),
    [("5/s", 5.0), ("300/m", 5.0), ("3600/h", 1.0), (" 0.5/S ", 0.5), ("2.5/sec", 2.5), ("6/minute", 0.1),
     ("1000/second", 1000.0), ("1/hour", 1 / 3600)],
)  # fmt: skip
def test_a_rate_is_leads_per_second_minute_or_hour(text: str, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize(
    "text",
    ["", "5", "/s", "0/s", "0.0/m", "-5/s", "5/d", "5 / s", "5s", "5/ss", "1001/s", "9" * 400 + "/s", "nan/s",
     "inf/s", "1e3/s", "٥/s", "5/s\n5/s", "5./s", ".5/s"],
)  # fmt: skip
def test_nonsense_is_no_rate(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a rate"):
        parse_rate(text)
