from __future__ import annotations

import re
import warnings
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from pipeline.report.charts import (
    earlier_lists,
    faults_per_field,
    funnel,
    latency_over_time,
    rate_over_time,
    responses_by_code,
    thinned,
    where_in_file,
)
from pipeline.report.contents import Moment, Response
from pipeline.report.drawing import BARS, TABLE, Chart
from pipeline.report.profile import BINS, Strip
from pipeline.report.trend import good_rows
from tests.report.sample import DRY, MOMENTS, NASTY, RESPONSES, TAIL

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: Chart | None) -> ET.Element:
    assert chart is not None
    return ET.fromstring(chart.svg)  # noqa: S314 - we drew it


def rects(chart: Chart | None) -> list[ET.Element]:
    return list(drawn(chart).iter("rect"))


def number(one: ET.Element, key: str) -> float:
    return float(one.get(key, "0"))


CHARTS = {
    "faults": faults_per_field({"Email": 328, "DOB": 58, "Car": 0}),
    "where": where_in_file(TAIL, 10_000, "So."),
    "responses": responses_by_code(RESPONSES),
    "rate": rate_over_time(MOMENTS),
    "latency": latency_over_time(MOMENTS),
    "funnel": funnel((("sent", 400), ("queued: taken", 380), ("sold", 100))),
    "earlier": earlier_lists(DRY, good_rows(DRY.profile)),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_picture_is_named_described_and_has_its_numbers_as_a_table(chart: Chart) -> None:
    root = drawn(chart)
    assert (root.tag, root.get("role")) == ("svg", "img")
    assert root.get("aria-labelledby") == f"{chart.ident}-title {chart.ident}-description"
    assert chart.title
    assert chart.description.endswith(".")
    assert chart.rows
    assert {len(row) for row in chart.rows} == {len(chart.headers)}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_picture_brings_no_style_script_font_or_address_of_its_own(chart: Chart) -> None:
    assert {one.tag for one in drawn(chart).iter()} <= {"svg", "g", "rect", "text", "title"}
    assert not re.search(r"style=|href|http|url\(|<!--|\bid=", chart.svg)


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_picture_is_small(chart: Chart) -> None:
    assert len(chart.svg) < 45_000


def test_bars_are_as_long_as_their_numbers_and_say_them() -> None:
    chart = faults_per_field({"Email": 300, "DOB": 100, "Car": 0})
    lengths = sorted(number(one, "width") for one in rects(chart))
    assert lengths[1] == pytest.approx(3 * lengths[0], abs=0.3)
    assert {one.text for one in drawn(chart).iter("text")} == {"Email", "DOB", "300", "100"}
    assert chart is not None
    assert chart.rows == (("Email", "300"), ("DOB", "100"))


def test_the_worst_field_is_on_top() -> None:
    root = drawn(faults_per_field({"DOB": 58, "Email": 328}))
    heights = {one.text: number(one, "y") for one in root.iter("text")}
    assert heights["Email"] < heights["DOB"]


def test_more_bars_than_a_picture_holds_are_in_its_table() -> None:
    chart = faults_per_field({f"Field_{at}": 100 - at for at in range(30)})
    assert len(rects(chart)) == BARS
    assert chart is not None
    assert "The 12 worst of 30 fields." in chart.description
    assert len(chart.rows) == 30


def test_a_table_of_any_length_fits_the_page() -> None:
    chart = faults_per_field({"&" * 50 + str(at): 1 for at in range(2_000)})
    assert chart is not None
    assert sum(5 * len("".join(row)) for row in chart.table) < 1.2 * TABLE


def test_no_fault_is_no_picture() -> None:
    assert faults_per_field({"Email": 0}) is None
    assert where_in_file(Strip(2, 1, {}), 1, "") is None
    assert responses_by_code(()) is None
    assert rate_over_time(()) is None
    assert latency_over_time((Moment("2026-11-23T11:00:00+00:00", 1.0, 4, None, None),)) is None
    assert funnel(()) is None
    assert earlier_lists(replace(DRY, earlier=()), 0) is None


def test_the_strip_stacks_each_bins_outcomes_over_the_row_numbers() -> None:
    chart = where_in_file(Strip(2, 10, {"valid": (10, 4), "invalid": (0, 6), "duplicate": (0, 0)}), 21, "So.")
    said = {(one.get("class"), one.findtext("title")) for one in rects(chart)}
    assert said == {
        ("o-valid", "rows 2 to 11: 10 valid"),
        ("o-valid", "rows 12 to 21: 4 valid"),
        ("o-invalid", "rows 12 to 21: 6 invalid"),
    }
    whole, low, high = sorted(rects(chart), key=lambda one: (number(one, "x"), -number(one, "y")))
    assert number(low, "height") + number(high, "height") == pytest.approx(number(whole, "height"), abs=0.3)
    assert number(high, "y") + number(high, "height") == pytest.approx(number(low, "y"), abs=0.3)
    assert chart is not None
    assert chart.ends == ("row 2", "row 21")
    assert chart.rows == (("2 to 11", "10", "0"), ("12 to 21", "4", "6"))
    assert "So. Each bar stands for 10 row numbers" in chart.description


def test_the_strip_ends_with_the_list() -> None:
    chart = where_in_file(Strip(2, 10, {"valid": (10, 4)}), 15, "So.")
    assert chart is not None
    assert chart.ends == ("row 2", "row 15")
    assert chart.rows == (("2 to 11", "10"), ("12 to 15", "4"))


def test_a_plot_fills_its_whole_box() -> None:
    left, top, width, height = map(float, drawn(CHARTS["where"]).get("viewBox", "").split())
    boxes = rects(CHARTS["where"])
    assert min(number(one, "x") for one in boxes) == pytest.approx(left, abs=0.2)
    assert max(number(one, "x") + number(one, "width") for one in boxes) == pytest.approx(left + width, abs=0.2)
    assert max(number(one, "y") + number(one, "height") for one in boxes) == pytest.approx(top + height, abs=0.2)


def test_a_plot_of_one_bar_is_drawn() -> None:
    one = (Moment("2026-11-23T11:00:00+00:00", 2.0, 4, 0.2, 0.3),)
    assert [bar.findtext("title") for bar in rects(rate_over_time(one))] == ["11:00:00: 2.0 a second"]
    assert [bar.findtext("title") for bar in rects(latency_over_time(one))] == [
        "11:00:00: 200 ms median",
        "11:00:00: 100 ms up to the slowest",
    ]


def test_a_slice_without_an_answer_leaves_a_gap() -> None:
    chart = CHARTS["latency"]
    assert chart is not None
    assert ("12:21:00", "–", "–") in chart.rows
    assert len(rects(chart)) == 2 * (len(MOMENTS) - 1)


def test_a_sending_over_midnight_says_the_day() -> None:
    moments = (
        Moment("2026-11-23T23:59:00+00:00", 60.0, 4, 0.1, 0.2),
        Moment("2026-11-24T00:00:00+00:00", 60.0, 4, 0.1, 0.2),
    )
    chart = rate_over_time(moments)
    assert chart is not None
    assert chart.ends == ("23 Nov 2026, 23:59 UTC", "24 Nov 2026, 00:00 UTC")


def test_many_moments_are_put_together_without_losing_a_lead() -> None:
    many = [Moment(f"{at}", 2.0, at, None if at % 2 else at / 10, at / 5) for at in range(1_001)]
    few = thinned(many)
    assert len(few) <= 120
    assert sum(one.sent for one in few) == sum(one.sent for one in many)
    assert sum(one.seconds for one in few) == 2_002
    assert max(one.slowest or 0 for one in few) == 200


def test_a_code_that_is_none_is_no_answer() -> None:
    chart = CHARTS["responses"]
    assert chart is not None
    assert ("–", "no trustworthy answer", "unknown", "6") in chart.rows
    assert ("-5", "Validation error", "rejected", "120") in chart.rows


def test_the_funnel_tells_shares_of_the_first_stage() -> None:
    chart = CHARTS["funnel"]
    assert chart is not None
    assert chart.rows[-1] == ("sold", "100", "25 %")
    assert {"queued", "380 (95 %)"} <= {one.text for one in drawn(chart).iter("text")}


def test_this_list_stands_first_among_the_earlier_ones() -> None:
    chart = CHARTS["earlier"]
    assert chart is not None
    assert chart.rows[0][0] == "23 Nov 2026, 11:40 UTC (this list)"
    assert chart.rows[0][3:] == ("9,022", "90.3 %")
    assert [row[1] for row in chart.rows[1:]] == [one.file for one in DRY.earlier]


@pytest.mark.parametrize("text", NASTY)
def test_labels_of_any_kind_stay_text(text: str) -> None:
    chart = faults_per_field({text: 3})
    assert len(rects(chart)) == 1
    labels = {one.text or "" for one in drawn(chart).iter("text")}
    assert not any(set("\x00\x07\u202e\u2028") & set(label) for label in labels)


def test_as_many_bins_as_there_can_be_are_one_picture() -> None:
    chart = where_in_file(Strip(2, 8_334, {"valid": (4_167,) * BINS, "invalid": (4_167,) * BINS}), 10**6, "So.")
    assert len(rects(chart)) == 2 * BINS


def test_pygal_leaves_nothing_behind_in_pythons_imports() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        faults_per_field({"Email": 3})
        import wave  # noqa: F401 - whatever was not imported before


def test_what_a_bar_is_called_is_said_in_full_where_there_is_room() -> None:
    response = replace(RESPONSES[1], code=-13, meaning="Landline rejected as not in use")
    words = {one.text for one in drawn(responses_by_code((response,))).iter("text")}
    assert "-13 Landline rejected as not in use" in words


def test_lists_of_one_day_are_told_apart_by_their_time_and_their_file() -> None:
    first, *_ = DRY.earlier
    day = [replace(first, started_at=f"2026-10-02T{at:02d}:30:00+00:00", file=f"l/{at}.csv") for at in (9, 10)]
    words = {one.text for one in drawn(earlier_lists(replace(DRY, earlier=tuple(day)), 9_000)).iter("text")}
    assert {"this list", "2 Oct 2026, 09:30 · 9.csv", "2 Oct 2026, 10:30 · 10.csv"} <= words


def test_leads_without_a_code_are_told_apart_by_what_became_of_them() -> None:
    chart = responses_by_code(
        [Response("accepted", None, "found by a search", 3), Response("unknown", None, "no trustworthy answer", 2)]
    )
    assert [one.text for one in drawn(chart).iter("text") if one.text and one.text.strip()] == [
        "no trustworthy answer", "found by a search", "2", "3",
    ]  # fmt: skip


def test_what_still_waits_in_the_queue_is_told_beside_the_funnel() -> None:
    chart = funnel((("sent", 109), ("queued: taken", 94), ("accepted: processed", 0), ("sold", 0)), waiting=94)
    assert chart is not None
    assert chart.description.endswith("94 of the queued still wait for LeadByte's last word.")
    assert "queued still" not in funnel((("sent", 1),)).description  # type: ignore[union-attr]


def test_the_average_rate_leaves_pauses_out() -> None:
    moments = [Moment(f"2026-11-23T11:40:{at:02d}+00:00", 1.0, 5 if at < 10 else 0, None, None) for at in range(40)]
    for sending, said in ((10.0, "5.0 a second on average, pauses left out."), (0.0, "1.2 a second on average.")):
        chart = rate_over_time(moments, sending)
        assert chart is not None
        assert chart.description.endswith(said)


def test_times_stand_along_the_axis_where_there_is_room() -> None:
    chart = rate_over_time(MOMENTS)
    assert chart is not None
    assert chart.ends == ("11:41:00", "11:56:00", "12:11:00", "12:25:00", "12:40:00")
