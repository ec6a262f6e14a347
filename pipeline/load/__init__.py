"""Reading a list (CSV or a workbook) into text with the spreadsheet's own row numbers (docs/reading.md).

`open_list` looks at the file once and refuses what cannot be trusted; `Source.chunks` then hands over the
rows, chunk by chunk. Nothing here guesses what a cell means: every cell stays the text that it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import InputError
from pipeline.load import delimited, formats, workbook
from pipeline.load.files import Stamp, readable, sha256_of, stamp_of
from pipeline.load.headers import read_headers
from pipeline.load.records import Chunk, Table, first_filled

__all__ = ["Chunk", "ReadOptions", "Source", "open_list"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about the file; "" means: find out. `delimiter` may be a word (tab, comma, ...)."""

    sheet: str = ""
    delimiter: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A list that can be read: the facts about it, and its rows by `chunks`, as often as wanted.

    `kind` is the file name's ending without the dot. `size` counts bytes (CSV) or sheet rows (workbook), the
    unit of `Chunk.position`. `encoding` and `delimiter` are "" for a workbook, `sheet` is "" for a CSV.
    """

    path: Path
    sha256: str
    headers: tuple[str, ...]
    kind: str
    encoding: str
    delimiter: str
    sheet: str
    size: int
    header_row: int
    _table: Table = field(repr=False, compare=False)
    _stamp: Stamp = field(repr=False, compare=False)
    _decisions: tuple[str, ...] = field(repr=False, compare=False)

    @property
    def unit(self) -> str:
        """The unit of `size` and of `Chunk.position`: "B" for text, "rows" for a workbook."""
        return "B" if self.encoding else "rows"

    def chunks(self, rows: int = 10_000) -> Iterator[Chunk]:
        """Yield the rows below the header in order, at most `rows` at a time.

        Raises InputError where the file turns out to be broken, or is no longer the one that was opened.
        """
        with readable(self.path):
            self._check_unchanged()
            yield from self._table.chunks(self.headers, self.header_row, rows)
            self._check_unchanged()

    def decisions(self) -> tuple[str, ...]:
        """Sentences about what was found out or told, where it is not the plain case (UTF-8, commas)."""
        return self._decisions

    def _check_unchanged(self) -> None:
        if stamp_of(self.path) != self._stamp:
            raise InputError(f"{self.path} was changed while it was being read", "Start again with the new file.")


def open_list(path: Path, options: ReadOptions = ReadOptions()) -> Source:
    """Open `path`, check that it is what its name says, and read its header.

    Raises InputError when the file is missing, unreadable, empty, without data rows, broken, or ambiguous.
    """
    with readable(path):
        stamp = stamp_of(path)
        kind = formats.kind_of(path)
        if kind in formats.WORKBOOKS:
            return _open_workbook(path, kind, stamp, options)
        return _open_delimited(path, kind, stamp, options)


def _open_delimited(path: Path, kind: str, stamp: Stamp, options: ReadOptions) -> Source:
    if options.sheet:
        raise InputError(f"{path} has no sheets: it is a text file", "Leave out --sheet for this file.")
    text = delimited.find_out(path, kind, options.encoding, options.delimiter)
    table = delimited.DelimitedTable(path, text.encoding, text.delimiter)
    header_row, headers = _read_header(path, table)
    return Source(
        path, text.sha256, headers, kind, text.encoding, text.delimiter, "", stamp.size, header_row,
        table, stamp, text.decisions(len(headers)) + _header_decision(header_row),
    )  # fmt: skip


def _open_workbook(path: Path, kind: str, stamp: Stamp, options: ReadOptions) -> Source:
    for flag, value in (("--delimiter", options.delimiter), ("--encoding", options.encoding)):
        if value:
            raise InputError(f"{flag} does not apply to the workbook {path}", f"Leave out {flag} for this file.")
    table = workbook.open_sheet(path, options.sheet)
    header_row, headers = _read_header(path, table)
    return Source(
        path, sha256_of(path), headers, kind, "", "", table.name, table.height, header_row,
        table, stamp, table.decisions() + _header_decision(header_row),
    )  # fmt: skip


def _read_header(path: Path, table: Table) -> tuple[int, tuple[str, ...]]:
    """Find the header and make sure that at least one row follows it."""
    with table.reading() as reading:
        rows = iter(reading)
        header = first_filled(rows)
        if header is None:
            raise InputError(f"{path} is empty: it has no header and no rows", "Check that the right file was saved.")
        row, cells = header
        headers = read_headers(cells, path, row, table.first_column)
        if first_filled(rows) is None:
            raise InputError(
                f"{path} has a header (row {row}) and no rows below it",
                "Check that the right file was saved.",
            )
    return row, headers


def _header_decision(row: int) -> tuple[str, ...]:
    return () if row == 1 else (f"the header is in row {row}, the first row that is not empty",)
