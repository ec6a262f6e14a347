from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data_types import TEXT, TypeOptions, data_type
from pipeline.model import Field, Selection
from pipeline.normalise import normalise, over_unique, type_of, wire

from .builders import column

PLAIN = TypeOptions()
MOBILE = Field("phone1", "Phone_1", data_type="UK Mobile Number")
DOB = Field("dob", "DOB", data_type="Date")
OWNER = Field("data1", "Home_Owner", selections=(Selection("Yes I own it", "OWN"), Selection("No I rent", "RENT")))


def canonical(field: Field, *cells: str, options: TypeOptions = PLAIN) -> list[str]:
    return list(normalise(column(*cells), field, options))


def sent(field: Field, *cells: str, options: TypeOptions) -> list[str]:
    return list(wire(normalise(column(*cells), field, options), field, options))


def test_the_fields_data_type_decides() -> None:
    assert canonical(MOBILE, "+44 7700 900123", "07700900123") == ["07700900123", "07700900123"]
    assert canonical(DOB, "13/02/1980") == ["1980-02-13"]


@pytest.mark.parametrize("name", ["Colour", ""])
def test_an_unknown_type_is_text(name: str) -> None:
    field = Field("data1", "Colour", data_type=name)
    assert type_of(field) is TEXT
    assert canonical(field, " NA ", "0077") == ["NA", "0077"]


def test_a_known_type_is_itself() -> None:
    assert type_of(MOBILE) is data_type("UK Mobile Number")


def test_what_is_not_understood_stays_stripped_but_otherwise_as_it_is() -> None:
    assert canonical(MOBILE, " n/a ", "") == ["n/a", ""]


@pytest.mark.parametrize("cell", ["Yes I own it", "yes i OWN it", " OWN ", "own"])
def test_a_selection_is_matched_by_label_or_value_and_its_value_is_sent(cell: str) -> None:
    assert canonical(OWNER, cell) == ["OWN"]
    assert sent(OWNER, cell, options=PLAIN) == ["OWN"]


def test_a_cell_that_is_no_choice_stays_as_it_is() -> None:
    assert canonical(OWNER, " maybe ", "") == ["maybe", ""]


def test_a_value_outranks_another_choices_label() -> None:
    field = Field("data1", "Code", selections=(Selection("A", "B"), Selection("B", "C")))
    assert canonical(field, "B", "A") == ["B", "B"]


def test_a_selection_is_not_read_by_its_data_type() -> None:
    """The campaign's own values are sent letter for letter, even where the type would write them otherwise."""
    field = Field("data1", "Answer", data_type="Yes/No", selections=(Selection("Y", "Y"), Selection("N", "N")))
    assert sent(field, "y", options=PLAIN) == ["Y"]
    day = Field("data2", "Open day", data_type="Date", selections=(Selection("Friday", "2026-01-02"),))
    assert sent(day, "friday", options=TypeOptions(send_format="%d/%m/%Y")) == ["2026-01-02"]


def test_wire_formats_are_the_options() -> None:
    options = TypeOptions(send_format="%d/%m/%Y", phone_format="e164")
    assert sent(DOB, "1980-02-13", options=options) == ["13/02/1980"]
    assert sent(MOBILE, "07700 900123", options=options) == ["+447700900123"]


def test_what_is_empty_stays_empty() -> None:
    options = TypeOptions(send_format="%d/%m/%Y", phone_format="e164")
    assert sent(DOB, "", "  ", options=options) == ["", ""]
    assert sent(MOBILE, "", options=options) == [""]


def test_rows_keep_their_index_and_an_empty_column_stays_one_of_text() -> None:
    series = column(" b ", "a")
    series.index = series.index + 40
    assert normalise(series, Field("x", "X"), PLAIN).to_dict() == {40: "b", 41: "a"}
    assert normalise(column(), DOB, PLAIN).dtype == "str"
    assert wire(column(), DOB, PLAIN).dtype == "str"


@settings(deadline=None)
@given(cells=st.lists(st.sampled_from(["a", "b", "", "A"]), max_size=12))
def test_a_function_is_asked_once_per_distinct_value(cells: list[str]) -> None:
    asked: list[str] = []

    def ask(value: str) -> str:
        asked.append(value)
        return value * 2

    assert list(over_unique(column(*cells), ask)) == [cell * 2 for cell in cells]
    assert sorted(asked) == sorted(set(cells))
