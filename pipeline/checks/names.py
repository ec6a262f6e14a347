"""Names that nobody has: keys in the order of the keyboard (asdf), one letter again and again, the word "test"."""

from __future__ import annotations

import string
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from pipeline.checks.definition import Check
from pipeline.checks.found import Found, Look, saying, where

if TYPE_CHECKING:
    from pipeline.columns import Texts

#: Only words that are nobody's name: Foo, Blah, Sample, Fake, Null and Na are.
_WORDS: Final = """
    test tests tset tester testing testtest testuser testname testlead
    abc abcd abcde abcdef abcabc xyz qaz wsx qazwsx
    dummy foobar blahblah nobody noname anonymous unknown
    firstname lastname surname forename fullname yourname myname
"""
_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST: Final = 3
#: Three keys in a row with a vowel among them may be a name (Yui), but not these.
_THREE_WITH_A_VOWEL: Final = frozenset({"asd", "dsa", "qwe", "ewq"})
_VOWELS: Final = frozenset("aeiouy")
#: Surnames that lie on the keyboard: Cornish, and German.
_REAL: Final = frozenset({"trew", "wert"})


def _along_the_keys() -> list[str]:
    """Every piece of a row of keys, in both directions."""
    rows = [*_KEYS, *(keys[::-1] for keys in _KEYS)]
    return [
        keys[start:end]
        for keys in rows
        for start in range(len(keys))
        for end in range(start + _SHORTEST, len(keys) + 1)
    ]


def _is_no_name(keys: str) -> bool:
    if len(keys) == _SHORTEST:
        return keys in _THREE_WITH_A_VOWEL or not _VOWELS.intersection(keys)
    return keys not in _REAL


@cache
def _pattern() -> str:
    """A pattern (RE2) of names in lower case that hold a word which is no name."""
    pieces = _along_the_keys()
    again = [f"{letter}{{3,}}" for letter in string.ascii_lowercase if letter != "i"]
    words = [
        *_WORDS.split(),
        *again,
        "i{4,}",  # III is the third of that name
        *filter(_is_no_name, pieces),
        f"(?:{'|'.join(pieces)}){{2,}}",
    ]
    return rf"(?:\A|[^\pL\pM'’])(?:{'|'.join(words)})(?:[^\pL\pM'’]|\z)"


def keyboard_name(_check: Check, _today: date) -> Look:
    """Names with a word that was typed to fill a form: see docs/checks.md for the rule."""
    pattern = _pattern()

    def look(cells: Texts) -> Found:
        lowered = pc.utf8_lower(cells)
        return saying(
            "looks typed to fill the form: it is nobody's name", where(pc.match_substring_regex(lowered, pattern))
        )

    return look
