from __future__ import annotations

import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any

import pytest

from pipeline.errors import RunError
from pipeline.hours import DailyLimit, OnCap, Window
from pipeline.journal import Journal
from pipeline.leadbyte.answers import judge
from pipeline.model import Answer, Lost, NeverLeft, Outcome, PlannedRow, Reply
from pipeline.pacing import Pacer, Slot
from pipeline.stopping import Stop, StopKind
from pipeline.submit import Policy, Submission, workers_for
from tests.delivery import email, journal_of, planned

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def answer(status: str, code: int, **more: Any) -> Answer:
    return Answer(200, json.dumps({"status": status, "code": code, **more}).encode())


TAKEN = answer("Success", 2, results=[{"queueId": "q", "status": "Queued", "code": 2}])
NOT_TAKEN = [NeverLeft("no route"), Answer(429, b""), Answer(429, b"", "3"), Answer(503, b"", "3")]
UNKNOWN = [
    Lost("reset"),
    Answer(500, b""),
    Answer(503, b""),
    Answer(504, b""),
    Answer(200, b"<html>"),
    Answer(302, b""),
]


class Time:
    """A time of its own: it goes on by every sleep, at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()

    def clock(self) -> float:
        with self._lock:
            return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


class CountingPacer(Pacer):
    """Counts the leaves it gives."""

    given = 0

    @contextmanager
    def slot(self, stopped: Callable[[], bool], **how: Any) -> Iterator[Slot | None]:
        with super().slot(stopped, **how) as slot:
            self.given += slot is not None
            yield slot


@dataclass
class Service:
    """Answers leads by a script: row -> replies in turn, the last of them for ever; else the lead is taken."""

    script: Mapping[int, list[Reply]] = field(default_factory=dict)
    default: Reply = TAKEN
    posted: list[str] = field(default_factory=list)
    watch: Callable[[str], None] = lambda _email: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, lead: Mapping[str, str], on_sent: Callable[[], None]) -> Reply:
        who = lead["email"]
        with self.lock:
            self.posted.append(who)
            times = self.posted.count(who)
        self.watch(who)
        replies = next((replies for row, replies in self.script.items() if email(row) == who), [self.default])
        reply = replies[min(times, len(replies)) - 1]
        if not isinstance(reply, NeverLeft):
            on_sent()
        return reply

    @property
    def rows(self) -> list[int]:
        """The row numbers in the order in which they were posted."""
        return [int(who.removeprefix("person").split("@")[0]) for who in self.posted]


@dataclass
class World:
    """A submission with everything that it touches."""

    journal: Journal
    service: Service
    submission: Submission
    pacer: CountingPacer
    stop: Stop
    time: Time
    ceilings: list[float]
    outcomes: list[Outcome]

    def send(self, workers: int = 1) -> dict[str, int]:
        self.submission.most_workers = workers
        self.submission.send_all(self.journal.unsent("run"), workers)
        return self.journal.counts("run")


@contextmanager
def world(
    folder: Path, rows: list[PlannedRow], service: Service, rate: float = 100.0, **policy: Any
) -> Iterator[World]:
    """`policy` is the Policy's, and what Submission is handed besides."""
    own_time, stop = Time(), Stop()
    more = {name: policy.pop(name) for name in ("on_cap", "window", "daily", "tell", "now") if name in policy}
    begins = more.pop("now", None)

    def clock() -> datetime:
        return begins + timedelta(seconds=own_time.clock()) if begins else NOW

    ceilings: list[float] = []
    outcomes: list[Outcome] = []

    def jitter(_low: float, high: float) -> float:
        ceilings.append(high)
        return 0.0

    with journal_of(folder, rows) as journal:
        pacer = CountingPacer(rate, own_time.clock, own_time.sleep)
        submission = Submission(
            "run", service, journal, pacer, stop, clock, judge, Policy(**policy), outcomes.append, jitter, **more
        )  # fmt: skip
        yield World(journal, service, submission, pacer, stop, own_time, ceilings, outcomes)


# ---------------------------------------------------------------------- the plain way


