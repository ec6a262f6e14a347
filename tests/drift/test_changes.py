"""Every kind of change has its sentence, and what has not changed has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.drift.changes import Change, changes
from pipeline.drift.lock import Lock
from pipeline.model import Campaign, Field, Selection
from tests.builders import EXAMPLE, HEADERS

WORD = st.text(max_size=6)
FIELD = st.builds(Field, WORD, WORD, st.booleans(), WORD, st.lists(st.builds(Selection, WORD, WORD)).map(tuple))


def lock(fields: Sequence[Field] = EXAMPLE.fields, headers: Sequence[str] = HEADERS) -> Lock:
    return Lock(EXAMPLE.reference, tuple(fields), tuple(headers))


def campaign(fields: Sequence[Field]) -> Campaign:
    return replace(EXAMPLE, fields=tuple(fields))


def changed(name: str, /, **how: Any) -> list[Field]:
    return [replace(one, **how) if one.name == name else one for one in EXAMPLE.fields]


def said(found: list[Change]) -> list[tuple[str, bool]]:
    return [(one.words, one.stops) for one in found]


@settings(max_examples=40)
@given(st.lists(FIELD), st.lists(WORD))
def test_what_is_as_it_was_has_not_changed(fields: list[Field], headers: list[str]) -> None:
    assert changes(lock(fields, headers), campaign(fields), headers) == []


@settings(max_examples=40)
@given(st.lists(FIELD, unique_by=lambda one: one.name))
def test_the_order_of_the_fields_says_nothing(fields: list[Field]) -> None:
    assert changes(lock(fields), campaign([*reversed(fields)]), HEADERS) == []


@settings(max_examples=40)
@given(st.lists(FIELD, unique_by=lambda one: one.name), st.lists(FIELD, unique_by=lambda one: one.name))
def test_other_fields_are_always_told(before: list[Field], now: list[Field]) -> None:
    found = changes(lock(before), campaign(now), HEADERS)
    same = {(one.name, one.label, one.required) for one in before} == {
        (one.name, one.label, one.required) for one in now
    }
    assert same or found


FIELDS = {
    "a new required field": (
        [*EXAMPLE.fields, Field("data20", "Roof", required=True)], "field Roof is new, and required", True,
    ),
    "a new field": ([*EXAMPLE.fields, Field("data20", "Roof")], "field Roof is new", False),
    "a field that is gone": (
        [one for one in EXAMPLE.fields if one.name != "data14"], "field mortgage_type is gone", True,
    ),
    "another label": (changed("dob", label="Birthday"), "field DOB is called Birthday now", True),
    "another name": (
        changed("data13", name="data31"), "field make_of_car is sent as data31 now, no longer as data13", True,
    ),
    "required": (changed("phone1", required=True), "field Phone_1 is required now", True),
    "no longer required": (changed("email", required=False), "field Email is no longer required", False),
    "another type": (
        changed("phone1", data_type="Text"),
        "field Phone_1 is of the type Text now, no longer UK Mobile Number", True,
    ),
    "a new choice": (
        changed("gender", selections=(*EXAMPLE.fields[5].selections, Selection("X", "X"))),
        "field Gender: 'X' can be chosen now", True,
    ),
    "choices that are gone": (
        changed("gender", selections=EXAMPLE.fields[5].selections[:1]),
        "field Gender: 'Female', 'M' and 'F' cannot be chosen any more", True,
    ),
    "a choice that is sent otherwise": (
        changed("gender", selections=(Selection("Male", "1"), *EXAMPLE.fields[5].selections[1:])),
        "field Gender: 'Male' is sent as '1' now, no longer as 'Male'", True,
    ),
    "choices where there were none": (
        changed("data14", selections=(Selection("Fixed", "F"),)),
        "field mortgage_type: it takes one of its choices only now: 'Fixed'", True,
    ),
    "no choices any more": (
        changed("gender", selections=()), "field Gender: it takes anything now, no longer one of its choices", True,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "words", "stops"), FIELDS.values(), ids=FIELDS)
def test_each_change_of_a_field_has_its_sentence(now: list[Field], words: str, stops: bool) -> None:
    assert said(changes(lock(), campaign(now), HEADERS)) == [(words, stops)]


@pytest.mark.parametrize(
    ("old", "new"), [("Email Address", "email"), ("Phone Number", "Telephone"), ("Roof", "roof")]
)
def test_another_name_of_the_same_type_is_no_change(old: str, new: str) -> None:
    before, now = Field("a", "A", data_type=old), Field("a", "A", data_type=new)
    assert changes(lock([before]), campaign([now]), HEADERS) == []


def test_choices_in_another_order_are_no_change() -> None:
    now = changed("gender", selections=tuple(reversed(EXAMPLE.fields[5].selections)))
    assert changes(lock(), campaign(now), HEADERS) == []


def test_a_field_that_takes_the_name_of_another_is_told_for_both() -> None:
    before = [Field("data1", "Car"), Field("data2", "Home")]
    now = [Field("data1", "Home"), Field("data2", "Car")]
    assert [words for words, _stops in said(changes(lock(before), campaign(now), HEADERS))] == [
        "field Car is called Home now", "field Home is called Car now",
    ]  # fmt: skip


def test_another_campaigns_fields_are_not_compared() -> None:
    other = replace(EXAMPLE, reference="OTHER", fields=())
    assert changes(lock(), other, HEADERS) == []
    assert said(changes(lock(), other, HEADERS[1:])) == [
        ("column 'First name' is gone", True),
    ]


# ---------------------------------------------------------------------- the header

LIST = ("First name", "E-mail", "Mobile", "Notes")
COLUMNS = {
    "a new column": ([*LIST, "Town"], [("column 'Town' is new", True)]),
    "a column that is gone": (LIST[:3], [("column 'Notes' is gone", True)]),
    "another name": (
        ["First name", "E-mail", "Cell", "Notes"], [("column 'Mobile' is called 'Cell' now", True)],
    ),
    "another spelling": (
        ["First name", "EMAIL", "Mobile", "Notes"], [("column 'E-mail' is written 'EMAIL' now", False)],
    ),
    "another order": (
        ["E-mail", "First name", "Mobile", "Notes"], [("the columns are in another order", False)],
    ),
    "one gone and another new elsewhere": (
        ["Town", "First name", "E-mail", "Mobile"],
        [("column 'Notes' is gone", True), ("column 'Town' is new", True)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "words"), COLUMNS.values(), ids=COLUMNS)
def test_each_change_of_the_header_has_its_sentence(now: list[str], words: list[tuple[str, bool]]) -> None:
    assert said(changes(lock(headers=LIST), EXAMPLE, now)) == words


@settings(max_examples=40)
@given(st.permutations(LIST), st.lists(st.sampled_from(["Town", "Age"]), unique=True))
def test_a_column_more_or_less_always_stops(order: list[str], more: list[str]) -> None:
    found = changes(lock(headers=LIST), EXAMPLE, [*order, *more])
    assert [one for one in found if one.stops] == [Change(f"column {one!r} is new") for one in more]
    back = changes(lock(headers=[*order, *more]), EXAMPLE, LIST)
    assert [one for one in back if one.stops] == [Change(f"column {one!r} is gone") for one in more]


def test_where_a_row_stands_in_the_headers_place_nobody_is_named() -> None:
    row = ["Jane", "jane.doe@example.com", "07700 900123", "met Jane"]
    found = changes(lock(headers=LIST), EXAMPLE, row)
    assert said(found)[0] == (
        "the header is no header but a row of the list, it seems: its columns have no names", True,
    )  # fmt: skip
    words = " ".join(one.words for one in found)
    assert "column 'E-mail' is called 'j***@e***.com' now" in words
    for secret in ("Jane", "jane.doe", "900123"):
        assert secret not in words.replace("First name", "")


def test_where_no_list_was_known_no_header_is_compared() -> None:
    assert changes(lock(headers=()), EXAMPLE, LIST) == []
