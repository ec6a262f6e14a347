from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.load import Chunk
from pipeline.mapping import Links
from pipeline.model import Campaign, Field, Issue, Outcome, PlannedRow, Selection
from pipeline.planning import Planner, unknown_types

from .builders import EXAMPLE, HEADERS, MAPPING, campaign, chunk, fitted, good_row

#: Changes of a good row, and the outcome that each comes to.
KINDS = {
    "good": ({}, None),
    "invalid": ({"E_mail": "ann"}, Outcome.INVALID),
    "twice invalid": ({"Surname": "", "Born": "31/02/1980"}, Outcome.INVALID),
    "ragged": ({}, Outcome.INVALID),
    "again": ({"E_mail": "ANN0@Example.com", "Mobile": ""}, Outcome.DUPLICATE),
}


def plan(
    rows: list[list[str]], links: Links | None = None, *, faults: dict[int, str] | None = None, dry_run: bool = False
) -> tuple[list[PlannedRow], list[Issue]]:
    return planned_by(Planner(links or fitted(MAPPING), dry_run=dry_run), chunk(HEADERS, rows, faults))


def planned_by(planner: Planner, *chunks: Chunk) -> tuple[list[PlannedRow], list[Issue]]:
    with planner:
        plans = list(planner.plans(chunks))
    return [row for one in plans for row in one.rows()], [issue for one in plans for issue in one.issues()]


def lead_of(row: list[str], text: str = MAPPING, to: Campaign = EXAMPLE) -> dict[str, str]:
    (planned,), issues = plan([row], fitted(text, HEADERS, to))
    assert issues == []
    return planned.lead


def test_a_good_row_becomes_the_lead_that_is_posted() -> None:
    (row,), issues = plan([good_row(123)])
    assert issues == []
    assert row == PlannedRow(
        2,
        tuple(good_row(123)),
        {
            "firstname": "Ann",
            "lastname": "Smith",
            "email": "ann123@example.com",
            "phone1": "07700900123",
            "dob": "1980-02-13",
            "gender": "Female",
            "postcode": "SW1A 1AA",
            "data13": "Ford",
            "data14": "Fixed",
            "sid": "1",
        },
        None,
    )


def test_a_dry_run_plans_the_same_leads_and_calls_them_valid() -> None:
    rows = [good_row(1), good_row(2, E_mail="ann"), good_row(1), good_row(3)]
    real, found = plan(rows)
    dry, found_dry = plan(rows, dry_run=True)
    assert [one.outcome for one in real] == [None, Outcome.INVALID, Outcome.DUPLICATE, None]
    assert [one.outcome for one in dry] == [Outcome.VALID, Outcome.INVALID, Outcome.DUPLICATE, Outcome.VALID]
    assert [(one.row, one.cells, one.lead, one.errors) for one in real] == [
        (one.row, one.cells, one.lead, one.errors) for one in dry
    ]
    assert found == found_dry


def test_an_empty_field_is_not_in_the_lead() -> None:
    """LeadByte's own default stays in force."""
    lead = lead_of(good_row(Mortgage="  ", Mobile="", Born=""))
    assert lead.keys().isdisjoint({"data14", "phone1", "dob"})
    assert all(lead.values())


def test_the_cells_are_kept_as_they_stand_in_the_file() -> None:
    row = good_row(Surname="  NA ", Post_code="sw1a1aa")
    (planned,), _ = plan([row])
    assert planned.cells == tuple(row)
    assert planned.lead["lastname"] == "NA"


def test_a_date_is_sent_in_the_campaigns_own_format() -> None:
    declared = '{field: DOB, date_format: "%d/%m/%Y", send_format: "%m-%d-%y"}'
    text = MAPPING.replace('{field: DOB, date_format: "%d/%m/%Y"}', declared)
    assert lead_of(good_row(Born="13/02/1980"), text)["dob"] == "02-13-80"


def test_a_phone_is_sent_as_e164_where_the_mapping_says_so() -> None:
    assert lead_of(good_row(1), MAPPING + "phone_format: e164\n")["phone1"] == "+447700900001"


def test_a_choice_is_sent_by_its_value() -> None:
    owner = Field("data1", "Home_Owner", selections=(Selection("Yes I own it", "OWN"), Selection("No", "RENT")))
    text = (
        "columns: {Car: Home_Owner}\nignore: [First name, Surname, E-mail, Mobile, Born, Sex, Post code, Mortgage]\n"
    )
    assert lead_of(good_row(Car="yes i own it"), text, campaign(owner)) == {"data1": "OWN"}


def test_an_invalid_row_says_every_fault_and_has_no_lead() -> None:
    (row,), issues = plan([good_row(Surname="", E_mail="ann")])
    assert (row.outcome, row.lead) == (Outcome.INVALID, {})
    assert row.errors == (
        "Last_Name is required and empty (column 'Surname'); "
        "Email is not a valid e-mail address: the @ is missing (column 'E-mail')"
    )
    assert [(one.row, one.column, one.rule) for one in issues] == [(2, "Surname", "required"), (2, "E-mail", "email")]


