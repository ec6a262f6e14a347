"""Runs that share a pacer: each at its own rate and hours, together at the account's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.pacing import Lane, Pacer, Slot


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lanes(clock: Clock, shared: float, *rates: float) -> list[Lane]:
    pacer = Pacer(shared, clock, clock.sleep)
    return [Lane(rate, pacer, clock, clock.sleep) for rate in rates]


def times(clock: Clock, pacers: list[Lane], seconds: float) -> list[list[float]]:
    """When each may send within so many seconds, all of them wanting to all the time."""
    found: list[list[float]] = [[] for _ in pacers]
    order = list(enumerate(pacers))
    while clock.at < seconds:
        went = False
        order.reverse()  # nobody is always the first to wake up
        for number, pacer in order:
            if (at := once(clock, pacer)) is not None:
                found[number].append(at)
                went = True
        if not went:
            clock.at += 0.001
    return found


def once(clock: Clock, pacer: Lane, admit: Callable[[], float] = lambda: 0.0, *, again: bool = False) -> float | None:
    """One try, without waiting; when it may go."""
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1

    before = clock.at
    with pacer.slot(stopped, admit=admit, again=again) as slot:
        if slot is None:
            clock.at = before
            return None
        slot.sent()
        return slot.due


def most_in_a_second(at: list[float]) -> int:
    return max(sum(start <= one < start + 1.0 for one in at) for start in at)


def test_together_they_keep_to_the_rate_of_the_account(clock: Clock) -> None:
    found = times(clock, lanes(clock, 10.0, 10.0, 10.0), 5.0)
    every = sorted(found[0] + found[1])
    assert most_in_a_second(every) <= 10
    assert len(every) >= 45
    assert min(map(len, found)) >= 15, "neither is kept away"


def test_a_lower_rate_of_one_holds_up_nobody_else(clock: Clock) -> None:
    slow, quick = times(clock, lanes(clock, 10.0, 2.0, 10.0), 5.0)
    assert most_in_a_second(slow) <= 2
    assert 8 <= len(slow) <= 10
    assert len(quick) >= 35
    assert most_in_a_second(sorted(slow + quick)) <= 10


def test_a_higher_rate_than_the_account_s_is_the_account_s(clock: Clock) -> None:
    (one,) = lanes(clock, 4.0, 100.0)
    assert (one.rate, one.allowed()) == (4.0, 4.0)
    assert most_in_a_second(times(clock, [one], 3.0)[0]) <= 4


def test_hours_and_rows_that_wait_again_hold_up_nobody_else(clock: Clock) -> None:
    closed, open_one = lanes(clock, 10.0, 10.0, 10.0)
    went = 0
    with pytest.MonkeyPatch.context() as patch:
        # A row that was tried before, of a run whose hours are over: it would go before all others of its own run.
        patch.setattr(closed, "_waiting_again", 1)
        while clock.at < 3.0:
            assert once(clock, closed, lambda: 3600.0, again=True) is None
            went += once(clock, open_one) is not None
            clock.at += 0.01
    assert went >= 25


def test_what_leadbyte_refuses_one_slows_down_all(clock: Clock) -> None:
    first, second = lanes(clock, 10.0, 10.0, 5.0)
    slot = Slot(0.0, clock, rate=10.0)
    first.slow_down(slot)
    assert first.allowed() == pytest.approx(6.0, abs=0.1)
    assert second.allowed() == 5.0
    first.slow_down(None)
    first.hold(2.0)
    assert once(clock, second) is None
    clock.at += 2.0
    assert once(clock, second) is not None
