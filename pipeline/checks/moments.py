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

from pipeline.checks.found import among, where
from pipeline.columns import Reader
from pipeline.data_types import TypeOptions
from pipeline.model import Field

if TYPE_CHECKING:
    from pipeline.columns import Texts

_MINUTE: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND: Final = f"{_MINUTE}:[0-5][0-9]"
#: What stands behind the date: for a format that ends so, and for one without a time of day ("").
_CLOCKS: Final = {
    " %H:%M:%S": f" ({_SECOND})",
    "T%H:%M:%S": f"T({_SECOND})",
    " %H:%M": f" ({_MINUTE})",
    "T%H:%M": f"T({_MINUTE})",
    "": f"(?:T|,? )({_SECOND}|{_MINUTE})",
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
        filled = where(pc.not_equal(cells, ""))
        if self._clock:
            with_clock = among(filled, pc.match_substring_regex(cells.take(filled), rf"\A[^:]+{self._clock}\z"))
            made = self._put(made, known, with_clock, self._divide(cells.take(with_clock)))
        if self._bare:
            bare = among(filled, ~known[filled])
            made = self._put(made, known, bare, (cells.take(bare), pa.scalar(" 00:00:00", pa.large_string())))
        left = among(filled, ~known[filled])
        moments = self._moment.canonical(cells.take(left))
        known[left] = np.asarray(self._moment.valid(moments))
        return _replaced(made, left, moments), known

    def _divide(self, cells: Texts) -> tuple[Texts, Texts]:
        days = pc.replace_substring_regex(cells, rf"{self._clock}\z", "")
        clocks = pc.replace_substring_regex(cells, rf"\A[^:]+{self._clock}\z", r" \1")
        return days, pc.replace_substring_regex(clocks, r"\A( [0-9]{2}:[0-9]{2})\z", r"\1:00")

    def _put(self, made: Texts, known: np.ndarray, at: np.ndarray, parts: tuple[Texts, Texts | pa.Scalar]) -> Texts:
        """Put the moments together where the day is one."""
        if not len(at):
            return made
        days, sure = self._day.read(parts[0])
        sure = sure | np.asarray(self._day.valid(days))
        known[at] = sure
        nothing = pa.scalar("", pa.large_string())
        return _replaced(made, at[sure], pc.binary_join_element_wise(days, parts[1], nothing).filter(pa.array(sure)))


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
