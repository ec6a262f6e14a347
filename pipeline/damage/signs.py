"""What single values give away: the patterns of Excel's and of encodings' damage, and the order of a date.

Patterns are RE2's, for whole columns; Python's `re` reads them alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from pipeline.damage.findings import Kind
from pipeline.data_types import TypeOptions, data_type, format_problem
from pipeline.data_types.cleaning import CACHE_SIZE, stripped

#: Rules of data types (`DataType.rule`) that belong together.
PHONES: Final = frozenset({"uk_mobile", "uk_landline", "phone"})
DATES: Final = frozenset({"date", "date_time"})
#: Types that accept a word: damage in them does not make a value invalid.
WORDS: Final = frozenset({"text", "alphabetical"})
STRICT: Final = frozenset(
    {*PHONES, *DATES, "email", "postcode", "number", "integer", "currency", "url", "ip_address", "yes_no"}
)


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern of a whole canonical value that gives damage away, and the types in which it does."""

    kind: Kind
    rules: frozenset[str]
    pattern: str


#: One row per sign. In columns of words only what Excel and programs write letter for letter counts: `NA`, `Null`
#: and `Nan` are people's names, `1E5` may be a house.
SIGNS: Final[tuple[Sign, ...]] = (
    Sign(Kind.SCIENTIFIC, STRICT, r"-?[1-9][0-9]*(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}"),
    Sign(Kind.SCIENTIFIC, WORDS, r"-?[1-9](?:[.,][0-9]+)?E\+[0-9]{2,3}"),
    Sign(Kind.SERIAL_DATE, DATES, r"[1-9][0-9]{4}(?:\.[0-9]+)?"),
    Sign(
        Kind.ERROR_TEXT,
        STRICT | WORDS,
        r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|GETTING_DATA)|#{3,}",
    ),
    Sign(Kind.DECIMALS, frozenset({"text"}), r"[0-9]{6,}\.0"),
    Sign(Kind.PLACEHOLDER, STRICT, r"(?i:\(?null\)?|none|nil|nan|<na>|n/?a)|-+|\?+|\.+"),
    Sign(Kind.PLACEHOLDER, WORDS, r"\(null\)|NULL|null|None|NaN|nan|<NA>|N/A|n/a|-+|\?+|\.+"),
    Sign(Kind.REPLACED, frozenset({"alphabetical"}), r"(?s:.*)(?:[A-Za-zÀ-ɏ]\?|\?[a-zà-ɏ])(?s:.*)"),
)

# The bytes 80 to BF as Windows' Western European encoding shows them; C1 controls where it has no character.
_LATE: Final = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
#: UTF-8 read as cp1252 or ISO 8859-1, once or twice over: Latin letters, Romanian and Vietnamese ones, quotes,
#: dashes and the euro sign, Greek and Cyrillic; then UTF-8 read as Mac Roman.
MOJIBAKE: Final = (
    f"[ÃÄÅ][{_LATE}]|Â[\u0080-\u00bf]|È[˜™š›]|áº[{_LATE}]|á»[{_LATE}]|â€|â‚¬|â„¢|(?:[ÎÏÐÑ][{_LATE}]){{2}}"
    "|√[^\\x00-\\x7f]|‚Ä[^\\x00-\\x7f]"
)
REPLACED: Final = "\ufffd"

_NUMERIC: Final = re.compile(
    r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?:(?:T|,?\s+)[0-9]{1,2}:.*)?", re.ASCII | re.DOTALL
)
_DAY_OR_MONTH: Final = re.compile(r"%(-?)([dm])")


def signs_of(rule: str) -> tuple[Sign, ...]:
    """The signs that count in a column of this type."""
    return tuple(one for one in SIGNS if rule in one.rules)


@lru_cache(maxsize=CACHE_SIZE)
def order(text: str) -> tuple[str, str]:
    """How a written date with a year of four digits at its end can be read, and what joins its parts.

    "both", "day first" or "month first" for real days of the calendar; "" for every other text, and where both
    readings are the same day.
    """
    match = _NUMERIC.fullmatch(stripped(text))
    if match is None:
        return "", ""
    day_first = _is_day(match[4], match[3], match[1])
    month_first = _is_day(match[4], match[1], match[3])
    if day_first and month_first:
        return ("both" if int(match[1]) != int(match[3]) else ""), match[2]
    return ("day first" if day_first else "month first" if month_first else ""), match[2]


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def other_order(date_format: str) -> str:
    """A declared format with day and month the other way round; "" where that is no format of its own."""
    swapped = _DAY_OR_MONTH.sub(lambda found: f"%{found[1]}{'m' if found[2] == 'd' else 'd'}", date_format)
    return "" if swapped == date_format or format_problem(swapped) else swapped


@lru_cache(maxsize=CACHE_SIZE)
def fits_only(text: str, type_name: str, declared: str, other: str) -> bool:
    """Tell whether a canonical value of a date type is no date by the declared format, and is one by the other."""
    kind = data_type(type_name)
    if kind is None or kind.check(text, TypeOptions(date_format=declared)):
        return False
    options = TypeOptions(date_format=other)
    return kind.check(kind.normalise(text, options), options)


#: What a value looks like, tried from above; the words are the sentence's.
_LOOKS: Final[dict[str, re.Pattern[str]]] = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "dates": re.compile(
        r"(?:[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-/. ])(?:[0-9]{1,2}|[A-Za-z]{3,9})\2[0-9]{2,4})"
        r"(?:[T ].*)?"
    ),
    "mobile numbers": re.compile(r"(?:(?:\+|00)?44)?[ ()0.-]*7(?:[ ()./-]*[0-9]){9}"),
    "landline numbers": re.compile(r"(?:(?:\+|00)?44)?[ ()0.-]*[123](?:[ ()./-]*[0-9]){8,9}"),
    "phone numbers": re.compile(r"\+?(?:[ ()./-]*[0-9]){9,15}"),
    "postcodes": re.compile(r"[A-Za-z]{1,2}[0-9][0-9A-Za-z]?[ -]*[0-9][A-Za-z]{2}"),
    "names or words": re.compile(r"[^\W\d_][^\d_@/#]*"),
}
#: What the values of a type look like when they are in their place. Types without an entry are not judged by looks.
OWN_LOOKS: Final[dict[str, frozenset[str]]] = {
    "email": frozenset({"e-mail addresses"}),
    "date": frozenset({"dates"}),
    "date_time": frozenset({"dates"}),
    "uk_mobile": frozenset({"mobile numbers"}),
    "uk_landline": frozenset({"landline numbers"}),
    "phone": frozenset({"mobile numbers", "landline numbers", "phone numbers"}),
    "postcode": frozenset({"postcodes"}),
    "alphabetical": frozenset({"names or words"}),
}
_PLACEHOLDER: Final = re.compile(next(one.pattern for one in SIGNS if one.kind == Kind.PLACEHOLDER))


def look_of(text: str) -> str:
    """What one value looks like, in a word of `OWN_LOOKS`; "" for nothing that is known, and for placeholders."""
    if _PLACEHOLDER.fullmatch(text):
        return ""
    return next((name for name, pattern in _LOOKS.items() if pattern.fullmatch(text)), "")
