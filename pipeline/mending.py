"""What marks a list of rows to mend: the sheets of fix-me.xlsx, the columns that it adds, and what it cannot show.

Who writes such a list (pipeline.fix_me) and who reads it (pipeline.load.mended) agree through this alone, and on
nothing else. Loads nothing big.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

#: The files in the folder of a run.
WORKBOOK: Final = "fix-me.xlsx"
REST: Final = "fix-me.csv"

#: The sheets: words for a person, the rows, and choices that are too long for a drop-down's own list.
GUIDE: Final = "What to do"
ROWS: Final = "Rows to mend"
CHOICES: Final = "Choices"

#: The second column: why each row was not accepted.
REASONS: Final = "Reasons (leadbyte-import)"

#: Digits that name the original list, and that its rows carry with them.
TOKEN: Final = 16
#: The greatest row number; a list of more rows cannot be searched for duplicates (pipeline.dedupe).
LAST_ROW: Final = 2**32 - 1

_APOSTROPHES: Final = "with apostrophes"
_ROW_HEADER: Final = re.compile(rf"row \(leadbyte-import ([0-9a-f]{{{TOKEN}}})( {_APOSTROPHES})?\)", re.IGNORECASE)
_ALIKE: Final = "(leadbyte-import"

#: A cell that a spreadsheet program takes for a formula when it opens a CSV, behind any number of apostrophes.
_SHIELDED: Final = re.compile(r"'*(?:[=@\t\r]|[+-](?![0-9 .,]*\Z))")

#: Faults of a row as a whole that its cells show by themselves: found again wherever the row is read.
_QUOTED: Final = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_SHOWN: Final = rf"(?:{_QUOTED} holds a control character \(U\+[0-9A-F]{{4}}[^()]*\)|looks like a footer [^;]*)"
_ALL_SHOWN: Final = re.compile(rf"{_SHOWN}(?:; {_SHOWN})*")


class Mark(NamedTuple):
    """What the header of the row numbers says: whose rows they are, and whether formulas follow an apostrophe."""

    token: str
    apostrophes: bool = False


def token_of(sha256: str, sheet: str = "") -> str:
    """How the rows of a list name it: by the SHA-256 of its file and, of a workbook, the sheet that they stand in.

    No other option says which row is which: rows have the spreadsheet's numbers, wherever the header is.
    """
    return (hashlib.sha256(f"{sha256} {sheet}".encode()).hexdigest() if sheet else sha256)[:TOKEN]


def row_header(mark: Mark) -> str:
    """The header of the first column: the row numbers of the original list."""
    return f"Row (leadbyte-import {mark.token}{f' {_APOSTROPHES}' if mark.apostrophes else ''})"


def mark_of(header: str) -> Mark | None:
    """What the header of a column of row numbers says; None where it is no such header."""
    found = _ROW_HEADER.fullmatch(header)
    return Mark(found[1].lower(), bool(found[2])) if found else None


def is_like_mark(header: str) -> bool:
    """Whether a header is one of the two added ones, or was before somebody changed it."""
    return _ALIKE in header.casefold()


def is_added(header: str) -> bool:
    """Whether a column is one of the two that are added to the list's own."""
    return header.casefold() == REASONS.casefold() or mark_of(header) is not None


def shielded(cell: str) -> str:
    """A cell for a CSV file, with one more apostrophe before what a spreadsheet program would run."""
    return f"'{cell}" if _SHIELDED.match(cell) else cell


def unshielded(cell: str) -> str:
    """The cell that `shielded` was given."""
    return cell[1:] if cell.startswith("'") and _SHIELDED.match(cell) else cell


def shows_again(fault: str) -> bool:
    """Whether a fault of a row as a whole is found again where the row's cells are read elsewhere.

    A row of another width, with an error, a formula or swallowed rows in it, would look sound there.
    """
    return _ALL_SHOWN.fullmatch(fault) is not None
