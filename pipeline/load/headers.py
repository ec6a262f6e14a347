"""The header: which row it is, and its rules (each column has a name, no two can be taken for each other)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.names import fold

#: So many rows show where the header is.
LOOKED_AT: Final = 50
#: Characters that nobody sees: a byte order mark in the middle of a file, zero-width blanks and joiners.
_INVISIBLE: Final = re.compile("[\ufeff\u200b-\u200d\u2060]")
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DIGIT_OR_AT: Final = re.compile("[0-9@]")


def read_headers(
    cells: list[str], path: Path, row: int, first_column: int = 1
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the headers without the empty ones at the end, and sentences about columns that got a name here.

    White space (line breaks, no-break spaces) becomes one blank each, none at the ends. A column without a header
    before others that have one is called "Column C". `first_column` is the spreadsheet's number of the first cell.
    Raises InputError where two headers differ only in case, spaces, "_" or "-", or one is an e-mail address.
    """
    headers = [tidy(cell) for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    said, seen = [], dict[str, int]()
    for column, header in enumerate(headers, first_column):
        if _ADDRESS.fullmatch(header):
            raise InputError(
                f"{path}, row {row}: {_column(column)} has an e-mail address for a header",
                "If the list has no header, say --no-header; if its header is another row, --header-row N.",
            )
        if not header:
            header = headers[column - first_column] = column_name(column)  # noqa: PLW2901  # its name from here on
            said.append(f"{_column(column)} has no header: it is called {header!r}")
        other = seen.setdefault(fold(header), column)
        if other != column:
            raise InputError(
                f"{path}, row {row}: {_column(other)} {headers[other - first_column]!r} and "
                f"{_column(column)} {header!r} have the same header (case, spaces, _ and - do not count)",
                "Rename one of them.",
            )
    return tuple(headers), tuple(said)


def made_headers(rows: Sequence[list[str]], first_column: int) -> tuple[str, ...]:
    """Name the columns of a list without a header: as many as most of its first rows have, "Column A" and so on."""
    widths = [len(cells) for cells in rows]
    width = max(widths, key=lambda width: (widths.count(width), width))
    width = min(width, max(map(width_of, rows)))
    return tuple(column_name(column) for column in range(first_column, first_column + width))


def header_at(rows: Sequence[list[str]]) -> int:
    """Return the place of the header among the first rows: 0, unless titles plainly stand above it.

    `rows` are without empty ones. A title has one filled cell. The header below it is filled to
    its end with different words (no digit, no @), hardly a row reaches beyond it, and one of its columns holds mostly
    digits or an @.
    """
    titles = 0
    while titles < len(rows) and _filled(rows[titles]) == 1:
        titles += 1
    if not 0 < titles < len(rows) - 1:
        return 0
    header, below = rows[titles], rows[titles + 1 :]
    width = width_of(header)
    words = {fold(tidy(cell)) for cell in header[:width]}
    plain = (
        len(words) == width
        and "" not in words
        and not any(map(_DIGIT_OR_AT.search, header))
        and sum(width_of(cells) <= width for cells in below) * 10 >= len(below) * 9
        and any(_mostly_figures(below, column) for column in range(width))
    )
    return titles if plain else 0


def _mostly_figures(rows: Sequence[list[str]], column: int) -> bool:
    found = sum(bool(_DIGIT_OR_AT.search(cells[column])) for cells in rows if column < len(cells))
    return 2 * found > len(rows)


def tidy(header: str) -> str:
    """Return the header on one line, with single blanks, without characters that nobody sees."""
    return " ".join(_INVISIBLE.sub("", header).split())


def width_of(cells: list[str]) -> int:
    """Return how many cells there are up to the last one that shows something."""
    return max((number for number, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _filled(cells: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def column_name(number: int) -> str:
    """Return what a column without a header is called."""
    return f"Column {column_letters(number)}"


def _column(number: int) -> str:
    return f"column {column_letters(number)} ({number})"


def column_letters(number: int) -> str:
    """Return a column's letters as a spreadsheet shows them: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
