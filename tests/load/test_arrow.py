"""The fast way and the plain way through a text file give the same rows, whatever the bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.load import arrow
from pipeline.load.delimited import DelimitedTable
from pipeline.load.records import Chunk, into_chunks

from .making import open_text, rows_of

HEADERS = ("a", "b", "c", "d")

PLAIN = [
    "",
    "x",
    "é",
    "Zoë",
    " ",
    "\u00a0",
    "\ufeff",
    "\u2028",
    "\u0085",
    "\x07",
    "\x1c",
    "\x7f",
    "\x92",
    "£",
    "Total",
    "300",
]
QUOTED = [
    '""',
    '"q"',
    '"a""b"',
    '"x\ny"',
    '"x\r\ny,z"',
    '"\r"',
    '"a;b"',
    '"1,2\n3,4,5,6\n7"',
    '"1,2\nx,y,z,1\n7,8,9"',
]
BROKEN = ['"', '5"', 'a"b"', '"c"d', ' "e"']
cells = st.sampled_from([*PLAIN, *QUOTED, *BROKEN])
line_ends = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r\n", "\r", "\n\n", "\n\r", ""])
rows = st.lists(cells, min_size=1, max_size=6).map(",".join)
sound_rows = st.lists(
    st.sampled_from(["x", "é", "", '"a""b"', '"x\ny"', '""', "\u00a0"]), min_size=4, max_size=4
).map(",".join)
texts = st.lists(st.tuples(sound_rows | rows, line_ends).map("".join), max_size=12).map("".join)
sound_texts = st.lists(st.tuples(sound_rows, st.just("\n")).map("".join), max_size=12).map("".join)


def outcome(chunks: Any) -> tuple[dict[int, list[str]], dict[int, str], int] | str:
    """All that the chunks hold, or the refusal."""
    found: list[Chunk] = []
    try:
        found += chunks
    except InputError as error:
        return error.message
    assert all(len(chunk.frame) for chunk in found[:-1])
    return (
        {row: cells for chunk in found for row, cells in rows_of(chunk).items()},
        {row: fault for chunk in found for row, fault in chunk.faults.items()},
        sum(chunk.blank for chunk in found),
    )


def plain(table: DelimitedTable, headers: tuple[str, ...], header_row: int) -> Any:
    with table.reading() as reading:
        yield from into_chunks(reading, headers, header_row, 10_000, table.delimiter)


@pytest.mark.parametrize("one_by_one", [False, True], ids=["quotes all at once", "quotes one by one"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    text=texts | sound_texts,
    width=st.sampled_from([1, 4, 4, 4]),
    block=st.sampled_from([1, 2, 3, 5, 8, 13, 40, 4096]),
    size=st.integers(1, 5),
    header_row=st.integers(0, 2),
    delimiter=st.sampled_from([",", ",", ";"]),
)
@example(text="\ufeffx,,,\n", width=4, block=4096, size=1, header_row=0, delimiter=",")
@example(text="x,,,\r\n\ufeffx,,,\r\n", width=4, block=8, size=1, header_row=0, delimiter=",")
@example(text='x,,,\n,,,"a\n', width=4, block=4096, size=1, header_row=0, delimiter=",")
def test_both_ways_give_the_same_rows_faults_and_refusals(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    one_by_one: bool,
    text: str,
    width: int,
    block: int,
    size: int,
    header_row: int,
    delimiter: str,
) -> None:
    if one_by_one:
        monkeypatch.setattr(arrow, "_QUOTE_SHARE", 1)
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode())
    table = DelimitedTable(path, "utf-8", delimiter, block=block)
    headers = HEADERS[:width]
    assert outcome(table.chunks(headers, header_row, size)) == outcome(plain(table, headers, header_row))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=texts, block=st.sampled_from([2, 8, 4096]), encoding=st.sampled_from(["utf-16", "utf-16-be", "utf-8-sig"])
)
def test_the_encoding_and_the_size_of_the_blocks_make_no_difference(
    tmp_path: Path, text: str, block: int, encoding: str
) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_bytes(text.encode())
    second.write_bytes(text.encode(encoding))
    expected = outcome(DelimitedTable(first, "utf-8", ",").chunks(HEADERS, 0, 9))
    found = outcome(DelimitedTable(second, encoding, ",", block=block).chunks(HEADERS, 0, 9))
    assert found == (expected.replace("first.csv", "second.csv") if isinstance(expected, str) else expected)


@pytest.mark.parametrize(
    ("piece", "size"),
    [
        (b"a,b\n1,2\n", 8),
        (b'a,"b"\n"1,""x""\n",2\n', 19),
        (b'a,""\r\n"",b\r\n', 12),
        (b'a,b\n"c\nd', 4),
        (b'a,b\n"x\ny",2\n3,"z\n', 12),
        (b'"x\ny","z\n', 0),
        (b'a,5" pipe\n', 0),
        (b'a,"b"c\n', 0),
        (b'a, "b"\n', 0),
        (b"\xef\xbb\xbfa,b\n", 0),
    ],
)
def test_only_whole_records_with_quotes_in_their_places_are_proven(piece: bytes, size: int) -> None:
    assert arrow.proven(piece, ",") == size


@pytest.mark.parametrize(
    ("piece", "size"),
    [
        (b'a,5" pipe\n', 10),
        (b'a, "b"\n"x""y",1"2"\n', 19),
        (b'a,5" pipe\n3,"z\n', 10),
        (b'a,5" pipe\n"x\ny",2\n3,"z\n', 18),
        (b'a,5" pipe\nb,"c"d\n', 0),
    ],
)
def test_a_quote_inside_a_cell_without_quotes_may_be_proven_too(
    piece: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "_QUOTE_SHARE", 1)
    assert arrow.proven(piece, ",") == size


def test_a_list_as_usual_takes_the_fast_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_text(tmp_path, 'a,b\n1,"x,\ny"\n\n2\n3,z,\n')
    monkeypatch.setattr("pipeline.load.delimited.into_chunks", None)  # the plain way
    (chunk,) = source.chunks()
    assert rows_of(chunk) == {2: ["1", "x,\ny"], 4: ["2", ""], 5: ["3", "z"]}
    assert (list(chunk.faults), chunk.blank) == ([4], 1)


def test_a_delimiter_that_is_no_single_byte_takes_the_plain_way(tmp_path: Path) -> None:
    (chunk,) = open_text(tmp_path, "a§b\n1§2\n", delimiter="§").chunks()
    assert rows_of(chunk) == {2: ["1", "2"]}
