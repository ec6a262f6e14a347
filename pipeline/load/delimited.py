"""Text files with delimiters (CSV): strictly decoded, strictly parsed, one record per spreadsheet row.

`DelimitedTable.chunks` goes through the file piece by piece. What is proven to be well-formed takes the fast way
(`arrow`), the rest Python's csv module. Both give the same rows, which the tests show.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.errors import InputError
from pipeline.load import arrow
from pipeline.load.detect import Encoding, delimiter_in_first_line, delimiter_of, find_delimiter, find_encoding
from pipeline.load.formats import MOST_COLUMNS
from pipeline.load.records import Chunk, as_columns, chunk_of, fitted, gathered, into_chunks, is_blank, without_empty
from pipeline.load.rules import Cells, blanks
from pipeline.load.text import BLOCK, LONGEST, Pieces, changed, too_long

#: So many records show which delimiter it is.
_SAMPLE: Final = 50
_SAMPLE_BLOCK: Final = 1 << 16
_NAMES: Final = {"\t": "tabs"}
_TOLD: Final = "as told"
_FIRST_LINE: Final = "as the file's first line says"


@dataclass(frozen=True, slots=True)
class Text:
    """How a text file is written, as found out or told. `skipped`: its first line only names the delimiter."""

    encoding: Encoding
    delimiter: str
    reason: str
    skipped: bool = False

    def decisions(self, columns: int) -> tuple[str, ...]:
        """Say what is not the plain case."""
        said = list(self.encoding.decisions())
        if self.reason == "found" and columns == 1:
            said.append("no delimiter found: a list of one column")
        elif self.reason in (_TOLD, _FIRST_LINE):
            said.append(f"fields separated by {_NAMES.get(self.delimiter, self.delimiter)} ({self.reason})")
        elif self.reason and self.delimiter != ",":
            said.append(f"fields separated by {_NAMES.get(self.delimiter, self.delimiter)}")
        return tuple(said)


def find_out(path: Path, kind: str, encoding: str, delimiter: str, header_row: int = 0) -> Text:
    """Find out how the file is written, where the user has not said so. Raises InputError."""
    told = delimiter_of(delimiter) if delimiter else ""
    found = find_encoding(path, encoding)
    named = delimiter_in_first_line(_beginning(path, found.name))
    if told:
        return Text(found, told, _TOLD, bool(named))
    if named:
        return Text(found, named, _FIRST_LINE, True)
    if kind == "tsv":
        return Text(found, "\t", "")

    def sample(candidate: str) -> list[list[str]]:
        return _some_records(path, found.name, candidate, header_row)

    return Text(found, find_delimiter(sample), "found")


def _beginning(path: Path, encoding: str) -> str:
    """The first characters of the text, enough for a short first line."""
    with path.open("rb") as stream:
        return Pieces(path, stream, encoding, _SAMPLE_BLOCK).next()[:50].decode("utf-8", "ignore")


def _some_records(path: Path, encoding: str, delimiter: str, first: int) -> list[list[str]]:
    """Parse the beginning; a quote that is out of place under this delimiter only ends the sample."""
    records: list[list[str]] = []
    with DelimitedTable(path, encoding, delimiter, block=_SAMPLE_BLOCK).reading() as reading, suppress(BrokenRecord):
        for _, record in islice(reading, max(first - 1, 0), max(first - 1, 0) + _SAMPLE):
            records.append(record)  # list() would lose the records before an error
    return records


@dataclass(frozen=True, slots=True)
class DelimitedTable:
    """A text file whose encoding and delimiter are known. `block`: bytes read at a time."""

    path: Path
    encoding: str
    delimiter: str
    skipped: bool = False
    block: int = BLOCK

    @property
    def first_column(self) -> int:
        """A text file's columns begin at A."""
        return 1

    @contextmanager
    def reading(self) -> Iterator[DelimitedReading]:
        """Begin a pass at the first line."""
        csv.field_size_limit(LONGEST)
        with self.path.open("rb") as stream:
            pieces = Pieces(self.path, stream, self.encoding, self.block)
            reading = DelimitedReading(self.path, pieces, self.delimiter)
            if self.skipped:
                reading.skip(1)
                reading.row = 0
            yield reading

    def top(self, rows: int) -> list[tuple[int, list[str]]]:
        """The first rows with their numbers, empty ones included; fewer when there are no more."""
        with replace(self, block=min(self.block, _SAMPLE_BLOCK)).reading() as reading:
            return list(islice(reading, rows))

    def chunks(self, headers: tuple[str, ...], header_row: int, size: int) -> Iterator[Chunk]:
        """The rows below `header_row` (0: all rows), at most `size` in each chunk."""
        return gathered(without_empty(self._chunks(headers, header_row, size)), size)

    def _chunks(self, headers: tuple[str, ...], header_row: int, size: int) -> Iterator[Chunk]:
        with self.reading() as reading:
            reading.skip(header_row)
            while piece := reading.pieces.next():
                sound = arrow.proven(piece, self.delimiter)
                parsed = arrow.parse(memoryview(piece)[:sound], self.delimiter, len(headers)) if sound else None
                if parsed is None:
                    yield from into_chunks(_InPiece(reading, piece), headers, 0, size, self.delimiter)
                else:
                    reading.pieces.put_back(piece[sound:])
                    yield from self._fast_chunks(parsed, reading, headers, size)

    def _fast_chunks(
        self, parsed: arrow.Parsed, reading: DelimitedReading, headers: tuple[str, ...], size: int
    ) -> Iterator[Chunk]:
        rows, columns, faults = _numbered(parsed, reading.row, len(headers))
        if too_wide := [place for place, record in parsed.strays.items() if len(record) > MOST_COLUMNS]:
            raise _too_wide(self.path, reading.row + 1 + min(too_wide))
        before, last = reading.row, reading.row + len(parsed.columns[0]) + len(parsed.strays)
        reading.row = last
        begin = 0
        while before < last:
            here = rows[begin : begin + size]
            end = int(here[-1]) if len(here) == size else last
            own = {row: fault for row, fault in faults.items() if before < row <= end}
            cells = [column.slice(begin, size) for column in columns]
            blank = end - before - len(here)
            yield chunk_of(cells, headers, here, own, reading.position, blank, self.delimiter)
            before, begin = end, begin + size


