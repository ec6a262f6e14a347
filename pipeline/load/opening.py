"""The way through reading: open a list, find its header, hand over its rows.

`open_list` looks at the file once and refuses what cannot be trusted; `Source.chunks` then hands over the
rows, chunk by chunk. Nothing here guesses what a cell means: every cell stays the text that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.errors import ConfigError, InputError
from pipeline.load import delimited, formats, workbook
from pipeline.load.files import Stamp, readable, sha256_of, stamp_of
from pipeline.load.headers import LOOKED_AT, header_at, made_headers, read_headers, tidy
from pipeline.load.mended import Mended, mended_list
from pipeline.load.records import ROWS, Chunk, Table, first_filled, is_blank
from pipeline.mending import is_added, mark_of, token_of

__all__ = ["Chunk", "ReadOptions", "Source", "open_list"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about the file; "", 0 and False mean: find out. `delimiter` may be a word (tab, comma, ...).

    `header_row` is the spreadsheet's number of the header's row; `no_header` says that there is none.
    """

    sheet: str = ""
    delimiter: str = ""
    encoding: str = ""
    header_row: int = 0
    no_header: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A list that can be read: the facts about it, and its rows by `chunks`, as often as wanted.

    `kind` is the file name's ending without the dot. `size` counts bytes (CSV) or sheet rows (workbook), the
    unit of `Chunk.position`. `encoding` and `delimiter` are "" for a workbook, `sheet` is "" for a CSV.
    `header_row` is 0 for a list without a header. `name` is what the user calls the list, in every message.
    Of rows to mend the headers, the rows and their numbers are those of the original list (pipeline.load.mended).
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
    name: str = ""
    _mended: Mended | None = field(default=None, repr=False, compare=False)

    @property
    def list_token(self) -> str:
        """What names the list that the rows are of: this one, or that of which they are rows to mend."""
        return self._mended.mark.token if self._mended else token_of(self.sha256, self.sheet)

    @property
    def is_to_be_mended(self) -> bool:
        """Whether these are rows to mend of another list."""
        return self._mended is not None

    def with_rows_of(self, offered: Callable[[np.ndarray], np.ndarray]) -> Source:
        """Rows to mend of which none may have a number that was not `offered`: it is asked for some at a time."""
        return replace(self, _mended=replace(self._mended, offered=offered)) if self._mended else self

    @property
    def unit(self) -> str:
        """The unit of `size` and of `Chunk.position`: "B" for text, "rows" for a workbook."""
        return "B" if self.encoding else "rows"

    def chunks(self, rows: int = ROWS) -> Iterator[Chunk]:
        """Yield the rows below the header in order, at most `rows` at a time.

        Raises InputError where the file turns out to be broken, or is no longer the one that was opened.
        """
        with _called(self.path, self.name), readable(self.path):
            self._check_unchanged()
            if self._mended is None:
                yield from self._table.chunks(self.headers, self.header_row, rows)
            else:
                chunks = self._table.chunks(self._mended.headers, self.header_row, rows)
                yield from self._mended.chunks(self.path, chunks, rows)
            self._check_unchanged()

    def decisions(self) -> tuple[str, ...]:
        """Sentences about what was found out or told, where it is not the plain case (UTF-8, commas)."""
        return self._decisions

    def reading(self) -> str:
        """How the list is read, the plain case as well: encoding, delimiter or sheet, and where the header is."""
        header = f"header in row {self.header_row}" if self.header_row else "no header"
        if not self.encoding:
            return f"read from the sheet {self.sheet!r}, {header}"
        named = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
        delimiter = named.get(self.delimiter, repr(self.delimiter))
        encoding = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8"}.get(self.encoding, self.encoding)
        return f"read as {encoding}, cells separated by {delimiter}, {header}"

    def _check_unchanged(self) -> None:
        if stamp_of(self.path) != self._stamp:
            raise InputError(f"{self.path} was changed while it was being read", "Start again with the new file.")


def open_list(path: Path, options: ReadOptions = ReadOptions(), name: str = "") -> Source:
    """Open `path`, check that it is what its name says, and read its header.

    `name` is what the user calls the list where `path` is a private copy of it: messages say that. Raises
    InputError when the file is missing, unreadable, empty, without data rows, broken, or ambiguous; ConfigError
    where two options exclude each other.
    """
    if options.header_row and options.no_header:
        raise ConfigError("--header-row and --no-header exclude each other", "Leave out one of them.")
    with _called(path, name), readable(path):
        stamp = stamp_of(path)
        kind = formats.kind_of(path)
        if kind in formats.WORKBOOKS:
            return _open_workbook(path, kind, stamp, options, name)
        return _open_delimited(path, kind, stamp, options, name)


