"""A person's hand in fix-me.xlsx, as far as tests have one: openpyxl opens it, changes cells, and saves it again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline import mending

FAULTY = "FFFFD9A8"


def sheet_of(book: Workbook) -> Worksheet:
    sheet = book[mending.ROWS]
    assert isinstance(sheet, Worksheet)
    return sheet


@contextmanager
def opened(path: Path, to: Path | None = None) -> Iterator[Worksheet]:
    """The rows to mend, saved again at the end."""
    book = openpyxl.load_workbook(path)
    yield sheet_of(book)
    book.save(to or path)


def headers(sheet: Worksheet) -> dict[str, int]:
    return {str(cell.value): at for at, cell in enumerate(sheet[1], 1)}


def by_row(sheet: Worksheet) -> dict[int, int]:
    """Where in the sheet each row of the list is."""
    return {int(str(sheet.cell(at, 1).value)): at for at in range(2, sheet.max_row + 1)}


def mend(path: Path, cures: Mapping[int, Mapping[str, str]], to: Path | None = None) -> Path:
    """Correct cells by row number and header, and save the workbook."""
    with opened(path, to) as sheet:
        columns, rows = headers(sheet), by_row(sheet)
        for row, cells in cures.items():
            for header, text in cells.items():
                sheet.cell(rows[row], columns[header]).value = text
    return to or path


def keep(path: Path, wanted: Callable[[int], bool]) -> None:
    """Delete the rows of the list that are not wanted."""
    with opened(path) as sheet:
        for row, at in sorted(by_row(sheet).items(), key=lambda one: -one[1]):
            if not wanted(row):
                sheet.delete_rows(at)


def as_csv(path: Path, to: Path, delimiter: str = ",") -> Path:
    """What a spreadsheet program saves of the sheet as CSV UTF-8."""
    lines = [[cell.value for cell in line] for line in sheet_of(openpyxl.load_workbook(path)).iter_rows()]
    with to.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    return to


def seen(path: Path) -> dict[int, dict[str, str]]:
    """The cells of each row as a person sees them, by header, and under "" the reasons."""
    sheet = sheet_of(openpyxl.load_workbook(path))
    columns = list(headers(sheet))
    assert columns[1] == mending.REASONS
    return {
        row: {"" if at == 1 else columns[at]: str(line[at].value or "") for at in range(1, len(columns))}
        for row, line in ((int(str(line[0].value)), line) for line in sheet.iter_rows(min_row=2))
    }


def faulty(path: Path) -> dict[int, dict[str, str]]:
    """The notes of the coloured cells, by row and header."""
    sheet = sheet_of(openpyxl.load_workbook(path))
    columns = list(headers(sheet))
    return {
        int(str(line[0].value)): {
            columns[at]: cell.comment.text if cell.comment else ""
            for at, cell in enumerate(line)
            if isinstance(cell, Cell) and cell.fill.fgColor.rgb == FAULTY
        }
        for line in sheet.iter_rows(min_row=2)
    }
