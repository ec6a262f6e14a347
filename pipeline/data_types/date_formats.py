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
