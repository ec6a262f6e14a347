"""How often each fault was found while a list was planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

#: Distinct faults that a tally holds; the rarest give way, so that a list of nothing but faults stays in memory.
MOST_FAULTS: Final = 20_000


class Tally:
    """How often each fault was found while planning, and in which row first."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str, str], tuple[int, int]] = {}

    def add(self, column: str, label: str, rule: str, messages: pa.Array, rows: np.ndarray) -> None:
        """Count one rule's faults in a chunk: what is said of each, and its row (ascending)."""
        coded = messages.dictionary_encode()
        codes, first, counts = np.unique(np.asarray(coded.indices), return_index=True, return_counts=True)
        for code, at, count in zip(codes.tolist(), first.tolist(), counts.tolist(), strict=True):
            key = (column, label, rule, coded.dictionary[code].as_py())
            before, earliest = self._found.get(key, (0, int(rows[at])))
            self._found[key] = (before + count, earliest)
        if len(self._found) > MOST_FAULTS:
            self._found = dict(sorted(self._found.items(), key=lambda one: -one[1][0])[: MOST_FAULTS // 2])

    def commonest(self, limit: int = 10) -> list[tuple[str, str, str, str, int, int]]:
        """(column, label, rule, message, rows, first row), most rows first."""
        found = sorted(self._found.items(), key=lambda one: (-one[1][0], one[1][1]))
        return [(*key, *numbers) for key, numbers in found[:limit]]
