"""Asking LeadByte about its leads: paced, patient when told to wait, and not for ever when no answer comes.

Questions change nothing at LeadByte, so one whose answer was lost may simply be asked again, the next time.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from pipeline.crew import Look, work_together
from pipeline.model import Answer, Lost
from pipeline.pacing import Pacer

Said = TypeVar("Said")
Item = TypeVar("Item")
#: Asks once; is given what to call when the request is on its way.
Question = Callable[[Callable[[], None]], Said | Lost | Answer]


class Stopping(Protocol):
    """Why nothing more is asked, if so; set from any thread or a signal handler."""

    def set(self, reason: str) -> None:
        """Stop, for this reason."""

    def is_set(self) -> bool:
        """Whether to stop."""

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until the stop."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on: tries for one question that is told to wait, answers lost in a row; back-off in seconds."""

    attempts: int = 6
    losses: int = 10
    base: float = 0.5
    cap: float = 30.0


@dataclass
class Asking:
    """Asks questions, from any number of threads. `stop` is set, with the reason, when there is no use in going on.

    `retry_after` makes seconds of that header's text; `over` says that the time for asking is over.
    """

    pacer: Pacer
    stop: Stopping
    now: Callable[[], datetime]
    retry_after: Callable[[str, datetime], float | None]
    patience: Patience = Patience()
    jitter: Callable[[float, float], float] = random.uniform
    over: Callable[[], bool] = lambda: False
    _lost_in_a_row: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def ended(self) -> bool:
        """Whether nothing more is asked."""
        return self.stop.is_set() or self.over()

    def ask(self, question: Question[Said]) -> Said | None:
        """The answer; None when there was none, or no asking any more. Raises what the question raises."""
        status = 0
        for attempt in range(self.patience.attempts):
            with self.pacer.slot(self.ended, again=attempt > 0) as slot:
                if slot is None:
                    return None
                answer = question(slot.sent)
                if isinstance(answer, Answer):
                    self.pacer.slow_down(slot)
            if not isinstance(answer, Answer):
                return self._settled(answer)
            status = answer.http_status
            self._back_off(attempt, answer)
        self.stop.set(f"{self.patience.attempts} times LeadByte told us to wait (HTTP {status})")
        return None

    def _settled(self, answer: Said | Lost) -> Said | None:
        """Count what was lost in a row: ten in a row are not the fault of one lead."""
        with self._lock:
            self._lost_in_a_row = self._lost_in_a_row + 1 if isinstance(answer, Lost) else 0
            if isinstance(answer, Lost) and self._lost_in_a_row >= self.patience.losses:
                self.stop.set(f"{self._lost_in_a_row} answers in a row were lost; the last: {answer.reason}")
        return None if isinstance(answer, Lost) else answer

    def _back_off(self, attempt: int, answer: Answer) -> None:
        seconds = self.retry_after(answer.retry_after, self.now())
        if seconds is not None:
            self.pacer.hold(seconds)
        self.stop.wait(self.jitter(0.0, min(self.patience.cap, self.patience.base * 2.0**attempt)))


class Shared(Generic[Item]):
    """An iterator that several threads take from."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()

    def next(self) -> Item | None:
        """The next item, or None when there is none."""
        with self._lock:
            return next(self._items, None)


def side_by_side(work: Callable[[], bool], workers: int, stop: Callable[[], object] = lambda: None) -> None:
    """Do `work` again and again in `workers` threads, each until it says False.

    Raises what broke in one of them, or here, when all have ended; `stop` is called first, and ends their waiting.
    """
    broken = threading.Event()

    def go_on() -> None:
        while not broken.is_set() and work():
            pass

    def enough(threads: int, load: float) -> Look:
        return Look(threads, waiting=1, answered=0, well=True, load=load)

    def end() -> None:
        broken.set()
        stop()

    work_together(go_on, enough, workers, workers, stop=end)
