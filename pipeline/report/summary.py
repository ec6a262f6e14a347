"""What a run came to in numbers: `summary.json`, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.damage import Finding
from pipeline.files import whole_file
from pipeline.model import Outcome
from pipeline.results import meaning

#: Version of summary.json's form: raised when a program that reads it would have to change.
SUMMARY_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the commonest reasons why rows were not accepted: how many rows, the first of them, and what."""

    outcome: str
    rows: int
    first_row: int
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to. `seconds`: wall time of this launch; `rate`: leads per second while sending, or 0.

    `queue`: what became of the accepted leads (docs/afterwards.md), once LeadByte was asked.
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
    warnings: int = 0
    blocked: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form of summary.json."""
        return {"format": SUMMARY_FORMAT} | asdict(self)


def exit_code(outcomes: dict[Outcome, int], interrupted: bool = False) -> int:
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
    limit: int = 8,
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


def _named(label: str, column: str) -> str:
    return f"{label} (column {column!r})" if column and column != label else label


def write_summary(path: Path, summary: Summary) -> None:
    """Write summary.json, whole or not at all."""
    with whole_file(path) as file:
        file.write(f"{json.dumps(summary.as_json(), ensure_ascii=False, indent=2)}\n".encode())
