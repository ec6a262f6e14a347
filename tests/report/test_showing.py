from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.showing import (
    LONGEST_CELL,
    clock_of,
    count,
    cut,
    lasting,
    shown_cells,
    when,
    without_cells,
)


def test_long_text_is_cut() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("a\nb", "a⏎b"),
        ("a\xa0b\u2003c", "a b c"),
        ("a\ud800b", "a⟨U+D800⟩b"),
        ("नमस्ते", "नमस्ते"),
        ("👨\u200d👩", "👨\u200d👩"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert cut(text) == shown


@given(st.text(st.characters(), max_size=80), st.integers(2, 60))
def test_whatever_is_shown_can_be_seen_and_fits(text: str, limit: int) -> None:
    shown = cut(text, limit)
    assert len(shown) <= limit
    assert all(unicodedata.category(one) not in ("Cc", "Cs", "Zl") for one in shown)
    assert not any("\u202a" <= one <= "\u202e" or "\u2066" <= one <= "\u2069" for one in shown)


def test_cells_are_masked_unless_the_person_asked_for_them() -> None:
    assert shown_cells(["jane@example.com", ""], full=False) == ["j***@e***.com", ""]
    assert shown_cells(["jane@example.com", ""], full=True) == ["jane@example.com", ""]


def test_a_cell_of_any_length_is_shown_short() -> None:
    assert [len(one) <= LONGEST_CELL for one in shown_cells(["x y " * 9_000, "€" * 32_767], full=False)] == [
        True,
        True,
    ]
    assert len(shown_cells(["x" * 32_767], full=True)[0]) == LONGEST_CELL


def test_cells_that_are_quoted_in_a_sentence_are_left_out() -> None:
    words = "has 4 cells, the header has 3; beyond the last column: 'Jane', '07700 900123'"
    assert without_cells(words) == "has 4 cells, the header has 3; beyond the last column: …"
    assert without_cells("Email is required and empty") == "Email is required and empty"


def test_times_are_told_in_utc() -> None:
    assert when("2026-11-23T13:40:50+02:00") == "23 Nov 2026, 11:40 UTC"
    assert when("2026-11-03T11:40:50+00:00", clock=False) == "3 Nov 2026"
    assert clock_of("2026-11-23T13:40:50+02:00") == "11:40:50"
    assert (when("no time"), clock_of("")) == ("no time", "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 ms"), (0.0384, "38 ms"), (4.21, "4.2 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min")],
)
def test_spans_are_told_in_units_that_fit(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


def test_counts_are_words() -> None:
    assert (count(1, "row"), count(9_412, "row")) == ("1 row", "9,412 rows")
