"""What a data type is: a name of LeadByte's, and pure functions over text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TypeOptions:
    """What mapping, campaign and flags say about one field.

    `date_format` is the strptime format of the column in the file ("" = not declared), `send_format` the
    strftime format that the campaign wants ("" = ISO), `phone_format` "national" or "e164", and `country`
    the campaign's country as LeadByte writes it (leadbyte-api.md, Read); a blank one means United Kingdom.
    """

    date_format: str = ""
    send_format: str = ""
    phone_format: str = "national"
    country: str = "United Kingdom"


@dataclass(frozen=True, slots=True)
class Plain:
    """A pattern of common values, by which whole columns are settled without asking for each value.

    `pattern` matches a whole cell, and is written so that RE2 and Python's `re` read it alike. What fits is valid,
    and canonical as it stands or, with `pieces`, once it is put together out of these texts and slices of the cell.
    With `canonical` (`\\1` is a group) it is canonical once replaced by that, and may be valid or not.
    A plain form only ever says what the type's own functions say (tests/data_types/test_laws.py).
    """

    pattern: str
    canonical: str = ""
    pieces: tuple[str | slice, ...] = ()


def nothing_plain(options: TypeOptions) -> tuple[Plain, ...]:
    """No plain forms: the `plain` of every type whose values are seldom or short."""
    return ()


@dataclass(frozen=True, slots=True)
class DataType:
    """One of LeadByte's data types: how its values are tidied, judged, explained and sent.

    `normalise` turns text into canonical text, is idempotent, and returns what it does not understand
    stripped but otherwise unchanged. `check` judges canonical text. `explain` takes a raw value that fails
    and finishes the sentence "<column> ...", without repeating the value. `wire` turns canonical text into
    what is sent. None of them raises, whatever the text. `rule` is the short name that reports show.
    `plain` gives the forms in which most values come, tried in order.
    """

    name: str
    rule: str
    normalise: Callable[[str, TypeOptions], str]
    check: Callable[[str, TypeOptions], bool]
    explain: Callable[[str, TypeOptions], str]
    wire: Callable[[str, TypeOptions], str]
    plain: Callable[[TypeOptions], tuple[Plain, ...]] = nothing_plain


def send_as_is(canonical: str, options: TypeOptions) -> str:
    """Send the canonical text itself: the `wire` of every type without a format of its own."""
    return canonical
