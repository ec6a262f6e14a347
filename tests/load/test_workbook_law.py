"""The law of workbooks: whatever openpyxl writes comes back cell for cell, as text, under its own row number."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import openpyxl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from pipeline.load.cells import Cell, as_text
from pipeline.load.workbook import open_sheet

from .making_workbooks import first_sheet

Sheet: TypeAlias = dict[tuple[int, int], Cell]

SECOND = dt.timedelta(seconds=1)
#: openpyxl writes a line break as it is, and XML reads \r as \n; a surrogate is no character.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\r")
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=20),
    st.sampled_from(
        ["00772", "7700900123", "7.7009E+09", "NA", "#N/A", "TRUE", "01/02/03", " x ", "a\nb", "é€😀", "&<>\"'"]
    ),
).filter(lambda text: text.strip() and not text.startswith("=") and not ILLEGAL_CHARACTERS_RE.search(text))
WHOLE = st.integers(-(10**15), 10**15)
#: openpyxl writes sixteen digits; of the greatest numbers fewer are more.
FLOATS = st.floats(-1e300, 1e300).map(lambda value: float(f"{value:.15g}"))
DAYS = st.dates(dt.date(1900, 3, 1), dt.date(9999, 12, 30))
MOMENTS = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 30))  # noqa: DTZ001  # a sheet has no zones
TIMES = st.times().map(lambda time: time.replace(microsecond=0))
SPANS = st.timedeltas(dt.timedelta(), dt.timedelta(days=40_000)).map(
    lambda span: dt.timedelta(seconds=span // SECOND)
)
CELLS = st.one_of(
    TEXTS, WHOLE, FLOATS, st.booleans(), DAYS, MOMENTS.map(lambda moment: moment.replace(microsecond=0)), TIMES, SPANS
)
PLACES = st.tuples(st.integers(1, 60), st.integers(1, 12))


def typed(cell: Cell) -> str:
    """What a person would type, told in another way than the reader does it."""
    match cell:
        case bool():
            return str(cell).upper()
        case int() | float():
            return f"{Decimal(repr(cell)):f}".removesuffix(".0") if cell else "0"
        case dt.datetime():
            return f"{cell:%H:%M:%S}".join((f"{cell.date()} ", "")).removesuffix(" 00:00:00")
        case dt.timedelta():
            return f"{cell // SECOND // 3600:02}:{cell // SECOND // 60 % 60:02}:{cell // SECOND % 60:02}"
        case _:
            return str(cell)


def write(path: Path, cells: Sheet) -> None:
    book = openpyxl.Workbook()
    for (row, column), value in cells.items():
        first_sheet(book).cell(row, column, value)
    book.save(path)


@given(st.dictionaries(PLACES, CELLS, min_size=1, max_size=40))
@example({(1, 1): "a", (60, 12): 0.1})
@example({(3, 2): False, (3, 3): 0, (3, 4): 0.0, (3, 5): True, (3, 6): 1})
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_sheet_comes_back_cell_for_cell_under_its_own_row_numbers(cells: Sheet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        write(path, cells)
        table = open_sheet(path, "")
        left, right = min(column for _, column in cells), max(column for _, column in cells)
        headers = tuple(f"c{column}" for column in range(left, right + 1))
        chunks = list(table.chunks(headers, 0, 7))
    found = {
        int(row): dict(zip(range(left, right + 1), texts, strict=True))
        for chunk in chunks
        for row, *texts in chunk.frame.itertuples()
    }
    filled = sorted({row for row, _ in cells})
    assert table.first_column == left
    assert sorted(found) == filled
    assert {row: {c: text for c, text in line.items() if text} for row, line in found.items()} == {
        row: {c: typed(value) for (r, c), value in cells.items() if r == row} for row in filled
    }
    assert sum(chunk.blank for chunk in chunks) == filled[-1] - len(filled)


@given(CELLS)
def test_a_cell_is_typed_as_the_plain_way_says(cell: Cell) -> None:
    assert as_text(cell) == typed(cell)
