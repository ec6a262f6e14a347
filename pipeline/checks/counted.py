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

if TYPE_CHECKING:
    from pipeline.columns import Texts

#: A second that is written in the cell. Midnight is none: it is what dates without a time of day become.
_SECOND: Final = ":[0-9]{2}:[0-9]{2}"
_MIDNIGHT: Final = " 00:00:00"
_WORDS: Final = {
    Rule.SAME_IP: "is the IP address of more than {limit} rows",
    Rule.SAME_OPTIN: "is, to the second, the opt-in time of more than {limit} rows",
}


class Counted:
    """One such check of one list. It must be given the list's rows in their order, each once.

    Whatever goes beyond the limit is found; the rows up to it have passed when nobody could know.
    """

    def __init__(self, check: Check) -> None:
        self._limit = check.limit or 0
        self._words = _WORDS[check.rule].format(limit=self._limit)
        self._keys = _ips if check.rule is Rule.SAME_IP else _seconds(check)
        self._counts = Counts()

    def look(self, cells: Texts) -> Found:
        """Count the next rows' values, and find those beyond the limit."""
        keys = self._keys(cells)
        at = where(pc.not_equal(keys, ""))
        return saying(self._words, among(at, self._counts.add(keys.take(at)) > self._limit))


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
