"""Workbooks (Excel, OpenDocument): one sheet of them, as a child process reads it (pipeline.load.sheets)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.load import early
from pipeline.load.records import Chunk, beyond, chunk_of
from pipeline.load.rules import Cells, blanks
from pipeline.load.wire import as_batch, read_message


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a sheet, in their order: their numbers, their cells by column, and the faults by row number."""

    numbers: np.ndarray
    columns: list[Cells]
    faults: dict[int, str]

    def __len__(self) -> int:
        return len(self.numbers)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The rows one by one."""
        columns = [cells.to_pylist() for cells in self.columns]
        yield from zip(self.numbers.tolist(), map(list, zip(*columns, strict=True)), strict=True)

    def part(self, first: int, end: int) -> Rows:
        """Some of the rows, without a copy of their cells."""
        numbers = self.numbers[first:end]
        kept = set(numbers.tolist()) if self.faults else set()
        faults = {row: fault for row, fault in self.faults.items() if row in kept}
        return Rows(numbers, [cells.slice(first, end - first) for cells in self.columns], faults)


class SheetTable:
    """One sheet with data. Row numbers and letters are the sheet's own, whatever is empty before the data.

    `name` is the sheet's, `height` the number of its last row. The child that told these facts goes on to tell the
    rows to the first who asks for chunks; whoever asks again gets a child of his own.
    """

    def __init__(self, path: Path, wanted: str, called: str) -> None:
        self._order = (path, wanted, called)
        self._waiting: _Telling | None = None
        facts = self._child().facts
        self.name: str = facts["sheet"]
        self.height: int = facts["height"]
        self.first_column: int = facts["first_column"]
        self._width: int = facts["width"]
        self._decisions: tuple[str, ...] = tuple(facts["decisions"])

    def _child(self) -> _Telling:
        """The child that nobody has asked for chunks yet."""
        if self._waiting is None:
            self._waiting = _Telling(*self._order)
        return self._waiting

    @contextmanager
    def reading(self) -> Iterator[SheetReading]:
        """Begin a pass at the sheet's row 1."""
        yield SheetReading(self._looked_through(), self._width)

    def top(self, rows: int) -> list[tuple[int, list[str]]]:
        """The first rows with their numbers, empty ones included; fewer when there are no more."""
        return list(islice(SheetReading(iter(self._child().ahead(rows)), self._width), rows))

    def chunks(self, headers: tuple[str, ...], header_row: int, size: int) -> Iterator[Chunk]:
        """The rows below `header_row` (0: all rows), at most `size` in each chunk."""
        child, self._waiting = self._child(), None
        before = header_row
        for rows in _in_sizes(_below(header_row, child.rows()), size):
            last = int(rows.numbers[-1])
            faults = _beyond(rows, len(headers))
            yield chunk_of(
                rows.columns[: len(headers)], headers, rows.numbers, faults, last, last - before - len(rows), ""
            )
            before = last

    def decisions(self) -> tuple[str, ...]:
        """Say which sheet was taken, where there was a choice, and what in it a person may not expect to be read."""
        return self._decisions

    def _looked_through(self) -> Iterator[Rows]:
        """All rows; those that are not at hand by a child of their own."""
        last = 0
        for rows in list(self._child().ahead(1)):
            yield rows
            last = int(rows.numbers[-1])
        if last:
            yield from _below(last, _Telling(*self._order).rows())


class SheetReading:
    """One pass over a sheet's rows, empty ones included up to the last that holds something."""

    def __init__(self, told: Iterator[Rows], width: int) -> None:
        self._told, self._width = told, width
        self.position = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for rows in self._told:
            for row, cells in rows.records():
                while self.position < row - 1:
                    self.position += 1
                    yield self.position, [""] * self._width
                self.position = row
                yield row, cells


def open_sheet(path: Path, wanted: str, name: str = "") -> SheetTable:
    """Open the sheet `wanted` (name or number from 1), or the only one with data. Raises InputError.

    `name` is what the user calls the file, where that is not its path.
    """
    return SheetTable(path, wanted, name or str(path))


class _Telling:
    """A child that reads a sheet: the facts about it, and its rows once."""

    def __init__(self, path: Path, wanted: str, called: str) -> None:
        self._child = early.reader(path, wanted, called)
        told = read_message(self._child.read)
        assert told is not None  # noqa: S101  # a child that ends well has told its facts
        self.facts = told[0]
        self._ahead: list[Rows] = []

    def ahead(self, row: int) -> list[Rows]:
        """The batches up to that row; they will be told again by `rows`."""
        while not self._ahead or self._ahead[-1].numbers[-1] < row:
            rows = self._next()
            if rows is None:
                break
            self._ahead.append(rows)
        return self._ahead

    def rows(self) -> Iterator[Rows]:
        """The sheet's rows that hold something."""
        with self._child:
            while self._ahead:
                yield self._ahead.pop(0)
            while (rows := self._next()) is not None:
                yield rows

    def _next(self) -> Rows | None:
        told = read_message(self._child.read)
        if told is None:
            return None
        batch = as_batch(*told)
        numbers = np.frombuffer(batch.numbers, np.int64)
        columns = [
            pa.LargeStringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))
            for offsets, text in batch.columns
        ]
        return Rows(numbers, columns, batch.faults)


def _below(row: int, batches: Iterator[Rows]) -> Iterator[Rows]:
    for rows in batches:
        first = int(np.searchsorted(rows.numbers, row, side="right"))
        if first < len(rows):
            yield rows.part(first, len(rows)) if first else rows


def _in_sizes(batches: Iterator[Rows], size: int) -> Iterator[Rows]:
    """Divide the rows anew, `size` in each part but the last."""
    held: list[Rows] = []
    missing = size
    for batch in batches:
        rows = batch
        while len(rows) >= missing:
            yield _joined([*held, rows.part(0, missing)])
            rows = rows.part(missing, len(rows))
            held, missing = [], size
        if len(rows):
            held.append(rows)
            missing -= len(rows)
    if held:
        yield _joined(held)


def _joined(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    columns = [pa.concat_arrays(cells) for cells in zip(*(part.columns for part in parts), strict=True)]
    faults = {row: fault for part in parts for row, fault in part.faults.items()}
    return Rows(np.concatenate([part.numbers for part in parts]), columns, faults)


def _beyond(rows: Rows, width: int) -> dict[int, str]:
    """The rows' faults, and that of each row with something beyond the last of `width` columns."""
    faults = dict(rows.faults)
    for place in np.flatnonzero(~blanks(rows.columns[width:])).tolist() if len(rows.columns) > width else ():
        cells = [column[place].as_py() for column in rows.columns]
        while not cells[-1].strip():
            cells.pop()
        row = int(rows.numbers[place])
        # Not a word of stray quotes, as a text file's row gets: a sheet's cells hold what they hold.
        faults[row] = "; ".join(filter(None, (beyond(cells, width), faults.get(row))))
    return faults
