"""What each list was found to be when it was planned, and the earlier lists of its vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from pipeline.journal.store import Store
from pipeline.model import Issue, Severity

#: What names a list (pipeline.journal.lineage.list_of); that of mended rows is the list that they were taken from.
_LIST: Final = "coalesce(nullif(json_extract(about, '$.list'), ''), substr(json_extract(about, '$.sha256'), 1, 16))"


class Earlier(NamedTuple):
    """An earlier list of a vendor: its run, when it began (UTC, ISO), what it is called, its rows by outcome.

    The outcomes are those of its planning: "" for rows that were to be sent. Of the duplicates `sent_already` were
    sent by another run of this very list, and `sent_mended` were invalid and sent mended.
    """

    run_id: str
    started_at: str
    file: str
    dry_run: bool
    rows: int
    outcomes: dict[str, int]
    sent_already: int = 0
    sent_mended: int = 0


class Quality:
    """The part of the journal that knows how good lists were. `profile` is the JSON of pipeline.report.profile."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, run_id: str, vendor: str, profile: str) -> None:
        """Note what a run's list was found to be; `vendor` "" where nobody said whose it is."""
        with self._store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO quality VALUES (?, ?, ?)", (run_id, vendor, profile))

    def name(self, run_id: str, vendor: str) -> None:
        """Say afterwards whose list it was."""
        with self._store.transaction() as db:
            db.execute("UPDATE quality SET vendor = ? WHERE run_id = ?", (vendor, run_id))

    def of(self, run_id: str) -> str:
        """The profile of a run's list; "" where it was planned before profiles were kept."""
        found = self._store.read("SELECT profile FROM quality WHERE run_id = ?", (run_id,))
        return found[0][0] if found else ""

    def earlier(self, run_id: str, vendor: str, limit: int = 12) -> list[Earlier]:
        """The vendor's lists before this run's, latest first; one that was read several times is there once.

        "Before" is the order in which the runs began: two may have begun in one second. A vendor is known by name
        regardless of case. Of several runs of one list the latest counts; rows of a list
        that were mended are no list of their own.
        """
        found = self._store.read(
            f"""
            WITH lists AS (
                SELECT run_id, runs.rowid AS place, started_at, json_extract(about, '$.file') AS file,
                    json_extract(about, '$.dry_run') AS dry, {_LIST} AS list
                FROM quality JOIN runs USING (run_id)
                WHERE vendor = ?1 COLLATE NOCASE AND vendor <> ''
                    AND place < (SELECT rowid FROM runs WHERE run_id = ?2)
                    AND NOT coalesce(json_extract(about, '$.to_be_mended'), 0)),
            latest AS (
                SELECT max(place) AS place, run_id, started_at, file, dry FROM lists
                WHERE list IS NOT (SELECT {_LIST} FROM runs WHERE run_id = ?2)
                GROUP BY list ORDER BY place DESC LIMIT ?3)
            SELECT run_id, started_at, file, dry, json_extract(profile, '$.rows'),
                json_extract(profile, '$.strip.counts'), coalesce(json_extract(profile, '$.sent_already'), 0),
                coalesce(json_extract(profile, '$.sent_mended'), 0)
            FROM latest JOIN quality USING (run_id) ORDER BY place DESC
            """,  # noqa: S608 - constants
            (vendor, run_id, limit),
        )
        return [
            Earlier(run, at, file, bool(dry), rows, {k: sum(bins) for k, bins in json.loads(counts).items()}, *sent)
            for run, at, file, dry, rows, counts, *sent in found
        ]

    def issues(self, run_id: str) -> Iterator[Issue]:
        """What is wrong with a run's rows, in their order."""
        found = self._store.read_on(
            'SELECT row, "column", field, label, rule, value, message, severity FROM issues '
            "WHERE run_id = ? ORDER BY row, rowid",
            (run_id,),
        )
        for row, column, field, label, rule, value, message, severity in found:
            yield Issue(row, column, field, label, rule, value, message, Severity(severity))
