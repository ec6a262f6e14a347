"""The plan of a list: every row either as the lead that would be posted, or with the outcome that keeps it here.

Map, normalise, validate, dedupe, chunk by chunk. A dry run and a real run execute this same code.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.data_types import data_type
from pipeline.dedupe import Dedupe
from pipeline.mapping import Links, cells, translate
from pipeline.model import Issue, Outcome, PlannedRow
from pipeline.normalise import normalise, wire
from pipeline.validate import Checked, build_schema, validate

if TYPE_CHECKING:
    from pipeline.load import Chunk

RECORD = "record"


class Planner:
    """Plans one list, and remembers the people it has seen. In a dry run a row fit to send is `valid`."""

    def __init__(self, links: Links, *, dry_run: bool) -> None:
        self._links = links.links
        self._checked = [Checked(link.field, link.source, link.options) for link in links.links]
        self._schema = build_schema(self._checked)
        self._dedupe = Dedupe(links.dedupe)
        self._labels = {link.field.name: link.field.label for link in links.links}
        self._ready = Outcome.VALID if dry_run else None

    def chunk(self, chunk: Chunk) -> tuple[list[PlannedRow], list[Issue]]:
        """The chunk's rows in order, each with its lead or its outcome, and all faults found in them."""
        sound = chunk.frame.drop(index=list(chunk.faults)) if chunk.faults else chunk.frame
        raw = {link.field.name: cells(link, sound) for link in self._links}
        translated = {link.field.name: translate(link, raw[link.field.name]) for link in self._links}
        canonical = self._frame(pd.DataFrame(translated, index=sound.index, dtype="str"), normalise)
        raw_frame = pd.DataFrame(raw, index=sound.index, dtype="str")
        issues = validate(self._schema, canonical, raw_frame, self._checked) if len(sound) else []
        issues += [Issue(row, "", "", "", RECORD, "", reason) for row, reason in chunk.faults.items()]
        reasons: dict[int, list[str]] = defaultdict(list)
        for issue in issues:
            reasons[issue.row].append(f"{issue.label} {issue.message}".strip())
        good = canonical.drop(index=[row for row in reasons if row not in chunk.faults])
        sent = self._frame(good, wire)
        people = dict(zip(good.index, _records(good), strict=True))
        leads = dict(zip(sent.index, _records(sent), strict=True))
        rows = zip(chunk.frame.index, chunk.frame.itertuples(index=False, name=None), strict=True)
        planned = [
            self._row(row, tuple(values), reasons.get(row), people.get(row, {}), leads.get(row, {}))
            for row, values in rows
        ]
        return planned, sorted(issues, key=lambda issue: issue.row)

    def _frame(self, fields: pd.DataFrame, function: _PerField) -> pd.DataFrame:
        """`function` of every field's column."""
        made = {link.field.name: function(fields[link.field.name], link.field, link.options) for link in self._links}
        return pd.DataFrame(made, index=fields.index, dtype="str")

    def _row(
        self,
        row: int,
        values: tuple[str, ...],
        reasons: list[str] | None,
        person: dict[str, str],
        lead: dict[str, str],
    ) -> PlannedRow:
        if reasons:
            return PlannedRow(row, values, {}, Outcome.INVALID, "; ".join(reasons))
        # An empty field is not sent: LeadByte's own defaults stay in force.
        filled = {name: text for name, text in lead.items() if text}
        if not filled:
            return PlannedRow(row, values, {}, Outcome.INVALID, "nothing to send: every mapped cell is empty")
        earlier = self._dedupe.first_row(row, person)
        if earlier is not None:
            first, key = earlier
            labels = " and ".join(self._labels[name] for name in key)
            return PlannedRow(row, values, {}, Outcome.DUPLICATE, f"same {labels} as row {first}")
        return PlannedRow(row, values, filled, self._ready)


def _records(frame: pd.DataFrame) -> list[dict[str, str]]:
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in frame.itertuples(index=False, name=None)]


def unknown_types(links: Links) -> tuple[str, ...]:
    """Sentences about data types that this program does not know: checked as Text, and said once."""
    return tuple(
        f"{link.field.label}: the data type {link.field.data_type!r} is not known here, so it is checked as Text"
        for link in links.links
        if not link.field.selections and data_type(link.field.data_type) is None
    )


if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.data_types import TypeOptions
    from pipeline.model import Field

    _PerField = Callable[[pd.Series[str], Field, TypeOptions], pd.Series[str]]
