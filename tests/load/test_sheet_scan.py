"""Cells of a sheet never take each other's place, and no text stands in for another: such a sheet is refused."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TypeAlias

import pytest
import python_calamine as calamine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.load import open_list, sheet_scan, sheet_xml
from pipeline.load.sheet_look import Unreadable

from .making import rows_of
from .making_workbooks import MAIN, SHEET, header, rewrite, row, text, write_xml

#: Rows, each with its number (None: not said) and its cells' places (None: not said; row 0: the row's own).
Layout: TypeAlias = list[tuple[int | None, list[tuple[str, int] | None]]]

PLACES = st.none() | st.tuples(st.sampled_from("ABC"), st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3]))
LAYOUTS = st.lists(
    st.tuples(st.sampled_from([None, 1, 2, 3, 4, 5]), st.lists(PLACES, max_size=3)), min_size=1, max_size=5
)
SOUND: Layout = [(1, [("A", 0), ("B", 0)]), (3, [("A", 0), ("C", 0)])]


def sheet(layout: Layout, kind: str) -> tuple[str, list[tuple[int, str]]]:
    """The XML of a layout, and for each cell its row and its value, which no other cell has."""
    xml, before = "", 0
    expected: list[tuple[int, str]] = []
    for told, cells in layout:
        number = told or before + 1
        inside = ""
        for place in cells:
            value = str(len(expected) + 100)
            expected.append((number, value))
            said = f' r="{place[0]}{place[1] or number}"' if place else ""
            inside += f'<c{said} t="{kind}"><v>{value}</v></c>'
        xml += f'<row r="{told}">{inside}</row>' if told else f"<row>{inside}</row>"
        before = number
    return f'<worksheet xmlns="{MAIN}"><sheetData>{xml}</sheetData></worksheet>', expected


def arrived(path: Path) -> list[tuple[int, str]]:
    """The rows and values that are read, or Unreadable."""
    with zipfile.ZipFile(path) as archive:
        parts = {name.lower(): name for name in archive.namelist()}
        look = sheet_xml.look_at_part(archive, parts, "Sheet")
        rows = calamine.load_workbook(str(path)).get_sheet_by_index(0).iter_rows()
        found = [(number, str(cell)) for number, cells in enumerate(rows, 1) for cell in cells if cell != ""]
        if look.values > len(found):
            sheet_xml.check_places(archive, parts, "Sheet")
    return found


@given(layout=LAYOUTS, quick=st.booleans())
@example(layout=[(1, [("A", 0)]), (1, [("A", 0)])], quick=True)
@example(layout=[(1, [("A", 0)]), (1, [("B", 0)])], quick=True)
@example(layout=[(1, [("A", 0), ("A", 0)])], quick=True)
@example(layout=[(1, [("A", 0)]), (2, [("A", 1)])], quick=True)
@example(layout=[(2, [("A", 0)]), (1, [("A", 0)]), (None, [("B", 0)])], quick=False)
@example(layout=[(None, [("A", 2)]), (None, [None])], quick=False)
@settings(max_examples=150, deadline=None)
def test_every_value_of_a_sheet_arrives_or_the_sheet_is_refused(layout: Layout, quick: bool) -> None:
    xml, expected = sheet(layout, "str")
    if not quick:  # the word alone makes the sheet one to be parsed
        xml = xml.replace("<sheetData>", '<sheetFormatPr hidden="0"/><sheetData>')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        write_xml(path, "")
        rewrite(path, SHEET, lambda _: xml.encode())
        try:
            found = arrived(path)
        except Unreadable:
            return
    assert sorted(value for _, value in found) == sorted(value for _, value in expected)
    numbers = [number for number, cells in layout if cells]
    assert quick or None in numbers or len(set(numbers)) == len(numbers), "two rows of one number"


def test_sound_rows_are_not_refused() -> None:
    xml, expected = sheet(SOUND, "str")
    assert sheet_scan.values(io.BytesIO(xml.encode())) == len(expected)
    assert sheet_scan.is_in_place(io.BytesIO(xml.encode()))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"/><row r="1"/>',
        '<row r="2"/><row r="1"/>',
        '<row r="1"/><row/>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" s="1" t="s"><v>1.0</v></c></row>',
        '<row r="1"><c r="A1" t="s" s="1"><v>1e0</v></c></row>',
        "<row r=\"1\"><c r='A1' t='s'><v>1e0</v></c></row>",
        '<row r="1"><c r="A1"><v>1e400</v></c></row>',
        '<row r="1"><c r="A1"><v>NaN</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>',
        '<row r="1"><c r="A1"><f>B1</f><v>2</v></c></row>',
        '<row r="1" hidden="1"/>',
    ],
)
def test_a_sheet_with_something_to_be_seen_is_parsed(rows: str) -> None:
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    assert sheet_scan.values(io.BytesIO(xml.encode())) is None


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>-1.5E-7</v></c><c r="B1" s="3"><v>29264.5</v></c></row>',
        '<row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c></row><row spans="1:2" r="7"><c r="B7" s="1"/></row>',
        '<row r="1"><c r="A1" t="n"><v></v></c><c r="B1"><v/></c><c r="C1" t="b"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s" s="1"><v>12</v></c></row>',
        f'<row r="1">{text("A1", "hid den")}</row>',
    ],
)
def test_a_plain_sheet_is_not_parsed(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_scan, "_BLOCK", 100)
    xml = f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    assert sheet_scan.values(io.BytesIO(xml.encode())) is not None


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ('<c r="A1" t="str"><f>B1</f><v>x</v></c>', True),
        ('<c r="A1" t="str"><f t="shared" si="0"/><v>x</v></c>', True),
        ('<c r="A1" t="e"><v>#N/A</v></c>', True),
        ('<c r="A1"><v>-1.5</v></c>', True),
        ('<c r="A1" t="s"><v>-1</v></c>', False),
        ('<c r="A1"><v>NaN</v></c>', False),
        ("<c r='A1' t='s'><v>-1</v></c>", False),
    ],
)
def test_values_are_plain_whatever_formulas_and_errors_are(cell: str, plain: bool) -> None:
    for rows in (f'<row r="1">{cell}</row>', f'<row r="1"/><row r="2" hidden="1">{cell}</row>'):
        xml = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        assert sheet_scan.has_plain_values(io.BytesIO(xml.encode())) is plain


def test_values_of_a_sheet_with_prefixes_are_not_taken_for_plain() -> None:
    xml = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData/></x:worksheet>'
    assert not sheet_scan.has_plain_values(io.BytesIO(xml.encode()))


@pytest.mark.parametrize("more", ['<row r="9" hidden="1"/>', '<row r="9"><c r="A9"><f>B9</f><v>1</v></c></row>'])
@pytest.mark.parametrize(("value", "kind"), [("-1", "s"), ("1x", "s"), ("1e400", "n")])
def test_odd_values_are_seen_in_a_sheet_that_is_parsed_for_other_things(
    tmp_path: Path, more: str, value: str, kind: str
) -> None:
    path = tmp_path / "list.xlsx"
    odd = f'<c r="B2" t="{kind}"><v>{value}</v></c>'
    write_xml(path, header() + row(2, text("A2", "a@example.com"), odd) + more)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}"><si><t>Ford</t></si></sst>')
    if kind == "n":
        assert open_list(path).chunks().__next__().faults[2] == "cell B2 holds the error #NUM!"
    else:
        with pytest.raises(InputError, match=f"cell B2 names no text: number '{value}'"):
            open_list(path)


def test_rows_are_looked_at_beyond_the_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_scan, "_BLOCK", 150)
    good = "".join(row(number, text(f"A{number}", "x" * 20), text(f"B{number}", "y")) for number in range(1, 40))
    begin, end = f'<worksheet xmlns="{MAIN}"><sheetData>', "</sheetData></worksheet>"
    assert sheet_scan.values(io.BytesIO((begin + good + end).encode())) == 78
    for more in (row(39, text("C39", "z")), row(40, '<c r="A40" t="s"><v>-1</v></c>')):
        assert sheet_scan.values(io.BytesIO((begin + good + more + end).encode())) is None
    twice = good.replace('r="B20"', 'r="A20"')
    assert sheet_scan.is_in_place(io.BytesIO((begin + good + end).encode()))
    assert not sheet_scan.is_in_place(io.BytesIO((begin + twice + end).encode()))
    elsewhere = good.replace('r="B20"', 'r="B21"').replace('r="B21" t="inlineStr"><is><t>y', 'r="C21"><is><t>y', 1)
    assert not sheet_scan.is_in_place(io.BytesIO((begin + elsewhere + end).encode()))


def test_a_row_without_end_is_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_scan, "_BLOCK", 100)
    stream = io.BytesIO(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">'.encode() + b" " * 10_000)
    assert sheet_scan.values(stream) is None
    assert stream.tell() < 2_000


def test_a_sheet_whose_empty_texts_do_not_arrive_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_xml(path, header() + row(2, text("A2", "a@example.com"), text("B2", "")))
    (chunk,) = open_list(path).chunks()
    assert rows_of(chunk) == {2: ["a@example.com", ""]}


def test_the_rows_before_a_contradiction_do_not_stand_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    rows = "".join(row(number, text(f"A{number}", "a"), text(f"B{number}", "b")) for number in range(2, 300))
    write_xml(path, header() + rows + row(300, text("A300", "a"), text("A300", "b")))
    with pytest.raises(InputError, match="cell A300 stands in the sheet twice") as caught:
        list(open_list(path).chunks())
    assert "save it again as .xlsx" in caught.value.hint
