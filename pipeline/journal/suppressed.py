"""The suppression list of an output folder: who is not to be sent by its runs, as keyed hashes (pipeline.people)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pipeline.journal.retention import Suppressed
from pipeline.journal.store import Store

_AT_ONCE: Final = 500


class Listed(NamedTuple):
    """Somebody on the list: `digest` is pipeline.people's, `kind` email or phone, `at` since when (UTC, ISO)."""

    digest: bytes
    kind: str
    at: str
    why: str


class Refused(NamedTuple):
    """A row that LeadByte has refused with a code, at once or out of its queue, and the lead that it was sent."""

    code: int
    lead: dict[str, str]


class SuppressedPeople:
    """The part of the journal that has the list; each call is on disk when it returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Whether nobody is on it."""
        return not self._store.read("SELECT 1 FROM suppressed LIMIT 1")

    def digests(self, batch: int = 50_000) -> Iterator[bytes]:
        """All hashes, a batch one behind the other at a time."""
        lines = self._store.read_on("SELECT digest FROM suppressed", batch=batch)
        while some := b"".join(digest for (digest,), _number in zip(lines, range(batch), strict=False)):
            yield some

    def listed(self) -> Iterator[Listed]:
        """Everybody, those first who were put on it first."""
        lines = self._store.read_on("SELECT digest, kind, at, why FROM suppressed ORDER BY at, kind, why, digest")
        return (Listed(*line) for line in lines)

    def why(self, digests: Sequence[bytes]) -> dict[bytes, str]:
        """Why those of them that are on the list were put there."""
        found: dict[bytes, str] = {}
        for start in range(0, len(digests), _AT_ONCE):
            some = digests[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            found.update(
                self._store.read(f"SELECT digest, why FROM suppressed WHERE digest IN ({marks})", tuple(some))  # noqa: S608
            )
        return found

    def add(self, people: Iterable[Suppressed], at: str) -> int:
        """Put people on the list who are not there yet; how many those were. `at`: UTC, ISO."""
        with self._store.transaction() as db:
            return db.executemany(
                "INSERT OR IGNORE INTO suppressed (digest, kind, at, why) VALUES (?, ?, ?, ?)",
                ((one.digest, one.kind, at, one.why) for one in people),
            ).rowcount

    def remove(self, digests: Iterable[bytes]) -> int:
        """Take people from the list; how many of them were on it."""
        with self._store.transaction() as db:
            return db.executemany("DELETE FROM suppressed WHERE digest = ?", ((one,) for one in digests)).rowcount

    # ------------------------------------------------------------------ the rows of a run

    def waiting(self, run_id: str, batch: int = 5_000) -> Iterator[list[tuple[int, dict[str, str]]]]:
        """The planned rows' numbers and leads, in batches in input order."""
        last = -1
        while found := self._store.read(
            "SELECT row, lead FROM rows WHERE run_id = ? AND state = 'planned' AND row > ? ORDER BY row LIMIT ?",
            (run_id, last, batch),
        ):
            yield [(row, json.loads(lead)) for row, lead in found]
            last = found[-1][0]

    def refused(self, run_id: str, codes: Sequence[int]) -> Iterator[Refused]:
        """The rows that LeadByte has refused with one of the codes, whose leads are not forgotten yet."""
        marks = json.dumps(list(codes))
        lines = self._store.read_on(
            "SELECT coalesce(queue.code, rows.code), lead FROM rows LEFT JOIN queue USING (run_id, row) "
            "WHERE run_id = ?1 AND lead <> '' AND ((rows.outcome = 'rejected' AND rows.code IN "
            "(SELECT value FROM json_each(?2))) OR queue.code IN (SELECT value FROM json_each(?2)))",
            (run_id, marks),
        )
        return (Refused(code, json.loads(lead)) for code, lead in lines)
