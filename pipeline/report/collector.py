"""A list's profile (pipeline.report.profile), gathered while it is planned, chunk by chunk, in flat memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.model import Outcome, Severity
from pipeline.plan import RECORD, kinds_of_faults
from pipeline.report.kinds import Kinds
from pipeline.report.places import StripOfRows, Worst
from pipeline.report.profile import FieldQuality, Profile

if TYPE_CHECKING:
    from pipeline.columns import Texts
    from pipeline.mapping import Link, Links
    from pipeline.plan import Broken, Plan

#: Rows that are sent, or need no mending: they are not among the worst.
_WELL: Final = ("", Outcome.VALID.value, Outcome.DUPLICATE.value, Outcome.SUPPRESSED.value)


class Collector:
    """Gathers the profile of one list out of its plan. Memory is the same for any length of list.

    `links`: what feeds the campaign's fields; `headers`: the list's own. Chunks come in the order of the rows.
    """

    def __init__(self, links: Links, headers: Sequence[str]) -> None:
        self._links = links
        self._headers = tuple(headers)
        self._columns = {
            link.field.name: [self._headers.index(column) for column in link.columns] for link in links.links
        }
        self._rows = self._whole = self._warned = self._repeated = self._sent_before = self._sent_already = 0
        self._filled, self._valid = Counter[str](), Counter[str]()
        self._faults = {name: Kinds() for name in ("", *self._columns)}
        self._strip, self._worst = StripOfRows(), Worst()

    def add(self, plan: Plan) -> None:
        """Add the next chunk."""
        if not len(plan.outcomes):
            return
        rows, names, codes = plan.numbers(), *plan.coded_outcomes()
        self._rows += len(rows)
        self._strip.add(rows, names, codes)
        duplicates = (
            int(np.count_nonzero(codes == names.index(Outcome.DUPLICATE))) if Outcome.DUPLICATE in names else 0
        )
        self._sent_before += len(plan.sent_before)
        self._sent_already += len(plan.sent_already)
        self._repeated += duplicates - len(plan.sent_before) - len(plan.sent_already)
        for one in plan.broken:
            self._count(one, rows)
        self._judge_fields(plan)
        self._warned += len(_together(one for one in plan.broken if one.severity is Severity.WARNING))
        faults = [one for one in plan.broken if one.severity is Severity.FAULT and len(one.positions)]
        unwell = ~np.isin(names, _WELL)[codes]
        self._worst.add(plan, np.flatnonzero(unwell), faults, self._columns)

    def _count(self, one: Broken, rows: np.ndarray) -> None:
        if not len(one.positions):
            return
        name = one.checked.field.name if one.checked else ""
        self._faults[name].add(one.severity, one.rule, _said(one), rows[one.positions], one.values)

    def _judge_fields(self, plan: Plan) -> None:
        """Count each field's filled values, and how many of those break no rule, in the rows that are whole."""
        size = len(plan.outcomes)
        ragged = _together(one for one in plan.broken if one.rule == RECORD)
        self._whole += size - len(ragged)
        faults: dict[str, list[np.ndarray]] = {}
        for one in plan.broken:
            if one.checked and one.severity is Severity.FAULT:
                faults.setdefault(one.checked.field.name, []).append(one.positions)
        for name, values in plan.canonical.items():
            filled = _filled(values)
            filled[ragged] = False
            self._filled[name] += (number := int(np.count_nonzero(filled)))
            if name in faults:
                filled[np.concatenate(faults[name])] = False
                number = int(np.count_nonzero(filled))
            self._valid[name] += number

    def commonest(self, limit: int = 10) -> list[tuple[str, str, str, str, int, int]]:
        """The faults that kept most rows here, as (column, label, rule, message, rows, first row)."""
        labels = {link.field.name: (link.source, link.field.label) for link in self._links.links}
        found = [
            (*labels.get(name, ("", "")), fault.rule, fault.message, fault.rows, fault.first_row)
            for name, kinds in self._faults.items()
            for fault in kinds.commonest(limit, Severity.FAULT)
        ]
        return sorted(found, key=lambda one: (-one[4], one[5]))[:limit]

    def profile(self) -> Profile:
        """The profile of what was added."""
        return Profile(
            rows=self._rows,
            whole_rows=self._whole,
            headers=self._headers,
            ignored=self._links.ignored,
            fields=tuple(map(self._field, self._links.links)),
            record_faults=self._faults[""].commonest(),
            strip=self._strip.strip(),
            worst=self._worst.rows(),
            warned=self._warned,
            repeated=self._repeated,
            sent_before=self._sent_before,
            sent_already=self._sent_already,
        )

    def _field(self, link: Link) -> FieldQuality:
        field = link.field
        return FieldQuality(
            name=field.name,
            label=field.label,
            required=field.required,
            data_type=field.data_type,
            selections=tuple(one.label for one in field.selections),
            column=link.source,
            filled=self._filled[field.name],
            valid=self._valid[field.name],
            faults=self._faults[field.name].commonest(),
        )


def _said(one: Broken) -> Texts:
    """What is said of each row; with the column's name where no field has it (pipeline.checking)."""
    if one.checked is None:
        return kinds_of_faults(one.messages)
    if one.checked.field.name:
        return one.messages
    column = pa.scalar(f"column {one.checked.source!r}", one.messages.type)
    return pc.binary_join_element_wise(column, one.messages, pa.scalar(" ", one.messages.type))


def _together(broken: Iterable[Broken]) -> np.ndarray:
    """The positions of rows that break any of these rules, each once."""
    positions = [one.positions for one in broken if len(one.positions)]
    return np.unique(np.concatenate(positions)) if positions else np.empty(0, np.int64)


def _filled(values: Texts) -> np.ndarray:
    """For each value whether there is any text, by the lengths that Arrow keeps."""
    offsets = np.frombuffer(values.buffers()[1], np.int64)[values.offset : values.offset + len(values) + 1]
    return offsets[1:] > offsets[:-1]
