"""How much of a list a page can hold: bytes are counted before they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")


def within(items: Iterable[_T], most: int, weight: Callable[[_T], int]) -> list[_T]:
    """The first of the items whose weights (bytes on the page) together are no more than `most`."""
    found, left = [], most
    for one in items:
        left -= weight(one)
        if left < 0:
            break
        found.append(one)
    return found


def weight_of(*texts: str) -> int:
    """Bytes of the texts on the page, where some characters are five."""
    from markupsafe import escape

    return sum(len(escape(text).encode("utf-8", "replace")) for text in texts)