@pytest.mark.parametrize("workers", [1, 4])
def test_every_row_is_sent_once_and_has_its_outcome(tmp_path: Path, workers: int) -> None:
    with world(tmp_path, planned(40), Service()) as it:
        assert it.send(workers) == {"accepted": 40}
        assert sorted(it.service.rows) == list(range(2, 42))
        assert it.outcomes == [Outcome.ACCEPTED] * 40
        assert not it.stop.is_set()
        assert {(row.attempts, row.queue_id) for row in it.journal.rows("run")} == {(1, "q")}


def test_rows_leave_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = planned(30)
    with world(tmp_path, rows[10:] + rows[:10], Service()) as it:
        it.send()
        assert it.service.rows == list(range(2, 32))


def test_the_intent_is_on_disk_before_the_post(tmp_path: Path) -> None:
    seen: list[tuple[str, str, int]] = []

    def look(who: str) -> None:
        other = sqlite3.connect(tmp_path / "journal.sqlite3")
        seen.extend(other.execute("SELECT ?, state, attempts FROM rows WHERE cells LIKE ?", (who, f'["{who}"]')))
        other.close()

    with world(tmp_path, planned(3), Service({3: [NeverLeft("no"), TAKEN]}, watch=look)) as it:
        it.send()
    assert seen == [
        (email(2), "sending", 1),
        (email(3), "sending", 1),
        (email(3), "sending", 2),
        (email(4), "sending", 1),
    ]


def test_the_time_of_the_last_attempt_is_kept(tmp_path: Path) -> None:
    with world(tmp_path, planned(1), Service()) as it:
        it.send()
        assert [row.submitted_at for row in it.journal.rows("run")] == ["2026-01-02T03:04:05.000+00:00"]


# ---------------------------------------------------------------------- what is sent again, and what never


@pytest.mark.parametrize("reply", NOT_TAKEN, ids=repr)
def test_what_was_not_taken_is_sent_again_each_time_by_leave_of_the_pacer(tmp_path: Path, reply: Reply) -> None:
    with world(tmp_path, planned(2), Service({2: [reply, reply, TAKEN]})) as it:
        assert it.send() == {"accepted": 2}
        assert it.service.rows == [2, 2, 2, 3]
        assert it.pacer.given == 4
        assert [row.attempts for row in it.journal.rows("run")] == [3, 1]


@pytest.mark.parametrize("reply", UNKNOWN, ids=repr)
def test_what_may_have_arrived_is_never_sent_again(tmp_path: Path, reply: Reply) -> None:
    with world(tmp_path, planned(3), Service({3: [reply, TAKEN]})) as it:
        assert it.send() == {"accepted": 2, "unknown": 1}
        assert it.service.rows == [2, 3, 4]
        assert it.send() == {"accepted": 2, "unknown": 1}
        assert it.service.rows == [2, 3, 4]


@pytest.mark.parametrize("code", [-2, -3, -5, -8, -10, -16, -42, -100])
def test_what_leadbyte_refused_is_not_sent_again(tmp_path: Path, code: int) -> None:
    with world(tmp_path, planned(3), Service({3: [answer("Error", code), TAKEN]})) as it:
        assert it.send() == {"accepted": 2, "failed" if code in (-3, -100) else "rejected": 1}
        assert it.service.rows == [2, 3, 4]


def test_a_retry_after_holds_everybody(tmp_path: Path) -> None:
    with world(tmp_path, planned(2), Service({2: [Answer(429, b"", "120"), TAKEN]})) as it:
        it.send()
        assert it.time.now >= 120.0


def test_the_back_off_doubles_up_to_its_cap(tmp_path: Path) -> None:
    service = Service({2: [NeverLeft("no route")]})
    with world(tmp_path, planned(1), service, attempts=9, base=0.5, cap=10.0) as it:
        it.send()
        assert it.ceilings == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]


@pytest.mark.parametrize("reply", NOT_TAKEN, ids=repr)
def test_attempts_are_bounded_and_then_the_run_stops(tmp_path: Path, reply: Reply) -> None:
    with world(tmp_path, planned(3), Service(default=reply), attempts=4) as it:
        assert it.send() == {"planned": 3}
        assert it.service.rows == [2, 2, 2, 2]
        assert "4 attempts for one row" in it.stop.reason
        assert it.stop.kind is StopKind.NOT_TAKEN
        assert it.outcomes == []


