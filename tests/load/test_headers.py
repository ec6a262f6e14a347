"""The header: which row it is, and its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError, InputError
from pipeline.load import ReadOptions, open_list
from pipeline.load.headers import column_letters, read_headers

from .making import only_chunk, open_text, rows_of, text_refusal, write_sheets

LIST = Path("list.csv")
TITLED = "Leads of May\n\nAcme Ltd\nName,Email,Phone\nAda,a@example.com,1\nAl,b@example.com,2\n"


def test_outer_white_space_and_empty_headers_at_the_end_are_dropped() -> None:
    assert read_headers([" First name\t", "Email", "", " "], LIST, 1) == (("First name", "Email"), ())


@pytest.mark.parametrize(
    "header", ["First\r\nname", "First\u00a0\u00a0name", "\ufeffFirst  name\u200b", "First \n name"]
)
def test_line_breaks_odd_blanks_and_what_nobody_sees_become_one_blank(header: str) -> None:
    assert read_headers([header], LIST, 1)[0] == ("First name",)


@pytest.mark.parametrize(
    ("cells", "headers", "column"),
    [
        (["a", "", "c"], ("a", "Column B", "c"), "column B (2)"),
        ([" ", "b"], ("Column A", "b"), "column A (1)"),
        (["a", "\ufeff", "c", ""], ("a", "Column B", "c"), "column B (2)"),
    ],
)
def test_a_column_without_a_header_is_called_by_its_letter_and_it_is_said(
    cells: list[str], headers: tuple[str, ...], column: str
) -> None:
    found, said = read_headers(cells, LIST, 4)
    assert found == headers
    assert len(said) == 1
    assert said[0].startswith(f"{column} has no header")


def test_a_made_name_that_another_column_has_is_refused() -> None:
    with pytest.raises(InputError, match=r"column A \(1\) 'column_b' and column B \(2\) 'Column B'"):
        read_headers(["column_b", "", "c"], LIST, 1)


@pytest.mark.parametrize("twin", ["E-mail address", "e mail_ADDRESS", "Emailaddress"])
def test_headers_that_can_be_taken_for_each_other_are_refused_by_both_names(twin: str) -> None:
    with pytest.raises(InputError) as caught:
        read_headers(["E-mail address", "Phone", twin], LIST, 1)
    assert f"list.csv, row 1: column A (1) 'E-mail address' and column C (3) {twin!r}" in caught.value.message


def test_letters_are_the_sheets_own_when_its_first_columns_are_empty() -> None:
    assert read_headers(["a", "", "c"], LIST, 1, first_column=3)[0] == ("a", "Column D", "c")
    with pytest.raises(InputError, match=r"column E \(5\)"):
        read_headers(["a", "b", "a"], LIST, 1, first_column=3)


def test_an_address_for_a_header_shows_that_there_is_none(tmp_path: Path) -> None:
    error = text_refusal(tmp_path, "Ada,a@example.com\nAl,b@example.com\n")
    assert "column B (2) has an e-mail address for a header" in error.message
    assert "--no-header" in error.hint


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")]
)
def test_column_letters_are_those_of_a_spreadsheet(number: int, letters: str) -> None:
    assert column_letters(number) == letters


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_header_below_titles_is_found_and_it_is_said(tmp_path: Path, delimiter: str) -> None:
    source = open_text(tmp_path, TITLED.replace(",", delimiter))
    assert (source.header_row, source.headers) == (4, ("Name", "Email", "Phone"))
    assert "the header is in row 4, as what stands above it are titles" in source.decisions()[-1]
    assert list(rows_of(only_chunk(source))) == [5, 6]


def test_a_header_below_titles_is_found_in_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May": [line.split(",") for line in TITLED.splitlines()]})
    assert open_list(path).header_row == 4


@pytest.mark.parametrize(
    "text",
    [
        "Email\na@example.com\nb@example.com\n",
        "Name\nAda,Lovelace\nAl,Byron\n",
        "Name\nAda,a@example.com,1\nAl,b@example.com,2\n",
        "Name,Email\nAda,a@example.com\n",
        "Title\nName,Email,Phone\nAda,a@example.com,1,x\nAl,b@example.com,2,y\n",
        "Title\nName,Name,Phone\nAda,a@example.com,1\nAl,b@example.com,2\n",
        "Title\nName,,Phone\nAda,a@example.com,1\nAl,b@example.com,2\n",
    ],
    ids=["one column", "no figures", "data below", "plain", "wider rows", "repeated", "with a gap"],
)
def test_where_it_is_not_plain_the_first_filled_row_is_the_header(tmp_path: Path, text: str) -> None:
    assert open_text(tmp_path, text).header_row == 1


def test_the_told_header_row_wins_and_counts_as_a_spreadsheet_does(tmp_path: Path) -> None:
    source = open_text(tmp_path, 'Made by,Acme,"x\ny"\n\na,b,c\n1,2,3\n', header_row=3)
    assert (source.header_row, source.headers) == (3, ("a", "b", "c"))
    assert source.decisions() == ("the header is in row 3 (as told)",)
    assert rows_of(only_chunk(source)) == {4: ["1", "2", "3"]}


def test_a_told_header_row_far_below_is_found(tmp_path: Path) -> None:
    source = open_text(tmp_path, "x;y\n" * 99 + "a,b\n1,2\n", header_row=100)
    assert (source.headers, list(rows_of(only_chunk(source)))) == (("a", "b"), [101])


@pytest.mark.parametrize(("row", "what"), [(2, "that row is empty"), (9, "the list has fewer rows")])
def test_a_told_header_row_without_a_header_is_refused(tmp_path: Path, row: int, what: str) -> None:
    assert what in text_refusal(tmp_path, "a,b\n\n1,2\n", header_row=row).message


def test_a_told_header_row_without_rows_below_it_is_refused(tmp_path: Path) -> None:
    assert "no rows below" in text_refusal(tmp_path, "a,b\n1,2\n", header_row=2).message


def test_a_list_without_a_header_gets_columns_by_letter(tmp_path: Path) -> None:
    source = open_text(tmp_path, "\nAda,a@example.com\nAl,b@example.com,x\nBo,c@example.com\n", no_header=True)
    assert (source.header_row, source.headers) == (0, ("Column A", "Column B"))
    assert source.decisions() == ("no header (as told): the columns are called 'Column A' to 'Column B'",)
    chunk = only_chunk(source)
    assert list(rows_of(chunk)) == [2, 3, 4]
    assert list(chunk.faults) == [3]


def test_separators_at_the_end_of_each_row_make_no_column(tmp_path: Path) -> None:
    assert len(open_text(tmp_path, "Ada,1,,\nAl,,,\n", no_header=True).headers) == 2


def test_a_workbook_without_a_header_is_read_from_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May": [["Ada", "a@example.com"], ["Al", "b@example.com"]]})
    source = open_list(path, ReadOptions(no_header=True))
    assert source.headers == ("Column A", "Column B")
    assert rows_of(only_chunk(source))[1] == ["Ada", "a@example.com"]


def test_a_header_row_and_no_header_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--header-row and --no-header"):
        open_text(tmp_path, "a,b\n1,2\n", header_row=1, no_header=True)
