from __future__ import annotations

import pytest

from pipeline.plan import kinds_of_faults

from .builders import column


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "has 7 cells, the header has 6; beyond the last column: 'Ford'",
            "the row has more or fewer cells than the header",
        ),
        ("has 1 cell, the header has 6; a cell holds 3 lines", "the row has more or fewer cells than the header"),
        ("looks like a footer or total, not a lead", "the row looks like a footer or total, not a lead"),
        ("cell C5 holds the error #N/A; cell D5 holds the error #N/A", "a cell of column C holds the error #N/A"),
        (
            "'Note' has 40,000 characters, and a spreadsheet's cell at most 32,767",
            "'Note' has too many characters, and a spreadsheet's cell at most 32,767",
        ),
        ("'Note' holds a control character (U+0001)", "'Note' holds a control character (U+0001)"),
    ],
)
def test_faults_of_records_are_counted_by_words_that_hold_no_cell_and_no_row(words: str, kind: str) -> None:
    assert kinds_of_faults(column(words, "")).to_pylist() == [kind, ""]
