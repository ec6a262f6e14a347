"""Date and Date Time: nothing is guessed. What could be two days is invalid and says what to declare.

Canonical is ISO: `1980-02-01`, `1980-02-01 14:30:00`. Dates lie in the years 1900 to 2100. Which form
LeadByte wants is not documented (leadbyte-api.md), so it is an option: `send_format`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

from pipeline.data_types.cleaning import CACHE_SIZE, is_scientific, stripped
from pipeline.data_types.date_formats import format_problem, has_clock, human, read_declared, sure_days
from pipeline.data_types.definition import DataType, Plain, TypeOptions

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100

_LONGEST: Final = 64
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_EIGHT: Final = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_SHORT_YEAR: Final = re.compile(r"[0-9]{1,2}([-/. ])(?:[0-9]{1,2}|[A-Za-z]{3,9})\1[0-9]{2}")
_DAY_NAME_YEAR: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[\s./-]*([a-z]{3,9})\.?[\s,./-]*([0-9]{4})")
_NAME_DAY_YEAR: Final = re.compile(r"([a-z]{3,9})\.?[\s./-]*([0-9]{1,2})(?:st|nd|rd|th)?[\s,./-]+([0-9]{4})")
_WITH_TIME: Final = re.compile(
    r"(?P<date>\S.*?)(?:T|,?\s+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MONTH_NUMBERS: Final[dict[str, int]] = {
    **{name[:3]: number for number, name in enumerate(_MONTHS, start=1)},
    **{name: number for number, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
}


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _undeclared_day(text: str) -> date | None:
    """The only day that a written date can mean, or None."""
    if match := _YEAR_FIRST.fullmatch(text):
        return _day(match[1], match[3], match[4])
    if match := _EIGHT.fullmatch(text):
        return _day(match[1], match[2], match[3])
    if match := _YEAR_LAST.fullmatch(text):
        day_first, month_first = _day(match[4], match[3], match[1]), _day(match[4], match[1], match[3])
        return None if day_first and month_first and day_first != month_first else day_first or month_first
    lowered = text.lower()
    if match := _DAY_NAME_YEAR.fullmatch(lowered):
        return _day(match[3], _MONTH_NUMBERS.get(match[2], 0), match[1])
    if match := _NAME_DAY_YEAR.fullmatch(lowered):
        return _day(match[3], _MONTH_NUMBERS.get(match[1], 0), match[2])
    return None


def _clock(match: re.Match[str]) -> time | None:
    """The time of day in a match of `_WITH_TIME`; None for an impossible one, or a zone other than UTC."""
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if match["zone"] and match["zone"].strip("Z+-0:"):
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(match["minute"]), int(match["second"] or 0))
    except ValueError:
        return None


@lru_cache(maxsize=CACHE_SIZE)
def _read(text: str, date_format: str) -> datetime | None:
    """The moment that stripped text means, midnight where it names no time; None where it is not certain."""
    if date_format and format_problem(date_format):
        return None
    if len(text) > _LONGEST or any(ch.isdigit() and not ch.isascii() for ch in text):
        return None
    parts = _WITH_TIME.fullmatch(text)
    written = parts["date"] if parts else text
    clock = _clock(parts) if parts else time()
    if _ISO.fullmatch(written):
        day = _day(written[:4], written[5:7], written[8:])
    elif date_format:
        declared = read_declared(text, date_format)
        if declared or has_clock(date_format) or not parts:
            return declared.replace(microsecond=0) if declared else None
        declared = read_declared(written, date_format)
        day = declared.date() if declared else None
    else:
        day = _undeclared_day(written)
    return datetime.combine(day, clock) if day is not None and clock is not None else None


def _date(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    moment = _read(plain, options.date_format)
    if moment is None or (moment.time() != time() and not has_clock(options.date_format)):
        return plain
    return moment.date().isoformat()


def _is_date(canonical: str, options: TypeOptions) -> bool:
    # Under a format that cannot be trusted nothing is: 1980-01-02 in a column of %Y-%d-%m is another day.
    if options.date_format and format_problem(options.date_format):
        return False
    if not _ISO.fullmatch(canonical) or not FIRST_YEAR <= int(canonical[:4]) <= LAST_YEAR:
        return False
    return _day(canonical[:4], canonical[5:7], canonical[8:]) is not None


def _date_time(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    moment = _read(plain, options.date_format)
    return moment.isoformat(sep=" ", timespec="seconds") if moment else plain


def _is_date_time(canonical: str, options: TypeOptions) -> bool:
    if not _ISO_MOMENT.fullmatch(canonical) or not _is_date(canonical[:10], options):
        return False
    try:
        time.fromisoformat(canonical[11:])
    except ValueError:
        return False
    return True


def _wire(canonical: str, options: TypeOptions) -> str:
    if not options.send_format or not (_is_date(canonical, options) or _is_date_time(canonical, options)):
        return canonical
    try:
        return datetime.fromisoformat(canonical).strftime(options.send_format)
    except ValueError:  # a format that the platform does not know
        return canonical


def _explain(text: str, options: TypeOptions, kind: str, only_dates: bool) -> str:
    plain = stripped(text)
    if options.date_format and (problem := format_problem(options.date_format)):
        return f'cannot be read: the mapping\'s date_format "{options.date_format}" is of no use, {problem}'
    moment = _read(plain, options.date_format)
    if moment and not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return f"has a year outside {FIRST_YEAR} to {LAST_YEAR}"
    if moment and only_dates and moment.time() != time() and not has_clock(options.date_format):
        return "has a time of day: only a date is expected"
    if is_scientific(plain) or re.fullmatch(r"[0-9]{5}(?:\.[0-9]+)?", plain):
        return "looks like Excel's inner number of a date: format the column as a date and export it again"
    parts = _WITH_TIME.fullmatch(plain)
    if parts and parts["zone"] and _clock(parts) is None:
        return f"is not a valid {kind}: it names a time zone other than UTC; export it in local time"
    if parts and not parts["zone"] and _clock(parts) is None:
        return f"is not a valid {kind}: there is no such time of day"
    if options.date_format:
        return f"is not a valid {kind}: expected {human(options.date_format)}, and a day that exists"
    return _explain_undeclared(parts["date"] if parts else plain, kind)


def _explain_undeclared(written: str, kind: str) -> str:
    if match := _YEAR_LAST.fullmatch(written):
        joint = match[2]
        if int(match[1]) <= 12 and int(match[3]) <= 12 and match[1].strip("0") and match[3].strip("0"):
            return (
                f"is ambiguous, day and month could be either way round: declare date_format: "
                f'"%d{joint}%m{joint}%Y" (day first) or "%m{joint}%d{joint}%Y" for this column in the mapping'
            )
        return f"is not a valid {kind}: the calendar has no such day"
    if match := _SHORT_YEAR.fullmatch(written):
        month = "%b" if re.search(r"[A-Za-z]", written) else "%m"
        return (
            f"has a year of two digits: export it with four, or declare date_format: "
            f'"%d{match[1]}{month}{match[1]}%y" in the mapping (00 to 68 then mean 2000 to 2068)'
        )
    if _YEAR_FIRST.fullmatch(written) or _EIGHT.fullmatch(written):
        return f"is not a valid {kind}: the calendar has no such day"
    example = "YYYY-MM-DD" if kind == "date" else "YYYY-MM-DD hh:mm:ss"
    return f"is not a {kind} in a form that is known: write {example}, or declare date_format in the mapping"


@lru_cache(maxsize=256)
def _plain_dates(options: TypeOptions) -> tuple[Plain, ...]:
    if options.date_format and format_problem(options.date_format):
        return ()
    iso = Plain(sure_days("%Y-%m-%d")[0])
    pattern, pieces = sure_days(options.date_format)
    # In a column with a declared format most values are written in it.
    return (Plain(pattern, pieces=pieces), iso) if pattern and options.date_format != "%Y-%m-%d" else (iso,)


def _explain_date(text: str, options: TypeOptions) -> str:
    return _explain(text, options, "date", only_dates=True)


def _explain_date_time(text: str, options: TypeOptions) -> str:
    return _explain(text, options, "date and time", only_dates=False)


DATE: Final = DataType("Date", "date", _date, _is_date, _explain_date, _wire, _plain_dates)
DATE_TIME: Final = DataType("Date Time", "date_time", _date_time, _is_date_time, _explain_date_time, _wire)
