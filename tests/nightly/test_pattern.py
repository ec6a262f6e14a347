from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.nightly.pattern import Named, Pattern


@pytest.mark.parametrize(
    ("text", "name", "day"),
    [
        ("*.csv", "acme.csv", None),
        ("acme_*_{date:%Y%m%d}.csv", "acme_solar_20261123.csv", date(2026, 11, 23)),
        ("{date:%d-%m-%Y} leads.xlsx", "23-11-2026 leads.xlsx", date(2026, 11, 23)),
        ("leads{date:%d%b%y}*.csv", "leads23Nov26-a.csv", date(2026, 11, 23)),
        ("d{date:%Y.%j}.csv", "d2026.327.csv", date(2026, 11, 23)),
        ("*_{date:%Y%m%dT%H%M}.csv", "a_20261123T0215.csv", date(2026, 11, 23)),
        ("list[0-9]?.csv", "list7a.csv", None),
        (".hidden*.csv", ".hidden1.csv", None),
    ],
)
def test_a_pattern_takes_a_name_and_knows_its_date(text: str, name: str, day: date | None) -> None:
    assert Pattern.parse(text).match(name) == Named(name, day)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("*.csv", "acme.csv.filepart"),
        ("*.csv", ".acme.csv"),
        ("*.csv", "acme.CSV"),
        ("acme_{date:%Y%m%d}.csv", "acme_20261399.csv"),
        ("acme_{date:%Y%m%d}.csv", "acme_2026113.csv"),
        ("acme_{date:%Y%m%d}.csv", "acme_20261123.csv\n"),
        ("a.csv", "abcsv"),
        ("list[0-9].csv", "listx.csv"),
    ],
)
def test_a_pattern_leaves_other_names_alone(text: str, name: str) -> None:
    assert Pattern.parse(text).match(name) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not the name of a file"),
        ("in/*.csv", "the folder is the inbox"),
        ("{day}.csv", "a brace that is no date"),
        ("{date:%Y%m%d}{date:%Y%m%d}.csv", "more than one"),
        ("{date:%Y%m}.csv", "needs year, month and day"),
        ("{date:%Q}.csv", "%Q is not known"),
        ("{date:%Y%m%d%d}.csv", "makes no date"),
    ],
)
def test_what_is_no_pattern_says_why(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Pattern.parse(text)


def test_names_are_ordered_by_date_then_by_name() -> None:
    named = [Named("b", date(2026, 1, 2)), Named("c", date(2026, 1, 1)), Named("a", date(2026, 1, 2))]
    assert [one.name for one in sorted(named, key=lambda one: one.order)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("*.csv", "*.xlsx", False),
        ("a*.csv", "*b.csv", True),
        ("a*.csv", "b*.csv", False),
        ("acme_{date:%Y%m%d}.csv", "acme_*.csv", True),
        ("acme_?.csv", "acme_??.csv", False),
        ("[ab].csv", "a.csv", True),
    ],
)
def test_whether_two_patterns_may_take_the_same_file(one: str, other: str, meet: bool) -> None:
    assert Pattern.parse(one).may_meet(Pattern.parse(other)) is meet
    assert Pattern.parse(other).may_meet(Pattern.parse(one)) is meet


_GLOB = st.text("ab*?", min_size=1, max_size=6)


@given(_GLOB, _GLOB, st.text("ab", max_size=6))
def test_two_patterns_that_take_one_name_are_said_to_meet(one: str, other: str, name: str) -> None:
    first, second = Pattern.parse(one), Pattern.parse(other)
    if first.match(name) and second.match(name):
        assert first.may_meet(second)
