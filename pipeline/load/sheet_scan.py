"""A quick search of an Excel sheet's XML: whether anything in it has to be looked at more closely.

Searching for a few words is quick; parsing is not. So only a sheet with words in it that give away an error, a
formula or something hidden is parsed, or one whose rows and values are not plain: calamine lays rows of one number
and cells of one place over each other, and takes the first of the shared texts where it cannot read which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

_BLOCK: Final = 1 << 20
#: How an Excel sheet begins whose tags have no prefix, in UTF-8 or any kindred encoding.
_EXCEL: Final = re.compile(rb"<worksheet[\s>]")
#: An error's type, hidden rows and columns, a formula (and not <filterColumn>, <formula1>, ...). Each of these, and
#: of those below, begins with the same characters whatever it finds: so they are searched for ten times as fast.
_TELLING: Final = tuple(map(re.compile, (b'"e"', b"'e'", b"'s'", b"hidden", rb"<f[\s/>]")))
#: A value, not of a formula or error, that is no plain number, or names a text by more than digits; two values.
_ODD: Final = tuple(
    map(
        re.compile,
        (
            rb'<v(?<!/f><v)(?<!"/><v)(?<!t="e"><v)(?!>[0-9]+</v>(?!<v)|/>|></v>'
            rb'|(?<!t="s"><v)>-?[0-9.]+(?:[eE][-+]?[0-9]{1,2})?</v>(?!<v))',
            rb't="s"\s[^>]*>\s*<v>(?![0-9]+</v>)',
        ),
    )
)
#: The number of a row, with its tag and behind the tag's name; the place of a cell.
_ROW: Final = re.compile(rb'<row\s(?:[^>]*?\s)?r="([0-9]+)"')
_NUMBER: Final = re.compile(rb'\s(?:[^>]*?\s)?r="([0-9]+)"')
_PLACE: Final = re.compile(rb'<c\s(?:[^>]*?\s)?r="([A-Z]+[0-9]+)"')
_CELL: Final = re.compile(rb"<c[\s/>]")
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def values(stream: IO[bytes]) -> int | None:
    """Count the cells that hold a value; None where the sheet has to be parsed.

    As rows are in order, cells can only be laid over each other if fewer of them arrive.
    """
    found = last = 0
    for text in _whole_rows(stream):
        numbers = list(map(int, _ROW.findall(text)))
        if any(one.search(text) for one in _TELLING + _ODD) or len(numbers) != text.count(b"<row"):
            return None
        if not all(map(int.__lt__, [last, *numbers], numbers)):
            return None
        last = numbers[-1] if numbers else last
        found += text.count(b"<v>") + text.count(b"<is") - text.count(b"<v></v>")
    return found if last else None


def has_plain_values(stream: IO[bytes]) -> bool:
    """Whether all values but those of formulas and errors are plain."""
    begun = False
    for text in _whole_rows(stream):
        begun = True
        if any(one.search(text) for one in _ODD) or b"'s'" in text:
            return False
    return begun


def is_in_place(stream: IO[bytes]) -> bool:
    """Whether each cell says that it is in its row, and no two say the same."""
    for text in _whole_rows(stream):
        for row in text.split(b"<row")[1:]:
            number = _NUMBER.match(row)
            places = _PLACE.findall(row)
            distinct = set(places)
            if number is None or len(distinct) != len(_CELL.findall(row)):
                return False
            if distinct and {one.lstrip(_LETTERS) for one in distinct} != {number[1]}:
                return False
    return True


def _whole_rows(stream: IO[bytes]) -> Iterator[bytes]:
    """The sheet in pieces that end where a row begins; nothing of one with prefixes, or with a row without end."""
    text = stream.read(_BLOCK)
    if not _EXCEL.search(text, 0, 4096):
        return
    while text:
        following = stream.read(_BLOCK)
        cut = text.rfind(b"<row") if following else len(text)
        if cut <= 0 and len(text) > 8 * _BLOCK:
            yield b"<row><v "  # which are neither a plain row nor a plain value
            return
        if cut > 0:
            yield text[:cut]
        text = text[max(cut, 0) :] + following
