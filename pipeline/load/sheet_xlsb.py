"""A second look at a sheet of a binary workbook (.xlsb), and its dates. Runs in the child, and loads nothing big.

Its parts are records: what they are and how long, each number in one to four bytes of seven bits ([MS-XLSB] 2.1.4).
"""

from __future__ import annotations

import io
import posixpath
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from pipeline.load.sheet_look import ERRORS, NO_NUMBER, Look, is_no_number
from pipeline.load.sheet_xml import elements

_BUNDLE_SHEET, _ROW, _CELL_ERROR, _FORMULA_ERROR, _COLUMNS = 156, 0, 3, 11, 60
_SHORT_NUMBER, _NUMBER, _FORMULA_NUMBER = 2, 5, 9
#: How a number of four bytes ends: a whole one, or one of hundredths.
_WHOLE, _HUNDREDTHS = 2, 3
#: So many hundredths fit into the other thirty bits.
_MOST_HUNDREDTHS: Final = 1 << 29
_WANTED: Final = frozenset(
    (_BUNDLE_SHEET, _ROW, _CELL_ERROR, _FORMULA_ERROR, _COLUMNS, _SHORT_NUMBER, _NUMBER, _FORMULA_NUMBER)
)


def look_at_part(archive: ZipFile, parts: dict[str, str], sheet: str) -> Look:
    """Look at a sheet. `parts`: the archive's names by their names in lower case."""
    look, row = Look(), 0
    for kind, content in _records(archive.read(_part_of(archive, parts, sheet))):
        if kind == _ROW:
            row = struct.unpack_from("<I", content)[0] + 1
            if content[11] & 0x10:
                look.hidden_rows.append((row, row))
        elif kind == _COLUMNS:
            first, last, _, _, flags = struct.unpack_from("<4IH", content)
            if flags & 1:
                look.hidden_columns.append((first + 1, last + 1))
        elif kind in (_CELL_ERROR, _FORMULA_ERROR):
            look.error(row, struct.unpack_from("<I", content)[0] + 1, ERRORS.get(content[8], "#ERROR"))
        elif kind in (_NUMBER, _FORMULA_NUMBER) and is_no_number(content[8:16]):
            look.error(row, struct.unpack_from("<I", content)[0] + 1, NO_NUMBER)
    return look


def with_dates(path: Path) -> io.BytesIO:
    """The workbook as calamine reads all of its dates.

    Excel keeps most dates as whole numbers of four bytes, which calamine takes for numbers whatever their format;
    not so those of hundredths, so that each becomes a hundred times as many of them.
    """
    out = io.BytesIO()
    with ZipFile(path) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            if name.lower().startswith("xl/worksheets/") and name.lower().endswith(".bin"):
                new.writestr(name, _in_hundredths(old.read(name)))
            elif name.lower().endswith((".bin", ".rels", ".xml")):
                new.writestr(name, old.read(name))
    out.seek(0)
    return out


def _in_hundredths(sheet: bytes) -> bytes:
    changed = bytearray(sheet)
    for kind, at, _ in _places(sheet):
        if kind == _SHORT_NUMBER:
            number = struct.unpack_from("<i", sheet, at + 8)[0]
            hundred = (number >> 2) * 100
            has_format = sheet[at + 4 : at + 7] != bytes(3)
            if has_format and number & 3 == _WHOLE and -_MOST_HUNDREDTHS <= hundred < _MOST_HUNDREDTHS:
                struct.pack_into("<i", changed, at + 8, hundred << 2 | _HUNDREDTHS)
    return bytes(changed)


def _part_of(archive: ZipFile, parts: dict[str, str], sheet: str) -> str:
    for kind, content in _records(archive.read(parts["xl/workbook.bin"])):
        if kind == _BUNDLE_SHEET:
            relation, end = _text(content, 8)
            name, _ = _text(content, end)
            if name == sheet:
                break
    else:
        raise KeyError(sheet)
    for _, attributes in elements(archive.read(parts["xl/_rels/workbook.bin.rels"])):
        if attributes.get("Id") == relation:
            target = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))
            return parts[target.removeprefix("/").lower()]
    raise KeyError(sheet)


def _text(content: bytes, at: int) -> tuple[str, int]:
    """The text at a place, and where it ends."""
    end = at + 4 + 2 * struct.unpack_from("<I", content, at)[0]
    return content[at + 4 : end].decode("utf-16-le"), end


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    return ((kind, content[at : at + size]) for kind, at, size in _places(content))


def _places(content: bytes) -> Iterator[tuple[int, int, int]]:
    """The records that are wanted: their kind, and where their content begins and how long it is."""
    at = 0
    while at < len(content):
        kind, at = content[at], at + 1
        if kind & 0x80:
            kind, at = kind & 0x7F | (content[at] & 0x7F) << 7, at + 1
        size = shift = 0
        more = True
        while more:
            size |= (content[at] & 0x7F) << shift
            more = shift < 21 and content[at] >= 0x80
            shift += 7
            at += 1
        if kind in _WANTED:
            yield kind, at, size
        at += size
