"""The mapping's checks in the plan of a list: what they find becomes broken rules, like those of the campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from pipeline.checks import IN_ORDER, READ_RAW, Check, Rule
from pipeline.checks.at_work import look_for
from pipeline.checks.counted import Counted
from pipeline.columns import texts
from pipeline.mapping import Link, Links, cells, translate
from pipeline.model import Field, Severity
from pipeline.plan import Broken
from pipeline.validate import Checked

if TYPE_CHECKING:
    from pipeline.checks.found import Found, Look
    from pipeline.columns import Texts
    from pipeline.load import Chunk

_RULES = frozenset(rule.value for rule in Rule)


@dataclass(frozen=True, slots=True)
class _Place:
    """A check, and where its cells come from; `link` is None for a column that feeds no field."""

    check: Check
    link: Link | None
    checked: Checked

    def cells(self, chunk: Chunk) -> Texts:
        """The cells as they stand in the file."""
        return cells(self.link, chunk.frame) if self.link else texts(chunk.frame[self.check.column])

    def values(self, raw: Texts, canonical: dict[str, Texts]) -> Texts:
        """What the check looks at."""
        if self.link and self.check.rule not in READ_RAW:
            return canonical[self.link.field.name]
        return pc.utf8_trim_whitespace(translate(self.link, raw) if self.link else raw)

    def settled(self, broken: Iterable[Broken]) -> list[np.ndarray]:
        """Rows of which all is said: damaged as a whole, or their field breaks the campaign's rules."""
        return [
            one.positions
            for one in broken
            if one.checked is None or (one.checked is self.checked and one.rule not in _RULES)
        ]


class Checking:
    """The checks of one list. `strict` makes faults of warnings; `now` is the present, by which ages are counted.

    `checked` are the fed fields, in the order of the links.
    """

    def __init__(self, links: Links, checked: Sequence[Checked], now: datetime, *, strict: bool = False) -> None:
        self._each: list[tuple[_Place, Look]] = []
        self._in_order: list[tuple[_Place, Counted]] = []
        fed = {one.field.name: (link, one) for link, one in zip(links.links, checked, strict=True)}
        for check in links.checks:
            link, one = fed[check.field] if check.field else (None, _of_column(check))
            place = _Place(replace(check, severity=Severity.FAULT) if strict else check, link, one)
            if check.rule in IN_ORDER:
                self._in_order.append((place, Counted(place.check)))
            else:
                self._each.append((place, look_for(place.check, now)))

    def each(self, chunk: Chunk, canonical: dict[str, Texts], broken: Sequence[Broken]) -> list[Broken]:
        """What is found in single values; chunks may come in any order. `broken`: what is known of them already."""
        return [_found(one, _by_value(look), chunk, canonical, broken) for one, look in self._each]

    def in_order(self, chunk: Chunk, canonical: dict[str, Texts], broken: Sequence[Broken]) -> list[Broken]:
        """What is found in the list as a whole; each chunk comes once, in the order of the list."""
        return [_found(one, counted.look, chunk, canonical, broken) for one, counted in self._in_order]

    def in_all(self) -> list[str]:
        """What the list as a whole came to, once all of it was looked at: sentences that hold no cell."""
        words = (counted.in_all(f"column {one.checked.source!r}") for one, counted in self._in_order)
        return [one for one in words if one]


def _by_value(look: Look) -> Callable[[Texts, np.ndarray], Found]:
    return lambda values, _rows: look(values)


def _found(
    place: _Place,
    look: Callable[[Texts, np.ndarray], Found],
    chunk: Chunk,
    canonical: dict[str, Texts],
    broken: Sequence[Broken],
) -> Broken:
    """What a check finds in a chunk; it is given the values that are open to it, and their rows' numbers."""
    open_rows = np.ones(len(chunk.frame), dtype=bool)
    for positions in place.settled(broken):
        open_rows[positions] = False
    at = np.flatnonzero(open_rows)
    raw = place.cells(chunk)
    values = place.values(raw, canonical)
    found = look(values if len(at) == len(values) else values.take(at), chunk.frame.index.to_numpy()[at])
    positions = at[found.positions]
    return Broken(
        place.checked, place.check.rule.value, positions, raw.take(positions), found.messages, place.check.severity
    )


def _of_column(check: Check) -> Checked:
    """A column that feeds no field, in the place of one: its header is its label, and it has no name."""
    return Checked(Field("", check.column), check.column, check.options)
