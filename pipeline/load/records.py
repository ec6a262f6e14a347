"""From records (lists of cells with their row numbers) to chunks (frames of text)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.columns import texts
from pipeline.load.rules import FOOTER, Cells, cell_faults, footers, own_columns

#: Rows in a chunk, at most: enough that the work on a whole chunk outweighs its overhead, few enough for memory.
ROWS: Final = 49_152


class Reading(Protocol):
    """One pass over a table: (row number, cells) from the first row to the last, empty ones included."""

    @property
    def position(self) -> int:
        """How far the pass has come: bytes (CSV) or rows (workbook)."""

    def __iter__(self) -> Iterator[tuple[int, list[str]]]: ...


class Table(Protocol):
    """Something that can be read row by row, again and again."""

    @property
    def first_column(self) -> int:
        """The spreadsheet's number of the first cell of each record."""

    def reading(self) -> AbstractContextManager[Reading]:
        """Begin a pass at the first row."""

    def top(self, rows: int) -> list[tuple[int, list[str]]]:
        """The first rows with their numbers, empty ones included; fewer when there are no more."""

    def chunks(self, headers: tuple[str, ...], header_row: int, size: int) -> Iterator[Chunk]:
        """The rows below `header_row` (0: all rows), at most `size` in each chunk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of the list.

    `frame` holds text only (an empty cell is ""), its index "row" the spreadsheet's row numbers. `faults`
    says for a row why the record as a whole cannot be used; its cells are in the frame all the same, none
    shifted.
    `position` is how far the file was read (unit of `Source.size`), `blank` the empty rows skipped since the
    chunk before. Only the last chunk may be without rows, when nothing but empty rows was left.
    """

    frame: pd.DataFrame
    faults: dict[int, str]
    position: int
    blank: int = 0


def is_blank(cells: Iterable[str]) -> bool:
    """Whether a row shows nothing: no cells, or only white space in them."""
    return not any(map(str.strip, cells))


def first_filled(rows: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]] | None:
    """Return the next row that shows something, or None at the end."""
    return next(((row, cells) for row, cells in rows if not is_blank(cells)), None)


def into_chunks(
    reading: Reading, headers: tuple[str, ...], header_row: int, size: int, delimiter: str = ""
) -> Iterator[Chunk]:
    """Yield what follows the header, `size` records at a time; each record has the header's width.

    `delimiter` is what divided the records, "" for a sheet.
    """
    batch = _Batch()
    for row, cells in reading:
        if row <= header_row:
            continue
        if is_blank(cells):
            batch.blank += 1
            continue
        if len(cells) != len(headers):
            cells = fitted(cells, len(headers), row, batch.faults)  # noqa: PLW2901  # the same record, in shape
        batch.rows.append(row)
        batch.records.append(cells)
        if len(batch.rows) == size:
            yield batch.chunk(headers, reading.position, delimiter)
            batch = _Batch()
    if batch.rows or batch.blank:
        yield batch.chunk(headers, reading.position, delimiter)


@dataclass(slots=True)
class _Batch:
    """The records of the chunk that is being filled."""

    rows: list[int] = field(default_factory=list)
    records: list[list[str]] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    blank: int = 0

    def chunk(self, headers: tuple[str, ...], position: int, delimiter: str) -> Chunk:
        columns = as_columns(self.records, len(headers))
        return chunk_of(columns, headers, np.array(self.rows, np.int64), self.faults, position, self.blank, delimiter)


def as_columns(records: list[list[str]], width: int) -> list[Cells]:
    """Turn records of one width into columns."""
    columns = zip(*records, strict=True) if records else ((),) * width
    return [pa.array(cells, pa.large_string()) for cells in columns]


def chunk_of(
    columns: list[Cells],
    headers: tuple[str, ...],
    rows: np.ndarray,
    faults: dict[int, str],
    position: int,
    blank: int,
    delimiter: str,
) -> Chunk:
    """Make the chunk, and add to `faults` (by row number) what is wrong with cells, and what is no lead at all."""
    found = (
        cell_faults(columns, headers, delimiter),
        ((place, FOOTER) for place in footers(own_columns(columns, headers))),
    )
    for place, fault in chain(*found):
        row = int(rows[place])
        faults[row] = f"{faults[row]}; {fault}" if row in faults else fault
    frame = pd.DataFrame(
        {header: pd.array(cells, dtype="str") for header, cells in zip(headers, columns, strict=True)},
        index=pd.Index(rows, dtype="int64", name="row"),
    )
    return Chunk(frame, faults, position, blank)


def without_empty(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Yield the chunks; one with nothing but empty rows leaves their count to the next one, unless it is the last."""
    blank, empty = 0, None
    for chunk in chunks:
        blank += chunk.blank
        if not len(chunk.frame):
            empty = chunk
            continue
        yield replace(chunk, blank=blank) if blank != chunk.blank else chunk
        blank, empty = 0, None
    if empty is not None:
        yield replace(empty, blank=blank)


def gathered(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """Join neighbouring chunks that have no more than `size` rows together."""
    waiting: list[Chunk] = []
    for chunk in chunks:
        if waiting and sum(len(one.frame) for one in waiting) + len(chunk.frame) > size:
            yield _joined(waiting)
            waiting = []
        waiting.append(chunk)
    if waiting:
        yield _joined(waiting)


def _joined(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    columns = {
        header: pa.concat_arrays([texts(one.frame[header]) for one in chunks]) for header in chunks[0].frame.columns
    }
    return Chunk(
        frame=pd.DataFrame(
            {header: pd.array(cells, dtype="str") for header, cells in columns.items()},
            index=pd.Index(np.concatenate([one.frame.index for one in chunks]), dtype="int64", name="row"),
        ),
        faults={row: fault for one in chunks for row, fault in one.faults.items()},
        position=chunks[-1].position,
        blank=sum(one.blank for one in chunks),
    )


def fitted(cells: list[str], width: int, row: int, faults: dict[int, str]) -> list[str]:
    """Return the record padded or cut to `width`, and note the fault unless only empty cells were cut off."""
    if len(cells) < width:
        faults[row] = f"has {_cells(len(cells))}, the header has {width}{_lines(cells)}"
        return cells + [""] * (width - len(cells))
    if not is_blank(cells[width:]):
        faults[row] = beyond(cells, width) + _lines(cells)
    return cells[:width]


def beyond(cells: list[str], width: int) -> str:
    """What is wrong with a row that has something beyond the last of `width` columns."""
    found = [cell for cell in cells[width:] if cell.strip()]
    shown = ", ".join(repr(_shortened(cell)) for cell in found[:3]) + (", …" if len(found) > 3 else "")
    return f"has {_cells(len(cells))}, the header has {width}; beyond the last column: {shown}"


def _lines(cells: list[str]) -> str:
    """A warning where a cell of a record of the wrong width holds line breaks: it may have swallowed rows."""
    most = max((cell.count("\n") or cell.count("\r") for cell in cells), default=0)
    return (
        f"; a cell holds {most + 1} lines: a quote before it may be a stray one, and rows be inside it"
        if most
        else ""
    )


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _shortened(cell: str, limit: int = 40) -> str:
    return cell if len(cell) <= limit else cell[: limit - 1] + "…"
