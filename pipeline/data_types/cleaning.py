"""What every type does to text first, and the slips of spreadsheets that several types recognise."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Characters without a shape that copying from web pages, chats and address books leaves behind.
INVISIBLE: Final = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_EDGES: Final = INVISIBLE + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}")
_WHITE: Final = re.compile(r"\s+")

SCIENTIFIC: Final = (
    "is in Excel's scientific notation and has lost digits: format the column as text in the "
    "original spreadsheet and export it again"
)


def stripped(text: str) -> str:
    """Text without white space (no-break spaces too) and invisible characters at its two ends."""
    return text.strip(_EDGES)


def collapsed(text: str) -> str:
    """Stripped text in which every run of white space is one plain space."""
    return stripped(_WHITE.sub(" ", text))


def is_scientific(text: str) -> bool:
    """Tell whether a spreadsheet has turned a long number into something like 7.7009E+09."""
    return _SCIENTIFIC.fullmatch(stripped(text)) is not None


def shown(character: str) -> str:
    """One character as a person can read it: itself in quotes, or the name of one that cannot be seen."""
    if character == " ":
        return "a space"
    if character.isprintable() and character not in INVISIBLE and not unicodedata.combining(character):
        return f"“{character}”"
    name = unicodedata.name(character, "").lower()
    kind = "control character" if is_control(character) else "character"
    return f"the {kind} U+{ord(character):04X}" + (f" ({name})" if name else "")


def is_control(character: str) -> bool:
    """Tell whether a character is one that no text should hold: a control code or half a surrogate pair."""
    return unicodedata.category(character) in {"Cc", "Cs"}


def plural(count: int, thing: str) -> str:
    """`1 digit`, `2 digits`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


#: A bound for caches of verdicts: enough for the repeats within a file, small enough for flat memory.
CACHE_SIZE: Final = 8_192
