"""What becomes of rows after they were sent: the queue's word, what a search showed, and being offered again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from pipeline.errors import RunError
from pipeline.journal.reading import SELECT, journal_row
from pipeline.journal.store import Store
from pipeline.model import Found, JournalRow, Outcome, PlannedRow, QueueState


class Afterwards:
    """The part of the journal that `reconcile`, `resolve` and `retry` write; each call is on disk when it returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def queued(self, run_id: str) -> Iterator[JournalRow]:
        """The accepted rows with a queueId of which the queue has not said its last word, in input order."""
        which = "outcome = 'accepted' AND queue_id <> '' AND coalesce(queue.status, '') <> 'Processed'"
        return self._some(run_id, which)

    def note_queue(self, run_id: str, row: int, state: QueueState) -> None:
        """What the queue says of an accepted row."""
        line = (
            run_id, row, state.status, state.code, state.message,
            state.lead_id, state.rejection_id, state.processed_at,
        )  # fmt: skip
        self._store.durable(
            lambda db: db.execute("INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?, ?, ?)", line)
        )

    def queue_states(self, run_id: str) -> list[tuple[QueueState | None, int]]:
        """The kinds of states that accepted rows are in (None: not asked yet), each with how many rows there are.

        Of a kind all have a leadId, or none has; the same for the rejectionId, and for a code below zero.
        """
        found = self._store.read(
            "SELECT queue.status, min(queue.code), '', max(queue.lead_id), max(rejection_id), '', count(*) "
            "FROM rows LEFT JOIN queue USING (run_id, row) WHERE run_id = ? AND outcome = 'accepted' "
            "GROUP BY queue.status, queue.code < 0, queue.lead_id <> '', rejection_id <> ''",
            (run_id,),
        )
        return [(None if line[0] is None else QueueState(*line[:-1]), line[-1]) for line in found]

    def is_known(self, run_id: str) -> bool:
        """Whether anything is known of the run's rows after they were sent."""
        return bool(
            self._store.read(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM queue WHERE run_id = ?1) "
                "OR EXISTS (SELECT 1 FROM searches WHERE run_id = ?1 AND lead_id <> '')",
                (run_id,),
            )
        )

    def unknowns(self, run_id: str) -> Iterator[JournalRow]:
        """The unknown rows, in input order; not those whose person was erased: there is nothing to search by."""
        return self._some(run_id, "outcome = 'unknown' AND NOT erased")

    def claimed(self, ref: str) -> bool:
        """Whether a queueId or leadId is, or was, some row's already, of any run."""
        return bool(
            self._store.read(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM rows WHERE queue_id = ?1 AND queue_id <> '') "
                "OR EXISTS (SELECT 1 FROM queue WHERE lead_id = ?1 AND lead_id <> '') "
                "OR EXISTS (SELECT 1 FROM searches WHERE lead_id = ?1 AND lead_id <> '') "
                "OR EXISTS (SELECT 1 FROM earlier WHERE queue_id = ?1 AND queue_id <> '')",
                (ref,),
            )
        )

    def note_found(self, run_id: str, row: int, found: Found) -> None:
        """A search has shown an unknown row: it is accepted."""
        words = (
            f"found by leads/search ({found.by}): received {found.received or 'at a time that LeadByte did not say'}"
        )

        def work(db: sqlite3.Connection) -> None:
            changed = db.execute(
                "UPDATE rows SET outcome = 'accepted', queue_id = ?, errors = ? "
                "WHERE run_id = ? AND row = ? AND state = 'done' AND outcome = 'unknown'",
                (found.queue_id, words, run_id, row),
            ).rowcount
            if changed:
                db.execute(
                    "INSERT INTO searches (run_id, row, lead_id, found_by) VALUES (?1, ?2, ?3, ?4) "
                    "ON CONFLICT DO UPDATE SET lead_id = ?3, found_by = ?4",
                    (run_id, row, found.lead_id, found.by),
                )

        self._store.durable(work)

    def note_missed(self, run_id: str, row: int, at: str) -> None:
        """A search has not shown an unknown row, which proves nothing. `at`: UTC, ISO."""
        self._store.durable(
            lambda db: db.execute(
                "INSERT INTO searches (run_id, row, misses, first_miss, last_miss) VALUES (?1, ?2, 1, ?3, ?3) "
                "ON CONFLICT DO UPDATE SET misses = misses + 1, last_miss = ?3",
                (run_id, row, at),
            )
        )

    def answered(self, run_id: str, outcome: Outcome, codes: tuple[int, ...] = ()) -> Iterator[JournalRow]:
        """The rows of an outcome, of these response codes (none named: all), in input order; not erased ones."""
        some = f" AND rows.code IN ({', '.join(map(str, codes))})" if codes else ""
        return self._some(run_id, f"outcome = '{outcome}' AND NOT erased{some}")

    def offer_again(self, run_id: str, row: int, corrected: PlannedRow | None = None) -> None:
        """A failed, rejected or unknown row becomes `planned` again, as it was or corrected: a person asked for it.

        What it was before is kept. Raises RunError where the row is none of those, or its person was erased.
        """

        def work(db: sqlite3.Connection) -> None:
            kept = db.execute(
                "INSERT INTO earlier SELECT run_id, row, outcome, status, queue_id, code, errors, submitted_at "
                "FROM rows WHERE run_id = ? AND row = ? AND state = 'done' "
                "AND outcome IN ('failed', 'rejected', 'unknown') AND NOT erased",
                (run_id, row),
            ).rowcount
            if kept != 1:
                raise RunError(f"row {row} of run {run_id} is not one that may be offered again")
            db.execute(
                "UPDATE rows SET state = 'planned', outcome = '', status = '', queue_id = '', code = NULL, "
                "errors = '', http_status = NULL WHERE run_id = ? AND row = ?",
                (run_id, row),
            )
            # What searches missed before says nothing about what is sent from here on.
            db.execute("DELETE FROM searches WHERE run_id = ? AND row = ?", (run_id, row))
            if corrected:
                # Another person, perhaps: the one who was refused is none that was sent.
                db.execute("DELETE FROM ledger WHERE run_id = ? AND row = ?", (run_id, row))
                cells, lead = (json.dumps(one, ensure_ascii=False) for one in (corrected.cells, corrected.lead))
                db.execute(
                    "UPDATE rows SET cells = ?, lead = ?, people = ? WHERE run_id = ? AND row = ?",
                    (cells, lead, corrected.people, run_id, row),
                )

        self._store.durable(work)

    def take_back(self, run_id: str) -> None:
        """Unknown rows that were offered again and not sent after all are what they were: they may have arrived."""
        with self._store.transaction() as db:
            _take_back(db, [one for one in _offered(db, run_id) if one[0] == Outcome.UNKNOWN])

    def keep_rejected(self, run_id: str, rows: Collection[int]) -> set[int]:
        """Those of the rows that were rejected and offered again are rejected as before; which ones they are."""
        with self._store.transaction() as db:
            found = [one for one in _offered(db, run_id) if one[0] == Outcome.REJECTED and one[6] in rows]
            _take_back(db, found)
        return {one[6] for one in found}

    def _some(self, run_id: str, which: str, batch: int = 500) -> Iterator[JournalRow]:
        # In batches by row number: what the caller notes of a row must not disturb the reading of the next.
        last = -1
        while found := self._store.read(
            f"{SELECT} WHERE run_id = ? AND {which} AND row > ? ORDER BY row LIMIT ?", (run_id, last, batch)
        ):
            yield from map(journal_row, found)
            last = found[-1][0]


def _offered(db: sqlite3.Connection, run_id: str) -> list[Sequence[Any]]:
    """What the planned rows were when they were last offered again, with their run, row and place in `earlier`."""
    return db.execute(
        "SELECT e.outcome, e.status, e.queue_id, e.code, e.errors, e.run_id, e.row, max(e.rowid) "
        "FROM earlier e JOIN rows USING (run_id, row) WHERE run_id = ? AND state = 'planned' GROUP BY row",
        (run_id,),
    ).fetchall()


def _take_back(db: sqlite3.Connection, offered: Sequence[Sequence[Any]]) -> None:
    db.executemany(
        "UPDATE rows SET state = 'done', outcome = ?, status = ?, queue_id = ?, code = ?, errors = ? "
        "WHERE run_id = ? AND row = ?",
        (one[:-1] for one in offered),
    )
    db.executemany("DELETE FROM earlier WHERE rowid = ?", (one[-1:] for one in offered))
