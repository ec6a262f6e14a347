"""Validate stage: a pandera schema built out of the campaign's own fields, and its failures as faults.

The schema checks canonical text (see `pipeline.columns`): nothing is coerced, so that no fault hides another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.columns import Reader, texts
from pipeline.data_types import TypeOptions
from pipeline.model import Field
from pipeline.normalise import type_of

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

REQUIRED = "required"
SELECTION = "selection"


@dataclass(frozen=True, slots=True)
class Checked:
    """One field to be checked: where its values come from (as messages name it) and how they are read."""

    field: Field
    source: str
    options: TypeOptions
    reader: Reader = dataclasses.field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.field, self.options))


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule of one field, and the positions (from 0, ascending) of the rows that break it."""

    checked: Checked
    rule: str
    positions: np.ndarray


def build_schema(checked: Sequence[Checked]) -> pa.DataFrameSchema:
    """The campaign as a pandera schema: one column per fed field, each of its rules a vectorised check."""
    import pandera.pandas as pa

    return pa.DataFrameSchema({one.field.name: pa.Column(checks=_checks(one)) for one in checked}, strict=True)


def _checks(one: Checked) -> list[pa.Check]:
    import pandas as pd
    import pandera.pandas as pa

    def valid(series: pd.Series[str]) -> pd.Series[bool]:
        return pd.Series(np.asarray(one.reader.valid(texts(series))), index=series.index)

    rule = SELECTION if one.field.selections else type_of(one.field).rule
    checks = [pa.Check(valid, name=rule)]
    if one.field.required:
        checks.insert(0, pa.Check(lambda series: series != "", name=REQUIRED))
    return checks


def validate(schema: pa.DataFrameSchema, canonical: pd.DataFrame, checked: Sequence[Checked]) -> list[Fault]:
    """Every fault of every row, in the order of the fields and then of their rules.

    `canonical` has field names as columns and a row's position as index. Raises RuntimeError when a check itself
    breaks.
    """
    from pandera.errors import SchemaErrors

    try:
        schema.validate(canonical, lazy=True)
    except SchemaErrors as error:
        failures = error.failure_cases
    else:
        return []
    if failures["index"].isna().any():
        # A failure of no row is a fault of this program, and must never pass for a clean list.
        broken = sorted(set(failures.loc[failures["index"].isna(), "check"].astype(str)))
        raise RuntimeError(f"the validation schema failed as a whole: {', '.join(broken)}")
    positions = {
        (str(name), str(rule)): np.sort(found.to_numpy(dtype=np.int64))
        for (name, rule), found in failures.groupby(["column", "check"], sort=False)["index"]
    }
    return [
        Fault(one, rule, positions[name, rule])
        for one in checked
        for name, rule in sorted(key for key in positions if key[0] == one.field.name)
    ]
