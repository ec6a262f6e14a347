from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.damage import Finding, Kind
from pipeline.model import Outcome, Severity
from pipeline.report.profile import Fault, FieldQuality, Profile, RuleCount, Strip
from pipeline.report.summary import Reason, Summary
from pipeline.report.verdict import counted, share, verdict

SUMMARY = Summary(
    run_id="20260101T000000Z-ab12",
    dry_run=True,
    file="leads.csv",
    campaign="C",
    campaign_name="A campaign",
    rows=1000,
    blank_rows=0,
    outcomes={"valid": 580, "invalid": 412, "duplicate": 8},
    queue={},
    reasons=(),
    damage=(),
    notes=(),
    stopped="",
    started_at="",
    finished_at="",
    seconds=0.1,
    rate=0.0,
    exit_code=1,
    results="",
    next_step="",
)
E_MAIL = "is not a valid e-mail address"


def fault(rule: str, message: str, rows: int, first_row: int = 4, severity: Severity = Severity.FAULT) -> Fault:
    return Fault(severity, rule, message, rows, first_row)


def field(label: str, *faults: Fault, column: str = "") -> FieldQuality:
    return FieldQuality(label.lower(), label, True, "Text", (), column or label, 1000, 900, faults)


def profile(*fields: FieldQuality, record: tuple[Fault, ...] = ()) -> Profile:
    return Profile(1000, 1000, (), (), fields, record, Strip(2, 10, {}), ())


def damage(kind: Kind, column: str, label: str, rows: int, text: str = "", refuses: bool = False) -> Finding:
    return Finding(kind, column, label, rows, 9, text or f"column {column!r}: {kind}. Do this.", refuses)


def fixes(found: Profile | None, summary: Summary = SUMMARY) -> list[str]:
    return [one.text for one in verdict(summary, found).fixes]


def test_the_faults_of_a_field_that_begin_alike_are_one_thing_to_fix() -> None:
    found = profile(
        field(
            "Email",
            fault("email", f"{E_MAIL}: it has no @", 400, 9),
            fault("email", f"{E_MAIL}: it has two @", 12, 4),
            fault("required", "is required and empty", 5, 3),
            column="E-mail",
        )
    )
    assert fixes(found) == [
        f"Email (column 'E-mail') {E_MAIL} (412 rows, first in row 4)",
        "Email (column 'E-mail') is required and empty (5 rows, first in row 3)",
    ]


def test_a_rule_is_told_by_all_of_its_rows_however_many_kinds_are_kept() -> None:
    rules = (RuleCount(Severity.FAULT, "alphabetical", 400, (4, 9)), RuleCount(Severity.WARNING, "typed", 7, (5,)))
    kinds = [fault("alphabetical", f"contains “{one}”: only letters are expected", 21) for one in "<{"]
    name = replace(
        field("First_Name", *kinds, fault("typed", "looks typed", 7, severity=Severity.WARNING)), rules=rules
    )
    assert fixes(profile(field("Email", fault("email", "is bad", 35)), name)) == [
        "First_Name contains “…”: only letters are expected (400 rows, first in row 4)",
        "Email is bad (35 rows, first in row 4)",
        "Warning: First_Name looks typed (7 rows, first in row 5)",
    ]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (["is none"], "is none"),
        (["contains “<”: only letters"], "contains “<”: only letters"),
        (["is none", "has two: keep one"], "is none or has two"),
        (["is a", "is b", "is c"], "is a, is b or is c"),
        (["is a", "is b", "is c", "is d"], "is a, is b or has another fault of this kind"),
    ],
)
def test_one_sentence_says_what_all_kinds_of_a_rule_come_to(messages: list[str], said: str) -> None:
    kinds = [fault("r", one, 1) for one in messages]
    assert fixes(profile(field("Car", *kinds)))[0].startswith(f"Car {said} (")


