"""What has changed between a lock and today, in sentences: pure, and nothing where nothing has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.data_types import data_type
from pipeline.drift.lock import Lock
from pipeline.model import Campaign, Field, Selection
from pipeline.names import fold

#: A header that has this in it is rather a cell of somebody's.
_OF_SOMEBODY: Final = re.compile(r"@|[0-9](?:[ ().-]{0,2}[0-9]){4,}")


@dataclass(frozen=True, slots=True)
class Change:
    """What is otherwise now, in words. `stops`: no lead is sent until a person has looked at it."""

    words: str
    stops: bool = True


def changes(lock: Lock, campaign: Campaign, headers: Sequence[str]) -> list[Change]:
    """What has changed since the lock was made; nothing where it is about another campaign, or no list was known."""
    found = list(_fields(lock.fields, campaign.fields)) if lock.campaign == campaign.reference else []
    return [*found, *(_columns(lock.headers, tuple(headers)) if lock.headers and headers else ())]


def _fields(before: Sequence[Field], now: Sequence[Field]) -> Iterator[Change]:
    left, found = list(now), dict[int, Field]()
    # The one of the same name is the same field, else the one of the same label.
    for known_by in (_name, _label):
        for at, old in enumerate(before):
            new = next((one for one in left if known_by(one) == known_by(old)), None)
            if at not in found and new:
                found[at] = new
                left.remove(new)
    for at, old in enumerate(before):
        yield from _field(old, found[at]) if at in found else [Change(f"field {old.label} is gone")]
    for one in left:
        words = f"field {one.label} is new, and required" if one.required else f"field {one.label} is new"
        yield Change(words, stops=one.required)


def _name(field: Field) -> str:
    return field.name


def _label(field: Field) -> str:
    return fold(field.label)


def _field(old: Field, new: Field) -> Iterator[Change]:
    if new.label != old.label:
        yield Change(f"field {old.label} is called {new.label} now")
    if new.name != old.name:
        yield Change(f"field {old.label} is sent as {new.name} now, no longer as {old.name}")
    if new.required != old.required:
        yield Change(f"field {old.label} is {'required now' if new.required else 'no longer required'}", new.required)
    if not _same_type(old.data_type, new.data_type):
        yield Change(f"field {old.label} is of the type {new.data_type} now, no longer {old.data_type}")
    if chosen := "; ".join(_choices(old.selections, new.selections)):
        yield Change(f"field {old.label}: {chosen}")


def _same_type(old: str, new: str) -> bool:
    known = data_type(old)
    return fold(old) == fold(new) or (known is not None and known is data_type(new))


def _choices(before: Sequence[Selection], now: Sequence[Selection]) -> Iterator[str]:
    old, new = ({one.label: one.value for one in some} for some in (before, now))
    if not now and before:
        yield "it takes anything now, no longer one of its choices"
    elif now and not before:
        yield f"it takes one of its choices only now: {_named(list(new))}"
    else:
        if came := [label for label in new if label not in old]:
            yield f"{_named(came)} can be chosen now"
        if gone := [label for label in old if label not in new]:
            yield f"{_named(gone)} cannot be chosen any more"
        for label in (one for one in old if one in new and old[one] != new[one]):
            yield f"{label!r} is sent as {new[label]!r} now, no longer as {old[label]!r}"


def _named(labels: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(map(repr, labels[:-1])), repr(labels[-1]))))


def _columns(before: tuple[str, ...], now: tuple[str, ...]) -> Iterator[Change]:
    old, new = ({fold(one): (at, one) for at, one in enumerate(some)} for some in (before, now))
    came = {at: one for key, (at, one) in new.items() if key not in old}
    shown = dict(came)
    if any(map(_OF_SOMEBODY.search, came.values())):
        shown = _masked(came)
        yield Change("the header is no header but a row of the list, it seems: its columns have no names")
    for key, (at, one) in old.items():
        if key in new:
            if one != new[key][1]:
                yield Change(f"column {one!r} is written {new[key][1]!r} now", stops=False)
        elif at in came:
            del came[at]
            yield Change(f"column {one!r} is called {shown[at]!r} now")
        else:
            yield Change(f"column {one!r} is gone")
    yield from (Change(f"column {shown[at]!r} is new") for at in sorted(came))
    if [one for one in old if one in new] != [one for one in new if one in old]:
        yield Change("the columns are in another order", stops=False)


def _masked(headers: Mapping[int, str]) -> dict[int, str]:
    from pipeline.masking import mask

    return {at: mask(one) for at, one in headers.items()}
