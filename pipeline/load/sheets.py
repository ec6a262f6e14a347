"""Opens a workbook, finds the sheet, and writes its rows as text (pipeline.load.wire). Runs in the child.

First a message with the facts about the sheet, then batches of the rows that hold something. A workbook that
cannot be used is refused by InputError, which `pipeline.load.confined` takes to the parent. Loads nothing big.
"""

from __future__ import annotations

import gc
import math
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, compress, islice
from pathlib import Path
from typing import BinaryIO, Final
from xml.parsers.expat import ExpatError

import python_calamine as calamine

from pipeline import mending
from pipeline.errors import InputError
from pipeline.load import sheet_ods, sheet_xls, sheet_xlsb, sheet_xml
from pipeline.load.cells import Cell, column_as_text
from pipeline.load.formats import MOST_COLUMNS, protected
from pipeline.load.sheet_look import NO_NUMBER, Look, Unreadable, within
from pipeline.load.wire import batch_message, message

#: Cells in a batch, about: as many as the processor's cache holds, which is twice as fast as ten times as many.
_CELLS: Final = 20_000


_AGAIN: Final = (
    "Open it in a spreadsheet program and save it again as .xlsx. If it does not open there either, "
    "ask for the list anew, or as CSV."
)
_PACKED: Final = "what is packed in it breaks off or was changed"
_RECORDS: Final = "its records break off or make no sense"
#: What the readers' exceptions mean, by their kind and by some of their words: the first that fits.
_DAMAGE: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...]] = (
    (calamine.CalamineError, "checksum", _PACKED),
    ((calamine.XmlError, ExpatError), "", "a part of it breaks off, or is not XML in UTF-8"),
    ((calamine.ZipError, zipfile.BadZipFile, zlib.error, EOFError), "", _PACKED),
    (calamine.CalamineError, "not found in shared strings", "a cell names a text that is not in it"),
    (calamine.CalamineError, "File not found", "a part of it is missing"),
    (calamine.CalamineError, "Cfb error", _RECORDS),
    (KeyError, "", "a part that it names is missing"),
    ((struct.error, IndexError), "", _RECORDS),
    (Exception, "", "something in it makes no sense"),
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet by python-calamine, and what that does not say of it."""

    name: str
    cells: calamine.CalamineSheet
    look: Look

    def is_empty(self) -> bool:
        return not self.look.faults and all(cell == "" for cells in self.cells.iter_rows() for cell in cells)

    def corners(self) -> tuple[int, int, int]:
        """The first column, the last row and the last column that hold something, from 1."""
        (_, left), (bottom, right) = self.cells.start or (0, 0), self.cells.end or (-1, 0)
        return left + 1, bottom + 1, right + 1


def main(args: list[str]) -> None:
    """Write a sheet. `args`: the workbook, the sheet (name, number from 1, or ""), what to call the workbook."""
    path, wanted, called = args
    gc.disable()  # nothing here makes cycles, and to look for them among so many cells takes time
    with _sound(called), calamine.load_workbook(_readable(Path(path))) as opened:
        kinds = [one for one in opened.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet]
        book = _Book(Path(path), called, opened, [one.name for one in kinds])
        hidden = {one.name for one in kinds if one.visible != calamine.SheetVisibleEnum.Visible}
        sheet = book.told(wanted) if wanted else book.only(hidden)
        if sheet.cells.start is None:
            raise InputError(
                f"{called}: the sheet {sheet.name!r} holds nothing but formulas that were never calculated",
                "Open the file in Excel and save it.",
            )
        right = sheet.corners()[2]
        if right > MOST_COLUMNS:
            raise InputError(
                f"{called}: the sheet {sheet.name!r} claims {right:,} columns, and a spreadsheet has at most "
                f"{MOST_COLUMNS:,}",
                "Open it in a spreadsheet program, delete what is far to the right, and save it again.",
            )
        several = len(book.names) > 1
        rows = mending.ROWS if mending.GUIDE in book.names else None
        only = ", with the rows to mend" if sheet.name == rows else f", the only one of {len(book.names)} with data"
        choice = " (as told)" if wanted else only if several else ""
        if sheet.look.values > _write(sheet, choice):
            _check_places(Path(path), sheet.name)


def _readable(path: Path) -> str | BinaryIO:
    """What calamine is to read: the file, or, where it would misread that, what it stands for."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            binary = "xl/workbook.bin" in map(str.lower, archive.namelist())
        if binary:
            return sheet_xlsb.with_dates(path)
    return str(path)


# ---------------------------------------------------------------------- which sheet


@dataclass(frozen=True, slots=True)
class _Book:
    """A workbook, what the user calls it, and its sheets' names."""

    path: Path
    called: str
    opened: calamine.CalamineWorkbook
    names: list[str]

    def told(self, wanted: str) -> _Sheet:
        """The sheet that the user named."""
        sheet = self._read(self._named(wanted))
        if sheet.is_empty():
            raise InputError(f"{self.called}: the sheet {sheet.name!r} is empty", self._others())
        return sheet

    def only(self, hidden: set[str]) -> _Sheet:
        """The only sheet with data; of a workbook of rows to mend the sheet that has them."""
        if {mending.GUIDE, mending.ROWS} <= {*self.names} and not (rows := self._read(mending.ROWS)).is_empty():
            return rows
        filled: list[str] = []
        for name in self.names:
            sheet = self._read(name)
            if not sheet.is_empty():
                filled.append(name)
                only = sheet if len(filled) == 1 else None  # of several none will be read: no memory for them
        if not self.names:
            raise Unreadable("it names no sheet of cells, or does not do so in UTF-8")
        if not filled:
            raise InputError(f"{self.called} is empty: no sheet holds data", "Check that the right file was saved.")
        if only is None:
            shown = ", ".join(repr(name) + (" (hidden)" if name in hidden else "") for name in filled)
            raise InputError(
                f"{self.called} has {len(filled)} sheets with data: {shown}",
                f"Choose one: --sheet {_quoted(filled[0])}",
            )
        return only

    def _read(self, name: str) -> _Sheet:
        with ThreadPoolExecutor(1) as beside:  # calamine needs no interpreter while it parses
            look = beside.submit(_look_at, self.path, name, self.opened.sheet_names.index(name))
            return _Sheet(name, self.opened.get_sheet_by_name(name), look.result())

    def _named(self, wanted: str) -> str:
        """Return the sheet of that name, else (names first) of that name in another case, else of that number."""
        if wanted in self.names:
            return wanted
        alike = [name for name in self.names if name.strip().casefold() == wanted.strip().casefold()]
        if len(alike) == 1:
            return alike[0]
        if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(self.names):
            return self.names[int(wanted) - 1]
        raise InputError(f"{self.called} has no sheet {wanted!r}", self._others())

    def _others(self) -> str:
        return "Its sheets: " + ", ".join(f"{number} {name!r}" for number, name in enumerate(self.names, 1)) + "."


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _look_at(path: Path, sheet: str, position: int) -> Look:
    """What calamine does not say of a sheet. `position`: its place (from 0) among all sheets of any kind."""
    if not zipfile.is_zipfile(path):
        return sheet_xls.look_at_stream(path, position)
    with zipfile.ZipFile(path) as archive:
        parts = {name.lower(): name for name in archive.namelist()}
        if "xl/workbook.xml" in parts:
            return sheet_xml.look_at_part(archive, parts, sheet)
        if "xl/workbook.bin" in parts:
            return sheet_xlsb.look_at_part(archive, parts, sheet)
        return sheet_ods.look_at_content(archive, sheet)


def _check_places(path: Path, sheet: str) -> None:
    """Refuse a sheet of an .xlsx some of whose values did not arrive, if others have taken their places."""
    with zipfile.ZipFile(path) as archive:
        sheet_xml.check_places(archive, {name.lower(): name for name in archive.namelist()}, sheet)


# ---------------------------------------------------------------------- its rows


def _write(sheet: _Sheet, choice: str) -> int:
    """Write the facts about a sheet and its rows; return how many cells have a value."""
    left, bottom, right = sheet.corners()
    late = sorted(row for row in sheet.look.faults if row > bottom)  # calamine sees nothing there
    facts = {
        "sheet": sheet.name,
        "height": late[-1] if late else bottom,
        "first_column": left,
        "width": right - left + 1,
        "decisions": _decisions(sheet, choice),
    }
    sys.stdout.buffer.write(message(facts))
    width = right - left + 1
    empty: list[Cell] = [""] * width
    # iter_rows begins at the sheet's row 1 whatever is empty there, but leaves out empty columns before the data.
    rows = chain(enumerate(sheet.cells.iter_rows(), 1), ((row, empty.copy()) for row in late))
    filled = 0
    while batch := list(islice(rows, max(1, _CELLS // width))):
        filled += _write_batch(batch, sheet.look, left)
    return filled


def _write_batch(batch: list[tuple[int, list[Cell]]], look: Look, left: int) -> int:
    """Write the rows that hold something, or that something is wrong with; return how many cells have a value."""
    for number, cells in batch if look.errors else ():
        for column, words in look.errors.get(number, {}).items():
            if left <= column < left + len(cells):
                cells[column - left] = words
    numbers, records = zip(*batch, strict=True)
    columns = []
    for column, typed in enumerate(zip(*records, strict=True), left):
        texts = column_as_text(typed)
        if texts is not typed and NO_NUMBER in texts:
            for number in compress(numbers, map(_is_no_number, typed)):
                look.error(number, column, NO_NUMBER)
        columns.append(texts)
    faults = {number: look.fault(number) for number in numbers if number in look.faults} if look.faults else {}
    filled = sum(len(texts) - texts.count("") for texts in columns)
    shown = [any(map(str.strip, cells)) for cells in zip(*columns, strict=True)]
    if not all(shown):
        shown = [one or number in faults for one, number in zip(shown, numbers, strict=True)]
        numbers = tuple(compress(numbers, shown))
        columns = [list(compress(cells, shown)) for cells in columns]
    if numbers:
        sys.stdout.buffer.write(batch_message(numbers, columns, faults))
    return filled


def _is_no_number(cell: Cell) -> bool:
    return isinstance(cell, float) and not math.isfinite(cell)


def _decisions(sheet: _Sheet, choice: str) -> list[str]:
    """Sentences about what is not the plain case."""
    left, bottom, right = sheet.corners()
    said = [f"sheet {sheet.name!r}{choice}"] if choice else []
    hidden = (
        _count(within(sheet.look.hidden_rows, 1, bottom), "row"),
        _count(within(sheet.look.hidden_columns, left, right), "column"),
    )
    if any(hidden):
        said.append(f"{' and '.join(filter(None, hidden))} hidden or filtered out in the sheet: read like the others")
    merged = len(sheet.cells.merged_cell_ranges or ()) or sheet.look.merged
    if merged:
        what = _count(merged, "group")
        said.append(f"{what} of merged cells: the value is in the first cell of each, the others are empty")
    return said


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}" if number else ""


@contextmanager
def _sound(called: str) -> Iterator[None]:
    """Turn what the readers of workbooks say into an InputError."""
    try:
        yield
    except calamine.PasswordError as error:
        raise protected(called) from error
    except OverflowError as error:
        raise InputError(
            f"{called}: a cell with the format of a duration holds a number too large for one",
            "Give that column the format Number or Text.",
        ) from error
    except (
        calamine.CalamineError, zipfile.BadZipFile, zlib.error, ExpatError, EOFError, KeyError, ValueError,
        IndexError, NotImplementedError, RuntimeError, struct.error,
    ) as error:  # fmt: skip
        raise InputError(f"{called} {_why(error)}", _AGAIN) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # calamine's, of a date far beyond the calendar
            raise
        raise InputError(f"{called} is a workbook that is damaged: {_DAMAGE[-1][2]}", _AGAIN) from error


def _why(error: Exception) -> str:
    """What is wrong with a workbook, in words for the user; the library's own stand in brackets, for who asks."""
    if isinstance(error, Unreadable):
        return f"cannot be read for certain: {error}"
    said = "".join(letter if letter.isprintable() else "?" for letter in str(error))[:100]
    what = next(words for kinds, sign, words in _DAMAGE if isinstance(error, kinds) and sign in said)
    return f"is a workbook that is damaged: {what}" + (f" ({said})" if " " in said else "")
