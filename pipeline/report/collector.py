"""A list's profile (pipeline.report.profile), gathered while it is planned, chunk by chunk, in flat memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.columns import texts
from pipeline.model import Field, Outcome, Severity
from pipeline.plan import RECORD, kinds_of_faults
from pipeline.report.kinds import Kinds
from pipeline.report.places import StripOfRows, Worst
from pipeline.report.profile import Fault, FieldQuality, Profile, Settled

if TYPE_CHECKING:
    from pipeline.columns import Texts
    from pipeline.mapping import Links
    from pipeline.plan import Broken, Plan

#: A field by name and label; a column that is only checked has no name, and a row as a whole neither.
_Place: TypeAlias = tuple[str, str]
_RECORD: Final = ("", "")
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
        self._sent_mended = 0
        self._filled, self._valid, self._at_fault = Counter[_Place](), Counter[_Place](), Counter[_Place]()
        self._fed = {(link.field.name, link.field.label): link for link in links.links}
        self._checked = list(dict.fromkeys(one.column for one in links.checks if not one.field))
        self._faults = {place: Kinds() for place in (_RECORD, *self._fed, *(("", one) for one in self._checked))}
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
        self._sent_mended += len(plan.sent_mended)
        sent = len(plan.sent_before) + len(plan.sent_already) + len(plan.sent_mended)
        self._repeated += duplicates - sent
        mended = np.zeros(len(rows), dtype=bool)
        mended[list(plan.sent_mended)] = True
        for one in plan.broken:
            self._count(one, rows, mended)
        self._judge_fields(plan, mended)
        self._warned += len(_together(one for one in plan.broken if one.severity is Severity.WARNING))
        faults = [one for one in plan.broken if one.severity is Severity.FAULT and len(one.positions)]
        unwell = ~np.isin(names, _WELL)[codes]
        self._worst.add(plan, np.flatnonzero(unwell), faults, self._columns)

    def _count(self, one: Broken, rows: np.ndarray, mended: np.ndarray) -> None:
        """Count the rows that break a rule; faults of rows that went mended are the list's, but nothing to fix."""
        words = one.messages if one.checked else kinds_of_faults(one.messages)
        settled = mended[one.positions] & (one.severity is Severity.FAULT)
        for severity, these in ((one.severity, ~settled), (Settled.MENDED, settled)):
            if these.any():
                some = pa.array(these)
                self._faults[_place(one)].add(
                    severity, one.rule, words.filter(some), rows[one.positions[these]], one.values.filter(some)
                )

    def _judge_fields(self, plan: Plan, mended: np.ndarray) -> None:
        """Count each field's filled values, and how many of those break no rule, in the rows that are whole.

        Rows that went mended are not at fault any more.
        """
        size = len(plan.outcomes)
        ragged = _together(one for one in plan.broken if one.rule == RECORD)
        self._whole += size - len(ragged)
        faults: dict[_Place, np.ndarray] = {}
        for one in plan.broken:
            if one.checked and one.severity is Severity.FAULT and len(one.positions):
                faults.setdefault(_place(one), np.zeros(size, dtype=bool))[one.positions] = True
        for place, values in self._values(plan):
            filled = _filled(values)
            filled[ragged] = False
            self._filled[place] += (number := int(np.count_nonzero(filled)))
            if place in faults:
                self._at_fault[place] += int(np.count_nonzero(faults[place] & ~mended))
                number = int(np.count_nonzero(filled & ~faults[place]))
            self._valid[place] += number

    def _values(self, plan: Plan) -> Iterator[tuple[_Place, Texts]]:
        """What feeds each field, and the cells of the columns that are only checked."""
        for place in self._fed:
            yield place, plan.canonical[place[0]]
        for column in self._checked:
            yield ("", column), pc.utf8_trim_whitespace(texts(plan.chunk.frame[column]))

    def commonest(self, limit: int = 10) -> list[tuple[str, str, str, str, int, int]]:
        """The faults that kept most rows here, as (column, label, rule, message, rows, first row)."""
        found = [
            (*self._named(place, fault), fault.rows, fault.first_row)
            for place, kinds in self._faults.items()
            for fault in kinds.commonest(limit, Severity.FAULT)
        ]
        return sorted(found, key=lambda one: (-one[4], one[5]))[:limit]

    def _named(self, place: _Place, fault: Fault) -> tuple[str, str, str, str]:
        if place in self._fed:
            return self._fed[place].source, place[1], fault.rule, fault.message
        return "", "", fault.rule, f"column {place[1]!r} {fault.message}" if place[1] else fault.message

    def profile(self) -> Profile:
        """The profile of what was added."""
        return Profile(
            rows=self._rows,
            whole_rows=self._whole,
            headers=self._headers,
            ignored=self._links.ignored,
            fields=(
                *(self._field(place, link.field, link.source) for place, link in self._fed.items()),
                *(self._field(("", one), Field("", one, data_type=""), one) for one in self._checked),
            ),
            record_faults=self._faults[_RECORD].kept(),
            record_rules=self._faults[_RECORD].rules(),
            strip=self._strip.strip(),
            worst=self._worst.rows(),
            warned=self._warned,
            repeated=self._repeated,
            sent_before=self._sent_before,
            sent_already=self._sent_already,
            sent_mended=self._sent_mended,
        )

    def _field(self, place: _Place, field: Field, column: str) -> FieldQuality:
        kinds = self._faults[place]
        return FieldQuality(
            name=field.name,
            label=field.label,
            required=field.required,
            data_type=field.data_type,
            selections=tuple(one.label for one in field.selections),
            column=column,
            filled=self._filled[place],
            valid=self._valid[place],
            faults=kinds.kept(),
            rules=kinds.rules(),
            at_fault=self._at_fault[place],
        )


def _place(one: Broken) -> _Place:
    return (one.checked.field.name, one.checked.field.label) if one.checked else _RECORD


def _together(broken: Iterable[Broken]) -> np.ndarray:
    """The positions of rows that break any of these rules, each once."""
    positions = [one.positions for one in broken if len(one.positions)]
    return np.unique(np.concatenate(positions)) if positions else np.empty(0, np.int64)


def _filled(values: Texts) -> np.ndarray:
    """For each value whether there is any text, by the lengths that Arrow keeps."""
    offsets = np.frombuffer(values.buffers()[1], np.int64)[values.offset : values.offset + len(values) + 1]
    return offsets[1:] > offsets[:-1]
