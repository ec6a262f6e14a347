"""Rows to mend, read again in whatever form a person has saved them: the original list's rows, under its numbers."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.errors import InputError
from pipeline.fix_me import Column, FixMe, RowToMend, ToMend
from pipeline.fix_me.guide import Facts
from pipeline.load import Chunk, ReadOptions, Source, early, open_list
from pipeline.load.origin import local_copy
from pipeline.load.rules import FOOTER
from pipeline.mending import REASONS, Mark, row_header

TOKEN = "3f9a12bc34de56f7"
ROW = row_header(Mark(TOKEN))
OWN = ("Name", "Mail", "Car")
ROWS = ((7, "seven"), (12, "twelve"), (300, "three hundred"))


def write(path: Path, lines: Sequence[Sequence[object]], header: Sequence[str] = (ROW, REASONS, *OWN)) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *lines])
    return path


def line(number: object, name: str = "Jane", mail: str = "jane@example.com", car: str = "Saab") -> list[object]:
    return [number, "why", name, mail, car]


def workbook(folder: Path) -> Path:
    """A workbook as it is written."""
    fix_me = FixMe(folder, ToMend(TOKEN, [Column(one) for one in OWN], Facts("leads.csv", "C", "check", "run")))
    with fix_me:
        fix_me.add(
            RowToMend(number, "why", (name, f"{number}@example.com", ""), {2: "wrong"}) for number, name in ROWS
        )
    return folder / "fix-me.xlsx"


def read(path: Path, size: int = 100, **options: Any) -> tuple[Source, list[Chunk]]:
    source = open_list(path, ReadOptions(**options))
    return source, list(source.chunks(size))


def names(chunks: Sequence[Chunk]) -> list[tuple[int, str]]:
    return [
        pair
        for chunk in chunks
        for pair in zip(chunk.frame.index.tolist(), chunk.frame["Name"].tolist(), strict=True)
    ]


# ---------------------------------------------------------------------- as it was written


def test_a_workbook_of_rows_to_mend_is_the_original_lists_rows(tmp_path: Path) -> None:
    source, chunks = read(workbook(tmp_path))
    assert (source.headers, source.sheet, source.list_token) == (OWN, "Rows to mend", TOKEN)
    assert source.is_to_be_mended
    assert names(chunks) == [*ROWS]
    assert list(chunks[0].frame.columns) == list(OWN)
    assert (chunks[0].frame.index.name, str(chunks[0].frame.index.dtype)) == ("row", "int64")
    assert source.decisions() == (
        "sheet 'Rows to mend', with the rows to mend",
        f"rows to mend of list {TOKEN}: the row numbers are those of that list",
    )


def test_its_sheet_may_be_named_or_alone(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    assert names(read(path, sheet="Rows to mend")[1]) == [*ROWS]
    book = openpyxl.load_workbook(path)
    del book["What to do"]
    book["Rows to mend"].title = "Sheet1"
    book.save(tmp_path / "alone.xlsx")
    assert names(read(tmp_path / "alone.xlsx")[1]) == [*ROWS]


def test_a_workbook_that_is_begun_early_is_read_like_any_other(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    early.begin(str(path), "")
    source = open_list(path, name=str(path))
    assert names(list(source.chunks())) == [*ROWS]
    assert names(list(source.chunks())) == [*ROWS]


def test_it_may_come_packed(tmp_path: Path) -> None:
    packed = tmp_path / "mended.xlsx.gz"
    packed.write_bytes(gzip.compress(workbook(tmp_path).read_bytes()))
    with local_copy(str(packed), tmp_path / "output") as local:
        source = open_list(local.path, name=local.name)
        assert (source.list_token, names(list(source.chunks()))) == (TOKEN, [*ROWS])


def test_any_other_list_is_named_by_its_own_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [["Jane", "a@example.com", "Saab"]], OWN)
    source, chunks = read(path)
    assert source.list_token == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert (source.is_to_be_mended, names(chunks)) == (False, [(2, "Jane")])


# ---------------------------------------------------------------------- as people and programs save it


def test_rows_come_in_the_order_of_their_numbers_in_chunks_of_the_size_that_is_wanted(tmp_path: Path) -> None:
    numbers = [9, 2, 30, 7, 4, 1_000_000]
    lines = [line(number, f"n{number}") for number in numbers]
    _source, chunks = read(write(tmp_path / "list.csv", lines), 4)
    assert [len(chunk.frame) for chunk in chunks] == [4, 2]
    assert names(chunks) == [(number, f"n{number}") for number in sorted(numbers)]


def test_the_columns_may_stand_anywhere_and_the_reasons_be_gone(tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [["Jane", "a@example.com", 7, "Saab"]], ("Name", "Mail", ROW.upper(), "Car"))
    source, chunks = read(path)
    assert (source.headers, source.list_token, names(chunks)) == (OWN, TOKEN, [(7, "Jane")])


@pytest.mark.parametrize("cell", ["7", " 7 ", "007", "7.0", "7."])
def test_a_row_number_may_be_written_as_programs_write_it(tmp_path: Path, cell: str) -> None:
    assert names(read(write(tmp_path / "list.csv", [line(cell)]))[1]) == [(7, "Jane")]


@pytest.mark.parametrize("cell", ["", " ", "0", "-7", "7.5", "7a", "1E3", "1,000", "٧", "4294967296", "99999999999"])
def test_a_row_without_a_number_of_its_own_is_refused_by_its_cell(tmp_path: Path, cell: str) -> None:
    path = write(tmp_path / "list.csv", [line(2), line(cell, "Jane"), line(3)])
    with pytest.raises(InputError, match=r"list\.csv: cell A3 should hold the number of a row") as caught:
        read(path)
    assert "delete that row" in caught.value.hint
    assert "Jane" not in caught.value.message


def test_a_number_that_is_there_twice_is_refused_by_both_cells(tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [line(2), line(7), line(5), line("007")], (ROW, REASONS, *OWN))
    with pytest.raises(InputError, match=r"cells A3 and A5 hold the same row number, 7") as caught:
        read(path)
    assert caught.value.hint == "Delete one of the two rows: a row of the list is sent once."


def test_the_cell_is_named_by_the_sheets_own_letter_and_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    lines: list[tuple[str, str | int | None]] = [("Name", ROW), ("Jane", 7), ("John", None)]
    for at, cells in enumerate(lines, 4):
        for column, cell in enumerate(cells, 3):
            sheet.cell(at, column).value = cell
    book.save(tmp_path / "list.xlsx")
    with pytest.raises(InputError, match=r"cell D6 should hold"):
        read(tmp_path / "list.xlsx")


def test_empty_rows_between_them_are_skipped_and_counted(tmp_path: Path) -> None:
    _source, chunks = read(write(tmp_path / "list.csv", [line(9), [], ["", "", "", "", ""], line(2)]), 1)
    assert names(chunks) == [(2, "Jane"), (9, "Jane")]
    assert [chunk.blank for chunk in chunks] == [2, 0]


# ---------------------------------------------------------------------- what is wrong with a row


def test_faults_go_by_the_original_numbers(tmp_path: Path) -> None:
    lines = [line(300, "b\x07"), line(7), [12, "why", "short"], line(20, car="d\x7f")]
    _source, chunks = read(write(tmp_path / "list.csv", lines), 2)
    assert {row: fault for chunk in chunks for row, fault in chunk.faults.items()} == {
        300: "'Name' holds a control character (U+0007)",
        12: "has 3 cells, the header has 5",
        20: "'Car' holds a control character (U+007F)",
    }
    assert [set(chunk.faults) for chunk in chunks] == [{12}, {20, 300}]


def test_a_total_is_no_lead_although_a_number_stands_before_it(tmp_path: Path) -> None:
    _source, chunks = read(write(tmp_path / "list.csv", [line(7), [8, "looks like a footer", "Total", "", "300"]]))
    assert chunks[0].faults == {8: FOOTER}


def test_what_stands_in_the_column_of_reasons_is_nobodys_fault(tmp_path: Path) -> None:
    wide = (ROW, REASONS, *OWN, "Notes")
    lines = [[7, "a\x07", "Jane", "a", "b", ""], [8, "a,b,c,d\ne,f,g,h\n1,2,3,4,5", "John", "a", "b", ""]]
    _source, chunks = read(write(tmp_path / "list.csv", lines, wide))
    assert chunks[0].faults == {}


def test_an_error_in_a_cell_of_the_sheet_is_the_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    book = openpyxl.load_workbook(path)
    book["Rows to mend"]["E3"].value = "#N/A"
    book["Rows to mend"]["E3"].data_type = "e"
    book.save(path)
    assert read(path)[1][0].faults == {12: "cell E3 holds the error #N/A"}


# ---------------------------------------------------------------------- no longer what it was


@pytest.mark.parametrize(
    "header",
    [
        (REASONS, *OWN, "x"),
        ("Row (leadbyte-import 3f9a)", REASONS, *OWN),
        (ROW, row_header(Mark("0" * 16)), *OWN),
        ("row_(leadbyte-import", *OWN, "x"),
    ],
)
def test_a_changed_header_is_refused_since_nobody_knows_whose_rows_they_are(
    tmp_path: Path, header: tuple[str, ...]
) -> None:
    with pytest.raises(InputError, match=r"row 1: these were rows to mend, and whose they are") as caught:
        read(write(tmp_path / "list.csv", [line(7)], header))
    assert "To import them as a list of its own" in caught.value.hint


def test_without_the_columns_of_the_list_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the columns of the list are gone"):
        read(write(tmp_path / "list.csv", [[7, "why"]], (ROW, REASONS)))


@pytest.mark.parametrize("options", [{"no_header": True}, {"header_row": 2}])
def test_it_has_a_header_of_its_own_whatever_the_list_had(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="these are rows to mend, with a header of their own"):
        read(write(tmp_path / "list.csv", [line(7), line(8)]), **options)


def test_the_wrong_sheet_saved_as_csv_is_told(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(workbook(tmp_path))
    with (tmp_path / "guide.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([cell.value for cell in cells] for cells in book["What to do"].iter_rows())
    with pytest.raises(InputError, match="is the sheet 'What to do', not the rows"):
        read(tmp_path / "guide.csv")


def test_a_workbook_whose_rows_were_all_deleted_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    book = openpyxl.load_workbook(path)
    book["Rows to mend"].delete_rows(2, 10)
    book.save(path)
    with pytest.raises(InputError, match=r"has a header .* and no rows below it"):
        read(path)
