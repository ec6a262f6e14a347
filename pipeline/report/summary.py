"""What a run came to in numbers: `summary.json`, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.damage import Finding
from pipeline.files import whole_file
from pipeline.model import Outcome
from pipeline.report.profile import Profile, Settled
from pipeline.results import meaning

#: Version of summary.json's form: raised when a program that reads it would have to change.
SUMMARY_FORMAT: Final = 2
#: Kinds of faults that are listed, the commonest ones.
FAULTS: Final = 50


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the commonest reasons why rows were not accepted: how many rows, the first of them, and what."""

    outcome: str
    rows: int
    first_row: int
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class FaultCount:
    """One kind of fault of one field, and how many rows have it; no cell of the list.

    `field` is "" for a row as a whole, and for a column that is only checked: then `column` is its header.
    """

    field: str
    label: str
    column: str
    severity: str
    rule: str
    message: str
    rows: int
    first_row: int


@dataclass(frozen=True, slots=True)
class FieldCount:
    """One field that is fed or only checked: how many of the rows that are whole fill it, and how many of those
    break none of its rules.
    """

    name: str
    label: str
    column: str
    filled: int
    valid: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to (pipeline/report/summary.schema.json has the meaning of each property).

    `seconds`: wall time of this launch; `rate`: leads per second while sending, or 0. `queue`: what became of the
    accepted leads (docs/afterwards.md), once LeadByte was asked. `verdict` and `to_fix` are the sentences of
    pipeline.report.verdict. `warnings` counts rows with a warning. `blocked` says why `run` would send nothing of a
    list that was only checked. `results`, `report`, `issues`, `fix_me` and `vendor_note` are the files of the run, ""
    for those it has not; `lacking` names those that could not be written, and why.
    """

    run_id: str
    dry_run: bool
    file: str
    campaign: str
    campaign_name: str
    rows: int
    blank_rows: int
    outcomes: dict[str, int]
    queue: dict[str, int]
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    damage: tuple[Finding, ...]
    stopped: str
    started_at: str
    finished_at: str
    seconds: float
    rate: float
    exit_code: int
    results: str
    next_step: str
    verdict: str = ""
    to_fix: tuple[str, ...] = ()
    vendor: str = ""
    warnings: int = 0
    blocked: str = ""
    faults: tuple[FaultCount, ...] = ()
    fields: tuple[FieldCount, ...] = ()
    report: str = ""
    issues: str = ""
    fix_me: str = ""
    vendor_note: str = ""
    lacking: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form of summary.json."""
        return {"format": SUMMARY_FORMAT} | asdict(self)


def exit_code(outcomes: Mapping[Outcome, int], interrupted: bool = False) -> int:
    """The exit code of a finished run, by the table in docs/results.md."""
    if interrupted:
        return 130
    if outcomes[Outcome.UNKNOWN]:
        return 4
    if outcomes[Outcome.NOT_SENT]:
        return 3
    return 1 if any(outcomes[one] for one in (Outcome.INVALID, Outcome.REJECTED, Outcome.FAILED)) else 0


def reasons_from(
    issues: Sequence[tuple[str, str, str, str, int, int]],
    answers: Sequence[tuple[str, int | None, int, int]],
    limit: int = 20,
) -> tuple[Reason, ...]:
    """The commonest reasons, most rows first, from the counts of local faults and of LeadByte's answers."""
    found = [
        Reason(Outcome.INVALID, rows, first, None, f"{_named(label, column)} {message}".strip())
        for column, label, _rule, message, rows, first in issues
    ]
    found += [
        Reason(outcome, rows, first, code, meaning(code) or "no trustworthy answer")
        for outcome, code, rows, first in answers
    ]
    return tuple(sorted(found, key=lambda reason: (-reason.rows, reason.first_row))[:limit])


def fault_counts(profile: Profile, limit: int = FAULTS) -> tuple[FaultCount, ...]:
    """The commonest kinds of faults and warnings of a list, most rows first."""
    places = [(one.name, one.label, one.column, one.faults) for one in profile.fields]
    found = [
        FaultCount(name, label, column, one.severity, one.rule, one.message, one.rows, one.first_row)
        for name, label, column, faults in (*places, ("", "", "", profile.record_faults))
        for one in faults
        if one.severity is not Settled.MENDED
    ]
    return tuple(sorted(found, key=lambda one: (-one.rows, one.first_row))[:limit])


def field_counts(profile: Profile) -> tuple[FieldCount, ...]:
    """The fields that the mapping feeds, in its order."""
    return tuple(FieldCount(one.name, one.label, one.column, one.filled, one.valid) for one in profile.fields)


def _named(label: str, column: str) -> str:
    return f"{label} (column {column!r})" if column and column != label else label


def write_summary(path: Path, summary: Summary) -> None:
    """Write summary.json, whole or not at all."""
    with whole_file(path) as file:
        file.write(f"{json.dumps(summary.as_json(), ensure_ascii=False, indent=2)}\n".encode())
