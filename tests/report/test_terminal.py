from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.damage import Finding, Kind
from pipeline.model import Outcome
from pipeline.report import Summary, summary_lines
from pipeline.report.terminal import LINES, LONGEST

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
    reasons=(),
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
    verdict="1,200 of 1,234 rows were taken by LeadByte (97.2 %), 34 not.",
    to_fix=("Email is bad (30 rows, first in row 7)", "Phone_1 is worse (2 rows, first in row 9)"),
    report="output/x/report.html",
)


def found(text: str) -> Finding:
    return Finding(Kind.MOJIBAKE, "A", "A", 3, 4, text, False)


def a_list(number: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.text(min_size=1, max_size=40), max_size=number).map(tuple)


def test_the_lines_say_what_became_of_the_rows_and_what_to_do() -> None:
    assert summary_lines(SUMMARY) == [
        "Import · /lists/leads.csv → EXAMPLE-CAMPAIGN · run 20260101T000000Z-ab12 · 12.3 s, 5.0 leads/s",
        "1,200 of 1,234 rows were taken by LeadByte (97.2 %), 34 not.",
        "1,200 accepted · 30 rejected by LeadByte · 4 not sent yet",
        "Stopped early: Campaign cap reached",
        "To fix first:",
        "  1. Email is bad (30 rows, first in row 7)",
        "  2. Phone_1 is worse (2 rows, first in row 9)",
        "Note: read as cp1252 (not UTF-8)",
        "Report:  output/x/report.html (beside it: results.csv)",
        "Next:    leadbyte-import resume x",
    ]


def test_a_dry_run_says_that_nothing_was_sent_and_what_would_stop_a_run() -> None:
    first, second, *_ = summary_lines(
        replace(SUMMARY, dry_run=True, outcomes={"valid": 1_200, "invalid": 34}, blocked="too many rows are invalid")
    )
    assert first.startswith("Dry run: nothing was sent")
    assert second == f"{SUMMARY.verdict} But too many rows are invalid."


def test_every_outcome_is_counted_so_that_the_numbers_add_up() -> None:
    lines = summary_lines(replace(SUMMARY, outcomes={one.value: 7 for one in Outcome}))
    for one in Outcome:
        assert lines[2].count(f"7 {one.replace('_', ' ')}") == 1


def test_what_does_not_apply_is_not_said() -> None:
    plain = replace(
        SUMMARY, outcomes={"accepted": 1234}, notes=(), to_fix=(), rate=0.0, next_step="", report="", results=""
    )
    text = "\n".join(summary_lines(plain))
    for words in ("Stopped", "To fix", "Note:", "leads/s", "Next:", "Report:", "Results:", "beside", "Damage"):
        assert words not in text
    assert "Stopped early" not in "\n".join(summary_lines(replace(SUMMARY, stopped="")))


def test_what_the_queue_says_is_told() -> None:
    assert "After the queue: 3 sold, 2 not found" in summary_lines(
        replace(SUMMARY, queue={"sold": 3, "not_found": 2})
    )


def test_damage_and_notes_are_counted_where_there_is_no_room_for_them() -> None:
    dry = replace(SUMMARY, dry_run=True, stopped="", to_fix=("A", "B", "C"))
    assert "2 signs of damage and notes: report.html has them" in summary_lines(
        replace(dry, damage=(found("garbled"),))
    )
    crowded = replace(dry, to_fix=(), damage=(found("column 'A': garbled"),), notes=tuple("123456789"))
    lines = summary_lines(crowded)
    assert len(lines) == LINES
    assert lines[3:8] == [
        "Damage: Column 'A': garbled",
        "Note: 1",
        "Note: 2",
        "Note: 3",
        "6 more notes: report.html has them",
    ]
    assert "10 notes: summary.json has them" not in lines


def test_damage_that_is_a_thing_to_fix_and_a_note_that_blocks_are_told_once() -> None:
    twice = replace(
        SUMMARY,
        dry_run=True,
        damage=(found("garbled"),),
        to_fix=("Garbled",),
        notes=("sent before",),
        outcomes={"valid": 1_234},
        blocked="sent before",
    )
    text = "\n".join(summary_lines(twice))
    assert (text.lower().count("garbled"), text.count("sent before")) == (1, 1)


def test_what_could_not_be_written_is_said_beside_the_files() -> None:
    lines = summary_lines(replace(SUMMARY, report="", lacking=("report.html (No space left on device)",)))
    assert "Results: output/x/results.csv; not written: report.html (No space left on device)" in lines


@given(
    damage=a_list(8),
    notes=a_list(8),
    to_fix=a_list(3),
    blocked=st.text(max_size=20),
    lacking=a_list(2),
    outcomes=st.dictionaries(st.sampled_from([one.value for one in Outcome]), st.integers(0, 10**7)),
    warnings=st.integers(0, 10**7),
)
@pytest.mark.parametrize("report", ["", "output/x/report.html"])
def test_a_dry_run_is_told_in_ten_lines_whatever_the_list(
    report: str,
    damage: tuple[str, ...],
    notes: tuple[str, ...],
    to_fix: tuple[str, ...],
    blocked: str,
    lacking: tuple[str, ...],
    outcomes: dict[str, int],
    warnings: int,
) -> None:
    lines = summary_lines(
        replace(
            SUMMARY, dry_run=True, stopped="", damage=tuple(map(found, damage)), notes=notes, to_fix=to_fix,
            blocked=blocked, lacking=lacking, outcomes=outcomes, warnings=warnings, report=report,
        )
    )  # fmt: skip
    assert len("\n".join(lines).split("\n")) <= LINES
    assert lines[-1] == "Next:    leadbyte-import resume x"
    assert all(any(text.replace("\n", " ") in line for line in lines) for text in to_fix)


def test_what_is_long_in_a_thing_to_fix_is_cut_and_its_counts_are_not() -> None:
    choices = f"Car is not one of the campaign's choices: {', '.join(f'Maker {at}' for at in range(60))}"
    told = [
        f"{choices} (1,200 rows, first in row 302)",
        f"{choices} (row 7)",
        f"LeadByte refused: {'why ' * 90}(code -5; 3 rows, first in row 9)",
    ]
    for text, end in zip(
        told, ("… (1,200 rows, first in row 302)", "… (row 7)", "(code -5; 3 rows, first in row 9)"), strict=True
    ):
        (line,) = [one for one in summary_lines(replace(SUMMARY, to_fix=(text,))) if one.startswith("  1. ")]
        assert line.startswith(f"  1. {text[:80]}")
        assert line.endswith(end)
        assert len(line) == len("  1. ") + LONGEST
    damage = f"{'damage ' * 90}(first in row 9); and what to do"
    assert f"  1. {damage}" in summary_lines(replace(SUMMARY, to_fix=(damage,)))
