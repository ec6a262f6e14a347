"""Pacing: no more requests in any window than the rate allows, as the server sees it, whatever the workers do."""

from __future__ import annotations

import math
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.errors import ConfigError

#: Added to every window, in seconds: how much faster the network may carry a later request than an earlier one. It is
#: the least; where an answer came late, its request may have arrived as late, and so much is added, up to the most.
JITTER, MOST_JITTER = 0.015, 0.1
#: What answers are usually late by, in seconds, while lateness says anything: else it is LeadByte that takes time.
STEADY = 0.03
#: How far behind its time, in seconds, a request may be and the next still come in its own: sleeps are never exact.
SLACK = 0.005
#: The longest sleeps, in seconds: how soon a stop is heeded, by day and while the calendar has sending wait.
NAP, LONG_NAP = 0.1, 0.5

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)/(s|sec|second|m|min|minute|h|hour)", re.IGNORECASE)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def parse_rate(text: str) -> float:
    """Requests per second from `5/s`, `300/m` or `1000/h`. Raises ConfigError for zero or nonsense."""
    found = _RATE.fullmatch(text.strip())
    rate = float(found[1]) / _SECONDS[found[2][0].lower()] if found else 0.0
    if not 0.0 < rate <= 1000.0:
        raise ConfigError(
            f"--rate {text!r} is not a rate",
            "write it like 5/s or 300/m: more than zero and at most 1000 a second",
        )
    return rate


class Throttle:
    """The rate that a server bears, learnt from its refusals: falls at once, climbs back, stays just under.

    All times are clock readings in seconds. After a refusal the rate falls to FALL of the one that was refused,
    climbs in CLIMB seconds to just UNDER it, stays there for a time, and then rises gently past it: the limit may
    have been raised, or the refusal have had another reason. Whenever the limit is found where it was, that time
    doubles, and the rate falls by less.
    """

    FALL, FALL_WHERE_KNOWN, UNDER, LEAST = 0.6, 0.85, 0.97, 0.01
    CLIMB, QUIET, LONGEST_QUIET = 10.0, 30.0, 600.0
    #: Growth per second while the limit is probed.
    PROBE = 0.02

    def __init__(self, asked: float) -> None:
        self.asked = asked
        self.fell_at: float | None = None
        self._fallen = self._under = asked
        self._quiet = self.QUIET

    def rate(self, now: float) -> float:
        """Requests per second at this time; never more than asked."""
        if self.fell_at is None:
            return self.asked
        since = now - self.fell_at
        climbed = self._fallen + (self._under - self._fallen) * min(since / self.CLIMB, 1.0)
        probing = min(max(since - self.CLIMB - self._quiet, 0.0), 1000.0)
        return min(climbed * math.exp(self.PROBE * probing), self.asked)

    def refused(self, now: float, rate: float) -> None:
        """A request that was sent at this rate was refused."""
        found_again = self.fell_at is not None and self._under <= rate <= self._under * 1.15
        self._quiet = min(self._quiet * 2.0, self.LONGEST_QUIET) if found_again else self.QUIET
        least = self.asked * self.LEAST
        fall = self.FALL_WHERE_KNOWN if found_again else self.FALL
        self._fallen, self._under = max(rate * fall, least), max(rate * self.UNDER, least)
        self.fell_at = now


@dataclass(slots=True)
class Slot:
    """Leave to send one request. `started`, `due` and `handed_over` are clock readings in seconds; `rate` per second.

    `due`: not to be sent before that. `late`: by how many seconds its answer was later than the quickest of late,
    where that says anything.
    """

    started: float
    clock: Callable[[], float] = field(repr=False)
    handed_over: float | None = None
    rate: float = 0.0
    due: float = 0.0
    late: float = 0.0

    def sent(self) -> None:
        """The request is on its way: the window counts from here, not from when leave was given."""
        self.handed_over = self.clock()


def _any_time() -> float:
    """No calendar: sending is never closed."""
    return 0.0


