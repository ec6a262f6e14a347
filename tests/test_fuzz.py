"""Whatever bytes a list consists of: it is refused in words, or each of its rows has an outcome."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import lzma
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from tests.files import xlsb
from tests.fuzzing import Edit, as_csv, check, check_nothing_lost, damaged, edits, plainly_filled, table
from tests.load.making import Rows, write_ods, write_xls

# ---------------------------------------------------------------------- text

TEXT_SPLICES: Final = (
    b'"', b'""', b'"\r\n', b'\r\n"', b'","', b',"', b"\0", b"\r", b"\n", b"\r\n", b"\n\n\n", b"\x1a", b"\x0b",
    b"\x0c", b"\x1c", b"\x7f", b"\x85", b"\xc2\x85", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xe2\x80\x8b",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\xed\xa0\x80", b"\xff", b"\x80", b"\xe9",
    b"\xc3", b",", b";", b"\t", b"|", b",,,,,,,,,", b"sep=;\r\n", b"=1+1", b"'", b"Total", b"\n,,,\n", b"a\nb",
    b"<html>", b"PK\x03\x04",
)  # fmt: skip
ENCODINGS: Final = (
    "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac-roman", "cp850",
    "latin-1",
)  # fmt: skip


@st.composite
def damaged_text(draw: st.DrawFn, rows: int = 8) -> bytes:
    """A list as a vendor might write it, and what happened to it on its way."""
    delimiter = draw(st.sampled_from([",", ",", ";", "\t", "|"]))
    quoting: Literal[0, 1, 2] = draw(st.sampled_from([0, 0, 1, 2]))
    text = as_csv(table(rows), delimiter, quoting, draw(st.sampled_from(["\r\n", "\n", "\r"])))
    if draw(st.booleans()):  # damage that happened before it was written
        text = damaged(text.encode(), draw(edits(*TEXT_SPLICES))).decode(errors="ignore")
    content = text.encode(draw(st.sampled_from(ENCODINGS)), "ignore")
    return damaged(content, draw(st.just([]) | edits(*TEXT_SPLICES)))


#: Damage after which most lists can still be read, so that their rows are looked at.
GENTLE_SPLICES: Final = (
    ",", ",,", ";", "\t", "|", "\n", "\r\n", "\r", "\n\n", "\n,,,,\n", "\n \n", '\n"a\nb"\n', '\n"a""b",', " ",
    "\x1f", "\x1a", "\x7f", "\x85", "\xa0", "\u2028", "\u200b", "\ufeff", "\U0001f600", "=1+1", "-", "'",
    "\nTotal,300\n", "é", "x" * 40_000,
)  # fmt: skip


@st.composite
def worn_text(draw: st.DrawFn, rows: int = 8) -> bytes:
    """A list whose lines were cut, joined and lengthened, in an encoding that has its characters."""
    text = as_csv(
        table(rows), draw(st.sampled_from([",", ";", "\t", "|"])), end=draw(st.sampled_from(["\r\n", "\n", "\r"]))
    )
    for at, size, what in draw(
        st.lists(st.tuples(st.integers(100, 5_000), st.integers(0, 12), st.sampled_from(GENTLE_SPLICES)), max_size=6)
    ):
        text = text[:at] + what + text[at + size :]
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])), "ignore")


OPTIONS: Final = st.just({}) | st.sampled_from(
    [
        {"no_header": True},
        {"header_row": 2},
        {"delimiter": ";"},
        {"delimiter": "comma"},
        {"encoding": "cp1252"},
        {"encoding": "utf-16"},
        {"encoding": "utf-8"},
    ]
)
KINDS: Final = st.sampled_from(["list.csv", "list.csv", "list.csv", "list.txt", "list.tsv"])
TEXTS: Final = (
    damaged_text() | st.binary(max_size=300) | st.text(max_size=200).map(lambda t: t.encode(errors="ignore"))
)


def read_text(content: bytes, name: str, fit: bool, options: dict[str, Any]) -> None:
    checked = check(content, name, fit, **options)
    if checked is not None:
        check_nothing_lost(content, checked)


given_text = given(
    content=worn_text() | damaged_text() | TEXTS,
    name=KINDS,
    fit=st.sampled_from([True, True, True, False]),
    options=OPTIONS,
)
DEADLINE: Final = 30_000  # milliseconds; other tests may have the processor


# ---------------------------------------------------------------------- workbooks

XML_SPLICES: Final = (
    b"&#0;", b"&#1;", b"_x0000_", b"&lol;", b'<!DOCTYPE x [<!ENTITY lol "ha">]>', b"]]>", b"<", b">", b'"',
    b"\0", b"\xff", b'<c r="XFD1048576" t="s"><v>0</v></c>', b'<row r="1048576"/>',
    b'<c r="A5" t="e"><v>#N/A</v></c>', b' t="s"', b' t="e"', b' t="b"', b' t="d"', b' t="inlineStr"',
    b' s="999"', b' r="A1"', b' r="ZZZZ1"', b' r="A0"', b' r="A99999999999"', b"<v>99999999999</v>",
    b"<v>-1</v>", b"<v>NaN</v>", b"<v>1E400</v>", b"<v>-700000</v>", b"<v>2958466.5</v>", b"<v/>",
    b"<f>1+1</f>", b"</row>", b"<row>", b"</sheetData>", b"<t>\r\n</t>", b"<si/>", b' date1904="1"',
    b"veryHidden", b'<mergeCell ref="A1:XFD1048576"/>', b'<dimension ref="A1:XFD1048576"/>',
    b' count="4294967296"', b"../../etc/passwd", b'numFmtId="14"', b'numFmtId="99999"', b"<sheet/>",
)  # fmt: skip
PARTS: Final = (
    "xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml",
    "xl/styles.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml",
)  # fmt: skip
OTHER_PARTS: Final = {
    "ods": ("content.xml", "content.xml", "META-INF/manifest.xml"),
    "xlsb": ("xl/worksheets/sheet1.bin", "xl/worksheets/sheet1.bin", "xl/sharedStrings.bin", "xl/workbook.bin"),
}


@cache
def sound_book(kind: str) -> bytes:
    """A workbook of `table` with what else a cell may hold."""
    if kind == "xlsb":
        odd = [xlsb.short(29264, style=1), xlsb.real(0.5), xlsb.error(7), xlsb.calculated("x"), xlsb.shared(0)]
        return xlsb.xlsb([*table(7), [*table(1)[1][:3], *odd]], ["Ford"])  # type: ignore[list-item]
    cells: Rows = {
        (row, column): cell
        for row, cells in enumerate(table(), 1)
        for column, cell in enumerate(cells, 1)
        if cell and not cell.startswith("=")
    }
    cells[4, 4] = 7700900123.0
    del cells[6, 1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"book.{kind}"
        {"xlsx": _write_xlsx, "xls": write_xls, "ods": write_ods}[kind](path, cells)
        return path.read_bytes()


def _write_xlsx(path: Path, cells: Rows) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for (row, column), value in cells.items():
        sheet.cell(row, column, value)
    sheet.cell(5, 5, dt.date(1980, 2, 1)).number_format = "dd/mm/yyyy"
    sheet.cell(7, 5, dt.time(12, 30))
    sheet.cell(8, 6, "=1+1")
    sheet.cell(9, 6, True)
    sheet.merge_cells("H3:I3")
    book.create_sheet("Notes")
    book.save(path)


def with_part(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive, packed anew with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


given_book = given(
    kind=st.sampled_from(["xls", "xls", "ods", "xlsx", "xlsb"]),
    damage=edits(b"\0", b"\xff\xff", b"PK\x01\x02", most=4),
)


def read_book(kind: str, damage: list[Edit]) -> None:
    check(damaged(sound_book(kind), damage), f"list.{kind}")


@st.composite
def damaged_parts(draw: st.DrawFn) -> tuple[str, str, list[Edit]]:
    kind = draw(st.sampled_from(["xlsx", "xlsx", "ods", "xlsb"]))
    part = draw(st.sampled_from(PARTS if kind == "xlsx" else OTHER_PARTS[kind]))
    splices = (b"\0", b"\xff\xff\xff\xff", b"\x02\x0c", b"\x07\x0c") if kind == "xlsb" else XML_SPLICES
    return kind, part, draw(edits(*splices, most=4))


given_part = given(where=damaged_parts())


def read_part(where: tuple[str, str, list[Edit]]) -> None:
    kind, part, damage = where
    content = with_part(sound_book(kind), part, lambda xml: damaged(xml, damage))
    checked = check(content, f"list.{kind}")
    if checked is not None and part == PARTS[0]:
        sheet = zipfile.ZipFile(io.BytesIO(content)).read(part)
        expected = [row for row in plainly_filled(sheet) if row > checked.source.header_row]
        assert set(expected) <= set(checked.rows), "rows of the sheet are lost"


# ---------------------------------------------------------------------- archives


def _zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", content)
    return out.getvalue()


PACKERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gz": gzip.compress,
    "zip": _zipped,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}

given_archive = given(
    kind=st.sampled_from(["gz", "zip", "zip", "bz2", "xz"]),
    inner=edits(*TEXT_SPLICES) | st.just([]),
    outer=edits(b"\0", b"PK\x01\x02", b"\x1f\x8b", most=3) | st.just([]),
)


def read_archive(kind: str, inner: list[Edit], outer: list[Edit]) -> None:
    packed = PACKERS[kind](damaged(as_csv(table()).encode(), inner))
    check(damaged(packed, outer), f"list.csv.{kind}")


# ---------------------------------------------------------------------- the tests


@pytest.mark.parametrize("kind", ["csv", "xlsx", "xls", "ods", "xlsb", "csv.gz", "csv.zip", "csv.bz2", "csv.xz"])
def test_an_undamaged_list_is_read_to_its_last_row(kind: str) -> None:
    text = as_csv(table()).encode()
    packer = PACKERS.get(kind.removeprefix("csv."), bytes)
    checked = check(packer(text) if kind.startswith("csv") else sound_book(kind), f"list.{kind}")
    assert checked is not None
    assert checked.rows == list(range(2, 10))
    if kind == "csv":
        check_nothing_lost(text, checked)


@pytest.mark.parametrize("change", ["a row less", "a row twice", "another cell"])
def test_the_count_of_the_fuzz_sees_what_went_wrong(change: str) -> None:
    text = as_csv(table()).encode()
    checked = check(text, "list.csv")
    assert checked is not None
    if change == "a row less":
        checked.rows.pop()
    elif change == "a row twice":
        checked.rows.append(checked.rows[-1])
    else:
        checked.cells[3][2] = "another"
    with pytest.raises((AssertionError, ValueError)):
        check_nothing_lost(text, checked)


@settings(max_examples=120, deadline=DEADLINE)
@given_text
def test_damaged_text_is_refused_or_has_an_outcome_for_each_row(
    content: bytes, name: str, fit: bool, options: dict[str, Any]
) -> None:
    read_text(content, name, fit, options)


@settings(max_examples=6, deadline=DEADLINE)
@given_part
def test_a_workbook_with_damaged_parts_is_refused_or_has_an_outcome_for_each_row(
    where: tuple[str, str, list[Edit]],
) -> None:
    read_part(where)


@settings(max_examples=3, deadline=DEADLINE)
@given_book
def test_a_damaged_workbook_is_refused_or_has_an_outcome_for_each_row(kind: str, damage: list[Edit]) -> None:
    read_book(kind, damage)


@settings(max_examples=5, deadline=DEADLINE)
@given_archive
def test_a_damaged_archive_is_refused_or_has_an_outcome_for_each_row(
    kind: str, inner: list[Edit], outer: list[Edit]
) -> None:
    read_archive(kind, inner, outer)


# ---------------------------------------------------------------------- 10,000 examples: `make slow`


def many(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test that tries so many new examples in each run, and says how to repeat one that fails."""

    def marked(test: Callable[..., None]) -> Callable[..., None]:
        tried = settings(max_examples=examples, deadline=DEADLINE, derandomize=False, print_blob=True)(test)
        marked: Callable[..., None] = pytest.mark.slow(pytest.mark.timeout(3_600)(tried))
        return marked

    return marked


# Several tests of each kind, so that each processor has its share.


@pytest.mark.parametrize("share", range(4))
@many(2_125)
@given_text
def test_8_500_damaged_texts(share: int, content: bytes, name: str, fit: bool, options: dict[str, Any]) -> None:
    read_text(content, name, fit, options)


@pytest.mark.parametrize("share", range(2))
@many(400)
@given_part
def test_800_workbooks_with_damaged_parts(share: int, where: tuple[str, str, list[Edit]]) -> None:
    read_part(where)


@pytest.mark.parametrize("share", range(2))
@many(150)
@given_book
def test_300_damaged_workbooks(share: int, kind: str, damage: list[Edit]) -> None:
    read_book(kind, damage)


@many(400)
@given_archive
def test_400_damaged_archives(kind: str, inner: list[Edit], outer: list[Edit]) -> None:
    read_archive(kind, inner, outer)
