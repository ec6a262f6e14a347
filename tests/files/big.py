"""Cases too big to keep: made when the tests run. The user gets an error, and the machine stays up."""

from __future__ import annotations

import zipfile

from tests.files.archives import gz
from tests.files.case import HEADER, Case, listed, person, refused, text, valid
from tests.files.sheet_cells import lead
from tests.files.xlsx import Raw, book, sheet_xml, strings_xml, zipped


def text_cases() -> list[Case]:
    wide = ",".join(f"c{n}" for n in range(16_385))
    return [
        listed("big/cell-of-32767.csv", text(person(1, Car="x" * 32_767), person(2)), valid(2, 3)),
        listed(
            "big/cell-of-32768.csv",
            text(person(1, Car="x" * 32_768), person(2)),
            {2: "invalid", 3: "valid"},
            reasons={"2": "'Car' has 32,768 characters"},
        ),
        refused("big/columns.csv", f"{wide}\r\n{wide}\r\n", "row 1: it has more than 16,384 columns", "--delimiter"),
        refused(
            "big/columns-in-one-row.csv",
            text(person(1)) + "," * 16_384 + "x\r\n",
            "row 3: it has more than 16,384 col",
            "text editor",
        ),
        refused("big/line.csv", text(person(1), person(2, Car="x" * 10_000_001)), "line 3", "export it again"),
        refused(
            "big/unclosed-quote.csv",
            text(person(1, Car='"Ford'), *(person(2) for _ in range(200_000))),
            "line 2",
            "quote",
        ),
    ]


def workbook_cases() -> list[Case]:
    corner = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    far = book({"Leads": sheet_xml([[*HEADER], lead(1)], extra_rows=corner)})
    return [
        refused("big/far-corner.xlsx", far, "memory", "CSV"),
        listed(
            "big/cell-of-32768.xlsx",
            book({"Leads": sheet_xml([[*HEADER], lead(1, Car="x" * 32_768), lead(2)])}),
            {2: "invalid", 3: "valid"},
            reasons={"2": "'Car' has 32,768 characters"},
        ),
    ]


def bomb_cases() -> list[Case]:
    """Little files with much in them. The test lowers what comes out unasked to a megabyte."""
    zeros = bytes(24 << 20)
    return [
        refused("big/bomb.csv.gz", gz(zeros, 6), "comes to more than", "Unpack"),
        refused("big/bomb.zip", zipped({"list.csv": zeros}, zipfile.ZIP_DEFLATED), "comes to more than", "Unpack"),
    ]


def hoard_cases() -> list[Case]:
    return [refused("big/hoard.xlsx", _one_string_in_many_cells(), "MB of memory", "CSV")]


def _one_string_in_many_cells() -> bytes:
    """Ten megabytes of text that a thousand cells share: ten gigabytes for who writes them out."""
    car = Raw('t="s"', "<v>0</v>")
    sheet = sheet_xml([[*HEADER], *(lead(number, Car=car) for number in range(1_000))])
    return book({"Leads": sheet}, shared=strings_xml([f"<t>{'x' * 10_000_000}</t>"]), packed=zipfile.ZIP_DEFLATED)
