"""Kinds of faults: what is said of rows, how often, and a few examples; and how many rows break each rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pipeline.report.profile import EXAMPLES, FIRST_ROWS, KINDS, SHOWN, Example, Fault, RuleCount

if TYPE_CHECKING:
    from pipeline.columns import Texts
    from pipeline.report.profile import Weight

#: Kinds of faults of one field that are counted at a time; the rarest give way, so that a list of nothing but
#: faults stays in memory.
MOST_KINDS: Final = 2_000

_What: TypeAlias = "tuple[Weight, str, str]"


@dataclass(slots=True)
class _Kind:
    rows: int
    first_row: int
    examples: tuple[Example, ...] = ()


class Kinds:
    """How often each kind of fault of one field was found, and where first; each rule is counted to the row."""

    def __init__(self) -> None:
        self._found: dict[_What, _Kind] = {}
        self._rules: dict[tuple[Weight, str], RuleCount] = {}

    def add(self, severity: Weight, rule: str, messages: Texts, rows: np.ndarray, values: Texts) -> None:
        """Count faults of one rule: what is said of each, its row (ascending), the cell as it stands in the file."""
        known = self._rules.get((severity, rule), RuleCount(severity, rule, 0, ()))
        first_rows = (*known.first_rows, *rows[:FIRST_ROWS].tolist())[:FIRST_ROWS]
        self._rules[severity, rule] = RuleCount(severity, rule, known.rows + len(rows), first_rows)
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
            self._found = dict(_one_of_each_rule_first(self._found)[: MOST_KINDS // 2])

    def rules(self) -> tuple[RuleCount, ...]:
        """The rows that break each rule, all of them counted; most first."""
        return tuple(sorted(self._rules.values(), key=lambda one: (-one.rows, one.severity, one.rule)))

    def kept(self, limit: int = KINDS) -> tuple[Fault, ...]:
        """The commonest kinds, most rows first; of each rule there is one at least."""
        least = max(limit, len(self._rules))
        chosen = _one_of_each_rule_first(self._found)[:least]
        return tuple(_fault(*one) for one in sorted(chosen, key=_by_rows))

    def commonest(self, limit: int, severity: Weight) -> tuple[Fault, ...]:
        """The commonest kinds of that severity, most rows first."""
        found = [one for one in self._found.items() if one[0][0] is severity]
        return tuple(_fault(*one) for one in sorted(found, key=_by_rows)[:limit])


def _fault(what: _What, kind: _Kind) -> Fault:
    return Fault(*what, kind.rows, kind.first_row, kind.examples)


def _by_rows(found: tuple[_What, _Kind]) -> tuple[int, int]:
    return -found[1].rows, found[1].first_row


def _one_of_each_rule_first(found: dict[_What, _Kind]) -> list[tuple[_What, _Kind]]:
    """The kinds with most rows first, but before them all the commonest of each rule: none is crowded out."""
    ordered = sorted(found.items(), key=_by_rows)
    first = {what[:2]: what for what, _kind in reversed(ordered)}
    return sorted(ordered, key=lambda one: first[one[0][:2]] != one[0])


def shortened(text: str, most: int = SHOWN) -> str:
    """A text, cut where nobody would read on."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
