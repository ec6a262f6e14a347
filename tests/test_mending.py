"""What marks a list of rows to mend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.csv_file import safe_cell
from pipeline.load.records import chunk_of, into_chunks
from pipeline.mending import (
    REASONS,
    Mark,
    is_added,
    is_like_mark,
    mark_of,
    row_header,
    shielded,
    shows_again,
    token_of,
    unshielded,
)

from .builders import column

TOKEN = "3f9a12bc34de56f7"
RISKY = st.text(st.sampled_from("'=+-@\t\r 1a.,\n"), max_size=6)


@pytest.mark.parametrize("mark", [Mark(TOKEN), Mark(TOKEN, apostrophes=True)])
def test_a_header_says_whose_rows_they_are(mark: Mark) -> None:
    assert mark_of(row_header(mark)) == mark
    assert mark_of(row_header(mark).upper()) == mark
    assert is_added(row_header(mark))
    assert is_added(REASONS)


def test_the_header_is_the_one_that_lists_in_the_world_have() -> None:
    """It must not change: people have such workbooks."""
    assert row_header(Mark(TOKEN)) == "Row (leadbyte-import 3f9a12bc34de56f7)"
    assert REASONS == "Reasons (leadbyte-import)"
    assert token_of("0123456789abcdef" * 4) == "0123456789abcdef"


@pytest.mark.parametrize(
    "header",
    ["Row", "Reasons", "Row (leadbyte-import)", "Row (leadbyte-import 3f9a)", f"Row (leadbyte-import {TOKEN}"],
)
def test_another_header_is_none(header: str) -> None:
    assert mark_of(header) is None
    assert not is_added(header)


@pytest.mark.parametrize(("header", "alike"), [("row (Leadbyte-Import 3f9a", True), (REASONS, True), ("Row", False)])
def test_a_changed_header_is_known_for_what_it_was(header: str, alike: bool) -> None:
    assert is_like_mark(header) is alike


@given(st.one_of(RISKY, st.text(max_size=6)))
def test_a_shielded_cell_comes_back_and_runs_nowhere(cell: str) -> None:
    assert unshielded(shielded(cell)) == cell
    assert safe_cell(shielded(cell)) == shielded(cell)


@given(RISKY.filter(lambda cell: not cell.startswith("'")))
def test_what_is_shielded_is_what_results_shield_too(cell: str) -> None:
    assert shielded(cell) == safe_cell(cell)


@pytest.mark.parametrize("header", ["Notes", "It's", 'the "old" one', "a; b", "back\\slash", "U+0007"])
@pytest.mark.parametrize("cell", ["a\x07b", "\x92", "both\x7f"])
def test_a_control_character_shows_again_whatever_the_header(header: str, cell: str) -> None:
    (fault,) = _faults((header,), [cell])
    assert shows_again(fault)
    assert not shows_again(f"has 3 cells, the header has 10; {fault}")


def test_a_footer_shows_again() -> None:
    (fault,) = _faults(("A", "B", "C"), ["Total"], [""], ["300"])
    assert shows_again(fault)


def test_what_the_cells_do_not_show_does_not() -> None:
    """In a workbook such a row would look sound, and be sent as it is."""
    reading = _Lines(["a", "b", "c"], ["a"], ["a", "b", "c", "d\x07"], ["a\x07"])
    (chunk,) = into_chunks(reading, ("A", "B", "C"), 1, 10, ",")
    swallowed = _faults(tuple("ABCD"), ["a"], ["b"], ["c,d\na,b,c,d\na,b,c"], ["d"], delimiter=",")
    words = [*chunk.faults.values(), *swallowed, "cell C5 holds the error #N/A", "'A' has 40,000 characters"]
    assert len(words) == 6
    assert not any(map(shows_again, words))


def _faults(headers: tuple[str, ...], *cells: list[str], delimiter: str = "") -> list[str]:
    import numpy as np

    rows = np.arange(2, 2 + len(cells[0]))
    return list(chunk_of([column(*one) for one in cells], headers, rows, {}, 0, 0, delimiter).faults.values())


class _Lines:
    """Records as a pass over a list has them, the header in row 1."""

    position = 0

    def __init__(self, *lines: list[str]) -> None:
        self._lines = lines

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(enumerate(self._lines, 1))
