"""Journals that note in a log what happens to single rows, and pass everything on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from pipeline.log import Event, RunLog, safe_id
from pipeline.model import Found, JournalRow, QueueState, Verdict
from pipeline.reconcile import QueuedJournal, fate
from pipeline.resolve import Search, UnknownJournal
from pipeline.submit import SendingJournal

#: By how much the rate must have changed since it was last noted: it climbs a little with every request.
NOTED: Final = 0.2


class Paced(Protocol):
    """A pacer, as far as it is watched."""

    rate: float

    def allowed(self) -> float:
        """Requests per second that it gives leave for at this time."""


class WatchedSending:
    """The journal of a run's sending: notes each row's outcome, and how the rate falls and climbs."""

    def __init__(self, journal: SendingJournal, log: RunLog, pacer: Paced) -> None:
        self._journal, self._log, self._pacer = journal, log, pacer
        self._attempts: dict[int, int] = {}
        self._rate = pacer.allowed()
        self._lock = threading.Lock()

    def seen(self, rows: Iterable[JournalRow]) -> Iterator[JournalRow]:
        """The rows, remembered with the attempts of earlier launches."""
        for one in rows:
            if self._log.shows_rows:
                self._attempts[one.row] = one.attempts
            yield one

    def sending(self, run_id: str, row: int, at: str) -> None:
        """Intent to send."""
        self._journal.sending(run_id, row, at)
        if self._log.shows_rows:
            self._attempts[row] = self._attempts.get(row, 0) + 1

    def release(self, run_id: str, row: int, errors: str, http_status: int | None) -> None:
        """Back to planned: proven not taken."""
        self._journal.release(run_id, row, errors, http_status)
        self._log.row(Event.ROW_NOT_TAKEN, row, http_status=http_status, attempts=self._attempts.get(row))
        self._note_rate()

    def finish(self, run_id: str, row: int, verdict: Verdict, seconds: float | None = None) -> None:
        """The outcome, and how long the answer took."""
        self._journal.finish(run_id, row, verdict, seconds)
        self._log.row(
            Event.ROW_FINISHED,
            row,
            outcome=verdict.outcome,
            code=verdict.code,
            queueId=safe_id(verdict.queue_id),
            http_status=verdict.http_status,
            seconds=None if seconds is None else round(seconds, 3),
            attempts=self._attempts.pop(row, None),
        )
        self._note_rate()

    def _note_rate(self) -> None:
        """Whatever made the rate fall shows with the next row; it climbs unasked."""
        rate = self._pacer.allowed()
        with self._lock:
            full = rate == self._pacer.rate != self._rate
            if not full and abs(rate - self._rate) <= NOTED * self._rate:
                return
            before, self._rate = self._rate, rate
        words = f"{rate:.2f} leads/s instead of {before:.2f}: " + (
            "LeadByte bears no more" if rate < before else "the rate that was asked for" if full else "climbing back"
        )
        self._log.note(Event.RATE_CHANGED, words, rate=round(rate, 3), asked=round(self._pacer.rate, 3))


class WatchedQueue:
    """The journal of asking the queue: notes what it says of each row."""

    def __init__(self, journal: QueuedJournal, log: RunLog) -> None:
        self._journal, self._log = journal, log

    def queued(self, run_id: str) -> Iterator[JournalRow]:
        """Accepted rows that LeadByte is not done with."""
        return self._journal.queued(run_id)

    def note_queue(self, run_id: str, row: int, state: QueueState) -> None:
        """What LeadByte says of the row."""
        self._journal.note_queue(run_id, row, state)
        self._log.row(Event.ROW_QUEUE, row, fate=fate(state), code=state.code, leadId=safe_id(state.lead_id))


class WatchedSearch:
    """The journal of searching for unknown rows: notes which were found, and which were missed."""

    def __init__(self, journal: UnknownJournal, log: RunLog) -> None:
        self._journal, self._log = journal, log

    def unknowns(self, run_id: str) -> Iterator[JournalRow]:
        """The rows whose outcome is unknown."""
        return self._journal.unknowns(run_id)

    def claimed(self, ref: str) -> bool:
        """Whether a row of any run has this queueId or leadId already."""
        return self._journal.claimed(ref)

    def note_found(self, run_id: str, row: int, found: Found) -> None:
        """The row is accepted."""
        self._journal.note_found(run_id, row, found)
        self._log.row(
            Event.ROW_SEARCHED, row, found=Search.FOUND, by=found.by,
            queueId=safe_id(found.queue_id), leadId=safe_id(found.lead_id),
        )  # fmt: skip

    def note_missed(self, run_id: str, row: int, at: str) -> None:
        """A search did not show the row."""
        self._journal.note_missed(run_id, row, at)
        self._log.row(Event.ROW_SEARCHED, row, found=Search.MISSED)
