"""The header's rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.load.headers import column_letters, read_headers

LIST = Path("list.csv")


def test_outer_white_space_and_empty_headers_at_the_end_are_dropped() -> None:
    assert read_headers([" First name\t", "Email", "", " "], LIST, 1) == ("First name", "Email")


@pytest.mark.parametrize(("cells", "column"), [(["a", "", "c"], "column B (2)"), ([" ", "b"], "column A (1)")])
def test_an_empty_header_before_others_is_refused_by_letter_and_number(cells: list[str], column: str) -> None:
    with pytest.raises(InputError) as caught:
        read_headers(cells, LIST, 4)
    assert f"list.csv, row 4: {column} has no header" in caught.value.message


@pytest.mark.parametrize("twin", ["E-mail address", "e mail_ADDRESS", "Emailaddress"])
def test_headers_that_can_be_taken_for_each_other_are_refused_by_both_names(twin: str) -> None:
    with pytest.raises(InputError) as caught:
        read_headers(["E-mail address", "Phone", twin], LIST, 1)
    assert f"column A (1) 'E-mail address' and column C (3) {twin!r}" in caught.value.message


def test_letters_are_the_sheets_own_when_its_first_columns_are_empty() -> None:
    with pytest.raises(InputError, match=r"column D \(4\)"):
        read_headers(["a", "", "c"], LIST, 1, first_column=3)


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")]
)
def test_column_letters_are_those_of_a_spreadsheet(number: int, letters: str) -> None:
    assert column_letters(number) == letters
