"""The journal: what every row of every run came to, durable on disk. `results.csv` is written from it.

SQLite in WAL mode with synchronous=FULL: a row that `sending` or `finish` has returned for survives a power cut.
A row is `planned`, then `sending` (committed before a byte of it leaves), then `done` with its outcome.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import RunError
from pipeline.model import Issue, JournalRow, Outcome, PlannedRow, Verdict

SCHEMA_VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'planning', stopped TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL) STRICT;
CREATE TABLE rows (
    run_id TEXT NOT NULL REFERENCES runs, row INTEGER NOT NULL, cells TEXT NOT NULL, lead TEXT NOT NULL,
    state TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '',
    queue_id TEXT NOT NULL DEFAULT '', code INTEGER, errors TEXT NOT NULL DEFAULT '',
    http_status INTEGER, attempts INTEGER NOT NULL DEFAULT 0, submitted_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, row)) STRICT, WITHOUT ROWID;
CREATE INDEX rows_open ON rows (run_id, row) WHERE state <> 'done';
CREATE TABLE issues (
    run_id TEXT NOT NULL REFERENCES runs, row INTEGER NOT NULL, "column" TEXT NOT NULL, field TEXT NOT NULL,
    label TEXT NOT NULL, rule TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL) STRICT;
CREATE INDEX issues_by_row ON issues (run_id, row);
"""

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

    Raises RunError when the file is not a journal, or is one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.DatabaseError as error:
            raise RunError(
                f"the journal {path} cannot be opened: {error}",
                "restore it from a backup, or use another --output folder; keep this one: unfinished runs are in it",
            ) from None

    def _open(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise RunError(
                f"{self.path} is a database, but not a journal of leadbyte-import", "use another --output folder"
            )
        if version not in (0, SCHEMA_VERSION):
            raise RunError(
                f"the journal {self.path} was written by another version of leadbyte-import (format {version})",
                f"use the version that wrote it, or another --output folder; this one reads format {SCHEMA_VERSION}",
            )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        if version == 0:
            self._db.executescript(f"BEGIN;{_SCHEMA};PRAGMA user_version={SCHEMA_VERSION};COMMIT;")

    def close(self) -> None:
        """Close the file; everything committed is on disk already."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # ------------------------------------------------------------------ runs

    def begin(self, run_id: str, started_at: str, about: dict[str, Any]) -> None:
        """Note a new run, in the state `planning`."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO runs (run_id, started_at, about) VALUES (?, ?, ?)",
                (run_id, started_at, json.dumps(about, ensure_ascii=False)),
            )

    def run(self, run_id: str) -> Run:
        """The run of that id. Raises RunError naming the latest runs when there is none."""
        with self._lock:
            found = self._db.execute(
                "SELECT run_id, started_at, finished_at, state, stopped, about FROM runs WHERE run_id = ?",
                (run_id,),
            ).fetchone()
            latest = self._db.execute("SELECT run_id FROM runs ORDER BY run_id DESC LIMIT 3").fetchall()
        if found is None:
            known = ", ".join(one for (one,) in latest)
            raise RunError(
                f"there is no run {run_id!r} in {self.path.parent}",
                f"the latest are: {known}" if known else "no run was made there yet; is --output right?",
            )
        run_id, started_at, finished_at, state, stopped, about = found
        return Run(run_id, started_at, finished_at, state, stopped, json.loads(about))

    def note(self, run_id: str, *, state: str, stopped: str = "", finished_at: str = "") -> None:
        """Note a run's new state, why it stopped (if it did), and when it ended."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET state = ?, stopped = ?, finished_at = ? WHERE run_id = ?",
                (state, stopped, finished_at, run_id),
            )

    def amend(self, run_id: str, about: dict[str, Any]) -> None:
        """Add to what is known about a run."""
        with self._transaction() as db:
            known = json.loads(db.execute("SELECT about FROM runs WHERE run_id = ?", (run_id,)).fetchone()[0])
            text = json.dumps(known | about, ensure_ascii=False)
            db.execute("UPDATE runs SET about = ? WHERE run_id = ?", (text, run_id))

    def earlier(self, sha256: str, address: str, reference: str) -> tuple[str, bool] | None:
        """The latest run that sent the same file to the same campaign, and whether it has rows to send yet."""
        with self._lock:
            found = self._db.execute(
                "SELECT run_id, EXISTS (SELECT 1 FROM rows WHERE run_id = r.run_id AND state <> 'done') FROM runs r "
                "WHERE json_extract(about, '$.sha256') = ? AND json_extract(about, '$.address') = ? "
                "AND json_extract(about, '$.campaign.reference') = ? "
                "AND EXISTS (SELECT 1 FROM rows WHERE run_id = r.run_id AND attempts > 0) "
                "ORDER BY run_id DESC LIMIT 1",
                (sha256, address, reference),
            ).fetchone()
        return (found[0], bool(found[1])) if found else None

    # ------------------------------------------------------------------ the plan

    def drop(self, run_id: str) -> None:
        """Forget a run that came to nothing while it was planned."""
        self.forget_plan(run_id)
        with self._transaction() as db:
            db.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))

    def forget_plan(self, run_id: str) -> None:
        """Drop the rows of a run whose planning was cut short: none of them was sent."""
        with self._transaction() as db:
            sent = db.execute("SELECT count(*) FROM rows WHERE run_id = ? AND attempts > 0", (run_id,)).fetchone()[0]
            if sent:
                raise RunError(f"run {run_id} has sent rows, so its plan is kept")
            db.execute("DELETE FROM rows WHERE run_id = ?", (run_id,))
            db.execute("DELETE FROM issues WHERE run_id = ?", (run_id,))

    def plan(self, run_id: str, rows: Iterable[PlannedRow], issues: Iterable[Issue]) -> None:
        """Add one chunk of the plan, whole or not at all."""
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO rows (run_id, row, cells, lead, state, outcome, errors) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        run_id,
                        one.row,
                        json.dumps(one.cells, ensure_ascii=False),
                        json.dumps(one.lead, ensure_ascii=False) if one.lead else "",
                        "done" if one.outcome else "planned",
                        one.outcome or "",
                        one.errors,
                    )
                    for one in rows
                ),
            )
            db.executemany(
                "INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((run_id, i.row, i.column, i.field, i.label, i.rule, i.value, i.message) for i in issues),
            )

    # ------------------------------------------------------------------ sending

    def unsent(self, run_id: str, batch: int = 500) -> Iterator[JournalRow]:
        """The planned rows in input order, read in batches so that memory stays flat."""
        last = -1
        while True:
            with self._lock:
                found = self._db.execute(
                    f"SELECT {_ROW} FROM rows WHERE run_id = ? AND state = 'planned' AND row > ? "  # noqa: S608 - constant
                    "ORDER BY row LIMIT ?",
                    (run_id, last, batch),
                ).fetchall()
            if not found:
                return
            yield from map(_journal_row, found)
            last = found[-1][0]

    def sending(self, run_id: str, row: int, at: str) -> None:
        """Intent, durable before a byte leaves: from here on the row is `unknown` unless an answer says otherwise."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE rows SET state = 'sending', attempts = attempts + 1, submitted_at = ?, "
                "errors = '', http_status = NULL "
                "WHERE run_id = ? AND row = ? AND state = 'planned'",
                (at, run_id, row),
            ).rowcount
        if changed != 1:
            raise RunError(f"row {row} of run {run_id} is not planned, so it is not sent")

    def release(self, run_id: str, row: int, errors: str, http_status: int | None) -> None:
        """Back to `planned`: it is proven that this attempt was not taken (never left, 429, 503 with Retry-After)."""
        with self._transaction() as db:
            db.execute(
                "UPDATE rows SET state = 'planned', errors = ?, http_status = ? "
                "WHERE run_id = ? AND row = ? AND state = 'sending'",
                (errors, http_status, run_id, row),
            )

    def finish(self, run_id: str, row: int, verdict: Verdict) -> None:
        """The row's outcome, durable."""
        if verdict.outcome is None:
            raise ValueError("a verdict without an outcome does not finish a row")
        with self._transaction() as db:
            db.execute(
                "UPDATE rows SET state = 'done', outcome = ?, status = ?, queue_id = ?, code = ?, errors = ?, "
                "http_status = ? WHERE run_id = ? AND row = ? AND state = 'sending'",
                (
                    verdict.outcome,
                    verdict.status,
                    verdict.queue_id,
                    verdict.code,
                    verdict.errors,
                    verdict.http_status,
                    run_id,
                    row,
                ),
            )

    def settle_interrupted(self, run_id: str) -> int:
        """Rows found `sending` at start-up become `unknown`: they may have reached LeadByte. Returns how many."""
        with self._transaction() as db:
            return db.execute(
                "UPDATE rows SET state = 'done', outcome = ?, errors = ? WHERE run_id = ? AND state = 'sending'",
                (Outcome.UNKNOWN, "the run was cut off while this row was being sent", run_id),
            ).rowcount

    # ------------------------------------------------------------------ reading back

    def rows(self, run_id: str) -> Iterator[JournalRow]:
        """All rows of a run in input order."""
        with self._lock:
            cursor = self._db.cursor()
            cursor.execute(f"SELECT {_ROW} FROM rows WHERE run_id = ? ORDER BY row", (run_id,))  # noqa: S608 - constant
        while True:
            with self._lock:
                found = cursor.fetchmany(1000)
            if not found:
                return
            yield from map(_journal_row, found)

    def counts(self, run_id: str) -> dict[str, int]:
        """How many rows there are per outcome; those without one yet stand under their state."""
        with self._lock:
            return dict(
                self._db.execute(
                    "SELECT CASE WHEN state = 'done' THEN outcome ELSE state END, count(*) FROM rows "
                    "WHERE run_id = ? GROUP BY 1",
                    (run_id,),
                ).fetchall()
            )

    def common_answers(self, run_id: str, limit: int = 10) -> list[tuple[str, int | None, int, int]]:
        """(outcome, code, rows, first row) of LeadByte's answers other than success, most first."""
        with self._lock:
            return self._db.execute(
                "SELECT outcome, code, count(*), min(row) FROM rows WHERE run_id = ? AND state = 'done' "
                "AND outcome IN ('rejected', 'failed', 'unknown') GROUP BY 1, 2 ORDER BY 3 DESC, 4 LIMIT ?",
                (run_id, limit),
            ).fetchall()


_ROW: Final = "row, cells, lead, state, outcome, status, queue_id, code, errors, http_status, attempts, submitted_at"


def _journal_row(found: tuple[Any, ...]) -> JournalRow:
    row, cells, lead, state, outcome, *rest = found
    return JournalRow(
        row,
        tuple(json.loads(cells)),
        json.loads(lead) if lead else {},
        state,
        Outcome(outcome) if outcome else None,
        *rest,
    )
