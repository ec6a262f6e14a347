"""The damage report: what a list has suffered before it came here, found by the column while it is planned.

`Damage.look` is given every chunk of every mapped column and keeps counters only; `findings` then says what was
found, worst first. No row is judged here: that is for `pipeline.validate`. Users read docs/damage.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.damage import looking
from pipeline.damage.findings import Finding, Kind, damage_lines, refuse, sentence
from pipeline.damage.signs import DATES, OWN_LOOKS, PHONES, Sign, fits_only, look_of, other_order, signs_of
from pipeline.data_types import TEXT, data_type

if TYPE_CHECKING:
    from pipeline.columns import Texts

__all__ = ["Damage", "Finding", "Kind", "Watched", "damage_lines", "refuse", "sentence"]

#: So many values of a chunk show what a column looks like: a hint. What is counted is counted in all rows.
SAMPLE: Final = 64
#: A column of fewer values is not judged by its looks.
FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """A mapped column: its header(s) in the file, and what the campaign and the mapping say of it.

    `date_format` is the declared one, "" for none. `joined`: several columns make the field. `choices`: the field
    takes only the campaign's selections, so its data type says nothing about the values.
    """

    source: str
    label: str
    data_type: str = TEXT.name
    date_format: str = ""
    joined: bool = False
    choices: bool = False


@dataclass(slots=True)
class _Count:
    rows: int = 0
    first_row: int = 0

    def add(self, rows: np.ndarray) -> None:
        if len(rows):
            first = int(rows.min())
            self.first_row = min(self.first_row, first) if self.rows else first
            self.rows += len(rows)


@dataclass(slots=True)
class _Column:
    """What is known of a column, and the counters of what was seen in it."""

    watched: Watched
    rule: str
    signs: tuple[Sign, ...]
    other: str
    all: _Count = field(default_factory=_Count)
    filled: int = 0
    #: Whether any cell holds text in the file; the mapping's `values` may empty them all.
    held: bool = False
    kinds: dict[Kind, _Count] = field(default_factory=lambda: {kind: _Count() for kind in Kind})
    joints: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    sampled: int = 0
    looks: dict[str, _Count] = field(default_factory=dict)

    def strange_look(self) -> str:
        """What most of the values look like, where it is not what they should look like; otherwise ""."""
        own = OWN_LOOKS.get(self.rule, frozenset())
        name, count = max(self.looks.items(), key=lambda one: one[1].rows, default=("", _Count()))
        most = 2 * count.rows > self.sampled >= FEWEST
        return name if most and name not in own else ""


def _column(watched: Watched) -> _Column:
    rule = "" if watched.choices else (data_type(watched.data_type) or TEXT).rule
    other = other_order(watched.date_format) if rule in DATES else ""
    return _Column(watched, rule, signs_of(rule), other)


class Damage:
    """Looks at the columns of one list. Several threads may look at once, at chunks in any order."""

    def __init__(self, columns: Sequence[Watched]) -> None:
        self._columns = [_column(one) for one in columns]
        self._lock = Lock()

    def look(self, index: int, rows: np.ndarray, raw: Texts, canonical: Texts, invalid: np.ndarray) -> None:
        """Look at a chunk of the column at `index`: its cells as they stand in the file, and in canonical form.

        `rows` are the spreadsheet's row numbers, `invalid` is true where the type's check refuses the value. All
        four are aligned.
        """
        column = self._columns[index]
        filled = looking.filled(canonical)
        unread = np.flatnonzero(invalid & filled)
        held = bool(filled.any()) or looking.holds(raw)
        found = looking.signs(canonical, column.signs, unread, column.rule) + looking.encoding(raw)
        if column.rule in PHONES:
            found += looking.phones(raw, canonical)
        joints, orders = Counter[str](), Counter[str]()
        if column.rule in DATES and not column.watched.date_format:
            positions, joints = looking.ambiguous(canonical, unread)
            found.append((Kind.AMBIGUOUS_DATE, positions))
            orders = looking.evidence(raw, canonical, filled & ~invalid)
        elif column.other:
            found.append((Kind.OTHER_ORDER, _other_order(column, canonical, unread)))
        sampled, looks = _looks(column, canonical, filled, unread)
        with self._lock:
            column.all.add(rows)
            column.filled += int(np.count_nonzero(filled))
            column.held |= held
            for kind, positions in _by_kind(found).items():
                column.kinds[kind].add(rows[positions])
            column.joints.update(joints)
            column.orders.update(orders)
            column.sampled += sampled
            for look, positions in looks.items():
                column.looks.setdefault(look, _Count()).add(rows[positions])

    def findings(self) -> tuple[Finding, ...]:
        """What was found: by kind, in the order of `Kind` (what refuses the list comes first), then by column."""
        found = [one for column in self._columns for one in _findings(column)] + _swapped(self._columns)
        rank = {str(kind): at for at, kind in enumerate(Kind)}
        return tuple(sorted(found, key=lambda one: rank[one.kind]))

    def date_orders(self) -> tuple[str, ...]:
        """Sentences about dates that were read in the one order in which they exist, since nobody declared one."""
        return tuple(sentence for column in self._columns for sentence in _date_order(column))


def _date_order(column: _Column) -> Iterator[str]:
    seen = {one: column.orders[one] for one in ("day first", "month first") if column.orders[one]}
    if not seen or column.kinds[Kind.AMBIGUOUS_DATE].rows:
        return  # none is written so; or the finding tells of both
    read = " and ".join(f"{number:,} read {one}" for one, number in seen.items())
    yield (
        f"dates in column {column.watched.source!r} ({column.watched.label}): {read}, the one order in which they "
        "exist; the mapping declares none (date_format)"
    )


def _by_kind(found: looking.Found) -> dict[Kind, np.ndarray]:
    """The positions of each kind, each position once."""
    merged: dict[Kind, np.ndarray] = {}
    for kind, positions in found:
        merged[kind] = np.union1d(merged[kind], positions) if kind in merged else positions
    return merged


def _other_order(column: _Column, canonical: Texts, unread: np.ndarray) -> np.ndarray:
    name, declared = column.watched.data_type, column.watched.date_format
    texts, codes = looking.distinct(canonical.take(unread))
    fits = np.array([fits_only(text, name, declared, column.other) for text in texts], dtype=bool)
    positions: np.ndarray = unread[fits[codes]]
    return positions


def _looks(
    column: _Column, canonical: Texts, filled: np.ndarray, unread: np.ndarray
) -> tuple[int, dict[str, np.ndarray]]:
    """How many values were sampled, and the positions of those that look like something, by what they look like."""
    if column.rule not in OWN_LOOKS or not filled.any():
        return 0, {}
    number = int(np.count_nonzero(filled))
    if 2 * len(unread) <= number:
        return min(number, SAMPLE), {}
    at = np.flatnonzero(filled)
    sample = at[np.linspace(0, number - 1, min(number, SAMPLE), dtype=np.int64)]
    names = np.array([look_of(text) for text in canonical.take(sample).to_pylist()])
    return len(sample), {str(name): sample[names == name] for name in np.unique(names) if name}


def _findings(column: _Column) -> Iterator[Finding]:
    """What is to be said of one column by itself."""
    watched, all_rows = column.watched, column.all
    if all_rows.rows and not column.held:
        yield sentence(Kind.EMPTY, watched.source, watched.label, all_rows.rows, all_rows.first_row)
    for kind, count in column.kinds.items():
        if not count.rows:
            continue
        words: dict[str, str] = {}
        if kind is Kind.AMBIGUOUS_DATE:
            joint = column.joints.most_common(1)[0][0]
            words = {
                "day": f"{column.orders['day first']:,}",
                "month": f"{column.orders['month first']:,}",
                "cure": _declare(joint, watched.joined),
            }
        elif kind is Kind.OTHER_ORDER:
            words = {"declared": watched.date_format, "other": column.other}
        yield sentence(kind, watched.source, watched.label, count.rows, count.first_row, **words)


def _declare(joint: str, joined: bool) -> str:
    if joined:
        return 'in `join:` put year, month and day together in this order, with separator: "-"'
    return (
        f'say which in the mapping, for this column: date_format: "%d{joint}%m{joint}%Y" (day first) '
        f'or date_format: "%m{joint}%d{joint}%Y" (month first)'
    )


def _swapped(columns: Sequence[_Column]) -> list[Finding]:
    """Columns whose values look like another type's; two that look like each other's are named together."""
    strange = {at: look for at, column in enumerate(columns) if (look := column.strange_look())}
    found = []
    while strange:
        at, look = next(iter(strange.items()))
        del strange[at]
        column = columns[at]
        own = OWN_LOOKS[column.rule]
        partner = next(
            (two for two, its in strange.items() if its in own and look in OWN_LOOKS[columns[two].rule]), None
        )
        words = {"look": look, "filled": f"{column.filled:,}"}
        if partner is not None:
            words |= {"partner": columns[partner].watched.source, "its": strange.pop(partner)}
        count = column.looks[look]
        found.append(
            sentence(
                Kind.SWAPPED, column.watched.source, column.watched.label, column.filled, count.first_row, **words
            )
        )
    return found