# ---------------------------------------------------------------------- what stops


@pytest.mark.parametrize(
    ("reply", "own", "said", "kind"),
    [
        (answer("Error", -9), "rejected", "-9", StopKind.INACTIVE),
        (answer("Error", -4), "rejected", "-4", StopKind.CAP),
        (Answer(401, b""), "planned", "401", StopKind.KEY),
        (Answer(403, b""), "planned", "403", StopKind.KEY),
        (NeverLeft("the certificate is bad", fatal=True), "planned", "certificate", StopKind.CERTIFICATE),
    ],
)
def test_what_no_further_row_can_survive_stops_the_run(
    tmp_path: Path, reply: Reply, own: str, said: str, kind: StopKind
) -> None:
    with world(tmp_path, planned(9), Service({4: [reply]})) as it:
        it.send()
        assert it.service.rows == [2, 3, 4]
        assert [row.state if row.outcome is None else row.outcome.value for row in it.journal.rows("run")] == [
            "accepted", "accepted", own, *["planned"] * 6,
        ]  # fmt: skip
        assert said in it.stop.reason
        assert it.stop.kind is kind


def test_an_unauthorised_supplier_stops_its_own_rows_only(tmp_path: Path) -> None:
    rows = [PlannedRow(row, (), {"email": email(row), "sid": "AB"[row % 2]}) for row in range(2, 10)]
    with world(tmp_path, rows, Service({5: [answer("Error", -7)]})) as it:
        assert it.send() == {"accepted": 5, "rejected": 1, "planned": 2}
        assert it.service.rows == [2, 3, 4, 5, 6, 8]
        assert it.submission.stopped_suppliers == ["B"]
        assert not it.stop.is_set()


def test_rows_without_a_supplier_are_stopped_together_too(tmp_path: Path) -> None:
    rows = [PlannedRow(row, (), {"email": email(row)}) for row in range(2, 6)]
    with world(tmp_path, rows, Service(default=answer("Error", -7))) as it:
        assert it.send() == {"rejected": 1, "planned": 3}


def test_a_row_that_waits_for_its_next_attempt_is_stopped_with_its_supplier(tmp_path: Path) -> None:
    refused = threading.Event()

    def watch(who: str) -> None:
        # Row 2 is told to wait only once row 3 has been refused.
        if who == email(2):
            assert refused.wait(10)

    with world(tmp_path, planned(2), Service({2: [Answer(429, b"")], 3: [answer("Error", -7)]}, watch=watch)) as it:
        it.submission.on_outcome = lambda _outcome: refused.set()
        assert it.send(2) == {"rejected": 1, "planned": 1}
        assert sorted(it.service.rows) == [2, 3]


@pytest.mark.parametrize(
    ("reply", "outcome"), [*((one, "unknown") for one in UNKNOWN), (answer("Error", -3), "failed")], ids=repr
)
def test_an_unbroken_series_of_errors_stops_the_run(tmp_path: Path, reply: Reply, outcome: str) -> None:
    with world(tmp_path, planned(9), Service(default=reply), max_errors=4) as it:
        assert it.send() == {outcome: 4, "planned": 5}
        assert "4 rows in a row" in it.stop.reason
        assert it.stop.kind is StopKind.ERRORS


def test_one_good_answer_breaks_the_series(tmp_path: Path) -> None:
    lost: list[Reply] = [Lost("reset")]
    service = Service(dict.fromkeys([2, 3, 5, 6, 8, 9], lost) | {4: [answer("Error", -5)]})
    with world(tmp_path, planned(9), service, max_errors=3) as it:
        assert it.send() == {"unknown": 6, "rejected": 1, "accepted": 2}
        assert not it.stop.is_set()


def test_a_persons_data_is_not_in_the_reason_of_a_stop(tmp_path: Path) -> None:
    reply = answer("Error", -3, errors=["jane.smith@example.com could not be checked"])
    with world(tmp_path, planned(3), Service(default=reply), max_errors=2) as it:
        it.send()
        assert "jane" not in it.stop.reason
        assert "-3" in it.stop.reason
        assert next(it.journal.rows("run")).errors == "jane.smith@example.com could not be checked"


