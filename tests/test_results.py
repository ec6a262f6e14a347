from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.csv_file import safe_cell
from pipeline.model import RESPONSE_CODES, JournalRow, Outcome
from pipeline.results import COLUMNS, meaning, settled, write_results

HEADERS = ("Email", "Notes")
PLANNED = JournalRow(2, ("a@b.com", "x"), {}, "planned", None, "", "", None, "", None, 0, "")
REJECTED = JournalRow(
    3,
    ("c@d.com", "y"),
    {"email": "c@d.com"},
    "done",
    Outcome.REJECTED,
    "Error",
    "q-1",
    -5,
    "Email is bad",
    200,
    2,
    "2026-01-01T00:00:00+00:00",
)


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def written(path: Path, rows: Sequence[JournalRow], headers: Sequence[str] = HEADERS) -> list[list[str]]:
    write_results(path, headers, rows, "")
    return read(path)


def test_the_columns_are_the_answers_and_then_the_inputs_own(tmp_path: Path) -> None:
    header, line = written(tmp_path / "r.csv", [REJECTED])
    assert header == [
        *("row", "outcome", "status", "queueId", "code", "meaning", "errors", "http_status", "attempts"),
        *("submitted_at", "Email", "Notes"),
    ]
    assert line == [
        *("3", "rejected", "Error", "q-1", "-5", "Validation error", "Email is bad", "200", "2"),
        *("2026-01-01T00:00:00+00:00", "c@d.com", "y"),
    ]


def test_what_is_not_known_is_empty(tmp_path: Path) -> None:
    _, line = written(tmp_path / "r.csv", [PLANNED])
    assert line == ["2", "not_sent", "", "", "", "", "", "", "0", "", "a@b.com", "x"]


@settings(deadline=None)
@given(cells=st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
def test_there_is_one_line_per_row_in_order_and_no_cell_is_lost(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    rows = [replace(PLANNED, row=number, cells=pair) for number, pair in enumerate(cells, start=2)]
    lines = written(tmp_path_factory.mktemp("results") / "r.csv", rows)[1:]
    assert [int(line[0]) for line in lines] == [row.row for row in rows]
    assert [tuple(line[-2:]) for line in lines] == [(safe_cell(one), safe_cell(other)) for one, other in cells]


def test_cells_with_line_breaks_quotes_and_commas_are_one_cell(tmp_path: Path) -> None:
    cells = ('a "b", c', "two\r\nlines")
    assert written(tmp_path / "r.csv", [replace(PLANNED, cells=cells)])[1][-2:] == list(cells)


def test_the_counts_are_of_every_outcome_and_add_up(tmp_path: Path) -> None:
    rows = [PLANNED, REJECTED, replace(REJECTED, row=4)]
    counts = write_results(tmp_path / "r.csv", HEADERS, rows, "")
    assert set(counts) == set(Outcome)
    assert {outcome: number for outcome, number in counts.items() if number} == {
        Outcome.NOT_SENT: 1,
        Outcome.REJECTED: 2,
    }


@pytest.mark.parametrize("state", ["planned", "sending", "done"])
def test_a_row_with_an_outcome_has_that_one(state: str) -> None:
    assert settled(replace(REJECTED, state=state)) is Outcome.REJECTED


def test_a_planned_row_is_not_sent_and_one_caught_while_sending_unknown() -> None:
    assert settled(PLANNED) is Outcome.NOT_SENT
    assert settled(replace(PLANNED, state="sending")) is Outcome.UNKNOWN


def test_rows_that_were_not_sent_say_why_unless_they_say_it_themselves(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [PLANNED, replace(PLANNED, errors="429 three times"), replace(PLANNED, state="sending"), REJECTED]
    write_results(path, HEADERS, rows, "campaign cap reached")
    errors = [line[COLUMNS.index("errors")] for line in read(path)[1:]]
    assert errors == ["campaign cap reached", "429 three times", "", "Email is bad"]


def test_the_file_begins_with_a_byte_order_mark_for_excel(tmp_path: Path) -> None:
    written(tmp_path / "r.csv", [replace(PLANNED, cells=("Zoë", ""))])
    content = (tmp_path / "r.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfrow,")
    assert content.count(b"\xef\xbb\xbf") == 1
    assert "Zoë".encode() in content


def test_an_error_midway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("old")

    def rows() -> Iterator[JournalRow]:
        yield REJECTED
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_results(path, HEADERS, rows(), "")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["r.csv"]


def test_no_cell_header_or_word_of_leadbyte_is_run_as_a_formula(tmp_path: Path) -> None:
    spoilt = replace(REJECTED, cells=("=1+1", "@x"), status="=2", queue_id="+a", errors="-b()", submitted_at="=3")
    header, line = written(tmp_path / "r.csv", [spoilt], ("=A1", "Notes"))
    assert header[-2:] == ["'=A1", "Notes"]
    assert [line[at] for at in (2, 3, 6, 9, 10, 11)] == ["'=2", "'+a", "'-b()", "'=3", "'=1+1", "'@x"]
    assert line[4] == "-5", "a code is a number"


def test_a_code_has_leadbytes_meaning_and_an_unlisted_one_says_so() -> None:
    assert [meaning(code) for code in RESPONSE_CODES] == list(RESPONSE_CODES.values())
    assert meaning(-2) == "Duplicate or resubmission"
    assert meaning(None) == ""
    assert "not in LeadByte's list" in meaning(-77)