class Pacer:
    """Gives leave to send, to any number of threads, at `rate` requests per second or what the server bears of it.

    Requests are spaced evenly, and request i waits until a full window after request i-N was really on its way, so a
    worker that dawdled between leave and sending cannot bunch up two windows; and for longer where the answer to
    request i-N was late while others are not, since then it may have arrived late. `clock` gives seconds and never
    goes back; `sleep` waits.
    """

    def __init__(self, rate: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self.rate = rate
        self._per_window = max(1, int(rate + 1e-9))
        self._window = max(1.0, self._per_window / rate)
        self._quickest, self._usually_late = math.inf, 0.0
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._recent: deque[Slot] = deque(maxlen=self._per_window)
        self._not_before = self._closed_until = clock()
        self._throttle = Throttle(rate)
        self._waiting_again = 0
        self.waiting = 0

    def allowed(self) -> float:
        """Requests per second at this time: what was asked for, or what the server bears of it."""
        with self._lock:
            return self._throttle.rate(self._clock())

    def hold(self, seconds: float) -> None:
        """Nobody sends for that long (LeadByte said 429 or 503)."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def slow_down(self, slot: Slot | None = None) -> None:
        """The request of this slot was refused for being too much (429, 503): the rate falls and climbs back slowly.

        Requests that were on their way when it fell say nothing new.
        """
        with self._lock:
            now = self._clock()
            fell_at = self._throttle.fell_at
            if slot is None or fell_at is None or slot.started > fell_at:
                self._throttle.refused(now, slot.rate if slot else self._throttle.rate(now))

    @contextmanager
    def slot(
        self,
        stopped: Callable[[], bool],
        *,
        again: bool = False,
        admit: Callable[[], float] = _any_time,
        lead: float = 0.0,
    ) -> Iterator[Slot | None]:
        """Wait for leave to send one request; None when `stopped()` became true first.

        `again`: for a lead that was tried before. It goes before every lead that was not, so that it cannot be
        overtaken until the run stops without it. `admit` is asked last: 0 when the calendar lets this one go (it
        then counts it), else the seconds until it may. `lead`: leave comes so many seconds early, for what has to be
        done before the request is sent; then `until_due` must be called.
        """
        slot = None
        with self._lock:
            self._waiting_again += again
            self.waiting += 1
        try:
            while slot is None and not stopped():
                with self._lock:
                    now = self._clock()
                    wait = max(self._wait(now + lead), 0.0 if again or not self._waiting_again else 1.0 / self.rate)
                    if wait <= 0 and (closed := admit()) > 0:
                        # Nobody need ask for the moment; the wall's clock may be set, so not for too long.
                        wait = min(closed, LONG_NAP)
                        self._closed_until = now + wait
                    elif wait <= 0:
                        slot = self._leave(now, lead)
                if slot is None:
                    self._sleep(min(wait, LONG_NAP if now < self._closed_until else NAP))
        finally:
            with self._lock:
                self._waiting_again -= again
                self.waiting -= 1
        try:
            yield slot
        finally:
            if slot is not None and slot.handed_over is None:
                slot.sent()
            elif slot is not None and slot.handed_over is not None:
                self._answered(slot, slot.clock() - slot.handed_over)

    def _answered(self, slot: Slot, took: float) -> None:
        """Learn from the time between request and answer how late this request may have arrived."""
        with self._lock:
            late = max(took - self._quickest, 0.0)
            slot.late = late if self._usually_late <= STEADY else 0.0
            self._usually_late += 0.05 * (min(late, MOST_JITTER) - self._usually_late)
            # It rises slowly as well: what was quick an hour ago need not be so now.
            self._quickest = min(took, self._quickest + 0.02 * min(late, 1.0))

    def until_due(self, slot: Slot) -> None:
        """Wait until a request that was given leave early may be sent."""
        while (wait := slot.due - self._clock()) > 0:
            self._sleep(wait)

    def _leave(self, now: float, lead: float) -> Slot:
        # What `_wait` came to, as a time: it allows for no more than `lead` from now.
        due = max(now, now + lead + self._wait(now + lead))
        slot = Slot(now, self._clock, due=due)
        slot.rate = self._admitted(slot, now)
        return slot

    def _admitted(self, slot: Slot, now: float) -> float:
        """Count a request that may go, and say at which rate."""
        rate = self._throttle.rate(now)
        self._recent.append(slot)
        self._not_before = max(self._not_before, slot.due - SLACK) + 1.0 / rate
        return rate

    def _wait(self, now: float) -> float:
        """Seconds until leave can be given, 0 for now; a short time when a request is between leave and sending."""
        wait = max(self._not_before, self._closed_until) - now
        if len(self._recent) == self._per_window:
            oldest = self._recent[0].handed_over
            jitter = min(max(self._recent[0].late, JITTER), MOST_JITTER)
            wait = max(wait, 0.002 if oldest is None else oldest + self._window + jitter - now)
        return wait


class Lane(Pacer):
    """A run's own way to a pacer that it shares with others: a request goes when both let it.

    Its rate, the hours that it sends at and its leads that were tried before are its own, and hold up nobody else.
    What LeadByte bears is learnt by all of them together: a refusal of one slows down all.
    """

    def __init__(
        self, rate: float, shared: Pacer, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        super().__init__(min(rate, shared.rate), clock, sleep)
        self._shared = shared
        self._lock = shared._lock  # leave is given by both at once, or by neither

    def allowed(self) -> float:
        """As `Pacer.allowed`."""
        return min(self.rate, self._shared.allowed())

    def hold(self, seconds: float) -> None:
        """As `Pacer.hold`, for all who share."""
        self._shared.hold(seconds)

    def slow_down(self, slot: Slot | None = None) -> None:
        """As `Pacer.slow_down`, for all who share."""
        self._shared.slow_down(slot)

    def _answered(self, slot: Slot, took: float) -> None:
        self._shared._answered(slot, took)

    def _leave(self, now: float, lead: float) -> Slot:
        slot = super()._leave(now, lead)
        slot.rate = self._shared._admitted(slot, now)
        return slot

    def _wait(self, now: float) -> float:
        return max(super()._wait(now), self._shared._wait(now))
