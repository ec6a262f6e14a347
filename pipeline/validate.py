"""Validate stage: a pandera schema built out of the campaign's own fields, and its failures as faults.

The schema checks canonical text (see `pipeline.columns`): nothing is coerced, so that no fault hides another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as arrow
import pyarrow.compute as pc

from pipeline.columns import Reader, texts
from pipeline.data_types import TypeOptions
from pipeline.model import Field
from pipeline.normalise import type_of

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa
    from pandera.errors import SchemaError

    from pipeline.columns import Texts

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


@cache
def _column_without_tables() -> type[pa.Column]:
    """pandera's Column, without the table that it makes of every failure and that nobody reads here.

    Those tables cost a quarter of all the checking (docs/performance.md).
    """
    import pandas
    import pandera.pandas as pa
    from pandera.backends.pandas.components import ColumnBackend
    from pandera.errors import FailureCaseMetadata

    class Backend(ColumnBackend):
        def failure_cases_metadata(self, schema_name: str, schema_errors: list[SchemaError]) -> FailureCaseMetadata:  # noqa: ARG002
            return FailureCaseMetadata(failure_cases=None, message={}, error_counts={})

    class Column(pa.Column):
        pass

    for kind in (pandas.DataFrame, pandas.Series):
        Column.register_backend(kind, Backend)
    return Column


class Schema:
    """The campaign as a pandera schema: one column per fed field, each of its rules a vectorised check.

    pandera runs the rules and says which of them are broken; each rule notes itself which rows break it. (pandera's
    own table of failures took longer to make than all the checking: docs/performance.md.) For one thread at a time.
    """

    def __init__(self, checked: Sequence[Checked]) -> None:
        import pandera.pandas as pa

        self._checked = checked
        self._broken: dict[tuple[str, str], np.ndarray] = {}
        self._sure: Mapping[str, np.ndarray] = {}
        column = _column_without_tables()
        columns = {one.field.name: column(checks=self._checks(one), nullable=True) for one in checked}
        self._schema = pa.DataFrameSchema(columns, strict=True)

    def _checks(self, one: Checked) -> list[pa.Check]:
        rules = {
            REQUIRED: lambda column: pc.not_equal(column, ""),
            SELECTION if one.field.selections else type_of(one.field).rule: one.reader.valid,
        }
        if not one.field.required:
            del rules[REQUIRED]
        return [self._check(one.field.name, rule, holds) for rule, holds in rules.items()]

    def _check(self, name: str, rule: str, holds: Callable[[Texts], arrow.BooleanArray]) -> pa.Check:
        import pandera.pandas as pa

        def check(series: pd.Series[str]) -> bool:
            values, rows = texts(series), series.index.to_numpy()
            if rule != REQUIRED and name in self._sure:
                left = np.flatnonzero(~self._sure[name][rows])
                values, rows = values.take(left), rows[left]
            broken = rows[~np.asarray(holds(values), dtype=bool)]
            if len(broken):
                self._broken[name, rule] = broken
            return not len(broken)

        return pa.Check(check, name=rule, ignore_na=False)

    def faults(self, canonical: pd.DataFrame, sure: Mapping[str, np.ndarray] | None = None) -> list[Fault]:
        """Every fault of every row, in the order of the fields and then of their rules.

        `canonical` has field names as columns and a row's position as index, ascending. `sure`: by field and row's
        position, what `Reader.read` has shown to be valid, so that no rule of a type asks again. Raises RuntimeError
        when a check itself breaks.
        """
        from pandera.errors import SchemaErrors

        self._broken.clear()
        self._sure = sure or {}
        told: set[tuple[str, str]] = set()
        try:
            self._schema.validate(canonical, lazy=True)
        except SchemaErrors as error:
            told = {
                (str(one.schema.name), str(one.check.name if hasattr(one.check, "name") else one.check))
                for one in error.schema_errors
            }
        if told != self._broken.keys():
            # A failure that no rule has noted is a fault of this program, and must never pass for a clean list.
            odd = sorted(f"{name}: {rule}" for name, rule in told ^ self._broken.keys())
            raise RuntimeError(f"the validation schema failed as a whole: {', '.join(odd)}")
        return [
            Fault(one, rule, self._broken[name, rule])
            for one in self._checked
            for name, rule in sorted(key for key in told if key[0] == one.field.name)
        ]
