from __future__ import annotations

import secrets
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.suppression.hashes import Hashes

#: Few different bytes, so that halves are shared.
HASH = st.lists(st.sampled_from([b"\0" * 8, b"\xff" * 8, b"abcdefgh", b"12345678"]), min_size=2, max_size=2).map(
    b"".join
)


def known(*batches: list[bytes]) -> Hashes:
    found = Hashes()
    for batch in batches:
        found.add(b"".join(batch))
    found.settle()
    return found


@given(st.lists(st.lists(st.binary(min_size=16, max_size=16))), st.lists(st.binary(min_size=16, max_size=16)))
def test_what_was_added_is_among_them_and_nothing_else(batches: list[list[bytes]], others: list[bytes]) -> None:
    whole = {one for batch in batches for one in batch}
    asked = [*whole, *others]
    assert known(*batches).among(b"".join(asked)).tolist() == [one in whole for one in asked]


@given(HASH, st.lists(HASH))
def test_one_half_alone_is_no_hit(one: bytes, asked: list[bytes]) -> None:
    assert known([one]).among(b"".join(asked)).tolist() == [other == one for other in asked]


def test_of_longer_hashes_the_first_16_bytes_count() -> None:
    one, other = secrets.token_bytes(16), secrets.token_bytes(16)
    found = Hashes()
    found.add(one + bytes(16) + other + bytes(16), 32)
    found.settle()
    assert len(found) == 2
    asked = [one + b"\1" * 16, bytes(16) + one, other + bytes(16)]
    assert found.among(b"".join(asked), 32).tolist() == [True, False, True]
    assert found.among(one + other).tolist() == [True, True]


def test_nothing_is_among_none() -> None:
    assert known().among(bytes(32)).tolist() == [False, False]
    assert known([bytes(16)]).among(b"").tolist() == []


def test_a_hash_takes_16_bytes_and_hardly_more_while_it_is_added() -> None:
    number, batch = 500_000, secrets.token_bytes(16 * 25_000)
    tracemalloc.start()
    try:
        found = Hashes()
        for _again in range(number // 25_000):
            found.add(batch)
        found.settle()
        _kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == number
    assert most < 16 * number * 1.25 + 2 * len(batch)


@pytest.mark.parametrize("size", [16, 32])
def test_added_twice_is_there_once_or_twice_but_there(size: int) -> None:
    one = secrets.token_bytes(size)
    found = Hashes()
    found.add(one * 3, size)
    found.settle()
    assert found.among(one, size).tolist() == [True]
