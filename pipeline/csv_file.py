"""CSV files that spreadsheet programs open as they are, written by the column: UTF-8 with a mark, no formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.files import whole_file

#: Starts that a spreadsheet program takes for a formula; a plain signed number is none.
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![0-9 .,]*\Z)")
#: The same for RE2.
_FORMULAS: Final = r"\A(?:[=@\t\r]|[+-][0-9 .,]*[^0-9 .,])"
#: Bytes that may begin a formula, and bytes for which a cell is put in quotes.
_STARTS: Final = np.isin(np.arange(256), list(b"=@\t\r+-"))
_SPECIAL: Final = np.isin(np.arange(256), list(b',"\r\n'))


class CsvFile:
    """An open CSV file, filled batch by batch."""

    def __init__(self, file: BinaryIO, headers: Sequence[str]) -> None:
        self._file = file
        # Excel takes a CSV for UTF-8 only when it begins with this mark.
        file.write(f"\ufeff{csv_line(headers)}\r\n".encode())

    def add(self, columns: Sequence[pa.Array]) -> None:
        """Add lines: for each header one array of text (large_string without nulls)."""
        self.add_written([written(one) for one in columns])

    def add_written(self, columns: Sequence[pa.Array]) -> None:
        """Add lines of cells that are in the form of a CSV file already, as `written` and `csv_line` make it."""
        *before, last = columns
        self._file.write(_bytes(_joined(*before, _joined(last, "\r\n", by=""), by=",")))


@contextmanager
def csv_file(path: Path, headers: Sequence[str]) -> Iterator[CsvFile]:
    """Write `path`, whole or not at all. Raises ConfigError where it cannot be written."""
    with whole_file(path) as file:
        yield CsvFile(file, headers)


def safe_cell(text: str) -> str:
    """`text`, with an apostrophe before it when a spreadsheet program would run it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def csv_line(cells: Sequence[str]) -> str:
    """Cells as they stand in a CSV file, safe, without the line's end."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow(map(safe_cell, cells))
    return line.getvalue().removesuffix("\r\n")


def written(cells: pa.Array) -> pa.Array:
    """Cells as they stand in a CSV file: safe, and in quotes where they must be."""
    size = len(cells)
    offsets = np.frombuffer(cells.buffers()[1], np.int64)[cells.offset : cells.offset + size + 1]
    if not size or offsets[0] == offsets[-1]:
        return cells
    data = np.frombuffer(cells.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    begins, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    filled = np.flatnonzero(ends > begins)
    risky, special = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    risky[filled] = _STARTS[data[begins[filled]]]
    special[np.searchsorted(ends, np.flatnonzero(_SPECIAL[data]), side="right")] = True
    return _quoted(_made_safe(cells, risky), special)


def _made_safe(cells: pa.Array, where: np.ndarray) -> pa.Array:
    if not where.any():
        return cells
    risky = cells.filter(where)
    apostrophes = pc.if_else(pc.match_substring_regex(risky, _FORMULAS), "'", "").cast(cells.type)
    return pc.replace_with_mask(cells, where, _joined(apostrophes, risky, by=""))


def _quoted(cells: pa.Array, where: np.ndarray) -> pa.Array:
    if not where.any():
        return cells
    doubled = pc.replace_substring(cells.filter(where), '"', '""')
    return pc.replace_with_mask(cells, where, _joined('"', doubled, '"', by=""))


def _joined(*parts: pa.Array | str, by: str) -> pa.Array:
    scalars = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*parts, by)]
    return pc.binary_join_element_wise(*scalars)


def _bytes(lines: pa.Array) -> memoryview:
    """The text of all lines together, which is how Arrow keeps them."""
    offsets = np.frombuffer(lines.buffers()[1], np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(lines.buffers()[2] or b"")[offsets[0] : offsets[-1]]
