"""Workbooks (Excel, OpenDocument): which sheet, and its cells as the text a person would type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

import python_calamine as calamine

from pipeline.errors import InputError
from pipeline.load.formats import protected
from pipeline.load.records import Chunk, into_chunks

Cell: TypeAlias = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

#: Below this a float holds every integer exactly.
_EXACT: Final = 1e15


@dataclass(frozen=True, slots=True)
class SheetTable:
    """One sheet with data. Row numbers and letters are the sheet's own, whatever is empty before the data."""

    path: Path
    name: str
    height: int
    first_column: int
    chosen_from: int
    told: bool
    _sheet: calamine.CalamineSheet

    @contextmanager
    def reading(self) -> Iterator[SheetReading]:
        """Begin a pass at the sheet's row 1."""
        with _sound(self.path):
            yield SheetReading(self.path, self._sheet)

    def top(self, rows: int) -> list[tuple[int, list[str]]]:
        """The first rows with their numbers, empty ones included; fewer when there are no more."""
        with self.reading() as reading:
            return list(islice(reading, rows))

    def chunks(self, headers: tuple[str, ...], header_row: int, size: int) -> Iterator[Chunk]:
        """The rows below `header_row` (0: all rows), at most `size` in each chunk."""
        with self.reading() as reading:
            yield from into_chunks(reading, headers, header_row, size)

    def decisions(self) -> tuple[str, ...]:
        """Say which sheet was taken, where there was a choice."""
        if self.told:
            return (f"sheet {self.name!r} (as told)",)
        if self.chosen_from > 1:
            return (f"sheet {self.name!r}, the only one of {self.chosen_from} with data",)
        return ()


class SheetReading:
    """One pass over a sheet's rows."""

    def __init__(self, path: Path, sheet: calamine.CalamineSheet) -> None:
        self._path = path
        self._rows = sheet.iter_rows()
        self.position = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        # iter_rows begins at the sheet's row 1 whatever is empty there, but leaves out empty columns.
        for row, cells in enumerate(self._rows, 1):
            self.position = row
            yield row, [cell if isinstance(cell, str) else as_text(cell) for cell in cells]


def open_sheet(path: Path, wanted: str) -> SheetTable:
    """Open the sheet `wanted` (name or number from 1), or the only one with data. Raises InputError."""
    with _sound(path), calamine.load_workbook(path) as book:
        names = book.sheet_names
        if wanted:
            name = _named(path, names, wanted)
            sheet = book.get_sheet_by_name(name)
            if not _has_data(sheet):
                raise InputError(f"{path}: the sheet {name!r} is empty", _others(names))
        else:
            filled = {name: sheet for name in names if _has_data(sheet := book.get_sheet_by_name(name))}
            name = _only(path, list(filled), _hidden(book))
            sheet = filled[name]
        (_, left), (bottom, _) = sheet.start or (0, 0), sheet.end or (0, 0)
        return SheetTable(path, name, bottom + 1, left + 1, len(names), bool(wanted), sheet)


def _named(path: Path, names: list[str], wanted: str) -> str:
    """Return the sheet of that name, else (names first) of that name in another case, else of that number."""
    if wanted in names:
        return wanted
    alike = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    raise InputError(f"{path} has no sheet {wanted!r}", _others(names))


def _only(path: Path, filled: list[str], hidden: set[str]) -> str:
    if not filled:
        raise InputError(f"{path} is empty: no sheet holds data", "Check that the right file was saved.")
    if len(filled) > 1:
        shown = ", ".join(repr(name) + (" (hidden)" if name in hidden else "") for name in filled)
        raise InputError(
            f"{path} has {len(filled)} sheets with data: {shown}", f"Choose one: --sheet {_quoted(filled[0])}"
        )
    return filled[0]


def _hidden(book: calamine.CalamineWorkbook) -> set[str]:
    visible = calamine.SheetVisibleEnum.Visible
    return {sheet.name for sheet in book.sheets_metadata if sheet.visible != visible}


def _others(names: list[str]) -> str:
    return "Its sheets: " + ", ".join(f"{number} {name!r}" for number, name in enumerate(names, 1)) + "."


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _has_data(sheet: calamine.CalamineSheet) -> bool:
    return any(cell != "" for cells in sheet.iter_rows() for cell in cells)


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Turn what the reader of workbooks says into an InputError."""
    try:
        yield
    except calamine.PasswordError as error:
        raise protected(path) from error
    except calamine.CalamineError as error:
        raise InputError(
            f"{path} is a workbook that is damaged: {error}",
            "Open it in a spreadsheet program and save it again.",
        ) from error


def as_text(cell: Cell) -> str:
    """Return a cell as text: no scientific notation, no ".0", dates in ISO form."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case int():
            return str(cell)
        case float():
            return _number(cell)
        case dt.datetime():
            midnight = cell.time() == dt.time.min
            return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="seconds")
        case dt.date():
            return cell.isoformat()
        case dt.time():
            return cell.isoformat(timespec="seconds")
        case dt.timedelta():
            return _duration(cell)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _duration(value: dt.timedelta) -> str:
    """Return hours, minutes, seconds; the hours may be more than 24, as in a cell of the format [h]:mm:ss."""
    seconds = round(value.total_seconds())
    minutes, seconds = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}"
