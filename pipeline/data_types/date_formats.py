"""Declared date formats: whether one can be trusted, what it looks like to a person, and reading by it.

Python's strptime is lenient in ways that change a date (digits of any script, `2001111` for %Y%m%d), so what
it reads is accepted only under the conditions here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_PROBES: Final = (
    datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC),
    datetime(1985, 11, 25, 16, 17, 18, tzinfo=UTC),
    datetime(2010, 10, 9, tzinfo=UTC),
)
_EXAMPLE: Final = datetime(1980, 12, 25, 14, 30, tzinfo=UTC)
_YEAR: Final = re.compile(r"%[YyGcx]")
_CLOCK: Final = re.compile(r"%[HIcX]")
_ADJACENT: Final = re.compile(r"%[dmYyHIMSjf](?=%[dmYyHIMSjf])")
_DIRECTIVE: Final = re.compile(r"%-?[A-Za-z%]")
_HUMAN: Final[dict[str, str]] = {
    "%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY", "%b": "Mon", "%B": "Month", "%a": "Day",
    "%A": "Weekday", "%H": "hh", "%I": "hh", "%M": "mm", "%S": "ss", "%p": "AM/PM",
    "%f": "ffffff", "%z": "+hhmm", "%%": "%",
}  # fmt: skip


#: Days that every calendar has, and the ways to write them with two digits: day, month.
_DAYS_OF_MONTHS: Final = (
    ("(?:0[1-9]|1[0-9]|2[0-8])", "(?:0[1-9]|1[0-2])"),
    ("(?:29|30)", "(?:0[13-9]|1[0-2])"),
    ("31", "(?:0[13578]|1[02])"),
)
_SURE_YEAR: Final = "(?:19|20)[0-9][0-9]"
_THREE_PARTS: Final = re.compile("(%[dmY])[-/. ]?(%[dmY])[-/. ]?(%[dmY])")


def has_clock(date_format: str) -> bool:
    """Tell whether a format holds a time of day."""
    return _CLOCK.search(date_format) is not None


def human(date_format: str) -> str:
    """A strptime format as people write it, with an example: `DD/MM/YYYY, as in 25/12/1980`."""
    words = _DIRECTIVE.sub(lambda found: _HUMAN.get(found[0], found[0]), date_format)
    try:
        return f"{words}, as in {_EXAMPLE.strftime(date_format)}"
    except ValueError:
        return words


@lru_cache(maxsize=256)
def format_problem(date_format: str) -> str:
    """Why a declared format cannot be used, or "": it must hold a whole date and leave ISO dates alone."""
    if not _YEAR.search(date_format):
        return "it holds no year (%Y)"
    for probe in _PROBES:
        try:
            written = probe.strftime(date_format)
        except ValueError:
            return "it is not a date format"
        read = _strptime(written, date_format)
        if read is None or read.date() != probe.date():
            return "it does not hold a whole date (day, month and year)"
        for iso in (f"{probe:%Y-%m-%d}", f"{probe:%Y-%m-%d %H:%M:%S}"):
            other = _strptime(iso, date_format)
            if other is not None and other.date() != probe.date():
                return "it reads YYYY-MM-DD as another day"
    return ""


def sure_days(date_format: str) -> tuple[str, tuple[str | slice, ...]]:
    """A pattern of most days as a numeric format writes them, and the pieces of their ISO form; "" for other formats.

    Left out are 29 February and digits that the format expects in pairs but which stand alone.
    """
    found = _THREE_PARTS.fullmatch(date_format)
    order = list(found.groups()) if found else []
    if sorted(order) != ["%Y", "%d", "%m"]:
        return "", ()
    ways = []
    for day, month in _DAYS_OF_MONTHS:
        written = re.escape(date_format)
        for part, pattern in (("%d", day), ("%m", month), ("%Y", _SURE_YEAR)):
            written = written.replace(part, pattern)
        ways.append(written)
    wide = date_format.replace("%Y", "%Y__")  # as wide as the dates themselves
    years, months, days = (wide.index(part) for part in ("%Y", "%m", "%d"))
    iso = (slice(years, years + 4), "-", slice(months, months + 2), "-", slice(days, days + 2))
    return "|".join(ways), iso


def read_declared(text: str, date_format: str) -> datetime | None:
    """The moment that text means by a usable format, without a zone; None where it does not fit exactly."""
    moment = _strptime(text, date_format)
    if moment is None or moment.utcoffset() not in {None, timedelta(0)}:
        return None
    moment = moment.replace(tzinfo=None)
    # Without separators a lost leading zero moves the digits: 2001111 must not be read at all.
    if _ADJACENT.search(date_format) and moment.strftime(date_format).casefold() != text.casefold():
        return None
    return moment


def _strptime(text: str, date_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, date_format)  # noqa: DTZ007 - dates in files carry no zone
    except (ValueError, OverflowError, re.error):
        return None
