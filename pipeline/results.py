"""Results stage: `results.csv`, one line per input row in input order (docs/results.md)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pipeline.files import whole_file
from pipeline.model import RESPONSE_CODES, JournalRow, Outcome

COLUMNS: Final = (
    "row",
    "outcome",
    "status",
    "queueId",
    "code",
    "meaning",
    "errors",
    "http_status",
    "attempts",
    "submitted_at",
)

#: Starts that a spreadsheet program takes for a formula; a plain signed number is none.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9 .,]*\Z)")


def settled(row: JournalRow) -> Outcome:
    """The row's outcome: planned rows are `not_sent`, rows caught while sending `unknown`."""
    if row.outcome is not None:
        return row.outcome
    return Outcome.NOT_SENT if row.state == "planned" else Outcome.UNKNOWN


def write_results(path: Path, headers: Sequence[str], rows: Iterable[JournalRow], stopped: str) -> dict[Outcome, int]:
    """Write `path` whole or not at all; returns the rows per outcome. `stopped` says why rows were not sent."""
    counts = dict.fromkeys(Outcome, 0)

    def lines() -> Iterator[list[str]]:
        for row in rows:
            outcome = settled(row)
            counts[outcome] += 1
            yield [safe_cell(cell) for cell in (*_answer(row, outcome, stopped), *row.cells)]

    with whole_file(path) as file:
        # Excel takes a CSV for UTF-8 only when it begins with this mark.
        file.write("\ufeff")
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *map(safe_cell, headers)])
        writer.writerows(lines())
    return counts


def _answer(row: JournalRow, outcome: Outcome, stopped: str) -> tuple[str, ...]:
    errors = row.errors or (stopped if outcome is Outcome.NOT_SENT else "")
    return (
        str(row.row),
        outcome,
        row.status,
        row.queue_id,
        "" if row.code is None else str(row.code),
        meaning(row.code),
        errors,
        "" if row.http_status is None else str(row.http_status),
        str(row.attempts),
        row.submitted_at,
    )


def meaning(code: int | None) -> str:
    """LeadByte's words for a response code; an unlisted one says so."""
    return "" if code is None else RESPONSE_CODES.get(code, "(not in LeadByte's list of codes)")


def safe_cell(text: str) -> str:
    """`text`, with an apostrophe before it when a spreadsheet program would run it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