def test_an_issue_shows_the_cell_before_the_value_map() -> None:
    """A person looks for what stands in the spreadsheet, not for what the mapping made of it."""
    links = fitted(MAPPING.replace("man: Male}", "android: Robot}"))
    (row,), (issue,) = plan([good_row(Sex=" Android ")], links)
    assert issue.value == " Android "
    assert issue.column == "Sex"
    assert "Male, Female" in row.errors


def test_a_ragged_row_is_invalid_and_its_neighbours_are_not_shifted() -> None:
    rows = [good_row(1), good_row(2), good_row(3)]
    planned, issues = plan(rows, faults={3: "has 4 cells, the header has 9"})
    assert [one.outcome for one in planned] == [None, Outcome.INVALID, None]
    assert [one.lead.get("email") for one in planned] == ["ann1@example.com", None, "ann3@example.com"]
    assert planned[1] == PlannedRow(3, tuple(rows[1]), {}, Outcome.INVALID, "has 4 cells, the header has 9")
    assert issues == [Issue(3, "", "", "", "record", "", "has 4 cells, the header has 9")]


def test_the_cells_of_a_ragged_row_are_not_judged() -> None:
    """They may stand in the wrong columns: what is said about them would mislead."""
    _, issues = plan([good_row(1, E_mail="ann")], faults={2: "has 4 cells"})
    assert [one.rule for one in issues] == ["record"]


def test_a_chunk_may_be_ragged_from_top_to_bottom_or_empty() -> None:
    planned, issues = plan([good_row(1), good_row(2)], faults={2: "has 1 cell", 3: "has 1 cell"})
    assert [one.outcome for one in planned] == [Outcome.INVALID] * 2
    assert len(issues) == 2
    assert plan([]) == ([], [])


def test_a_duplicate_names_the_first_row_and_what_is_the_same() -> None:
    planned, issues = plan([good_row(1), good_row(2), good_row(3, Mobile="+44 7700 900001")])
    assert planned[2] == PlannedRow(4, planned[2].cells, {}, Outcome.DUPLICATE, "same Phone_1 as row 2")
    assert issues == []


def test_a_duplicate_by_several_fields_names_them_all() -> None:
    text = MAPPING.replace("[Email, Phone_1]", "[[First_Name, Postcode]]")
    planned, _ = plan([good_row(1), good_row(2, First_name="ANN", Post_code="SW1A 1AA")], fitted(text))
    assert planned[1].errors == "same First_Name and Postcode as row 2"


def test_people_are_compared_before_their_values_are_written_for_the_campaign() -> None:
    """A campaign that wants the year only does not make one person of all who were born in it."""
    declared = '{field: DOB, date_format: "%d/%m/%Y", send_format: "%Y"}'
    text = MAPPING.replace('{field: DOB, date_format: "%d/%m/%Y"}', declared).replace("[Email, Phone_1]", "[DOB]")
    rows = [good_row(1), good_row(2, Born="14/02/1980"), good_row(3, Born="1980-02-13")]
    planned, _ = plan(rows, fitted(text))
    assert [one.outcome for one in planned] == [None, None, Outcome.DUPLICATE]
    assert [one.lead.get("dob") for one in planned] == ["1980", "1980", None]


def test_rows_are_planned_even_where_no_column_feeds_anything() -> None:
    links = fitted("ignore: [A]\n", ("A",), campaign(Field("email", "Email")))
    planned, _ = planned_by(Planner(links, dry_run=True), chunk(("A",), [["x"], ["y"], ["z"]], {3: "has 2 cells"}))
    assert [(one.row, one.outcome) for one in planned] == [(row, Outcome.INVALID) for row in (2, 3, 4)]


@pytest.mark.parametrize("faults", [{}, {2: "has 4 cells"}])
def test_a_row_that_is_not_sent_makes_no_other_a_duplicate(faults: dict[int, str]) -> None:
    first = good_row(1) if faults else good_row(1, Surname="")
    planned, _ = plan([first, good_row(1)], faults=faults)
    assert [one.outcome for one in planned] == [Outcome.INVALID, None]


def test_people_are_remembered_from_chunk_to_chunk() -> None:
    planner = Planner(fitted(MAPPING), dry_run=False)
    (_, row), _ = planned_by(planner, chunk(HEADERS, [good_row(1)]), chunk(HEADERS, [good_row(1)], first_row=3))
    assert (row.row, row.outcome, row.errors) == (3, Outcome.DUPLICATE, "same Email as row 2")


def test_row_numbers_are_the_spreadsheets_and_plain_numbers() -> None:
    planned, issues = planned_by(
        Planner(fitted(MAPPING), dry_run=False),
        chunk(HEADERS, [good_row(1), good_row(2, E_mail="ann"), good_row(3)], {43: "has 4 cells"}, first_row=41),
    )
    assert [one.row for one in planned] == [41, 42, 43]
    assert [one.row for one in issues] == [42, 43]
    assert {type(one.row) for one in planned} == {type(one.row) for one in issues} == {int}


