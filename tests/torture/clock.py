"""A clock that is nobody's: hours of waiting pass at once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from pipeline.world import World

START = datetime.now(UTC)


class FakeClock:
    """Time that passes only by waiting, and a little by looking."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        with self._lock:
            self.seconds += 1e-4
            return self.seconds

    def now(self) -> datetime:
        # It starts at the wall's time: the sandbox says when it received a lead, and searches compare.
        return START + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += max(seconds, 0.0)
        time.sleep(0)

    def world(self) -> World:
        return World(now=self.now, monotonic=self.monotonic, sleep=self.sleep)
