"""Pacing: no more requests in any window than the rate allows, as the server sees it, whatever the workers do."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.errors import ConfigError

#: Added to every window, in seconds: how much faster the network may carry a later request than an earlier one.
JITTER = 0.03

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


@dataclass(slots=True)
class Slot:
    """Leave to send one request. `started` and `handed_over` are clock readings in seconds."""

    started: float
    clock: Callable[[], float] = field(repr=False)
    handed_over: float | None = None

    def sent(self) -> None:
        """The request is on its way: the window counts from here, not from when leave was given."""
        self.handed_over = self.clock()


class Pacer:
    """Gives leave to send, to any number of threads, at `rate` requests per second.

    Requests are spaced evenly, and request i waits until a full window after request i-N was really on its way, so a
    worker that dawdled between leave and sending cannot bunch up two windows. `clock` gives seconds and never goes
    back; `sleep` waits.
    """

    def __init__(self, rate: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._interval = 1.0 / rate
        self._per_window = max(1, int(rate + 1e-9))
        self._window = max(1.0, self._per_window * self._interval) + JITTER
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._recent: deque[Slot] = deque(maxlen=self._per_window)
        self._not_before = clock()
        self._waiting_again = 0

    def hold(self, seconds: float) -> None:
        """Nobody sends for that long (LeadByte said 429 or 503)."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    @contextmanager
    def slot(self, stopped: Callable[[], bool], *, again: bool = False) -> Iterator[Slot | None]:
        """Wait for leave to send one request; None when `stopped()` became true first.

        `again`: for a lead that was tried before. It goes before every lead that was not, so that it cannot be
        overtaken until the run stops without it.
        """
        slot = None
        with self._lock:
            self._waiting_again += again
        try:
            while slot is None and not stopped():
                with self._lock:
                    now = self._clock()
                    wait = max(self._wait(now), 0.0 if again or not self._waiting_again else self._interval)
                    if wait <= 0:
                        slot = Slot(now, self._clock)
                        self._recent.append(slot)
                        self._not_before = now + self._interval
                if slot is None:
                    self._sleep(min(wait, 0.1))
        finally:
            with self._lock:
                self._waiting_again -= again
        try:
            yield slot
        finally:
            if slot is not None and slot.handed_over is None:
                slot.sent()

    def _wait(self, now: float) -> float:
        """Seconds until leave can be given, 0 for now; a short time when a request is between leave and sending."""
        wait = self._not_before - now
        if len(self._recent) == self._per_window:
            oldest = self._recent[0].handed_over
            wait = max(wait, 0.002 if oldest is None else oldest + self._window - now)
        return wait
