"""Where in the file the faults sit, as a sentence: a block at the end means a footer, an even spread a bad column."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import log
from typing import TYPE_CHECKING, Final

from pipeline.model import Outcome
from pipeline.report.showing import name
from pipeline.report.verdict import number_of, share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.report.profile import Strip

#: Fewer rows at fault than this have no shape.
FEW: Final = 8
#: A block holds at least this part of the rows at fault, and they are so many times as frequent there as elsewhere.
HALF: Final = 0.5
DENSER: Final = 3.0
#: A block is no longer than this part of the list.
LONGEST: Final = 0.6
#: A block this much likelier than an even spread (the logarithm of the likelihood ratio) is no chance.
SURE: Final = 10.0
#: A block at the end of at most this part of the rows is taken for a footer or a cut-off export.
FOOTER: Final = 0.05
#: From this part of its rows on, a block is said to be at fault in nearly every row.
NEARLY_ALL: Final = 0.9
#: Spread evenly: the bins' shares of rows at fault differ by no more than this part of the share of all, on average,
#: or by no more than chance makes them differ (their variance is at most so many times chance's).
EVEN: Final = 0.35
CHANCE: Final = 2.0

#: What rows are called whose cells do not stand under their headers.
WHOLE_ROWS: Final = "rows as a whole"


@dataclass(frozen=True, slots=True)
class _Block:
    """Bins `start` to `stop` (excluded), their rows, those at fault among them; by how much it stands out."""

    start: int
    stop: int
    rows: int
    faults: int
    clearness: float


def where_faults_sit(strip: Strip, by_field: Mapping[str, int]) -> str:
    """What the strip over the row numbers shows of the rows at fault (docs/report.md has the rules).

    `by_field`: rows at fault by the label of the field, and those that are wrong as a whole.
    """
    faults = strip.counts.get(Outcome.INVALID, ())
    rows = [sum(bins) for bins in zip(*strip.counts.values(), strict=True)]
    total, size = sum(faults), sum(rows)
    if not total:
        return "No row breaks a rule."
    if total == size:
        return "Every row breaks a rule: are the right columns mapped, and is it the right campaign?"
    if total < FEW:
        return f"Only {number_of(total)} at fault: too few to show where they come from."
    block = _clearest(faults, rows)
    if block and _stands_out(block, total, size):
        return _told(block, strip, total, size)
    if _is_even(faults, rows):
        return f"Spread evenly over the file, {share(total, size)} of the rows everywhere: {_evenly(total, by_field)}"
    return "In some parts of the file more than in others, without one block: was the list put together from several?"


def _evenly(total: int, by_field: Mapping[str, int]) -> str:
    """What an even spread means: a bad column where one field has most of the faults."""
    label, rows = max(by_field.items(), key=lambda one: one[1], default=("", 0))
    if rows < HALF * total:
        return "no block, and no single column; slips here and there."
    if label == WHOLE_ROWS:
        return (
            f"{share(rows, total)} of them are wrong as a whole: look at how the file was written, not at each row."
        )
    return f"look at {name(label)} as a whole, which has {share(rows, total)} of them, not at single rows."


def _clearest(faults: Sequence[int], rows: Sequence[int]) -> _Block | None:
    """The block that stands out most from the rest (Kulldorff's scan statistic); None where none is above average."""
    bad, all_rows = ([0, *accumulate(one)] for one in (faults, rows))
    total, size = bad[-1], all_rows[-1]
    best, evenly = None, _likelihood(total, size)
    for start in range(len(rows)):
        for stop in range(start + 1, len(rows) + 1):
            held, among = bad[stop] - bad[start], all_rows[stop] - all_rows[start]
            if held * size <= total * among:
                continue
            clearness = _likelihood(held, among) + _likelihood(total - held, size - among) - evenly
            if best is None or clearness > best.clearness:
                best = _Block(start, stop, among, held, clearness)
    return best


def _likelihood(faults: int, rows: int) -> float:
    """The logarithm of how likely these rows are where each is at fault as often as they are on average."""
    right = rows - faults
    return (faults * log(faults / rows) if faults else 0.0) + (right * log(right / rows) if right else 0.0)


def _stands_out(block: _Block, total: int, size: int) -> bool:
    inside, outside = block.faults * (size - block.rows), (total - block.faults) * block.rows
    some = block.faults >= HALF * total and block.rows <= LONGEST * size
    return some and block.clearness >= SURE and inside >= DENSER * outside


def _is_even(faults: Sequence[int], rows: Sequence[int]) -> bool:
    """Whether the bins' shares of rows at fault scatter little about their mean, or as chance alone would have it."""
    size, mean = sum(rows), sum(faults) / sum(rows)
    scatter = sum((here - mean * among) ** 2 / among for here, among in zip(faults, rows, strict=True) if among)
    by_chance = mean * (1 - mean) * sum(1 for among in rows if among)
    return scatter <= size * (EVEN * mean) ** 2 or scatter <= CHANCE * by_chance


def _told(block: _Block, strip: Strip, total: int, size: int) -> str:
    first = strip.first_row + block.start * strip.width
    last = strip.first_row + block.stop * strip.width - 1
    about = "" if strip.width == 1 else "about "
    held = f"All {total:,}" if block.faults == total else f"{share(block.faults, total)} of the {total:,}"
    part = share(block.rows, size)
    if block.stop == len(next(iter(strip.counts.values()))):
        place = f"in the last {part} of the file, from {about}row {first:,} on"
        cause = "a footer, or an export that was cut off?"
        if block.rows > size * FOOTER:
            cause = "have the columns moved there, or was another list put behind this one?"
    elif block.start == 0:
        place, cause = (
            f"in the first {part} of the file, up to {about}row {last:,}",
            "trials, or an older part of it?",
        )
    else:
        place = f"between {about}rows {first:,} and {last:,}, {part} of the file"
        cause = "rows pasted in from elsewhere?"
    nearly_all = " (nearly every row there)" if block.faults >= NEARLY_ALL * block.rows else ""
    return f"{held} rows at fault sit {place}{nearly_all}: {cause}"
