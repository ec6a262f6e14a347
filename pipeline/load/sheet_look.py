"""What python-calamine does not say of a sheet: errors, formulas without a result, hidden rows and columns.

calamine shows an error, and a formula that was never calculated, as an empty cell: a value lost in silence. So the
sheet is looked at a second time, for these alone. Runs in the child, and loads nothing big.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pipeline.load.headers import column_letters

#: The errors by their codes in binary workbooks.
ERRORS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
#: What stands in place of a number that is none (infinity, "not a number"), as Excel would show it.
NO_NUMBER: Final = "#NUM!"
#: What UTF-16 and UTF-32 begin with, with a byte order mark or without.
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0")
_NOT_CALCULATED: Final = "a formula that was never calculated"
#: So many cells of a row are named; the others are counted.
_NAMED: Final = 3


class Unreadable(ValueError):
    """A sheet can be read in more than one way, or not as it is written; the words are for the user."""


@dataclass(slots=True)
class Look:
    """What was seen. Rows and columns are numbers from 1.

    `faults`: for each row that cannot be used its cells, each with what is wrong. `errors`: the words that stand in
    error cells (row -> column -> "#N/A"). `hidden_rows` and `hidden_columns`: first and last of each series.
    `values`: how many cells have a value, where they were counted; if fewer arrive, some may have the same place.
    """

    faults: dict[int, list[str]] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: int = 0
    values: int = 0

    def error(self, row: int, column: int, words: str) -> None:
        """Note an error cell."""
        self.errors.setdefault(row, {})[column] = words
        self.faults.setdefault(row, []).append(f"cell {column_letters(column)}{row} holds the error {words}")

    def not_calculated(self, row: int, column: int) -> None:
        """Note a formula without a result."""
        self.faults.setdefault(row, []).append(f"cell {column_letters(column)}{row} holds {_NOT_CALCULATED}")

    def fault(self, row: int) -> str:
        """Why the row cannot be used, "" when it can."""
        found = sorted(self.faults.get(row, ()), key=_is_formula)
        more = f" and {len(found) - _NAMED} cells more" if len(found) > _NAMED else ""
        cure = ": open the file in Excel and save it" if any(map(_is_formula, found)) else ""
        return "; ".join(found[:_NAMED]) + more + cure


def _is_formula(fault: str) -> bool:
    return fault.endswith(_NOT_CALCULATED)


def check_narrow(start: bytes, sheet: str) -> None:
    """Raise Unreadable where a part begins as UTF-16 does: calamine finds nothing in it, and calls it empty."""
    if start.startswith(_WIDE):
        raise Unreadable(f"the sheet {sheet!r} is written in UTF-16, and only UTF-8 can be read")


def is_no_number(double: bytes) -> bool:
    """Whether the eight bytes of a number are infinity or "not a number"; calamine makes a date even of those."""
    return double[7] & 0x7F == 0x7F and double[6] >= 0xF0


def within(ranges: Iterable[tuple[int, int]], first: int, last: int) -> int:
    """How many numbers from `first` to `last` the ranges hold."""
    return sum(max(0, min(end, last) - max(start, first) + 1) for start, end in ranges)
