from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe import Dedupe

LEADS = st.lists(
    st.fixed_dictionaries({"email": st.sampled_from(["", "a", "b", "A"]), "phone": st.sampled_from(["", "1", "2"])}),
    max_size=12,
)


def duplicates(keys: list[list[str]], leads: list[dict[str, str]]) -> dict[int, int]:
    """For each row that is a duplicate (numbers from 2) the row that it repeats."""
    dedupe = Dedupe(keys)
    found = {row: dedupe.first_row(row, lead) for row, lead in enumerate(leads, start=2)}
    return {row: one[0] for row, one in found.items() if one}


def test_the_first_row_stays_and_the_later_ones_name_it() -> None:
    assert duplicates([["email"]], [{"email": "a"}, {"email": "b"}, {"email": "a"}, {"email": "a"}]) == {4: 2, 5: 2}


def test_case_does_not_count() -> None:
    assert duplicates([["email"]], [{"email": "Ann@example.com"}, {"email": "ann@EXAMPLE.com"}]) == {3: 2}


def test_keys_are_alternatives_and_the_one_that_matched_is_told() -> None:
    dedupe = Dedupe([["email"], ["phone"]])
    assert dedupe.first_row(2, {"email": "a", "phone": "1"}) is None
    assert dedupe.first_row(3, {"email": "b", "phone": "1"}) == (2, ("phone",))
    assert dedupe.first_row(4, {"email": "a", "phone": "2"}) == (2, ("email",))


def test_a_key_of_several_fields_matches_when_all_of_them_do() -> None:
    leads = [{"first": "Ann", "last": "Lee"}, {"first": "Ann", "last": "Day"}, {"first": "ann", "last": "lee"}]
    assert duplicates([["first", "last"]], leads) == {4: 2}


def test_a_key_of_several_fields_does_not_match_across_them() -> None:
    leads = [{"first": "Ann", "last": "Lee"}, {"first": "AnnL", "last": "ee"}, {"first": "Lee", "last": "Ann"}]
    assert duplicates([["first", "last"]], leads) == {}


def test_the_same_text_in_two_fields_is_not_the_same_person() -> None:
    assert duplicates([["email"], ["phone"]], [{"email": "1", "phone": ""}, {"email": "", "phone": "1"}]) == {}


def test_a_key_that_is_not_wholly_filled_matches_nothing() -> None:
    assert duplicates([["email"]], [{"email": ""}, {"email": ""}, {}]) == {}
    leads = [{"first": "Ann", "last": ""}, {"first": "Ann", "last": ""}]
    assert duplicates([["first", "last"]], leads) == {}


def test_what_a_duplicate_alone_has_suppresses_nobody() -> None:
    """Row 3 is not sent, so the phone number that only it has must not keep row 4 from being sent."""
    leads = [{"email": "a", "phone": "1"}, {"email": "a", "phone": "2"}, {"email": "b", "phone": "2"}]
    assert duplicates([["email"], ["phone"]], leads) == {3: 2}


def test_without_keys_nobody_is_a_duplicate() -> None:
    assert duplicates([], [{"email": "a"}, {"email": "a"}]) == {}


@given(leads=LEADS)
def test_nobody_is_kept_twice_and_nobody_is_dropped_who_is_not_kept(leads: list[dict[str, str]]) -> None:
    repeated = duplicates([["email"], ["phone"]], leads)
    kept: list[dict[str, str]] = []
    for row, lead in enumerate(leads, start=2):
        person = {name: text.casefold() for name, text in lead.items()}
        known = any(text and text == one[name] for one in kept for name, text in person.items())
        assert (row in repeated) == known
        if known:
            assert repeated[row] < row
            assert repeated[row] not in repeated
        else:
            kept.append(person)
