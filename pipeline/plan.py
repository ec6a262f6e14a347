"""The plan of a chunk as data: for every row what becomes of it and why, by the column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from pipeline.columns import texts
from pipeline.model import Issue, Outcome, PlannedRow, Severity

if TYPE_CHECKING:
    from pipeline.columns import Texts
    from pipeline.load import Chunk
    from pipeline.validate import Checked

#: The rule of a record that cannot be used as a whole: nobody knows which of its cells is which.
RECORD: Final = "record"
#: The rule of a record that would send nothing.
EMPTY: Final = "empty"


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


#: What differs from row to row in the words about a record as a whole, and what is said for all (RE2).
_ALIKE: Final = (
    (r"(?s); .*", ""),
    (r"\bcell ([A-Z]{1,3})[0-9]+\b", r"a cell of column \1"),
    (r"\b[0-9,]+ characters\b", "too many characters"),
    (r"\Ahas [0-9,]+ cells?, the header has .*", "has more or fewer cells than the header"),
    (r"\A(has |looks )", r"the row \1"),
)


def kinds_of_faults(words: Texts) -> Texts:
    """Faults of records as a whole in words that they share with others: no row, and no cell of the list."""
    for differing, alike in _ALIKE:
        words = pc.replace_substring_regex(words, differing, alike)
    return words


@dataclass(frozen=True, slots=True)
class Judged:
    """A chunk after validation: what is wrong in it, and the canonical columns of all its rows, by field name."""

    chunk: Chunk
    broken: list[Broken]
    canonical: dict[str, Texts]


@dataclass(frozen=True, slots=True)
class Plan:
    """A chunk, planned. `outcomes` ("" for a row that is to be sent) and `errors` are aligned with its rows.

    `canonical`: the columns of all its rows as they are checked, by field name. `sent_before`: the positions of the
    duplicates of rows that other runs have sent, `sent_already`: of the rows of this very list that another run has
    sent, `sent_mended`: those of which that run had a mended form, since they are not fit to be sent as they are
    here; all other duplicates are of rows of the list. `_people`: the hashes by which later lists know a row's people
    (pipeline.people), by its position.
    """

    chunk: Chunk
    outcomes: np.ndarray
    errors: np.ndarray
    broken: list[Broken]
    canonical: dict[str, Texts]
    sent_before: Sequence[int]
    sent_already: Sequence[int]
    sent_mended: Sequence[int]
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
        names, codes = self.coded_outcomes()
        return Counter(dict(zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True)))

    def coded_outcomes(self) -> tuple[list[str], np.ndarray]:
        """The distinct outcomes, and the place of each row's among them."""
        codes, names = pd.factorize(self.outcomes)
        return names.tolist(), codes

    def rows(self) -> Iterator[PlannedRow]:
        """The rows one by one, those fit to be sent with their lead as it will be posted."""
        ready = np.isin(self.outcomes, ["", Outcome.VALID.value])
        sent = np.flatnonzero(ready)
        columns = {
            one.field.name: one.reader.wire(self.canonical[one.field.name].take(sent)).to_pylist()
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
