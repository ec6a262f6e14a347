from __future__ import annotations

import pytest

from pipeline.data_types import TEXT, TypeOptions, data_type
from pipeline.model import Field, Selection
from pipeline.normalise import type_of, why_not

PLAIN = TypeOptions()
MOBILE = Field("phone1", "Phone_1", data_type="UK Mobile Number")


@pytest.mark.parametrize("name", ["Colour", ""])
def test_an_unknown_type_is_text(name: str) -> None:
    assert type_of(Field("data1", "Colour", data_type=name)) is TEXT


def test_a_known_type_is_itself() -> None:
    assert type_of(MOBILE) is data_type("UK Mobile Number")


def test_a_value_that_can_be_sent_has_nothing_against_it() -> None:
    owner = Field("data1", "Home_Owner", selections=(Selection("Yes I own it", "OWN"),))
    assert why_not("yes i own it", owner, PLAIN) == ""
    assert why_not("+44 7700 900123", MOBILE, PLAIN) == ""
    assert why_not(" ", MOBILE, PLAIN) == ""


def test_a_value_that_can_never_be_sent_is_told_why() -> None:
    assert why_not("", Field("a", "A", required=True), PLAIN) == "is required and empty"
    assert "choices: Yes" in why_not("No", Field("a", "A", selections=(Selection("Yes", "1"),)), PLAIN)
    assert "UK mobile" in why_not("077", MOBILE, PLAIN)
