"""How the sending of a run went, counted where the rows are: outcomes by place and code, times, the refused rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from pipeline.journal.reading import SELECT, journal_row
from pipeline.journal.store import Store
from pipeline.model import JournalRow, Outcome

#: What a row has come to: planned ones wait, and one that is being sent may have arrived.
_OUTCOME: Final = "CASE state WHEN 'done' THEN outcome WHEN 'planned' THEN 'not_sent' ELSE 'unknown' END"
#: Rows that LeadByte was sent, and what it or nobody answered.
_SENT: Final = "outcome IN ('accepted', 'rejected', 'failed', 'unknown')"
#: Not accepted, although sent.
_REFUSED: Final = "outcome IN ('rejected', 'failed', 'unknown')"


class Placed(NamedTuple):
    """How many rows of one part of the list came to one outcome; `sent`: with this code of LeadByte's, if any."""

    bin: int
    outcome: Outcome
    sent: bool
    code: int | None
    rows: int


class Delivery:
    """The part of the journal that says how a run's sending went."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def placed(self, run_id: str, first_row: int, width: int) -> list[Placed]:
        """All rows, counted by outcome and code in bins of `width` row numbers from `first_row` on."""
        found = self._store.read(
            f"SELECT (row - ?2) / ?3, {_OUTCOME}, state = 'done' AND {_SENT}, code, count(*) FROM rows "  # noqa: S608
            "WHERE run_id = ?1 GROUP BY 1, 2, 3, 4 ORDER BY 1",
            (run_id, first_row, width),
        )
        return [Placed(place, Outcome(outcome), bool(sent), code, rows) for place, outcome, sent, code, rows in found]

    def times(self, run_id: str) -> Iterator[tuple[float, float]]:
        """When each sent row was sent last (seconds since 1970), and after how many seconds the answer was there.

        In input order; -1 where none came, or an older version sent it.
        """
        yield from self._store.read_on(
            "SELECT (julianday(submitted_at) - 2440587.5) * 86400.0, coalesce(seconds, -1) FROM rows "  # noqa: S608
            f"WHERE run_id = ? AND state = 'done' AND {_SENT} AND submitted_at <> '' ORDER BY row",
            (run_id,),
            batch=10_000,
        )

    def refused(self, run_id: str, limit: int) -> list[JournalRow]:
        """The first rows that were sent and not accepted, in input order."""
        found = self._store.read(
            f"{SELECT} WHERE run_id = ? AND state = 'done' AND {_REFUSED} ORDER BY row LIMIT ?", (run_id, limit)
        )
        return [journal_row(one) for one in found]

    def outcomes(self, run_id: str, rows: Collection[int]) -> dict[int, Outcome]:
        """What these rows (a few hundred) have come to."""
        marks = ", ".join("?" * len(rows))
        found = self._store.read(
            f"SELECT row, {_OUTCOME} FROM rows WHERE run_id = ? AND row IN ({marks})",  # noqa: S608 - marks
            (run_id, *rows),
        )
        return {row: Outcome(outcome) for row, outcome in found}
