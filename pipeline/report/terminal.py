"""What a run came to, as a person reads it on a terminal: the page's verdict in few lines. No personal data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.model import Outcome
from pipeline.report.showing import cut, file_name
from pipeline.report.summary import Summary
from pipeline.report.verdict import counted

#: Lines about a list that was only checked, whatever is wrong with it; a real run has room for a few more.
LINES: Final = 10
_MORE: Final = 2
#: Characters of a thing to fix: what stands in two lines of 80 behind its number.
LONGEST: Final = 150
#: How often and where first, as pipeline.report.verdict puts it.
_COUNTS: Final = re.compile(r" \([^()]{0,60}\brow [0-9,]+\)\Z")


def summary_lines(summary: Summary) -> list[str]:
    """The summary as a person reads it: of a dry run ten lines at most, of a real run what must be known."""
    before, after = [*_what_it_came_to(summary)], [*_where_and_next(summary)]
    room = LINES + (0 if summary.dry_run else _MORE) - len(before) - len(after)
    # A line break in a header or a file's name makes no line of its own.
    return [" ".join(line.split("\n")) for line in (*before, *_rest(summary, max(1, room)), *after)]


def _what_it_came_to(summary: Summary) -> Iterator[str]:
    kind = "Dry run: nothing was sent" if summary.dry_run else "Import"
    called = file_name(summary.file) if summary.file == "-" else summary.file
    rate = f", {summary.rate:.1f} leads/s" if summary.rate else ""
    yield f"{kind} · {called} → {summary.campaign} · run {summary.run_id} · {summary.seconds:.1f} s{rate}"
    but = f"But {summary.blocked}" if summary.outcomes.get(Outcome.VALID) else _begun(summary.blocked)
    yield summary.verdict + (f" {but}." if summary.blocked else "")
    yield counted(summary)
    if summary.queue:
        fates = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in summary.queue.items())
        yield f"After the queue: {fates}"
    if summary.stopped and summary.outcomes.get(Outcome.NOT_SENT):
        yield f"Stopped early: {summary.stopped}"
    if summary.to_fix:
        yield "To fix first:" if len(summary.to_fix) > 1 else "To fix:"
    for number, text in enumerate(summary.to_fix, start=1):
        yield f"  {number}. {_to_the_point(text)}"


def _to_the_point(text: str) -> str:
    """What is wrong in two lines of a narrow terminal: a long one (a list of choices) is cut, its counts are not.

    What is said of damage stays as it is: it ends with the cure.
    """
    if len(text) <= LONGEST or not (counts := _COUNTS.search(text)):
        return text
    return cut(text.removesuffix(counts[0]), LONGEST - len(counts[0])) + counts[0]


def _rest(summary: Summary, room: int) -> Iterator[str]:
    """Damage and notes that were not told yet, as far as there is room for them; then how many are left."""
    damage = [
        f"Damage: {one}" for one in map(_begun, (one.text for one in summary.damage)) if one not in summary.to_fix
    ]
    lines = [*damage, *(f"Note: {one}" for one in summary.notes if one != summary.blocked)]
    if len(lines) <= room:
        yield from lines
        return
    shown = room - 1
    yield from lines[:shown]
    kinds = ["signs of damage"] * (len(damage) > shown) + ["notes"] * (len(lines) > len(damage))
    where = Path(summary.report or "summary.json").name
    yield f"{len(lines) - shown}{' more' if shown else ''} {' and '.join(kinds)}: {where} has them"


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _where_and_next(summary: Summary) -> Iterator[str]:
    """The files of the run, the page first, and what a person does now."""
    every = (summary.report, summary.results, summary.issues, summary.fix_me, summary.vendor_note)
    first, *others = [one for one in every if one] or [""]
    beside = f" (beside it: {', '.join(Path(one).name for one in others)})" if others else ""
    lacking = f"; not written: {', '.join(summary.lacking)}" if summary.lacking else ""
    if first or lacking:
        yield f"{'Report: ' if summary.report else 'Results:'} {first}{beside}{lacking}"
    if summary.next_step:
        yield f"Next:    {summary.next_step}"
