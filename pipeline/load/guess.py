"""Guessing the encoding of text that is not UTF-8, from the characters that its bytes would be.

Windows' cp1252 (of which ISO 8859-1 is a part) is by far the most frequent, and stands unless the evidence against
it is clear: bytes that it lacks, symbols within words, capitals after small letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

_ODD: Final = re.compile(rb"[\x80-\xff]+")
#: Places looked at: enough to be sure.
_ENOUGH: Final = 20_000
#: Bytes of words that charset-normalizer is shown, and places below which it is not asked.
_SHOWN, _ASKED_FROM = 20_000, 12
#: Shares of places that make no sense: in every list some do not; where half of them do not, it is another encoding.
_FEW, _HALF = 0.1, 0.5
#: What else lists come in: Central European, Cyrillic, Greek, Turkish, Baltic, Hebrew, Arabic, and DOS.
_OTHERS: Final = [
    *("cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "iso8859_7", "cp1254", "cp1257", "cp1255", "cp1256"),
    *("cp850", "cp852", "cp437"),
]
#: No name has so many accented Latin letters in a row.
_RUN: Final = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]{3}")
#: What may stand between letters, after one, and before one, besides letters.
_JOINING: Final = frozenset("'’‘`´-‐–—·…°ªº\xa0\xad")
_CLOSING: Final = _JOINING | frozenset("”“»›«‹™®©²³¹½¼¾€£")
_OPENING: Final = _JOINING | frozenset("“”„‚«‹»›¿¡§©€£¥•®")


@dataclass(slots=True)
class Evidence:
    """Where bytes beyond ASCII stand in a file."""

    places: Counter[bytes] = field(default_factory=Counter)
    words: list[bytes] = field(default_factory=list)
    _seen: int = 0
    _size: int = 0

    def add(self, block: bytes) -> None:
        """Look at some more of the file, until there is enough."""
        for found in islice(_ODD.finditer(block), _ENOUGH - self._seen):
            begin, end = found.span()
            self.places[block[max(begin - 1, 0) : end + 1]] += 1
            self._seen += 1
            if self._size < _SHOWN:
                self.words.append(block[max(begin - 12, 0) : end + 12])
                self._size += len(self.words[-1])

    def oddities(self, encoding: str) -> float:
        """The share of places that make no sense in `encoding`, from 0 to 1."""
        odd = sum(count for place, count in self.places.items() if _is_odd(place, encoding))
        return odd / (self._seen or 1)


def candidates(evidence: Evidence) -> list[str]:
    """The encodings to try, the likeliest first; none where nothing makes sense."""
    windows, mac = evidence.oddities("cp1252"), evidence.oddities("mac-roman")
    if windows <= _FEW:
        return ["cp1252"]
    if mac <= _FEW and mac < windows / 3:
        return ["mac-roman"]
    other = _asked(evidence) if len(evidence.words) >= _ASKED_FROM else ""
    if other:
        return [other]
    return ["cp1252"] if windows <= _HALF else []


def _asked(evidence: Evidence) -> str:
    """What charset-normalizer says of the words, if it is sure and its reading makes sense here too."""
    from charset_normalizer import from_bytes

    best = from_bytes(b"\n".join(evidence.words), cp_isolation=_OTHERS).best()
    return "" if best is None or evidence.oddities(best.encoding) > _FEW else best.encoding


def _is_odd(place: bytes, encoding: str) -> bool:
    try:
        text = place.decode(encoding)
    except UnicodeDecodeError:
        return True
    return bool(_RUN.search(text)) or any(_odd_between(*three) for three in _threes(text))


def _threes(text: str) -> Iterable[tuple[str, str, str]]:
    framed = f"\n{text}\n"
    return ((framed[at - 1], framed[at], framed[at + 1]) for at in range(1, len(framed) - 1) if framed[at] > "\x7f")


def _odd_between(before: str, here: str, after: str) -> bool:
    """Whether a character makes no sense where it stands."""
    if "\x80" <= here <= "\x9f":
        return True
    if here.isalpha():
        return here.isupper() and (before.islower() or (before.isalpha() and after.islower()))
    if before.isalpha() and after.isalpha():
        return here not in _JOINING or (here in "–—" and before.islower() and after.islower())
    if before.isalpha():
        return here not in _CLOSING or (here == "‘" and before.islower())
    return after.isalpha() and here not in _OPENING
