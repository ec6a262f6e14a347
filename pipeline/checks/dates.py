"""Dates of consent and of birth. Days are compared with today in UTC; a list's own time zone is not known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from pipeline.checks.definition import Check
from pipeline.checks.found import Found, Look, among, asked, saying, together, where
from pipeline.checks.moments import Moments
from pipeline.model import Field
from pipeline.normalise import type_of

if TYPE_CHECKING:
    import numpy as np

    from pipeline.columns import Texts

#: Somewhere on earth it is tomorrow already.
_GRACE: Final = timedelta(days=1)
_DATE: Final = type_of(Field("", "", data_type="Date"))
_ISO_DAY: Final = len("1980-12-25")


def optin_date(check: Check, today: date) -> Look:
    """Opt-in dates that are missing, unreadable, in the future, or more than `limit` days old."""
    read = Moments(check.options.date_format).read
    latest = (today + _GRACE).isoformat()
    oldest = (today - timedelta(days=check.limit)).isoformat() if check.limit is not None else ""

    def look(cells: Texts) -> Found:
        moments, known = read(cells)
        at, days = _days(moments, known)
        return together(
            saying("is empty: nothing shows when consent was given", where(pc.equal(cells, ""))),
            _unreadable(check, cells, known),
            saying("is in the future", among(at, pc.greater(days, latest))),
            saying(f"is more than {check.limit} days ago", among(at, pc.less(days, oldest))),
        )

    return look


def age(check: Check, today: date) -> Look:
    """Dates of birth of people who are not `limit` years old yet; an empty one says nothing about them."""
    read = Moments(check.options.date_format).read
    years = check.limit or 0
    latest = latest_birthday(today, years).isoformat()

    def look(cells: Texts) -> Found:
        moments, known = read(cells)
        at, days = _days(moments, known)
        return together(
            _unreadable(check, cells, known),
            saying(f"is the date of birth of somebody under {years}", among(at, pc.greater(days, latest))),
        )

    return look


def latest_birthday(today: date, years: int) -> date:
    """The latest date of birth of those who are so many years old today.

    Who was born on 29 February turns older on 1 March in a year without that day.
    """
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # today is 29 February, and that year had none
        return date(today.year - years, 2, 28)


def _days(moments: Texts, known: np.ndarray) -> tuple[np.ndarray, Texts]:
    at = where(known)
    return at, pc.utf8_slice_codeunits(moments.take(at), 0, _ISO_DAY)


def _unreadable(check: Check, cells: Texts, known: np.ndarray) -> Found:
    filled = where(pc.not_equal(cells, ""))
    return asked(lambda cell: _DATE.explain(cell, check.options), cells, among(filled, ~known[filled]))