@contextmanager
def _called(path: Path, name: str) -> Iterator[None]:
    """Let every message call the file what the user calls it."""
    try:
        yield
    except InputError as error:
        if name and name != str(path):
            raise InputError(*(text.replace(str(path), name) for text in (error.message, error.hint))) from error
        raise


def _open_delimited(path: Path, kind: str, stamp: Stamp, options: ReadOptions, name: str) -> Source:
    if options.sheet:
        raise InputError(f"{path} has no sheets: it is a text file", "Leave out --sheet for this file.")
    text = delimited.find_out(path, kind, options.encoding, options.delimiter, options.header_row)
    table = delimited.DelimitedTable(path, text.encoding.name, text.delimiter, text.skipped)
    header = _read_header(path, table, options)
    encoding = text.encoding
    return Source(
        path, encoding.sha256, header.own, kind, encoding.name, text.delimiter, "", stamp.size, header.row,
        table, stamp, text.decisions(len(header.names)) + header.decisions, name, header.mended,
    )  # fmt: skip


def _open_workbook(path: Path, kind: str, stamp: Stamp, options: ReadOptions, name: str) -> Source:
    for flag, value in (("--delimiter", options.delimiter), ("--encoding", options.encoding)):
        if value:
            raise InputError(f"{flag} does not apply to the workbook {path}", f"Leave out {flag} for this file.")
    table = workbook.open_sheet(path, options.sheet, name)
    header = _read_header(path, table, options)
    return Source(
        path, sha256_of(path), header.own, kind, "", "", table.name, table.height, header.row,
        table, stamp, table.decisions() + header.decisions, name, header.mended,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Header:
    """The header's row (0: there is none), the names of the columns, and what is to be said about them."""

    row: int
    names: tuple[str, ...]
    decisions: tuple[str, ...]
    mended: Mended | None = None

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the list's own columns."""
        return self.mended.own if self.mended else self.names


def _read_header(path: Path, table: Table, options: ReadOptions) -> _Header:
    """Find the header and make sure that at least one row follows it."""
    top = [(row, cells) for row, cells in table.top(LOOKED_AT) if not is_blank(cells)]
    if not top:
        top = _next_filled(table, 0)
    if not top:
        raise InputError(f"{path} is empty: it has no header and no rows", "Check that the right file was saved.")
    if (options.no_header or options.header_row) and any(map(is_added, map(tidy, top[0][1]))):
        raise InputError(
            f"{path}, row {top[0][0]}: these are rows to mend, with a header of their own",
            "Leave out --no-header and --header-row for this file.",
        )
    if options.no_header:
        names = made_headers([cells for _, cells in top], table.first_column)
        return _Header(0, names, (f"no header (as told): the columns are called {names[0]!r} to {names[-1]!r}",))
    row, cells, why = _told_header(path, table, options.header_row) if options.header_row else _found_header(top)
    names, said = read_headers(cells, path, row, table.first_column)
    if top[-1][0] <= row and not _next_filled(table, row):
        raise InputError(
            f"{path} has a header (row {row}) and no rows below it",
            "Check that the right file was saved.",
        )
    mended = mended_list(names, path, row, table.first_column)
    return _Header(row, names, why + said + ((mended.decision(),) if mended else ()), mended)


def _found_header(top: list[tuple[int, list[str]]]) -> tuple[int, list[str], tuple[str, ...]]:
    """The header among the first filled rows, and why it is the one, where it is not row 1."""
    marked = (at for at, (_, cells) in enumerate(top) if any(map(mark_of, map(tidy, cells))))
    at = next(marked, None)  # rows to mend say themselves which row it is, whatever was written above it
    if at is None:
        at = header_at([cells for _, cells in top])
    row, cells = top[at]
    if at:
        why = f"the header is in row {row}, as what stands above it are titles (if not, say --header-row)"
        return row, cells, (why,)
    return row, cells, () if row == 1 else (f"the header is in row {row}, the first row that is not empty",)


def _told_header(path: Path, table: Table, wanted: int) -> tuple[int, list[str], tuple[str, ...]]:
    with table.reading() as reading:
        row, cells = next(islice(reading, wanted - 1, None), (0, []))
    if is_blank(cells):
        what = "that row is empty" if row else "the list has fewer rows"
        raise InputError(f"{path} has no header in row {wanted}: {what}", "Correct --header-row, or leave it out.")
    return row, cells, (f"the header is in row {row} (as told)",)


def _next_filled(table: Table, row: int) -> list[tuple[int, list[str]]]:
    """The first row below `row` that shows something, if there is one."""
    with table.reading() as reading:
        found = first_filled(islice(reading, row, None))
    return [found] if found else []
