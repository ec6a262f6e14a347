"""Where in the file rows of each outcome sit, and which rows are the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.report.kinds import shortened
from pipeline.report.profile import BINS, SAID, WORST, Strip, WorstRow

if TYPE_CHECKING:
    from pipeline.plan import Broken, Plan


class StripOfRows:
    """Counts rows by outcome in bins over the row numbers; the bins double their width when all are in use."""

    def __init__(self) -> None:
        self._first = self._last = 0
        self._width = 1
        self._counts: dict[str, np.ndarray] = {}

    def add(self, rows: np.ndarray, names: Sequence[str], codes: np.ndarray) -> None:
        """Add rows, ascending and at least one; each row's outcome is the name that its code stands for."""
        if not self._counts:
            self._first = int(rows[0])
        self._last = int(rows[-1])
        while (self._last - self._first) // self._width >= BINS:
            self._width *= 2
            self._counts = {name: _in_pairs(bins) for name, bins in self._counts.items()}
        bins = (rows - self._first) // self._width
        counted = np.bincount(codes * BINS + bins, minlength=len(names) * BINS).reshape(len(names), BINS)
        for name, counts in zip(names, counted, strict=True):
            self._counts[name] = self._counts.get(name, 0) + counts

    def strip(self) -> Strip:
        """What was counted, without the bins behind the last row."""
        used = (self._last - self._first) // self._width + 1 if self._counts else 0
        counts = {name: tuple(bins[:used].tolist()) for name, bins in sorted(self._counts.items())}
        return Strip(self._first, self._width, counts)


def _in_pairs(bins: np.ndarray) -> np.ndarray:
    halved = bins.reshape(-1, 2).sum(axis=1)
    return np.concatenate([halved, np.zeros(BINS - len(halved), bins.dtype)])


class Worst:
    """Keeps the rows of most faults, with their cells."""

    def __init__(self) -> None:
        self._kept: list[WorstRow] = []

    def add(self, plan: Plan, unwell: np.ndarray, faults: Sequence[Broken], columns: Mapping[str, list[int]]) -> None:
        """Add those of the rows at the positions `unwell` that are worse than what is kept.

        `faults`: the rules that rows of the chunk break, warnings aside; `columns`: by field name where the columns
        that feed it are among the cells.
        """
        positions = [one.positions for one in faults]
        numbers = np.bincount(np.concatenate([unwell, *positions]), minlength=len(plan.outcomes)) - 1
        least = self._kept[-1].faults if len(self._kept) == WORST else -1
        worse = unwell[numbers[unwell] > least]
        if not len(worse):
            return
        chosen = np.sort(worse[np.argsort(-numbers[worse], kind="stable")[:WORST]])
        faulty: dict[int, set[int]] = {at: set() for at in chosen.tolist()}
        for one in faults:
            if one.checked:
                of_field, source = columns.get(one.checked.field.name, ()), one.checked.source
                where = of_field if one.checked.field.name else [list(plan.chunk.frame.columns).index(source)]
                for at in np.intersect1d(one.positions, chosen).tolist():
                    faulty[at].update(where)
        lines = plan.chunk.frame.iloc[chosen].itertuples(name=None)
        for at, (row, *cells) in zip(chosen.tolist(), lines, strict=True):
            outcome, errors, shown = plan.outcomes[at], shortened(plan.errors[at], SAID), tuple(map(shortened, cells))
            self._kept.append(WorstRow(int(row), outcome, int(numbers[at]), shown, tuple(sorted(faulty[at])), errors))
        self._kept = sorted(self._kept, key=lambda one: (-one.faults, one.row))[:WORST]

    def rows(self) -> tuple[WorstRow, ...]:
        """Those that were kept, the worst first."""
        return tuple(self._kept)
