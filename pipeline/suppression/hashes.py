"""A set of millions of hashes in a few megabytes."""

from __future__ import annotations

from array import array

import numpy as np

#: So many bytes of each hash count, and are kept.
KEPT = 16


class Hashes:
    """Hashes of 16 bytes or more, of which the first 16 count: 16 bytes of memory for each, at no time more.

    Filled first, then looked into: `add`, `settle`, `among`. The two halves of the hashes are sorted apart from each
    other, since that needs no room: a hash is taken for one of the set when both of its halves are halves of one.
    With ten million hashes in the set and as many looked up, a wrong hit has a chance of one in 10**17.
    """

    def __init__(self) -> None:
        self._halves = (array("Q"), array("Q"))
        self._sorted: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._halves[0])

    def add(self, hashes: bytes, size: int = KEPT) -> None:
        """Add hashes that stand one behind the other, each of `size` bytes."""
        for half, values in zip(self._halves, _halves(hashes, size), strict=True):
            half.frombytes(values.tobytes())

    def settle(self) -> None:
        """Nothing more is added from here on."""
        self._sorted = [np.frombuffer(half, np.uint64) for half in self._halves]
        for one in self._sorted:
            one.sort()

    def among(self, hashes: bytes, size: int = KEPT) -> np.ndarray:
        """Which of these hashes, each of `size` bytes, are in the set: one truth value for each."""
        halves = _halves(hashes, size)
        found = np.zeros(len(halves[0]), dtype=bool)
        if len(self):
            left = np.flatnonzero(_in(self._sorted[0], halves[0]))
            found[left] = _in(self._sorted[1], halves[1][left])
        return found


def _halves(hashes: bytes, size: int) -> tuple[np.ndarray, np.ndarray]:
    words = np.frombuffer(hashes, np.uint64).reshape(-1, size // 8)
    return words[:, 0], words[:, 1]


def _in(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    # Looked up in their order, neighbours are found where the one before was: many times as quick.
    order = np.argsort(values)
    ordered = values[order]
    places = np.minimum(known.searchsorted(ordered), len(known) - 1)
    found = np.empty(len(values), dtype=bool)
    found[order] = known[places] == ordered
    return found
