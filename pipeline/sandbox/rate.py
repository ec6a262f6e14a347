"""The sandbox's rate limit: no published fact (leadbyte-api.md), so it is off unless asked for."""

from __future__ import annotations

import threading
from collections import deque


class RateLimit:
    """Lets at most `rate` leads through in any sliding window of one second.

    A rate below one per second means one lead in any window of 1/rate seconds. Refused requests do not count.
    """

    def __init__(self, rate: float | None) -> None:
        if rate is not None and rate <= 0:
            raise ValueError(f"a rate limit is a number above zero, not {rate}")
        self._most = max(1, int(rate)) if rate else 0
        self._window = 1.0 if not rate or rate >= 1 else 1.0 / rate
        self._passed: deque[float] = deque()
        self._lock = threading.Lock()

    def allows(self, at: float) -> bool:
        """Say whether a request that arrived at this monotonic time may pass, and count it if so."""
        if not self._most:
            return True
        with self._lock:
            while self._passed and self._passed[0] <= at - self._window:
                self._passed.popleft()
            if len(self._passed) >= self._most:
                return False
            self._passed.append(at)
            return True
