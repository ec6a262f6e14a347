from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.checks.moments import Moments
from pipeline.data_types import TypeOptions, data_type

from ..builders import column

DATE_TIME = data_type("Date Time")
FORMATS = (
    "", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%d/%m/%Y %I:%M %p", "%H:%M %d/%m/%Y", "%d %b %Y", "%Y-%d-%m",
)  # fmt: skip
PARTS = (
    "25/12/2025", "01/02/2025", "2/1/2025", "31/02/2025", "2025-12-25", "2025-02-30", "20251225", "25 Dec 2025",
    "25.12.25", "Dec 25, 2025", "1850-01-01", "soon", "00:00", "12/25/2025",
)  # fmt: skip
JOINTS = ("", " ", ", ", "T", "  ", ",", " 00:00 ")
CLOCKS = (
    "",
    "14:30",
    "14:30:00",
    "00:00:00",
    "23:59:59",
    "24:00",
    "9:05",
    "9:05 pm",
    "14:30:00.250",
    "14:30:00Z",
    "14:30:00+01:00",
)


def read(date_format: str, *cells: str) -> list[str | None]:
    moments, known = Moments(date_format).read(column(*cells))
    return [text if sure else None for text, sure in zip(moments.to_pylist(), known.tolist(), strict=True)]


@given(
    st.sampled_from(FORMATS),
    st.lists(st.builds("".join, st.tuples(*map(st.sampled_from, (PARTS, JOINTS, CLOCKS)))), max_size=20),
)
@example("", ["2025-12-25 00:00 14:30:00"])
@example("%H:%M %d/%m/%Y", ["14:30 25/12/2025", "2025-12-25 14:30:00", "25/12/2025"])
def test_a_column_of_moments_is_read_as_the_data_type_reads_each(date_format: str, cells: list[str]) -> None:
    assert DATE_TIME is not None
    options = TypeOptions(date_format=date_format)
    one_by_one = [DATE_TIME.normalise(cell, options) for cell in cells]
    assert read(date_format, *cells) == [text if DATE_TIME.check(text, options) else None for text in one_by_one]


@pytest.mark.parametrize(
    ("date_format", "cell", "moment"),
    [
        ("", "2025-12-25", "2025-12-25 00:00:00"),
        ("", "2025-12-25T14:30:05", "2025-12-25 14:30:05"),
        ("%d/%m/%Y", "01/02/2025 14:30", "2025-02-01 14:30:00"),
        ("%m/%d/%Y %H:%M:%S", "01/02/2025 14:30:05", "2025-01-02 14:30:05"),
        ("%d/%m/%Y %H:%M", "01/02/2025 14:30:05", None),
        ("", "01/02/2025", None),
        ("", "", None),
    ],
)
def test_a_moment_is_a_date_with_its_time_of_day(date_format: str, cell: str, moment: str | None) -> None:
    assert read(date_format, cell) == [moment]


def test_an_empty_column_has_no_moments() -> None:
    assert read("%d/%m/%Y") == []
