"""What a purge or an erasure came to, in words for a terminal: runs, rows and LeadByte's ids, nobody's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pipeline.retention.outcomes import Erased, Purged

#: Lines of one kind that are shown; erasures.log and `--json` have all.
SHOWN: Final = 20


def purge_lines(purged: Purged) -> list[str]:
    """What was purged, what was kept and why, and what is to be looked at."""
    return list(_purge_lines(purged))


def _purge_lines(purged: Purged) -> Iterator[str]:
    if not purged.runs:
        yield f"No run that ended before {purged.before[:10]} has personal data to remove."
    else:
        number = _count(len(purged.runs), "run")
        yield f"{number} would lose their personal data:" if purged.dry_run else f"Purged {number}:"
        yield from _some(
            [f"  {one.run_id}, ended {one.ended[:10]}, {_count(one.rows, 'row')}" for one in purged.runs], "runs"
        )
    if purged.kept:
        yield "Kept, although they are old enough:"
        yield from _some([f"  {one.run_id}: {one.why}; {one.command}" for one in purged.kept], "runs")
        yield "  To give up what is open in one and purge it too: --abandon RUN"
    if purged.filed:
        yield f"{'To be removed' if purged.dry_run else 'Removed'}: {_count(len(purged.filed), 'filed list')}"
    yield from (f"Nothing to remove from {one}: there is no such folder." for one in purged.missing)
    others = [path for one in purged.runs for path in one.others]
    if others:
        yield "Not this program's, so left as they are; look whether they hold personal data:"
        yield from _some([f"  {path}" for path in others], "files")


def erasure_lines(erased: Erased) -> list[str]:
    """What was found and erased, what LeadByte still has, and what was left alone."""
    return list(_erasure_lines(erased))


def _erasure_lines(erased: Erased) -> Iterator[str]:
    rows = sum(map(len, erased.rows.values()))
    if rows:
        yield f"{'Found' if erased.dry_run else 'Erased'}: {_count(rows, 'row')} in {_count(len(erased.rows), 'run')}"
        yield from _some([f"  {run_id}: {_rows(some)}" for run_id, some in erased.rows.items()], "runs")
    else:
        yield "No row of any run has this person in clear."
    if erased.waiting:
        will = "would not be sent any more" if erased.dry_run else "will not be sent"
        yield f"{_count(erased.waiting, 'row')} waited to be sent and {will} (suppressed)."
    if not erased.dry_run:
        files = sum(map(len, erased.files.values()))
        yield f"{_count(files, 'file')} removed or written anew; the journal was written anew."
        kinds = {"email": "the e-mail address", "phone": "the phone number"}
        known = " and ".join(kinds[kind] for kind in erased.person)
        yield f"On the suppression list, as a keyed hash: {known}." if known else "Not on the suppression list."
    yield from _at_leadbyte(erased)
    if erased.elsewhere:
        yield "These hold the person too and were left alone; delete them, or take the person out:"
        yield from _some([f"  {path}" for path in erased.elsewhere], "files")
    if erased.unread:
        yield "These could not be searched:"
        yield from _some([f"  {path}" for path in erased.unread], "files")
    if not erased.dry_run:
        yield f"The record of it is line {erased.erasure} of erasures.log."


def _at_leadbyte(erased: Erased) -> Iterator[str]:
    if not erased.at_leadbyte:
        return
    yield "LeadByte was sent these, and this program cannot reach them there. Have them erased there as well:"
    lines = []
    for one in erased.at_leadbyte:
        ids = [f"queueId {queue_id}" for queue_id in one.queue_ids] + ([f"leadId {one.lead_id}"] * bool(one.lead_id))
        where = ", ".join(ids) or "it may have arrived: search for the person there"
        lines.append(f"  {one.campaign} at {one.account}: {one.outcome}, {where} (run {one.run_id}, row {one.row})")
    yield from _some(lines, "rows")


def _rows(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:10]))
    more = f", and {len(rows) - 10:,} more" if len(rows) > 10 else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}"


def _some(lines: Sequence[str], things: str) -> Iterable[str]:
    if len(lines) <= SHOWN:
        return lines
    return [*lines[:SHOWN], f"  and {len(lines) - SHOWN:,} more {things} (--json has all)"]


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
