"""Kinds of faults: what is said of rows, how often, and a few examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.report.profile import EXAMPLES, KINDS, SHOWN, Example, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.columns import Texts
    from pipeline.model import Severity

#: Kinds of faults of one field that are counted at a time; the rarest give way, so that a list of nothing but
#: faults stays in memory.
MOST_KINDS: Final = 2_000


@dataclass(slots=True)
class _Kind:
    rows: int
    first_row: int
    examples: tuple[Example, ...] = ()


class Kinds:
    """How often each kind of fault of one field was found, and where first."""

    def __init__(self) -> None:
        self._found: dict[tuple[Severity, str, str], _Kind] = {}

    def add(self, severity: Severity, rule: str, messages: Texts, rows: np.ndarray, values: Texts) -> None:
        """Count faults of one rule: what is said of each, its row (ascending), the cell as it stands in the file."""
        coded = messages.dictionary_encode()
        places = np.asarray(coded.indices)
        codes, first, counts = np.unique(places, return_index=True, return_counts=True)
        said = coded.dictionary.to_pylist()
        for code, at, count in zip(codes.tolist(), first.tolist(), counts.tolist(), strict=True):
            kind = self._found.setdefault((severity, rule, said[code]), _Kind(0, int(rows[at])))
            kind.rows += count
            if lacking := EXAMPLES - len(kind.examples):
                some = np.flatnonzero(places == code)[:lacking] if count > 1 else [at]
                cells = values.take(some).to_pylist()
                kind.examples += tuple(map(Example, rows[some].tolist(), map(shortened, cells)))
        if len(self._found) > MOST_KINDS:
            self._found = dict(sorted(self._found.items(), key=_by_rows)[: MOST_KINDS // 2])

    def commonest(self, limit: int = KINDS, *severities: Severity) -> tuple[Fault, ...]:
        """The commonest kinds, most rows first; of these severities, or of any."""
        found: Iterable[tuple[tuple[Severity, str, str], _Kind]] = sorted(self._found.items(), key=_by_rows)
        faults = [
            Fault(*what, kind.rows, kind.first_row, kind.examples)
            for what, kind in found
            if not severities or what[0] in severities
        ]
        return tuple(faults[:limit])


def _by_rows(found: tuple[tuple[Severity, str, str], _Kind]) -> tuple[int, int]:
    return -found[1].rows, found[1].first_row


def shortened(text: str, most: int = SHOWN) -> str:
    """A text, cut where nobody would read on."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
