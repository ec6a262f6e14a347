from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.csv_file import csv_file, csv_line, safe_cell, written

from .builders import column


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "@SUM(A1)",
        "+1+1",
        "-1+1",
        "-2-3",
        "+cmd|' /C calc'!A0",
        "=",
        "@",
        "\t=1",
        "\r=1",
        "-A1",
        "+44x",
        "+-1",
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(formula: str) -> None:
    assert safe_cell(formula) == f"'{formula}"


@pytest.mark.parametrize(
    "plain",
    ["", "-5", "+447700900123", "+44 7700 900123", "-1,234.50", "0077", "a=b", "'=1", "-", "Anne-Marie", "x@y.com"],
)
def test_what_is_no_formula_stays_as_it_is(plain: str) -> None:
    assert safe_cell(plain) == plain


@given(text=st.one_of(st.text(), st.text(st.sampled_from("=+-@\t\r\n 1.,a'"))))
def test_a_cell_never_begins_a_formula_and_only_formulas_are_touched(text: str) -> None:
    safe = safe_cell(text)
    signed_number = re.fullmatch(r"[+-][0-9 .,]*", text) is not None
    if text[:1] in {"=", "@", "\t", "\r"} or (text[:1] in {"+", "-"} and not signed_number):
        assert safe == "'" + text
    else:
        assert safe == text


@given(
    cells=st.lists(
        st.text(st.sampled_from(list("=@+-\t\r\n\",' 0.5Aé")), max_size=6)
        | st.sampled_from(["+44 7700", "-1,5", "+"]),
        max_size=20,
    )
)
def test_a_column_is_written_as_pythons_csv_writes_its_safe_cells(cells: list[str]) -> None:
    for cell, text in zip(cells, written(column(*cells)).to_pylist(), strict=True):
        (read,) = csv.reader(io.StringIO(f"{text},x", newline=""), strict=True)
        assert read == [safe_cell(cell), "x"]


def test_a_part_of_a_column_is_written_like_the_whole() -> None:
    """Arrow's slices share the text of the whole."""
    cells = column("=1", "a,b", "plain", 'say "x"', "")
    assert written(cells.slice(1, 3)).to_pylist() == ['"a,b"', "plain", '"say ""x"""']
    assert written(cells.slice(2, 1)).to_pylist() == ["plain"]
    assert written(cells.slice(4)).to_pylist() == [""]


def test_a_line_is_written_like_columns_of_it() -> None:
    cells = ["=1", "a,b", "", 'say "x"', "two\nlines", "+44 7700"]
    assert csv_line(cells) == ",".join(one.to_pylist()[0] for one in map(written, map(column, cells)))


def test_a_file_is_headers_and_lines_for_excel(tmp_path: Path) -> None:
    with csv_file(tmp_path / "a.csv", ("row", "=A1")) as file:
        file.add([column("2", "3"), column("Zo\u00eb", "a,b")])
        file.add([column(), column()])
        file.add_written([column("4"), pa.scalar("x,y", pa.large_string())])
    content = (tmp_path / "a.csv").read_bytes()
    assert content == '\ufeffrow,\'=A1\r\n2,Zo\u00eb\r\n3,"a,b"\r\n4,x,y\r\n'.encode()
