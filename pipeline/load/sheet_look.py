"""What python-calamine does not say of a sheet: errors, formulas without a result, hidden rows and columns.

calamine shows an error, and a formula that was never calculated, as an empty cell: a value lost in silence. So the
sheet is looked at a second time, for these alone. Runs in the child, and loads nothing big.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.load.headers import column_letters

#: So many cells of a row are named; the others are counted.
_NAMED: Final = 3


@dataclass(slots=True)
class Look:
    """What was seen. Rows and columns are numbers from 1.

    `faults`: for each row that cannot be used its cells, each with what is wrong. `errors`: the words that stand in
    error cells (row -> column -> "#N/A"). `hidden_rows` and `hidden_columns`: first and last of each series.
    """

    faults: dict[int, list[str]] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: int = 0

    def error(self, row: int, column: int, words: str) -> None:
        """Note an error cell."""
        self.errors.setdefault(row, {})[column] = words
        self.faults.setdefault(row, []).append(f"cell {column_letters(column)}{row} holds the error {words}")

    def not_calculated(self, row: int, column: int) -> None:
        """Note a formula without a result."""
        what = f"cell {column_letters(column)}{row} holds a formula that was never calculated"
        self.faults.setdefault(row, []).append(what)

    def fault(self, row: int) -> str:
        """Why the row cannot be used, "" when it can."""
        found = self.faults.get(row, [])
        more = f" and {len(found) - _NAMED} cells more" if len(found) > _NAMED else ""
        cure = any(what.endswith("never calculated") for what in found)
        return "; ".join(found[:_NAMED]) + more + (": open the file in Excel and save it" if cure else "")


def within(ranges: Iterable[tuple[int, int]], first: int, last: int) -> int:
    """How many numbers from `first` to `last` the ranges hold."""
    return sum(max(0, min(end, last) - max(start, first) + 1) for start, end in ranges)


def look_at(path: Path, sheet: str) -> Look:
    """Look at one sheet of a workbook. Raises InputError where that is not possible."""
    if not zipfile.is_zipfile(path):
        return Look()
    from pipeline.load import sheet_ods, sheet_xml

    with zipfile.ZipFile(path) as archive:
        parts = {name.lower(): name for name in archive.namelist()}
        if "xl/workbook.xml" in parts:
            return sheet_xml.look_at_part(archive, parts, sheet)
        if "content.xml" in parts:
            return sheet_ods.look_at_content(archive, sheet)
    return Look()
