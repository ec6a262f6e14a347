"""Lists made for the tests, and what came out of reading them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.errors import InputError
from pipeline.load import Chunk, ReadOptions, Source, open_list

Rows = dict[tuple[int, int], str | float]
LEADS = [["Email", "Phone"], ["a@example.com", "07700900123"]]


def open_text(folder: Path, content: str | bytes, name: str = "list.csv", **options: Any) -> Source:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_list(path, ReadOptions(**options))


def only_chunk(source: Source) -> Chunk:
    (chunk,) = source.chunks()
    return chunk


def rows_of(chunk: Chunk) -> dict[int, list[str]]:
    return {int(row): list(cells) for row, *cells in chunk.frame.itertuples()}


def text_refusal(folder: Path, content: str | bytes, name: str = "list.csv", **options: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        list(open_text(folder, content, name, **options).chunks())
    assert caught.value.hint
    return caught.value


def write_xlsx(path: Path, cells: Rows) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for (row, column), value in cells.items():
        sheet.cell(row, column, value)
    book.save(path)


def write_xls(path: Path, cells: Rows) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet")
    for (row, column), value in cells.items():
        sheet.write(row - 1, column - 1, value)
    book.save(str(path))


def write_ods(path: Path, cells: Rows) -> None:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Sheet")
    before = 0
    for number in sorted({row for row, _ in cells}):
        if number - before > 1:  # as LibreOffice writes it: one element for a run of empty rows
            empty = TableRow(numberrowsrepeated=number - before - 1)
            empty.addElement(TableCell(numbercolumnsrepeated=1024))
            table.addElement(empty)
        before = number
        row = TableRow()
        for column in range(1, max(c for r, c in cells if r == number) + 1):
            value = cells.get((number, column))
            if value is None:
                row.addElement(TableCell())
            elif isinstance(value, str):
                cell = TableCell(valuetype="string")
                cell.addElement(P(text=value))
                row.addElement(cell)
            else:
                row.addElement(TableCell(valuetype="float", value=value))
        table.addElement(row)
    book.spreadsheet.addElement(table)
    book.save(str(path))


def write_sheets(path: Path, sheets: dict[str, list[list[str]]], hidden: str = "") -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
