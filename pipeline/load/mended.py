"""A list of rows to mend (fix-me.xlsx, in whatever form it was saved): rows of another list, under its row numbers.

It is known by the header of its row numbers (pipeline.mending). The columns that were added to the list's own go, and
the rows come in the order of their numbers, however a person has sorted them: what is found out and written about
them is the same as of the original list. All of them are held in memory for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.columns import texts
from pipeline.errors import InputError
from pipeline.load.headers import column_letters
from pipeline.load.records import Chunk
from pipeline.load.rules import Cells
from pipeline.mending import GUIDE, LAST_ROW, ROWS, Mark, is_added, is_like_mark, mark_of, unshielded

#: A row number, also as programs write it that know no whole numbers.
_NUMBER: Final = re.compile(r"0*([1-9][0-9]{0,9})(?:\.0*)?")
_AGAIN: Final = "Take the file as it was written, and leave its first column and the headers as they are."


@dataclass(frozen=True, slots=True)
class Mended:
    """How rows to mend are read. `headers` are all of the file's; `own` those of the original list.

    `column`: the letters of the column of row numbers, for messages. `offered` says of row numbers which of them were
    offered to be mended; None where nobody knows.
    """

    mark: Mark
    headers: tuple[str, ...]
    own: tuple[str, ...]
    column: str
    offered: Callable[[np.ndarray], np.ndarray] | None = None

    def decision(self) -> str:
        """What is said of such a list."""
        return f"rows to mend of list {self.mark.token}: the row numbers are those of that list"

    def chunks(self, path: Path, chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
        """The rows of `chunks`, with the original list's numbers, ascending, and its columns alone.

        Raises InputError where a row has no number, or one that was not offered, or two have the same.
        """
        held = list(chunks)
        rows = np.concatenate([chunk.frame.index.to_numpy() for chunk in held]) if held else np.zeros(0, np.int64)
        if not len(rows):
            nothing = pd.DataFrame({name: pd.array([], dtype="str") for name in self.own}, index=_index(rows))
            yield from (Chunk(nothing, {}, one.position, one.blank) for one in held)
            return
        numbers, columns = self._numbers(path, held, rows), self._columns(held)
        faults = {row: words for chunk in held for row, words in chunk.faults.items()}
        order = np.argsort(numbers, kind="stable")
        self._check_once(path, numbers[order], rows[order])
        self._check_offered(path, numbers, rows)
        blank = sum(chunk.blank for chunk in held)
        for begin in range(0, len(order), size):
            some = order[begin : begin + size]
            cells = {header: pd.array(column.take(some), dtype="str") for header, column in columns.items()}
            named = zip(numbers[some].tolist(), rows[some].tolist(), strict=True)
            own = {number: faults[row] for number, row in named if row in faults} if faults else {}
            yield Chunk(
                pd.DataFrame(cells, index=_index(numbers[some])), own, held[-1].position, 0 if begin else blank
            )

    def _columns(self, held: Sequence[Chunk]) -> dict[str, Cells]:
        in_file = (header for header in self.headers if not is_added(header))
        columns = (pa.concat_arrays([texts(chunk.frame[header]) for chunk in held]) for header in in_file)
        shields = self.mark.apostrophes
        return {
            name: _without_shields(cells) if shields else cells for name, cells in zip(self.own, columns, strict=True)
        }

    def _numbers(self, path: Path, held: Sequence[Chunk], rows: np.ndarray) -> np.ndarray:
        header = next(one for one in self.headers if mark_of(one))
        numbers = [_number(cell) for chunk in held for cell in texts(chunk.frame[header]).to_pylist()]
        if 0 in numbers:
            row = int(rows[numbers.index(0)])
            raise InputError(
                f"{path}: cell {self.column}{row} should hold the number of a row of the original list, and does not",
                "Undo what was changed there, or delete that row. A row that the original list does not have belongs "
                "in a list of its own.",
            )
        return np.array(numbers, np.int64)

    def _check_once(self, path: Path, numbers: np.ndarray, rows: np.ndarray) -> None:
        twice = np.flatnonzero(np.diff(numbers) == 0)
        if len(twice):
            first, second = sorted(rows[twice[0] : twice[0] + 2].tolist())
            raise InputError(
                f"{path}: cells {self.column}{first} and {self.column}{second} hold the same row number, "
                f"{numbers[twice[0]]}",
                "Delete one of the two rows: a row of the list is sent once.",
            )

    def _check_offered(self, path: Path, numbers: np.ndarray, rows: np.ndarray) -> None:
        strange = rows[~self.offered(numbers)] if self.offered else rows[:0]
        if len(strange):
            row = int(strange.min())
            number = numbers[rows == row][0]
            raise InputError(
                f"{path}: cell {self.column}{row} holds {number}, and row {number} of the list was never offered "
                "to be mended",
                "Undo what was changed there, or delete that row. A row that the original list does not have belongs "
                "in a list of its own.",
            )


def mended_list(headers: tuple[str, ...], path: Path, row: int, first_column: int) -> Mended | None:
    """How a list with these headers (in row `row`) is read if it is one of rows to mend; None where it is not.

    Raises InputError where it was one before somebody changed its headers.
    """
    marks = [(at, mark) for at, header in enumerate(headers) if (mark := mark_of(header))]
    own = tuple(header for header in headers if not is_added(header))
    if len(marks) > 1 or any(map(is_like_mark, own)) or (not marks and len(own) < len(headers)):
        raise InputError(
            f"{path}, row {row}: these were rows to mend, and whose they are can no longer be told: the column "
            "'Row (leadbyte-import …)' is there twice, changed, or gone",
            f"{_AGAIN} To import them as a list of its own, without its row numbers, delete both columns that end in "
            "'(leadbyte-import …)'.",
        )
    if headers[:1] == (GUIDE,):
        raise InputError(
            f"{path} is the sheet {GUIDE!r}, not the rows", f"Save the sheet {ROWS!r}, or name the workbook itself."
        )
    if not marks:
        return None
    if not own:
        raise InputError(f"{path}, row {row}: the columns of the list are gone", _AGAIN)
    at, mark = marks[0]
    if mark.apostrophes:
        own = tuple(map(unshielded, own))
    return Mended(mark, headers, own, column_letters(first_column + at))


def _index(numbers: np.ndarray) -> pd.Index[int]:
    index: pd.Index[int] = pd.Index(numbers, dtype="int64", name="row")
    return index


def _number(cell: str) -> int:
    """The row number in a cell, 0 where there is none."""
    found = _NUMBER.fullmatch(cell.strip())
    number = int(found[1]) if found else 0
    return number if number <= LAST_ROW else 0


def _without_shields(cells: Cells) -> Cells:
    where = pc.starts_with(cells, "'")
    if not pc.any(where).as_py():
        return cells
    return pc.replace_with_mask(cells, where, pa.array(map(unshielded, cells.filter(where).to_pylist()), cells.type))
