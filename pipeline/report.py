"""Report stage: what a run came to, as `summary.json` for programs and a few lines for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.damage import Finding, damage_lines
from pipeline.files import whole_file
from pipeline.model import Outcome
from pipeline.results import meaning

if TYPE_CHECKING:
    import pyarrow as pa

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
    Outcome.DUPLICATE: "same person earlier in the file or sent by another run; not sent",
    Outcome.SUPPRESSED: "on a suppression list; not sent",
    Outcome.NOT_SENT: "ready, but not sent yet",
}


#: Distinct faults that a tally holds; the rarest give way, so that a list of nothing but faults stays in memory.
MOST_FAULTS: Final = 20_000


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


class Tally:
    """How often each fault was found while planning, and in which row first."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str, str], tuple[int, int]] = {}

    def add(self, column: str, label: str, rule: str, messages: pa.Array, rows: np.ndarray) -> None:
        """Count one rule's faults in a chunk: what is said of each, and its row (ascending)."""
        coded = messages.dictionary_encode()
        codes, first, counts = np.unique(np.asarray(coded.indices), return_index=True, return_counts=True)
        for code, at, count in zip(codes.tolist(), first.tolist(), counts.tolist(), strict=True):
            key = (column, label, rule, coded.dictionary[code].as_py())
            before, earliest = self._found.get(key, (0, int(rows[at])))
            self._found[key] = (before + count, earliest)
        if len(self._found) > MOST_FAULTS:
            self._found = dict(sorted(self._found.items(), key=lambda one: -one[1][0])[: MOST_FAULTS // 2])

    def commonest(self, limit: int = 10) -> list[tuple[str, str, str, str, int, int]]:
        """(column, label, rule, message, rows, first row), most rows first."""
        found = sorted(self._found.items(), key=lambda one: (-one[1][0], one[1][1]))
        return [(*key, *numbers) for key, numbers in found[:limit]]


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


def summary_lines(summary: Summary) -> list[str]:
    """The summary as a person reads it on a terminal. No personal data."""
    kind = "Dry run: nothing was sent" if summary.dry_run else "Import"
    lines = [f"{kind} · {summary.file} → {summary.campaign} · run {summary.run_id}", ""]
    lines += [f"  {summary.rows:>7,}  rows in the file"]
    for outcome, words in _WORDS.items():
        if number := summary.outcomes.get(outcome, 0):
            lines.append(f"  {number:>7,}  {outcome:<10} {words}")
    if summary.queue:
        fates = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in summary.queue.items())
        lines += ["", f"After the queue: {fates}"]
    if summary.reasons:
        lines += ["", "Commonest reasons:"]
        for reason in summary.reasons:
            code = f" {reason.code}" if reason.code is not None else ""
            rows = "row" if reason.rows == 1 else "rows"
            first = f"row {reason.first_row}" if reason.rows == 1 else f"first in row {reason.first_row}"
            lines.append(f"  {reason.rows:>7,}  {rows} {reason.outcome}{code}: {reason.text} ({first})")
    if summary.damage:
        lines += ["", *damage_lines(summary.damage)]
    lines.append("")
    lines += [f"Note: {note}" for note in summary.notes]
    if summary.stopped and summary.outcomes.get(Outcome.NOT_SENT):
        lines.append(f"Stopped early: {summary.stopped}")
    sent = f", {summary.rate:.1f} leads/s" if summary.rate else ""
    lines += [f"Time:    {summary.seconds:.1f} s{sent}", f"Results: {summary.results}"]
    if summary.next_step:
        lines.append(f"Next:    {summary.next_step}")
    return lines
