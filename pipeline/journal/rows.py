"""What every row of every run came to. A row is `planned`, then `sending` (on disk before a byte of it leaves), then
`done` with its outcome.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import JournalError, RunError
from pipeline.journal.afterwards import Afterwards
from pipeline.journal.delivery import Delivery
from pipeline.journal.ledger import Ledger, enter
from pipeline.journal.lineage import Lineage
from pipeline.journal.nights import Nights
from pipeline.journal.quality import Quality
from pipeline.journal.reading import SELECT, journal_row
from pipeline.journal.retention import Retention
from pipeline.journal.store import Store
from pipeline.journal.suppressed import SuppressedPeople
from pipeline.model import Issue, JournalRow, Outcome, PlannedRow, Verdict

#: States of a run: reading and validating; ready to send or sending; nothing left to do.
PLANNING, SENDING, FINISHED = "planning", "sending", "finished"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: `about` holds what `resume` needs (input, mapping, campaign, flags), never the key."""

    run_id: str
    started_at: str
    finished_at: str
    state: str
    stopped: str
    about: dict[str, Any]


class Journal:
    """One SQLite file for all runs of an output folder. Safe to use from several threads.

    What a method has returned for is on disk. Raises RunError when the file is not a journal, or is one of a newer
    version; JournalError when its disk is full or the file is damaged. `ledger` knows who was sent by any run,
    `afterwards` keeps what becomes of rows that were sent, `delivery` how the sending went, `quality` what each list
    was found to be.
    `lineage` knows the rows of one list by their numbers, whatever run they went with, `retention` forgets, `nights`
    knows what is left over, `suppressed` who is never to be sent.
    `unsaved` are LeadByte's answers that could not be written, as (row, outcome, queueId).
    """

    def __init__(self, path: Path, store: Store | None = None) -> None:
        self.path = path
        self._store = store or Store(path)
        self.unsaved: list[tuple[int, Outcome, str]] = []
        self.ledger = Ledger(self._store)
        self.afterwards = Afterwards(self._store)
        self.delivery = Delivery(self._store)
        self.quality = Quality(self._store)
        self.retention = Retention(self._store)
        self.lineage = Lineage(self._store)
        self.nights = Nights(self._store)
        self.suppressed = SuppressedPeople(self._store)

    def close(self) -> None:
        """Close the file; everything committed is on disk already."""
        self._store.close()

    # ------------------------------------------------------------------ runs

    def begin(self, run_id: str, started_at: str, about: dict[str, Any]) -> None:
        """Note a new run, in the state `planning`."""
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO runs (run_id, started_at, about) VALUES (?, ?, ?)",
                (run_id, started_at, json.dumps(about, ensure_ascii=False)),
            )

    def run(self, run_id: str) -> Run:
        """The run of that id. Raises RunError naming the latest runs when there is none."""
        found = self._store.read(
            "SELECT run_id, started_at, finished_at, state, stopped, about FROM runs WHERE run_id = ?", (run_id,)
        )
        if not found:
            latest = self._store.read("SELECT run_id FROM runs ORDER BY run_id DESC LIMIT 3")
            known = ", ".join(one for (one,) in latest)
            raise RunError(
                f"there is no run {run_id!r} in {self.path.parent}",
                f"the latest are: {known}" if known else "no run was made there yet; is --output right?",
            )
        run_id, started_at, finished_at, state, stopped, about = found[0]
        return Run(run_id, started_at, finished_at, state, stopped, json.loads(about))

    def note(self, run_id: str, *, state: str, stopped: str = "", finished_at: str = "") -> None:
        """Note a run's new state, why it stopped (if it did), and when it ended."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE runs SET state = ?, stopped = ?, finished_at = ? WHERE run_id = ?",
                (state, stopped, finished_at, run_id),
            )

    def amend(self, run_id: str, about: dict[str, Any]) -> None:
        """Add to what is known about a run."""
        with self._store.transaction() as db:
            known = json.loads(db.execute("SELECT about FROM runs WHERE run_id = ?", (run_id,)).fetchone()[0])
            text = json.dumps(known | about, ensure_ascii=False)
            db.execute("UPDATE runs SET about = ? WHERE run_id = ?", (text, run_id))

    def earlier(self, sha256: str, sheet: str, address: str, reference: str) -> tuple[str, bool] | None:
        """The latest run that sent the same file to the same campaign, and whether it has rows to send yet.

        Of a workbook the same `sheet`; an older version's run may have sent any.
        """
        found = self._store.read(
            "SELECT run_id, EXISTS (SELECT 1 FROM rows WHERE run_id = r.run_id AND state <> 'done') FROM runs r "
            "WHERE json_extract(about, '$.sha256') = ? AND json_extract(about, '$.address') = ? "
            "AND json_extract(about, '$.campaign.reference') = ? "
            "AND coalesce(json_extract(about, '$.sheet'), ?4) = ?4 "
            "AND EXISTS (SELECT 1 FROM rows WHERE run_id = r.run_id AND attempts > 0) "
            "ORDER BY run_id DESC LIMIT 1",
            (sha256, address, reference, sheet),
        )
        return (found[0][0], bool(found[0][1])) if found else None

    def sent_since(self, reference: str, address: str, moment: str) -> int:
        """How often leads of all runs were sent to the campaign since a moment (UTC, ISO); not taken ones aside."""
        sent = (
            "SELECT run_id FROM rows WHERE submitted_at >= ?1 AND rows.state <> 'planned' "
            "UNION ALL SELECT run_id FROM earlier WHERE submitted_at >= ?1"
        )
        found = self._store.read(
            f"SELECT count(*) FROM ({sent}) JOIN runs USING (run_id) "  # noqa: S608 - a constant
            "WHERE json_extract(about, '$.address') = ?2 AND json_extract(about, '$.campaign.reference') = ?3",
            (moment, address, reference),
        )
        return int(found[0][0])

    # ------------------------------------------------------------------ the plan

    def drop(self, run_id: str) -> None:
        """Forget a run that came to nothing while it was planned."""
        self.forget_plan(run_id)
        with self._store.transaction() as db:
            db.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))

    def forget_plan(self, run_id: str) -> None:
        """Drop the rows of a run whose planning was cut short: none of them was sent."""
        with self._store.transaction() as db:
            sent = db.execute("SELECT count(*) FROM rows WHERE run_id = ? AND attempts > 0", (run_id,)).fetchone()[0]
            if sent:
                raise RunError(f"run {run_id} has sent rows, so its plan is kept")
            for table in ("rows", "issues", "quality"):
                db.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))  # noqa: S608 - constants

    def plan(self, run_id: str, rows: Iterable[PlannedRow], issues: Iterable[Issue]) -> None:
        """Add one chunk of the plan, whole or not at all."""
        with self._store.transaction() as db:
            db.executemany(
                "INSERT INTO rows (run_id, row, cells, lead, state, outcome, errors, people) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        run_id,
                        one.row,
                        json.dumps(one.cells, ensure_ascii=False),
                        json.dumps(one.lead, ensure_ascii=False) if one.lead else "",
                        "done" if one.outcome else "planned",
                        one.outcome or "",
                        one.errors,
                        one.people,
                    )
                    for one in rows
                ),
            )
            db.executemany(
                "INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((run_id, i.row, i.column, i.field, i.label, i.rule, i.value, i.message, i.severity) for i in issues),
            )

    # ------------------------------------------------------------------ sending

    def unsent(self, run_id: str, batch: int = 500) -> Iterator[JournalRow]:
        """The planned rows in input order, read in batches so that memory stays flat."""
        last = -1
        while True:
            found = self._store.read(
                f"{SELECT} WHERE run_id = ? AND state = 'planned' AND row > ? ORDER BY row LIMIT ?",
                (run_id, last, batch),
            )
            if not found:
                return
            yield from map(journal_row, found)
            last = found[-1][0]

    def people(self, run_id: str, batch: int = 5_000) -> Iterator[list[tuple[int, bytes]]]:
        """The planned rows' numbers and people, in batches in input order."""
        last = -1
        while found := self._store.read(
            "SELECT row, people FROM rows WHERE run_id = ? AND state = 'planned' AND row > ? ORDER BY row LIMIT ?",
            (run_id, last, batch),
        ):
            yield found
            last = found[-1][0]

    def leave_out(
        self, run_id: str, reasons: Iterable[tuple[int, str]], outcome: Outcome = Outcome.DUPLICATE
    ) -> None:
        """Planned rows that are not to be sent after all, with the reason: their person was accepted elsewhere."""
        with self._store.transaction() as db:
            db.executemany(
                "UPDATE rows SET state = 'done', outcome = ?, errors = ? "
                "WHERE run_id = ? AND row = ? AND state = 'planned'",
                ((outcome, words, run_id, row) for row, words in reasons),
            )

    def sending(self, run_id: str, row: int, at: str) -> None:
        """Intent, durable before a byte leaves: from here on the row is `unknown` unless an answer says otherwise.

        Its people are in the ledger from here on.
        """

        def work(db: sqlite3.Connection) -> None:
            changed = db.execute(
                "UPDATE rows SET state = 'sending', attempts = attempts + 1, submitted_at = ?, "
                "errors = '', http_status = NULL "
                "WHERE run_id = ? AND row = ? AND state = 'planned' RETURNING people",
                (at, run_id, row),
            ).fetchall()
            if not changed:
                raise RunError(f"row {row} of run {run_id} is not planned, so it is not sent")
            enter(db, changed[0][0], run_id, row, at)

        self._store.durable(work)

    def release(self, run_id: str, row: int, errors: str, http_status: int | None) -> None:
        """Back to `planned`: it is proven that this attempt was not taken (never left, 429, 503 with Retry-After)."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE rows SET state = 'planned', errors = ?, http_status = ? "
                "WHERE run_id = ? AND row = ? AND state = 'sending'",
                (errors, http_status, run_id, row),
            )

        self._store.durable(work)

    def finish(self, run_id: str, row: int, verdict: Verdict, seconds: float | None = None) -> None:
        """The row's outcome, durable; `seconds` from its sending to the answer.

        Raises JournalError where it cannot be written; the answer is in `unsaved` then.
        """
        if verdict.outcome is None:
            raise ValueError("a verdict without an outcome does not finish a row")

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE rows SET state = 'done', outcome = ?, status = ?, queue_id = ?, code = ?, errors = ?, "
                "http_status = ?, seconds = ? WHERE run_id = ? AND row = ? AND state = 'sending'",
                (
                    verdict.outcome,
                    verdict.status,
                    verdict.queue_id,
                    verdict.code,
                    verdict.errors,
                    verdict.http_status,
                    seconds,
                    run_id,
                    row,
                ),
            )

        try:
            self._store.durable(work)
        except JournalError:
            self.unsaved.append((row, verdict.outcome, verdict.queue_id))
            raise

    def settle_interrupted(self, run_id: str) -> int:
        """Rows found `sending` at start-up become `unknown`: they may have reached LeadByte. Returns how many."""
        with self._store.transaction() as db:
            return db.execute(
                "UPDATE rows SET state = 'done', outcome = ?, errors = ? WHERE run_id = ? AND state = 'sending'",
                (Outcome.UNKNOWN, "the run was cut off while this row was being sent", run_id),
            ).rowcount

    # ------------------------------------------------------------------ reading back

    def rows(self, run_id: str) -> Iterator[JournalRow]:
        """All rows of a run in input order."""
        return map(journal_row, self._store.read_on(f"{SELECT} WHERE run_id = ? ORDER BY row", (run_id,)))

    def counts(self, run_id: str) -> dict[str, int]:
        """How many rows there are per outcome; those without one yet stand under their state."""
        return dict(
            self._store.read(
                "SELECT CASE WHEN state = 'done' THEN outcome ELSE state END, count(*) FROM rows "
                "WHERE run_id = ? GROUP BY 1",
                (run_id,),
            )
        )

    def common_answers(self, run_id: str, limit: int = 10) -> list[tuple[str, int | None, int, int]]:
        """(outcome, code, rows, first row) of LeadByte's answers other than success, most first."""
        return self._store.read(
            "SELECT outcome, code, count(*), min(row) FROM rows WHERE run_id = ? AND state = 'done' "
            "AND outcome IN ('rejected', 'failed', 'unknown') GROUP BY 1, 2 ORDER BY 3 DESC, 4 LIMIT ?",
            (run_id, limit),
        )