def test_leadbytes_words_in_an_answer_that_cannot_be_trusted_are_in_no_reason_of_a_stop(tmp_path: Path) -> None:
    reply = answer("Success", 2, results=[{"queueId": "q", "status": "No buyer for jane@example.com", "code": 2}])
    with world(tmp_path, planned(3), Service(default=reply), max_errors=2) as it:
        it.send()
        assert it.stop.reason == "2 rows in a row ended unknown; the last: no trustworthy answer"
        assert "jane@example.com" in next(it.journal.rows("run")).errors


@pytest.mark.parametrize("workers", [1, 3])
def test_a_stop_from_outside_leaves_the_rest_planned(tmp_path: Path, workers: int) -> None:
    service = Service()
    with world(tmp_path, planned(50), service) as it:
        service.watch = lambda who: it.stop.set("interrupted") if who == email(8) else None
        it.send(workers)
        counts = it.journal.counts("run")
        assert counts["accepted"] + counts["planned"] == 50
        assert 7 <= counts["accepted"] <= 7 + workers
        assert it.stop.reason == "interrupted"


def test_a_stop_ends_a_back_off_at_once_and_the_row_stays_planned(tmp_path: Path) -> None:
    service = Service(default=Answer(429, b"", "600"))
    with world(tmp_path, planned(2), service) as it:
        it.submission.jitter = lambda _low, _high: 600.0
        service.watch = lambda _who: threading.Timer(0.05, it.stop.set, ["interrupted"]).start()
        assert it.send() == {"planned": 2}
        assert service.rows == [2]


def test_the_first_reason_of_a_stop_stays() -> None:
    stop = Stop()
    assert not stop.is_set()
    stop.set("first")
    stop.set("second", StopKind.CAP)
    assert (stop.is_set(), stop.reason, stop.kind) == (True, "first", StopKind.INTERRUPTED)


def interrupted_at(step: int, stop: Stop) -> tuple[str, StopKind | None] | None:
    """Set `stop`, and at this step of the interpreter within that, as a handler does. What the handler then saw."""
    left, seen = step, None

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left, seen
        if frame.f_code is Stop.set.__code__:
            frame.f_trace_opcodes = True
            left -= event == "opcode"
            if left == 0 and seen is None:
                stop.set("a handler's", StopKind.CAP)
                seen = (stop.reason, stop.kind)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        stop.set("its own", StopKind.KEY)
    finally:
        sys.settrace(before)
    return seen


def test_wherever_a_signal_handler_stops_what_is_just_stopping_the_first_reason_stays() -> None:
    firsts = set[str]()
    for step in range(1, 100):
        stop = Stop()
        if (seen := interrupted_at(step, stop)) is None:
            break
        assert seen == (stop.reason, stop.kind)
        assert seen in (("its own", StopKind.KEY), ("a handler's", StopKind.CAP))
        firsts.add(stop.reason)
    assert firsts == {"its own", "a handler's"}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends signals")
def test_a_signal_handler_ends_what_its_own_thread_waits_for() -> None:
    stop = Stop()
    before = signal.signal(signal.SIGALRM, lambda *_: stop.set("first"))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        began = monotonic()
        stop.wait(20)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert stop.is_set()
    assert monotonic() - began < 5


# ---------------------------------------------------------------------- by the clock on the wall

CAPPED = answer("Error", -4)
#: The cap is waited for until six minutes past the hour: rows are sent at NOW, some four minutes past it.
ON_CAP = OnCap(time(3, 6), UTC)
WAIT = 115.0


def test_at_a_cap_that_is_waited_for_the_refused_row_goes_first_afterwards(tmp_path: Path) -> None:
    told: list[str] = []
    service = Service({4: [CAPPED, TAKEN]})
    with world(tmp_path, planned(6), service, now=NOW, on_cap=ON_CAP, tell=told.append) as it:
        assert it.send() == {"accepted": 6}
        assert service.rows == [2, 3, 4, 4, 5, 6, 7]
        assert WAIT <= it.time.now < WAIT + 2
        assert not it.stop.is_set()
        assert [row.attempts for row in it.journal.rows("run")] == [1, 1, 2, 1, 1, 1]
    assert told == ["LeadByte answered -4: Campaign cap reached: sending goes on at 2026-01-02 03:06 UTC"]


