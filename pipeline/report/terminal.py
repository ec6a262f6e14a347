"""What a run came to, as a person reads it on a terminal."""

from __future__ import annotations

from typing import Final

from pipeline.damage import damage_lines
from pipeline.model import Outcome
from pipeline.report.summary import Summary

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
