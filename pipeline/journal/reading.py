"""A line of the journal as a row."""

from __future__ import annotations

import json
from typing import Any, Final

from pipeline.model import JournalRow, Misses, Outcome, QueueState

#: All that is known of rows; the order of `journal_row`.
SELECT: Final = """
SELECT row, cells, lead, state, outcome, rows.status, queue_id, rows.code, errors, http_status, attempts,
    submitted_at, queue.status, queue.code, message, queue.lead_id, rejection_id, processed_at,
    searches.lead_id, found_by, misses, first_miss, last_miss,
    coalesce(
        (SELECT min(e.submitted_at) FROM earlier e WHERE (e.run_id, e.row) = (rows.run_id, rows.row)), submitted_at),
    (SELECT group_concat(e.queue_id, ' ') FROM earlier e WHERE (e.run_id, e.row) = (rows.run_id, rows.row)),
    rows.erased
FROM rows LEFT JOIN queue USING (run_id, row) LEFT JOIN searches USING (run_id, row)"""


def journal_row(found: tuple[Any, ...]) -> JournalRow:
    """A row from a line of `SELECT`."""
    row, cells, lead, state, outcome, status, queue_id, code, errors, http_status, attempts, submitted_at = found[:12]
    queue, (lead_id, found_by, *misses), (first_sent, own_ids, erased) = found[12:18], found[18:23], found[23:]
    return JournalRow(
        row,
        tuple(json.loads(cells)),
        json.loads(lead) if lead else {},
        state,
        Outcome(outcome) if outcome else None,
        status,
        queue_id,
        code,
        errors,
        http_status,
        attempts,
        submitted_at,
        queue=None if queue[0] is None else QueueState(*queue),
        lead_id=lead_id or "",
        found_by=found_by or "",
        misses=Misses() if misses[0] is None else Misses(*misses),
        first_sent=first_sent,
        own_ids=tuple((own_ids or "").split()),
        erased=bool(erased),
    )
