"""What the journal forgets: the personal data of whole runs when their time is over, and one person everywhere.

What was stored is overwritten: by SQLite as it goes (`secure_delete`), and where an older version has left remains of
it, by `compact`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pipeline.journal.reading import SELECT, journal_row
from pipeline.journal.store import Store
from pipeline.model import ERASED, JournalRow

#: Rows that one transaction strips: few enough that the write-ahead log stays small.
BATCH: Final = 20_000
_AT_ONCE: Final = 500


class Open(NamedTuple):
    """Rows of a run that somebody still has to settle: those that wait to be sent, and those that are unknown."""

    waiting: int
    unknown: int


class Said(NamedTuple):
    """All that the journal has in clear of one row, as one text: each piece apart from the next by a NUL."""

    run_id: str
    row: int
    text: str


class Suppressed(NamedTuple):
    """Somebody who is never to be sent: `digest` is pipeline.people's, `kind` "email" or "phone", `why` in a word."""

    digest: bytes
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """What goes of one person in one run: the rows, and what the run knows of itself and of its list without them.

    `profile` is "" where the journal has none, and `about` holds only what changes.
    """

    run_id: str
    rows: Sequence[int]
    about: dict[str, Any]
    stopped: str
    profile: str


class Retention:
    """The part of the journal that forgets; each call is on disk when it returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # ------------------------------------------------------------------ whole runs

    def overdue(self, before: str) -> list[str]:
        """The runs with data that had ended by a moment (UTC, ISO); one that was cut off ended as it began."""
        return self._runs(
            "json_extract(about, '$.purged_at') IS NULL AND coalesce(nullif(finished_at, ''), started_at) <= ?",
            before,
        )

    def under_way(self) -> list[str]:
        """The runs of which a purge or an erasure was begun, and not ended: they have `about["retention"]`."""
        return self._runs("json_extract(about, '$.retention') IS NOT NULL")

    def all_runs(self) -> list[str]:
        """Every run, in the order of their beginnings."""
        return self._runs("1")

    def _runs(self, which: str, *values: str) -> list[str]:
        found = self._store.read(f"SELECT run_id FROM runs WHERE {which} ORDER BY run_id", values)  # noqa: S608 - ours
        return [run_id for (run_id,) in found]

    def open_rows(self, run_id: str) -> Open:
        """How many rows of a run are not settled. Of an erased row nobody can settle anything."""
        found = self._store.read(
            "SELECT count(*) FILTER (WHERE state = 'planned'), "
            "count(*) FILTER (WHERE state = 'sending' OR (outcome = 'unknown' AND NOT erased)) "
            "FROM rows WHERE run_id = ?",
            (run_id,),
        )
        return Open(*found[0])

    def give_up(self, run_id: str) -> None:
        """Rows that wait are not sent any more: nothing of them is left that could be."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE rows SET state = 'done', outcome = 'not_sent' WHERE run_id = ? AND state = 'planned'",
                (run_id,),
            )

    def strip(self, run_id: str, profile: str) -> None:
        """Take away all that is personal of a run, batch by batch; done twice it changes nothing more.

        What stays of a row: its number and outcome, LeadByte's ids and codes, times, and the hashes of its people.
        `profile` is the run's without examples.
        """
        last = -1
        while (until := self._next(run_id, last)) is not None:
            with self._store.transaction() as db:
                within = (run_id, last, until)
                db.execute(
                    "UPDATE rows SET cells = '[]', lead = '', errors = '' WHERE run_id = ? AND row > ? AND row <= ? "
                    "AND (cells <> '[]' OR lead <> '' OR errors <> '')",
                    within,
                )
                db.execute("DELETE FROM issues WHERE run_id = ? AND row > ? AND row <= ?", within)
            last = until
        with self._store.transaction() as db:
            db.execute("DELETE FROM issues WHERE run_id = ?", (run_id,))
            db.execute("UPDATE earlier SET errors = '' WHERE run_id = ? AND errors <> ''", (run_id,))
            db.execute("UPDATE queue SET message = '' WHERE run_id = ? AND message <> ''", (run_id,))
            db.execute("UPDATE quality SET profile = ? WHERE run_id = ?", (profile, run_id))

    def _next(self, run_id: str, last: int) -> int | None:
        """The last row of the batch that follows row `last`; None where none follows."""
        found = self._store.read(
            "SELECT max(row) FROM (SELECT row FROM rows WHERE run_id = ? AND row > ? ORDER BY row LIMIT ?)",
            (run_id, last, BATCH),
        )
        return None if found[0][0] is None else int(found[0][0])

    # ------------------------------------------------------------------ one person

    def texts(self) -> Iterator[Said]:
        """What the journal has in clear of the rows of all runs, in flat memory. A row may come several times."""
        rows = self._store.read_on(
            "SELECT run_id, row, cells, lead, errors FROM rows WHERE cells <> '[]' AND NOT erased"
        )
        for run_id, row, cells, lead, errors in rows:
            values = json.loads(lead).values() if lead else ()
            yield Said(run_id, row, "\0".join((*json.loads(cells), *values, errors)))
        words = self._store.read_on(
            "SELECT run_id, row, errors, '' FROM earlier WHERE errors <> '' "
            "UNION ALL SELECT run_id, row, message, '' FROM queue WHERE message <> '' "
            "UNION ALL SELECT run_id, row, value, message FROM issues WHERE value <> '' OR message <> ''"
        )
        for run_id, row, *said in words:
            yield Said(run_id, row, "\0".join(said))

    def standing(self, run_id: str, rows: Sequence[int]) -> Iterator[JournalRow]:
        """What these rows have come to, in input order."""
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            found = self._store.read(f"{SELECT} WHERE run_id = ? AND row IN ({marks}) ORDER BY row", (run_id, *some))
            yield from map(journal_row, found)

    def erase(self, erasures: Iterable[Erasure], suppressed: Iterable[Suppressed], at: str) -> None:
        """Take one person away, and put them on the suppression list: all at once, or nothing of it. `at`: UTC, ISO.

        Each cell of their rows becomes "erased"; outcome, ids, codes and times stay. A row that waits is suppressed.
        """
        with self._store.transaction() as db:
            for one in erasures:
                _erase_rows(db, one.run_id, one.rows)
                about = json.loads(db.execute("SELECT about FROM runs WHERE run_id = ?", (one.run_id,)).fetchone()[0])
                about |= one.about
                about.pop("counts", None)  # a row that waited is suppressed now
                text = json.dumps(about, ensure_ascii=False)
                db.execute("UPDATE runs SET about = ?, stopped = ? WHERE run_id = ?", (text, one.stopped, one.run_id))
                if one.profile:
                    db.execute("UPDATE quality SET profile = ? WHERE run_id = ?", (one.profile, one.run_id))
            db.executemany(
                "INSERT OR IGNORE INTO suppressed (digest, kind, at, why) VALUES (?, ?, ?, ?)",
                ((one.digest, one.kind, at, one.why) for one in suppressed),
            )

    def compact(self) -> None:
        """Write the whole file anew, so that nothing of what was taken away is left in it or in its log."""
        self._store.compact()


def _erase_rows(db: sqlite3.Connection, run_id: str, rows: Sequence[int]) -> None:
    places = [(run_id, row) for row in rows]
    db.executemany(
        f"UPDATE rows SET cells = (SELECT json_group_array('{ERASED}') FROM json_each(cells)), "  # noqa: S608 - ours
        "lead = '', erased = 1, "
        "errors = CASE state WHEN 'planned' THEN 'the person asked to be erased' ELSE '' END, "
        "outcome = CASE state WHEN 'planned' THEN 'suppressed' ELSE outcome END, "
        "state = CASE state WHEN 'planned' THEN 'done' ELSE state END WHERE run_id = ? AND row = ?",
        places,
    )
    db.executemany(f"UPDATE issues SET value = '', message = '{ERASED}' WHERE run_id = ? AND row = ?", places)  # noqa: S608
    db.executemany("UPDATE earlier SET errors = '' WHERE run_id = ? AND row = ?", places)
    db.executemany("UPDATE queue SET message = '' WHERE run_id = ? AND row = ?", places)
