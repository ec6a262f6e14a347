"""One list through several runs: as it is, and as rows of it that a person has mended (pipeline.mending)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from pipeline.journal.offered import Offered
from pipeline.journal.store import Store
from pipeline.mending import LAST_ROW, TOKEN, token_of

_AT_ONCE: Final = 1_000
_NONE: Final = np.empty(0, np.int64)


class Rejected(NamedTuple):
    """What LeadByte answered to a row that it rejected."""

    code: int
    errors: str


class Fault(NamedTuple):
    """What is wrong with a row: of a column that feeds no field `field` is "", of a row as a whole `label` too."""

    column: str
    field: str
    label: str
    rule: str
    message: str


class Open(NamedTuple):
    """A row that was not accepted; `errors` as results.csv has them."""

    row: int
    cells: tuple[str, ...]
    errors: str
    faults: tuple[Fault, ...]
    rejected: Rejected | None


#: Whether a run is one of the list with that token (?1), or with that of the file alone (?2).
_OF_LIST: Final = (
    f"coalesce(json_extract(about, '$.list'), substr(json_extract(about, '$.sha256'), 1, {TOKEN})) IN (?1, ?2)"
)


def list_of(about: Mapping[str, Any]) -> str:
    """What names the list of a run; rows to mend are of the list that they were taken from.

    A run of an older version names the file alone: it counts for every sheet of it.
    """
    return str(about.get("list") or token_of(about["sha256"]))


class Lineage:
    """The part of the journal that knows the rows of one list by their numbers, whatever run they went with."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def others(self, run_id: str, about: Mapping[str, Any]) -> list[str]:
        """The other runs that sent rows of a run's list to the same campaign."""
        found = self._store.read(
            f"SELECT run_id FROM runs r WHERE {_OF_LIST} AND run_id <> ?3 "  # noqa: S608 - a constant
            "AND json_extract(about, '$.address') = ?4 AND json_extract(about, '$.campaign.reference') = ?5 "
            "AND EXISTS (SELECT 1 FROM rows WHERE run_id = r.run_id AND attempts > 0)",
            (
                list_of(about),
                token_of(about["sha256"]),
                run_id,
                about["address"],
                about["campaign"]["reference"],
            ),
        )
        return [one for (one,) in found]

    def sent(self, runs: Sequence[str], rows: Sequence[int]) -> dict[int, str]:
        """Which of the rows with these numbers were accepted in one of the runs, or may have been: why, in words.

        Of several rows with one number an accepted one counts before all others.
        """
        found: dict[int, str] = {}
        for start in range(0, len(rows), _AT_ONCE) if runs else ():
            some = json.dumps([int(row) for row in rows[start : start + _AT_ONCE]])
            lines = self._store.read(
                "SELECT row, run_id, outcome = 'accepted' AS sure FROM rows "
                "WHERE run_id IN (SELECT value FROM json_each(?)) AND row IN (SELECT value FROM json_each(?)) "
                "AND (state = 'sending' OR outcome IN ('accepted', 'unknown') OR EXISTS (SELECT 1 "
                "FROM earlier e WHERE (e.run_id, e.row, e.outcome) = (rows.run_id, rows.row, 'unknown'))) "
                "ORDER BY sure, run_id",
                (json.dumps(runs), some),
            )
            found.update((row, _words(row, run_id, bool(sure))) for row, run_id, sure in lines)
        return found

    def offered(self, run_id: str, about: Mapping[str, Any]) -> Offered | None:
        """Which rows of a run's list other runs of it, to whatever campaign, have offered to be mended.

        None where the journal knows no run of the list itself, but only of rows to mend of it.
        """
        wanted = ", ".join(f"json_extract(about, '$.{one}')" for one in ("dry_run", "offered", "to_be_mended"))
        runs = self._store.read(
            f"SELECT run_id, {wanted} FROM runs WHERE {_OF_LIST} AND run_id <> ?3",  # noqa: S608 - constants
            (list_of(about), token_of(about["sha256"]), run_id),
        )
        itself = [(dry, kept) for _run, dry, kept, mended in runs if not mended]
        if not itself:
            return None
        # An older version's dry run kept none.
        of_dry = [
            Offered.from_json(json.loads(kept)) if kept else Offered(_NONE, LAST_ROW) for dry, kept in itself if dry
        ]
        of_rows = self._store.read(
            "SELECT row FROM rows JOIN (SELECT value ->> 0 AS run_id, value ->> 1 AS mended FROM json_each(?)) "
            "USING (run_id) WHERE mended OR outcome IN ('invalid', 'rejected') "
            "OR EXISTS (SELECT 1 FROM earlier e WHERE (e.run_id, e.row) = (rows.run_id, rows.row))",
            (json.dumps([(run, mended) for run, dry, _kept, mended in runs if not dry]),),
        )
        rows = np.array([row for (row,) in of_rows], np.int64)
        return Offered(
            np.unique(np.concatenate([rows, *(one.rows for one in of_dry)])),
            max((one.up_to for one in of_dry), default=0),
        )

    def settle_mended(self, run_id: str, about: Mapping[str, Any]) -> None:
        """Invalid rows of a run that went mended with another one become duplicates: nothing is left to mend."""
        runs = self.others(run_id, about)
        invalid = "run_id = ? AND state = 'done' AND outcome = 'invalid'"
        rows = self._store.read(f"SELECT row FROM rows WHERE {invalid}", (run_id,)) if runs else []  # noqa: S608
        sent = self.sent(runs, [row for (row,) in rows])
        if sent:
            with self._store.transaction() as db:
                db.executemany(
                    f"UPDATE rows SET outcome = 'duplicate', errors = ? WHERE {invalid} AND row = ?",  # noqa: S608
                    [(words, run_id, row) for row, words in sent.items()],
                )

    def count_open(self, run_id: str, codes: Sequence[int]) -> int:
        """How many rows `open_rows` has."""
        found = self._store.read(f"SELECT count(*) FROM rows WHERE {_open(codes)}", (run_id,))  # noqa: S608
        return int(found[0][0])

    def open_rows(self, run_id: str, codes: Sequence[int]) -> Iterator[Open]:
        """The rows of a run that are invalid, or that LeadByte rejected with one of these codes, by their numbers."""
        lines = self._store.read_on(
            f"SELECT row, cells, outcome, code, errors FROM rows WHERE {_open(codes)} ORDER BY row",  # noqa: S608
            (run_id,),
        )
        said = self._store.read_on(
            'SELECT row, "column", field, label, rule, message FROM issues WHERE run_id = ? '
            "AND severity = 'fault' ORDER BY row, rowid",
            (run_id,),
        )
        faults = _Faults(said)
        for row, cells, outcome, code, errors in lines:
            rejected = Rejected(code, errors) if outcome == "rejected" else None
            own = () if rejected else tuple(faults.of(row))
            yield Open(row, tuple(json.loads(cells)), errors, own, rejected)


def _open(codes: Sequence[int]) -> str:
    """The condition of rows that may be mended; the run's id is a value of it."""
    some = ", ".join(map(str, map(int, codes)))
    return (
        "run_id = ? AND state = 'done' AND NOT erased "
        f"AND (outcome = 'invalid' OR (outcome = 'rejected' AND code IN ({some})))"
    )


class _Faults:
    """The faults of a run, read on row by row."""

    def __init__(self, lines: Iterator[tuple[Any, ...]]) -> None:
        self._lines = lines
        self._next = next(lines, None)

    def of(self, row: int) -> Iterator[Fault]:
        """Those of a row; rows are asked for in order."""
        while self._next and self._next[0] <= row:
            if self._next[0] == row:
                yield Fault(*self._next[1:])
            self._next = next(self._lines, None)


def _words(row: int, run_id: str, sure: bool) -> str:
    """Why a row is not sent again."""
    if sure:
        return f"accepted before: row {row} of run {run_id}"
    return (
        f"may have been sent before: row {row} of run {run_id}, which is unknown (`leadbyte-import resolve {run_id}`)"
    )
