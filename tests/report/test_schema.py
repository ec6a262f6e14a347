"""The published JSON Schema of summary.json and the summary itself say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator, ValidationError

from pipeline.cli.runs import schema_text
from pipeline.damage import Finding, Kind
from pipeline.model import Outcome, Severity
from pipeline.reconcile import Fate
from pipeline.report.summary import (
    FAULTS,
    SUMMARY_FORMAT,
    FaultCount,
    FieldCount,
    Reason,
    Summary,
    fault_counts,
    field_counts,
)
from pipeline.report.verdict import FIXES
from tests.report.sample import PROFILE
from tests.report.test_verdict import SUMMARY

SCHEMA: Final[dict[str, Any]] = json.loads(schema_text())
#: A summary in which nothing is empty.
FULL: Final = replace(
    SUMMARY,
    outcomes={one.value: 7 for one in Outcome},
    queue={one.value: 7 for one in Fate},
    reasons=(Reason("rejected", 1, 2, -5, "bad"), Reason("unknown", 1, 2, None, "lost")),
    notes=("a note",),
    damage=tuple(Finding(kind, "A", "B", 1, 2, "text", True) for kind in Kind),
    to_fix=("A", "B", "C"),
    faults=fault_counts(PROFILE),
    fields=field_counts(PROFILE),
    lacking=("report.html (the disk is full)",),
)


def as_read(summary: Summary) -> Any:
    """A summary as a program reads it."""
    return json.loads(json.dumps(summary.as_json()))


def described(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The properties at all depths that lack a description."""
    for name, one in [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]:
        if not str(one.get("description", "")).endswith("."):
            yield f"{path}/{name}"
        yield from described(one, f"{path}/{name}")


def closed(schema: Any) -> Iterator[Any]:
    """All objects of the schema that take any property."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
            yield schema
        for one in schema.values():
            yield from closed(one)


def test_the_schema_is_one_of_draft_2020_12_and_named_by_the_version_of_the_form() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == f"urn:leadbyte-import:summary:{SUMMARY_FORMAT}"
    assert SCHEMA["properties"]["format"]["const"] == SUMMARY_FORMAT


def test_every_property_is_described_and_no_other_is_allowed() -> None:
    assert list(described(SCHEMA)) == []
    assert list(closed(SCHEMA)) == []


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Reason, SCHEMA["$defs"]["reason"]),
        (Finding, SCHEMA["$defs"]["finding"]),
        (FaultCount, SCHEMA["$defs"]["fault"]),
        (FieldCount, SCHEMA["$defs"]["field"]),
        (Summary, SCHEMA),
    ],
)
def test_the_schema_has_the_properties_of_the_summary_in_their_order(kind: type, schema: dict[str, Any]) -> None:
    assert is_dataclass(kind)
    names = [one.name for one in fields(kind)]
    assert list(schema["properties"]) == (["format", *names] if kind is Summary else names)
    assert schema["required"] == list(schema["properties"])


def test_the_schema_knows_every_outcome_fate_severity_kind_and_limit() -> None:
    properties, parts = SCHEMA["properties"], SCHEMA["$defs"]
    assert set(properties["outcomes"]["properties"]) == set(Outcome)
    assert set(properties["queue"]["properties"]) == set(Fate)
    assert set(parts["fault"]["properties"]["severity"]["enum"]) == set(Severity)
    assert set(parts["finding"]["properties"]["kind"]["enum"]) == set(Kind)
    assert (properties["faults"]["maxItems"], properties["to_fix"]["maxItems"]) == (FAULTS, FIXES)


@pytest.mark.parametrize("summary", [SUMMARY, FULL])
def test_a_summary_is_what_the_schema_says(summary: Summary) -> None:
    Draft202012Validator(SCHEMA).validate(as_read(summary))


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"format": 1},
        {"outcomes": {"lost": 1}},
        {"rows": "5"},
        {"exit_code": 2},
        {"faults": [{"rows": 1}]},
    ],
)
def test_what_a_summary_never_is_does_not_pass(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(as_read(FULL) | change)


def test_faults_are_listed_by_their_rows_and_no_cell_is_in_them() -> None:
    found = fault_counts(PROFILE)
    assert [one.rows for one in found] == sorted((one.rows for one in found), reverse=True)
    assert {one.severity for one in found} == set(Severity)
    text = json.dumps(as_read(replace(SUMMARY, faults=found)))
    cells = {example.value for field in PROFILE.fields for fault in field.faults for example in fault.examples}
    assert [cell for cell in cells if len(cell) > 3 and cell in text] == []
    assert len(fault_counts(PROFILE, limit=2)) == 2
