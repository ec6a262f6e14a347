"""The profile says of a list what counting its rows one by one says."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Field, Issue, Outcome, PlannedRow, Severity
from pipeline.people import Before, People, Sent
from pipeline.plan import Broken
from pipeline.planning import Planner
from pipeline.report import Collector
from pipeline.report.kinds import MOST_KINDS, Kinds, shortened
from pipeline.report.places import StripOfRows
from pipeline.report.profile import (
    BINS,
    EXAMPLES,
    FIRST_ROWS,
    KINDS,
    SHOWN,
    WORST,
    Example,
    FieldQuality,
    Profile,
)
from pipeline.report.trend import good_rows

from ..builders import HEADERS, MAPPING, campaign, chunk, column, fitted, good_row

#: What may be wrong with a row; "ragged" and "empty" are faults of the row as a whole.
CHANGES: dict[str, dict[str, str]] = {
    "good": {},
    "e-mail": {"E_mail": "ann"},
    "two faults": {"Surname": "", "Born": "31/02/1980"},
    "three faults": {"Surname": "7", "Sex": "robot", "Post_code": "?"},
    "optional empty": {"Born": " ", "Mobile": ""},
    "again": {"E_mail": "ann0@example.com"},
    "ragged": {},
}
LINKS = fitted(MAPPING)


class Listed:
    """A list of rows, planned in chunks: its profile, and its rows and issues one by one."""

    def __init__(self, rows: list[list[str]], ragged: dict[int, str], size: int = 10_000, *, dry_run: bool = True):
        collector = Collector(LINKS, HEADERS)
        self.rows: list[PlannedRow] = []
        self.issues: list[Issue] = []
        starts = range(0, max(len(rows), 1), size)
        parts = (chunk(HEADERS, rows[at : at + size], _within(ragged, at, size), at + 2) for at in starts)
        with Planner(LINKS, dry_run=dry_run) as planner:
            for plan in planner.plans(parts):
                collector.add(plan)
                self.rows += plan.rows()
                self.issues += plan.issues()
        self.profile = collector.profile()
        self.commonest = collector.commonest()


def _within(ragged: dict[int, str], at: int, size: int) -> dict[int, str]:
    return {row: words for row, words in ragged.items() if at + 2 <= row < at + size + 2}


def listed(kinds: list[str], size: int = 10_000, *, dry_run: bool = True) -> Listed:
    rows = [good_row(number, **CHANGES[kind]) for number, kind in enumerate(kinds)]
    ragged = {row: f"has {row} cells" for row, kind in enumerate(kinds, start=2) if kind == "ragged"}
    return Listed(rows, ragged, size, dry_run=dry_run)


def field(profile: Profile, label: str) -> FieldQuality:
    return next(one for one in profile.fields if one.label == label)


@settings(max_examples=25, deadline=None)
@given(kinds=st.lists(st.sampled_from(sorted(CHANGES)), max_size=25), size=st.integers(1, 30), dry_run=st.booleans())
def test_a_profile_says_what_counting_row_by_row_says(kinds: list[str], size: int, *, dry_run: bool) -> None:
    found = listed(kinds, size, dry_run=dry_run)
    profile = found.profile
    whole = [row for row, kind in zip(found.rows, kinds, strict=True) if kind != "ragged"]
    assert (profile.rows, profile.whole_rows) == (len(kinds), len(whole))
    assert {name: sum(bins) for name, bins in profile.strip.counts.items()} == Counter(
        one.outcome or "" for one in found.rows
    )
    assert profile.repeated == sum(one.outcome is Outcome.DUPLICATE for one in found.rows)
    assert (profile.sent_before, profile.warned) == (0, 0)
    for one in profile.fields:
        mine = [issue for issue in found.issues if issue.field == one.name]
        filled = [row for row in whole if _cell(row, one.column).strip()]
        wrong = {issue.row for issue in mine if issue.rule != "required"}
        assert (one.filled, one.valid) == (len(filled), len(filled) - len(wrong))
        counted = Counter((issue.severity, issue.rule, issue.message) for issue in mine)
        assert {(fault.severity, fault.rule, fault.message): fault.rows for fault in one.faults} == counted
        assert one.at_fault == len({issue.row for issue in mine})
        by_rule = Counter(issue.rule for issue in mine)
        assert {rule.rule: rule.rows for rule in one.rules} == by_rule
        for rule in one.rules:
            rows = [issue.row for issue in mine if issue.rule == rule.rule]
            assert rule.first_rows == tuple(rows[:FIRST_ROWS])
        for fault in one.faults:
            alike = [issue for issue in mine if (issue.rule, issue.message) == (fault.rule, fault.message)]
            assert fault.first_row == alike[0].row
            assert fault.examples == tuple(Example(issue.row, issue.value) for issue in alike[:EXAMPLES])
    assert sum(one.rows for one in profile.record_faults) == kinds.count("ragged")


def _cell(row: PlannedRow, name: str) -> str:
    return row.cells[HEADERS.index(name)] if name in HEADERS else "1"


@settings(max_examples=25, deadline=None)
@given(kinds=st.lists(st.sampled_from(sorted(CHANGES)), max_size=25), size=st.integers(1, 30))
def test_the_worst_rows_are_those_not_accepted_with_most_faults_first(kinds: list[str], size: int) -> None:
    found = listed(kinds, size)
    faults = Counter(issue.row for issue in found.issues)
    bad = [one for one in found.rows if one.outcome is Outcome.INVALID]
    expected = sorted(bad, key=lambda one: (-faults[one.row], one.row))
    assert [(one.row, one.outcome, one.faults, one.cells, one.errors) for one in found.profile.worst] == [
        (one.row, one.outcome, faults[one.row], one.cells, one.errors) for one in expected
    ]
    for one in found.profile.worst:
        at_fault = {issue.column for issue in found.issues if issue.row == one.row and issue.column}
        assert {HEADERS[at] for at in one.faulty} == at_fault


@settings(max_examples=15, deadline=None)
@given(kinds=st.lists(st.sampled_from(sorted(CHANGES)), max_size=12), size=st.integers(1, 12))
def test_a_profile_does_not_depend_on_the_chunks_and_survives_the_journal(kinds: list[str], size: int) -> None:
    profile = listed(kinds, size).profile
    assert profile == listed(kinds).profile
    assert Profile.from_json(profile.as_json()) == profile


def test_reasons_are_the_commonest_faults_of_all_fields_and_of_rows_as_a_whole() -> None:
    found = listed(["good", "ragged", "two faults", "two faults", "e-mail", "e-mail", "e-mail"])
    assert found.commonest[:3] == [
        ("E-mail", "Email", "email", "is not a valid e-mail address: the @ is missing", 3, 6),
        ("Surname", "Last_Name", "required", "is required and empty", 2, 4),
        ("Born", "DOB", "date", found.commonest[2][3], 2, 4),
    ]
    assert found.commonest[3] == ("", "", "record", "the row has 3 cells", 1, 3)


def test_a_profile_says_what_feeds_a_field() -> None:
    profile = listed(["good"]).profile
    assert (profile.headers, profile.ignored) == (HEADERS, ())
    gender, supplier = field(profile, "Gender"), field(profile, "SID")
    assert (gender.name, gender.column, gender.selections) == ("gender", "Sex", ("Male", "Female", "M", "F"))
    assert (supplier.column, supplier.required, supplier.filled, supplier.valid) == ("(constant)", True, 1, 1)
    assert field(profile, "Email").data_type == "Email Address"


def test_a_row_that_would_send_nothing_is_a_fault_of_the_row_as_a_whole() -> None:
    headers = ("Mail", "Note")
    links = fitted("columns: {Mail: Email}\nignore: [Note]", headers, campaign(Field("email", "Email")))
    collector = Collector(links, headers)
    with Planner(links, dry_run=True) as planner:
        (plan,) = planner.plans([chunk(headers, [["", "hello"], ["ann@example.com", ""]])])
        collector.add(plan)
        issues = list(plan.issues())
    profile = collector.profile()
    assert [(one.row, one.rule) for one in issues] == [(2, "empty")]
    assert [(one.rule, one.rows) for one in profile.record_faults] == [("empty", 1)]
    assert (profile.whole_rows, profile.worst[0].row, profile.ignored) == (2, 2, ("Note",))


def test_columns_that_are_joined_are_all_at_fault() -> None:
    headers = ("A", "Day", "Month")
    to = campaign(Field("dob", "DOB", data_type="Date"), Field("a", "A"))
    text = "columns: {A: A}\njoin: {DOB: {columns: [Day, Month]}}\n"
    collector = Collector(fitted(text, headers, to), headers)
    with Planner(fitted(text, headers, to), dry_run=True) as planner:
        for plan in planner.plans([chunk(headers, [["x", "31", "February"]])]):
            collector.add(plan)
    (worst,) = collector.profile().worst
    assert worst.faulty == (1, 2)
    assert field(collector.profile(), "DOB").column == "Day + Month"


def test_warnings_are_counted_and_keep_a_value_valid() -> None:
    warned = np.array([0, 2])
    profile = _profile_with_a_warning(warned)
    email = field(profile, "Email")
    assert (profile.warned, email.filled, email.valid) == (2, 3, 2)
    assert [(one.severity, one.rule, one.rows) for one in email.faults] == [
        (Severity.WARNING, "role", 2),
        (Severity.FAULT, "email", 1),
    ]
    assert [(one.row, one.faults) for one in profile.worst] == [(3, 1)]


def _profile_with_a_warning(positions: np.ndarray) -> Profile:
    collector = Collector(LINKS, HEADERS)
    with Planner(LINKS, dry_run=True) as planner:
        (plan,) = planner.plans([chunk(HEADERS, [good_row(1), good_row(2, E_mail="ann"), good_row(3)])])
    email = next(one.checked for one in plan.broken if one.checked)
    words, cells = column(*["is a role's"] * len(positions)), column(*["x@example.com"] * len(positions))
    warning = Broken(email, "role", positions, cells, words, Severity.WARNING)
    collector.add(dataclasses.replace(plan, broken=[*plan.broken, warning]))
    assert [one[2] for one in collector.commonest()] == ["email"]  # no reason for a row to be kept here
    return collector.profile()


def test_duplicates_of_other_runs_are_told_from_those_within_the_list() -> None:
    people = People(b"x" * 32, ("https://example.com", "EXAMPLE-CAMPAIGN"), LINKS.dedupe)
    with Planner(LINKS, dry_run=False) as planner:
        (plan,) = planner.plans([chunk(HEADERS, [good_row(5)])])
    (known,) = people.digests({name: plan.canonical[name] for name in ("email", "phone1")}, 1)
    before = Before(people, lambda _asked: {known[0]: Sent("earlier", 7, sure=True)})
    collector = Collector(LINKS, HEADERS)
    rows = [good_row(1), good_row(5), good_row(1), good_row(1)]
    with Planner(LINKS, dry_run=False, before=before) as planner:
        for plan in planner.plans([chunk(HEADERS, rows)]):
            collector.add(plan)
    profile = collector.profile()
    assert (profile.repeated, profile.sent_before) == (2, 1)
    assert profile.strip.counts == {"": (1, 0, 0, 0), "duplicate": (0, 1, 1, 1)}
    assert profile.worst == ()


def test_rows_that_another_run_of_the_list_has_sent_are_told_from_those_that_repeat_them() -> None:
    rows = [good_row(1), good_row(2), good_row(1), good_row(3)]
    collector = Collector(LINKS, HEADERS)
    with Planner(
        LINKS, dry_run=True, sent_rows=lambda asked: {2: "accepted before"} if 2 in asked else {}
    ) as planner:
        (plan,) = planner.plans([chunk(HEADERS, rows)])
    collector.add(plan)
    profile = collector.profile()
    assert (profile.sent_already, profile.repeated, profile.sent_before) == (1, 1, 0)
    assert plan.errors[0] == "accepted before"
    assert plan.errors[2].endswith("as row 2")
    assert good_rows(profile) == 3


def test_bins_double_their_width_when_all_are_in_use() -> None:
    strip = StripOfRows()
    for start in range(5, 10_005, 1_000):
        rows = np.arange(start, start + 1_000)
        strip.add(rows, ["valid", "invalid"], (rows >= 9_000).astype(int))
    found = strip.strip()
    assert (found.first_row, found.width) == (5, 128)
    bins = {len(one) for one in found.counts.values()}
    assert bins == {-(-10_000 // 128)}
    assert max(bins) <= BINS
    assert sum(found.counts["valid"]) == 8_995
    assert next(at for at, number in enumerate(found.counts["invalid"]) if number) == (9_000 - 5) // 128


@settings(max_examples=50, deadline=None)
@given(gaps=st.lists(st.integers(1, 400), min_size=1, max_size=40), size=st.integers(1, 40))
def test_every_row_is_in_the_bin_that_covers_its_number(gaps: list[int], size: int) -> None:
    rows = np.cumsum(gaps) + 1
    strip = StripOfRows()
    for at in range(0, len(rows), size):
        some = rows[at : at + size]
        strip.add(some, ["valid"], np.zeros(len(some), int))
    found = strip.strip()
    bins = Counter((int(row) - found.first_row) // found.width for row in rows)
    assert found.counts["valid"] == tuple(bins[at] for at in range(max(bins) + 1))
    assert len(found.counts["valid"]) <= BINS


def test_only_so_many_of_the_worst_rows_are_kept_and_a_worse_one_displaces_another() -> None:
    found = listed(["e-mail"] * (WORST + 50) + ["two faults", "three faults", "good"], size=60)
    worst = found.profile.worst
    assert len(worst) == WORST
    assert [(one.row, one.faults) for one in worst[:3]] == [(WORST + 53, 3), (WORST + 52, 2), (2, 1)]
    assert worst[-1].row == WORST - 1


def test_the_rarest_kinds_give_way_and_long_cells_are_cut() -> None:
    kinds = Kinds()
    often, rare = column(*["often"] * 9), column(*[f"rare {number}" for number in range(MOST_KINDS + 1)])
    for words in (often, rare, often):
        size = len(words)
        kinds.add(Severity.FAULT, "rule", words, np.arange(2, size + 2), column(*["x" * 5_000] * size))
    (first, *_), everything = kinds.kept(), kinds.kept(10 * MOST_KINDS)
    assert (first.message, first.rows, first.first_row) == ("often", 18, 2)
    assert len(everything) <= MOST_KINDS
    assert first.examples[0] == Example(2, "x" * (SHOWN - 1) + "…")
    assert shortened("x" * SHOWN) == "x" * SHOWN
    assert [one.rows for one in kinds.rules()] == [18 + MOST_KINDS + 1]


def test_no_rule_is_crowded_out_by_the_kinds_of_another() -> None:
    kinds, rare = Kinds(), column(*[f"contains {number}" for number in range(2 * MOST_KINDS)])
    kinds.add(Severity.FAULT, "required", column("is empty"), np.array([9]), column(""))
    for _twice in range(2):
        kinds.add(Severity.FAULT, "alphabetical", rare, np.arange(len(rare)), rare)
    assert [one.rows for one in kinds.kept()] == [2] * (KINDS - 1) + [1]
    assert kinds.kept()[-1].rule == "required"
    assert {one.rule: (one.rows, one.first_rows) for one in kinds.rules()} == {
        "required": (1, (9,)),
        "alphabetical": (4 * MOST_KINDS, (0, 1, 2, 3, 4)),
    }


def test_a_column_that_is_only_checked_is_a_field_of_its_own_in_the_profile() -> None:
    headers = ("Mail", "Page")
    text = "columns: {Mail: Email}\nignore: [Page]\nchecks: {optin_url: {column: Page}}"
    links = fitted(text, headers, campaign(Field("email", "Email")))
    collector = Collector(links, headers)
    with Planner(links, dry_run=True) as planner:
        cells = [["a@example.com", " "], ["b@example.com", "nowhere"], ["c@example.com", "https://example.com/"]]
        for plan in planner.plans([chunk(headers, [*cells, ["d@example.com", ""]], {5: "has 1 cell"})]):
            collector.add(plan)
    email, page = collector.profile().fields
    assert (email.name, email.at_fault) == ("email", 0)
    assert (page.name, page.label, page.column, page.called) == ("", "Page", "Page", "column 'Page'")
    assert (page.filled, page.valid, page.at_fault) == (2, 1, 2)
    assert [(one.rule, one.rows, one.first_rows) for one in page.rules] == [("optin_url", 2, (2, 3))]
    assert [one.rule for one in collector.profile().record_faults] == ["record"]
    assert [one[:3] for one in collector.commonest()] == [
        ("", "", "optin_url"),
        ("", "", "optin_url"),
        ("", "", "record"),
    ]
    assert "column 'Page' is empty" in collector.commonest()[0][3]


def test_a_profile_of_an_older_version_counts_by_the_kinds_that_it_kept() -> None:
    profile = listed(["two faults", "e-mail", "e-mail"]).profile
    old = json.loads(profile.as_json())
    for one in old["fields"]:
        del one["rules"], one["at_fault"]
    del old["record_rules"]
    email = field(Profile.from_json(json.dumps(old)), "Email")
    assert (email.at_fault, email.counted(Severity.FAULT)) == (None, field(profile, "Email").counted(Severity.FAULT))


@pytest.mark.parametrize("kinds", [[], ["ragged", "ragged"]])
def test_a_list_without_a_whole_row_has_a_profile(kinds: list[str]) -> None:
    profile = listed(kinds).profile
    assert (profile.rows, profile.whole_rows, profile.fields[0].filled) == (len(kinds), 0, 0)
    assert Profile.from_json(profile.as_json()) == profile


def test_rows_that_went_mended_are_at_fault_no_more() -> None:
    collector = Collector(LINKS, HEADERS)
    with Planner(LINKS, dry_run=True) as planner:
        (plan,) = planner.plans([chunk(HEADERS, [good_row(1, E_mail="ann"), good_row(2, E_mail="bob")])])
    collector.add(dataclasses.replace(plan, sent_mended=[1]))
    email = field(collector.profile(), "Email")
    assert (email.at_fault, [one.rows for one in email.counted(Severity.FAULT)]) == (1, [1])
