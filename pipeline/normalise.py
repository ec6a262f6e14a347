"""Normalise stage: text as people write it becomes text as it is checked, compared and sent.

Nothing is refused here; that is for `pipeline.validate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.data_types import TEXT, DataType, TypeOptions, data_type
from pipeline.model import Field

if TYPE_CHECKING:
    import pandas as pd


def type_of(field: Field) -> DataType:
    """The field's data type; one that is not known is checked as Text (leadbyte-api.md, "Data types")."""
    return data_type(field.data_type) or TEXT


def over_unique(series: pd.Series[str], function: Callable[[str], object]) -> pd.Series[str]:
    """`function` of every value, asked once per distinct value."""
    return series.map({value: function(value) for value in series.unique()})


def normalise(series: pd.Series[str], field: Field, options: TypeOptions) -> pd.Series[str]:
    """The column of one field in canonical form; what is not understood stays as it is, stripped."""
    if field.selections:
        return over_unique(series, _selection(field)).astype("str")
    kind = type_of(field)
    return over_unique(series, lambda value: kind.normalise(value, options)).astype("str")


def wire(series: pd.Series[str], field: Field, options: TypeOptions) -> pd.Series[str]:
    """A canonical column as the campaign wants it sent (date format, phone format); empty stays empty."""
    if field.selections:
        return series
    kind = type_of(field)
    return over_unique(series, lambda value: kind.wire(value, options) if value else "").astype("str")


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
        return "" if _selection(field)(value) in {one.value for one in field.selections} else no_choice(field)
    kind = type_of(field)
    return "" if kind.check(kind.normalise(value, options), options) else kind.explain(value, options)


def _selection(field: Field) -> Callable[[str], str]:
    """A cell matches a selection's label or its value, regardless of case; the value is what is sent."""
    values = {one.label.strip().casefold(): one.value for one in field.selections}
    values |= {one.value.strip().casefold(): one.value for one in field.selections}
    return lambda cell: values.get(cell.strip().casefold(), cell.strip())
