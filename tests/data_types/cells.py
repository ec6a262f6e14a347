"""What the tests of all types ask: what becomes of one cell."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

from pipeline.data_types import DataType, TypeOptions

#: For properties whose first example loads a library and its tables.
UNHURRIED: Final = settings(deadline=None)
PLAIN: Final = TypeOptions()


def canonical(kind: DataType, raw: str, options: TypeOptions = PLAIN) -> str | None:
    """The canonical text of a cell, None where the cell is invalid."""
    text = kind.normalise(raw, options)
    return text if kind.check(text, options) else None


def fault(kind: DataType, raw: str, options: TypeOptions = PLAIN) -> str:
    """The explanation of a cell that must be invalid, and must have been kept as it stands."""
    text = kind.normalise(raw, options)
    assert not kind.check(text, options), f"{raw!r} is valid as {text!r}"
    return kind.explain(raw, options)


def sent(kind: DataType, raw: str, options: TypeOptions = PLAIN) -> str:
    """What goes to LeadByte for a cell."""
    return kind.wire(kind.normalise(raw, options), options)
