"""The journal to look at, also while another process sends: nothing is locked, nothing is written."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import RunError
from pipeline.journal.rows import Journal
from pipeline.journal.schema import SCHEMA_VERSION
from pipeline.journal.store import Store

#: What a list of runs shows of what a run knows of itself; the rest (mapping, fields, issues) may be long.
_SHOWN: Final = (
    "file", "vendor", "campaign.reference", "campaign.name", "dry_run", "rows", "outcomes", "counts", "launches",
    "launched_at", "stop_kind", "purged_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs: of a campaign (reference, id or name), of a vendor, begun `since` (UTC, ISO), or with rows to send.

    Case does not count; "" is any.
    """

    campaign: str = ""
    vendor: str = ""
    since: str = ""
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One run as the journal knows it. `about`: the parts of it in `_SHOWN`, those that are known."""

    run_id: str
    started_at: str
    finished_at: str
    state: str
    stopped: str
    about: dict[str, Any]


class Reader(Store):
    """A journal's file that is only read, of this or an older `version`. Raises RunError when it is no journal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        if not path.exists():
            raise RunError(f"there is no journal in {path.parent}", "name the folder of the runs with --output DIR")
        try:
            address = f"{path.resolve().as_uri()}?mode=ro"
            self._db = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None, timeout=30)
            self.version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError as error:
            raise RunError(
                f"the journal {path} cannot be read: {error}",
                "restore it from a backup; keep this one: unfinished runs are in it",
            ) from None
        if not 0 < self.version <= SCHEMA_VERSION:
            self._db.close()
            known = "was written by a newer version of leadbyte-import" if self.version else "is not a journal"
            raise RunError(f"{path} {known}", f"this version reads format 1 to {SCHEMA_VERSION}")

    def damage(self) -> str:
        """What SQLite finds wrong with the file; "" when nothing is. Reads all of it."""
        found = self.read("PRAGMA quick_check(1)")
        return "" if found == [("ok",)] else str(found[0][0])


class History:
    """What is known of all runs of an output folder."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.version = reader.version

    def runs(self, wanted: Wanted, limit: int) -> list[Line]:
        """The latest runs, latest first."""
        paths = ", ".join(f"'$.{name}'" for name in _SHOWN)
        found = self._reader.read(
            f"SELECT run_id, started_at, finished_at, state, stopped, json_extract(about, {paths}) "  # noqa: S608
            "FROM runs WHERE started_at >= ?1 "
            "AND (?2 = '' OR coalesce(json_extract(about, '$.vendor'), '') = ?2 COLLATE NOCASE) "
            "AND (?3 = '' OR json_extract(about, '$.campaign.reference') = ?3 COLLATE NOCASE "
            "OR json_extract(about, '$.campaign.name') = ?3 COLLATE NOCASE "
            "OR json_extract(about, '$.campaign.id') = ?3) "
            "AND (NOT ?4 OR (state <> 'finished' AND NOT json_extract(about, '$.dry_run') "
            "AND json_extract(about, '$.purged_at') IS NULL)) "
            "ORDER BY run_id DESC LIMIT ?5",
            (wanted.since, wanted.vendor, wanted.campaign, wanted.unfinished, limit),
        )
        return [
            Line(run_id, started, finished, state, stopped, _about(about))
            for run_id, started, finished, state, stopped, about in found
        ]

    def counts(self, run_ids: Collection[str]) -> dict[str, dict[str, int]]:
        """By run, how many rows there are per outcome; those without one yet stand under their state."""
        marks = ", ".join("?" * len(run_ids))
        counts: dict[str, dict[str, int]] = {one: {} for one in run_ids}
        for run_id, name, rows in self._reader.read(
            "SELECT run_id, CASE WHEN state = 'done' THEN outcome ELSE state END, count(*) FROM rows "  # noqa: S608
            f"WHERE run_id IN ({marks}) GROUP BY 1, 2",
            tuple(run_ids),
        ):
            counts[run_id][name] = rows
        return counts


def _about(text: str) -> dict[str, Any]:
    return {name: value for name, value in zip(_SHOWN, json.loads(text), strict=True) if value is not None}


@contextmanager
def reading(output: Path) -> Iterator[tuple[Journal, History]]:
    """An output folder's journal, to look at. Raises RunError when there is none."""
    path = output / "journal.sqlite3"
    reader = Reader(path)
    journal = Journal(path, reader)
    try:
        yield journal, History(reader)
    finally:
        journal.close()
