"""The plan of a chunk as data: for every row what becomes of it and why, by the column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from pipeline.columns import texts
from pipeline.model import Issue, Outcome, PlannedRow, Severity

if TYPE_CHECKING:
    from pipeline.columns import Texts
    from pipeline.load import Chunk
    from pipeline.report import Tally
    from pipeline.validate import Checked


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule and the rows that break it: positions in the chunk, the cells as they stand in the file, why.

    Rows that have nothing but warnings are sent.
    """

    checked: Checked | None
    rule: str
    positions: np.ndarray
    values: Texts
    messages: Texts
    severity: Severity = Severity.FAULT


#: What differs from row to row in the words about a record as a whole.
_CELL: Final = re.compile(r"\bcell ([A-Z]{1,3})[0-9]+\b")
_LENGTH: Final = re.compile(r"\b[0-9,]+(?= characters\b)")


def kind_of_fault(words: str) -> str:
    """A fault of a record as a whole in words that it shares with others: no row, and no cell of the list."""
    kind = _LENGTH.sub("too many", _CELL.sub(r"a cell of column \1", words.partition("; ")[0]))
    return f"the row {kind}" if kind.startswith(("has ", "looks ")) else kind


@dataclass(frozen=True, slots=True)
class Judged:
    """A chunk after validation: what is wrong in it, and the canonical columns of all its rows, by field name."""

    chunk: Chunk
    broken: list[Broken]
    canonical: dict[str, Texts]


@dataclass(frozen=True, slots=True)
class Plan:
    """A chunk, planned. `outcomes` ("" for a row that is to be sent) and `errors` are aligned with its rows.

    `_people`: the hashes by which later lists know a row's people (pipeline.people), by its position.
    """

    chunk: Chunk
    outcomes: np.ndarray
    errors: np.ndarray
    broken: list[Broken]
    _canonical: dict[str, Texts]
    _checked: list[Checked]
    _people: dict[int, bytes]

    def numbers(self) -> np.ndarray:
        """The spreadsheet's row numbers."""
        return self.chunk.frame.index.to_numpy()

    def cells(self) -> list[Texts]:
        """The input's columns as they were."""
        return [texts(self.chunk.frame[name]) for name in self.chunk.frame.columns]

    def counts(self) -> Counter[str]:
        """Rows by outcome; "" for those to be sent."""
        return Counter(self.outcomes.tolist())

    def count_faults(self, tally: Tally) -> None:
        """Add every fault to the tally; those of a record as a whole without the places and cells that they name."""
        rows = self.numbers()
        for one in self.broken:
            at = one.checked
            if at is None:
                kinds = pa.array(map(kind_of_fault, one.messages.to_pylist()), pa.large_string())
                tally.add("", "", one.rule, kinds, rows[one.positions])
            else:
                tally.add(at.source, at.field.label, one.rule, one.messages, rows[one.positions])

    def rows(self) -> Iterator[PlannedRow]:
        """The rows one by one, those fit to be sent with their lead as it will be posted."""
        ready = np.isin(self.outcomes, ["", Outcome.VALID.value])
        sent = np.flatnonzero(ready)
        columns = {
            one.field.name: one.reader.wire(self._canonical[one.field.name].take(sent)).to_pylist()
            for one in self._checked
        }
        # An empty field is not sent: LeadByte's own defaults stay in force.
        leads = (
            {name: text for name, text in zip(columns, values, strict=True) if text}
            for values in zip(*columns.values(), strict=True)
        )
        lines = zip(
            self.chunk.frame.index,
            self.chunk.frame.itertuples(index=False, name=None),
            ready,
            self.outcomes,
            self.errors,
            strict=True,
        )
        for at, (row, values, fit, outcome, errors) in enumerate(lines):
            lead, people = (next(leads), self._people.get(at, b"")) if fit else ({}, b"")
            yield PlannedRow(row, tuple(values), lead, Outcome(outcome) if outcome else None, errors, people)

    def issues(self) -> Iterator[Issue]:
        """Every fault of every row, in the order of the rows."""
        rows = self.chunk.frame.index
        found = [
            (int(rows[at]), order, one, value, message)
            for order, one in enumerate(self.broken)
            for at, value, message in zip(
                one.positions, one.values.to_pylist(), one.messages.to_pylist(), strict=True
            )
        ]
        for row, _order, one, value, message in sorted(found, key=lambda fault: fault[:2]):
            at = one.checked
            column, name, label = (at.source, at.field.name, at.field.label) if at else ("", "", "")
            yield Issue(row, column, name, label, one.rule, value, message, one.severity)
