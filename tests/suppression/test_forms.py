"""The forms that are compared: one for each address and number, and those that others hash."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data_types import TypeOptions
from pipeline.data_types.phones import PHONE
from pipeline.model import Field, Selection
from pipeline.people import EMAIL, canonical, suppression_digest
from pipeline.people import PHONE as NUMBER
from pipeline.suppression.forms import UK, Forms, Place, addresses, numbers
from tests.builders import column

#: Written in any way that people do, valid or not.
DIGITS = st.text("0123456789", min_size=7, max_size=11)
WRITTEN = st.tuples(
    st.sampled_from(["", "0", "+44", "0044", "44", "+44 (0)", "+49", "0049", "+353", "tel:", "'", "+1", "+44 0"]),
    st.sampled_from(["", "7700900", "20 7946 0", "1632960", "30-1234", "7.7009."]),
    DIGITS,
).map("".join)
COUNTRIES = (UK, "Germany", "Ireland", "Atlantis")


def is_phone(text: str) -> bool:
    return PHONE.check(text, TypeOptions())


@given(st.lists(WRITTEN | st.text()), st.sampled_from(COUNTRIES))
def test_a_number_by_the_column_is_what_it_is_by_itself(cells: list[str], country: str) -> None:
    made = numbers(column(*cells), country).to_pylist()
    alone = [canonical(NUMBER, cell, country) for cell in cells]
    for one, own in zip(made, alone, strict=True):
        assert one == own or not (is_phone(one) or is_phone(own)), "both are no number in use"


@given(
    st.lists(
        st.text() | st.emails() | st.from_regex(r"[ '<]?(?:mailto:)?[A-Za-z.:]{1,5}@[A-Z.]{1,5}", fullmatch=True)
    )
)
def test_an_address_by_the_column_is_what_it_is_by_itself(cells: list[str]) -> None:
    assert addresses(column(*cells)).to_pylist() == [canonical(EMAIL, cell) for cell in cells]


@pytest.mark.parametrize(
    "written",
    [
        "07700 900123",
        "+44 7700 900123",
        "0044 7700900123",
        "447700900123",
        "7700900123",
        "+44 (0)7700-900 123",
        "7700900123.0",
    ],
)
def test_a_uk_number_is_one_however_it_is_written(written: str) -> None:
    assert numbers(column(written)).to_pylist() == ["+447700900123"]


def test_a_number_without_its_country_is_of_the_country_that_is_said() -> None:
    assert numbers(column("030 901820"), "Germany").to_pylist() == ["+4930901820"]
    assert numbers(column("+49 30 901820"), UK).to_pylist() == ["+4930901820"]


# ---------------------------------------------------------------------- which fields


@pytest.mark.parametrize(
    ("field", "place"),
    [
        (Field("data1", "Contact", data_type="Email Address"), Place("data1", "Contact", EMAIL, "Ireland")),
        (Field("data2", "Mobile", data_type="UK Mobile Number"), Place("data2", "Mobile", NUMBER, UK)),
        (Field("data3", "Home", data_type="UK Landline"), Place("data3", "Home", NUMBER, UK)),
        (Field("data4", "Any", data_type="Telephone"), Place("data4", "Any", NUMBER, "Ireland")),
        (Field("email", "Mail", data_type="Text"), Place("email", "Mail", EMAIL, "Ireland")),
        (Field("phone2", "Other", data_type="Text"), Place("phone2", "Other", NUMBER, "Ireland")),
        (Field("firstname", "Name", data_type="Text"), None),
        (Field("email", "Has", selections=(Selection("Yes", "1"),)), None),
    ],
)
def test_fields_of_addresses_and_numbers_are_looked_up(field: Field, place: Place | None) -> None:
    assert Place.of(field, "Ireland") == place


# ---------------------------------------------------------------------- hashes


def forms(value: str, kind: str, country: str = UK) -> Forms:
    return Forms(Place("x", "X", kind, country), column(value))


def hashed(algorithm: str, *texts: str) -> set[bytes]:
    return {hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest() for text in texts}


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_what_services_hash_is_known(algorithm: str) -> None:
    def known(value: str, kind: str, country: str = UK) -> set[bytes]:
        return set(getattr(forms(value, kind, country), algorithm))

    assert known("Jane.DOE@Example.COM", EMAIL) == hashed(algorithm, "jane.doe@example.com")
    assert known("STRAẞE@example.com", EMAIL) == hashed(algorithm, "strasse@example.com", "straße@example.com")
    assert known("07700 900123", NUMBER) == hashed(algorithm, "+447700900123", "447700900123", "07700900123")
    assert known("030 901820", NUMBER, "Germany") == hashed(algorithm, "+4930901820", "4930901820", "030901820")


def test_the_folders_own_list_knows_people_as_erase_has_entered_them() -> None:
    secret = bytes(32)
    for kind, written, entered in (
        (EMAIL, "Jane.DOE@example.com", "mailto:jane.doe@EXAMPLE.com"),
        (NUMBER, "07700900123", "+44 7700 900 123"),
    ):
        assert forms(written, kind).keyed(secret) == [suppression_digest(secret, kind, entered)]


def test_the_plain_form_is_hashed_once_whichever_was_asked_first() -> None:
    one, other = forms("a@example.com", EMAIL), forms("a@example.com", EMAIL)
    assert one.md5[0] == one.known_plainly == other.known_plainly == other.md5[0]
    assert isinstance(one.plain, pa.LargeStringArray)
