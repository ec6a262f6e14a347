"""Submit stage: planned rows go out one by one, paced, each with its intent on disk before a byte leaves.

What is sent again by itself is only what provably was not taken: never left, 429, 503 with Retry-After, and, when a
person asked to wait for it, what the campaign's cap refused. Everything it touches is handed in: `post`, the journal,
the pacer, the clock.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from pipeline.crew import MOST, Look, work_together
from pipeline.hours import Calendar, DailyLimit, OnCap, Window
from pipeline.model import RESPONSE_CODES, Outcome, Reply, Verdict
from pipeline.pacing import Pacer, Slot
from pipeline.stopping import Stop, StopKind

#: So many seconds before its time a row is taken, and its intent made durable: a slow disk does not slow the rate.
LEAD: Final = 0.02
#: LeadByte's code for a campaign whose cap is reached.
CAP_CODE: Final = -4


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

    def finish(self, run_id: str, row: int, verdict: Verdict, seconds: float | None = None) -> None:
        """The outcome, and how long the answer took."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long to go on trying. `base` and `cap` bound the full-jitter back-off, in seconds.

    `max_errors` rows in a row that end unknown or failed stop the run. Those under way by then end as they end, so
    there may be more of them, by as many as there were threads sending.
    """

    attempts: int = 6
    max_errors: int = 10
    base: float = 0.5
    cap: float = 30.0


@dataclass
class Submission:
    """One run's sending. `stop.reason` and `stop.kind` say afterwards why rows were left unsent, if any were.

    Outside of the `window`'s hours, at a `daily` limit that waits, and, with `on_cap`, from a cap on until its time
    of day, nothing is sent; `tell` is told once per wait. With `on_cap` the rows that the cap refused (-4: a whole
    answer, so it is proven that they were not taken) are planned again and go first; when the cap is met again
    without a single lead taken in between, the run stops. A daily limit that does not wait stops the run.
    """

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
    on_cap: OnCap | None = None
    window: Window | None = None
    daily: DailyLimit | None = None
    tell: Callable[[str], object] = lambda _words: None
    most_workers: int = MOST

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped_suppliers: set[str] = set()
        self._errors_in_a_row = self._answered = 0
        zone = self.on_cap.zone if self.on_cap else None
        self._calendar = Calendar(self.now, self.window, self.daily, self.tell, zone)
        self._cap_over: datetime | None = None
        self._taken_since_cap = False

    @property
    def stopped_suppliers(self) -> list[str]:
        """The `sid`s that LeadByte does not authorise (-7); their other rows stay planned."""
        return sorted(self._stopped_suppliers)

    def send_all(self, rows: Iterable[ToSend], workers: int | None = None, limit: int | None = None) -> None:
        """Send `rows` in order, `limit` of them (None: all); returns when all are done or the stop was called.

        A row that is left out because its supplier is stopped does not count.

        `workers` threads begin (None: as many as hold the rate at answers within a quarter of a second, at most 16),
        and more are started while the rate is not held. Raises what broke in a worker (a full disk, a journal gone)
        or here while waiting for them, after they have finished what they had.
        """
        waiting = _Shared(rows, self._supplier_stopped, limit)

        def work() -> None:
            while self._send_next(waiting):
                pass

        def stop() -> None:
            self.stop.set("an error of this program or its disk", StopKind.BROKEN)

        def look(threads: int, load: float) -> Look:
            well = not (self._errors_in_a_row or self.stop.is_set() or waiting.is_empty())
            return Look(threads, self.pacer.waiting, self._answered, well, load)

        start = min(workers_for(self.pacer.rate, 0.25), 16) if workers is None else workers
        work_together(work, look, min(start, self.most_workers), self.most_workers, stop=stop)

    def _send_next(self, waiting: _Shared) -> bool:
        """Send the next row until it has its outcome or the stop comes; False when there is nothing more to do."""
        # First the slot, then the row: so rows leave in the order of the file.
        with self.pacer.slot(lambda: self.stop.is_set() or waiting.is_empty(), admit=self._admit, lead=LEAD) as slot:
            one = waiting.next() if slot else None
            if slot is None or one is None:
                if slot:
                    self._calendar.end(None)
                return False
            verdict = self._attempt(one, slot)
        attempts = 1
        while verdict.outcome is None and not verdict.stop and (_is_cap(verdict) or attempts < self.policy.attempts):
            # What waited for a cap to be over begins anew.
            attempts = 0 if _is_cap(verdict) else attempts
            self._back_off(attempts, verdict)
            with self.pacer.slot(self.stop.is_set, again=True, admit=self._admit, lead=LEAD) as slot:
                if slot is None or self._supplier_stopped(one):
                    if slot:
                        self._calendar.end(None)
                    return True
                verdict = self._attempt(one, slot)
            attempts += 1
        self._settle(one, verdict)
        return True

    def _admit(self) -> float:
        """Seconds until the calendar lets a lead go; 0: it may go now."""
        wait = self._calendar.admit()
        if self._calendar.full:
            self.stop.set(self._calendar.full, StopKind.DAILY_LIMIT)
        return wait

    def _attempt(self, one: ToSend, slot: Slot) -> Verdict:
        """One try, its intent and what came of it durable."""
        sent_at = self.now()
        self.journal.sending(self.run_id, one.row, sent_at.isoformat(timespec="milliseconds"))
        self.pacer.until_due(slot)
        began = self.now()
        reply = self.post(one.lead, slot.sent)
        answered = self.now()
        verdict = self.judge(reply, answered)
        if verdict.code == CAP_CODE and verdict.stop and self.on_cap:
            verdict = self._capped(verdict, sent_at, self.on_cap)
        if verdict.outcome is None:
            self.journal.release(self.run_id, one.row, verdict.errors, verdict.http_status)
        else:
            self.journal.finish(self.run_id, one.row, verdict, (answered - began).total_seconds())
        self._calendar.end(None if verdict.outcome is None else sent_at)
        if verdict.http_status in (429, 503):
            self.pacer.slow_down(slot)
        return verdict

    def _capped(self, verdict: Verdict, sent_at: datetime, on_cap: OnCap) -> Verdict:
        """The verdict for a row that the cap refused, when a person asked to wait: not taken. Everybody is held."""
        why = f"LeadByte answered {CAP_CODE}: {RESPONSE_CODES[CAP_CODE]}"
        with self._lock:
            # What was sent before the wait is over says nothing new.
            if self._cap_over is None or sent_at >= self._cap_over:
                if self._cap_over is not None and not self._taken_since_cap:
                    again = f"{why}, again after waiting for it, and no lead was taken in between"
                    return replace(verdict, outcome=None, errors=why, stop=again)
                self._cap_over, self._taken_since_cap = on_cap.goes_on(self.now()), False
                self._calendar.hold_until(self._cap_over, why)
        return replace(verdict, outcome=None, errors=why, stop="")

    def _supplier_stopped(self, one: ToSend) -> bool:
        return one.lead.get("sid", "") in self._stopped_suppliers

    def _settle(self, one: ToSend, verdict: Verdict) -> None:
        """Draw the consequences of a row's last attempt for the rows after it."""
        outcome = verdict.outcome
        if verdict.stop:
            self.stop.set(verdict.stop, _kind(verdict))
        if outcome is None:
            many = f"{self.policy.attempts} attempts for one row were not taken; the last: {verdict.errors}"
            self.stop.set(many, StopKind.NOT_TAKEN)
            return
        with self._lock:
            bad = outcome in (Outcome.UNKNOWN, Outcome.FAILED)
            self._errors_in_a_row = self._errors_in_a_row + 1 if bad else 0
            self._answered += 1
            if self._errors_in_a_row >= self.policy.max_errors:
                many = f"{self._errors_in_a_row} rows in a row ended {outcome}; the last: {_in_short(verdict)}"
                self.stop.set(many, StopKind.ERRORS)
            if verdict.stop_supplier:
                self._stopped_suppliers.add(one.lead.get("sid", ""))
            if outcome is Outcome.ACCEPTED and self._cap_over and self.now() >= self._cap_over:
                self._taken_since_cap = True
        self.on_outcome(outcome)

    def _back_off(self, attempts: int, verdict: Verdict) -> None:
        if verdict.retry_after is not None:
            self.pacer.hold(verdict.retry_after)
        ceiling = min(self.policy.cap, self.policy.base * 2 ** (attempts - 1)) if attempts else 0.0
        self.stop.wait(self.jitter(0.0, ceiling))


