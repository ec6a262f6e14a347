"""Writing the rows to mend: into a workbook, and what that has no room for into a CSV beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from pipeline import mending
from pipeline.errors import ConfigError
from pipeline.fix_me import rest, sheet
from pipeline.fix_me.columns import Column
from pipeline.fix_me.guide import Facts, left_out_words, paragraphs
from pipeline.fix_me.rest import Rest
from pipeline.fix_me.sheet import Book

#: Cells with a note, at most: of more of them a spreadsheet program becomes slow. All are coloured.
NOTES: Final = 20_000
_CUT: Final = " … (results.csv has the rest)"


class RowToMend(NamedTuple):
    """A row that was not accepted: its number in the original list, why, its cells, and why which of them are wrong.

    `faulty`: by place among the cells. `whole`: its cells show all that the list has of it, and what is wrong.
    `refused`: by LeadByte.
    """

    number: int
    reasons: str
    cells: Sequence[str]
    faulty: Mapping[int, str]
    whole: bool = True
    refused: bool = False


@dataclass(frozen=True, slots=True)
class ToMend:
    """The list that the rows are of: its token (pipeline.mending), its columns, and the facts of the guide."""

    token: str
    columns: Sequence[Column]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the workbook's name ("" for none), the rows in it and beside it, those that are in neither.

    `words`: what is to be said of it.
    """

    file: str = ""
    rows: int = 0
    rest: int = 0
    left_out: int = 0
    words: tuple[str, ...] = ()


class FixMe:
    """The workbook of rows to mend in the folder of a run; a context manager, which removes what was there before.

    The files appear when it is left, whole; without rows there is none. `most_rows`: what a sheet has room for;
    `notes`: as many cells at most have one. Raises ConfigError where they cannot be written.
    """

    def __init__(
        self, folder: Path, to_mend: ToMend, *, most_rows: int = sheet.MOST_ROWS, notes: int = NOTES
    ) -> None:
        self._folder, self._list = folder, to_mend
        self._most_rows, self._notes = most_rows, notes
        self._held = ExitStack()
        self._book: Book | None = None
        self._rest: Rest | None = None
        self._refused = False
        #: What is there once it is left.
        self.written = Written()

    def __enter__(self) -> Self:
        remove_fix_me(self._folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        with _told(self._folder / mending.WORKBOOK):
            self._held.__exit__(kind, error, trace)

    def add(self, rows: Iterable[RowToMend]) -> None:
        """Add rows, in the order of their numbers."""
        with _told(self._folder / mending.WORKBOOK):
            for row in rows:
                self._add(row)

    def _add(self, row: RowToMend) -> None:
        if not row.whole or not all(map(sheet.fits, row.cells)) or not self._has_columns():
            self.written = replace(self.written, left_out=self.written.left_out + 1)
        elif self._book is None or self._book.rows < self._most_rows:
            book = self._open_book()
            faulty = {at: row.faulty[at] for at in sorted(row.faulty)}
            self._notes -= book.add(row.number, _fitting(row.reasons), row.cells, faulty, notes=self._notes > 0)
            self._refused |= row.refused
        elif all(map(rest.fits, row.cells)):
            self._open_rest().add(row.number, row.reasons, row.cells)
        else:
            self.written = replace(self.written, left_out=self.written.left_out + 1)

    def _has_columns(self) -> bool:
        columns = self._list.columns
        return len(columns) + sheet.ADDED <= sheet.MOST_COLUMNS and all(sheet.fits(one.header) for one in columns)

    def _open_book(self) -> Book:
        if self._book is None:
            opened = sheet.open_book(self._folder, self._list.token, self._list.columns)
            self._book = self._held.enter_context(opened)
        return self._book

    def _open_rest(self) -> Rest:
        if self._rest is None:
            opened = rest.open_rest(self._folder, self._list.token, self._list.columns)
            self._rest = self._held.enter_context(opened)
        return self._rest

    def _finish(self) -> None:
        left_out, other = self.written.left_out, self._rest.rows if self._rest else 0
        if self._book is None:
            words = (f"there is no {mending.WORKBOOK}: {left_out_words(left_out)}",) if left_out else ()
            self.written = replace(self.written, words=words)
            return
        rows = self._book.rows
        self._book.guide = paragraphs(self._list.facts, rows, other, left_out, refused=self._refused)
        self.written = Written(mending.WORKBOOK, rows, other, left_out, tuple(_said(rows, other, left_out)))


def _said(rows: int, other: int, left_out: int) -> Iterator[str]:
    many = "1 row" if rows == 1 else f"{rows:,} rows"
    beside = f", {mending.REST} beside it the other {other:,}, for which a sheet has no room" if other else ""
    yield f"{mending.WORKBOOK} has {many} to mend{beside}"
    if left_out:
        yield f"{mending.WORKBOOK}: {left_out_words(left_out)}"


def _fitting(reasons: str) -> str:
    """The reasons as a cell can hold them."""
    if sheet.fits(reasons):
        return reasons
    return reasons[: sheet.LONGEST_CELL // 2].replace("\ufffe", "?").replace("\uffff", "?") + _CUT


def remove_fix_me(folder: Path) -> None:
    """Remove the files of rows to mend that an earlier launch wrote."""
    for name in (mending.WORKBOOK, mending.REST):
        with _told(folder / name):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever keeps the library from writing is told as what it is: a disk that is full, or may not be written."""
    from xlsxwriter.exceptions import XlsxWriterException

    try:
        yield
    except (OSError, XlsxWriterException) as error:
        raise ConfigError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}",
            "make room on its disk, and check that it may be written to; with --fix-me never it is not written",
        ) from None
