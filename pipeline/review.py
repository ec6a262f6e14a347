"""A run in review: all that its report shows, put together from the journal alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.fix_me import CODES, Column, blamed
from pipeline.journal import Journal, Run
from pipeline.journal.delivery import Placed
from pipeline.journal.quality import Earlier
from pipeline.masking import mask
from pipeline.model import JournalRow, Outcome
from pipeline.reconcile import Fate
from pipeline.report import Summary
from pipeline.report.contents import Delivery, EarlierList, Moment, Report, Response
from pipeline.report.kinds import shortened
from pipeline.report.profile import SAID, WORST, Profile, Strip, WorstRow
from pipeline.results import meaning

#: Slices of time in which the sending is shown, at most; none is shorter than a second.
MOMENTS: Final = 60
#: Longer than so many seconds, and than so many times the usual, nothing was sent: a pause.
PAUSE: Final = 10.0
PAUSES: Final = 20
#: A cell shorter than this, found in a sentence, may be a word of the sentence.
TELLING: Final = 4
#: What is personal in LeadByte's words, wherever it comes from: an address, a number of six digits or more.
_PERSONAL: Final = r"[^\s@<>\"',;:()]+@[^\s@<>\"',;()]+|\+?[0-9](?:[-. ()]{0,2}[0-9]){5,}"


def profile_of(journal: Journal, run: Run) -> Profile | None:
    """What the run's list was found to be; None where a version planned it that kept none, or one of another form."""
    text = journal.quality.of(run.run_id)
    try:
        return Profile.from_json(text) if text else None
    except ValueError:
        return None


def report_of(
    journal: Journal, run: Run, summary: Summary, profile: Profile, columns: Sequence[Column] = ()
) -> Report:
    """The report of a run. A real run's strip and worst rows are those of its rows now, not of its plan.

    `columns` of the list, where it is known what they feed: cells that LeadByte refused are marked by them.
    """
    about, delivery = run.about, None
    if not summary.dry_run:
        placed = journal.delivery.placed(run.run_id, profile.strip.first_row, profile.strip.width)
        times = _times(journal, run.run_id)
        delivery = Delivery(
            _responses(placed), _moments(times), _funnel(summary), _waiting(summary), _seconds_of_sending(times["at"])
        )
        worst = _worst(journal, run.run_id, profile, columns, show_data=about.get("show_data", False))
        since, mended = _sent_since(profile, placed)
        profile = replace(
            profile,
            strip=_strip(profile.strip, placed),
            worst=worst,
            sent_already=profile.sent_already + since,
            sent_mended=profile.sent_mended + mended,
        )
    return Report(
        summary=summary,
        profile=profile,
        delivery=delivery,
        vendor=about.get("vendor", ""),
        earlier=_earlier_lists(journal, run),
        show_data=about.get("show_data", False),
        fix_me=Path(summary.fix_me).name,
        to_be_mended=bool(about.get("to_be_mended")),
        reading=about.get("reading", ""),
    )


def _responses(placed: Iterable[Placed]) -> tuple[Response, ...]:
    """LeadByte's answers, most rows first."""
    counts = Counter[tuple[Outcome, int | None]]()
    for one in placed:
        if one.sent:
            counts[one.outcome, one.code] += one.rows
    return tuple(
        Response(outcome, code, _said(outcome, code), rows) for (outcome, code), rows in counts.most_common()
    )


def _said(outcome: Outcome, code: int | None) -> str:
    if code is not None:
        return meaning(code)
    return "found by a search" if outcome is Outcome.ACCEPTED else "no trustworthy answer"


def _times(journal: Journal, run_id: str) -> np.ndarray:
    """When each lead was sent, and after how many seconds it was answered."""
    return np.fromiter(journal.delivery.times(run_id), dtype=[("at", "f8"), ("seconds", "f4")])


def _seconds_of_sending(at: np.ndarray) -> float:
    """The time from the first lead to the last, without pauses: between two launches nothing is sent."""
    if len(at) < 2:
        return float(len(at))
    between = np.diff(np.sort(at))
    usual = float(np.median(between))
    pauses = between > max(PAUSE, PAUSES * usual)
    # The last lead before a pause, and that of all, had its turn as well.
    return max(1.0, float(between[~pauses].sum()) + usual * (1 + int(pauses.sum())))


def _moments(times: np.ndarray) -> tuple[Moment, ...]:
    """The time of sending in equal slices."""
    if not len(times):
        return ()
    first = float(times["at"].min())
    span = float(times["at"].max()) - first
    number = min(MOMENTS, max(1, int(span)))
    length = max(1.0, span / number)
    places = np.minimum(((times["at"] - first) / length).astype(np.int64), number - 1)
    sent = np.bincount(places, minlength=number)
    return tuple(
        Moment(
            _iso(first + place * length),
            round(length, 3),
            int(sent[place]),
            *_latency(times["seconds"][places == place]),
        )
        for place in range(number)
    )


