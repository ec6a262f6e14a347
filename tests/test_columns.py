from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import columns
from pipeline.columns import Reader, texts
from pipeline.data_types import DATA_TYPES, TypeOptions
from pipeline.model import Field, Selection
from pipeline.normalise import type_of

from .builders import column, frame

PLAIN = TypeOptions()
MOBILE = Field("phone1", "Phone_1", data_type="UK Mobile Number")
DOB = Field("dob", "DOB", data_type="Date")
OWNER = Field("data1", "Home_Owner", selections=(Selection("Yes I own it", "OWN"), Selection("No I rent", "RENT")))
#: Cells of every kind, good and bad, of which some stand in a plain form of some type.
CELLS = [
    *("", " ", "NA", "Ann", " Ann ", "O'Brien", "Renée", "R2D2", "yes", "No", "12", " 12", "1,200.50", "£5", "007"),
    *("ann@example.com", "Ann@Example.COM", "ann@@example.com", "ann", "a b@example.com", "ann@example.com\n"),
    *("07700900123", "07700 900123", "+447700900123", "447700900123", "7700900123", "0770090012", "7.7009E+09"),
    *("01632960123", "02079460000", "0113 496 0000", "+33612345678", "\uff10\uff17\uff17\uff10\uff10900123"),
    *("1980-02-13", "13/02/1980", "02/13/1980", "31/02/1980", "29/02/1980", "29/02/1981", "1/2/1980", "03/04/1980"),
    *("1980-02-13 10:11:12", "SW1A 1AA", "sw1a1aa", "QQ1 1AA", "https://example.com/a?b=c", "example.com"),
    *("192.0.2.1", "256.1.1.1", "TRUE", "a\u00a0b", "\u200bx", "a\x00b"),
]


def canonical(field: Field, *cells: str, options: TypeOptions = PLAIN) -> list[str]:
    found: list[str] = Reader(field, options).canonical(column(*cells)).to_pylist()
    return found


def sent(field: Field, *cells: str, options: TypeOptions) -> list[str]:
    reader = Reader(field, options)
    found: list[str] = reader.wire(reader.canonical(column(*cells))).to_pylist()
    return found


def test_the_fields_data_type_decides() -> None:
    assert canonical(MOBILE, "+44 7700 900123", "07700900123") == ["07700900123", "07700900123"]
    assert canonical(DOB, "13/02/1980") == ["1980-02-13"]


def test_what_is_not_understood_stays_stripped_but_otherwise_as_it_is() -> None:
    assert canonical(MOBILE, " n/a ", "") == ["n/a", ""]


@pytest.mark.parametrize("name", ["Colour", ""])
def test_an_unknown_type_is_read_as_text(name: str) -> None:
    assert canonical(Field("data1", "Colour", data_type=name), " NA ", "0077") == ["NA", "0077"]


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
    assert sent(MOBILE, options=options) == []


def by_value(field: Field, cells: Sequence[str], options: TypeOptions) -> list[tuple[str, bool]]:
    """The truth: the data type's own functions, value by value."""
    kind = type_of(field)
    read = [kind.normalise(cell, options) if cell else "" for cell in cells]
    return [(one, one == "" or kind.check(one, options)) for one in read]


def by_column(field: Field, cells: Sequence[str], options: TypeOptions) -> list[tuple[str, bool]]:
    reader = Reader(field, options)
    read = reader.canonical(column(*cells))
    return list(zip(read.to_pylist(), reader.valid(read).to_pylist(), strict=True))


@pytest.mark.parametrize("kind", DATA_TYPES, ids=lambda kind: kind.name)
@settings(max_examples=50, deadline=None)
@given(
    cells=st.lists(st.sampled_from(CELLS) | st.text(max_size=6), max_size=30),
    declared=st.sampled_from(["", "%d/%m/%Y", "%m/%d/%Y"]),
    phone_format=st.sampled_from(["national", "e164"]),
)
def test_a_column_is_read_and_judged_as_its_values_one_by_one(
    kind: object, cells: list[str], declared: str, phone_format: str
) -> None:
    field = Field("a", "A", data_type=kind.name)  # type: ignore[attr-defined]
    options = TypeOptions(date_format=declared, phone_format=phone_format)
    assert by_column(field, cells, options) == by_value(field, cells, options)


@pytest.mark.parametrize("kind", DATA_TYPES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("declared", ["", "%d/%m/%Y", "%m/%d/%Y"])
def test_what_reading_has_shown_to_be_valid_is_valid(kind: object, times: int, declared: str) -> None:
    options = TypeOptions(date_format=declared)
    field = Field("a", "A", data_type=kind.name)  # type: ignore[attr-defined]
    _canonical, sure = Reader(field, options).read(column(*CELLS * times))
    truth = [valid for _value, valid in by_value(field, CELLS * times, options)]
    assert [valid for valid, known in zip(truth, sure.tolist(), strict=True) if known] == [True] * sure.sum()


def test_reading_shows_that_common_values_are_valid() -> None:
    assert Reader(MOBILE, PLAIN).read(column("07700900123", "+447700900123", "x", ""))[1].tolist() == [
        *(True, True, False, False)
    ]
    declared = Reader(DOB, TypeOptions(date_format="%d/%m/%Y"))
    assert declared.read(column("13/02/1980", "1980-02-13", "30/02/1980"))[1].tolist() == [True, True, False]


@pytest.mark.parametrize("kind", DATA_TYPES, ids=lambda kind: kind.name)
def test_a_column_that_repeats_itself_is_read_as_one_that_does_not(kind: object) -> None:
    field = Field("a", "A", data_type=kind.name)  # type: ignore[attr-defined]
    assert by_column(field, CELLS * 3, PLAIN) == by_value(field, CELLS * 3, PLAIN)
    assert by_column(field, CELLS, PLAIN) == by_value(field, CELLS, PLAIN)


def test_an_empty_cell_is_valid_as_far_as_its_type_goes() -> None:
    assert Reader(MOBILE, PLAIN).valid(column("", "x")).to_pylist() == [True, False]
    assert Reader(OWNER, PLAIN).valid(column("", "x", "OWN")).to_pylist() == [True, False, True]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "REMEMBERED", 3)
    reader = Reader(Field("a", "A", data_type="Yes/No"), PLAIN)
    words = [f"word {number}" for number in range(20)]
    assert reader.canonical(column(*words)).to_pylist() == words
    assert len(reader._canonical) <= 3


def test_a_column_in_pieces_is_one_array() -> None:
    pieces = frame(["a"], [["x"], ["y"]])
    whole = texts(pieces["a"])
    assert (whole.type, whole.to_pylist()) == (pa.large_string(), ["x", "y"])
    assert texts(pieces["a"].iloc[:0]).to_pylist() == []
