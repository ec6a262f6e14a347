from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe import Dedupe, _Hash
from pipeline.errors import ConfigError

Lead = Mapping[str, str]
FIELDS = ("email", "phone")
LEADS = st.lists(
    st.fixed_dictionaries({"email": st.sampled_from(["", "a", "b", "A"]), "phone": st.sampled_from(["", "1", "2"])}),
    max_size=12,
)


def added(dedupe: Dedupe, first_row: int, leads: Sequence[Lead]) -> dict[int, tuple[int, int]]:
    """Show one chunk of leads; for each row that is a duplicate the row that it repeats, and by which key."""
    names = {name for lead in leads for name in lead} or set(FIELDS)
    people = {name: pa.array([lead.get(name, "") for lead in leads], pa.large_string()) for name in names}
    rows = np.arange(first_row, first_row + len(leads), dtype=np.int64)
    found = dedupe.chunk(rows, people)
    told = zip(rows.tolist(), found.first.tolist(), found.key.tolist(), strict=True)
    return {row: (first, key) for row, first, key in told if first}


def duplicates(keys: list[list[str]], leads: Sequence[Lead], size: int = 100, slots: int = 8) -> dict[int, int]:
    """For each row that is a duplicate (numbers from 2) the row that it repeats, read `size` rows at a time."""
    found: dict[int, int] = {}
    with Dedupe(keys, slots=slots) as dedupe:
        for at in range(0, len(leads), size):
            found |= {row: first for row, (first, _) in added(dedupe, at + 2, leads[at : at + size]).items()}
    return found


EVERY_SIZE = pytest.mark.parametrize("size", [1, 2, 100])


@EVERY_SIZE
def test_the_first_row_stays_and_the_later_ones_name_it(size: int) -> None:
    leads = [{"email": "a"}, {"email": "b"}, {"email": "a"}, {"email": "a"}]
    assert duplicates([["email"]], leads, size) == {4: 2, 5: 2}


@EVERY_SIZE
def test_case_does_not_count(size: int) -> None:
    leads = [{"email": "Ann@example.com"}, {"email": "ann@EXAMPLE.com"}, {"email": "STRASSE"}, {"email": "straße"}]
    assert duplicates([["email"]], leads, size) == {3: 2, 5: 4}


def test_keys_are_alternatives_and_the_one_that_matched_is_told() -> None:
    with Dedupe([["email"], ["phone"]]) as dedupe:
        assert added(dedupe, 2, [{"email": "a", "phone": "1"}, {"email": "b", "phone": "1"}]) == {3: (2, 1)}
        assert added(dedupe, 4, [{"email": "a", "phone": "2"}]) == {4: (2, 0)}


@EVERY_SIZE
def test_a_key_of_several_fields_matches_when_all_of_them_do(size: int) -> None:
    leads = [{"first": "Ann", "last": "Lee"}, {"first": "Ann", "last": "Day"}, {"first": "ann", "last": "lee"}]
    assert duplicates([["first", "last"]], leads, size) == {4: 2}


def test_a_key_of_several_fields_does_not_match_across_them() -> None:
    leads = [{"first": "Ann", "last": "Lee"}, {"first": "AnnL", "last": "ee"}, {"first": "Lee", "last": "Ann"}]
    assert duplicates([["first", "last"]], leads) == {}


def test_a_field_named_twice_in_a_key_counts_once() -> None:
    leads = [{"first": "Ann", "last": "Lee"}, {"first": "Joe", "last": "Lee"}]
    assert duplicates([["first", "first", "last"]], leads) == {}


def test_the_same_text_in_two_fields_is_not_the_same_person() -> None:
    assert duplicates([["email"], ["phone"]], [{"email": "1", "phone": ""}, {"email": "", "phone": "1"}]) == {}


