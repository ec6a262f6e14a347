"""Binary workbooks by hand ([MS-XLSB]): records of a kind, a length and a content; no library writes them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

from tests.files.xlsx import zipped

_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
#: The formats of the cell styles: 0 any, 1 a date, 2 a date with time, 3 a time of the day, 4 hours beyond a day.
_FORMATS: Final = (0, 14, 22, 21, 46)


@dataclass(frozen=True, slots=True)
class Bin:
    """A cell as the kind of its record, what stands behind its place, and its style."""

    kind: int
    content: bytes = b""
    style: int = 0


Cell: TypeAlias = str | Bin


def real(value: float, style: int = 0) -> Bin:
    """A number of eight bytes."""
    return Bin(5, struct.pack("<d", value), style)


def short(value: int, hundredths: bool = False, style: int = 0) -> Bin:
    """A whole number, or one of hundredths, of four bytes."""
    return Bin(2, struct.pack("<i", value << 2 | 2 | hundredths), style)


def shared(index: int) -> Bin:
    """A text of the workbook's table."""
    return Bin(7, struct.pack("<I", index))


def truth(value: bool) -> Bin:
    return Bin(4, bytes([value]))


def error(code: int) -> Bin:
    return Bin(3, bytes([code]))


def calculated(result: str | float | bool | None) -> Bin:
    """A formula (of no matter what) with its result; None for the error #N/A."""
    formula = struct.pack("<HI3sI", 0, 3, b"\x1e\1\0", 0)
    match result:
        case None:
            return Bin(11, b"\x2a" + formula)
        case str():
            return Bin(8, _wide(result) + formula)
        case bool():
            return Bin(10, bytes([result]) + formula)
        case _:
            return Bin(9, struct.pack("<d", result) + formula)


def xlsb(rows: list[list[Cell]], texts: list[str], hidden: tuple[int, ...] = ()) -> bytes:
    """A workbook of one sheet. `texts` is the table of shared texts, `hidden` are row numbers."""
    sheet = b""
    for number, cells in enumerate(rows):
        veil = 0x10 * (number + 1 in hidden)
        sheet += _record(0, struct.pack("<2IH2B5x", number, 0, 300, 0, veil))
        sheet += b"".join(_cell(column, cell) for column, cell in enumerate(cells))
    size = struct.pack("<4I", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    links = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{part}.bin"/>'
        for number, (kind, part) in enumerate(
            (("worksheet", "worksheets/sheet1"), ("styles", "styles"), ("sharedStrings", "sharedStrings")), 1
        )
    )
    bound = _record(156, struct.pack("<2I", 0, 1) + _wide("r1") + _wide("Leads"))
    strings = b"".join(_record(19, b"\0" + _wide(text)) for text in texts)
    styles = b"".join(_record(47, struct.pack("<2H12x", 0, one)) for one in _FORMATS)
    root = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.bin"/>'
    return zipped(
        {
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{root}</Relationships>'.encode(),
            "xl/workbook.bin": _record(131) + _record(143) + bound + _record(144) + _record(132),
            "xl/_rels/workbook.bin.rels": (
                f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'.encode()
            ),
            "xl/worksheets/sheet1.bin": (
                _record(129) + _record(148, size) + _record(145) + sheet + _record(146) + _record(130)
            ),
            "xl/sharedStrings.bin": _record(159, struct.pack("<2I", len(texts), len(texts))) + strings + _record(160),
            "xl/styles.bin": (
                _record(278) + _record(617, struct.pack("<I", len(_FORMATS))) + styles + _record(618) + _record(279)
            ),
        }
    )


def _cell(column: int, cell: Cell) -> bytes:
    if isinstance(cell, str):
        cell = Bin(6, _wide(cell))
    return _record(cell.kind, struct.pack("<2I", column, cell.style) + cell.content)


def _record(kind: int, content: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, sized = len(content), b""
    while size >= 128:
        size, sized = size >> 7, sized + bytes([size & 0x7F | 0x80])
    return number + sized + bytes([size]) + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")