def test_issues_are_in_the_order_of_rows() -> None:
    rows = [good_row(1), good_row(2, E_mail="ann"), good_row(3), good_row(4, Surname="")]
    _, issues = plan(rows, faults={2: "has 4 cells", 4: "has 3 cells"})
    assert [one.row for one in issues] == [2, 3, 4, 5]


@settings(max_examples=30, deadline=None)
@given(kinds=st.lists(st.sampled_from(sorted(KINDS)), max_size=10))
def test_every_row_in_is_one_planned_row_with_the_outcome_of_its_kind(kinds: list[str]) -> None:
    rows = [good_row(0), *(good_row(number, **KINDS[kind][0]) for number, kind in enumerate(kinds, start=1))]
    faults = {row: "has 4 cells" for row, kind in enumerate(kinds, start=3) if kind == "ragged"}
    planned, issues = plan(rows, faults=faults)
    assert [one.row for one in planned] == list(range(2, len(rows) + 2))
    assert [list(one.cells) for one in planned] == rows
    assert [one.outcome for one in planned] == [None, *(KINDS[kind][1] for kind in kinds)]
    assert all(bool(one.lead) == (one.outcome is None) for one in planned)
    assert all(bool(one.errors) == (one.outcome is not None) for one in planned)
    assert {one.row for one in issues} == {one.row for one in planned if one.outcome is Outcome.INVALID}


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(6)), size=st.integers(1, 6), bad=st.sets(st.integers(0, 5)))
def test_no_cell_ever_gets_into_another_row(order: list[int], size: int, bad: set[int]) -> None:
    """Each person's cells hold a number of their own; their lead holds that number and no other, in any order."""
    rows = [
        good_row(
            number, Car=f"car {number}", Mortgage=f"fixed {number}", Surname="" if number in bad else "Smith",
            Post_code=f"M{number + 1} 1AA", Born=f"{number + 1}/02/1980",
        )
        for number in order
    ]  # fmt: skip
    planner = Planner(fitted(MAPPING), dry_run=False)
    pieces = (chunk(HEADERS, rows[start : start + size], first_row=start + 2) for start in range(0, 6, size))
    planned, _ = planned_by(planner, *pieces)
    for row, number in zip(planned, order, strict=True):
        if number in bad:
            assert row.outcome is Outcome.INVALID
            continue
        lead = row.lead
        assert (lead["data13"], lead["data14"], lead["email"], lead["phone1"], lead["postcode"], lead["dob"]) == (
            f"car {number}",
            f"fixed {number}",
            f"ann{number}@example.com",
            f"07700900{number:03d}",
            f"M{number + 1} 1AA",
            f"1980-02-{number + 1:02d}",
        )


@settings(max_examples=5, deadline=None)
@given(size=st.integers(1, 5))
def test_the_plan_does_not_depend_on_the_size_of_the_chunks(size: int) -> None:
    rows = [good_row(1), good_row(2, E_mail="ann"), good_row(1), good_row(4, Surname=""), good_row(5)]
    planner = Planner(fitted(MAPPING), dry_run=False)
    pieces = (chunk(HEADERS, rows[start : start + size], first_row=start + 2) for start in range(0, 5, size))
    assert planned_by(planner, *pieces) == plan(rows)


def test_a_type_that_is_not_known_is_said_once_and_checked_as_text() -> None:
    to = campaign(
        Field("data1", "Roof_Type", data_type="Roof Shape"),
        Field("data2", "Roof_Colour", data_type="Roof Shape", selections=(Selection("Red", "R"),)),
        Field("data3", "Unfed", data_type="Mystery"),
        Field("email", "Email", data_type="email_address"),
    )
    links = fitted("columns: {A: Roof_Type, B: Roof_Colour, C: Email}\n", ("A", "B", "C"), to)
    (sentence,) = unknown_types(links)
    assert "Roof_Type" in sentence
    assert "'Roof Shape'" in sentence
    (row,), issues = planned_by(Planner(links, dry_run=True), chunk(("A", "B", "C"), [["flat", "red", ""]]))
    assert (row.lead, issues) == ({"data1": "flat", "data2": "R"}, [])


def test_a_row_that_would_send_nothing_is_invalid() -> None:
    open_to_all = campaign(Field("email", "Email"))
    links = fitted("columns: {Mail: Email}\nignore: [Note]", ("Mail", "Note"), open_to_all)

    planned, _issues = planned_by(Planner(links, dry_run=True), chunk(("Mail", "Note"), [["", "hello"]]))

    assert [(one.outcome, one.errors) for one in planned] == [
        (Outcome.INVALID, "nothing to send: every mapped cell is empty")
    ]