def test_a_label_stays_as_the_campaign_has_it() -> None:
    assert fixes(profile(field("make_of_car", fault("required", "is empty", 1), column="Car")))[0].startswith(
        "make_of_car (column 'Car') is empty"
    )


def test_a_checked_column_that_feeds_no_field_is_told_by_its_header() -> None:
    column = replace(field("Opt page", fault("optin_url", "is empty: nothing shows where", 69)), name="")
    assert fixes(profile(column)) == ["Column 'Opt page' is empty: nothing shows where (69 rows, first in row 4)"]


def test_a_fault_by_itself_is_told_in_full() -> None:
    assert fixes(profile(field("Email", fault("email", f"{E_MAIL}: it has no @", 1)))) == [
        f"Email {E_MAIL}: it has no @ (row 4)"
    ]


def test_three_are_told_the_worst_first_and_the_earlier_one_of_two_that_weigh_the_same() -> None:
    found = profile(
        field("A", fault("r", "is bad", 2, 9)),
        field("B", fault("r", "is bad", 30)),
        field("C", fault("r", "is bad", 2, 5)),
        record=(fault("record", "the row has too few cells", 7),),
    )
    assert [one.partition(" (")[0] for one in fixes(found)] == ["B is bad", "The row has too few cells", "C is bad"]


def test_damage_that_explains_a_fields_faults_is_told_in_their_place() -> None:
    found = profile(field("Phone", fault("phone", "is bad: a", 300), fault("phone", "is worse: b", 200)))
    summary = replace(SUMMARY, damage=(damage(Kind.SCIENTIFIC, "Phone", "Phone", 400),))
    assert fixes(found, summary) == ["Column 'Phone': scientific. Do this."]


@pytest.mark.parametrize(
    "other",
    [
        damage(Kind.SCIENTIFIC, "Phone", "Phone", 200),  # explains too few of them
        damage(Kind.SCIENTIFIC, "Fax", "Fax", 500),
        damage(Kind.LOST_ZERO, "Phone", "Phone", 500),  # is mended already
        damage(Kind.EMPTY, "Phone", "Phone", 500),  # explains what is missing, not what is wrong
    ],
)
def test_damage_that_does_not_explain_them_is_not(other: Finding) -> None:
    found = profile(field("Phone", fault("phone", "is bad", 500)))
    assert fixes(found, replace(SUMMARY, damage=(other,))) == ["Phone is bad (500 rows, first in row 4)"]


def test_an_empty_column_explains_what_is_missing() -> None:
    found = profile(field("Phone", fault("required", "is required and empty", 500)))
    summary = replace(SUMMARY, damage=(damage(Kind.EMPTY, "Phone", "Phone", 1000),))
    assert fixes(found, summary) == ["Column 'Phone': empty. Do this."]


def test_of_two_swapped_columns_one_sentence_tells_both() -> None:
    found = profile(field("Email", fault("email", "is bad", 900)), field("Phone", fault("phone", "is bad", 950)))
    text = "column 'Email': most look like phones, and most of column 'Phone' like e-mails"
    summary = replace(SUMMARY, damage=(damage(Kind.SWAPPED, "Email", "Email", 1000, text),))
    assert fixes(found, summary) == [text.replace("column", "Column", 1)]


def test_what_refuses_the_list_comes_first_and_once() -> None:
    found = profile(field("Born", fault("date", "is bad", 10)), field("Email", fault("email", "is bad", 900)))
    summary = replace(SUMMARY, damage=(damage(Kind.AMBIGUOUS_DATE, "Born", "Born", 10, refuses=True),))
    assert fixes(found, summary) == [
        "Column 'Born': ambiguous_date. Do this.",
        "Email is bad (900 rows, first in row 4)",
    ]


def test_warnings_are_told_after_every_fault() -> None:
    odd = fault("fictitious", "is a number that nobody has", 800, severity=Severity.WARNING)
    found = profile(field("Phone", odd, fault("phone", "is bad", 1)))
    assert fixes(found) == [
        "Phone is bad (row 4)",
        "Warning: Phone is a number that nobody has (800 rows, first in row 4)",
    ]


