"""How often each value occurs in a list, counted while the list is read once.

A value is remembered by 64 bits of a hash, a count and the first row: 16 bytes for each distinct value, so 80 MB for
5,000,000 of them. Two of so many share a hash with a chance of one in a million, and are then counted as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pipeline.columns import Texts

#: The hashes are kept in so many parts, each in order: only the part that grows is copied.
PARTS: Final = 64
_SHIFT: Final = np.uint64(64 - 6)


class Beyond(NamedTuple):
    """How many values occur too often; in how many rows the commonest of them stands, and the first of these."""

    values: int
    rows: int
    first_row: int


class Counts:
    """Counts values in the order in which they come, and knows the row in which each was first."""

    def __init__(self) -> None:
        self._hashes = [np.zeros(0, np.uint64) for _ in range(PARTS)]
        self._counts = [np.zeros(0, np.uint32) for _ in range(PARTS)]
        self._first = [np.zeros(0, np.uint32) for _ in range(PARTS)]

    def add(self, values: Texts, rows: np.ndarray) -> np.ndarray:
        """For each of these values, in these rows, the how manieth of its kind it is since the beginning, from 1."""
        hashes = _hashes(values)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        distinct, first, counts = np.unique(ordered, return_index=True, return_counts=True)
        first_rows = rows[order[first]].astype(np.uint32)
        before = self._before_and_added(distinct, counts.astype(np.uint32), first_rows)
        within = np.arange(len(ordered)) - np.repeat(first, counts)
        numbers = np.empty(len(ordered), np.int64)
        numbers[order] = np.repeat(before, counts) + within + 1
        return numbers

    @property
    def nbytes(self) -> int:
        """The memory that the values seen so far take."""
        return sum(one.nbytes for part in (self._hashes, self._counts, self._first) for one in part)

    def beyond(self, limit: int) -> Beyond:
        """What is known of the values that occur more often than that."""
        counts, first = (np.concatenate(part) for part in (self._counts, self._first))
        most, number = int(counts.max(initial=0)), int(np.count_nonzero(counts > limit))
        return Beyond(number, most, int(first[counts == most].min())) if number else Beyond(0, 0, 0)

    def _before_and_added(self, distinct: np.ndarray, counts: np.ndarray, first_rows: np.ndarray) -> np.ndarray:
        """How often each hash (ascending) was there before; then they are counted."""
        before = np.zeros(len(distinct), np.int64)
        ends = np.searchsorted(distinct >> _SHIFT, np.arange(PARTS + 1))
        for part in np.flatnonzero(np.diff(ends)).tolist():
            mine = slice(ends[part], ends[part + 1])
            before[mine] = self._add_to(part, distinct[mine], counts[mine], first_rows[mine])
        return before

    def _add_to(self, part: int, distinct: np.ndarray, counts: np.ndarray, first_rows: np.ndarray) -> np.ndarray:
        hashes, known = self._hashes[part], self._counts[part]
        at = np.searchsorted(hashes, distinct)
        there = np.zeros(len(distinct), dtype=bool)
        inside = at < len(hashes)
        there[inside] = hashes[at[inside]] == distinct[inside]
        before = np.zeros(len(distinct), np.int64)
        before[there] = known[at[there]]
        known[at[there]] += counts[there]
        new = ~there
        if new.any():
            self._hashes[part] = np.insert(hashes, at[new], distinct[new])
            self._counts[part] = np.insert(known, at[new], counts[new])
            self._first[part] = np.insert(self._first[part], at[new], first_rows[new])
        return before


def _hashes(values: Texts) -> np.ndarray:
    hashes: np.ndarray = pd.util.hash_array(values.to_numpy(zero_copy_only=False), categorize=False)
    return hashes
