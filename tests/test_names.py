from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.names import coinciding, did_you_mean, fold, nearest


@pytest.mark.parametrize(
    "name",
    ["First name", "first_name", "FIRST-NAME", " firstname ", "first\u00a0name", "first\tname", "First\u2011Name"],
)
def test_case_spaces_underscores_and_hyphens_do_not_count(name: str) -> None:
    assert fold(name) == "firstname"


@pytest.mark.parametrize(("one", "other"), [("Phone 1", "Phone 2"), ("Email", "E.mail"), ("a", "ä"), ("N/A", "NA")])
def test_everything_else_counts(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(name=st.text(), joint=st.sampled_from([" ", "_", "-", "\u2013", "\n", "  "]))
def test_joints_change_nothing_wherever_they_stand(name: str, joint: str) -> None:
    assert fold(joint.join(name)) == fold(name)
    assert fold(fold(name)) == fold(name)


def test_coinciding_names_come_in_pairs_with_the_earlier_one_first() -> None:
    assert coinciding(["E-mail", "Phone", "email", "E MAIL"]) == [("E-mail", "email"), ("E-mail", "E MAIL")]
    assert coinciding(["E-mail", "Phone"]) == []


def test_what_coincides_can_be_told_otherwise() -> None:
    assert coinciding(["a-b", "ab", "AB"], str.casefold) == [("ab", "AB")]


def test_the_nearest_name_comes_first() -> None:
    assert nearest("Emial", ["Postcode", "Email", "DOB"]) == ["Email"]
    assert nearest("phone", ["Surname", "Phone_1", "Phone_2", "Phone_3", "Phone_4"])[0].startswith("Phone")


def test_no_more_than_three_names_are_offered() -> None:
    assert len(nearest("phone", [f"Phone_{number}" for number in range(9)])) == 3


@pytest.mark.parametrize("known", [[], ["Postcode", "DOB"]])
def test_nothing_is_offered_when_nothing_is_near(known: list[str]) -> None:
    assert did_you_mean("Emial", known) == ""


def test_the_offer_is_half_a_sentence_with_the_names_in_quotes() -> None:
    assert did_you_mean("Emial", ["Email", "DOB"]) == "; did you mean 'Email'?"
    assert did_you_mean("phone", ["Phone_1", "Phone_2"]) == "; did you mean 'Phone_1' or 'Phone_2'?"
