"""Writes one purchased list from a fixed seed: `python -m benchmarks.make_list LIST --rows 1000000 --bad 0.03`.

Ten columns, a share of bad rows, about one duplicate in a hundred. Beside LIST it writes LIST.json with what was
planted in it: rows, invalid, duplicate, bytes. Written in pieces: a list of any size takes some 200 MB of memory.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.people import BORN, CAR, EMAIL, FIRST_NAME, HEADER, MOBILE, SEX, SUPPLIER, SURNAME, Cells, people

PIECE: Final = 100_000
DUPLICATE_SHARE: Final = 0.01
#: Rows of each piece that later pieces may repeat: duplicates lie far apart as well as near.
REMEMBERED: Final = 500
_REQUIRED: Final = np.array([FIRST_NAME, SURNAME, EMAIL, CAR, SUPPLIER])
_IMPOSSIBLE: Final = ("31/02/1980", "29/02/1981", "31/04/1975", "00/07/1990", "12/13/1968", "32/01/1971")
_UNKNOWN_SEX: Final = ("unknown", "X", "N/A", "Mr", "femail")


class Pieces:
    """The rows of a list, piece by piece, and the tally of what was planted.

    `bad`: the share of rows with one fault each. Iterating gives arrays of text with the columns of HEADER.
    """

    def __init__(self, seed: int, rows: int, bad: float) -> None:
        self.rows, self.invalid, self.duplicate = rows, 0, 0
        self._bad = bad
        self._chance = np.random.default_rng(seed)
        self._remembered: list[Cells] = []

    def __iter__(self) -> Iterator[Cells]:
        for first in range(0, self.rows, PIECE):
            cells = people(self._chance, first, min(PIECE, self.rows - first))
            self._plant(cells)
            yield cells

    def _plant(self, cells: Cells) -> None:
        """Break some rows, and let others repeat a good row before them."""
        lot = self._chance.random(len(cells))
        broken = np.flatnonzero(lot < self._bad)
        copies = np.flatnonzero(lot > 1 - DUPLICATE_SHARE * (1 - self._bad))
        plain = np.flatnonzero((lot >= self._bad) & (lot <= 1 - DUPLICATE_SHARE * (1 - self._bad)))
        spoil(self._chance, cells, broken)
        before = np.searchsorted(plain, copies)
        copies, before = copies[before > 0], before[before > 0]
        near = cells[plain[(self._chance.random(len(copies)) * before).astype(np.int64)]]
        if self._remembered:
            far = np.concatenate(self._remembered)
            from_far = self._chance.random(len(copies)) < 0.5
            near[from_far] = far[self._chance.integers(len(far), size=int(from_far.sum()))]
        cells[copies] = near
        self._remembered.append(cells[plain[:REMEMBERED]].copy())
        self.invalid += len(broken)
        self.duplicate += len(copies)


def spoil(chance: np.random.Generator, cells: Cells, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    """Plant one fault in each of these rows; five kinds, equally frequent."""
    kinds = chance.integers(5, size=len(rows))
    emptied = rows[kinds == 0]
    cells[emptied, chance.choice(_REQUIRED, size=len(emptied))] = ""
    for row in rows[kinds == 1].tolist():
        cells[row, EMAIL] = _broken(cells[row, EMAIL], row % 4)
    for row in rows[kinds == 2].tolist():
        cells[row, MOBILE] = cells[row, MOBILE][: -1 - row % 4]
    cells[rows[kinds == 3], BORN] = chance.choice(_IMPOSSIBLE, size=int((kinds == 3).sum()))
    cells[rows[kinds == 4], SEX] = chance.choice(_UNKNOWN_SEX, size=int((kinds == 4).sum()))


def _broken(address: str, way: int) -> str:
    local, _, domain = address.partition("@")
    return (f"{local}.{domain}", f"{local}@@{domain}", f"{local} @{domain}", f"{local}@{domain.partition('.')[0]}")[
        way
    ]


def write_csv(path: Path, pieces: Pieces) -> None:
    """Write the list as UTF-8 CSV, cells quoted where they must be."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for cells in pieces:
            writer.writerows(cells.tolist())


def write_xlsx(path: Path, pieces: Pieces) -> None:
    """Write the list as a workbook the way Excel would: dates as dates, suppliers as numbers, shared strings."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    sheet, as_date = book.add_worksheet("Leads"), book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, HEADER)
    row = 0
    for cells in pieces:
        for line in cells.tolist():
            row += 1
            sheet.write_row(row, 0, line)
            if line[SUPPLIER]:
                sheet.write_number(row, SUPPLIER, int(line[SUPPLIER]))
            if line[BORN] not in _IMPOSSIBLE:
                born = datetime.strptime(line[BORN], "%d/%m/%Y").replace(tzinfo=UTC)
                sheet.write_datetime(row, BORN, born.replace(tzinfo=None), as_date)
    book.close()


def make_list(path: Path, rows: int, bad: float, seed: int = 20261123) -> dict[str, int]:
    """Write the list and, beside it, what was planted in it; return that. Neither appears half-written."""
    pieces = Pieces(seed, rows, bad)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"part-{path.name}")
    (write_xlsx if path.suffix == ".xlsx" else write_csv)(part, pieces)
    planted = {"rows": rows, "invalid": pieces.invalid, "duplicate": pieces.duplicate, "bytes": part.stat().st_size}
    part.replace(path)
    path.with_name(f"{path.name}.json").write_text(json.dumps(planted) + "\n", encoding="utf-8")
    return planted


def main() -> None:
    """Write the list that the command line describes, and print what was planted in it."""
    parser = argparse.ArgumentParser(description="Write one purchased list, CSV or xlsx, from a fixed seed.")
    parser.add_argument("list", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--bad", type=float, default=0.03, help="share of rows with one fault each")
    parser.add_argument("--seed", type=int, default=20261123)
    words = parser.parse_args()
    print(json.dumps(make_list(words.list, words.rows, words.bad, words.seed)))


if __name__ == "__main__":
    main()
