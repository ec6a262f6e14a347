"""The text of a file as UTF-8, in pieces that end where a line ends: flat memory whatever the file holds."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import numpy as np

from pipeline.errors import InputError

#: Bytes read at a time: some 20,000 rows of a usual list.
BLOCK: Final = 2 << 20
#: No line and no record is longer, in bytes: what is, is no list, or has a quote that was never closed.
LONGEST: Final = 10_000_000

#: From the next bytes of a file, and whether they are the last, to UTF-8.
Recoder: TypeAlias = Callable[[bytes, bool], bytes]


class Pieces:
    """One pass over a text file. `first_line` is the number of the first line of the piece that came last."""

    def __init__(self, path: Path, stream: BinaryIO, encoding: str, block: int = BLOCK) -> None:
        self._path, self._stream, self._block = path, stream, block
        self._recode = recoder(encoding)
        self._rest = b""
        self._ended = False
        self._line = self.first_line = 1

    @property
    def position(self) -> int:
        """Bytes of the file read so far, in the steps of the blocks."""
        return self._stream.tell()

    def next(self) -> bytes:
        """The next whole lines, b"" at the end of the file. Raises InputError where a line is too long."""
        text, cut = self._rest, 0
        while not cut and not self._ended:
            text += self._read()
            cut = _whole_lines(text)
            self._check_length(text)
        if self._ended:
            cut = len(text)
        piece, self._rest = text[:cut], text[cut:]
        self.first_line = self._line
        self._line += line_breaks(piece)
        return piece

    def put_back(self, rest: bytes) -> None:
        """Take back the end of the last piece: the next one begins with it."""
        self._rest = rest + self._rest
        self._line -= line_breaks(rest)

    def _read(self) -> bytes:
        block = self._stream.read(self._block)
        self._ended = len(block) < self._block
        try:
            return self._recode(block, self._ended)
        except UnicodeError as error:  # all of it was decoded when the list was opened
            raise changed(self._path) from error

    def _check_length(self, text: bytes) -> None:
        if len(text) > LONGEST and -1 == text.find(b"\n", 0, LONGEST + 1) == text.find(b"\r", 0, LONGEST + 1):
            raise too_long(self._path, self._line)


def changed(path: Path) -> InputError:
    """Make the error for a file that is no longer the one that was opened."""
    return InputError(f"{path} was changed while it was being read", "Start again with the new file.")


def too_long(path: Path, line: int, what: str = "the line") -> InputError:
    """Make the error for a line or a record over the limit; `line` is where it begins."""
    return InputError(
        f"{path}, line {line}: {what} has over {LONGEST:,} bytes",
        "This is not a list with one lead per line, or a quote is opened there and never closed. "
        "Look at the file in a text editor, and export it again.",
    )


def recoder(encoding: str) -> Recoder:
    """Return what turns bytes in `encoding` into UTF-8, strictly. UTF-8 itself passes through unchecked."""
    name = codecs.lookup(encoding).name
    if name in ("utf-8", "ascii"):
        return lambda block, _last: block
    if name == "utf-8-sig":
        return _WithoutMark()
    decode = codecs.getincrementaldecoder(encoding)("strict").decode
    return lambda block, last: decode(block, last).encode()


class _WithoutMark:
    """Drops UTF-8's byte order mark at the beginning."""

    def __init__(self) -> None:
        self._mark = codecs.BOM_UTF8

    def __call__(self, block: bytes, _last: bool) -> bytes:
        size = min(len(self._mark), len(block))
        expected, self._mark = self._mark[:size], self._mark[size:]
        return block.removeprefix(expected)


def line_breaks(text: bytes) -> int:
    r"""Count the line ends: \n, \r, or both as one."""
    data = np.frombuffer(text, np.uint8)
    ends = data == 0x0A
    found = np.count_nonzero(ends)
    if b"\r" in text:
        returns = data == 0x0D
        found += np.count_nonzero(returns) - np.count_nonzero(returns[:-1] & ends[1:])
    return int(found)


def _whole_lines(text: bytes) -> int:
    r"""How many bytes of `text` are whole lines; a \r at its end may yet be followed by a \n."""
    return text.rfind(b"\n") + 1 or text.rfind(b"\r", 0, max(len(text) - 1, 0)) + 1
