"""How numbers, times and cells are written on the page: masked, cut, and with nothing in them that cannot be seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Final

#: Characters that are shown of a cell (it may have 32,767), of a header above cells, of a header or label elsewhere,
#: and of a sentence.
LONGEST_CELL: Final = 48
LONGEST_HEADER: Final = 32
LONGEST_NAME: Final = 60
LONGEST_WORDS: Final = 400

#: Categories of characters that turn the text around them, or that nobody sees.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Joiners, which belong to scripts and to emoji.
_JOINERS: Final = frozenset("\u200c\u200d")
#: What results.csv quotes of a row that is too long (pipeline.load.records).
_QUOTED: Final = re.compile(r"(beyond the last column: ).*", re.DOTALL)


def cut(text: str, limit: int = LONGEST_WORDS) -> str:
    """At most `limit` characters of a text, with those that cannot be seen written out, as in `⟨U+202E⟩`."""
    some = text[:limit]
    shown = some if some.isprintable() else "".join(map(_seen, some))
    return shown if len(text) <= limit and len(shown) <= limit else f"{shown[: limit - 1]}…"


def name(text: str) -> str:
    """A header, a label or the like."""
    return cut(text, LONGEST_NAME)


def file_name(path: str) -> str:
    """A file's name without its folders; a list without a name came through standard input."""
    if path == "-":
        return "standard input"
    return name(PurePath(path.replace("\\", "/")).name or path)


def begun(text: str) -> str:
    """A sentence, its first letter a capital."""
    return text[:1].upper() + text[1:]


def _seen(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    if character in "\r\n":
        return "⏎"
    seen = unicodedata.category(character) not in _UNSEEN
    return " " if seen else f"⟨U+{ord(character):04X}⟩"  # of space there are many kinds


def shown_cells(values: Sequence[str], *, full: bool) -> list[str]:
    """Cells as they are shown: cut, and each masked unless the person asked for the data in `full`."""
    some = [value[: 4 * LONGEST_CELL] for value in values]
    if not full and any(some):
        import pyarrow as pa

        from pipeline.masking import masked

        some = masked(pa.array([_encodable(value) for value in some], pa.large_string())).to_pylist()
    return [cut(value, LONGEST_CELL) for value in some]


def _encodable(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def without_cells(words: str) -> str:
    """What results.csv says of a row, without the cells that it quotes."""
    return _QUOTED.sub(r"\1…", words)


def count(number: int, thing: str) -> str:
    """`1 row`, `9,412 rows`."""
    return f"{number:,} {thing if number == 1 else thing + 's'}"


def when(moment: str, *, clock: bool = True) -> str:
    """An ISO time for people, in UTC: `23 Nov 2026, 11:40 UTC`; without the `clock` the day; else as it stands."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return name(moment)
    at = at.astimezone(UTC) if at.tzinfo else at
    return f"{at.day} {at:%b %Y, %H:%M} UTC" if clock else f"{at.day} {at:%b %Y}"


def clock_of(moment: str) -> str:
    """The time of day of an ISO time, in UTC: `11:40:07`; what is no time as it stands."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return name(moment)
    return f"{at.astimezone(UTC) if at.tzinfo else at:%H:%M:%S}"


def lasting(seconds: float) -> str:
    """`38 ms`, `4.2 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"
