"""Workbooks that no library writes on purpose: parts by hand, records by hand."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def rewrite(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Change one part of a zipped workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def write_xml(path: Path, rows: str, before: str = "", after: str = "") -> None:
    """An .xlsx whose only sheet's XML is given: what stands in <sheetData>, before it, and after it."""
    book = openpyxl.Workbook()
    book.save(path)
    sheet = f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    rewrite(path, SHEET, lambda _: sheet.encode())


def text(reference: str, value: str) -> str:
    """The XML of a cell with text."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: int, *cells: str, attributes: str = "") -> str:
    """The XML of a row."""
    return f'<row r="{number}" {attributes}>{"".join(cells)}</row>'


def header() -> str:
    """The XML of the header row: Email and Phone."""
    return row(1, text("A1", "Email"), text("B1", "Phone"))


def write_xlsb(path: Path, sheet: bytes) -> None:
    """A binary workbook with one sheet, of the records given."""
    name = _wide("Leads")
    book = (
        record(131)
        + record(143)
        + record(156, struct.pack("<2I", 0, 1) + _wide("rId1") + name)
        + record(144)
        + record(132)
    )
    relation = (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Target="worksheets/sheet1.bin" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
    )
    begin = record(129) + record(148, struct.pack("<4I", 0, 9, 0, 9))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", relation)
        archive.writestr("xl/worksheets/sheet1.bin", begin + sheet + record(130))


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of a binary workbook."""
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, sized = len(content), b""
    while size >= 128:
        size, sized = size >> 7, sized + bytes([size & 0x7F | 0x80])
    return number + sized + bytes([size]) + content


def binary_row(number: int, *, hidden: bool = False) -> bytes:
    """The record that begins a row."""
    return record(0, struct.pack("<2IH2B", number - 1, 0, 300, 0, 0x10 * hidden) + bytes(5))


def binary_text(column: int, value: str) -> bytes:
    """The record of a cell with text."""
    return record(6, struct.pack("<2I", column - 1, 0) + _wide(value))


def binary_error(column: int, code: int, *, formula: bool = False) -> bytes:
    """The record of a cell with an error, typed or calculated."""
    content = struct.pack("<2IB", column - 1, 0, code)
    return record(11, content + bytes(10)) if formula else record(3, content)


def binary_columns(first: int, last: int, *, hidden: bool) -> bytes:
    """The records that describe columns."""
    content = struct.pack("<4IH", first - 1, last - 1, 2560, 0, int(hidden))
    return record(390) + record(60, content) + record(391)


def _wide(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def first_sheet(book: openpyxl.Workbook) -> Worksheet:
    """The sheet that a new workbook has."""
    return book.worksheets[0]
