"""The header's rules: each column has a name, and no two names can be taken for each other."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError
from pipeline.names import fold


def read_headers(cells: list[str], path: Path, row: int, first_column: int = 1) -> tuple[str, ...]:
    """Return the headers without outer white space and without the empty ones at the end.

    `first_column` is the spreadsheet's number of the first cell, for the messages. Raises InputError where a
    column has no header, or two headers differ only in case, spaces, "_" or "-".
    """
    headers = [cell.strip() for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    seen: dict[str, int] = {}
    for column, header in enumerate(headers, first_column):
        if not header:
            raise InputError(
                f"{path}, row {row}: {_column(column)} has no header, and columns after it have one",
                "Give that column a header, or delete it.",
            )
        other = seen.setdefault(fold(header), column)
        if other != column:
            raise InputError(
                f"{path}, row {row}: {_column(other)} {headers[other - first_column]!r} and "
                f"{_column(column)} {header!r} have the same header (case, spaces, _ and - do not count)",
                "Rename one of them.",
            )
    return tuple(headers)


def _column(number: int) -> str:
    return f"column {column_letters(number)} ({number})"


def column_letters(number: int) -> str:
    """Return a column's letters as a spreadsheet shows them: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
