from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.columns import Texts
from pipeline.data_types import TypeOptions
from pipeline.model import Field, Issue, Selection
from pipeline.validate import REQUIRED, Checked, Schema

from .builders import EXAMPLE, GENDERS, column, frame

CHECKED = [Checked(one, f"the {one.label}", TypeOptions()) for one in EXAMPLE.fields]
GOOD = {
    "data13": "Ford",
    "data14": "",
    "dob": "1980-02-13",
    "email": "ann@example.com",
    "firstname": "Ann",
    "gender": "Female",
    "lastname": "Smith",
    "phone1": "07700 900123",
    "postcode": "SW1A 1AA",
    "sid": "1",
}
#: For each field a cell that breaks one rule, and which.
BAD = {
    "data13": (" ", "required"),
    "data14": ("a\x00b", "text"),
    "dob": ("31/02/1980", "date"),
    "email": ("ann", "email"),
    "firstname": ("R2D2", "alphabetical"),
    "gender": ("Robot", "selection"),
    "lastname": ("", "required"),
    "phone1": ("0770090012", "uk_mobile"),
    "postcode": ("QQ1 1AA", "postcode"),
    "sid": ("", "required"),
}


def issues_in(
    rows: Sequence[dict[str, str]], checked: Sequence[Checked] = CHECKED, first_row: int = 2
) -> list[Issue]:
    """What is found in rows (cells by field name), as the planning stage asks and tells."""
    names = [one.field.name for one in checked]
    raw = {name: column(*(row[name] for row in rows)) for name in names}
    canonical = {one.field.name: one.reader.canonical(raw[one.field.name]) for one in checked}
    frame = pd.DataFrame({name: pd.array(cells, dtype="str") for name, cells in canonical.items()})
    found = [
        Issue(
            int(at) + first_row, one.checked.source, one.checked.field.name, one.checked.field.label, one.rule, cell,
            "is required and empty" if one.rule == REQUIRED else one.checked.reader.explain(column(cell))[0].as_py(),
        )
        for one in Schema(checked).faults(frame)
        for at, cell in zip(one.positions, raw[one.checked.field.name].take(one.positions).to_pylist(), strict=True)
    ]  # fmt: skip
    return sorted(found, key=lambda issue: issue.row)


def issue_of(field: Field, cell: str, options: TypeOptions | None = None) -> Issue:
    (issue,) = issues_in([{field.name: cell}], [Checked(field, "Header", options or TypeOptions())])
    return issue


def accepts(field: Field, cell: str) -> bool:
    return not issues_in([{field.name: cell}], [Checked(field, "Header", TypeOptions())])


def test_a_good_row_has_no_issue() -> None:
    assert issues_in([GOOD]) == []


@pytest.mark.parametrize("surname", ["NA", "Null", "None", "nan", "True", "O'Brien"])
def test_surnames_that_programs_take_for_nothing_are_surnames(surname: str) -> None:
    assert issues_in([GOOD | {"lastname": surname}]) == []


def test_an_issue_says_row_column_field_label_rule_value_and_what_to_do() -> None:
    (issue,) = issues_in([GOOD, GOOD | {"phone1": " 0770090012 "}], first_row=40)
    assert issue == Issue(
        row=41,
        column="the Phone_1",
        field="phone1",
        label="Phone_1",
        rule="uk_mobile",
        value=" 0770090012 ",
        message="is not a UK mobile number: 10 digits after the first 0 are expected, this has 9",
    )


def test_all_faults_of_one_row_are_reported_in_the_order_of_the_fields() -> None:
    found = issues_in([{name: cell for name, (cell, _rule) in BAD.items()}])
    assert [(one.field, one.value, one.rule) for one in found] == [(name, *fault) for name, fault in BAD.items()]
    assert {one.row for one in found} == {2}
    assert all(one.message for one in found)


@settings(max_examples=40, deadline=None)
@given(spoilt=st.lists(st.sets(st.sampled_from(sorted(BAD))), min_size=1, max_size=6))
def test_all_faults_of_all_rows_are_reported_whichever_they_are(spoilt: list[set[str]]) -> None:
    rows = [GOOD | {name: BAD[name][0] for name in names} for names in spoilt]
    expected = [
        (row, name, BAD[name][1]) for row, names in enumerate(spoilt, start=2) for name in BAD if name in names
    ]
    assert [(one.row, one.field, one.rule) for one in issues_in(rows)] == expected


@pytest.mark.parametrize("cell", ["", " ", "\u00a0", "\t", "\u200b"])
def test_a_required_field_must_show_something(cell: str) -> None:
    issue = issue_of(Field("a", "A", required=True), cell)
    assert (issue.rule, issue.message, issue.value) == ("required", "is required and empty", cell)
    assert accepts(Field("a", "A"), cell)


