"""A run in review: what its report shows, from the journal alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.fix_me import Column
from pipeline.journal import Journal
from pipeline.model import Field, Outcome, PlannedRow, Verdict
from pipeline.report.profile import WORST, Profile, Strip, WorstRow
from pipeline.report.summary import Summary
from pipeline.report.trend import good_rows
from pipeline.review import MOMENTS, profile_of, report_of
from tests.report.test_verdict import SUMMARY

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ABOUT = {"file": "leads.csv", "sha256": "a" * 64, "dry_run": False, "vendor": "Acme", "show_data": False}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite3")
    yield opened
    opened.close()


def profile(rows: int, worst: tuple[WorstRow, ...] = (), width: int = 1) -> Profile:
    bins = (0,) * -(-rows // width)
    return Profile(rows, rows, ("Email",), (), (), (), Strip(2, width, {"": bins}), worst)


def begin(journal: Journal, rows: int, known: Profile, **about: Any) -> None:
    journal.begin("run", START.isoformat(), ABOUT | about)
    planned = [
        PlannedRow(row, (f"person{row}@example.com", " Quillfeather "), {"email": "e"}) for row in range(2, 2 + rows)
    ]
    journal.plan("run", planned, [])
    journal.quality.keep("run", "Acme", known.as_json())


def send(journal: Journal, row: int, after: float, verdict: Verdict, seconds: float | None = None) -> None:
    journal.sending("run", row, (START + timedelta(seconds=after)).isoformat(timespec="milliseconds"))
    journal.finish("run", row, verdict, seconds)


def report(journal: Journal, summary: Summary = SUMMARY, **changes: Any) -> Any:
    run = journal.run("run")
    known = profile_of(journal, run)
    assert known is not None
    return report_of(journal, run, replace(summary, dry_run=run.about["dry_run"], **changes), known)


TAKEN = Verdict(Outcome.ACCEPTED, code=2)


def test_the_time_of_sending_is_cut_into_equal_slices_that_hold_every_lead(journal: Journal) -> None:
    begin(journal, 200, profile(200))
    for number in range(200):
        send(journal, 2 + number, number * 0.9, TAKEN, seconds=number / 100)
    moments = report(journal).delivery.moments
    assert len(moments) == MOMENTS
    assert sum(one.sent for one in moments) == 200
    assert {one.seconds for one in moments} == {round(199 * 0.9 / MOMENTS, 3)}
    assert moments[0].at == START.isoformat()
    assert moments[1].at == "2026-01-02T03:04:07+00:00"
    assert (moments[0].latency, moments[0].slowest) == (0.015, 0.03)
    assert moments[-1].slowest == 1.99


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        ([number / 5 for number in range(50)], 10.0),
        ([*(number / 5 for number in range(50)), *(70 + number / 5 for number in range(50))], 20.0),  # a `retry`
        ([30.0 * number for number in range(20)], 600.0),  # slow is no pause
        ([0.0, 0.1], 1.0),
        ([0.0], 1.0),
        ([], 0.0),
    ],
)
def test_the_time_of_sending_is_without_the_pauses_between_launches(
    journal: Journal, at: list[float], seconds: float
) -> None:
    begin(journal, len(at), profile(len(at)))
    for row, after in enumerate(at, 2):
        send(journal, row, after, TAKEN)
    assert report(journal).delivery.sending == pytest.approx(seconds, abs=0.01)


def test_a_short_sending_has_a_slice_for_each_second_at_most(journal: Journal) -> None:
    begin(journal, 3, profile(3))
    for row, after in ((2, 0.0), (3, 0.2), (4, 0.4)):
        send(journal, row, after, TAKEN)
    (moment,) = report(journal).delivery.moments
    assert (moment.seconds, moment.sent, moment.latency, moment.slowest) == (1.0, 3, None, None)


def test_nothing_sent_is_no_moment_and_no_response(journal: Journal) -> None:
    begin(journal, 3, profile(3))
    delivery = report(journal).delivery
    assert (delivery.moments, delivery.responses, delivery.funnel) == ((), (), ())


def test_responses_are_counted_by_outcome_and_code_with_what_they_mean(journal: Journal) -> None:
    begin(journal, 6, profile(6))
    for row, verdict in enumerate(
        [TAKEN, TAKEN, Verdict(Outcome.REJECTED, code=-15), Verdict(Outcome.UNKNOWN), Verdict(Outcome.ACCEPTED)], 2
    ):
        send(journal, row, 0, verdict)
    found = [(one.outcome, one.code, one.meaning, one.rows) for one in report(journal).delivery.responses]
    assert found[0] == ("accepted", 2, "Success", 2)
    assert sorted(found[1:], key=str) == [
        ("accepted", None, "found by a search", 1),
        ("rejected", -15, "Number matched TPS database", 1),
        ("unknown", None, "no trustworthy answer", 1),
    ]


def test_the_funnel_goes_from_sent_to_sold_once_the_queue_was_asked(journal: Journal) -> None:
    begin(journal, 1, profile(1))
    outcomes = {"accepted": 10, "rejected": 3, "failed": 1, "unknown": 1, "invalid": 5}
    funnel = report(journal, outcomes=outcomes, queue={"sold": 4, "refused": 2, "pending": 4}).delivery.funnel
    assert [(stage.partition(":")[0], leads) for stage, leads in funnel] == [
        ("sent", 15),
        ("queued", 10),
        ("accepted", 4),
        ("sold", 4),
    ]
    assert report(journal, outcomes=outcomes, queue={"sold": 4, "refused": 2, "pending": 4}).delivery.waiting == 4
    numbers = [leads for _stage, leads in funnel]
    assert numbers == sorted(numbers, reverse=True)


def test_the_strip_of_a_real_run_shows_what_became_of_the_rows(journal: Journal) -> None:
    begin(journal, 5, profile(5, width=2))
    send(journal, 2, 0, TAKEN)
    send(journal, 3, 0, Verdict(Outcome.REJECTED, code=-5))
    send(journal, 6, 0, TAKEN)
    strip = report(journal).profile.strip
    assert (strip.first_row, strip.width) == (2, 2)
    assert strip.counts == {"accepted": (1, 0, 1), "not_sent": (0, 2, 0), "rejected": (1, 0, 0)}


def test_the_duplicates_of_a_real_run_are_those_of_its_rows_now(journal: Journal) -> None:
    planned = replace(profile(5), strip=Strip(2, 1, {"": (1, 1, 1, 0, 0), "duplicate": (0, 0, 0, 1, 1)}))
    begin(journal, 5, replace(planned, repeated=1, sent_before=1))
    journal.leave_out("run", [(5, "same as row 2"), (6, "accepted before")])
    journal.leave_out("run", [(3, "accepted since"), (4, "accepted since")])
    shown = report(journal).profile
    assert (shown.repeated, shown.sent_before, shown.sent_already) == (1, 1, 2)
    assert good_rows(shown) == 3


def test_a_dry_run_keeps_the_strip_of_its_plan_and_has_no_delivery(journal: Journal) -> None:
    begin(journal, 0, profile(5), dry_run=True)
    found = report(journal)
    assert found.delivery is None
    assert found.profile == profile(5)


def worst(row: int, faults: int = 2, outcome: str = "invalid") -> WorstRow:
    return WorstRow(row, outcome, faults, ("x",), (0,), "bad")


def test_refused_rows_are_among_the_worst_with_leadbytes_words_but_not_their_data(journal: Journal) -> None:
    begin(journal, 3, profile(3, (worst(4),)))
    said = "person2@example.com is taken, ask Quillfeather, +44 7700 900123 or joe@example.org; see page 12"
    send(journal, 2, 0, Verdict(Outcome.REJECTED, code=-5, errors=said))
    send(journal, 3, 0, Verdict(Outcome.UNKNOWN, errors="timed out"))
    first, *others = report(journal).profile.worst
    assert (first.row, first.outcome) == (4, "not_sent"), "what became of the row, not what was planned"
    assert [(one.row, one.outcome, one.faulty) for one in others] == [(2, "rejected", ()), (3, "unknown", ())]
    assert others[0].errors == (
        "Validation error (-5): p***@e***.com is taken, ask Q***, +44*** ***123 or j***@e***.org; see page 12"
    )
    assert others[1].errors == "timed out"


def test_the_cells_that_leadbyte_refused_are_marked_as_in_the_workbook_of_rows_to_mend(journal: Journal) -> None:
    begin(journal, 3, profile(3))
    for row, code in ((2, -12), (3, -2), (4, -5)):
        send(journal, row, 0, Verdict(Outcome.REJECTED, code=code, errors="Last_Name is too long"))
    columns = (
        Column("Mail", (Field("email", "Email", data_type="Email"),)),
        Column("Name", (Field("x", "Last_Name"),)),
    )
    run, known = journal.run("run"), profile(3)
    found = report_of(journal, run, replace(SUMMARY, dry_run=False), known, columns).profile.worst
    assert {one.row: one.faulty for one in found} == {2: (0, 1), 3: (), 4: (1,)}


def test_leadbytes_words_are_told_in_full_to_whom_asks_for_them(journal: Journal) -> None:
    begin(journal, 1, profile(1), show_data=True)
    send(journal, 2, 0, Verdict(Outcome.REJECTED, code=-5, errors="person2@example.com is taken"))
    found = report(journal)
    assert found.show_data is True
    assert found.profile.worst[0].errors == "Validation error (-5): person2@example.com is taken"


def test_of_many_bad_rows_those_of_the_plan_and_the_refused_share_the_room(journal: Journal) -> None:
    begin(journal, 300, profile(300, tuple(worst(row) for row in range(2, 2 + WORST))))
    for row in range(2, 202):
        send(journal, row, 0, Verdict(Outcome.REJECTED, code=-5))
    found = report(journal).profile.worst
    assert len(found) == WORST
    assert sum(one.faults == 2 for one in found) == WORST // 2


def test_earlier_lists_are_told_by_what_was_good_in_them(journal: Journal) -> None:
    counts: dict[str, tuple[int, ...]] = {"": (3, 4), "invalid": (1, 1), "duplicate": (0, 2), "suppressed": (0, 1)}
    known = replace(profile(12), strip=Strip(2, 6, counts))
    journal.begin("early", "2025-01-01T00:00:00+00:00", ABOUT | {"sha256": "b" * 64, "file": "old.csv"})
    journal.quality.keep("early", "acme", known.as_json())
    begin(journal, 1, profile(1))
    found = report(journal)
    assert found.vendor == "Acme"
    (one,) = found.earlier
    assert (one.run_id, one.file, one.rows, one.good, one.invalid, one.duplicate) == ("early", "old.csv", 12, 7, 2, 2)


def test_a_run_that_was_planned_by_another_version_has_no_profile(journal: Journal) -> None:
    journal.begin("run", START.isoformat(), ABOUT)
    assert profile_of(journal, journal.run("run")) is None
    journal.quality.keep("run", "", '{"form": "of the future"}')
    assert profile_of(journal, journal.run("run")) is None


def test_the_workbook_to_mend_is_named_as_it_lies_beside_the_page(journal: Journal) -> None:
    begin(journal, 1, profile(1))
    assert report(journal, fix_me="output/run/fix-me.xlsx").fix_me == "fix-me.xlsx"
    assert report(journal).fix_me == ""
