"""Reconcile stage: what became of the leads that LeadByte has queued. Users are billed on the difference.

Only rows that LeadByte is not done with are asked for, and each answer is on disk before the next question of its
thread: so it can be stopped at any time and gone on with from minutes to days later.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from pipeline.asking import Asking, Shared, side_by_side
from pipeline.model import Answer, JournalRow, Lost, QueueState

#: Seconds between two passes over what is still open: the first pause, then twice as long each time, to the longest.
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 60.0


class Fate(StrEnum):
    """What is known of a queued lead (docs/afterwards.md)."""

    SOLD = "sold"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    PENDING = "pending"
    NOT_FOUND = "not_found"
    NOT_ASKED = "not_asked"


class Queue(Protocol):
    """LeadByte's queue. Raises KeyRefused; otherwise never for what the network does."""

    def __call__(self, queue_id: str, on_sent: Callable[[], None]) -> QueueState | Lost | Answer:
        """What became of one lead; an Answer (429, 503) when told to wait."""


class QueuedJournal(Protocol):
    """What reconciling asks of the journal."""

    def queued(self, run_id: str) -> Iterator[JournalRow]:
        """Accepted rows with a queueId that LeadByte is not done with, in input order. Rows are noted meanwhile."""

    def note_queue(self, run_id: str, row: int, state: QueueState) -> None:
        """What LeadByte says of the row; durable when it returns."""


def fate(state: QueueState | None) -> Fate:
    """What a queue state means: sold with a leadId alone, refused with a rejectionId or a code below zero.

    A processed lead that has none of these, or signs of both, is unclear: somebody has to look it up.
    """
    if state is None:
        return Fate.NOT_ASKED
    if not state.is_last:
        return Fate.PENDING if state.status == "Pending" else Fate.NOT_FOUND
    refused = bool(state.rejection_id) or (state.code is not None and state.code < 0)
    if refused == bool(state.lead_id):
        return Fate.UNCLEAR
    return Fate.REFUSED if refused else Fate.SOLD


def reconcile(
    run_id: str,
    journal: QueuedJournal,
    queue: Queue,
    asking: Asking,
    *,
    wait: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    workers: int = 1,
    on_done: Callable[[Fate], None] = lambda _fate: None,
) -> Counter[Fate]:
    """Ask what became of the run's queued leads; how many there are of each fate, of those that were open before.

    Without `wait` every row is asked for once. With it (seconds by `clock`) those still open are asked for pass after
    pass, until none is or the time is over. `on_done` is called for each answer. `asking.stop` says why it
    ended early, if it did. Raises KeyRefused when the key may not read the queue.
    """
    over = clock() + (wait or 0.0)
    if wait is not None:
        asking = replace(asking, over=lambda: clock() >= over)
    pause, settled = FIRST_PAUSE, Counter[Fate]()
    while True:
        found = _one_pass(run_id, journal, queue, asking, workers, on_done)
        open_ones = Counter({one: found[one] for one in (Fate.PENDING, Fate.NOT_FOUND, Fate.NOT_ASKED) if found[one]})
        settled += found - open_ones
        if wait is None or not open_ones or asking.ended():
            return settled + open_ones
        asking.stop.wait(max(0.0, min(pause, over - clock())))
        if asking.ended():
            return settled + open_ones
        pause = min(LONGEST_PAUSE, pause * 2)


def _one_pass(
    run_id: str,
    journal: QueuedJournal,
    queue: Queue,
    asking: Asking,
    workers: int,
    on_done: Callable[[Fate], None],
) -> Counter[Fate]:
    """Every open row once; where no answer came, what was known of it before."""
    rows, counts, lock = Shared(journal.queued(run_id)), Counter[Fate](), threading.Lock()

    def work() -> bool:
        row = rows.next()
        if row is None:
            return False
        state = asking.ask(partial(queue, row.queue_id))
        if state is not None:
            journal.note_queue(run_id, row.row, state)
        with lock:
            counts[fate(state or row.queue)] += 1
            if state is not None:
                on_done(fate(state))
        return True

    side_by_side(work, workers, lambda: asking.stop.set("an error of this program or its disk"))
    return counts
