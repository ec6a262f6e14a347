"""Names of files as a jobs file writes them: `acme_*_{date:%Y%m%d}.csv`."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

_DATE: Final = re.compile(r"\{date:([^{}]*)\}")
#: What each directive of a date looks like in a name.
_DIRECTIVES: Final = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{2}", "d": "[0-9]{2}", "j": "[0-9]{3}",
    "b": "[A-Za-z]{3}", "B": "[A-Za-z]{3,9}", "H": "[0-9]{2}", "M": "[0-9]{2}", "S": "[0-9]{2}",
}  # fmt: skip
#: Sets of directives that make a day.
_DAYS: Final = tuple(
    {year, *day} for year in "Yy" for day in (("m", "d"), ("b", "d"), ("B", "d"), ("j",))
)  # fmt: skip

#: Stands for the date while the rest is translated: a character that is in no name.
_HERE: Final = "\ue000"


class Named(NamedTuple):
    """A name that a pattern takes; `day` is the date in it, None where the pattern has none."""

    name: str
    day: date | None

    @property
    def order(self) -> tuple[date, str]:
        """By date, then by name."""
        return (self.day or date.min, self.name)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A glob (`*`, `?`, `[…]`) with at most one date in it. Case counts; a leading dot has to be written."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Raises ValueError, which says what is wrong, for what is no pattern."""
        if not text.strip() or "/" in text or "\\" in text:
            raise ValueError(f"{text!r} is not the name of a file; the folder is the inbox")
        if len(_DATE.findall(text)) > 1:
            raise ValueError(f"{text!r} has more than one {{date:…}}")
        if "{" in _DATE.sub("", text) or "}" in _DATE.sub("", text):
            raise ValueError(f"{text!r} has a brace that is no date; write dates like {{date:%Y%m%d}}")
        if found := _DATE.search(text):
            _check_format(found[1])
        return cls(text)

    def match(self, name: str) -> Named | None:
        """The name and its date; None where the pattern does not take it."""
        if name.startswith(".") and not self.text.startswith("."):
            return None
        written = _DATE.search(self.text)
        found = re.fullmatch(self._expression(), name, re.DOTALL)
        if found is None or written is None:
            return Named(name, None) if found else None
        try:
            day = datetime.strptime(found["date"], written[1]).date()  # noqa: DTZ007 - a day, not an instant
        except ValueError:
            return None  # as acme_20261399.csv
        return Named(name, day)

    def may_meet(self, other: Pattern) -> bool:
        """Whether a name can be thought of that both take; a date counts as any text."""
        return _meet(self._parts(), other._parts())

    def _expression(self) -> str:
        written = _DATE.search(self.text)
        whole = fnmatch.translate(_DATE.sub(_HERE, self.text))
        return whole.replace(_HERE, f"(?P<date>{_look(written[1])})" if written else "")

    def _parts(self) -> list[str]:
        """The pattern as characters and stars, for comparing: what stands for one character is a `?`."""
        glob = _DATE.sub("*", self.text)
        return re.findall(r"\[!?\]?[^\]]*\]|.", glob, re.DOTALL)


def _check_format(written: str) -> None:
    known = re.findall(r"%(.)", written)
    if strange := [one for one in known if one not in _DIRECTIVES]:
        raise ValueError(f"%{strange[0]} is not known in {{date:{written}}}; write it like {{date:%Y%m%d}}")
    if not any(day <= set(known) for day in _DAYS) or len(known) != len(set(known)):
        raise ValueError(f"{{date:{written}}} makes no date: it needs year, month and day, like {{date:%Y%m%d}}")


def _look(written: str) -> str:
    """A date's format as a regular expression."""
    pieces = re.split(r"%(.)", written)
    return "".join(_DIRECTIVES[piece] if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))


def _meet(first: list[str], second: list[str]) -> bool:
    """Whether two patterns have a name in common. A bracket counts as any character."""
    reached = {(0, 0)}
    seen = set(reached)
    while reached:
        at, on = reached.pop()
        if at == len(first) and on == len(second):
            return True
        for step in _steps(first, second, at, on):
            if step not in seen:
                seen.add(step)
                reached.add(step)
    return False


def _steps(first: list[str], second: list[str], at: int, on: int) -> list[tuple[int, int]]:
    one, other = first[at : at + 1], second[on : on + 1]
    steps = []
    if one == ["*"]:
        steps += [(at + 1, on)] + ([(at, on + 1)] if other else [])
    if other == ["*"]:
        steps += [(at, on + 1)] + ([(at + 1, on)] if one else [])
    if one and other and "*" not in (one[0], other[0]):
        alike = one == other or any(part == "?" or part.startswith("[") for part in (one[0], other[0]))
        steps += [(at + 1, on + 1)] if alike else []
    return steps