@pytest.mark.parametrize("kind", ["Text", "Date", "Email Address", "Alphabetical", "UK Mobile Number", "Postcode"])
def test_an_optional_field_of_any_type_may_be_empty_and_a_required_one_has_one_fault_only(kind: str) -> None:
    assert accepts(Field("a", "A", data_type=kind), "")
    assert issue_of(Field("a", "A", required=True, data_type=kind), "").rule == "required"


@pytest.mark.parametrize("cell", ["Yes I own it", "OWN", "own", " no i rent "])
def test_a_choice_is_made_by_label_or_by_value(cell: str) -> None:
    field = Field("a", "A", selections=(Selection("Yes I own it", "OWN"), Selection("No I rent", "RENT")))
    assert accepts(field, cell)


def test_what_is_no_choice_is_told_the_choices_by_label() -> None:
    field = Field("a", "A", selections=(Selection("Yes I own it", "OWN"), Selection("No I rent", "RENT")))
    issue = issue_of(field, "maybe")
    assert issue.rule == "selection"
    assert issue.message == "is not one of the campaign's choices: Yes I own it, No I rent"


def test_of_many_choices_eight_are_told_and_the_rest_counted() -> None:
    field = Field("a", "A", selections=tuple(Selection(f"c{number}", str(number)) for number in range(11)))
    assert issue_of(field, "x").message.endswith(": c0, c1, c2, c3, c4, c5, c6, c7 and 3 more")
    eight = Field("a", "A", selections=field.selections[:8])
    assert issue_of(eight, "x").message.endswith("c7")


def test_a_required_choice_left_empty_is_missing_not_wrong() -> None:
    assert issue_of(Field("a", "A", required=True, selections=GENDERS), "").rule == "required"
    assert accepts(Field("a", "A", selections=GENDERS), "")


def test_a_type_that_is_not_known_is_checked_as_text() -> None:
    field = Field("a", "A", data_type="Roof Shape")
    assert accepts(field, "flat, 3 m²")
    assert issue_of(field, "a\x00b").rule == "text"


def test_the_message_is_about_the_cell_as_it_stands_in_the_file_and_its_declared_format() -> None:
    issue = issue_of(Field("dob", "DOB", data_type="Date"), " 1980.02.31 ", TypeOptions(date_format="%d/%m/%Y"))
    assert issue.value == " 1980.02.31 "
    assert "DD/MM/YYYY" in issue.message


def test_a_value_that_many_rows_share_is_reported_in_each() -> None:
    found = issues_in([GOOD | {"email": "ann"}] * 3)
    assert [one.row for one in found] == [2, 3, 4]


@pytest.mark.parametrize("name", ["index", "column", "check", "schema_context", "failure_case", "check_number"])
def test_a_field_may_be_called_like_anything(name: str) -> None:
    issue = issue_of(Field(name, "A", data_type="Email Address"), "ann")
    assert (issue.field, issue.value) == (name, "ann")


def test_a_schema_that_does_not_fit_the_frame_raises_instead_of_passing() -> None:
    """pandera reports it as a failure of no row: it must not look like a clean list."""
    checked = [Checked(Field("a", "A"), "A", TypeOptions())]
    other = frame(["b"], [["x"]])
    with pytest.raises(RuntimeError, match="column_in_dataframe"):
        Schema(checked).faults(other)


def test_what_reading_has_shown_changes_no_fault() -> None:
    """The rows that are checked need not be all that were read: a ragged one is left out."""
    cells = {name: column(GOOD[name], GOOD[name], bad, "", bad) for name, (bad, _rule) in BAD.items()}
    read = {one.field.name: one.reader.read(cells[one.field.name]) for one in CHECKED}
    canonical = pd.DataFrame({name: pd.array(values, dtype="str") for name, (values, _sure) in read.items()})
    sure = {name: known for name, (_values, known) in read.items()}
    assert any(known.any() for known in sure.values())
    for rows in (canonical, canonical.drop(index=[0])):
        plain, helped = Schema(CHECKED).faults(rows), Schema(CHECKED).faults(rows, sure)
        assert [(one.checked, one.rule, one.positions.tolist()) for one in helped] == [
            (one.checked, one.rule, one.positions.tolist()) for one in plain
        ]


def test_a_check_that_breaks_raises_instead_of_passing_and_says_no_value() -> None:
    class Broken:
        def valid(self, canonical: Texts) -> None:
            raise ValueError(f"cannot read {canonical[0]}")

    checked = Checked(Field("a", "A"), "A", TypeOptions())
    object.__setattr__(checked, "reader", Broken())
    private = frame(["a"], [["ann@example.com"]])
    with pytest.raises(RuntimeError, match="a: text") as caught:
        Schema([checked]).faults(private)
    assert "ann@" not in str(caught.value)
