"""The ledger: who was accepted for a campaign by any run, as keyed hashes (pipeline.people makes them)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from pipeline.journal.store import Store

#: Bytes of one person's hash.
DIGEST: Final = 16
_AT_ONCE: Final = 500


def enter(db: sqlite3.Connection, people: bytes, run_id: str, row: int, at: str) -> None:
    """Enter the people of a row in the transaction that makes it accepted. The latest acceptance stands."""
    entries = ((people[start : start + DIGEST], run_id, row, at) for start in range(0, len(people), DIGEST))
    db.executemany("INSERT OR REPLACE INTO ledger (digest, run_id, row, at) VALUES (?, ?, ?, ?)", entries)


class Ledger:
    """Who was accepted before."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Whether nobody was accepted yet: then there is nothing to look up."""
        return not self._store.read("SELECT 1 FROM ledger LIMIT 1")

    def accepted(self, digests: Sequence[bytes], since: str = "") -> dict[bytes, tuple[str, int]]:
        """The run and row in which these people were accepted, those who were, since a moment (UTC, ISO)."""
        found: dict[bytes, tuple[str, int]] = {}
        for start in range(0, len(digests), _AT_ONCE):
            some = digests[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            lines = self._store.read(
                f"SELECT digest, run_id, row FROM ledger WHERE digest IN ({marks}) AND at >= ?",  # noqa: S608
                (*some, since),
            )
            found.update((digest, (run_id, row)) for digest, run_id, row in lines)
        return found
