"""Report stage: what a run came to, as `summary.json` for programs and a few lines for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.files import whole_file
from pipeline.model import Outcome
from pipeline.results import meaning

#: Version of summary.json's form: raised when a program that reads it would have to change.
SUMMARY_FORMAT: Final = 1

#: The outcomes in the order a person asks for them, with words.
_WORDS: Final = {
    Outcome.VALID: "would be sent",
    Outcome.ACCEPTED: "taken by LeadByte",
    Outcome.REJECTED: "refused by LeadByte",
    Outcome.FAILED: "LeadByte had an error; not the rows' fault",
    Outcome.UNKNOWN: "may have arrived; not sent again without your word",
    Outcome.INVALID: "break the campaign's rules; not sent",
    Outcome.DUPLICATE: "same person earlier in the file; not sent",
    Outcome.SUPPRESSED: "on a suppression list; not sent",
    Outcome.NOT_SENT: "ready, but not sent yet",
}


_RECORD: Final = "the row has more or fewer cells than the header"


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
    """What a run came to. `seconds`: wall time of this launch; `rate`: leads per second while sending, or 0."""

    run_id: str
    dry_run: bool
    file: str
    campaign: str
    campaign_name: str
    rows: int
    blank_rows: int
    outcomes: dict[str, int]
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    stopped: str
    started_at: str
    finished_at: str
    seconds: float
    rate: float
    exit_code: int
    results: str
    next_step: str

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
    """The commonest reasons, most rows first, from the journal's counts of local faults and of LeadByte's answers."""
    found = [
        Reason(Outcome.INVALID, rows, first, None, f"{_named(label, column)} {message or _RECORD}".strip())
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
        json.dump(summary.as_json(), file, ensure_ascii=False, indent=2)
        file.write("\n")


def summary_lines(summary: Summary) -> list[str]:
    """The summary as a person reads it on a terminal. No personal data."""
    kind = "Dry run: nothing was sent" if summary.dry_run else "Import"
    lines = [f"{kind} · {summary.file} → {summary.campaign} · run {summary.run_id}", ""]
    lines += [f"  {summary.rows:>7,}  rows in the file"]
    for outcome, words in _WORDS.items():
        if number := summary.outcomes.get(outcome, 0):
            lines.append(f"  {number:>7,}  {outcome:<10} {words}")
    if summary.reasons:
        lines += ["", "Commonest reasons:"]
        for reason in summary.reasons:
            code = f" {reason.code}" if reason.code is not None else ""
            rows = "row" if reason.rows == 1 else "rows"
            first = f"row {reason.first_row}" if reason.rows == 1 else f"first in row {reason.first_row}"
            lines.append(f"  {reason.rows:>7,}  {rows} {reason.outcome}{code}: {reason.text} ({first})")
    lines.append("")
    lines += [f"Note: {note}" for note in summary.notes]
    if summary.stopped and summary.outcomes.get(Outcome.NOT_SENT):
        lines.append(f"Stopped early: {summary.stopped}")
    sent = f", {summary.rate:.1f} leads/s" if summary.rate else ""
    lines += [f"Time:    {summary.seconds:.1f} s{sent}", f"Results: {summary.results}"]
    if summary.next_step:
        lines.append(f"Next:    {summary.next_step}")
    return lines
