from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import shape
from pipeline.report.profile import Strip
from pipeline.report.shape import where_faults_sit

WIDTH = 100


def said(*faults: int, by_field: dict[str, int] | None = None, blank: int = 0) -> str:
    """What is said of so many rows at fault in each bin of a hundred rows, the first of which is row 2."""
    invalid = tuple(faults)
    fit = (*(WIDTH - one for one in faults[:-1]), WIDTH - faults[-1] - blank)
    return where_faults_sit(Strip(2, WIDTH, {"valid": fit, "invalid": invalid}), by_field or {})


def test_a_block_at_the_very_end_is_a_footer_or_a_cut_off_export() -> None:
    assert said(*[0] * 39, 90) == (
        "All 90 rows at fault sit in the last 2.5 % of the file, from about row 3,902 on (nearly every row there): "
        "a footer, or an export that was cut off?"
    )


def test_a_longer_block_at_the_end_is_another_list_or_shifted_columns() -> None:
    assert said(*[1] * 15, *[60] * 5) == (
        "95.2 % of the 315 rows at fault sit in the last 25 % of the file, from about row 1,502 on: "
        "have the columns moved there, or was another list put behind this one?"
    )


def test_a_block_at_the_beginning() -> None:
    assert said(50, *[0] * 19) == (
        "All 50 rows at fault sit in the first 5 % of the file, up to about row 101: trials, or an older part of it?"
    )


def test_a_block_in_the_middle_is_told_by_its_rows() -> None:
    assert said(*[1] * 10, 95, 99, *[1] * 10) == (
        "90.7 % of the 214 rows at fault sit between about rows 1,002 and 1,201, 9.1 % of the file "
        "(nearly every row there): rows pasted in from elsewhere?"
    )


def test_half_a_list_in_which_every_row_is_at_fault_is_a_block() -> None:
    assert "in the last 50 % of the file, from about row 1,002 on (nearly every row there)" in said(
        *[0] * 10, *[100] * 10
    )


def test_an_even_spread_points_at_the_column_that_has_most_of_the_faults() -> None:
    assert said(*[10] * 20, by_field={"Email": 150, "DOB": 60}) == (
        "Spread evenly over the file, 10 % of the rows everywhere: look at Email as a whole, which has "
        "75 % of them, not at single rows."
    )


def test_an_even_spread_over_many_columns_is_slips() -> None:
    assert said(*[10] * 20, by_field={"Email": 90, "DOB": 60}).endswith("no single column; slips here and there.")


def test_an_even_spread_of_rows_that_are_wrong_as_a_whole_points_at_the_file() -> None:
    assert said(*[10] * 20, by_field={"Email": 9, shape.WHOLE_ROWS: 191}).endswith(
        "95.5 % of them are wrong as a whole: look at how the file was written, not at each row."
    )


@pytest.mark.parametrize("faults", [[9, 12, 10, 8, 13, 11] * 6, [0, 1, 0, 0, 2, 1, 0, 1, 0, 0] * 4])
def test_what_chance_scatters_is_even(faults: list[int]) -> None:
    assert said(*faults).startswith("Spread evenly")


def test_several_heaps_are_told_apart_from_both() -> None:
    assert said(*([50] * 4 + [2] * 4) * 5).startswith("In some parts of the file more than in others")


def test_few_faults_none_and_nothing_but_faults() -> None:
    assert said(*[0] * 9) == "No row breaks a rule."
    assert said(3, *[0] * 9) == "Only 3 rows at fault: too few to show where they come from."
    assert said(*[100] * 9).startswith("Every row breaks a rule")


def test_a_short_list_is_told_by_its_very_rows() -> None:
    counts: dict[str, tuple[int, ...]] = {"valid": (1,) * 40 + (0,) * 10, "invalid": (0,) * 40 + (1,) * 10}
    assert "from row 42 on" in where_faults_sit(Strip(2, 1, counts), {})


def test_blank_rows_in_a_bin_do_no_harm() -> None:
    assert "in the last" in said(*[0] * 30, 60, blank=40)
    strip = Strip(2, 10, {"valid": (10, 0, 10), "invalid": (0, 0, 0)})
    assert where_faults_sit(strip, {}) == "No row breaks a rule."


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30))
def test_every_strip_is_said_something_of(bins: list[tuple[int, int]]) -> None:
    fit, bad = zip(*bins, strict=True)
    words = where_faults_sit(Strip(2, 100, {"valid": fit, "invalid": bad}), {"Email": sum(bad)})
    assert words.endswith((".", "?"))


@given(st.integers(1, 4), st.integers(20, 100), st.integers(50, 100))
def test_a_footer_is_found_however_long_the_list(bad_bins: int, bins: int, share: int) -> None:
    words = said(*[0] * (bins * 4 - bad_bins), *[share] * bad_bins)
    assert "in the last" in words
    assert words.startswith("All")


def test_the_document_tells_the_same_rules() -> None:
    text = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    for rule in (
        f"fewer than {shape.FEW} rows",
        f"likelihood ratio above e{str(round(shape.SURE)).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}",
        f"at most {shape.LONGEST:.0%}".replace("%", " %"),
        f"at most {shape.FOOTER:.0%} of the list".replace("%", " %"),
        f"at least {shape.NEARLY_ALL:.0%}".replace("%", " %"),
        f"no more than {shape.EVEN:.0%}".replace("%", " %"),
    ):
        assert rule in text, rule
    assert (shape.HALF, shape.DENSER, shape.CHANCE) == (0.5, 3.0, 2.0), "half, three times and twice in words"
