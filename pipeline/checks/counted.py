"""Checks that look at the list as a whole: the same value in more rows than a person would expect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.checks.addresses import PLAIN_IP, as_ip
from pipeline.checks.counting import Counts
from pipeline.checks.definition import Check, Rule
from pipeline.checks.found import Found, among, saying, where
from pipeline.checks.moments import Moments
from pipeline.model import Severity

if TYPE_CHECKING:
    from pipeline.columns import Texts

#: A second that is written in the cell. Midnight is none: it is what dates without a time of day become.
_SECOND: Final = ":[0-9]{2}:[0-9]{2}"
_MIDNIGHT: Final = " 00:00:00"
_WORDS: Final = {
    Rule.SAME_IP: "is the IP address of more than",
    Rule.SAME_OPTIN: "is, to the second, the opt-in time of more than",
}
#: What is said of the rows that came before anybody could know: of one, of several.
_BEFORE: Final = {
    Severity.WARNING: ("is not counted here", "are not counted here"),
    Severity.FAULT: ("has passed", "have passed"),
}
_ONE: Final = {Rule.SAME_IP: "IP address", Rule.SAME_OPTIN: "second of opt-in"}


class Counted:
    """One such check of one list. It must be given the list's rows in their order, each once.

    Whatever goes beyond the limit is found; the rows up to it have passed when nobody could know.
    """

    def __init__(self, check: Check) -> None:
        self._limit, self._one = check.limit or 0, _ONE[check.rule]
        self._words = f"{_WORDS[check.rule]} {_and_before(self._limit, *_BEFORE[check.severity])}"
        self._keys = _ips if check.rule is Rule.SAME_IP else _seconds(check)
        self._counts = Counts()

    def look(self, cells: Texts, rows: np.ndarray) -> Found:
        """Count the next rows' values, and find those beyond the limit; `rows` are their numbers."""
        keys = self._keys(cells)
        at = where(pc.not_equal(keys, ""))
        return saying(self._words, among(at, self._counts.add(keys.take(at), rows[at]) > self._limit))

    def in_all(self, place: str) -> str:
        """What the whole list came to, as a sentence about that column; "" where no value goes beyond the limit."""
        found = self._counts.beyond(self._limit)
        if not found.values:
            return ""
        others = f"; {found.values:,} in all stand in more than {self._limit:,}" if found.values > 1 else ""
        return (
            f"{place}: one {self._one} stands in {found.rows:,} rows, the first of them row {found.first_row}{others}"
        )


def _and_before(limit: int, one: str, several: str) -> str:
    if limit == 1:
        return f"1 row, the first of which {one}"
    return f"{limit:,} rows, the first {limit:,} of which {several}"


def _ips(cells: Texts) -> Texts:
    """The addresses as they are compared; "" for what is none."""
    plain = pc.match_substring_regex(cells, PLAIN_IP)
    if pc.all(plain).as_py():
        return cells
    coded = cells.filter(pc.invert(plain)).dictionary_encode()
    read = pa.array(map(as_ip, coded.dictionary.to_pylist()), pa.large_string()).take(coded.indices)
    return pc.replace_with_mask(cells, pc.invert(plain), read)


def _seconds(check: Check) -> Callable[[Texts], Texts]:
    read = Moments(check.options.date_format).read

    def seconds(cells: Texts) -> Texts:
        moments, known = read(cells)
        counts = known & np.asarray(pc.match_substring_regex(cells, _SECOND), dtype=bool)
        counts &= ~np.asarray(pc.ends_with(moments, _MIDNIGHT), dtype=bool)
        return pc.if_else(pa.array(counts), moments, "")

    return seconds
