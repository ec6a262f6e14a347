"""Results stage: `results.csv`, one line per input row in input order (docs/results.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.csv_file import CsvFile, csv_file
from pipeline.model import RESPONSE_CODES, JournalRow, Outcome, QueueState

#: The columns before the input's own.
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

#: What follows them once LeadByte was asked what became of the leads (docs/afterwards.md).
AFTERWARDS: Final = ("final_status", "leadId", "rejectionId", "final_code", "final_message", "processed_at")


class ResultsFile:
    """An open results.csv, filled batch by batch. `counts`: the rows so far, by outcome."""

    def __init__(self, file: CsvFile) -> None:
        self._file = file
        self.counts: Counter[Outcome] = Counter()

    def add(self, answers: Sequence[pa.Array], cells: Sequence[pa.Array]) -> None:
        """Add rows: one array of text for each of the columns before the input's own, then one for each of those."""
        for found in pc.value_counts(answers[COLUMNS.index("outcome")]).to_pylist():
            self.counts[Outcome(found["values"])] += found["counts"]
        self._file.add([*answers, *cells])


@contextmanager
def results_file(path: Path, headers: Sequence[str], columns: Sequence[str] = COLUMNS) -> Iterator[ResultsFile]:
    """Write `path` whole or not at all. `columns`: those before the input's own, which begin with `COLUMNS`."""
    with csv_file(path, (*columns, *headers)) as file:
        yield ResultsFile(file)


def write_results(
    path: Path, headers: Sequence[str], rows: Iterable[JournalRow], stopped: str, *, afterwards: bool = False
) -> dict[Outcome, int]:
    """Write `path` from the journal; returns the rows per outcome. `stopped` says why rows were not sent.

    `afterwards`: with what is known of the leads after the queue.
    """
    with results_file(path, headers, (*COLUMNS, *AFTERWARDS) if afterwards else COLUMNS) as file:
        for batch in _batches(rows):
            lines = ((*_answer(row, settled(row), stopped), *(_final(row) if afterwards else ())) for row in batch)
            answers = zip(*lines, strict=True)
            cells = zip(*(row.cells for row in batch), strict=True)
            file.add([_text(column) for column in answers], [_text(column) for column in cells])
    return dict.fromkeys(Outcome, 0) | file.counts


def unsent_answers(rows: np.ndarray, outcomes: np.ndarray, errors: np.ndarray) -> list[pa.Array]:
    """The columns before the input's own for rows of which none was sent (a dry run's)."""
    size = len(rows)
    known = {"row": pa.array(rows).cast(pa.large_string()), "outcome": _text(outcomes), "errors": _text(errors)}
    empty, none = (
        pa.repeat(pa.scalar("", pa.large_string()), size),
        pa.repeat(pa.scalar("0", pa.large_string()), size),
    )
    return [known.get(name, none if name == "attempts" else empty) for name in COLUMNS]


def settled(row: JournalRow) -> Outcome:
    """The row's outcome: planned rows are `not_sent`, rows caught while sending `unknown`."""
    if row.outcome is not None:
        return row.outcome
    return Outcome.NOT_SENT if row.state == "planned" else Outcome.UNKNOWN


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


def _final(row: JournalRow) -> tuple[str, ...]:
    queue = row.queue or QueueState("")
    code = "" if queue.code is None else str(queue.code)
    lead_id = queue.lead_id or row.lead_id
    return queue.status, lead_id, queue.rejection_id, code, queue.message, queue.processed_at


def meaning(code: int | None) -> str:
    """LeadByte's words for a response code; an unlisted one says so."""
    return "" if code is None else RESPONSE_CODES.get(code, "(not in LeadByte's list of codes)")


def _batches(rows: Iterable[JournalRow], size: int = 10_000) -> Iterator[list[JournalRow]]:
    coming = iter(rows)
    while batch := list(islice(coming, size)):
        yield batch


def _text(values: Iterable[str]) -> pa.Array:
    return pa.array(values, pa.large_string())