def test_all_rows_that_were_under_way_at_a_cap_are_sent_again_afterwards(tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=10)

    def watch(who: str) -> None:
        if len(service.posted) <= 3:
            together.wait()

    told: list[str] = []
    service = Service({2: [CAPPED, TAKEN], 3: [CAPPED, TAKEN], 4: [CAPPED, TAKEN]}, watch=watch)
    with world(tmp_path, planned(8), service, now=NOW, on_cap=ON_CAP, tell=told.append) as it:
        assert it.send(3) == {"accepted": 8}
        assert sorted(service.rows) == [2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9]
        assert sorted(service.rows[:3]) == [2, 3, 4]
        assert it.time.now >= WAIT
    assert len(told) == 1


def test_a_cap_that_is_met_again_is_waited_for_again_as_long_as_leads_are_taken(tmp_path: Path) -> None:
    service = Service({3: [CAPPED, TAKEN], 5: [CAPPED, TAKEN]})
    with world(tmp_path, planned(5), service, now=NOW, on_cap=ON_CAP) as it:
        assert it.send() == {"accepted": 5}
        assert service.rows == [2, 3, 3, 4, 5, 5, 6]
        assert 86_400 + WAIT <= it.time.now < 86_400 + WAIT + 2


def test_a_cap_that_waiting_did_not_lift_stops_the_run(tmp_path: Path) -> None:
    with world(tmp_path, planned(5), Service(default=CAPPED), now=NOW, on_cap=ON_CAP, attempts=2) as it:
        assert it.send() == {"planned": 5}
        assert it.service.rows == [2, 2]
        assert it.stop.kind is StopKind.CAP
        assert "no lead was taken" in it.stop.reason


def test_waiting_for_a_cap_takes_no_attempts_away(tmp_path: Path) -> None:
    service = Service({2: [NeverLeft("no"), CAPPED, NeverLeft("no"), TAKEN]})
    with world(tmp_path, planned(1), service, now=NOW, on_cap=ON_CAP, attempts=2) as it:
        assert it.send() == {"accepted": 1}


def test_a_stop_ends_the_wait_for_a_cap_and_the_rows_stay_planned(tmp_path: Path) -> None:
    stopped = []

    def tell(_words: str) -> None:
        stopped.append(threading.Timer(0.0, it.stop.set, ["interrupted"]))
        stopped[-1].start()

    # A clock that stands still: only the stop can end this wait.
    with world(tmp_path, planned(5), Service({4: [CAPPED]}), on_cap=ON_CAP, tell=tell) as it:
        assert it.send() == {"accepted": 2, "planned": 3}
        assert it.stop.kind is StopKind.INTERRUPTED
        assert len(stopped) == 1


def test_nothing_is_sent_outside_of_the_hours(tmp_path: Path) -> None:
    sent: list[float] = []
    service = Service(watch=lambda _who: sent.append(it.time.now))
    told: list[str] = []
    window = Window.parse("03:05-03:06 UTC")  # NOW is 55 seconds before it; 60 leads take two of these minutes
    with world(tmp_path, planned(60), service, rate=0.8, now=NOW, window=window, tell=told.append) as it:
        assert it.send() == {"accepted": 60}
        opens = [second % 86_400 for second in sent]
        assert all(55 <= second < 115 for second in opens)
        assert sent[-1] > 86_400
    assert told == [
        f"outside of the hours 03:05-03:06 UTC: sending goes on at 2026-01-{day:02} 03:05 UTC" for day in (2, 3)
    ]


def test_hours_that_end_while_a_row_waits_for_its_next_attempt_hold_it_back_too(tmp_path: Path) -> None:
    sent: list[float] = []
    service = Service({2: [Answer(429, b"", "120"), TAKEN]}, watch=lambda _who: sent.append(it.time.now))
    window = Window.parse("03:00-03:05 UTC")
    with world(tmp_path, planned(2), service, now=NOW, window=window) as it:
        assert it.send() == {"accepted": 2}
        assert service.rows == [2, 2, 3]
        assert sent[1] >= 86_400 - 245


