"""CSV files: each cell stays the text it is, each row keeps the number a spreadsheet shows for it."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.load import open_list

from .making import only_chunk, open_text, rows_of, text_refusal


def test_cells_that_look_like_numbers_dates_or_nothing_stay_text(tmp_path: Path) -> None:
    cells = ["NA", "00772", "1E5", "01/02/03", "null", "", "TRUE", " x ", "nan"]
    source = open_text(tmp_path, "a,b,c,d,e,f,g,h,i\n" + ",".join(cells) + "\n")
    frame = only_chunk(source).frame
    assert list(frame.loc[2]) == cells
    assert all(dtype == pd.StringDtype(na_value=float("nan")) for dtype in frame.dtypes)
    assert not frame.isna().to_numpy().any()
    assert frame.index.name == "row"
    assert frame.index.dtype == "int64"


def test_the_source_states_the_facts_of_the_file(tmp_path: Path) -> None:
    content = "First name,Email\nAda,a@example.com\n"
    source = open_text(tmp_path, content)
    assert source.path == tmp_path / "list.csv"
    assert source.sha256 == hashlib.sha256(content.encode()).hexdigest()
    assert source.headers == ("First name", "Email")
    assert (source.kind, source.encoding, source.delimiter, source.sheet) == ("csv", "utf-8", ",", "")
    assert (source.size, source.header_row) == (len(content), 1)
    assert source.decisions() == ()
    assert source.reading() == "read as UTF-8, cells separated by commas, header in row 1"


def test_blank_rows_are_skipped_and_counted_and_keep_their_numbers(tmp_path: Path) -> None:
    chunk = only_chunk(open_text(tmp_path, "a,b\n\n1,2\n,\n  , \n3,4\n\n"))
    assert rows_of(chunk) == {3: ["1", "2"], 6: ["3", "4"]}
    assert chunk.blank == 4
    assert chunk.faults == {}


def test_line_breaks_inside_quotes_do_not_count_as_rows(tmp_path: Path) -> None:
    chunk = only_chunk(open_text(tmp_path, 'a,"b\nb"\n1,"x\r\ny\n\nz"\n2,w\n'))
    assert rows_of(chunk) == {2: ["1", "x\r\ny\n\nz"], 3: ["2", "w"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path: Path, end: str) -> None:
    assert rows_of(only_chunk(open_text(tmp_path, f"a,b{end}1,2{end}{end}3,4"))) == {2: ["1", "2"], 4: ["3", "4"]}


def test_the_header_is_the_first_row_that_is_not_empty(tmp_path: Path) -> None:
    source = open_text(tmp_path, "\n,,\na,b\n1,2\n")
    assert source.header_row == 3
    assert rows_of(only_chunk(source)) == {4: ["1", "2"]}
    assert source.decisions() == ("the header is in row 3, the first row that is not empty",)


def test_ragged_rows_become_faults_and_shift_no_neighbour(tmp_path: Path) -> None:
    chunk = only_chunk(open_text(tmp_path, "a,b,c\n1\n1,2,3,x,,y\n4,5,6\n1,2,3, ,\n"))
    assert chunk.faults == {
        2: "has 1 cell, the header has 3",
        3: "has 6 cells, the header has 3; beyond the last column: 'x', 'y'",
    }
    assert rows_of(chunk) == {2: ["1", "", ""], 3: ["1", "2", "3"], 4: ["4", "5", "6"], 5: ["1", "2", "3"]}


def test_a_long_extra_cell_is_shown_shortened(tmp_path: Path) -> None:
    chunk = only_chunk(open_text(tmp_path, "a,b\n1,2," + "x" * 500 + ",p,q,r\n"))
    assert chunk.faults[2].endswith(", 'p', 'q', …")
    assert len(chunk.faults[2]) < 140


def test_chunks_hold_so_many_rows_and_say_how_far_they_are(tmp_path: Path) -> None:
    source = open_text(tmp_path, "a,b\n" + "".join(f"{i},x\n" for i in range(5)) + "\n\n")
    chunks = list(source.chunks(rows=2))
    assert [list(chunk.frame.index) for chunk in chunks] == [[2, 3], [4, 5], [6]]
    assert [chunk.blank for chunk in chunks] == [0, 0, 2]
    assert chunks[-1].position == source.size


def test_blank_rows_after_the_last_full_chunk_are_not_lost(tmp_path: Path) -> None:
    chunks = list(open_text(tmp_path, "a,b\n1,2\n\n\n").chunks(rows=1))
    assert [list(row) for one in chunks for row in one.frame.itertuples(index=False)] == [["1", "2"]]
    assert sum(one.blank for one in chunks) == 2


def test_a_source_can_be_read_again(tmp_path: Path) -> None:
    source = open_text(tmp_path, "a,b\n1,2\n")
    assert rows_of(only_chunk(source)) == rows_of(only_chunk(source))


def test_reading_can_stop_early_and_leaves_nothing_open(tmp_path: Path) -> None:
    source = open_text(tmp_path, "a,b\n1,2\n3,4\n")
    assert rows_of(next(iter(source.chunks(rows=1)))) == {2: ["1", "2"]}


def test_a_file_that_changed_after_it_was_opened_is_refused(tmp_path: Path) -> None:
    source = open_text(tmp_path, "a,b\n1,2\n")
    source.path.write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(InputError, match="was changed"):
        list(source.chunks())


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        ('a,b\n1,"x\n2,y\n', "line 2", "never closed"),
        ('a,b\n1,2\n1,"x"y\n', "line 3", "stray quote"),
        ('a,b\n1,"x\n2,"y"\n', "the record that begins in line 2", "stray quote (line 3)"),
        ('"a,b\n1,2\n', "line 1", "never closed"),
        ('a,b\n1,"' + "x" * 10_000_001 + '"\n', "line 2", "10,000,000 bytes"),
    ],
    ids=["unclosed", "stray", "unclosed, found later", "in the header", "endless cell"],
)
def test_a_quote_out_of_place_refuses_the_file_with_its_line(
    tmp_path: Path, content: str, where: str, what: str
) -> None:
    error = text_refusal(tmp_path, content)
    assert f"{where}: " in error.message
    assert what in error.message


def test_a_quote_inside_an_unquoted_cell_is_a_character_like_any_other(tmp_path: Path) -> None:
    assert rows_of(only_chunk(open_text(tmp_path, 'a,b\n1,5" pipe\n')))[2] == ["1", '5" pipe']


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n\n,,\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"", "0 bytes"),
        (b"a,b\n", "no rows below"),
        (b"a,b\n\n,\n", "no rows below"),
    ],
)
def test_a_list_without_rows_is_refused_when_it_is_opened(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_text(tmp_path, content)


def test_an_option_for_workbooks_is_refused(tmp_path: Path) -> None:
    assert "no sheets" in text_refusal(tmp_path, "a,b\n1,2\n", sheet="Leads").message


CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


# Text that holds what must be quoted; no NUL (refused), no lone surrogate (not UTF-8).
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.text(
    '",;|\t\r\n ab', max_size=6
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows of one width, none of them blank."""
    width = draw(st.integers(1, 5))
    row = st.lists(cells, min_size=width, max_size=width).filter(lambda row: any(cell.strip() for cell in row))
    return draw(st.lists(row, min_size=1, max_size=8))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    table=tables(),
    delimiter=st.sampled_from([",", ";", "\t", "|", "~", "§"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    blanks=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    size=st.integers(1, 4),
    encoding=st.sampled_from(
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "mac-roman"]
    ),
)
def test_what_csv_writes_comes_back_cell_for_cell_with_its_row_numbers(
    tmp_path: Path,
    table: list[list[str]],
    delimiter: str,
    quoting: Literal[0, 1, 2],
    blanks: list[int],
    end: str,
    size: int,
    encoding: str,
) -> None:
    table = [[cell.encode(encoding, "ignore").decode(encoding) for cell in row] for row in table]
    if end != "\r\n":  # csv.writer leaves the other line end unquoted: nobody could tell
        table = [[cell.replace({"\n": "\r", "\r": "\n"}[end], "") for cell in row] for row in table]
    table = [row for row in table if any(cell.strip() for cell in row)] or [["x"] * len(table[0])]
    headers = [f"column {letter}" for letter in "abcde"[: len(table[0])]]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(headers)
    expected, number = {}, 1
    for row, blank in zip(table, blanks, strict=False):
        out.write(end * blank)
        writer.writerow(row)
        number += blank + 1
        expected[number] = row
    source = open_text(tmp_path, out.getvalue().encode(encoding), delimiter=delimiter, encoding=encoding)
    chunks = list(source.chunks(rows=size))
    assert source.headers == tuple(headers)
    assert {row: cells for chunk in chunks for row, cells in rows_of(chunk).items()} == expected
    assert sum(chunk.blank for chunk in chunks) == sum(blanks[: len(table)])
    faulty = {row for row, cells in expected.items() if CONTROL.search("".join(cells))}
    assert {row for chunk in chunks for row in chunk.faults} == faulty


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(categories=("L", "N", "Zs")), min_size=1, max_size=6), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    ).filter(lambda rows: all(any(cell.strip() for cell in row) for row in rows)),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
def test_the_delimiter_is_found_where_cells_hold_words(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    text = "".join(delimiter.join(row) + "\n" for row in [["a", "b", "c"], *rows])
    source = open_text(tmp_path, text)
    assert source.delimiter == delimiter
    assert list(rows_of(only_chunk(source)).values()) == rows


LEADS = ["Ada", "Zoë", "O’Brien", "Smith, John", 'The "Shed"', "1 High St\nLeeds", "", "Total"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    names=st.lists(st.lists(st.sampled_from(LEADS), min_size=2, max_size=2), min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
)
def test_a_list_of_leads_is_read_without_being_told_anything(
    tmp_path: Path, names: list[list[str]], delimiter: str, quoting: Literal[0, 1, 2], end: str, encoding: str
) -> None:
    rows = [[*pair, f"x{row}@example.com", f"0770090{row:04}"] for row, pair in enumerate(names)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    if end == "\r":
        rows = [[cell.replace("\n", "\r") for cell in row] for row in rows]
    writer.writerows([["First name", "Address", "E-mail", "Mobile"], *rows])
    source = open_text(tmp_path, out.getvalue().encode(encoding))
    chunk = only_chunk(source)
    assert (source.delimiter, source.header_row) == (delimiter, 1)
    assert list(rows_of(chunk).values()) == rows
    assert chunk.faults == {}


def test_the_name_that_the_user_knows_stands_for_a_private_copy(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('a,b\n1,"x\n')
    with pytest.raises(InputError) as caught:
        list(open_list(path, name="may.csv.gz").chunks())
    assert caught.value.message.startswith("may.csv.gz, line 2: ")
    assert str(tmp_path) not in caught.value.message + caught.value.hint


def test_a_name_stands_for_the_copy_while_rows_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a,b\n1,2\n")
    source = open_list(path, name="stdin")
    path.write_text("a,b\n1,2\n3,4\n")
    assert source.name == "stdin"
    with pytest.raises(InputError, match=r"^stdin was changed"):
        list(source.chunks())
