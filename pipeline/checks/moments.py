"""Dates and times of day by the column, as the data types Date and Date Time read them.

Most moments of a list are a date with a time of day behind it. The two are read apart: the dates of a list are few,
and so are not read anew for each second.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.checks.found import where
from pipeline.columns import Reader
from pipeline.data_types import TypeOptions
from pipeline.model import Field

if TYPE_CHECKING:
    from pipeline.columns import Texts

_MINUTE: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND: Final = f"{_MINUTE}:[0-5][0-9]"
#: What stands behind the date: for a format that ends so, and for one without a time of day ("").
_CLOCKS: Final = {
    " %H:%M:%S": f" (?P<clock>{_SECOND})",
    "T%H:%M:%S": f"T(?P<clock>{_SECOND})",
    " %H:%M": f" (?P<clock>{_MINUTE})",
    "T%H:%M": f"T(?P<clock>{_MINUTE})",
    "": f"(?:T|,? )(?P<clock>{_SECOND}|{_MINUTE})",
}
_CLOCK_DIRECTIVE: Final = re.compile("%[HIMSfpcXz]")


class Moments:
    """Reads cells as moments, by the format that their column declares ("" for none)."""

    def __init__(self, date_format: str = "") -> None:
        self._moment = Reader(Field("", "", data_type="Date Time"), TypeOptions(date_format=date_format))
        self._clock, day_format = _divided(date_format)
        self._day = Reader(Field("", "", data_type="Date"), TypeOptions(date_format=day_format))
        self._bare = date_format == day_format

    def read(self, cells: Texts) -> tuple[Texts, np.ndarray]:
        """For each cell the moment in ISO form (`1980-12-25 14:30:00`), and where that is one; what is none stays.

        A date without a time of day is its midnight.
        """
        made, known = cells, np.zeros(len(cells), dtype=bool)
        if self._clock:
            parts = pc.extract_regex(cells, rf"\A(?P<day>[^:]+?){self._clock}\z")
            there = where(parts.is_valid())
            days, clocks = (part.take(there) for part in parts.flatten())
            seconds = pc.replace_substring_regex(clocks, r"\A([0-9]{2}:[0-9]{2})\z", r"\1:00")
            made = self._put(made, known, there, days, seconds)
        if self._bare:
            there = where(~known & np.asarray(pc.not_equal(cells, ""), dtype=bool))
            made = self._put(made, known, there, cells.take(there), pa.scalar("00:00:00", pa.large_string()))
        left = where(~known & np.asarray(pc.not_equal(cells, ""), dtype=bool))
        moments = self._moment.canonical(cells.take(left))
        known[left] = np.asarray(self._moment.valid(moments))
        return _replaced(made, left, moments), known

    def _put(self, made: Texts, known: np.ndarray, at: np.ndarray, days: Texts, seconds: Texts | pa.Scalar) -> Texts:
        """Put the moments together where the day is one."""
        if not len(at):
            return made
        days, sure = self._day.read(days)
        doubtful = where(~sure)
        sure[doubtful] = np.asarray(self._day.valid(days.take(doubtful)))
        known[at] = sure
        moments = pc.binary_join_element_wise(days, seconds, pa.scalar(" ", pa.large_string()))
        return _replaced(made, at[sure], moments.filter(pa.array(sure)))


def _divided(date_format: str) -> tuple[str, str]:
    """The pattern of the time of day behind the date, and the format of the date; "" where they cannot be parted."""
    for ending, clock in _CLOCKS.items():
        days = date_format.removesuffix(ending)
        if date_format.endswith(ending) and not _CLOCK_DIRECTIVE.search(days):
            return clock, days
    return "", ""


def _replaced(values: Texts, positions: np.ndarray, new: Texts) -> Texts:
    if not len(positions):
        return values
    mask = np.zeros(len(values), dtype=bool)
    mask[positions] = True
    return pc.replace_with_mask(values, mask, new)
