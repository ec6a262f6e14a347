from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Outcome
from pipeline.report import SUMMARY_FORMAT, Reason, Summary, exit_code, reasons_from, write_summary

SUMMARY = Summary(
    run_id="20260101T000000Z-ab12",
    dry_run=False,
    file="/lists/leads.csv",
    campaign="EXAMPLE-CAMPAIGN",
    campaign_name="Example Campaign A",
    rows=1234,
    blank_rows=0,
    outcomes={"accepted": 1200, "rejected": 30, "not_sent": 4},
    queue={},
    reasons=(Reason("rejected", 30, 7, -5, "Validation error"),),
    damage=(),
    notes=("read as cp1252 (not UTF-8)",),
    stopped="Campaign cap reached",
    started_at="2026-01-01T00:00:00+00:00",
    finished_at="2026-01-01T00:05:00+00:00",
    seconds=12.34,
    rate=4.96,
    exit_code=3,
    results="output/x/results.csv",
    next_step="leadbyte-import resume x",
)
NEUTRAL = (Outcome.ACCEPTED, Outcome.VALID, Outcome.DUPLICATE, Outcome.SUPPRESSED)


def code(*outcomes: Outcome, interrupted: bool = False) -> int:
    return exit_code({one: outcomes.count(one) for one in Outcome}, interrupted)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.ACCEPTED, 0),
        (Outcome.VALID, 0),
        (Outcome.DUPLICATE, 0),
        (Outcome.SUPPRESSED, 0),
        (Outcome.INVALID, 1),
        (Outcome.REJECTED, 1),
        (Outcome.FAILED, 1),
        (Outcome.NOT_SENT, 3),
        (Outcome.UNKNOWN, 4),
    ],
)
def test_each_outcome_has_its_exit_code_alone_and_beside_what_is_fine(outcome: Outcome, expected: int) -> None:
    assert code(outcome) == expected
    assert code(outcome, *NEUTRAL) == expected


def test_a_list_without_rows_went_well() -> None:
    assert code() == 0


@given(outcomes=st.lists(st.sampled_from(Outcome)))
def test_unknown_outranks_not_sent_and_that_outranks_faults(outcomes: list[Outcome]) -> None:
    faults = {Outcome.INVALID, Outcome.REJECTED, Outcome.FAILED}
    expected = 0
    if faults.intersection(outcomes):
        expected = 1
    if Outcome.NOT_SENT in outcomes:
        expected = 3
    if Outcome.UNKNOWN in outcomes:
        expected = 4
    assert code(*outcomes) == expected
    assert code(*outcomes, interrupted=True) == 130


def test_reasons_name_the_label_the_column_and_the_first_row() -> None:
    assert reasons_from([("E-mail", "Email", "email", "is bad", 3, 7)], []) == (
        Reason("invalid", 3, 7, None, "Email (column 'E-mail') is bad"),
    )


def test_a_column_called_like_its_field_is_named_once() -> None:
    (reason,) = reasons_from([("Email", "Email", "email", "is bad", 3, 7)], [])
    assert reason.text == "Email is bad"


def test_a_record_as_a_whole_is_named_by_no_column() -> None:
    (reason,) = reasons_from([("", "", "record", "the row has 2 cells, the header has 3", 2, 5)], [])
    assert reason.text == "the row has 2 cells, the header has 3"


@pytest.mark.parametrize(
    ("answer", "text"),
    [(-5, "Validation error"), (-77, "(not in LeadByte's list of codes)"), (None, "no trustworthy answer")],
)
def test_answers_are_reasons_with_leadbytes_meaning(answer: int | None, text: str) -> None:
    assert reasons_from([], [("rejected", answer, 2, 9)]) == (Reason("rejected", 2, 9, answer, text),)


def test_the_commonest_reason_comes_first_then_the_earlier_one_and_the_rest_is_left_out() -> None:
    issues = [("c", "A", "r", "x", 2, 9), ("c", "B", "r", "x", 5, 8)]
    answers: list[tuple[str, int | None, int, int]] = [("rejected", -5, 2, 4), ("failed", -3, 9, 6)]
    assert [one.first_row for one in reasons_from(issues, answers)] == [6, 8, 4, 9]
    assert [one.first_row for one in reasons_from(issues, answers, limit=2)] == [6, 8]


def test_the_summary_is_written_whole_and_names_the_version_of_its_form(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_summary(path, replace(SUMMARY, file="/lists/Zoë.csv"))
    text = path.read_text(encoding="utf-8")
    data = json.loads(text)
    assert (data["format"], data["run_id"], data["exit_code"]) == (SUMMARY_FORMAT, SUMMARY.run_id, 3)
    assert data["outcomes"] == {"accepted": 1200, "rejected": 30, "not_sent": 4}
    assert data["reasons"][0] == {
        "outcome": "rejected",
        "rows": 30,
        "first_row": 7,
        "code": -5,
        "text": "Validation error",
    }
    assert "Zoë" in text
    assert text.endswith("}\n")


def test_an_unwritable_summary_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_summary(path, replace(SUMMARY, notes=(b"no text",)))  # type: ignore[arg-type]
    assert path.read_text() == "old"
