"""The plan of a list: every row either as the lead that would be posted, or with the outcome that keeps it here.

Map, normalise, validate, dedupe, chunk by chunk. A dry run and a real run execute this same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.checking import Checking
from pipeline.damage import Damage, Finding, Watched
from pipeline.data_types import data_type
from pipeline.dedupe import Dedupe
from pipeline.mapping import Link, Links, cells, translate
from pipeline.model import Outcome, Severity
from pipeline.plan import EMPTY, RECORD, Broken, Judged, Plan
from pipeline.validate import REQUIRED, Checked, Fault, Schema

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from pipeline.columns import Texts
    from pipeline.load import Chunk
    from pipeline.people import Before

NOTHING = "nothing to send: every mapped cell is empty"


class Planner:
    """Plans one list, and remembers the people it has seen. In a dry run a row fit to send is `valid`.

    `folder` is where what does not fit into memory may be kept for the time of planning; `before` knows who was
    sent by earlier runs, and `sent_rows` which rows of this very list, with why; `suppressed` says who of some rows,
    by their canonical columns, is on a suppression list, by their places; `now` is the present for the mapping's
    checks (None: the clock's), and `strict` makes faults of their warnings.
    """

    def __init__(
        self,
        links: Links,
        *,
        dry_run: bool,
        folder: Path | None = None,
        before: Before | None = None,
        sent_rows: Callable[[Sequence[int]], Mapping[int, str]] | None = None,
        suppressed: Callable[[Mapping[str, Texts]], Mapping[int, str]] | None = None,
        now: datetime | None = None,
        strict: bool = False,
    ) -> None:
        self._before = before
        self._sent_rows = sent_rows
        self._suppressed = suppressed
        self._links = links.links
        self._checked = [Checked(link.field, link.source, link.options) for link in links.links]
        self._schema = Schema(self._checked)
        self._checking = Checking(links, self._checked, now or datetime.now(UTC), strict=strict)
        self._dedupe = Dedupe(links.dedupe, folder)
        # What the mapping itself says (a constant) cannot be damaged.
        self._watched = [one for one, link in zip(self._checked, self._links, strict=True) if link.columns]
        self._damage = Damage([_watched(link) for link in self._links if link.columns])
        self._fields = {name for key in links.dedupe for name in key}
        self._same = ["same " + " and ".join(self._labels(key)) for key in links.dedupe]
        self._ready = Outcome.VALID.value if dry_run else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dedupe.close()

    def findings(self) -> tuple[Finding, ...]:
        """The damage found in the chunks planned so far (docs/damage.md)."""
        return self._damage.findings()

    def in_all(self) -> list[str]:
        """What checks of the list as a whole found in the chunks planned so far: sentences that hold no cell."""
        return self._checking.in_all()

    def date_orders(self) -> tuple[str, ...]:
        """Sentences about dates that were read in an order that the mapping does not declare."""
        return self._damage.date_orders()

    def _labels(self, names: Iterable[str]) -> list[str]:
        labels = {one.field.name: one.field.label for one in self._checked}
        return [labels[name] for name in names]

    def plans(self, chunks: Iterable[Chunk]) -> Iterator[Plan]:
        """The chunks' plans in order; the next one is judged ahead, in another thread."""
        for judged in ahead(self._judge, chunks):
            yield self._settle(self._counted(judged))

    def _judge(self, chunk: Chunk) -> Judged:
        """Map, normalise, validate. Knows nothing of other chunks."""
        raw = {link.field.name: cells(link, chunk.frame) for link in self._links}
        read = {
            one.field.name: one.reader.read(translate(link, raw[one.field.name]))
            for link, one in zip(self._links, self._checked, strict=True)
        }
        canonical = {name: values for name, (values, _sure) in read.items()}
        sure = {name: known for name, (_values, known) in read.items()}
        columns = {name: pd.array(column, dtype="str") for name, column in canonical.items()}
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(chunk.frame)))
        ragged = _ragged(chunk)
        if len(ragged.positions):
            frame = frame.drop(index=pd.Index(ragged.positions))
        faults = self._schema.faults(frame, sure) if len(frame) else []
        broken = [*(_explained(fault, raw[fault.checked.field.name]) for fault in faults), ragged]
        self._look(chunk, raw, canonical, faults, ragged)
        return Judged(chunk, [*broken, *self._checking.each(chunk, canonical, broken)], canonical)

    def _look(
        self,
        chunk: Chunk,
        raw: dict[str, Texts],
        canonical: dict[str, Texts],
        faults: list[Fault],
        ragged: Broken,
    ) -> None:
        """Look for damage in the rows that are whole; in a ragged row nobody knows which cell is which."""
        invalid = {one.field.name: np.zeros(len(chunk.frame), dtype=bool) for one in self._watched}
        for fault in faults:
            if fault.rule != REQUIRED and fault.checked.field.name in invalid:
                invalid[fault.checked.field.name][fault.positions] = True
        rows, whole = chunk.frame.index.to_numpy(), np.ones(len(chunk.frame), dtype=bool)
        whole[ragged.positions] = False
        for number, one in enumerate(self._watched):
            name = one.field.name
            columns = (raw[name], canonical[name])
            if not whole.all():
                columns = (columns[0].filter(pa.array(whole)), columns[1].filter(pa.array(whole)))
            self._damage.look(number, rows[whole], *columns, invalid[name][whole])

    def _counted(self, judged: Judged) -> Judged:
        """With what the checks find in the list as a whole: they count, so the chunks come in order."""
        found = self._checking.in_order(judged.chunk, judged.canonical, judged.broken)
        return replace(judged, broken=[*judged.broken, *found])

    def _settle(self, judged: Judged) -> Plan:
        """Gather the reasons of each row, and find out who was there before."""
        size = len(judged.chunk.frame)
        outcomes, errors = np.full(size, self._ready, dtype=object), np.full(size, "", dtype=object)
        for one in judged.broken:
            if one.severity is Severity.WARNING:
                continue
            label = f"{one.checked.field.label} " if one.checked else ""
            words = (label + one.messages.to_numpy(zero_copy_only=False)).astype(object)
            if one.checked and one.checked.source != one.checked.field.label:
                words = words + f" (column {one.checked.source!r})"  # people look for the header in their file
            before = errors[one.positions]
            errors[one.positions] = np.where(before == "", words, before + "; " + words)
        broken, empty = judged.broken, np.flatnonzero(self._all_empty(judged) & (errors == ""))
        if len(empty):
            errors[empty] = NOTHING
            broken = [*broken, _of_records(EMPTY, empty, [NOTHING] * len(empty))]
        outcomes[errors != ""] = Outcome.INVALID.value
        if self._suppressed:
            self._mark_suppressed(judged, self._suppressed, outcomes, errors)
        there, mended = self._mark_rows(judged, self._sent_rows, outcomes, errors) if self._sent_rows else ([], [])
        self._mark_duplicates(judged, outcomes, errors, there)
        sent, people = self._mark_sent(judged, self._before, outcomes, errors) if self._before else ([], {})
        return Plan(
            judged.chunk, outcomes, errors, broken, judged.canonical, sent, there, mended, self._checked, people
        )

    def _all_empty(self, judged: Judged) -> np.ndarray:
        empty = np.ones(len(judged.chunk.frame), dtype=bool)
        for column in judged.canonical.values():
            if not empty.any():
                break
            empty &= np.asarray(pc.equal(column, ""))
        return empty

    def _mark_suppressed(
        self,
        judged: Judged,
        suppressed: Callable[[Mapping[str, Texts]], Mapping[int, str]],
        outcomes: np.ndarray,
        errors: np.ndarray,
    ) -> None:
        """Before anything else is said of a fit row: whoever is on a list is told to be, sent before or not."""
        good = np.flatnonzero(errors == "")
        columns = {name: values.take(good) for name, values in judged.canonical.items()}
        for at, words in suppressed(columns).items():
            outcomes[good[at]] = Outcome.SUPPRESSED.value
            errors[good[at]] = words

    def _mark_rows(
        self,
        judged: Judged,
        sent_rows: Callable[[Sequence[int]], Mapping[int, str]],
        outcomes: np.ndarray,
        errors: np.ndarray,
    ) -> tuple[list[int], list[int]]:
        """Find out which rows went with another run of this list: where the fit ones are, and the invalid ones.

        An invalid one went mended: there is nothing left to mend here.
        """
        asked = np.flatnonzero(outcomes != Outcome.SUPPRESSED.value)
        rows = judged.chunk.frame.index.to_numpy()[asked].tolist()
        known, fit, mended = sent_rows(rows), list[int](), list[int]()
        for at, row in zip(asked.tolist(), rows, strict=True):
            if row in known:
                (mended if outcomes[at] == Outcome.INVALID else fit).append(at)
                outcomes[at] = Outcome.DUPLICATE.value
                errors[at] = known[row]
        return fit, mended

    def _mark_duplicates(self, judged: Judged, outcomes: np.ndarray, errors: np.ndarray, sent: Sequence[int]) -> None:
        """Find out who was there before in the list. Rows of it that are `sent` stay that, and count as there."""
        fit = errors == ""
        waits = fit.copy()
        fit[list(sent)] = True
        good = np.flatnonzero(fit)
        rows = judged.chunk.frame.index.to_numpy()[good]
        people = {name: judged.canonical[name].take(good) for name in self._fields}
        found = self._dedupe.chunk(rows, people)
        again = np.flatnonzero((found.first != 0) & waits[good])
        outcomes[good[again]] = Outcome.DUPLICATE.value
        for at in again:
            errors[good[at]] = f"{self._same[found.key[at]]} as row {found.first[at]}"

    def _mark_sent(
        self, judged: Judged, before: Before, outcomes: np.ndarray, errors: np.ndarray
    ) -> tuple[list[int], dict[int, bytes]]:
        """Find out who was sent by an earlier run: where they are, and the hashes of the fit rows' people there."""
        good = np.flatnonzero(errors == "")
        columns = {name: judged.canonical[name].take(good) for name in self._fields}
        people = before.people.digests(columns, len(good))
        known = before.known([one for row in people for one in row if one]) if before.known else {}
        sent = []
        for at, row in zip(good.tolist(), people, strict=True):
            for same, one in zip(self._same, row, strict=True):
                if one in known:
                    sent.append(at)
                    outcomes[at] = Outcome.DUPLICATE.value
                    errors[at] = known[one].words(same)
                    break
        return sent, {at: b"".join(row) for at, row in zip(good.tolist(), people, strict=True)}


