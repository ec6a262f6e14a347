"""A nasty list and what must become of it: the form in which the modules here describe the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

HEADER: Final = ["First name", "Surname", "Email", "Phone", "Born", "Car"]


@dataclass(frozen=True, slots=True)
class Case:
    """One file, `theme/name`, and its expectation (README.md here says what may stand in it)."""

    name: str
    content: bytes
    expected: dict[str, Any]


def listed(name: str, content: str | bytes, outcomes: dict[int, str], *flags: str, **more: Any) -> Case:
    """A list that is read, with the outcome of each row."""
    rows = {str(row): outcome for row, outcome in sorted(outcomes.items())}
    return Case(name, _bytes(content), _flagged(flags) | {"rows": rows} | more)


def refused(name: str, content: str | bytes, words: str, hint: str, *flags: str, **more: Any) -> Case:
    """A list that is refused, with words of the message and of its hint."""
    return Case(name, _bytes(content), _flagged(flags) | {"refused": words, "hint": hint} | more)


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _flagged(flags: tuple[str, ...]) -> dict[str, Any]:
    return {"flags": list(flags)} if flags else {}


def person(number: int, **changes: str) -> list[str]:
    """The cells of a row that breaks no rule; each number is another person. `changes` by header, `_` for a blank."""
    cells = ["Ann", "Smith", f"ann{number}@example.com", f"07700 90000{number}", "13/02/1980", "Ford"]
    for header, text in changes.items():
        cells[HEADER.index(header.replace("_", " "))] = text
    return cells


def text(*rows: list[str], sep: str = ",", end: str = "\r\n", header: list[str] | None = None) -> str:
    """Rows below the header as text, no cell quoted; no header where `header` is empty."""
    head = HEADER if header is None else header
    return "".join(sep.join(cells) + end for cells in ([head] if head else []) + list(rows))


def valid(*rows: int) -> dict[int, str]:
    """These rows are valid."""
    return dict.fromkeys(rows, "valid")
