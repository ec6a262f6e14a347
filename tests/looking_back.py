"""Helpers of the tests of what is asked after sending: a journal in memory, a time of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipeline.asking import Asking, Patience
from pipeline.leadbyte.answers import retry_after_seconds
from pipeline.model import Found, JournalRow, Misses, Outcome, QueueState
from pipeline.pacing import Pacer
from pipeline.stopping import Stop

#: When the rows were submitted, and when the time begins.
SENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def journal_row(row: int, outcome: Outcome, queue_id: str = "", **lead: str) -> JournalRow:
    at = SENT.isoformat(timespec="milliseconds")
    return JournalRow(row, (), lead, "done", outcome, "", queue_id, None, "", 200, 1, at)


def accepted(count: int, first: int = 2) -> list[JournalRow]:
    return [journal_row(row, Outcome.ACCEPTED, f"q-{row}") for row in range(first, first + count)]


def unknown(row: int, email: str = "", phone: str = "") -> JournalRow:
    return journal_row(row, Outcome.UNKNOWN, email=email, phone1=phone)


@dataclass
class MemoryJournal:
    """What the journal keeps of one run, in memory; `noted` is every row that was written, in turn."""

    rows: dict[int, JournalRow]
    noted: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, rows: Sequence[JournalRow]) -> MemoryJournal:
        return cls({one.row: one for one in rows})

    def _write(self, row: JournalRow) -> None:
        with self.lock:
            self.rows[row.row] = row
            self.noted.append(row.row)

    def queued(self, _run_id: str) -> Iterator[JournalRow]:
        for one in [*self.rows.values()]:
            if one.outcome is Outcome.ACCEPTED and one.queue_id and not (one.queue and one.queue.is_last):
                yield one

    def note_queue(self, _run_id: str, row: int, state: QueueState) -> None:
        self._write(replace(self.rows[row], queue=state))

    def unknowns(self, _run_id: str) -> Iterator[JournalRow]:
        for number in [*self.rows]:
            if self.rows[number].outcome is Outcome.UNKNOWN:
                yield self.rows[number]

    def claimed(self, ref: str) -> bool:
        return any(ref in self.claims(one) for one in self.rows.values())

    @staticmethod
    def claims(row: JournalRow) -> set[str]:
        return {row.queue_id, row.lead_id, row.queue.lead_id if row.queue else ""} - {""}

    def note_found(self, _run_id: str, row: int, found: Found) -> None:
        known = self.rows[row]
        assert known.outcome is Outcome.UNKNOWN
        self._write(
            replace(
                known,
                outcome=Outcome.ACCEPTED,
                queue_id=found.queue_id,
                lead_id=found.lead_id,
                found_by=found.by,
            )
        )

    def note_missed(self, _run_id: str, row: int, at: str) -> None:
        known = self.rows[row]
        before = known.misses
        self._write(replace(known, misses=Misses(before.count + 1, before.first or at, at)))


class Time(Stop):
    """A stop with a time of its own: it goes on by every wait, at once. `waits` are the longer ones, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        with self._lock:
            return self.seconds

    def now(self) -> datetime:
        return SENT + timedelta(minutes=1, seconds=self.clock())

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if not self.is_set():
            self.sleep(seconds)


def asking(time: Time, rate: float = 1000.0, **patience: float) -> Asking:
    """Asks by that time; the back-off always waits as long as it may."""
    known = Patience(**patience)  # type: ignore[arg-type]
    pacer = Pacer(rate, time.clock, time.sleep)
    return Asking(pacer, time, time.now, retry_after_seconds, known, jitter=lambda _low, high: high)
