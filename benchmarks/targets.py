"""What the importer is held to, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.jobs import FRICTIONLESS, OPENPYXL, OURS, PANDAS, POLARS

MB: Final = 1_000_000
MOST_MEMORY: Final = 400 * MB
MOST_GROWTH: Final = 1.15

#: The parts of the benchmark, in their order.
FEW_BAD, MANY_BAD, LONG, STDIN, EXCEL = "few bad", "many bad", "long", "stdin", "excel"


@dataclass(frozen=True, slots=True)
class Figure:
    """One job on one part: median seconds and CPU seconds, the greatest peak in bytes; `fault` when it went wrong."""

    rows: int
    seconds: float
    cpu: float
    peak: int
    fault: str = ""


Figures = Mapping[tuple[str, str], Figure]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target: the figure and what is asked of it in words, the importer's own measure beside what it may be."""

    target: str
    figure: str
    asked: str
    ours: str
    allowed: str
    holds: bool


def verdicts(figures: Figures) -> list[Verdict]:
    """The targets whose parts were measured, in the order in which the table shows them."""
    found = [
        _faster(figures, FEW_BAD, FRICTIONLESS, 8),
        _faster(figures, FEW_BAD, PANDAS, 2),
        _slower(figures, (FEW_BAD, POLARS), FEW_BAD, 4, f"time, as a multiple of {POLARS}"),
        _slower(figures, (FEW_BAD, OURS), MANY_BAD, 1.3, "time with 50 % bad rows, as a multiple of 3 %"),
        *_flat(figures, LONG, "of the long list"),
        *_flat(figures, STDIN, "of the list through stdin"),
        _faster(figures, EXCEL, OPENPYXL, 5),
    ]
    return [one for one in found if one]


def _faster(figures: Figures, part: str, peer: str, times: float) -> Verdict | None:
    """At least `times` the rate of a peer."""
    ours, other = figures.get((part, OURS)), figures.get((part, peer))
    if not ours or not other:
        return None
    ratio = other.seconds / ours.seconds
    target = f"rate, as a multiple of {peer}"
    return _verdict(
        target, ratio, f"at least {times:g}", ratio >= times, ours, _seconds(other.seconds / times), other.fault
    )


def _slower(figures: Figures, base: tuple[str, str], part: str, times: float, target: str) -> Verdict | None:
    """At most `times` the time of another figure."""
    ours, other = figures.get((part, OURS)), figures.get(base)
    if not ours or not other:
        return None
    ratio = ours.seconds / other.seconds
    return _verdict(
        target, ratio, f"at most {times:g}", ratio <= times, ours, _seconds(other.seconds * times), other.fault
    )


def _verdict(target: str, ratio: float, asked: str, holds: bool, ours: Figure, allowed: str, fault: str) -> Verdict:
    wrong = ours.fault or fault
    return Verdict(target, f"{ratio:.2f}", asked, wrong or _seconds(ours.seconds), allowed, holds and not wrong)


def _flat(figures: Figures, part: str, words: str) -> list[Verdict]:
    """Peak memory hardly above that of the shorter list, and under the limit."""
    ours, short = figures.get((part, OURS)), figures.get((FEW_BAD, OURS))
    if not ours:
        return []
    said = ours.fault or _megabytes(ours.peak)
    under = ours.peak < MOST_MEMORY and not ours.fault
    limit = _megabytes(MOST_MEMORY)
    found = [Verdict(f"peak memory {words}", _megabytes(ours.peak), f"under {limit}", said, limit, under)]
    if short:
        growth = ours.peak / short.peak
        wrong = ours.fault or short.fault
        target = f"peak memory {words}, as a multiple of the short one's"
        allowed = _megabytes(MOST_GROWTH * short.peak)
        holds = growth <= MOST_GROWTH and not wrong
        found.append(Verdict(target, f"{growth:.2f}", f"at most {MOST_GROWTH:g}", wrong or said, allowed, holds))
    return found


def _seconds(value: float) -> str:
    return f"{value:,.1f} s"


def _megabytes(value: float) -> str:
    return f"{value / MB:,.0f} MB"
