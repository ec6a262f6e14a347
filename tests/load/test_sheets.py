"""What python-calamine does not say of a sheet: each lost value is a fault of its row, each oddity is said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableColumn, TableRow
from odf.text import P
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pipeline.errors import InputError
from pipeline.load import Chunk, Source, open_list

from .making import only_chunk, rows_of, write_xlsx
from .making_workbooks import (
    SHEET,
    binary_columns,
    binary_error,
    binary_row,
    binary_text,
    first_sheet,
    header,
    record,
    rewrite,
    row,
    text,
    write_xlsb,
    write_xml,
)

CALCULATE = "open the file in Excel and save it"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


def read(path: Path) -> tuple[Source, Chunk]:
    source = open_list(path)
    return source, only_chunk(source)


# ---------------------------------------------------------------------- errors and formulas


def test_a_formula_that_was_never_calculated_is_a_fault_of_its_row(path: Path) -> None:
    write_xlsx(
        path, {(1, 1): "Email", (1, 2): "Phone", (2, 1): "a@example.com", (2, 2): "=A1", (3, 1): "b@example.com"}
    )
    _, chunk = read(path)
    assert chunk.faults == {2: f"cell B2 holds a formula that was never calculated: {CALCULATE}"}
    assert rows_of(chunk) == {2: ["a@example.com", ""], 3: ["b@example.com", ""]}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="B2" t="str"><f>A2</f><v>0077</v></c>', "0077"),
        ('<c r="B2" t="str"><f>A2</f><v></v></c>', ""),
        ('<c r="B2" t="b"><f>TRUE()</f><v>1</v></c>', "TRUE"),
        ('<c r="B2"><f t="shared" si="0"/><v>0.5</v></c>', "0.5"),
    ],
)
def test_a_formula_is_its_last_result(path: Path, cell: str, value: str) -> None:
    write_xml(path, header() + row(2, text("A2", "a@example.com"), cell))
    _, chunk = read(path)
    assert rows_of(chunk) == {2: ["a@example.com", value]}
    assert chunk.faults == {}


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B2"><f>1+1</f></c>',
        '<c r="B2"><f>1+1</f><v/></c>',
        '<c r="B2" t="str"><f>1+1</f></c>',
        '<c><f t="shared"\nsi="0"/></c>',
        "<c\tt='str'><f/></c>",
    ],
)
def test_every_way_to_write_a_formula_without_a_result_is_seen(path: Path, cell: str) -> None:
    write_xml(path, header() + row(2, text("A2", "a@example.com"), cell))
    assert list(read(path)[1].faults) == [2]


def test_a_zero_that_a_library_wrote_for_every_formula_is_no_result(path: Path) -> None:
    write_xml(path, header() + row(2, text("A2", "a"), '<c r="B2"><f>1+1</f><v>0</v></c>'))
    recalculate = b'<calcPr calcId="124519" fullCalcOnLoad="1"/></workbook>'

    def without(content: bytes) -> bytes:
        return content[: content.index(b"<calcPr")] + b"</workbook>"

    rewrite(path, "xl/workbook.xml", without)
    assert read(path)[1].faults == {}
    rewrite(path, "xl/workbook.xml", lambda content: content.replace(b"</workbook>", recalculate))
    assert CALCULATE in read(path)[1].faults[2]


def test_an_error_is_a_fault_and_its_words_stay_in_the_cell(path: Path) -> None:
    cells = (text("A2", "a@example.com"), '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
    write_xml(path, header() + row(2, *cells) + row(3, "<c r='A3' t='e'><v>#N/A</v></c>", text("B3", "0770")))
    _, chunk = read(path)
    assert chunk.faults == {2: "cell B2 holds the error #DIV/0!", 3: "cell A3 holds the error #N/A"}
    assert rows_of(chunk) == {2: ["a@example.com", "#DIV/0!"], 3: ["#N/A", "0770"]}


def test_the_words_of_an_error_in_a_text_are_only_text(path: Path) -> None:
    write_xml(path, header() + row(2, text("A2", 't="e" hidden &lt;f> #N/A'), text("B2", "=A1")))
    _, chunk = read(path)
    assert chunk.faults == {}
    assert rows_of(chunk) == {2: ['t="e" hidden <f> #N/A', "=A1"]}


def test_of_many_lost_cells_three_are_named(path: Path) -> None:
    names = "ABCDE"
    error = [f'<c r="{name}2" t="e"><v>#REF!</v></c>' for name in names]
    write_xml(path, row(1, *(text(f"{name}1", name) for name in names)) + row(2, *error))
    named = "; ".join(f"cell {name}2 holds the error #REF!" for name in "ABC")
    assert read(path)[1].faults == {2: f"{named} and 2 cells more"}


def test_a_last_row_with_nothing_but_a_lost_formula_is_a_row(path: Path) -> None:
    write_xlsx(path, {(1, 1): "a", (1, 2): "b", (2, 1): "x", (5, 2): "=A1"})
    source, chunk = read(path)
    assert rows_of(chunk) == {2: ["x", ""], 5: ["", ""]}
    assert list(chunk.faults) == [5]
    assert (source.size, chunk.position, chunk.blank) == (5, 5, 2)


def test_a_sheet_with_nothing_but_lost_formulas_is_refused(path: Path) -> None:
    write_xlsx(path, {(1, 1): "=A2", (2, 1): "=A3"})
    with pytest.raises(InputError, match="nothing but formulas that were never calculated") as caught:
        open_list(path)
    assert "Excel" in caught.value.hint


def test_cells_without_references_and_other_prefixes_are_followed(path: Path) -> None:
    write_xml(path, "")
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row><x:c t="str"><x:v>a</x:v></x:c><x:c t="str"><x:v>b</x:v></x:c></x:row>'
        '<x:row><x:c><x:v>1</x:v></x:c><x:c t="e"><x:v>#NUM!</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    rewrite(path, SHEET, lambda _: sheet.encode())
    assert read(path)[1].faults == {2: "cell B2 holds the error #NUM!"}


def test_formulas_of_the_sheets_look_are_none_of_its_cells(path: Path) -> None:
    look = (
        '<extLst><ext xmlns:x14="urn:x" xmlns:xm="urn:m"><x14:cfRule><xm:f>A1</xm:f></x14:cfRule></ext></extLst>'
        "<conditionalFormatting><cfRule><formula>A1</formula></cfRule></conditionalFormatting>"
    )
    write_xml(path, header() + row(2, text("A2", "a"), text("B2", "b"), attributes='hidden="1"'), after=look)
    assert read(path)[1].faults == {}


def test_an_error_in_an_older_workbook_is_a_fault(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("Cover").write(0, 0, "")
    sheet = book.add_sheet("Leads")
    for column, name in enumerate(("Email", "Phone")):
        sheet.write(0, column, name)
    sheet.row(1).set_cell_error(0, 0x2A)
    sheet.write(1, 1, "0770")
    sheet.row(1).hidden = True
    sheet.col(1).hidden = True
    book.save(str(tmp_path / "list.xls"))
    source, chunk = read(tmp_path / "list.xls")
    assert chunk.faults == {2: "cell A2 holds the error #N/A"}
    assert rows_of(chunk) == {2: ["#N/A", "0770"]}
    assert "1 row and 1 column hidden" in " ".join(source.decisions())


def test_an_error_in_a_binary_workbook_is_a_fault(tmp_path: Path) -> None:
    head = binary_row(1) + binary_text(1, "Email") + binary_text(2, "Phone")
    second = binary_row(2, hidden=True) + binary_text(1, "a@example.com") + binary_error(2, 0x2A)
    third = binary_row(3) + binary_error(1, 0x17, formula=True) + binary_text(2, "0770")
    sheet = binary_columns(2, 4, hidden=True) + record(145) + head + second + third + record(146)
    write_xlsb(tmp_path / "list.xlsb", sheet)
    source, chunk = read(tmp_path / "list.xlsb")
    assert chunk.faults == {2: "cell B2 holds the error #N/A", 3: "cell A3 holds the error #REF!"}
    assert rows_of(chunk) == {2: ["a@example.com", "#N/A"], 3: ["#REF!", "0770"]}
    assert "1 row and 1 column hidden" in " ".join(source.decisions())


def test_lost_and_hidden_cells_of_an_opendocument_sheet_are_seen(tmp_path: Path) -> None:
    table = Table(name="Leads")
    table.addElement(TableColumn(numbercolumnsrepeated=2, visibility="collapse"))
    cells: list[list[dict[str, str | int]]] = [
        [{}, {}],
        [{"formula": "of:=NA()", "stringvalue": ""}, {}],
        [{}, {"formula": "of:=1+1"}],
        [{"formula": 'of:="x"'}, {"numbercolumnsspanned": 2}],
    ]
    words = [["Email", "Phone"], ["#N/A", "0770"], ["b@example.com", ""], ["x", "0771"]]
    for number, (made, shown) in enumerate(zip(cells, words, strict=True)):
        line = TableRow(visibility="filter") if number == 3 else TableRow()
        for options, word in zip(made, shown, strict=True):
            cell = TableCell(**options) if not word else TableCell(valuetype="string", **options)
            if word:
                cell.addElement(P(text=word))
            line.addElement(cell)
        table.addElement(line)
    book = OpenDocumentSpreadsheet()
    book.spreadsheet.addElement(table)
    book.save(str(tmp_path / "list.ods"))
    source, chunk = read(tmp_path / "list.ods")
    assert chunk.faults == {
        2: "cell A2 holds the error #N/A",
        3: f"cell B3 holds a formula that was never calculated: {CALCULATE}",
    }
    assert rows_of(chunk) == {2: ["#N/A", "0770"], 3: ["b@example.com", ""], 4: ["x", "0771"]}
    assert source.decisions() == (
        "1 row and 2 columns hidden or filtered out in the sheet: read like the others",
        "1 group of merged cells: the value is in the first cell of each, the others are empty",
    )


# ---------------------------------------------------------------------- what is said


def test_hidden_and_filtered_rows_are_read_and_counted(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = first_sheet(book)
    for cells in (["Email", "Phone"], ["a", "1"], ["b", "2"], ["c", "3"]):
        sheet.append(cells)
    sheet.auto_filter.ref = "A1:B4"
    sheet.auto_filter.add_filter_column(0, ["b"])
    for number in (2, 4, 9):
        sheet.row_dimensions[number].hidden = True
    for letter in "BZ":
        sheet.column_dimensions[letter].hidden = True
    book.save(path)
    source, chunk = read(path)
    assert list(rows_of(chunk)) == [2, 3, 4]
    assert source.decisions() == ("2 rows and 1 column hidden or filtered out in the sheet: read like the others",)


def test_merged_cells_are_said_and_not_filled(path: Path) -> None:
    write_xlsx(path, {(1, 1): "Email", (1, 2): "Phone", (2, 1): "a", (2, 2): "1", (3, 2): "2"})
    book = openpyxl.load_workbook(path)
    first_sheet(book).merge_cells("A2:A3")
    book.save(path)
    source, chunk = read(path)
    assert rows_of(chunk) == {2: ["a", "1"], 3: ["", "2"]}
    assert source.decisions()[0].startswith("1 group of merged cells")


def test_rows_that_a_sheet_only_claims_are_neither_read_nor_counted(path: Path) -> None:
    phantom = row(1_048_576, '<c r="A1048576" t="inlineStr"><is><t xml:space="preserve"> </t></is></c>')
    claim = '<dimension ref="A1:XFD1048576"/>'
    write_xml(path, header() + row(2, text("A2", "a"), text("B2", "b")) + phantom, before=claim)
    source = open_list(path)
    chunk = only_chunk(source)
    assert rows_of(chunk) == {2: ["a", "b"]}
    assert (chunk.blank, chunk.faults) == (0, {})


# ---------------------------------------------------------------------- values


@pytest.mark.parametrize("mac", [False, True])
def test_dates_are_the_same_in_both_calendars(path: Path, mac: bool) -> None:
    book = openpyxl.Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    sheet = first_sheet(book)
    sheet.append(["Born", "Seen", "At", "Lasted"])
    seen = dt.datetime(2024, 5, 6, 7, 8, 9)  # noqa: DTZ001  # a sheet's times have no zone
    sheet.append([dt.date(1980, 2, 29), seen, dt.time(7, 8), dt.timedelta(hours=30)])
    book.save(path)
    assert rows_of(read(path)[1]) == {2: ["1980-02-29", "2024-05-06 07:08:09", "07:08:00", "30:00:00"]}


def test_numbers_and_their_look_alikes_stay_what_they_are(path: Path) -> None:
    values = [7700900123, "7700900123", "7.7009E+09", 7.7009e9, "00772", 123456789012345, 0.1, "1,5", "=A1"]
    book = openpyxl.Workbook()
    first_sheet(book).append([f"h{number}" for number in range(len(values))])
    first_sheet(book).append(values)
    first_sheet(book).cell(2, len(values)).data_type = "s"
    book.save(path)
    expected = [
        "7700900123",
        "7700900123",
        "7.7009E+09",
        "7700900000",
        "00772",
        "123456789012345",
        "0.1",
        "1,5",
        "=A1",
    ]
    assert rows_of(read(path)[1]) == {2: expected}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_date_that_is_no_number_in_an_older_workbook_is_a_fault(tmp_path: Path, value: float) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Leads")
    for column, name in enumerate(["Email", "Born"]):
        sheet.write(0, column, name)
    sheet.write(1, 0, "a@example.com")
    sheet.write(1, 1, value, xlwt.easyxf(num_format_str="DD/MM/YYYY"))
    book.save(str(tmp_path / "list.xls"))
    _, chunk = read(tmp_path / "list.xls")
    assert chunk.faults == {2: "cell B2 holds the error #NUM!"}
    assert rows_of(chunk) == {2: ["a@example.com", "#NUM!"]}


def test_a_chart_is_no_sheet_to_choose_from(path: Path) -> None:
    write_xlsx(path, {(1, 1): "a", (2, 1): "b"})
    book = openpyxl.load_workbook(path)
    book.create_chartsheet("Chart", 0)
    book.save(path)
    assert open_list(path).sheet == "Sheet"


# ---------------------------------------------------------------------- as often as wanted


def test_rows_are_told_again_and_side_by_side(path: Path) -> None:
    write_xlsx(path, {(number, 1): f"v{number}" for number in range(1, 8)})
    source = open_list(path)
    first, second = source.chunks(rows=4), source.chunks(rows=3)
    assert [list(next(chunks).frame.index) for chunks in (first, second, first, second)] == [
        [2, 3, 4, 5],
        [2, 3, 4],
        [6, 7],
        [5, 6, 7],
    ]


def test_many_batches_make_chunks_of_the_size_asked_for(path: Path) -> None:
    # More columns than a batch has cells for many rows.
    width, height = 4_000, 23
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    sheet.append([f"h{number}" for number in range(width)])
    for number in range(height):
        sheet.append([f"{number}", *[""] * (width - 2), "x"])
    book.save(path)
    chunks = list(open_list(path).chunks(rows=10))
    assert [list(chunk.frame.index) for chunk in chunks] == [list(range(2, 12)), list(range(12, 22)), [22, 23, 24]]
    assert [chunk.frame["h0"].tolist() for chunk in chunks][2] == ["20", "21", "22"]
