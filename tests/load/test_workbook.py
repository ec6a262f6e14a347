"""Workbooks: the sheet's own row numbers, and cells as the text a person would type."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import InputError
from pipeline.load import ReadOptions, open_list
from pipeline.load.cells import Cell, as_text

from .making import LEADS, only_chunk, rows_of, write_ods, write_sheets, write_xls, write_xlsx

WRITERS = {"xlsx": write_xlsx, "xlsm": write_xlsx, "xls": write_xls, "ods": write_ods}


def refusal(path: Path, sheet: str = "") -> InputError:
    with pytest.raises(InputError) as caught:
        list(open_list(path, ReadOptions(sheet=sheet)).chunks())
    assert caught.value.hint
    return caught.value


@pytest.fixture(params=sorted(WRITERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_kind_of_workbook_is_read_alike(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    WRITERS[kind](path, {(1, 1): " Phone ", (1, 2): "Code", (2, 1): 7700900123, (2, 2): "00772", (3, 2): "NA"})
    source = open_list(path, ReadOptions())
    assert (source.kind, source.unit) == (kind, "rows")
    assert (source.headers, source.sheet) == (("Phone", "Code"), "Sheet")
    assert (source.encoding, source.delimiter, source.size, source.header_row) == ("", "", 3, 1)
    chunk = only_chunk(source)
    assert rows_of(chunk) == {2: ["7700900123", "00772"], 3: ["", "NA"]}
    assert (chunk.position, chunk.faults, chunk.blank) == (3, {}, 0)
    assert source.decisions() == ()


def test_row_numbers_are_the_sheets_own_whatever_is_empty_before_and_between(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    WRITERS[kind](path, {(4, 3): "a", (4, 4): "b", (7, 3): "1", (7, 4): "2", (12, 4): "3"})
    source = open_list(path, ReadOptions())
    assert (source.header_row, source.size) == (4, 12)
    chunk = only_chunk(source)
    assert rows_of(chunk) == {7: ["1", "2"], 12: ["", "3"]}
    assert chunk.blank == 6


def test_columns_are_named_by_the_sheets_own_letters(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    WRITERS[kind](path, {(1, 3): "a", (1, 5): "A", (1, 4): "b", (2, 3): "1"})
    assert "column C (3) 'a' and column E (5) 'A'" in refusal(path).message


def test_line_breaks_beyond_the_last_header_of_a_sheet_are_no_sign_of_stray_quotes(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_xlsx(path, {(1, 1): "a", (1, 2): "b", (2, 1): "1", (2, 2): "2", (2, 3): "one\ntwo"})
    chunk = only_chunk(open_list(path))
    assert chunk.faults == {2: "has 3 cells, the header has 2; beyond the last column: 'one\\ntwo'"}


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_is_none_is_shown_as_a_spreadsheet_shows_it(value: float) -> None:
    assert as_text(value) == "#NUM!"


def test_cells_beyond_the_last_header_are_a_fault_of_their_row(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_xlsx(path, {(1, 1): "a", (1, 2): "b", (2, 1): "1", (3, 1): "2", (3, 3): "note"})
    chunk = only_chunk(open_list(path, ReadOptions()))
    assert chunk.faults == {3: "has 3 cells, the header has 2; beyond the last column: 'note'"}
    assert rows_of(chunk) == {2: ["1", ""], 3: ["2", ""]}


def test_a_sheet_is_read_in_chunks_and_again(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_xlsx(path, {(row, 1): f"v{row}" for row in range(1, 7)})
    source = open_list(path, ReadOptions())
    for _ in range(2):
        chunks = list(source.chunks(rows=2))
        assert [list(chunk.frame.index) for chunk in chunks] == [[2, 3], [4, 5], [6]]
        assert [chunk.position for chunk in chunks] == [3, 5, 6]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("00772", "00772"),
        (" x ", " x "),
        ("", ""),
        (7700900123.0, "7700900123"),
        (447700900123, "447700900123"),
        (1e20, "100000000000000000000"),
        (1.5e22, "15000000000000000000000"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e-07, "0.0000001"),
        (-12.5, "-12.5"),
        (True, "TRUE"),
        (False, "FALSE"),
        (dt.date(1980, 2, 1), "1980-02-01"),
        (dt.datetime(1980, 2, 1), "1980-02-01"),  # noqa: DTZ001  # a sheet's times have no zone
        (dt.datetime(1980, 2, 1, 13, 5, 9), "1980-02-01 13:05:09"),  # noqa: DTZ001
        (dt.time(9, 5), "09:05:00"),
        (dt.timedelta(hours=30, minutes=2), "30:02:00"),
        (dt.timedelta(seconds=-61), "-00:01:01"),
    ],
)
def test_a_cell_becomes_the_text_a_person_would_type(cell: Cell, text: str) -> None:
    assert as_text(cell) == text


def test_dates_times_and_truth_values_in_a_sheet_become_text(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Born", "Seen", "At", "Opt in"])
    seen = dt.datetime(2024, 5, 6, 7, 8, 9)  # noqa: DTZ001
    sheet.append([dt.date(1980, 2, 1), seen, dt.time(7, 8), True])
    book.save(path)
    chunk = only_chunk(open_list(path, ReadOptions()))
    assert rows_of(chunk) == {2: ["1980-02-01", "2024-05-06 07:08:09", "07:08:00", "TRUE"]}


def test_the_only_sheet_with_data_is_taken_and_named(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"Cover": [], "Leads": LEADS})
    source = open_list(path, ReadOptions())
    assert source.sheet == "Leads"
    assert source.decisions() == ("sheet 'Leads', the only one of 2 with data",)


def test_several_sheets_with_data_must_be_chosen_from(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May leads": LEADS, "Empty": [], "Codes": LEADS}, hidden="Codes")
    error = refusal(path)
    assert "2 sheets with data: 'May leads', 'Codes' (hidden)" in error.message
    assert error.hint == 'Choose one: --sheet "May leads"'


@pytest.mark.parametrize("wanted", ["June", "june", "2"])
def test_a_sheet_is_chosen_by_name_or_number(tmp_path: Path, wanted: str) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May": LEADS, "June": [["Email"], ["june@example.com"]]})
    source = open_list(path, ReadOptions(sheet=wanted))
    assert source.sheet == "June"
    assert rows_of(only_chunk(source)) == {2: ["june@example.com"]}
    assert source.decisions() == ("sheet 'June' (as told)",)


def test_a_name_goes_before_a_number(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"2": LEADS, "x": LEADS})
    assert open_list(path, ReadOptions(sheet="2")).sheet == "2"


@pytest.mark.parametrize("wanted", ["July", "0", "3"])
def test_an_unknown_sheet_is_refused_with_the_list(tmp_path: Path, wanted: str) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May": LEADS, "June": LEADS})
    error = refusal(path, wanted)
    assert f"no sheet {wanted!r}" in error.message
    assert "1 'May', 2 'June'" in error.hint


def test_workbooks_without_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"One": [], "Two": []})
    assert "no sheet holds data" in refusal(path).message
    assert "'Two' is empty" in refusal(path, "Two").message
    write_sheets(path, {"One": [["Email"]]})
    assert "no rows below" in refusal(path).message


@pytest.mark.parametrize("options", [ReadOptions(delimiter=";"), ReadOptions(encoding="cp1252")])
def test_an_option_for_text_files_is_refused(tmp_path: Path, options: ReadOptions) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May": LEADS})
    with pytest.raises(InputError, match="does not apply to the workbook"):
        open_list(path, options)


def rewrite(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Change one part of a zipped workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May": LEADS})
    whole = path.read_bytes()
    rewrite(path, "xl/worksheets/sheet1.xml", lambda content: content[: len(content) // 2])
    assert "damaged" in refusal(path).message
    path.write_bytes(whole[: len(whole) // 2])
    assert "incomplete or damaged" in refusal(path).message


def test_an_xls_that_is_only_a_beginning_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "damaged" in refusal(path).message


def test_an_xlsx_with_a_password_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le"))
    assert "password" in refusal(path).message


def test_an_xls_with_a_password_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "list.xls"
    write_xls(path, {(1, 1): "a", (2, 1): "b"})
    content = bytearray(path.read_bytes())
    first = content.find(b"\x09\x08\x10\x00")
    after = first + 4 + content[first + 2]
    content[after : after + 2] = b"\x2f\x00"  # the record FILEPASS
    path.write_bytes(content)
    assert "password" in refusal(path).message


def test_an_ods_with_a_password_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "list.ods"
    write_ods(path, {(1, 1): "a", (2, 1): "b"})
    entry = (
        b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        b'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
        b"<manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    )
    rewrite(path, "META-INF/manifest.xml", lambda _: entry)
    assert "password" in refusal(path).message
