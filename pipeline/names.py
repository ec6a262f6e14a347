"""How headers, labels and field names are compared, and the nearest right one is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_IGNORED = re.compile(r"[\s_\-\u2010-\u2015]+")


def fold(name: str) -> str:
    """`name` as it is compared: regardless of case, spaces, `_` and hyphens ("E-mail " = "email")."""
    return _IGNORED.sub("", name).casefold()


def coinciding(names: Iterable[str], folded: Callable[[str], str] = fold) -> list[tuple[str, str]]:
    """Pairs of names that are the same once folded, first the earlier one."""
    seen: dict[str, str] = {}
    pairs = []
    for name in names:
        key = folded(name)
        if key in seen:
            pairs.append((seen[key], name))
        else:
            seen[key] = name
    return pairs


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known names that look most like `name`, best first; none when nothing is near."""
    from rapidfuzz import fuzz, process

    found = process.extract(name, list(known), scorer=fuzz.WRatio, processor=fold, limit=limit, score_cutoff=60)
    return [choice for choice, _score, _index in found]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A half sentence that names the nearest right ones, or "" when nothing is near."""
    near = nearest(name, known)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
