"""The mapping's checks in the plan of a list: what they find becomes broken rules, like those of the campaign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from pipeline.checks import IN_ORDER, READ_RAW, Check, Rule
from pipeline.checks.at_work import look_for
from pipeline.columns import texts
from pipeline.mapping import Link, Links, cells, translate
from pipeline.model import Field, Severity
from pipeline.plan import Broken
from pipeline.validate import Checked

if TYPE_CHECKING:
    from pipeline.checks.found import Look
    from pipeline.columns import Texts
    from pipeline.load import Chunk

_RULES = frozenset(rule.value for rule in Rule)


@dataclass(frozen=True, slots=True)
class _Place:
    """A check, and where its cells come from; `link` is None for a column that feeds no field."""

    check: Check
    link: Link | None
    checked: Checked
    look: Look

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
        self._strict = strict
        self._places = []
        fed = {one.field.name: (link, one) for link, one in zip(links.links, checked, strict=True)}
        for check in links.checks:
            link, one = fed[check.field] if check.field else (None, _of_column(check))
            self._places.append(_Place(check, link, one, look_for(check, now)))

    def each(self, chunk: Chunk, canonical: dict[str, Texts], broken: Sequence[Broken]) -> list[Broken]:
        """What is found in single values; chunks may come in any order. `broken`: what is known of them already."""
        mine = (one for one in self._places if one.check.rule not in IN_ORDER)
        return [self._found(one, chunk, canonical, broken) for one in mine]

    def in_order(self, chunk: Chunk, canonical: dict[str, Texts], broken: Sequence[Broken]) -> list[Broken]:
        """What is found in the list as a whole; each chunk comes once, in the order of the list."""
        mine = (one for one in self._places if one.check.rule in IN_ORDER)
        return [self._found(one, chunk, canonical, broken) for one in mine]

    def _found(self, place: _Place, chunk: Chunk, canonical: dict[str, Texts], broken: Sequence[Broken]) -> Broken:
        open_rows = np.ones(len(chunk.frame), dtype=bool)
        for positions in place.settled(broken):
            open_rows[positions] = False
        rows = np.flatnonzero(open_rows)
        raw = place.cells(chunk)
        values = place.values(raw, canonical)
        found = place.look(values if len(rows) == len(values) else values.take(rows))
        at = rows[found.positions]
        severity = Severity.FAULT if self._strict else place.check.severity
        return Broken(place.checked, place.check.rule.value, at, raw.take(at), found.messages, severity)


def _of_column(check: Check) -> Checked:
    """A column that feeds no field, in the place of one: its header is its label, and it has no name."""
    return Checked(Field("", check.column), check.column, check.options)