def test_a_daily_limit_stops_the_run_before_one_lead_too_many(tmp_path: Path) -> None:
    asked: list[date] = []

    def before(day: date) -> int:
        asked.append(day)
        return 3

    daily = DailyLimit(7, before, UTC)
    service = Service({3: [Answer(429, b"", "1"), TAKEN], 4: [answer("Error", -5)]})
    with world(tmp_path, planned(20), service, now=NOW, daily=daily) as it:
        # An attempt that was not taken does not count, a refused lead does.
        assert it.send(3) == {"accepted": 3, "rejected": 1, "planned": 16}
        assert it.stop.kind is StopKind.DAILY_LIMIT
        assert it.stop.reason == "the daily limit (7) is reached"
    assert asked == [date(2026, 1, 2)]


def test_a_daily_limit_that_waits_goes_on_the_next_day(tmp_path: Path) -> None:
    days: list[int] = []
    service = Service(watch=lambda _who: days.append((NOW + timedelta(seconds=it.time.now)).day))
    daily = DailyLimit(4, lambda _day: 0, UTC, wait=True)
    with world(tmp_path, planned(10), service, now=NOW, daily=daily) as it:
        assert it.send() == {"accepted": 10}
        assert days == [2] * 4 + [3] * 4 + [4] * 2
        assert not it.stop.is_set()


def test_a_limit_that_is_reached_by_the_last_row_is_no_stop(tmp_path: Path) -> None:
    with world(tmp_path, planned(4), Service(), now=NOW, daily=DailyLimit(4, lambda _day: 0, UTC)) as it:
        assert it.send() == {"accepted": 4}
        assert not it.stop.is_set()


# ---------------------------------------------------------------------- so many and no more


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_rows_than_the_limit_are_sent_however_often_each_is_tried(tmp_path: Path, workers: int) -> None:
    service = Service({3: [NeverLeft("no"), TAKEN]})
    with world(tmp_path, planned(20), service) as it:
        it.submission.send_all(it.journal.unsent("run"), workers, limit=4)
        assert it.journal.counts("run") == {"accepted": 4, "planned": 16}
        assert sorted(service.rows) == [2, 3, 3, 4, 5]
        it.submission.send_all(it.journal.unsent("run"), workers, limit=0)
        assert len(service.rows) == 5
        assert not it.stop.is_set()


def test_rows_of_a_stopped_supplier_use_nothing_up_of_the_limit(tmp_path: Path) -> None:
    rows = [PlannedRow(row, (), {"email": email(row), "sid": "AB"[row > 5]}) for row in range(2, 12)]
    with world(tmp_path, rows, Service({2: [answer("Error", -7)]})) as it:
        it.submission.send_all(it.journal.unsent("run"), 1, limit=4)
        assert it.service.rows == [2, 6, 7, 8]


# ---------------------------------------------------------------------- the pace and the hands


@pytest.mark.parametrize(
    ("reply", "slower"),
    [(Answer(429, b"", "1"), True), (Answer(503, b"", "1"), True), (Answer(503, b""), True), (Lost("no"), False),
     (Answer(500, b""), False), (NeverLeft("no"), False)],
    ids=repr,
)  # fmt: skip
def test_the_rate_falls_when_leadbyte_says_that_it_is_too_much(tmp_path: Path, reply: Reply, slower: bool) -> None:
    with world(tmp_path, planned(12), Service({2: [reply, TAKEN]}), rate=10.0) as it:
        it.send()
        # Twelve leads at ten a second; at six a second, and climbing, they take a good half second longer.
        held = 1.0 if isinstance(reply, Answer) and reply.retry_after else 0.0
        assert (it.time.now - held > 1.5) == slower


def test_rows_are_taken_early_and_not_sent_before_their_time(tmp_path: Path) -> None:
    sent: list[float] = []
    service = Service({3: [NeverLeft("no"), TAKEN]}, watch=lambda _who: sent.append(it.time.now))
    with world(tmp_path, planned(5), service, rate=10.0) as it:
        it.send()
        assert [later - earlier for earlier, later in pairwise(sent)] == pytest.approx([0.1] * 5, abs=0.006)


