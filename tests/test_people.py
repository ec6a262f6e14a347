from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.columns import Texts
from pipeline.errors import RunError
from pipeline.people import DIGEST, People, secret_of

SECRET = bytes(range(32))
SCOPE = ("https://a.leadbyte.com", "CAMPAIGN")


def column(*values: str) -> Texts:
    return pa.array(values, pa.large_string())


def digests(
    *rows: tuple[str, str], keys: tuple[tuple[str, ...], ...] = (("email",), ("phone1",)), **changes: object
) -> list[list[bytes]]:
    known: dict[str, Any] = {"secret": SECRET, "scope": SCOPE} | changes
    emails, phones = zip(*rows, strict=True)
    people = People(keys=keys, **known)
    return people.digests({"email": column(*emails), "phone1": column(*phones)}, len(rows))


def test_there_is_a_hash_for_each_key_that_is_filled() -> None:
    ((first, second), (alone, nothing)) = digests(("a@example.com", "07700900001"), ("a@example.com", ""))
    assert len(first) == len(second) == DIGEST
    assert first == alone
    assert (first != second, nothing) == (True, b"")


def test_a_key_of_several_fields_matches_when_all_of_them_do() -> None:
    keys = (("email", "phone1"),)
    both, other, half = digests(("a@b.cd", "1"), ("a@b.cd", "2"), ("a@b.cd", ""), keys=keys)
    assert both != other
    assert half == [b""]
    assert digests(("a@b.cd", "1"), keys=(("phone1", "email"),)) == [both]


def test_case_does_not_count() -> None:
    assert digests(("A@EXAMPLE.com", "")) == digests(("a@example.com", ""))


@pytest.mark.parametrize(
    "change", [{"secret": bytes(32)}, {"scope": ("https://b.leadbyte.com", "CAMPAIGN")}, {"scope": (*SCOPE, "")}]
)
def test_another_secret_account_or_campaign_makes_other_hashes(change: dict[str, Any]) -> None:
    assert digests(("a@example.com", ""), **change) != digests(("a@example.com", ""))


@given(
    one=st.tuples(st.text(min_size=1), st.text(min_size=1)), other=st.tuples(st.text(min_size=1), st.text(min_size=1))
)
def test_two_people_share_a_hash_only_when_they_are_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    keys = (("email", "phone1"),)
    same = [value.casefold() for value in one] == [value.casefold() for value in other]
    first, second = digests(one, other, keys=keys)
    assert (first == second) == same


def test_without_keys_nobody_is_hashed() -> None:
    assert digests(("a@example.com", "1"), keys=()) == [[]]


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    secret = secret_of(path, new=True)
    assert len(secret) == 32
    assert path.stat().st_mode & 0o077 == 0
    assert secret_of(path, new=True) == secret_of(path, new=False) == secret


def test_a_lost_secret_is_not_replaced_behind_the_ledgers_back(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is missing") as caught:
        secret_of(tmp_path / "ledger.key", new=False)
    assert "--allow-resubmit" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "abcd", "no hex at all", "00" * 31])
def test_what_is_no_secret_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledger.key").write_text(text, encoding="ascii")
    with pytest.raises(RunError, match="does not hold"):
        secret_of(tmp_path / "ledger.key", new=True)
