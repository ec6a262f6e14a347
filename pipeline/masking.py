r"""Personal data out of sight: enough of a value to recognise it beside the list, too little to learn it.

`j***@e***.com`, `07*** ***123`, `**/**/19** 09:15:00` (a time of day without its day tells nothing of anybody); of
anything else the first character of each word or number. What is wrong with a value stays in sight where that gives
nobody away: `j***(at)e***.com`, `7.7***E+09`, `31/02/19**`, since the 31st of February is nobody's birthday.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class Form(NamedTuple):
    """A form of texts (RE2): what matches `pattern` is rewritten by it."""

    pattern: str
    masked: str


class Family(NamedTuple):
    """Forms of values that have something in common, in the order in which they are tried.

    A value belongs to the first family whose pattern it matches.
    """

    pattern: str
    forms: tuple[Form, ...]


#: What a word or number is made of: all letters and digits, and whatever is not ASCII, letter or not.
_IN_WORD: Final = r"[0-9A-Za-z\x{80}-\x{10ffff}]"
_BETWEEN: Final = r"[^0-9A-Za-z\x{80}-\x{10ffff}]"
#: Two numbers that are no day and month, whichever comes first.
_NO_DAY: Final = "|".join(
    (
        r"(?:00?|3[2-9]|[4-9][0-9])[-/.][0-9]{1,2}|[0-9]{1,2}[-/.](?:00?|3[2-9]|[4-9][0-9])",
        r"(?:1[3-9]|2[0-9]|3[01])[-/.](?:1[3-9]|2[0-9]|3[01])",
        r"3[01][-/.]0?2|0?2[-/.]3[01]",
        r"31[-/.](?:0?[469]|11)|(?:0?[469]|11)[-/.]31",
    )
)
_GAP: Final = r"[-. ()/]*"
#: What follows a date. One group: the time of day to the second, where it is one.
_TIME: Final = r"(?:([ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,:][0-9:.,]*)?Z?|[ T][0-9]{1,2}:[0-9:.,]+Z?)?"

_ADDRESS: Final = Form(
    r"\A\s*([A-Za-z0-9])[\w+'-]*(?:\.[\w+'-]+)*@([A-Za-z0-9])[A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*(\.[A-Za-z]{2,6})\s*\z",
    r"\1***@\2***\3",
)
_ADDRESS_IN_WORDS: Final = Form(
    r"(?i)\A\s*([a-z0-9])[\w.+'-]*( at | ?[(\[{<] ?at ?[)\]}>] ?)([a-z0-9])[a-z0-9.-]*?(\.[a-z]{2,6})?\s*\z",
    r"\1***\2\3***\4",
)
_NUMBERS: Final = (
    Form(rf"\A\s*((?:{_NO_DAY})[-/.])([0-9]{{2}})?[0-9]{{2}}{_TIME}\s*\z", r"\1\2**\3"),
    Form(rf"\A\s*([0-9]{{2}})[0-9]{{2}}([-/.](?:{_NO_DAY})){_TIME}\s*\z", r"\1**\2\3"),
    Form(rf"\A\s*[0-9]{{1,2}}([-/.])[0-9]{{1,2}}([-/.])([0-9]{{2}})?[0-9]{{2}}{_TIME}\s*\z", r"**\1**\2\3**\4"),
    Form(rf"\A\s*([0-9]{{2}})[0-9]{{2}}([-/.])[0-9]{{1,2}}([-/.])[0-9]{{1,2}}{_TIME}\s*\z", r"\1**\2**\3**\4"),
    Form(r"\A\s*([0-9]{1,3})(?:\.[0-9]{1,3}){3}\s*\z", r"\1.***.***.***"),
    Form(r"\A\s*([-+]?[0-9])[0-9]+(\.0{1,2})\s*\z", r"\1***\2"),
    Form(
        rf"\A[\s(]*(\+?[0-9]){_GAP}([0-9])(?:{_GAP}[0-9]){{4,}}{_GAP}([0-9]){_GAP}([0-9]){_GAP}([0-9]){_GAP}\s*\z",
        r"\1\2*** ***\3\4\5",
    ),
    Form(r"\A\s*([-+]?[0-9](?:[.,][0-9])?)[0-9]*([eE][-+]?[0-9]{1,2})\s*\z", r"\1***\2"),
)
#: What fits none of its family's forms is masked word by word.
FAMILIES: Final = (
    Family("@", (_ADDRESS,)),
    Family(r"\A[-+0-9\s().,:/eETZ]*\z", _NUMBERS),
    Family("", (_ADDRESS_IN_WORDS,)),
)
#: Any word; single characters that stand apart (`J o h n`, `李 明`), whatever is between them, are one.
_ANYTHING: Final = Form(rf"({_IN_WORD})(?:{_IN_WORD}+|(?:{_BETWEEN}+{_IN_WORD})+({_BETWEEN}|\z))", r"\1***\2")

_QUOTED: Final = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
#: Where our own words about a row quote cells.
_BEYOND: Final = Form(rf"(?s)(beyond the last column: ){_QUOTED}(?:, {_QUOTED})*(?:, …)?", r"\1***")
#: What may be a person's in LeadByte's words. A label's own number (`Phone_1`) is no part of the one behind it.
_PERSONAL: Final = (
    Form(r"""([^\s@<>"',;:()])[^\s@<>"',;:()]*@([^\s@<>"',;:()])[^\s@<>"',;:()]*""", r"\1***@\2***"),
    Form(r"((?:_\p{Nd}{1,2} )?\p{Nd})(?:[-. ()/]{0,2}\p{Nd}){4,}", r"\1***"),
)


def masked(values: pa.LargeStringArray) -> pa.LargeStringArray:
    """Each value masked; an empty one stays empty."""
    made, left, others = values, np.arange(len(values)), []
    for family in FAMILIES:
        mine, left = _parted(values, left, family.pattern)
        for form in family.forms:
            fits, mine = _parted(values, mine, form.pattern)
            made = _replaced(made, fits, values, form)
        others.append(mine)
    return _replaced(made, np.concatenate(others), values, _ANYTHING)


def _parted(values: pa.LargeStringArray, at: np.ndarray, pattern: str) -> tuple[np.ndarray, np.ndarray]:
    """Those of the places whose values match the pattern, and the others."""
    fits = np.asarray(pc.match_substring_regex(values.take(at), pattern))
    return at[fits], at[~fits]


def _replaced(
    made: pa.LargeStringArray, at: np.ndarray, values: pa.LargeStringArray, form: Form
) -> pa.LargeStringArray:
    if not len(at):
        return made
    where = np.zeros(len(made), dtype=bool)
    where[at] = True
    return pc.replace_with_mask(made, where, pc.replace_substring_regex(values.filter(where), *form))


def mask(value: str) -> str:
    """One value masked."""
    return str(masked(pa.array([value], pa.large_string()))[0].as_py())


def without_cells(sentences: pa.LargeStringArray) -> pa.LargeStringArray:
    """Our own words about rows, without the cells that they quote: those beyond the last column."""
    return pc.replace_substring_regex(sentences, *_BEYOND)


def scrubbed(text: str) -> str:
    """Free text of LeadByte's, which may quote a person: e-mail addresses and runs of five digits and more masked."""
    words = pa.array([text], pa.large_string())
    for form in _PERSONAL:
        words = pc.replace_substring_regex(words, *form)
    return str(words[0].as_py())
