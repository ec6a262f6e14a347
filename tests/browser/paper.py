"""The texts of the pages of a PDF, as Chromium writes it: enough to see what is printed, and where."""

from __future__ import annotations

import re
import zlib
from typing import Final

_OBJECT: Final = re.compile(rb"\n(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM: Final = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_LETTERS: Final = re.compile(r"beginbf(?:char|range)\n(.*?)\nendbf", re.DOTALL)
_DRAWN: Final = re.compile(r"/(F\d+) [\d.]+ Tf|<([0-9A-F]+)> Tj|\n(ET)\n")


def texts(pdf: bytes) -> list[str]:
    """What stands on each page; pieces that are drawn apart are on lines of their own."""
    objects = dict(_OBJECT.findall(pdf))
    return [_text(body, objects) for body in objects.values() if re.search(rb"/Type /Page\b", body)]


def _text(page: bytes, objects: dict[bytes, bytes]) -> str:
    fonts = {name.decode(): _letters(objects[at], objects) for name, at in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
    words, letters = [], {}
    for font, glyphs, end in _DRAWN.findall(_stream(page, b"Contents", objects)):
        if font:
            letters = fonts[font]
        words.append("\n" if end else "".join(letters.get(glyph, "") for glyph in re.findall("....", glyphs)))
    return "".join(words)


def _letters(font: bytes, objects: dict[bytes, bytes]) -> dict[str, str]:
    """The letters by their glyphs' numbers, in hexadecimal."""
    found: dict[str, str] = {}
    for some in _LETTERS.findall(_stream(font, b"ToUnicode", objects)):
        for line in some.splitlines():
            first, *last, letter = (int(one, 16) for one in re.findall(r"<([0-9A-F]{4})>", line))
            found |= {f"{first + at:04X}": chr(letter + at) for at in range(max(last, default=first) - first + 1)}
    return found


def _stream(body: bytes, key: bytes, objects: dict[bytes, bytes]) -> str:
    """What an object has under a key."""
    at = re.search(rb"/%b (\d+) 0 R" % key, body)
    packed = at and _STREAM.search(objects[at[1]])
    assert packed
    return zlib.decompress(packed[1]).decode("latin-1")
