"""A second look at a sheet of a binary workbook (.xlsb). Runs in the child, and loads nothing big.

Its parts are records: what they are and how long, each number in one to four bytes of seven bits ([MS-XLSB] 2.1.4).
"""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pipeline.load.sheet_look import ERRORS, NO_NUMBER, Look, is_no_number
from pipeline.load.sheet_xml import elements

if TYPE_CHECKING:
    from zipfile import ZipFile

_BUNDLE_SHEET, _ROW, _CELL_ERROR, _FORMULA_ERROR, _COLUMNS = 156, 0, 3, 11, 60
_NUMBER, _FORMULA_NUMBER = 5, 9
_WANTED: Final = frozenset((_BUNDLE_SHEET, _ROW, _CELL_ERROR, _FORMULA_ERROR, _COLUMNS, _NUMBER, _FORMULA_NUMBER))


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
            yield kind, content[at : at + size]
        at += size
