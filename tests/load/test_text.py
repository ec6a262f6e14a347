"""Text in pieces of whole lines: flat memory, whatever the file holds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.load import text as module
from pipeline.load.text import Pieces, line_breaks

from .making import open_text, text_refusal

LIST = Path("list.csv")


@given(
    text=st.text(st.sampled_from("a\n\ré"), max_size=30), block=st.integers(1, 12),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "latin-1"]),
)  # fmt: skip
def test_pieces_are_the_text_cut_at_line_ends(text: str, block: int, encoding: str) -> None:
    pieces = Pieces(LIST, io.BytesIO(text.encode(encoding)), encoding, block)
    line, whole = 1, b""
    while piece := pieces.next():
        assert pieces.first_line == line
        line += line_breaks(piece)
        whole += piece
        assert whole == text.encode() or (piece[-1:] in (b"\n", b"\r") and not (
            piece.endswith(b"\r") and text.encode()[len(whole) :].startswith(b"\n")
        ))  # fmt: skip
    assert whole == text.encode()


@given(st.text(st.sampled_from("a\n\r"), max_size=20))
def test_line_ends_are_counted_as_an_editor_does(text: str) -> None:
    lines = io.StringIO(text, newline="").readlines()
    assert line_breaks(text.encode()) == sum(line.endswith(("\n", "\r")) for line in lines)


def test_what_is_put_back_comes_again_with_its_line() -> None:
    pieces = Pieces(LIST, io.BytesIO(b"a\nb\nc\nd\n"), "utf-8", 6)
    assert pieces.next() == b"a\nb\nc\n"
    pieces.put_back(b"b\nc\n")
    assert (pieces.next(), pieces.first_line) == (b"b\nc\nd\n", 2)
    pieces.put_back(b"d\n")
    assert (pieces.next(), pieces.first_line, pieces.next()) == (b"d\n", 4, b"")


@pytest.mark.parametrize("text", [b"a\n" + b"x" * 5000, b"a\n" + b"x" * 5000 + b"\n"])
def test_an_endless_line_is_refused_before_much_of_it_is_read(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 1000)
    stream = io.BytesIO(text)
    pieces = Pieces(LIST, stream, "utf-8", 100)
    assert pieces.next() == b"a\n"
    with pytest.raises(InputError, match=r"list.csv, line 2: the line has over 1,000 bytes"):
        pieces.next()
    assert stream.tell() <= 1200


def test_a_line_may_be_as_long_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 1000)
    lines = [b"x" * 1000, b"y" * 1000]
    assert Pieces(LIST, io.BytesIO(b"\n".join(lines)), "utf-8", 100).next() == lines[0] + b"\n"


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_an_endless_record_is_refused_where_it_begins(tmp_path: Path, end: str) -> None:
    lines = f"{'x' * 100_000}{end}" * 130
    error = text_refusal(tmp_path, f'a,b{end}1,2{end}3,"{lines}')
    assert "line 3: the record that begins there has over 10,000,000 bytes" in error.message
    assert "never closed" in error.hint


def test_many_records_with_line_breaks_are_not_taken_for_an_endless_one(tmp_path: Path) -> None:
    row = '5" pipe,"' + "x\n" * 20_000 + '"\n'
    assert len(open_text(tmp_path, "a,b\n" + row * 400).headers) == 2
    assert sum(len(chunk.frame) for chunk in open_text(tmp_path, "a,b\n" + row * 400).chunks()) == 400


@pytest.mark.parametrize("where", ["header", "row", "quoted row"])
def test_more_columns_than_a_spreadsheet_has_are_refused_with_the_row(tmp_path: Path, where: str) -> None:
    wide = ",".join("x" * 16_385)
    text = {"header": f"{wide}\n1\n", "row": f"a,b\n1,2\n{wide}\n", "quoted row": f'a,b\n1,5" x\n{wide}\n'}[where]
    row = 1 if where == "header" else 3
    assert f"row {row}: it has more than 16,384 columns" in text_refusal(tmp_path, text, delimiter=",").message
