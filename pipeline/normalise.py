"""Normalise stage, by the value: text as people write it becomes text as it is checked, compared and sent.

Nothing is refused here; that is for `pipeline.validate`. Whole columns are in `pipeline.columns`.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.data_types import TEXT, DataType, TypeOptions, data_type
from pipeline.model import Field


def type_of(field: Field) -> DataType:
    """The field's data type; one that is not known is checked as Text (leadbyte-api.md, "Data types")."""
    return data_type(field.data_type) or TEXT


def no_choice(field: Field) -> str:
    """What is said of a value that is none of the field's selections."""
    allowed = [one.label for one in field.selections]
    more = f" and {len(allowed) - 8} more" if len(allowed) > 8 else ""
    return f"is not one of the campaign's choices: {', '.join(allowed[:8])}{more}"


def why_not(value: str, field: Field, options: TypeOptions) -> str:
    """Why one value (a constant of the mapping) can never be sent for `field`; "" when it can."""
    if not value.strip():
        return "is required and empty" if field.required else ""
    if field.selections:
        return "" if selection(field)(value) in {one.value for one in field.selections} else no_choice(field)
    kind = type_of(field)
    return "" if kind.check(kind.normalise(value, options), options) else kind.explain(value, options)


def selection(field: Field) -> Callable[[str], str]:
    """A cell matches a selection's label or its value, regardless of case; the value is what is sent."""
    values = {one.label.strip().casefold(): one.value for one in field.selections}
    values |= {one.value.strip().casefold(): one.value for one in field.selections}
    return lambda cell: values.get(cell.strip().casefold(), cell.strip())
