from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.report.contents import EarlierList, Report
from pipeline.report.profile import Strip
from pipeline.report.trend import better_or_worse, good_rows, over_all
from tests.report.sample import DRY, REAL


def list_of(rows: int, good: int, file: str = "october.csv") -> EarlierList:
    return EarlierList("r", "2026-10-02T09:00:00+00:00", file, rows, good, rows - good, 0)


def report(rows: int, good: int, *earlier: EarlierList) -> Report:
    profile = replace(DRY.profile, rows=rows, strip=Strip(2, rows, {"valid": (good,), "invalid": (rows - good,)}))
    return replace(DRY, profile=profile, earlier=earlier)


def test_it_says_by_how_many_percentage_points_a_list_is_better() -> None:
    assert better_or_worse(report(10_000, 9_740, list_of(8_000, 7_600))) == (
        "Better than the last one (october.csv, 2 Oct 2026): 97.4 % of the rows are good, "
        "2.4 percentage points more than then (95 %)."
    )


def test_it_says_by_how_many_a_list_is_worse() -> None:
    said = better_or_worse(report(10_000, 9_400, list_of(8_000, 7_600)))
    assert said.startswith("Worse than the last one")
    assert "1.0 percentage point fewer" in said


def test_lists_that_are_alike_are_as_good() -> None:
    assert better_or_worse(report(10_000, 9_500, list_of(8_000, 7_601))).startswith("As good as the last one")


def test_small_lists_differ_by_chance() -> None:
    assert "chance alone can make that difference" in better_or_worse(report(50, 45, list_of(50, 47)))
    assert "chance" not in better_or_worse(report(50_000, 45_000, list_of(50_000, 47_000)))


def test_the_latest_list_is_the_one_compared_with() -> None:
    assert better_or_worse(report(100, 90, list_of(100, 10, "new"), list_of(100, 99, "old"))).startswith("Better")


@pytest.mark.parametrize("earlier", [(), (list_of(0, 0),)])
def test_nothing_to_compare_with_is_said_nothing_of(earlier: tuple[EarlierList, ...]) -> None:
    assert better_or_worse(report(10, 9, *earlier)) == ""
    assert over_all(report(10, 9, *earlier)) == ""


def test_all_earlier_lists_are_summed_up() -> None:
    assert over_all(report(10, 9, list_of(1_000, 900), list_of(3_000, 2_850))) == (
        "Over the 2 earlier lists together 93.8 % of 4,000 rows were good."
    )


def test_a_row_that_leadbyte_refused_was_good_when_it_was_read() -> None:
    strip = Strip(2, 10, {"accepted": (4,), "rejected": (3,), "invalid": (2,), "duplicate": (1,)})
    assert good_rows(replace(REAL.profile, rows=10, strip=strip)) == 7


def test_a_row_that_a_run_of_this_very_list_has_sent_is_not_held_against_it() -> None:
    strip = Strip(2, 10, {"invalid": (2,), "duplicate": (8,)})
    assert good_rows(replace(DRY.profile, rows=10, strip=strip, sent_already=7)) == 7
