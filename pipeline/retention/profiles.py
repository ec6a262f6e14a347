"""The journal's JSON without personal data: what a list was found to be (pipeline.report.profile), whatever its form.

Worked on as it is kept, so that what an older or newer version wrote loses its data as well.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, Final

from pipeline.model import ERASED
from pipeline.retention.person import Person

#: What of a profile is taken from single rows; all else counts.
_OF_ROWS: Final = ("examples", "worst")


def without_examples(profile: str) -> str:
    """A profile in which no row is shown; "" stays so."""
    return json.dumps(_counts(json.loads(profile)), ensure_ascii=False) if profile else ""


def _counts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: [] if name in _OF_ROWS else _counts(one) for name, one in value.items()}
    return [_counts(one) for one in value] if isinstance(value, list) else value


def rows_in(profile: str, person: Person) -> set[int]:
    """The rows that a profile shows in which the person is."""
    shown = _shown(json.loads(profile)) if profile else ()
    return {one["row"] for one in shown if person.is_in("\0".join(_texts(one)))}


def _shown(value: Any) -> Iterator[dict[str, Any]]:
    """What is shown of single rows: examples of a fault, and the worst rows."""
    if isinstance(value, dict):
        if isinstance(value.get("row"), int):
            yield value
        else:
            value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from _shown(one)


def without(value: Any, person: Person, rows: Collection[int] = ()) -> Any:
    """JSON without the person, and without what it shows of these rows."""
    if isinstance(value, str):
        return person.without(value)
    if isinstance(value, list):
        return [without(one, person, rows) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("row"), int) and value["row"] in rows:
        return {name: _erased(name, one) for name, one in value.items()}
    return {name: without(one, person, rows) for name, one in value.items()}


def _erased(name: str, value: Any) -> Any:
    """What is shown of a row whose person is gone: its cells are, and what was said of it."""
    if name in ("value", "errors"):
        return ERASED
    return [ERASED for _cell in value] if name == "cells" else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
