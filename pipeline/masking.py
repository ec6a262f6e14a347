"""Personal data out of sight: enough of a value to recognise it beside the list, too little to learn it.

`j***@e***.com`, `07*** ***123`; of anything else the first character of each word or number.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc


class Form(NamedTuple):
    """A form of values (RE2): whoever matches `pattern` is rewritten by it."""

    pattern: str
    masked: str


#: Forms of values, the first that fits counts.
FORMS: Final = (
    Form(r"\A\s*([^@\s])[^@]*@([^@\s])[^@]*?(\.[A-Za-z]{2,})?\s*\z", r"\1***@\2***\3"),
    Form(r"\A\s*(\+?[0-9]{2})[-0-9 ().]{4,}([0-9]{3})\s*\z", r"\1*** ***\2"),
)
_ANYTHING: Final = Form(r"([\pL\pN])[\pL\pN\pM]*", r"\1***")


def masked(values: pa.LargeStringArray) -> pa.LargeStringArray:
    """Each value masked; an empty one stays empty."""
    left = pa.array([True] * len(values), pa.bool_())
    made = values
    for form in FORMS:
        fits = pc.and_(left, pc.match_substring_regex(values, form.pattern))
        if pc.any(fits).as_py():
            rewritten = pc.replace_substring_regex(values.filter(fits), form.pattern, form.masked)
            made = pc.replace_with_mask(made, fits, rewritten)
            left = pc.and_not(left, fits)
    rewritten = pc.replace_substring_regex(values.filter(left), *_ANYTHING)
    return pc.replace_with_mask(made, left, rewritten)


def mask(value: str) -> str:
    """One value masked."""
    return str(masked(pa.array([value], pa.large_string()))[0].as_py())
