"""What a night asks of the journal: which runs of an account are left over, and which lists are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.journal.store import Store


@dataclass(frozen=True, slots=True)
class Left:
    """A run as a night sees it. `job` "" when a person began it; `path`: where its list lay, "" when nobody knows.

    `filed`: where a night has put the list, "" when none has. `given_up`: its data was purged, nothing of it can be
    sent. `has_unknown`, `has_open`: rows of which nobody knows whether they arrived, and accepted ones of which the
    queue has not said its last word; looked up for young runs.
    """

    run_id: str
    started_at: str
    state: str
    stop_kind: str
    reference: str
    file: str
    job: str
    path: str
    filed: str
    given_up: bool
    has_unknown: bool = False
    has_open: bool = False


#: The columns of `Left` but the last two.
_LEFT: Final = """
run_id, started_at, state, coalesce(json_extract(about, '$.stop_kind'), ''),
json_extract(about, '$.campaign.reference') AS reference, json_extract(about, '$.file'),
coalesce(json_extract(about, '$.job'), '') AS job, coalesce(json_extract(about, '$.path'), ''),
coalesce(json_extract(about, '$.filed'), ''), json_extract(about, '$.purged_at') IS NOT NULL AS given_up"""


class Nights:
    """The part of the journal that `pipeline.nightly` reads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def left(self, address: str, references: Sequence[str], since: str) -> list[Left]:
        """The runs of an account's campaigns that may have to be gone on with, oldest first; no dry runs.

        Of runs that were finished before `since` (UTC, ISO) only those that have a job.
        """
        rows = "NOT given_up AND started_at >= ?3 AND EXISTS (SELECT 1 FROM rows WHERE run_id = r.run_id AND"
        processed = "SELECT 1 FROM queue q WHERE (q.run_id, q.row, q.status) = (rows.run_id, rows.row, 'Processed')"
        found = self._store.read(
            f"SELECT *, {rows} outcome = 'unknown' AND NOT erased), "  # noqa: S608 - constants
            f"{rows} outcome = 'accepted' AND queue_id <> '' AND NOT EXISTS ({processed})) "
            f"FROM (SELECT {_LEFT} FROM runs WHERE NOT json_extract(about, '$.dry_run') "
            "AND json_extract(about, '$.address') = ?1) r "
            "WHERE reference IN (SELECT value FROM json_each(?2)) "
            "AND (state <> 'finished' OR started_at >= ?3 OR job <> '') ORDER BY run_id",
            (address, json.dumps(references), since),
        )
        return [Left(*line[:-3], *map(bool, line[-3:])) for line in found]

    def elsewhere(self, campaigns: Sequence[tuple[str, str]]) -> list[Left]:
        """Unfinished runs of none of these campaigns (address, reference), oldest first."""
        found = self._store.read(
            f"SELECT {_LEFT}, json_extract(about, '$.address') FROM runs "  # noqa: S608 - constants
            "WHERE state <> 'finished' AND NOT json_extract(about, '$.dry_run') AND NOT given_up ORDER BY run_id"
        )
        return [Left(*line[:-1]) for line in found if (line[-1], line[4]) not in campaigns]

    def of_list(self, sha256: str, sheet: str, address: str, reference: str) -> tuple[str, bool] | None:
        """The latest run that sent the same list to the same campaign, or is still to send it, and whether it is.

        Of a workbook the same `sheet`; an older version's run may have sent any.

        One that was stopped because too much of it was invalid is not to be sent: the list may be offered again.
        """
        found = self._store.read(
            "SELECT run_id, state <> 'finished' FROM runs r "
            "WHERE json_extract(about, '$.sha256') = ? AND json_extract(about, '$.address') = ? "
            "AND json_extract(about, '$.campaign.reference') = ? AND NOT json_extract(about, '$.dry_run') "
            "AND coalesce(json_extract(about, '$.sheet'), ?4) = ?4 "
            "AND (EXISTS (SELECT 1 FROM rows WHERE run_id = r.run_id AND attempts > 0) "
            "OR (state <> 'finished' AND json_extract(about, '$.purged_at') IS NULL "
            "AND coalesce(json_extract(about, '$.stop_kind'), '') <> 'invalid')) "
            "ORDER BY run_id DESC LIMIT 1",
            (sha256, address, reference, sheet),
        )
        return (found[0][0], bool(found[0][1])) if found else None
