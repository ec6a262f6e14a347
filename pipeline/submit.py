"""Submit stage: planned rows go out one by one, paced, each with its intent on disk before a byte leaves.

What is sent again by itself is only what provably was not taken: never left, 429, 503 with Retry-After.
Everything it touches is handed in: `post`, the journal, the pacer, the clock.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pipeline.model import Outcome, Reply, Verdict
from pipeline.pacing import Pacer, Slot

#: The reason of a stop that a person asked for.
INTERRUPTED = "interrupted"

Post = Callable[[Mapping[str, str], Callable[[], None]], Reply]


class ToSend(Protocol):
    """A planned row: its number and the lead as it will be posted."""

    @property
    def row(self) -> int:
        """The spreadsheet's row number."""

    @property
    def lead(self) -> dict[str, str]:
        """Field name -> text as sent."""


class SendingJournal(Protocol):
    """What submitting asks of the journal; each call is durable when it returns."""

    def sending(self, run_id: str, row: int, at: str) -> None:
        """Intent to send."""

    def release(self, run_id: str, row: int, errors: str, http_status: int | None) -> None:
        """Back to planned: proven not taken."""

    def finish(self, run_id: str, row: int, verdict: Verdict) -> None:
        """The outcome."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long to go on trying. `base` and `cap` bound the full-jitter back-off, in seconds."""

    attempts: int = 6
    max_errors: int = 10
    base: float = 0.5
    cap: float = 30.0


class Stop:
    """Why no further row is sent. Set once, from any thread or from a signal handler; the first reason stays."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason = ""

    def set(self, reason: str) -> None:
        """Stop, for this reason."""
        if not self._event.is_set():
            self.reason = reason
            self._event.set()

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until the stop."""
        self._event.wait(seconds)


@dataclass
class Submission:
    """One run's sending. `stop.reason` says afterwards why rows were left unsent, if any were."""

    run_id: str
    post: Post
    journal: SendingJournal
    pacer: Pacer
    stop: Stop
    now: Callable[[], datetime]
    judge: Callable[[Reply, datetime], Verdict]
    policy: Policy = field(default_factory=Policy)
    on_outcome: Callable[[Outcome], None] = lambda _outcome: None
    jitter: Callable[[float, float], float] = random.uniform

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped_suppliers: set[str] = set()
        self._errors_in_a_row = 0

    @property
    def stopped_suppliers(self) -> list[str]:
        """The `sid`s that LeadByte does not authorise (-7); their other rows stay planned."""
        return sorted(self._stopped_suppliers)

    def send_all(self, rows: Iterable[ToSend], workers: int) -> None:
        """Send `rows` in order by `workers` threads; returns when all are done or the stop was called.

        Raises what broke in a worker (a full disk, a journal gone), after the others have finished what they had.
        """
        waiting = _Shared(rows, self._supplier_stopped)
        broken: list[BaseException] = []

        def work() -> None:
            try:
                while self._send_next(waiting):
                    pass
            except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, raised there
                broken.append(error)
                self.stop.set("an error of this program or its disk")

        threads = [threading.Thread(target=work, name=f"sender-{number}", daemon=True) for number in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            # In short waits: a Ctrl-C is then handled at once, by the main thread.
            while thread.is_alive():
                thread.join(0.1)
        if broken:
            raise broken[0]

    def _send_next(self, waiting: _Shared) -> bool:
        """Send the next row until it has its outcome or the stop comes; False when there is nothing more to do."""
        # First the slot, then the row: so rows leave in the order of the file.
        with self.pacer.slot(lambda: self.stop.is_set() or waiting.is_empty()) as slot:
            one = waiting.next() if slot else None
            if slot is None or one is None:
                return False
            verdict = self._attempt(one, slot)
        for attempt in range(1, self.policy.attempts):
            if verdict.outcome is not None or verdict.stop:
                break
            self._back_off(attempt, verdict)
            with self.pacer.slot(self.stop.is_set, again=True) as slot:
                if slot is None or self._supplier_stopped(one):
                    return True
                verdict = self._attempt(one, slot)
        self._settle(one, verdict)
        return True

    def _attempt(self, one: ToSend, slot: Slot) -> Verdict:
        """One try, its intent and what came of it durable."""
        self.journal.sending(self.run_id, one.row, self.now().isoformat(timespec="milliseconds"))
        verdict = self.judge(self.post(one.lead, slot.sent), self.now())
        if verdict.outcome is None:
            self.journal.release(self.run_id, one.row, verdict.errors, verdict.http_status)
        else:
            self.journal.finish(self.run_id, one.row, verdict)
        return verdict

    def _supplier_stopped(self, one: ToSend) -> bool:
        return one.lead.get("sid", "") in self._stopped_suppliers

    def _settle(self, one: ToSend, verdict: Verdict) -> None:
        """Draw the consequences of a row's last attempt for the rows after it."""
        outcome = verdict.outcome
        if outcome is None:
            many = f"{self.policy.attempts} attempts for one row were not taken; the last: {verdict.errors}"
            self.stop.set(verdict.stop or many)
            return
        with self._lock:
            bad = outcome in (Outcome.UNKNOWN, Outcome.FAILED)
            self._errors_in_a_row = self._errors_in_a_row + 1 if bad else 0
            if self._errors_in_a_row >= self.policy.max_errors:
                # LeadByte's own words may quote the person, and the reason of a stop is logged: so its code only.
                last = verdict.errors if verdict.code is None else f"code {verdict.code}"
                self.stop.set(f"{self._errors_in_a_row} rows in a row ended {outcome}; the last: {last}")
            if verdict.stop_supplier:
                self._stopped_suppliers.add(one.lead.get("sid", ""))
        if verdict.stop:
            self.stop.set(verdict.stop)
        self.on_outcome(outcome)

    def _back_off(self, attempt: int, verdict: Verdict) -> None:
        if verdict.retry_after is not None:
            self.pacer.hold(verdict.retry_after)
        ceiling = min(self.policy.cap, self.policy.base * 2 ** (attempt - 1))
        self.stop.wait(self.jitter(0.0, ceiling))


class _Shared:
    """An iterator that several threads take from, one ahead; rows that `skip` names are passed over."""

    def __init__(self, rows: Iterable[ToSend], skip: Callable[[ToSend], bool]) -> None:
        self._rows: Iterator[ToSend] = iter(rows)
        self._skip = skip
        self._lock = threading.Lock()
        self._ahead = next(self._rows, None)

    def next(self) -> ToSend | None:
        """The next row, or None when there is none."""
        with self._lock:
            while (one := self._ahead) is not None:
                self._ahead = next(self._rows, None)
                if not self._skip(one):
                    return one
            return None

    def is_empty(self) -> bool:
        """Whether every row was taken: nobody need wait for a slot any more."""
        return self._ahead is None


def workers_for(rate: float, latency: float = 1.0) -> int:
    """Threads that hold `rate` requests per second at `latency` seconds each: ceil(rate x latency) + 2, 2 to 64."""
    return max(2, min(64, -int(-rate * latency // 1) + 2))