def _is_cap(verdict: Verdict) -> bool:
    return verdict.outcome is None and verdict.code == CAP_CODE


def _in_short(verdict: Verdict) -> str:
    """What a row came to, without a word of LeadByte's: those may quote the person, and a stop's reason is logged."""
    if verdict.code is not None:
        return f"code {verdict.code}"
    return "no trustworthy answer" if verdict.http_status == 200 else verdict.errors


def _kind(verdict: Verdict) -> StopKind:
    """What it is that stops the run, by the verdict that says so."""
    if verdict.code is not None:
        return StopKind.CAP if verdict.code == CAP_CODE else StopKind.INACTIVE
    return StopKind.KEY if verdict.http_status in (401, 403) else StopKind.CERTIFICATE


class _Shared:
    """An iterator that several threads take `limit` rows from, one ahead; those that `skip` names are passed over."""

    def __init__(self, rows: Iterable[ToSend], skip: Callable[[ToSend], bool], limit: int | None) -> None:
        self._rows: Iterator[ToSend] = iter(rows)
        self._skip = skip
        self._left = limit
        self._lock = threading.Lock()
        self._ahead = self._read()

    def _read(self) -> ToSend | None:
        return None if self._left == 0 else next(self._rows, None)

    def next(self) -> ToSend | None:
        """The next row, or None when there is none."""
        with self._lock:
            while (one := self._ahead) is not None:
                skipped = self._skip(one)
                if self._left is not None and not skipped:
                    self._left -= 1
                self._ahead = self._read()
                if not skipped:
                    return one
            return None

    def is_empty(self) -> bool:
        """Whether every row was taken: nobody need wait for a slot any more."""
        return self._ahead is None


def workers_for(rate: float, latency: float = 1.0) -> int:
    """Threads that hold `rate` requests per second at `latency` seconds each: ceil(rate x latency) + 2, 2 to 64."""
    return max(2, min(64, -int(-rate * latency // 1) + 2))
