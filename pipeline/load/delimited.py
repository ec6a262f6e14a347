"""Text files with delimiters (CSV): strictly decoded, strictly parsed, one record per spreadsheet row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from pipeline.errors import InputError
from pipeline.load.detect import delimiter_of, find_delimiter, find_encoding
from pipeline.load.records import Chunk, into_chunks

if TYPE_CHECKING:
    import _csv

#: No cell is longer, in characters: what is, is a quote that was never closed.
LONGEST_CELL: Final = 10_000_000
#: So many records show which delimiter it is.
_SAMPLE: Final = 50
_NAMES: Final = {"\t": "tabs"}


@dataclass(frozen=True, slots=True)
class Text:
    """How a text file is written, as found out or told."""

    sha256: str
    encoding: str
    delimiter: str
    encoding_reason: str
    delimiter_reason: str

    def decisions(self, columns: int) -> tuple[str, ...]:
        """Say what is not the plain case."""
        said = []
        if self.encoding_reason and self.encoding != "utf-8-sig":
            said.append(f"read as {self.encoding} ({self.encoding_reason})")
        if self.delimiter_reason == "found" and columns == 1:
            said.append("no delimiter found: a list of one column")
        elif self.delimiter_reason and (self.delimiter != "," or self.delimiter_reason == "as told"):
            reason = " (as told)" if self.delimiter_reason == "as told" else ""
            said.append(f"fields separated by {_NAMES.get(self.delimiter, self.delimiter)}{reason}")
        return tuple(said)


def find_out(path: Path, kind: str, encoding: str, delimiter: str) -> Text:
    """Find out how the file is written, where the user has not said so. Raises InputError."""
    told = delimiter_of(delimiter) if delimiter else ""
    found = find_encoding(path, encoding)
    if told:
        return Text(found.sha256, found.name, told, found.reason, "as told")
    if kind == "tsv":
        return Text(found.sha256, found.name, "\t", found.reason, "")

    def sample(candidate: str) -> list[list[str]]:
        return _first_records(path, found.name, candidate)

    return Text(found.sha256, found.name, find_delimiter(sample), found.reason, "found")


def _first_records(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    """Parse the beginning; a quote that is out of place under this delimiter only ends the sample."""
    records = []
    with _opened(path, encoding, delimiter) as (_, parser), suppress(csv.Error):
        for record in islice(parser, _SAMPLE):
            records.append(record)  # list() would lose the records before an error
    return records


@dataclass(frozen=True, slots=True)
class DelimitedTable:
    """A text file whose encoding and delimiter are known."""

    path: Path
    encoding: str
    delimiter: str

    @property
    def first_column(self) -> int:
        """A text file's columns begin at A."""
        return 1

    @contextmanager
    def reading(self) -> Iterator[DelimitedReading]:
        """Begin a pass at the first line."""
        with _opened(self.path, self.encoding, self.delimiter) as (stream, parser):
            yield DelimitedReading(self.path, stream, parser)

    def top(self, rows: int) -> list[tuple[int, list[str]]]:
        """The first rows with their numbers, empty ones included; fewer when there are no more."""
        with self.reading() as reading:
            return list(islice(reading, rows))

    def chunks(self, headers: tuple[str, ...], header_row: int, size: int) -> Iterator[Chunk]:
        """The rows below `header_row` (0: all rows), at most `size` in each chunk."""
        with self.reading() as reading:
            yield from into_chunks(reading, headers, header_row, size)


class DelimitedReading:
    """One pass over the records. Line breaks inside quotes do not begin a new row, empty lines do count."""

    def __init__(self, path: Path, stream: BinaryIO, parser: _csv.Reader) -> None:
        self._path = path
        self._stream = stream
        self._parser = parser

    @property
    def position(self) -> int:
        """Bytes read so far, in the steps of the buffer."""
        return self._stream.tell()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        begin = 1
        try:
            for row, cells in enumerate(self._parser, 1):
                yield row, cells
                begin = self._parser.line_num + 1
        except csv.Error as error:
            raise self._broken(str(error), begin, self._parser.line_num) from error
        except UnicodeError as error:
            raise InputError(f"{self._path} was changed while it was being read", "Start again.") from error

    def _broken(self, complaint: str, begin: int, line: int) -> InputError:
        where = f"line {begin}" if line <= begin else f"the record that begins in line {begin}"
        if "unexpected end" in complaint:
            what = "a quote is opened and never closed"
        elif "field larger" in complaint:
            what = f"a cell has over {LONGEST_CELL:,} characters, so a quote was probably not closed"
        elif "expected after" in complaint:
            what = f"a stray quote (line {line}): only a delimiter may follow a closing quote"
        else:
            what = complaint
        return InputError(
            f"{self._path}, {where}: {what}",
            'Correct it there: a quote inside a quoted cell is written twice (""). The file is refused, '
            "since a stray quote can swallow the rows after it. If every line looks so, check --delimiter.",
        )


@contextmanager
def _opened(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[BinaryIO, _csv.Reader]]:
    """Open the file strictly: its bytes (which tell the position), and the parser that consumes them."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open("rb") as stream, io.TextIOWrapper(stream, encoding, errors="strict", newline="") as text:
        yield stream, csv.reader(text, delimiter=delimiter, strict=True)
