"""Which rows of a list were offered to be mended, as row numbers: of a dry run those that it keeps, else its rows'.

The rows of a dry run are not in the journal (docs/adr/0007).
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

#: Of more rows of a dry run only the greatest number is kept.
MOST: Final = 20_000
#: How numbers are kept: each as its distance from the one before.
_STEPS: Final = np.dtype("<u4")


@dataclass(frozen=True, slots=True)
class Offered:
    """Row numbers, ascending; besides them, it may be all up to `up_to`: nobody knows any more which."""

    rows: np.ndarray
    up_to: int = 0

    def has(self, numbers: np.ndarray) -> np.ndarray:
        """For each number whether it was offered, or may have been."""
        found: np.ndarray = np.isin(numbers, self.rows) | (numbers <= self.up_to)
        return found

    def as_json(self) -> dict[str, Any]:
        """As a run keeps them."""
        steps = np.diff(self.rows, prepend=0).astype(_STEPS).tobytes()
        return {"up_to": self.up_to, "rows": base64.b64encode(zlib.compress(steps)).decode()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Offered:
        """What `as_json` gave."""
        steps = np.frombuffer(zlib.decompress(base64.b64decode(kept["rows"])), _STEPS)
        return cls(steps.astype(np.int64).cumsum(), kept["up_to"])


class Offering:
    """Gathers the numbers of the rows that a dry run offers, in flat memory."""

    def __init__(self) -> None:
        self._rows = np.empty(0, np.int64)
        self._up_to = 0

    def add(self, rows: np.ndarray) -> None:
        """Add the next numbers, ascending."""
        if not len(rows):
            return
        if self._up_to or len(self._rows) + len(rows) > MOST:
            self._rows, self._up_to = np.empty(0, np.int64), int(rows[-1])
        else:
            self._rows = np.concatenate([self._rows, rows])

    def offered(self) -> Offered:
        """What was added."""
        return Offered(self._rows, self._up_to)
