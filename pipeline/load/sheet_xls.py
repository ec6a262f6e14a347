"""A second look at a sheet of an older workbook (.xls). Runs in the child, and loads nothing big.

The file is a compound file ([MS-CFB]): streams in sectors that a table chains together. The stream that counts
holds records ([MS-XLS] 2.1.4): what they are and how long, in two bytes each.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pipeline.load.sheet_look import ERRORS, NO_NUMBER, Look, is_no_number

_BOUND_SHEET, _BEGIN, _END = 0x85, 0x809, 0x0A
_FORMULA, _NUMBER, _TRUTH_OR_ERROR, _ROW, _COLUMNS = 0x06, 0x203, 0x205, 0x208, 0x7D
#: What a formula's result begins and ends with where it is an error.
_IS_ERROR: Final = (2, 0xFFFF)
_NO_SECTOR: Final = 0xFFFFFFFA


def look_at_stream(path: Path, position: int) -> Look:
    """Look at the sheet at that position (from 0) among all sheets of the workbook."""
    stream = _workbook_stream(path.read_bytes())
    starts = [struct.unpack_from("<I", content)[0] for kind, content in _records(stream, 0) if kind == _BOUND_SHEET]
    look = Look()
    for kind, content in _records(stream, starts[position]):
        if kind == _TRUTH_OR_ERROR:
            row, column, _, value, is_error = struct.unpack_from("<3H2B", content)
            if is_error:
                look.error(row + 1, column + 1, ERRORS.get(value, "#ERROR"))
        elif kind == _FORMULA:
            row, column, _, first, value, last = struct.unpack_from("<3HBxB3xH", content)
            if (first, last) == _IS_ERROR:
                look.error(row + 1, column + 1, ERRORS.get(value, "#ERROR"))
        elif kind == _NUMBER:
            if is_no_number(content[6:14]):
                row, column = struct.unpack_from("<2H", content)
                look.error(row + 1, column + 1, NO_NUMBER)
        elif kind == _ROW:
            row, flags = struct.unpack_from("<H10xH", content)
            if flags & 0x20:
                look.hidden_rows.append((row + 1, row + 1))
        elif kind == _COLUMNS:
            first, last, _, _, flags = struct.unpack_from("<5H", content)
            if flags & 1:
                look.hidden_columns.append((first + 1, last + 1))
    return look


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of the stream, without those of charts in it."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<2H", stream, at)
        depth += (kind == _BEGIN) - (kind == _END)
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        if not depth:
            return
        at += 4 + size


def _workbook_stream(content: bytes) -> bytes:
    shift, small_shift = struct.unpack_from("<2H", content, 30)
    first_directory, cutoff, first_small_table = struct.unpack_from("<I4x2I", content, 48)
    table = _table(content, shift)
    directory = _chained(content[1 << shift :], shift, table, first_directory)
    entries = {}
    for at in range(0, len(directory) - 127, 128):
        name = directory[at : at + struct.unpack_from("<H", directory, at + 64)[0]].decode("utf-16-le")
        entries[name.rstrip("\0").lower()] = struct.unpack_from("<2I", directory, at + 116)
    start, length = entries["workbook" if "workbook" in entries else "book"]
    if length >= cutoff:
        return _chained(content[1 << shift :], shift, table, start)[:length]
    sectors = _chained(content[1 << shift :], shift, table, entries["root entry"][0])
    small_table = _numbers(_chained(content[1 << shift :], shift, table, first_small_table))
    return _chained(sectors, small_shift, small_table, start)[:length]


def _table(content: bytes, shift: int) -> tuple[int, ...]:
    """For each sector the one that follows it."""
    places = list(struct.unpack_from("<109I", content, 76))
    following = struct.unpack_from("<I", content, 68)[0]
    while following < _NO_SECTOR and len(places) << shift <= len(content):
        *more, following = _numbers(content[(following + 1) << shift : (following + 2) << shift])
        places += more
    return _numbers(b"".join(content[(one + 1) << shift : (one + 2) << shift] for one in places if one < _NO_SECTOR))


def _chained(sectors: bytes, shift: int, table: Sequence[int], first: int) -> bytes:
    """The content of the sectors that a chain names, in its order."""
    found: list[bytes] = []
    one = first
    while one < _NO_SECTOR:
        if len(found) > len(table):
            raise ValueError("a chain of sectors has no end")
        found.append(sectors[one << shift : (one + 1) << shift])
        one = table[one]
    return b"".join(found)


def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])
