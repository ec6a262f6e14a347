"""fix-me.csv: the rows to mend that no sheet has room for, with the same columns.

A spreadsheet program runs what looks like a formula in a CSV. So such a cell has one more apostrophe before it than
it had; the header of the row numbers says so, and the reader takes them off again (pipeline.mending).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline import mending
from pipeline.files import whole_file
from pipeline.fix_me.columns import Column


class Rest:
    """The file, open. `rows`: how many are in it."""

    def __init__(self, file: io.TextIOWrapper, token: str, columns: Sequence[Column]) -> None:
        self._writer = csv.writer(file)
        self.rows = 0
        mark = mending.row_header(mending.Mark(token, apostrophes=True))
        self._writer.writerow([mark, mending.REASONS, *(mending.shielded(one.header) for one in columns)])

    def add(self, number: int, reasons: str, cells: Sequence[str]) -> None:
        """Add a row."""
        self.rows += 1
        self._writer.writerow([number, mending.shielded(reasons), *map(mending.shielded, cells)])


@contextmanager
def open_rest(folder: Path, token: str, columns: Sequence[Column]) -> Iterator[Rest]:
    """The file in `folder`, there once this is left, and only if nothing was raised."""
    with whole_file(folder / mending.REST) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        yield Rest(text, token, columns)
        text.flush()
        text.detach()


def fits(cell: str) -> bool:
    """Whether a text file can hold a cell as it is."""
    return "\0" not in cell
