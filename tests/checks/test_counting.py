from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import Rule
from pipeline.checks.counting import Counts

from ..builders import column
from .looking import flagged, looking, said, said_by

CHUNKS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "\0", "a\0", "ä", "x" * 300, *map(str, range(30))])), max_size=6
)
IP, SECOND = "8.8.8.8", "2026-01-05 10:11:12"


@given(CHUNKS)
def test_counting_is_that_of_a_counter(chunks: list[list[str]]) -> None:
    counts, seen = Counts(), Counter[str]()
    for chunk in chunks:
        expected = []
        for value in chunk:
            seen[value] += 1
            expected.append(seen[value])
        assert counts.add(column(*chunk)).tolist() == expected


@given(
    st.lists(st.sampled_from([IP, "1.1.1.1", "", "2606:4700::1111", "x"]), max_size=40), st.integers(1, 5), st.data()
)
def test_it_does_not_matter_how_the_list_is_cut_into_chunks(
    cells: list[str], limit: int, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(cells)), max_size=4)))
    look = looking(Rule.SAME_IP, limit)
    pieces = [cells[start:end] for start, end in zip([0, *cuts], [*cuts, len(cells)], strict=True)]
    assert [word for piece in pieces for word in said_by(look, *piece)] == said(Rule.SAME_IP, *cells, limit=limit)


def test_a_million_distinct_values_take_twelve_bytes_each() -> None:
    counts, size = Counts(), 250_000
    for start in range(0, 4 * size, size):
        values = pa.array(np.arange(start, start + size), pa.int64()).cast(pa.large_string())
        assert (counts.add(values) == 1).all()
    assert (counts.add(column("0", "999999", "1000000", "0")) == [2, 2, 1, 3]).all()
    assert counts.nbytes == 12 * (4 * size + 1)


def test_rows_beyond_the_limit_are_told_and_those_before_are_not() -> None:
    words = "is the IP address of more than 2 rows"
    assert said(Rule.SAME_IP, IP, IP, IP, "1.1.1.1", IP, limit=2) == ["", "", words, "", words]


def test_an_address_is_the_same_in_any_of_its_forms_and_what_is_none_is_not_counted() -> None:
    forms = ("2606:4700::1111", "2606:4700:0:0:0:0:0:1111", "2606:4700::0:1111")
    assert flagged(Rule.SAME_IP, *forms, limit=2) == [forms[2]]
    assert flagged(Rule.SAME_IP, "", "", "", "n/a", "n/a", "n/a", limit=1) == []


def test_an_opt_in_second_is_one_moment_however_it_is_written() -> None:
    words = "is, to the second, the opt-in time of more than 2 rows"
    cells = (SECOND, "05/01/2026 10:11:12", "2026-01-05T10:11:12", "2026-01-05 10:11:13")
    assert said(Rule.SAME_OPTIN, *cells, limit=2, date_format="%d/%m/%Y") == ["", "", words, ""]


@pytest.mark.parametrize("cell", ["2026-01-05", "2026-01-05 10:11", "2026-01-05 00:00:00", "", "2026-01-05 25:00:00"])
def test_what_names_no_second_is_not_counted(cell: str) -> None:
    assert flagged(Rule.SAME_OPTIN, *[cell] * 9, limit=1) == []
