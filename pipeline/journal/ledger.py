"""The ledger: who was sent to a campaign by any run, as keyed hashes (pipeline.people makes them)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from pipeline.journal.store import Store
from pipeline.people import Sent, apart

_AT_ONCE: Final = 500


def enter(db: sqlite3.Connection, people: bytes, run_id: str, row: int, at: str) -> None:
    """Enter the people of a row in the transaction that makes it `sending`: what it comes to is the row's to say."""
    entries = ((one, run_id, row, at) for one in apart(people))
    db.executemany("INSERT OR REPLACE INTO ledger (digest, run_id, row, at) VALUES (?, ?, ?, ?)", entries)


class Ledger:
    """Who was sent before, and not refused."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Whether nobody was sent yet: then there is nothing to look up."""
        return not self._store.read("SELECT 1 FROM ledger LIMIT 1")

    def sent(self, digests: Sequence[bytes], since: str = "", but: str = "") -> dict[bytes, Sent]:
        """In which run and row these people were accepted or may have been (unknown, or under way), those who were.

        `since`: a moment (UTC, ISO); `but`: a run that does not count. Of several rows of one person the latest, an
        accepted one before all others.
        """
        found: dict[bytes, Sent] = {}
        for start in range(0, len(digests), _AT_ONCE):
            some = digests[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            # What became of rows that were purged is not known any more: they count as accepted.
            lines = self._store.read(
                "SELECT digest, ledger.run_id, ledger.row, "  # noqa: S608
                "coalesce(outcome, 'accepted') = 'accepted' AS sure "
                "FROM ledger LEFT JOIN rows USING (run_id, row) "
                f"WHERE digest IN ({marks}) AND at >= ? AND ledger.run_id <> ? "
                "AND (state IS NULL OR state = 'sending' OR outcome IN ('accepted', 'unknown') OR EXISTS (SELECT 1 "
                "FROM earlier e WHERE (e.run_id, e.row, e.outcome) = (ledger.run_id, ledger.row, 'unknown'))) "
                "ORDER BY sure, at",
                (*some, since, but),
            )
            found.update((digest, Sent(run_id, row, bool(sure))) for digest, run_id, row, sure in lines)
        return found