def test_more_hands_are_taken_on_when_answers_are_slow(tmp_path: Path) -> None:
    def slow(_who: str) -> None:
        with lock:
            at_once.add(threading.get_ident())
        threading.Event().wait(0.08)

    lock, at_once = threading.Lock(), set[int]()
    with world(tmp_path, planned(200), Service(watch=slow), rate=1000.0) as it:
        it.submission.send_all(it.journal.unsent("run"), 2)
        assert it.journal.counts("run") == {"accepted": 200}
        assert 5 <= len(at_once) <= 64


def test_no_more_hands_are_taken_on_while_answers_are_bad(tmp_path: Path) -> None:
    def slow(_who: str) -> None:
        with lock:
            at_once.add(threading.get_ident())
        threading.Event().wait(0.08)

    lock, at_once = threading.Lock(), set[int]()
    with world(tmp_path, planned(40), Service(default=Lost("no"), watch=slow), rate=1000.0, max_errors=12) as it:
        it.submission.send_all(it.journal.unsent("run"), 2)
        assert len(at_once) == 2
        assert it.journal.counts("run")["unknown"] <= 13


# ---------------------------------------------------------------------- what breaks


@pytest.mark.parametrize("method", ["sending", "finish", "release"])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_journal_that_breaks_stops_the_run_and_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, workers: int
) -> None:
    service = Service({5: [Answer(429, b""), TAKEN]})
    with world(tmp_path, planned(60), service) as it:
        real = getattr(it.journal, method)

        def full(run_id: str, row: int, *more: object) -> None:
            if row == 5:
                raise sqlite3.OperationalError("database or disk is full")
            real(run_id, row, *more)

        monkeypatch.setattr(it.journal, method, full)
        with pytest.raises(sqlite3.OperationalError, match="disk is full"):
            it.send(workers)
        assert it.stop.kind is StopKind.BROKEN
        assert len(service.posted) < 60
        # A row whose intent is not on disk was not posted.
        assert (5 in service.rows) == (method != "sending")
        # Whatever was in flight when it broke is not sent by going on.
        left = {row.row for row in it.journal.unsent("run")}
        posted = set(service.rows)
        assert not left & posted


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends signals")
def test_what_breaks_while_waiting_is_raised_once_every_answer_under_way_is_in_the_journal(tmp_path: Path) -> None:
    def slow(_who: str) -> None:
        threading.Event().wait(0.5)

    def breaks(_number: int, _frame: object) -> None:
        it.stop.set("interrupted")
        raise OSError("the terminal is gone")

    with world(tmp_path, planned(30), Service(watch=slow)) as it:
        before = signal.signal(signal.SIGALRM, breaks)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.25)
            with pytest.raises(OSError, match="terminal is gone"):
                it.send(4)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert it.journal.counts("run") == {"accepted": 4, "planned": 26}
        assert it.stop.kind is StopKind.INTERRUPTED


def test_a_row_that_is_not_planned_any_more_is_not_posted(tmp_path: Path) -> None:
    with world(tmp_path, planned(1), Service()) as it:
        rows = list(it.journal.unsent("run"))
        it.send()
        with pytest.raises(RunError, match="not planned"):
            it.submission.send_all(rows, 1)
        assert it.service.rows == [2]


def test_a_service_that_breaks_leaves_the_row_as_sending(tmp_path: Path) -> None:
    def breaks(_who: str) -> None:
        raise MemoryError

    with world(tmp_path, planned(2), Service(watch=breaks)) as it:
        with pytest.raises(MemoryError):
            it.send()
        assert it.journal.counts("run") == {"sending": 1, "planned": 1}


def test_a_rate_is_held_by_enough_workers_and_not_too_many() -> None:
    assert [workers_for(rate) for rate in (0.1, 1, 5, 20, 62, 63, 1000)] == [3, 3, 7, 22, 64, 64, 64]
    assert workers_for(50, latency=0.2) == 12