def _latency(seconds: np.ndarray) -> tuple[float | None, float | None]:
    """The median and the longest of those that were answered."""
    answered = seconds[seconds >= 0]
    if not len(answered):
        return None, None
    return round(float(np.median(answered)), 4), round(float(answered.max()), 4)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(round(moment, 3), UTC).isoformat(timespec="seconds")


def _funnel(summary: Summary) -> tuple[tuple[str, int], ...]:
    """From sent to sold, once LeadByte's queue was asked; each stage is a part of the one before it."""
    if not summary.queue:
        return ()
    count = summary.outcomes
    sent = sum(count.get(one, 0) for one in (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN))
    queued = count.get(Outcome.ACCEPTED, 0)
    return (
        ("sent", sent),
        ("queued: LeadByte took them", queued),
        ("accepted: processed, and not refused", queued - _waiting(summary) - summary.queue.get(Fate.REFUSED, 0)),
        ("sold", summary.queue.get(Fate.SOLD, 0)),
    )


def _waiting(summary: Summary) -> int:
    """Queued leads of which LeadByte has not said its last word."""
    return sum(summary.queue.get(one, 0) for one in (Fate.PENDING, Fate.NOT_FOUND, Fate.NOT_ASKED))


def _sent_since(profile: Profile, placed: Iterable[Placed]) -> tuple[int, int]:
    """Rows that another run has sent since the list was planned: those that were fit to be sent, and mended ones."""
    now = Counter[Outcome]()
    for one in placed:
        now[one.outcome] += one.rows
    planned = {one: sum(profile.strip.counts.get(one, ())) for one in (Outcome.INVALID, Outcome.DUPLICATE)}
    mended = max(0, planned[Outcome.INVALID] - now[Outcome.INVALID])
    return max(0, now[Outcome.DUPLICATE] - planned[Outcome.DUPLICATE] - mended), mended


def _strip(planned: Strip, placed: Iterable[Placed]) -> Strip:
    """The planned strip's bins with what became of the rows."""
    size = max((len(bins) for bins in planned.counts.values()), default=0)
    counts: dict[str, list[int]] = {}
    for one in placed:
        counts.setdefault(one.outcome, [0] * size)[one.bin] += one.rows
    return Strip(planned.first_row, planned.width, {name: tuple(bins) for name, bins in sorted(counts.items())})


def _worst(
    journal: Journal, run_id: str, profile: Profile, columns: Sequence[Column], *, show_data: bool
) -> tuple[WorstRow, ...]:
    """The worst rows of the plan, and those that LeadByte did not accept, with its words; the worst first.

    Each kind has at least half of the places, where it has so many.
    """
    now = journal.delivery.outcomes(run_id, [one.row for one in profile.worst])
    planned = [replace(one, outcome=now.get(one.row, one.outcome)) for one in profile.worst]
    refused = journal.delivery.refused(run_id, WORST)[: max(WORST // 2, WORST - len(planned))]
    chosen = [*planned[: WORST - len(refused)], *(_refused(one, columns, show_data=show_data) for one in refused)]
    return tuple(sorted(chosen, key=lambda one: (-one.faults, one.row)))


def _refused(row: JournalRow, columns: Sequence[Column], *, show_data: bool) -> WorstRow:
    code = "" if row.code is None else f"{meaning(row.code)} ({row.code})"
    errors = row.errors if show_data else _impersonal(row)
    said = ": ".join(part for part in (code, errors) if part)
    cells = tuple(map(shortened, row.cells))
    # The same cells as in fix-me.xlsx; a row that was purged has none.
    meant = blamed(row.code, row.errors, columns) if row.code is not None and row.code in CODES else []
    faulty = tuple(at for at in meant if at < len(cells))
    return WorstRow(row.row, row.outcome or Outcome.UNKNOWN, 1, cells, faulty, shortened(said, SAID))


def _impersonal(row: JournalRow) -> str:
    """LeadByte's words about a row, which may quote what it was sent, with that masked."""
    cells = sorted({*map(str.strip, row.cells), *row.lead.values()}, key=len, reverse=True)
    quoted = [rf"(?<!\w){re.escape(cell)}(?!\w)" for cell in cells if len(cell) >= TELLING]
    return re.sub("|".join([_PERSONAL, *quoted]), lambda found: mask(found[0]), row.errors)


def _earlier_lists(journal: Journal, run: Run) -> tuple[EarlierList, ...]:
    """The vendor's lists before; rows to mend are some of a list, not to be compared with whole ones."""
    if run.about.get("to_be_mended"):
        return ()
    return tuple(map(_earlier, journal.quality.earlier(run.run_id, run.about.get("vendor", ""))))


def _earlier(one: Earlier) -> EarlierList:
    invalid, duplicate = one.outcomes.get(Outcome.INVALID, 0), one.outcomes.get(Outcome.DUPLICATE, 0)
    invalid, duplicate = invalid + one.sent_mended, duplicate - one.sent_already - one.sent_mended
    good = one.rows - invalid - duplicate - one.outcomes.get(Outcome.SUPPRESSED, 0)
    return EarlierList(one.run_id, one.started_at, one.file, one.rows, good, invalid, duplicate)