def _numbered(parsed: arrow.Parsed, before: int, width: int) -> tuple[np.ndarray, list[Cells], dict[int, str]]:
    """Give the records that show something their row numbers, with those of another width in their places."""
    columns, faults = parsed.columns, dict[int, str]()
    rows = np.arange(before + 1, before + 1 + len(columns[0]) + len(parsed.strays))
    strays = {int(rows[place]): record for place, record in parsed.strays.items() if not is_blank(record)}
    rows = np.delete(rows, list(parsed.strays))
    if (empty := blanks(columns)).any():
        rows, columns = rows[~empty], [column.filter(pa.array(~empty)) for column in columns]
    if strays:
        others = as_columns([fitted(record, width, row, faults) for row, record in strays.items()], width)
        rows = np.concatenate([rows, np.fromiter(strays, np.int64)])
        order = np.argsort(rows)
        rows = rows[order]
        columns = [pa.concat_arrays(pair).take(order) for pair in zip(columns, others, strict=True)]
    return rows, columns, faults


class BrokenRecord(InputError):
    """A quote is out of place, so that nobody can tell where the record ends."""


class DelimitedReading:
    """One pass over the records. Line breaks inside quotes do not begin a new row, empty lines do count.

    `row` is the number of the last record that was read. Between two records the pass may be continued by others,
    who take `pieces` and advance `row`.
    """

    def __init__(self, path: Path, pieces: Pieces, delimiter: str) -> None:
        self.pieces, self.row = pieces, 0
        self._path, self._delimiter = path, delimiter
        self._text, self._end, self._drawn = io.StringIO(), 0, 0

    @property
    def position(self) -> int:
        """Bytes read so far, in the steps of the blocks."""
        return self.pieces.position

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while piece := self.pieces.next():
            yield from self.of(piece)

    def skip(self, records: int) -> None:
        """Go on behind so many records."""
        if records:
            next(islice(self, records - 1, records), None)
            self.pieces.put_back(self._text.read().encode())

    def of(self, piece: bytes) -> Iterator[tuple[int, list[str]]]:
        """Read the records of the piece that came last; one that is open at its end draws on the pieces after it."""
        first = begin = self.pieces.first_line
        parser = csv.reader(chain.from_iterable(self._texts(piece)), delimiter=self._delimiter, strict=True)
        try:
            for cells in parser:
                self.row += 1
                if len(cells) > MOST_COLUMNS:
                    raise _too_wide(self._path, self.row)
                yield self.row, cells
                if self._text.tell() == self._end:
                    return
                begin, self._drawn = first + parser.line_num, 0
        except csv.Error as error:
            if str(error).startswith("field larger"):
                raise too_long(self._path, begin, "the record that begins there") from error
            raise self._broken(str(error), begin, first + parser.line_num - 1) from error

    def _texts(self, piece: bytes) -> Iterator[io.StringIO]:
        """The piece as lines, and, as long as the parser asks because a record is open, the pieces after it."""
        while piece:
            try:
                text = piece.decode()
            except UnicodeDecodeError as error:  # all of it was decoded when the list was opened
                raise changed(self._path) from error
            self._text, self._end = io.StringIO(text, newline=""), len(text)
            yield self._text
            self._drawn += len(piece)
            if self._drawn > LONGEST:
                raise csv.Error("field larger than a record may be")
            piece = self.pieces.next()

    def _broken(self, complaint: str, begin: int, line: int) -> BrokenRecord:
        where = f"line {begin}" if line <= begin else f"the record that begins in line {begin}"
        if "unexpected end" in complaint:
            what = "a quote is opened and never closed"
        elif "expected after" in complaint:
            what = f"a stray quote (line {line}): only a delimiter may follow a closing quote"
        else:
            what = complaint
        return BrokenRecord(
            f"{self._path}, {where}: {what}",
            'Correct it there: a quote inside a quoted cell is written twice (""). The file is refused, '
            "since a stray quote can swallow the rows after it. If every line looks so, check --delimiter.",
        )


@dataclass(frozen=True, slots=True)
class _InPiece:
    """The records of one piece, as a reading of their own."""

    reading: DelimitedReading
    piece: bytes

    @property
    def position(self) -> int:
        return self.reading.position

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self.reading.of(self.piece)


def _too_wide(path: Path, row: int) -> InputError:
    return InputError(
        f"{path}, row {row}: it has more than {MOST_COLUMNS:,} columns, the most a spreadsheet has",
        "Look at that row in a text editor; if every row looks so, check --delimiter.",
    )
