"""Validate stage: a pandera schema built out of the campaign's own fields, and its failures as issues.

The schema checks canonical text (see `pipeline.normalise`): nothing is coerced, so that no fault hides another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pipeline.data_types import TypeOptions
from pipeline.model import Field, Issue
from pipeline.normalise import no_choice, over_unique, type_of

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

REQUIRED = "required"
SELECTION = "selection"


@dataclass(frozen=True, slots=True)
class Checked:
    """One field to be checked: where its values come from and how they are read."""

    field: Field
    source: str
    options: TypeOptions


def build_schema(checked: Sequence[Checked]) -> pa.DataFrameSchema:
    """The campaign as a pandera schema: one column per fed field, each of its rules a vectorised check."""
    import pandera.pandas as pa

    return pa.DataFrameSchema({one.field.name: pa.Column(checks=_checks(one)) for one in checked}, strict=True)


def _checks(one: Checked) -> list[pa.Check]:
    import pandera.pandas as pa

    kind = type_of(one.field)
    checks = []
    if one.field.required:
        checks.append(pa.Check(lambda series: series != "", name=REQUIRED))
    if one.field.selections:
        allowed = {"", *(selection.value for selection in one.field.selections)}
        checks.append(pa.Check(lambda series: series.isin(allowed), name=SELECTION))
        return checks

    def valid(value: str) -> bool:
        return value == "" or kind.check(value, one.options)

    checks.append(pa.Check(lambda series: over_unique(series, valid).astype(bool), name=kind.rule))
    return checks


def validate(
    schema: pa.DataFrameSchema, canonical: pd.DataFrame, raw: pd.DataFrame, checked: Sequence[Checked]
) -> list[Issue]:
    """Every fault of every row, in the order of rows and fields.

    `canonical` and `raw` have field names as columns and spreadsheet rows as index; `raw` holds the cells as they
    stand in the file, which is what a person is shown. Raises RuntimeError when a check itself breaks.
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
    by_name = {one.field.name: one for one in checked}
    order = {name: position for position, name in enumerate(by_name)}
    found = sorted(
        {
            (int(row), str(name), str(rule))
            for row, name, rule in zip(failures["index"], failures["column"], failures["check"], strict=True)
        },
        key=lambda fault: (fault[0], order[fault[1]], fault[2]),
    )
    cells = {name: raw[name].to_dict() for name in {name for _row, name, _rule in found}}
    return [_issue(row, by_name[name], rule, cast(str, cells[name][row])) for row, name, rule in found]


def _issue(row: int, one: Checked, rule: str, value: str) -> Issue:
    if rule == REQUIRED:
        message = "is required and empty"
    elif rule == SELECTION:
        message = no_choice(one.field)
    else:
        message = type_of(one.field).explain(value, one.options)
    return Issue(row, one.source, one.field.name, one.field.label, rule, value, message)
