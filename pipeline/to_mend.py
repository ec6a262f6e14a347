"""The rows of a run that a person can mend, as fix-me.xlsx: those of a dry run as it is planned, else the journal's.

No rows of a dry run are kept in the journal (docs/adr/0007), so its workbook is written with its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from pipeline.advice import command, mend_command
from pipeline.checks import IN_ORDER
from pipeline.columns import Texts
from pipeline.errors import MappingError
from pipeline.fix_me import (
    CODES,
    Column,
    FixMe,
    RowToMend,
    ToMend,
    Written,
    blamed,
    columns_of,
    remove_fix_me,
    said_by_leadbyte,
)
from pipeline.fix_me.guide import Facts
from pipeline.journal import Journal, Run
from pipeline.journal.lineage import Open, list_of
from pipeline.load.origin import STDIN
from pipeline.mapping import Links, parse_mapping, resolve
from pipeline.mending import shows_again
from pipeline.model import Outcome, Severity, campaign_from
from pipeline.plan import RECORD, Plan

#: Nobody mends more rows by hand, and to write them would take many times the time of a dry run.
AUTO: Final = 20_000

#: Which of the rows with these numbers another run has sent: the words for each of those.
SentRows = Callable[[Sequence[int]], Mapping[int, str]]


def links_of(run: Run, headers: Sequence[str]) -> Links:
    """How a list with these headers is mapped in a run: by the mapping and the campaign as they were."""
    about = run.about
    mapping = parse_mapping(about["mapping_text"], about["mapping"])
    return resolve(mapping, headers, campaign_from(about["campaign"]), about["phone_format"])


def folder_of(run: Run) -> Path:
    """The folder of the run's files."""
    return Path(run.about["output"]) / run.run_id


def sent_rows(journal: Journal, run: Run) -> SentRows | None:
    """Which rows of the run's list other runs have sent, as it is or mended; None where none has, or nobody asks."""
    if run.about["allow_resubmit"]:
        return None
    runs = journal.lineage.others(run.run_id, run.about)
    return (lambda rows: journal.lineage.sent(runs, rows)) if runs else None


# ---------------------------------------------------------------------- a dry run


class Gathering:
    """The invalid rows of a dry run, chunk by chunk; a context manager, at whose end the workbook is there.

    Memory is flat: where there are more than `AUTO` they are forgotten, or (--fix-me always) they were in the
    workbook before the next chunk came. `sent`: rows that another run has sent need no mending any more.
    """

    def __init__(self, run: Run, links: Links, sent: SentRows | None = None) -> None:
        about = run.about
        self._wanted = about["fix_me"] if about["dry_run"] else "never"
        self._sent = sent
        self._places = _Places(links, about["headers"])
        self._held: list[_Piece] = []
        self._count = 0
        self._open = ExitStack()
        self._fix_me = FixMe(folder_of(run), _list_of(run, links))
        if self._wanted == "always":
            self._open.enter_context(self._fix_me)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._wanted == "auto" and self._count <= AUTO:
            self._open.enter_context(self._fix_me)
            for piece in self._held:
                self._fix_me.add(piece.rows())
        self._open.__exit__(kind, error, trace)

    def add(self, plan: Plan) -> None:
        """Add the invalid rows of the next chunk."""
        if self._wanted == "never":
            return
        at = np.flatnonzero(plan.outcomes == Outcome.INVALID.value)
        if self._sent and len(at):
            sent = self._sent(plan.numbers()[at].tolist())
            at = at[[row not in sent for row in plan.numbers()[at].tolist()]]
        self._count += len(at)
        if self._wanted == "always":
            self._fix_me.add(_piece(plan, at, self._places).rows())
        elif self._count <= AUTO:
            self._held.append(_piece(plan, at, self._places))
        else:
            self._held.clear()

    def written(self) -> Written:
        """What was written, once this is left."""
        if self._wanted == "auto" and self._count > AUTO:
            return _too_many(self._count)
        return self._fix_me.written


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some rows of a chunk by the column, and by a row's position in its chunk what is wrong in which cell."""

    positions: np.ndarray
    numbers: np.ndarray
    errors: np.ndarray
    cells: list[Texts]
    faulty: dict[int, dict[int, str]]
    hidden: set[int]

    def rows(self) -> Iterator[RowToMend]:
        """The rows one by one."""
        cells = zip(*(column.to_pylist() for column in self.cells), strict=True)
        lines = zip(self.positions.tolist(), self.numbers.tolist(), self.errors.tolist(), cells, strict=True)
        for at, number, errors, own in lines:
            yield RowToMend(number, errors, own, self.faulty.get(at, {}), at not in self.hidden)


def _piece(plan: Plan, at: np.ndarray, places: _Places) -> _Piece:
    faulty, hidden = dict[int, dict[int, str]](), set[int]()
    for one in plan.broken:
        if one.severity is Severity.FAULT:
            name, label = (one.checked.field.name, one.checked.field.label) if one.checked else ("", "")
            cells = places.of(name, one.checked.source if one.checked else "")
            for position, message in zip(one.positions.tolist(), one.messages.to_pylist(), strict=True):
                _blame(faulty.setdefault(position, {}), cells, f"{label} {message}")
                if _is_hidden(one.rule, message):
                    hidden.add(position)
    own = [column.take(at) for column in plan.cells()]
    return _Piece(at, plan.numbers()[at], plan.errors[at], own, faulty, hidden)


