"""What the template is given: a report's outcomes, rows and facts, so much as a page can hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.model import Outcome
from pipeline.report.budget import weight_of, within
from pipeline.report.charts import OUTCOMES, look
from pipeline.report.showing import LONGEST_HEADER, cut, lasting, name, shown_cells, when, without_cells
from pipeline.report.verdict import share

if TYPE_CHECKING:
    from pipeline.report.contents import Report
    from pipeline.report.profile import WorstRow
    from pipeline.report.summary import Summary

#: So many bytes of the page at most are for the worst rows, and for each list of columns or sentences.
WORST_ROWS: Final = 200_000
LISTS: Final = 30_000
#: Columns of the list in the table of the worst rows.
COLUMNS: Final = 20
#: Characters of what is said of a row.
_MESSAGE: Final = 240


@dataclass(frozen=True, slots=True)
class Part:
    """One outcome: its look, its name, its rows; where its piece of the bar begins and how long it is, in percent."""

    look: str
    word: str
    means: str
    rows: int
    share: str
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class RowView:
    """One of the worst rows. `cells` are texts and whether each is at fault."""

    row: int
    outcome: str
    faults: int
    errors: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class WorstView:
    """The table of the worst rows: `of` how many such rows, `columns` of how many of the list."""

    rows: tuple[RowView, ...]
    of: int
    columns: tuple[str, ...]
    all_columns: int


#: What the outcomes mean, in a few words.
_MEANS: Final = {
    Outcome.VALID: "would be sent",
    Outcome.ACCEPTED: "taken by LeadByte",
    Outcome.REJECTED: "refused by LeadByte",
    Outcome.FAILED: "LeadByte had an error",
    Outcome.UNKNOWN: "may have arrived; not sent again by itself",
    Outcome.INVALID: "break the campaign's rules; not sent",
    Outcome.DUPLICATE: "the same person again; not sent",
    Outcome.SUPPRESSED: "on a suppression list; not sent",
    Outcome.NOT_SENT: "ready, but not sent yet",
}


def parts(summary: Summary) -> list[Part]:
    """The outcomes that occur, in the order of the bar."""
    found, start = [], 0.0
    for outcome, word in OUTCOMES.items():
        rows = summary.outcomes.get(outcome, 0)
        if not outcome or not rows:
            continue
        means = "could be sent" if outcome == Outcome.VALID and summary.blocked else _MEANS[Outcome(outcome)]
        length = 100 * rows / summary.rows
        found.append(Part(look(outcome), word, means, rows, share(rows, summary.rows), start, length))
        start += length
    return found


def worst(report: Report) -> WorstView:
    """The worst rows with so many of their cells as the page can hold."""
    profile, full = report.profile, report.show_data
    chosen = _columns(len(profile.headers), profile.worst)
    values = iter(
        shown_cells([_cell(row, at) for row in profile.worst for at in chosen], full=full)
    )  # all at once: masking one by one would take longer than all else
    rows = (
        RowView(
            row=one.row,
            outcome=OUTCOMES.get(one.outcome, name(one.outcome)),
            faults=one.faults,
            errors=cut(one.errors if full else without_cells(one.errors), _MESSAGE),
            cells=tuple((next(values), at in one.faulty) for at in chosen),
        )
        for one in profile.worst
    )
    shown = within(
        rows, WORST_ROWS, lambda one: 130 + sum(20 + weight_of(text) for text, _ in one.cells) + weight_of(one.errors)
    )
    of = sum(report.summary.outcomes.get(one, 0) for one in _WORST)
    return WorstView(
        tuple(shown),
        max(of, len(shown)),
        tuple(cut(profile.headers[at], LONGEST_HEADER) for at in chosen),
        len(profile.headers),
    )


#: Whose rows are among the worst: what broke a rule here, and what was sent and not accepted.
_WORST: Final = (Outcome.INVALID, Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)


def _cell(row: WorstRow, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""


def _columns(number: int, rows: Sequence[WorstRow]) -> list[int]:
    """The columns that are shown, in the order of the list: all, or those that are at fault most often."""
    often = Counter(at for row in rows for at in row.faulty)
    return sorted(sorted(range(number), key=lambda at: (-often[at], at))[:COLUMNS])


def facts(report: Report) -> list[tuple[str, str]]:
    """About the run: names and words."""
    summary = report.summary
    sent = f", {summary.rate:.1f} leads a second while sending" if summary.rate else ""
    return [
        ("Run", summary.run_id),
        ("List", cut(summary.file)),
        ("Campaign", f"{name(summary.campaign_name)} ({name(summary.campaign)})"),
        *([("Vendor", name(report.vendor))] if report.vendor else []),
        ("Began", when(summary.started_at)),
        ("Ended", when(summary.finished_at)),
        ("Took", lasting(summary.seconds) + sent),
        ("Exit code", str(summary.exit_code)),
    ]


def last_row(report: Report) -> int:
    """The number of the list's last row; a few more where blank rows follow it."""
    return report.profile.strip.first_row + report.profile.rows + report.summary.blank_rows - 1


def sentences(texts: Iterable[str]) -> list[str]:
    """So many sentences (or names of columns) as the page can hold."""
    return within(map(cut, texts), LISTS, lambda one: 12 + weight_of(one))
