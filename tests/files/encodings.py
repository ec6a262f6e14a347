"""Encodings: said, marked, guessed, broken. No character may be replaced or lost."""

from __future__ import annotations

import codecs
from typing import Final

from tests.files.case import Case, listed, person, refused, text, valid

_NAMES: Final = text(
    person(1, First_name="Renée", Surname="Müller"),
    person(2, First_name="Zoë", Surname="O’Brien"),
    person(3, First_name="François", Surname="Nuñez"),
)
_CELLS: Final = {
    "2": {"First name": "Renée", "Surname": "Müller"},
    "3": {"First name": "Zoë", "Surname": "O’Brien"},
    "4": {"First name": "François", "Surname": "Nuñez"},
}
_LATIN: Final = _NAMES.replace("’", "'")
_LATIN_CELLS: Final = _CELLS | {"3": {"First name": "Zoë", "Surname": "O'Brien"}}
_CYRILLIC: Final = text(person(1, Car="Лада"), person(2, Car="Жигули"))
_WIDE: Final = "zero bytes"
_BOM: Final = "byte order mark"


def cases() -> list[Case]:
    return [*_sound(), *_broken()]


def _sound() -> list[Case]:
    rows = valid(2, 3, 4)
    return [
        listed("encodings/utf8.csv", _NAMES, rows, cells=_CELLS),
        listed("encodings/utf8-mark.csv", codecs.BOM_UTF8 + _NAMES.encode(), rows, cells=_CELLS),
        listed("encodings/utf8-two-marks.csv", codecs.BOM_UTF8 * 2 + _NAMES.encode(), rows, cells=_CELLS),
        listed(
            "encodings/utf8-mark-told.csv",
            codecs.BOM_UTF8 + _NAMES.encode(),
            rows,
            "--encoding",
            "utf-8",
            cells=_CELLS,
        ),
        listed(
            "encodings/utf16-le-mark.csv",
            codecs.BOM_UTF16_LE + _NAMES.encode("utf-16-le"),
            rows,
            cells=_CELLS,
            decisions=[_BOM],
        ),
        listed(
            "encodings/utf16-be-mark.csv",
            codecs.BOM_UTF16_BE + _NAMES.encode("utf-16-be"),
            rows,
            cells=_CELLS,
            decisions=[_BOM],
        ),
        listed("encodings/utf16-le.csv", _NAMES.encode("utf-16-le"), rows, cells=_CELLS, decisions=[_WIDE]),
        listed("encodings/utf16-be.csv", _NAMES.encode("utf-16-be"), rows, cells=_CELLS, decisions=[_WIDE]),
        listed(
            "encodings/utf16-tabs.txt",
            codecs.BOM_UTF16_LE + _NAMES.replace(",", "\t").encode("utf-16-le"),
            rows,
            cells=_CELLS,
            decisions=[_BOM, "separated by tabs"],
        ),
        listed(
            "encodings/utf32-mark.csv",
            codecs.BOM_UTF32_LE + _NAMES.encode("utf-32-le"),
            rows,
            cells=_CELLS,
            decisions=["utf-32"],
        ),
        listed("encodings/cp1252.csv", _NAMES.encode("cp1252"), rows, cells=_CELLS, decisions=["cp1252"]),
        listed("encodings/latin1.csv", _LATIN.encode("latin-1"), rows, cells=_LATIN_CELLS, decisions=["cp1252"]),
        listed(
            "encodings/latin1-told.csv",
            _LATIN.encode("latin-1"),
            rows,
            "--encoding",
            "iso-8859-1",
            cells=_LATIN_CELLS,
            decisions=["as told"],
        ),
        listed("encodings/mac-roman.csv", _NAMES.encode("mac-roman"), rows, cells=_CELLS, decisions=["mac-roman"]),
        listed(
            "encodings/cp1251-told.csv",
            _CYRILLIC.encode("cp1251"),
            valid(2, 3),
            "--encoding",
            "cp1251",
            cells={"2": {"Car": "Лада"}, "3": {"Car": "Жигули"}},
            decisions=["cp1251"],
        ),
        listed(
            "encodings/beyond-16-bits.csv", text(person(1, Car="Ford 🚗")), valid(2), cells={"2": {"Car": "Ford 🚗"}}
        ),
        listed(
            "encodings/mojibake.csv",
            text(person(1, Car="CitroÃ«n"), person(2)),
            valid(2, 3),
            cells={"2": {"Car": "CitroÃ«n"}},
            damage=["mojibake"],
        ),
        listed(
            "encodings/replaced.csv",
            text(person(1, Car="Citro\ufffdn"), person(2)),
            valid(2, 3),
            cells={"2": {"Car": "Citro\ufffdn"}},
            damage=["replaced"],
        ),
    ]


def _broken() -> list[Case]:
    """Bytes that are no characters: refused, with the line and the byte."""
    cut = text(person(1), person(2, Car="Citroë")).encode()
    lone = b"\x00\xd8"
    half = codecs.BOM_UTF16_LE + _NAMES.encode("utf-16-le").replace("ç".encode("utf-16-le"), lone)
    return [
        refused(
            "encodings/one-broken-byte.csv", _NAMES.encode().replace("ç".encode(), b"\xe7"), "line 4", "--encoding"
        ),
        refused(
            "encodings/not-utf8-as-told.csv",
            _NAMES.encode("cp1252"),
            "line 2: byte 0xe9",
            "--encoding",
            "--encoding",
            "utf-8",
        ),
        refused(
            "encodings/not-cp1252-as-told.csv",
            text(person(1, Surname="Sm\x81th")).encode("latin-1"),
            "byte 0x81",
            "--encoding",
            "--encoding",
            "cp1252",
        ),
        refused(
            "encodings/cut-in-a-character.csv",
            cut[: cut.rindex("ë".encode()) + 1],
            "line 3",
            "--encoding",
            "--encoding",
            "utf-8",
        ),
        refused(
            "encodings/utf16-half-a-character.csv",
            half,
            f"line 4: bytes 00 d8 at offset {half.index(lone)} are no character",
            "again",
        ),
        refused(
            "encodings/utf16-of-no-order.csv",
            text(person(1)),
            "line 1: at offset 0 there is no byte order mark",
            "utf-16-le",
            "--encoding",
            "utf-16",
        ),
        refused("encodings/utf16-odd.csv", codecs.BOM_UTF16_LE + _NAMES.encode("utf-16-le")[:-1], "utf-16", "again"),
        refused("encodings/unknown-name.csv", _NAMES, "'utf-9' is not an encoding", "utf-8", "--encoding", "utf-9"),
        refused(
            "encodings/no-encoding.csv",
            b"First name,Surname,Email,Phone,Born,Car\r\n"
            + b"A\x81\x8d\x8fB,C\x90\x9dD,a@example.com,,,Ford\r\n" * 3,
            "line 2",
            "--encoding",
        ),
    ]
