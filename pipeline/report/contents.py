"""All that a report shows of a run, in one value: the page and the vendor's note are made of it alone."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.report.profile import Profile
from pipeline.report.summary import Summary


@dataclass(frozen=True, slots=True)
class Response:
    """How many rows LeadByte answered with one code (None: no trustworthy answer), and what the code means."""

    outcome: str
    code: int | None
    meaning: str
    rows: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What was sent in one slice of time: `at` is its beginning (UTC, ISO), `seconds` its length.

    `latency` and `slowest` are the median and the longest seconds from sending to the answer, None where no lead of
    the slice was answered.
    """

    at: str
    seconds: float
    sent: int
    latency: float | None
    slowest: float | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the sending went. `funnel`: (stage, leads) from sent to sold, once LeadByte's queue was asked.

    `waiting`: queued leads of which LeadByte has not said its last word. `sending`: seconds in which leads were sent,
    without the pauses between launches.
    """

    responses: tuple[Response, ...]
    moments: tuple[Moment, ...]
    funnel: tuple[tuple[str, int], ...]
    waiting: int = 0
    sending: float = 0.0


@dataclass(frozen=True, slots=True)
class EarlierList:
    """An earlier list of the same vendor. `good` of its `rows` broke no rule here and were no duplicates."""

    run_id: str
    started_at: str
    file: str
    rows: int
    good: int
    invalid: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class Report:
    """A run, as it is shown. `show_data`: cells in full; otherwise they are masked.

    `delivery` is None for a dry run. `earlier`: the vendor's lists before this one, latest first. `vendor` is ""
    where nobody said whose list it is; `fix_me` names the workbook of rows to mend in the run's folder, "" for none.
    `to_be_mended`: the rows are some of another list, mended; they are compared with no list. `reading`
    says how the list was read.
    """

    summary: Summary
    profile: Profile
    delivery: Delivery | None = None
    vendor: str = ""
    earlier: tuple[EarlierList, ...] = ()
    show_data: bool = False
    fix_me: str = ""
    to_be_mended: bool = False
    reading: str = ""
