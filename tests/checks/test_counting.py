from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import Check, Rule
from pipeline.checks.counted import Counted
from pipeline.checks.counting import Counts
from pipeline.model import Severity

from ..builders import column
from .looking import flagged, looking, said, said_by

CHUNKS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "\0", "a\0", "ä", "x" * 300, *map(str, range(30))])), max_size=6
)
IP, SECOND = "8.8.8.8", "2026-01-05 10:11:12"


@given(CHUNKS)
def test_counting_is_that_of_a_counter(chunks: list[list[str]]) -> None:
    counts, seen, row = Counts(), Counter[str](), 7
    for chunk in chunks:
        expected = []
        for value in chunk:
            seen[value] += 1
            expected.append(seen[value])
        rows = np.arange(row, row + len(chunk))
        row += len(chunk)
        assert counts.add(column(*chunk), rows).tolist() == expected
    found, most = counts.beyond(2), max(seen.values(), default=0)
    if most <= 2:
        assert found == (0, 0, 0)
    else:
        everything = [value for chunk in chunks for value in chunk]
        first = min(everything.index(value) for value, number in seen.items() if number == most)
        assert found == (sum(number > 2 for number in seen.values()), most, 7 + first)


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


def test_a_million_distinct_values_take_sixteen_bytes_each() -> None:
    counts, size = Counts(), 250_000
    for start in range(0, 4 * size, size):
        values = pa.array(np.arange(start, start + size), pa.int64()).cast(pa.large_string())
        assert (counts.add(values, np.arange(size)) == 1).all()
    assert (counts.add(column("0", "999999", "1000000", "0"), np.arange(4)) == [2, 2, 1, 3]).all()
    assert counts.nbytes == 16 * (4 * size + 1)


def test_rows_beyond_the_limit_are_told_and_those_before_are_not() -> None:
    words = "is the IP address of more than 2 rows, the first 2 of which are not counted here"
    assert said(Rule.SAME_IP, IP, IP, IP, "1.1.1.1", IP, limit=2) == ["", "", words, "", words]


def test_an_address_is_the_same_in_any_of_its_forms_and_what_is_none_is_not_counted() -> None:
    forms = ("2606:4700::1111", "2606:4700:0:0:0:0:0:1111", "2606:4700::0:1111")
    assert flagged(Rule.SAME_IP, *forms, limit=2) == [forms[2]]
    assert flagged(Rule.SAME_IP, "", "", "", "n/a", "n/a", "n/a", limit=1) == []


def test_an_opt_in_second_is_one_moment_however_it_is_written() -> None:
    words = "is, to the second, the opt-in time of more than 2 rows, the first 2 of which are not counted here"
    cells = (SECOND, "05/01/2026 10:11:12", "2026-01-05T10:11:12", "2026-01-05 10:11:13")
    assert said(Rule.SAME_OPTIN, *cells, limit=2, date_format="%d/%m/%Y") == ["", "", words, ""]


@pytest.mark.parametrize("cell", ["2026-01-05", "2026-01-05 10:11", "2026-01-05 00:00:00", "", "2026-01-05 25:00:00"])
def test_what_names_no_second_is_not_counted(cell: str) -> None:
    assert flagged(Rule.SAME_OPTIN, *[cell] * 9, limit=1) == []


def test_the_whole_list_is_told_by_the_commonest_value_and_its_first_row() -> None:
    counted = Counted(Check(Rule.SAME_IP, Severity.FAULT, "ip", limit=2))
    found = counted.look(column("", IP, "1.1.1.1", IP, IP), np.array([2, 4, 5, 6, 9]))
    assert found.positions.tolist() == [4]
    assert found.messages.to_pylist() == ["is the IP address of more than 2 rows, the first 2 of which have passed"]
    assert counted.in_all("column 'IP'") == "column 'IP': one IP address stands in 3 rows, the first of them row 4"
    counted.look(column(*["1.1.1.1"] * 3), np.array([10, 11, 12]))
    assert counted.in_all("column 'IP'") == (
        "column 'IP': one IP address stands in 4 rows, the first of them row 5; 2 in all stand in more than 2"
    )
    assert Counted(Check(Rule.SAME_OPTIN, Severity.WARNING, "at", limit=5)).in_all("column 'At'") == ""