def test_leadbytes_answers_stand_among_the_faults() -> None:
    reasons = (
        Reason("rejected", 30, 7, -15, "Number matched TPS database"),
        Reason("invalid", 20, 7, None, "Email is bad"),
        Reason("failed", 2, 8, -3, "Remote system error"),
        Reason("unknown", 90, 8, None, "no trustworthy answer"),
    )
    found = profile(field("Email", fault("email", "is bad", 20)))
    assert fixes(found, replace(SUMMARY, dry_run=False, reasons=reasons)) == [
        "LeadByte refused: Number matched TPS database (code -15; 30 rows, first in row 7)",
        "Email is bad (20 rows, first in row 4)",
        "LeadByte had an error: Remote system error (code -3; 2 rows, first in row 8)",
    ]


def test_a_list_without_a_profile_is_judged_by_its_commonest_reasons() -> None:
    reasons = (Reason("invalid", 20, 7, None, "Email is bad"),)
    assert fixes(None, replace(SUMMARY, reasons=reasons)) == ["Email is bad (20 rows, first in row 7)"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "580 of 1,000 rows would be sent (58 %), 420 not."),
        ({"outcomes": {"valid": 1000}}, "All 1,000 rows would be sent."),
        ({"outcomes": {"valid": 1}, "rows": 1}, "The one row would be sent."),
        ({"outcomes": {"invalid": 1}, "rows": 1}, "The one row would not be sent."),
        ({"outcomes": {"rejected": 1}, "rows": 1, "dry_run": False}, "The one row was not taken by LeadByte."),
        ({"outcomes": {}, "rows": 0}, "The list has no rows."),
        ({"blocked": "too many are invalid"}, "580 of 1,000 rows could be sent (58 %), 420 not."),
        ({"dry_run": False, "outcomes": {"accepted": 1, "unknown": 999}}, "1 of 1,000 rows was taken by LeadByte"),
        ({"dry_run": False, "outcomes": {"accepted": 1000}}, "All 1,000 rows were taken by LeadByte."),
    ],
)
def test_the_headline_says_how_many_went_or_would_go(changes: dict[str, object], expected: str) -> None:
    assert verdict(replace(SUMMARY, **changes)).headline.startswith(expected)  # type: ignore[arg-type]


def test_every_outcome_and_the_warnings_are_counted_in_one_line() -> None:
    outcomes = {one.value: at for at, one in enumerate(Outcome, start=11)}
    line = counted(replace(SUMMARY, outcomes=outcomes, warnings=3))
    for one, number in outcomes.items():
        word = one.replace("_", " ")
        assert f"{number} {word}" in line
    assert line.endswith(" · 3 rows with a warning")


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (841, 1000, "84.1 %"), (1999, 2000, "99.9 %"), (1, 2001, "under 0.1 %"), (1, 3, "33.3 %"), (2, 3, "66.7 %"),
        (92, 120, "76.7 %"), (20, 100, "20 %"), (1, 2000, "0.1 %"), (7995, 10_000, "80 %"),
    ],
)  # fmt: skip
def test_a_share_is_rounded_half_up(part: int, whole: int, said: str) -> None:
    assert share(part, whole) == said


@given(whole=st.integers(1, 10**7), part=st.data())
def test_a_share_is_all_or_nothing_only_where_it_is(whole: int, part: st.DataObject) -> None:
    some = part.draw(st.integers(0, whole))
    said = share(some, whole)
    assert (said == "100 %") == (some == whole)
    assert (said == "0 %") == (some == 0)
    if not said.startswith("under"):
        # Half a tenth, or nearly a whole one where 100 would say that all are there.
        assert abs(float(said.removesuffix(" %")) - 100 * some / whole) < (0.1 if said == "99.9 %" else 0.05 + 1e-9)
