"""What makes a row unusable as a whole, seen column by column: characters no list holds, endless cells, totals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mending import is_added

#: A column's cells: large_string, "" for an empty one, no nulls.
Cells: TypeAlias = "pa.LargeStringArray"

#: A spreadsheet's limit, in characters.
LONGEST_CELL: Final = 32_767

#: The byte before that of U+0080 to U+009F in UTF-8, the control characters beyond ASCII.
_BEFORE_LATE: Final = 0xC2

#: The first (or only) words of a row below the list, in lower case; numbers may follow in other cells.
_FOOTER: Final = (
    r"(?i)^\s*(?:(?:grand |sub[ -]?)?totals?(?: (?:count|(?:number of )?(?:rows|records|leads)))?\s*[:=]?"
    r"|(?:row |record |lead )?count\s*[:=]|(?:number of )?(?:rows|records|leads)\s*[:=]"
    r"|(?:exported|generated|created|printed|produced|downloaded) (?:by|on|at|from)\b.*"
    r"|\(?[0-9]+ (?:rows|records|leads)(?: (?:exported|affected|selected|in total|total))?\)?"
    r"|-*\s*end of (?:file|list|report|data|export)\b.*|page [0-9]+(?: of [0-9]+)?|(?:copyright|©).*"
    r")\s*[0-9.,]*\s*\.?\s*$"
)
#: What stands beside them: a sum, a count, a date. A phone number is neither.
_FIGURE: Final = re.compile(r"\s*(?:[£$€]?\s?-?(?!0[0-9])[0-9][0-9.,]{0,11}\s?[%£$€]?|[0-9/.:-]+[/:][0-9/.: -]+)\s*")
FOOTER: Final = "looks like a footer or total, not a lead"


def cell_faults(columns: list[Cells], headers: tuple[str, ...], delimiter: str) -> Iterator[tuple[int, str]]:
    """Yield (place of the row, what is wrong) for cells that no honest list holds.

    `delimiter` is what the rows were divided by; "" for a sheet, whose cells cannot swallow rows.
    """
    for number, (header, cells) in enumerate(zip(headers, columns, strict=True)):
        if is_added(header):
            continue
        offsets, data = buffers(cells)
        low = data < 0x20
        if low.any() or (data >= 0x7F).any():
            yield from _control_characters(header, offsets, data)
            if delimiter and low.any():
                yield from _swallowed_rows(header, cells, number, len(columns), delimiter)
        for place in np.flatnonzero(np.diff(offsets) > LONGEST_CELL).tolist():
            size = len(cells[place].as_py())
            if size > LONGEST_CELL:
                yield place, f"{header!r} has {size:,} characters, and a spreadsheet's cell at most {LONGEST_CELL:,}"


def own_columns(columns: list[Cells], headers: tuple[str, ...]) -> list[Cells]:
    """The columns without those that were added to a list of rows to mend."""
    return [cells for header, cells in zip(headers, columns, strict=True) if not is_added(header)]


def buffers(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """The offsets of the cells in their bytes, and the bytes, without a copy; the first offset is 0."""
    if not len(cells):
        return np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    _, places, content = cells.buffers()
    offsets = np.frombuffer(places, np.int64)[cells.offset : cells.offset + len(cells) + 1]
    data = np.frombuffer(content or b"", np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data


def _control_characters(header: str, offsets: np.ndarray, data: np.ndarray) -> Iterator[tuple[int, str]]:
    odd = ((data < 0x20) & (data != 0x09) & (data != 0x0A) & (data != 0x0D)) | (data == 0x7F)
    before_late = np.flatnonzero(data == _BEFORE_LATE)
    odd[before_late[data[before_late + 1] < 0xA0]] = True
    found = np.flatnonzero(odd)
    places, first = np.unique(np.searchsorted(offsets, found, side="right") - 1, return_index=True)
    for place, at in zip(places.tolist(), found[first].tolist(), strict=True):
        late = data[at] == _BEFORE_LATE
        yield place, f"{header!r} holds a control character ({_named(int(data[at + late]), late)})"


def _named(code: int, late: bool) -> str:
    """A control character's number; a late one mostly was a character of Windows, read as ISO 8859-1."""
    meant = bytes([code]).decode("cp1252", "ignore") if late else ""
    return f"U+{code:04X}" + (f": it was read in the wrong encoding, and is {meant} in cp1252" if meant else "")


def _swallowed_rows(header: str, cells: Cells, number: int, width: int, delimiter: str) -> Iterator[tuple[int, str]]:
    """Find cells whose lines, with what stands around the cell, are whole rows: two stray quotes enclose them."""
    if width < 4:  # an address may well have two commas
        return
    candidates = pc.greater_equal(pc.count_substring(cells, delimiter), width - 1)
    for place in np.flatnonzero(candidates).tolist():
        parts = [line.split(delimiter) for line in re.split(r"\r\n|\r|\n", cells[place].as_py())]
        widths = [len(line) for line in parts]
        filled = sum(bool(part.strip()) for line in parts for part in line)
        whole = [width - number, *[width] * (len(parts) - 2), number + 1]
        if len(parts) > 1 and widths == whole and filled > sum(widths) // 2:
            yield place, f"{header!r} holds what reads as {len(parts)} rows: a quote before it may be a stray one"


def blanks(columns: list[Cells]) -> np.ndarray:
    """For each row whether nothing shows in it: every cell is empty or white space."""
    left = np.arange(len(columns[0]) if columns else 0)
    for cells in columns:
        if not len(left):
            break
        some = cells if len(left) == len(cells) else cells.take(left)
        left = left[np.asarray(pc.equal(pc.utf8_trim_whitespace(some), ""))]
    found = np.zeros(len(columns[0]) if columns else 0, dtype=bool)
    found[left] = True
    return found


def footers(columns: list[Cells]) -> list[int]:
    """The places of rows such as `Total,,300`: at most a third of their cells filled, none of them a person's."""
    if len(columns) < 3:
        return []
    some = [np.diff(buffers(cells)[0]) > 0 for cells in columns]
    filled = np.sum(some, axis=0, dtype=np.int16)
    sparse = (filled > 0) & (filled <= max(2, len(columns) // 3)) & (filled < len(columns))
    found = []
    for cells, here in zip(columns, some, strict=True):
        first = np.flatnonzero(sparse & here)
        sparse &= ~here
        if len(first):
            first = first[np.asarray(pc.match_substring_regex(cells.take(first), _FOOTER))]
            found += [place for place in first.tolist() if _only_figures(columns, place)]
    return sorted(found)


def _only_figures(columns: list[Cells], place: int) -> bool:
    """Whether nothing but figures follows the first filled cell."""
    filled = [text for cells in columns if (text := cells[place].as_py())]
    return all(map(_FIGURE.fullmatch, filled[1:]))
