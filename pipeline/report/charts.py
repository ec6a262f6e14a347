"""The pictures of the page: what each shows, in numbers and words. They are drawn in pipeline.report.drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pipeline.model import Outcome
from pipeline.report.contents import Moment
from pipeline.report.drawing import BARS, Chart, bars, plot
from pipeline.report.showing import clock_of, count, file_name, lasting, name, when
from pipeline.report.verdict import share

if TYPE_CHECKING:
    from pipeline.report.contents import Report, Response
    from pipeline.report.profile import Strip

#: Slices of time in one picture, and times along its axis.
SLICES: Final = 120
TICKS: Final = 5

#: The outcomes in the order of the pictures, from the bottom up, with the words of their legend.
OUTCOMES: Final = {
    Outcome.VALID: "valid",
    Outcome.ACCEPTED: "accepted",
    "": "fit to be sent",
    Outcome.INVALID: "invalid",
    Outcome.REJECTED: "rejected",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "unknown",
    Outcome.DUPLICATE: "duplicate",
    Outcome.SUPPRESSED: "suppressed",
    Outcome.NOT_SENT: "not sent",
}


def look(outcome: str) -> str:
    """The class that gives an outcome its colour and pattern."""
    return f"o-{outcome or Outcome.VALID}"


def faults_per_field(at_fault: Mapping[str, int]) -> Chart | None:
    """Which fields keep most rows here, by their labels; None where none does."""
    found = sorted(((name(label), rows) for label, rows in at_fault.items() if rows), key=lambda one: -one[1])
    if not found:
        return None
    more = f" The {BARS} worst of {len(found)} fields." if len(found) > BARS else ""
    return bars(
        "faults-per-field", "Rows at fault, by field", f"A row with several faults counts once for each field.{more}",
        ("Field", "Rows at fault"), [(label, number, f"{number:,}") for label, number in found], "o-invalid",
    )  # fmt: skip


def where_in_file(strip: Strip, last_row: int, sentence: str) -> Chart | None:
    """The strip over the row numbers, the last of which is `last_row`; None for a list without rows."""
    shown = [one for one in OUTCOMES if any(strip.counts.get(one, ()))]
    if not shown:
        return None
    bins = len(strip.counts[shown[0]])
    places = [_rows(strip, at, last_row) for at in range(bins)]
    columns = [strip.counts[one] for one in shown]
    each = "Each bar is one row" if strip.width == 1 else f"Each bar stands for {strip.width:,} row numbers"
    return plot(
        Chart(
            "where-in-file", "Where in the file they sit", f"{sentence} {each}, in the order of the file.",
            ("Rows", *(OUTCOMES[one].capitalize() for one in shown)),
            tuple((place, *(f"{one[at]:,}" for one in columns)) for at, place in enumerate(places)),
            legend=tuple((look(one), OUTCOMES[one]) for one in shown),
            ends=(f"row {strip.first_row:,}", f"row {min(last_row, strip.first_row + bins * strip.width - 1):,}"),
        ),
        columns, [f"rows {place}" for place in places], str,
    )  # fmt: skip


def _rows(strip: Strip, at: int, last_row: int) -> str:
    first = strip.first_row + at * strip.width
    last = min(first + strip.width - 1, max(last_row, first))
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def responses_by_code(responses: Sequence[Response]) -> Chart | None:
    """What LeadByte answered, how often."""
    found = sorted(responses, key=lambda one: -one.rows)
    if not found:
        return None
    labels = [f"{one.code} {one.meaning}" if one.code is not None else one.meaning for one in found]
    chart = bars(
        "responses", "LeadByte's answers, by code", "A code above zero means that the lead was taken.",
        ("Code", "Rows"), [(label, one.rows, f"{one.rows:,}") for label, one in zip(labels, found, strict=True)], "",
        [look(one.outcome) for one in found],
    )  # fmt: skip
    rows = tuple(
        (str(one.code) if one.code is not None else "–", name(one.meaning), one.outcome, f"{one.rows:,}")
        for one in found
    )
    return replace(chart, headers=("Code", "Meaning", "Outcome", "Rows"), rows=rows)


def rate_over_time(moments: Sequence[Moment], sending: float = 0.0) -> Chart | None:
    """How many leads were sent in each second, slice by slice of time.

    `sending`: seconds in which leads were sent, 0 for all of the time.
    """
    some = thinned(moments)
    if not some:
        return None
    rates = [one.sent / one.seconds if one.seconds else 0.0 for one in some]
    at = _times(some)
    span = sum(one.seconds for one in some)
    average = sum(one.sent for one in some) / (sending or span or 1)
    pauses = ", pauses left out" if 0 < sending < span - 1 else ""
    return plot(
        Chart(
            "rate", "Leads a second, over time",
            f"{count(sum(one.sent for one in some), 'lead')} sent, {average:.1f} a second on average{pauses}.",
            ("From (UTC)", "Sent", "A second"),
            tuple((time, f"{one.sent:,}", f"{rate:.1f}") for time, one, rate in zip(at, some, rates, strict=True)),
            top=f"{max(rates):.1f}/s", ends=_along(at),
        ),
        [rates], at, lambda rate: f"{rate:.1f} a second", ["o-plain"],
    )  # fmt: skip


def latency_over_time(moments: Sequence[Moment]) -> Chart | None:
    """How long LeadByte took to answer: the median, and up to the slowest, slice by slice of time."""
    some = thinned(moments)
    slowest = [one.slowest or 0.0 for one in some]
    if not any(slowest):
        return None
    median = [one.latency or 0.0 for one in some]
    at = _times(some)
    above = [max(most - half, 0.0) for most, half in zip(slowest, median, strict=True)]
    return plot(
        Chart(
            "latency", "Seconds until LeadByte's answer, over time",
            f"The median and the slowest of each slice of time; the slowest of all took {lasting(max(slowest))}.",
            ("From (UTC)", "Median (s)", "Slowest (s)"),
            tuple((time, _seconds(one.latency), _seconds(one.slowest)) for time, one in zip(at, some, strict=True)),
            legend=(("o-plain", "median"), ("o-light", "up to the slowest")),
            top=lasting(max(slowest)), ends=_along(at),
        ),
        [median, above], at, lasting, ["o-plain", "o-light"],
    )  # fmt: skip


def _times(moments: Sequence[Moment]) -> list[str]:
    """When each began; the day only where there are several."""
    one_day = moments[0].at[:10] == moments[-1].at[:10]
    return [clock_of(one.at) if one_day else when(one.at) for one in moments]


def _along(at: Sequence[str]) -> tuple[str, ...]:
    """What stands along the axis of time: its ends, and times of one day at the quarters between them."""
    if len(at) < 2 * TICKS or len(at[0]) > len("11:40:07"):
        return (at[0], at[-1])
    return tuple(at[round(place * (len(at) - 1) / (TICKS - 1))] for place in range(TICKS))


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.3f}"


def funnel(stages: Sequence[tuple[str, int]], waiting: int = 0) -> Chart | None:
    """What became of the leads, from sent to sold; `waiting` of the queued are neither accepted nor refused yet."""
    if not stages:
        return None
    first = stages[0][1]
    found = [(stage.partition(":")[0], number, f"{number:,} ({share(number, first)})") for stage, number in stages]
    wait = f" {waiting:,} of the queued still {'waits' if waiting == 1 else 'wait'} for LeadByte's last word."
    chart = bars(
        "funnel", "From sent to sold",
        f"Shares are of the {count(first, 'lead')} at the top.{wait if waiting else ''}",
        ("Stage", "Leads"), found, "o-accepted",
    )  # fmt: skip
    rows = tuple((name(stage), f"{number:,}", share(number, first)) for stage, number in stages)
    return replace(chart, headers=("Stage", "Leads", "Share"), rows=rows)


def earlier_lists(report: Report, good: int) -> Chart | None:
    """The share of good rows of this list, and of the vendor's lists before it."""
    if not report.earlier:
        return None
    lists = [("this list", report.summary.started_at, report.summary.file, report.profile.rows, good)]
    lists += [
        (
            f"{when(one.started_at).removesuffix(' UTC')} · {file_name(one.file)}",
            one.started_at,
            one.file,
            one.rows,
            one.good,
        )
        for one in report.earlier
    ]
    chart = bars(
        "earlier", "Rows that were not good, list by list",
        "A good row breaks no rule here and is no duplicate: the shorter the bar, the better the list.",
        ("List", "Not good"), [(label, *_not_good(rows, right)) for label, _, _, rows, right in lists], "",
        ["o-plain", *["o-light"] * len(report.earlier)],
    )  # fmt: skip
    table = tuple(
        (
            f"{when(at)}{' (this list)' if not number else ''}",
            file_name(file),
            f"{rows:,}",
            f"{right:,}",
            share(right, rows),
        )
        for number, (_, at, file, rows, right) in enumerate(lists)
    )
    return replace(chart, headers=("Read", "File", "Rows", "Good", "Share"), rows=table)


def _not_good(rows: int, good: int) -> tuple[float, str]:
    return (100 * (rows - good) / rows if rows else 0.0), share(rows - good, rows)


def thinned(moments: Sequence[Moment], most: int = SLICES) -> list[Moment]:
    """The moments, neighbours joined where there are more than `most`; the longest median stands for several."""
    size = -(-len(moments) // most) or 1
    groups = [moments[at : at + size] for at in range(0, len(moments), size)]
    return [
        Moment(
            at=group[0].at,
            seconds=sum(one.seconds for one in group),
            sent=sum(one.sent for one in group),
            latency=max((one.latency for one in group if one.latency is not None), default=None),
            slowest=max((one.slowest for one in group if one.slowest is not None), default=None),
        )
        for group in groups
    ]