def test_a_key_that_is_not_wholly_filled_matches_nothing() -> None:
    assert duplicates([["email"]], [{"email": ""}, {"email": ""}]) == {}
    leads = [{"first": "Ann", "last": ""}, {"first": "Ann", "last": ""}]
    assert duplicates([["first", "last"]], leads) == {}


@EVERY_SIZE
def test_what_a_duplicate_alone_has_suppresses_nobody(size: int) -> None:
    """Row 3 is not sent, so the phone number that only it has must not keep row 4 from being sent."""
    leads = [{"email": "a", "phone": "1"}, {"email": "a", "phone": "2"}, {"email": "b", "phone": "2"}]
    assert duplicates([["email"], ["phone"]], leads, size) == {3: 2}


def test_without_keys_nobody_is_a_duplicate() -> None:
    assert duplicates([], [{"email": "a"}, {"email": "a"}]) == {}


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(ConfigError, match=r"cannot be kept in .*missing"), Dedupe([["email"]], missing) as dedupe:
        added(dedupe, 2, [{"email": "a"}])


def test_nothing_stays_in_the_folder(tmp_path: Path) -> None:
    with Dedupe([["email"]], tmp_path) as dedupe:
        added(dedupe, 2, [{"email": "a"}])
    assert list(tmp_path.iterdir()) == []


def one_by_one(leads: Iterable[Lead]) -> dict[int, int]:
    """The rule in its plainest form: a lead is kept unless it shares a filled field with one that was kept."""
    kept: list[tuple[int, Lead]] = []
    repeated: dict[int, int] = {}
    for row, lead in enumerate(leads, start=2):
        person = {name: text.casefold() for name, text in lead.items()}
        match = next((old for name in FIELDS for old, one in kept if person[name] and person[name] == one[name]), 0)
        if match:
            repeated[row] = match
        else:
            kept.append((row, person))
    return repeated


@given(leads=LEADS, size=st.integers(1, 6), slots=st.sampled_from([1, 2, 64]))
def test_a_lead_is_kept_unless_it_shares_a_key_with_one_that_was_kept(
    leads: Sequence[Lead], size: int, slots: int
) -> None:
    """Whatever the chunks, and however many hashes share a slot."""
    assert duplicates([["email"], ["phone"]], leads, size, slots) == one_by_one(leads)


def test_a_long_list_is_searched_right_to_its_end() -> None:
    leads = [{"email": f"person{number % 7_000}@example.com"} for number in range(10_000)]
    assert duplicates([["email"]], leads, size=3_000, slots=64) == {row: row - 7_000 for row in range(7_002, 10_002)}


#: Texts of which some differ only by \0 or beyond the 64th byte, and some hold letters of several bytes.
TELLING = st.one_of(
    st.text(max_size=6),
    st.text("a\0", max_size=9),
    st.builds(lambda length, end: "a" * length + end, st.integers(55, 70), st.sampled_from(["", "b", "é", "\0"])),
)


@given(texts=st.lists(TELLING, max_size=12), size=st.integers(1, 6))
def test_texts_are_the_same_person_only_if_they_are_the_same(texts: list[str], size: int) -> None:
    """Whatever stands beside them in their chunk."""
    leads = [{"email": text.casefold()} for text in texts]
    first = {lead["email"]: row for row, lead in reversed(list(enumerate(leads, start=2)))}
    expected = {row: first[lead["email"]] for row, lead in enumerate(leads, start=2) if lead["email"]}
    expected = {row: one for row, one in expected.items() if row != one}
    assert duplicates([["email"]], leads, size) == expected


def test_both_halves_of_a_hash_tell_people_apart_and_no_two_runs_agree() -> None:
    people = pa.array([f"0770090{number:04}" for number in range(4_000)], pa.large_string())
    one, other = _Hash().of(people), _Hash().of(people)
    assert len(np.unique(one)) == len(people)
    assert not (one == other).any()
    for half in (one >> np.uint64(32), one & np.uint64(0xFFFFFFFF)):
        assert len(np.unique(half)) > 3_900