# ---------------------------------------------------------------------- a run that was sent


def write_fix_me(journal: Journal, run: Run) -> Written:
    """Write the workbook of a run's rows to mend anew from the journal; that of a dry run is as it was written.

    Raises ConfigError where it cannot be written.
    """
    about = run.about
    if about["dry_run"]:
        known = about.get("to_mend", {})
        return Written(**(known | {"words": tuple(known.get("words", ()))}))
    wanted, rows = about.get("fix_me", "auto"), journal.lineage.count_open(run.run_id, CODES)
    if about.get("purged_at") or wanted == "never" or not rows or (wanted == "auto" and rows > AUTO):
        remove_fix_me(folder_of(run))
        return _too_many(rows) if wanted == "auto" and rows > AUTO else Written()
    try:
        links = links_of(run, about["headers"])
    except MappingError:  # an older version took it
        links = Links((), (), ())
    to_mend, places = _list_of(run, links), _Places(links, about["headers"])
    with FixMe(folder_of(run), to_mend) as fix_me:
        opened = _unsent(journal.lineage.open_rows(run.run_id, CODES), sent_rows(journal, run))
        fix_me.add(_row(one, to_mend, places) for one in opened)
    return fix_me.written


def _unsent(rows: Iterable[Open], sent: SentRows | None) -> Iterator[Open]:
    """The rows that no other run has sent."""
    coming = iter(rows)
    while some := list(islice(coming, 1_000)):
        known = sent([one.row for one in some]) if sent else {}
        yield from (one for one in some if one.row not in known)


def _row(one: Open, to_mend: ToMend, places: _Places) -> RowToMend:
    faulty: dict[int, str] = {}
    if one.rejected:
        words = said_by_leadbyte(*one.rejected)
        _blame(faulty, blamed(*one.rejected, to_mend.columns), words)
        return RowToMend(one.row, words, one.cells, faulty, refused=True)
    for fault in one.faults:
        _blame(faulty, places.of(fault.field, fault.column), f"{fault.label} {fault.message}")
    whole = not any(_is_hidden(fault.rule, fault.message) for fault in one.faults)
    return RowToMend(one.row, one.errors, one.cells, faulty, whole)


# ---------------------------------------------------------------------- both


def _blame(faulty: dict[int, str], places: Iterable[int], words: str) -> None:
    for at in places:
        faulty[at] = f"{faulty[at]}\n{words}" if at in faulty else words


class _Places:
    """Which cells of a row are meant: those that feed a field, or that of a column which feeds none."""

    def __init__(self, links: Links, headers: Sequence[str]) -> None:
        self._fields = {link.field.name: [headers.index(one) for one in link.columns] for link in links.links}
        self._columns = {header: [at] for at, header in enumerate(headers)}

    def of(self, field: str, column: str) -> Sequence[int]:
        """The places of the cells; none for what is wrong with a row as a whole."""
        return self._fields.get(field, ()) if field else self._columns.get(column, ())


def _is_hidden(rule: str, message: str) -> bool:
    """Whether a fault would not be found again among the rows to mend, and the row be sent from there as it stands.

    What many rows share is counted in the whole list.
    """
    return rule in IN_ORDER or (rule == RECORD and not shows_again(message))


def columns_fed(run: Run) -> tuple[Column, ...]:
    """The columns of a run's list, and what they feed; nothing where the mapping no longer fits."""
    try:
        return _columns(run, links_of(run, run.about["headers"]))
    except MappingError:  # an older version took it
        return ()


def _columns(run: Run, links: Links) -> tuple[Column, ...]:
    return columns_of(run.about["headers"], ((link.field, link.columns) for link in links.links))


def _list_of(run: Run, links: Links) -> ToMend:
    about = run.about
    facts = Facts(
        "standard input" if about["file"] == STDIN else str(about["file"]),
        str(about["campaign"]["reference"]),
        mend_command("check", run.run_id, about),
        mend_command("run", run.run_id, about),
        _good_rows(run),
    )
    return ToMend(list_of(about), _columns(run, links), facts)


def _good_rows(run: Run) -> str:
    """What becomes of the good rows: whoever mends the others may believe that with these all of them go."""
    if run.about["dry_run"]:
        return (
            "Its good rows are not here: they are sent with the list itself, before these or after. Where too many "
            "of its rows are invalid for that, import it with --max-invalid 100%."
        )
    go_on = command(run.about, "resume", run.run_id, "--max-invalid", "100%")
    return f"Its good rows are not here. If they wait because too many rows were invalid, this sends them: {go_on}"


def _too_many(rows: int) -> Written:
    return Written(
        words=(f"no fix-me.xlsx: {rows:,} rows are to be mended, more than {AUTO:,}; --fix-me always writes it",)
    )