def _watched(link: Link) -> Watched:
    return Watched(
        source=link.source,
        label=link.field.label,
        data_type=link.field.data_type,
        date_format=link.options.date_format,
        joined=len(link.columns) > 1,
        choices=bool(link.field.selections),
    )


def _ragged(chunk: Chunk) -> Broken:
    """The records that cannot be used as a whole."""
    rows = chunk.frame.index
    positions = np.flatnonzero(rows.isin(list(chunk.faults)))
    return _of_records(RECORD, positions, [chunk.faults[row] for row in rows[positions]])


def _of_records(rule: str, positions: np.ndarray, reasons: list[str]) -> Broken:
    """Faults of records as a whole: they have no field, and show no cell."""
    nothing = pa.array([""] * len(positions), pa.large_string())
    return Broken(None, rule, positions, nothing, pa.array(reasons, pa.large_string()))


def _explained(fault: Fault, cells: Texts) -> Broken:
    values = cells.take(fault.positions)
    if fault.rule == REQUIRED:
        messages = pa.array(["is required and empty"] * len(values), pa.large_string())
    else:
        messages = fault.checked.reader.explain(values)
    return Broken(fault.checked, fault.rule, fault.positions, values, messages)


_In = TypeVar("_In")
_Out = TypeVar("_Out")


def ahead(function: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[_Out]:
    """`map`, with one result under way in a thread while the caller is busy with the one before.

    More threads take longer: what is not Arrow's holds the interpreter (docs/performance.md).
    """
    with ThreadPoolExecutor(1, thread_name_prefix="planner") as pool:
        before = None
        for item in items:
            coming = pool.submit(function, item)
            if before is not None:
                yield before.result()
            before = coming
        if before is not None:
            yield before.result()


def unknown_types(links: Links) -> tuple[str, ...]:
    """Sentences about data types that this program does not know: checked as Text, and said once."""
    return tuple(
        f"{link.field.label}: the data type {link.field.data_type!r} is not known here, so it is checked as Text"
        for link in links.links
        if not link.field.selections and data_type(link.field.data_type) is None
    )
