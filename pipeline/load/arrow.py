"""The fast way to read text with delimiters: bytes that are proven to be whole, well-quoted records go to pyarrow.

What is not proven is for the plain way (`delimited`), and tests show that both give the same.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from pipeline.load.rules import Cells

_QUOTE: Final = 0x22
#: pyarrow would drop it at the beginning of a piece, and it may be part of a cell.
_MARK: Final = b"\xef\xbb\xbf"
#: Of so many bytes one may be a quote where the quotes are looked at one by one.
_QUOTE_SHARE: Final = 50
#: Of so many records one may have another width than the header; where more do, the plain way is faster.
_STRAY_SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class Parsed:
    """The records of a piece: the cells by column, without the records of another width than the header's.

    Those are in `strays`, by their place (from 0) among all the piece's records.
    """

    columns: list[Cells]
    strays: dict[int, list[str]]


def proven(piece: bytes, delimiter: str) -> int:
    r"""How many bytes, from the beginning, are whole records that can only be read in one way.

    `piece` begins where a record begins, and ends with a line end or with the file. Every quote in those bytes opens
    a cell at its beginning, closes it before a delimiter or a line end, or is doubled inside it.
    """
    if piece.startswith(_MARK) or not delimiter.isascii():
        return 0
    if b'"' not in piece:
        return len(piece)
    data = np.frombuffer(piece, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    opens, closes = quotes[0::2], quotes[1::2]
    doubled = closes[: len(opens) - 1] + 1 == opens[1:]
    edge = np.zeros(256, dtype=bool)
    edge[[ord(delimiter), 0x0A, 0x0D]] = True
    opened_well = edge[data[opens - 1]]
    opened_well[0] |= opens[0] == 0
    opened_well[1:] |= doubled
    closed_well = edge[data[np.minimum(closes + 1, len(data) - 1)]] | (closes + 1 == len(data))
    closed_well[: len(doubled)] |= doubled
    if not (opened_well.all() and closed_well.all()):
        quotes = _structural(piece, quotes, edge)
    return len(piece) if len(quotes) % 2 == 0 else _before_the_open_record(piece, quotes)


def _structural(piece: bytes, quotes: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """The quotes that open or close a cell, found one by one: not those inside unquoted cells (`5" pipe`).

    Where there are many quotes, or one is out of place, the answer is a quote that is never closed at the beginning.
    """
    unproven = np.zeros(1, dtype=np.int64)
    if len(quotes) > len(piece) // _QUOTE_SHARE:
        return unproven
    ends = bytes(np.flatnonzero(edge).tolist())
    found, inside, second = [], False, -1
    for at in quotes.tolist():
        if at == second:
            continue
        after = piece[at + 1 : at + 2]
        if not inside and at and piece[at - 1] not in ends:
            continue
        if inside and after == b'"':
            second = at + 1
            continue
        if inside and after and after not in ends:
            return unproven
        inside = not inside
        found.append(at)
    return np.array(found, dtype=np.int64)


def _before_the_open_record(piece: bytes, quotes: np.ndarray) -> int:
    """Where the record begins whose last cell is still open: behind the last line end outside quotes."""
    limit = int(quotes[-1])
    while end := piece.rfind(b"\n", 0, limit) + 1:
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            return end
        limit = int(quotes[before - 1])
    return 0


def parse(piece: memoryview, delimiter: str, width: int) -> Parsed | None:
    """Parse proven bytes; None where it is a matter for the plain way."""
    names = [str(column) for column in range(width)]
    strays = _Strays(delimiter, len(piece))
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(piece)),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(piece) + 1, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,  # they come as empty records, and so keep the count of the rows
                invalid_row_handler=strays,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                null_values=[],
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return Parsed([_in_one(column) for column in table.columns], strays.records)


def _in_one(column: pa.ChunkedArray) -> Cells:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


class _Strays:
    """What pyarrow asks about a record of another width than the header's: it is set aside, up to a number."""

    def __init__(self, delimiter: str, size: int) -> None:
        self._delimiter = delimiter
        self._limit = max(size // 100 // _STRAY_SHARE, 10)
        self.records: dict[int, list[str]] = {}

    def __call__(self, row: arrow_csv.InvalidRow) -> str:
        if row.number is None or len(self.records) == self._limit:
            return "error"
        (record,) = csv.reader(io.StringIO(row.text, newline=""), delimiter=self._delimiter, strict=True)
        self.records[row.number - 1] = record
        return "skip"
