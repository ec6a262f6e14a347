"""Is this list better or worse than the vendor's lists before it? In numbers and in a sentence."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

from pipeline.model import Outcome
from pipeline.report.showing import count, file_name, when
from pipeline.report.verdict import share

if TYPE_CHECKING:
    from pipeline.report.contents import EarlierList, Report
    from pipeline.report.profile import Profile

#: Less than this many percentage points is no difference.
ALIKE: Final = 0.05
#: Lists are told apart where they differ by more than so many standard errors.
ERRORS: Final = 2.0
_NOT_GOOD: Final = (Outcome.INVALID, Outcome.DUPLICATE, Outcome.SUPPRESSED)


def good_rows(profile: Profile) -> int:
    """Rows that broke no rule here and were no duplicates, as `EarlierList.good` counts them.

    That a run of this very list has sent them is not held against them.
    """
    left = sum(sum(profile.strip.counts.get(one, ())) for one in _NOT_GOOD)
    return profile.rows - left + profile.sent_already


def better_or_worse(report: Report) -> str:
    """A sentence that compares the list with the vendor's last one; "" where there is none or a list has no rows."""
    rows, good = report.profile.rows, good_rows(report.profile)
    if not report.earlier or not report.earlier[0].rows or not rows:
        return ""
    last = report.earlier[0]
    points = 100 * good / rows - 100 * last.good / last.rows
    before = f"the last one ({file_name(last.file)}, {when(last.started_at, clock=False)})"
    ours, theirs = share(good, rows), share(last.good, last.rows)
    if abs(points) < ALIKE:
        return f"As good as {before}: {ours} of the rows are good."
    kind = "Better" if points > 0 else "Worse"
    said = f"{kind} than {before}: {ours} of the rows are good, {_points(points)} than then ({theirs})"
    return f"{said}{_reserve(good, rows, last, points)}."


def over_all(report: Report) -> str:
    """A sentence about all of the vendor's earlier lists together; "" for fewer than two."""
    lists = [one for one in report.earlier if one.rows]
    if len(lists) < 2:
        return ""
    rows, good = sum(one.rows for one in lists), sum(one.good for one in lists)
    return f"Over the {count(len(lists), 'earlier list')} together {share(good, rows)} of {rows:,} rows were good."


def _points(points: float) -> str:
    size = f"{abs(points):.1f}"
    return f"{size} percentage {'point' if size == '1.0' else 'points'} {'more' if points > 0 else 'fewer'}"


def _reserve(good: int, rows: int, last: EarlierList, points: float) -> str:
    """What takes weight from a small difference between small lists."""
    both = (good + last.good) / (rows + last.rows)
    error = 100 * sqrt(both * (1 - both) * (1 / rows + 1 / last.rows))
    return (
        "; between lists of this size chance alone can make that difference" if abs(points) < ERRORS * error else ""
    )
