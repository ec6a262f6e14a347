from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.nightly.inbox import Look, Stamp
from pipeline.nightly.pattern import Pattern
from pipeline.nightly.settling import Settling


def settled(
    *looks: dict[str, Stamp], between: float = 0.0, settle: float = 60.0
) -> tuple[Sequence[str], list[str], float]:
    """The names that stand still and those that grow, and how long that took.

    One look after the other is seen, the last one for ever; so many seconds are `between` the first and the next.
    """
    at, left = 1000.0, list(looks)

    def look() -> Look:
        return Look(left.pop(0) if len(left) > 1 else left[0])

    def wait(seconds: float) -> None:
        nonlocal at
        at += seconds

    one = Settling(look, Pattern.parse("*.csv"), settle, lambda: at, wait)
    one.begin()
    at += between
    found = [named.name for named, _stamp in one.steady()]
    return found, one.growing, at - 1000.0 - between


def test_an_old_file_is_taken_at_once() -> None:
    assert settled({"a.csv": Stamp(5, 900.0)}) == (["a.csv"], [], 0.0)


def test_a_young_file_is_waited_for_until_it_is_old_enough() -> None:
    assert settled({"a.csv": Stamp(5, 980.0)}) == (["a.csv"], [], 40.0)


@pytest.mark.parametrize("later", [Stamp(6, 980.0), Stamp(5, 990.0)])
def test_a_file_that_changes_meanwhile_is_still_growing(later: Stamp) -> None:
    first = {"a.csv": Stamp(5, 980.0), "b.csv": Stamp(1, 900.0)}
    assert settled(first, first, first | {"a.csv": later}) == (["b.csv"], ["a.csv"], 40.0)


def test_a_file_that_went_away_is_not_taken() -> None:
    first = {"a.csv": Stamp(5, 980.0)}
    assert settled(first, first, {}) == ([], ["a.csv"], 40.0)


def test_without_a_time_two_looks_have_to_be_far_enough_apart() -> None:
    look = {"a.csv": Stamp(5, None)}
    assert settled(look) == (["a.csv"], [], 60.0)
    assert settled(look, between=45.0) == (["a.csv"], [], 15.0)
    assert settled(look, between=100.0) == (["a.csv"], [], 0.0)


def test_a_time_in_the_future_says_nothing() -> None:
    assert settled({"a.csv": Stamp(5, 5000.0)}) == (["a.csv"], [], 60.0)


def test_a_file_that_changed_since_the_first_look_begins_anew() -> None:
    looks = {"a.csv": Stamp(5, None)}, {"a.csv": Stamp(6, None)}
    assert settled(*looks, between=100.0) == (["a.csv"], [], 60.0)


def test_other_names_are_not_waited_for() -> None:
    assert settled({"a.csv.part": Stamp(5, 999.0), "b.csv": Stamp(1, 10.0)}) == (["b.csv"], [], 0.0)
