"""The fields as the page shows them: how full and how right their columns are, their faults, and the cures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from pipeline.model import Severity
from pipeline.report.budget import weight_of, within
from pipeline.report.cures import cure
from pipeline.report.showing import begun, cut, name, shown_cells
from pipeline.report.verdict import share
from pipeline.validate import REQUIRED

if TYPE_CHECKING:
    from pipeline.report.contents import Report
    from pipeline.report.profile import Fault, FieldQuality

#: So many bytes of the page at most are for the table of fields, and for their blocks.
TABLE_OF_FIELDS: Final = 80_000
BLOCKS: Final = 180_000
#: Characters of a sentence about a fault.
_MESSAGE: Final = 240


@dataclass(frozen=True, slots=True)
class FaultView:
    """One kind of fault as it is shown. `examples`: row and cell."""

    message: str
    rows: int
    first_row: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class CureView:
    """Faults that are mended in the same way, and how."""

    faults: tuple[FaultView, ...]
    cure: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as it is shown. `damage` are sentences about its column."""

    ident: str
    label: str
    name: str
    required: bool
    data_type: str
    choices: str
    column: str
    filled: str
    valid: str
    at_fault: int
    warned: int
    faults: tuple[CureView, ...]
    warnings: tuple[CureView, ...]
    damage: tuple[str, ...]


def rows_at_fault(field: FieldQuality) -> int:
    """Rows that are kept here because of a field: those that lack it, and those whose value breaks a rule."""
    faults = [one for one in field.faults if one.severity is Severity.FAULT]
    lacking = sum(one.rows for one in faults if one.rule == REQUIRED)
    return lacking + max(
        field.filled - field.valid, max((one.rows for one in faults if one.rule != REQUIRED), default=0)
    )


def fields(report: Report) -> list[FieldView]:
    """All of the fields that are fed, those of most rows at fault first, so many as the page can hold."""
    order = sorted(report.profile.fields, key=lambda one: -rows_at_fault(one))
    found = (_field(report, number, one) for number, one in enumerate(order, 1))
    return within(found, TABLE_OF_FIELDS, lambda one: 420 + weight_of(one.label, one.data_type, one.column))


def blocks(shown: Iterable[FieldView]) -> list[FieldView]:
    """The fields that have something to tell."""
    telling = (one for one in shown if one.faults or one.warnings or one.damage)
    return within(telling, BLOCKS, _weight_of_block)


def _field(report: Report, number: int, field: FieldQuality) -> FieldView:
    faults = [one for one in field.faults if one.severity is Severity.FAULT]
    warnings = [one for one in field.faults if one.severity is Severity.WARNING]
    choices = ", ".join(map(name, field.selections[:20])) + (", …" if len(field.selections) > 20 else "")
    return FieldView(
        ident=f"field-{number}",
        label=name(field.label),
        name=name(field.name),
        required=field.required,
        data_type=name(field.data_type),
        choices=cut(choices),
        column=name(field.column),
        filled=share(field.filled, report.profile.whole_rows),
        valid=share(field.valid, field.filled) if field.filled else "–",
        at_fault=rows_at_fault(field),
        warned=sum(one.rows for one in warnings),
        faults=_faults(faults, report.show_data),
        warnings=_faults(warnings, report.show_data),
        damage=tuple(
            begun(cut(one.text))
            for one in report.summary.damage
            if (one.label, one.column) == (field.label, field.column)
        ),
    )


@dataclass(frozen=True, slots=True)
class RecordView:
    """What is wrong with rows as a whole, and with columns that are checked although they feed no field."""

    faults: tuple[CureView, ...]
    warnings: tuple[CureView, ...]


def record(report: Report) -> RecordView:
    """The faults and warnings that belong to no field."""
    found = report.profile.record_faults
    faults, warnings = ([one for one in found if one.severity is kind] for kind in (Severity.FAULT, Severity.WARNING))
    full = report.show_data
    return RecordView(_faults(faults, full), _faults(warnings, full))


def _faults(faults: Sequence[Fault], full: bool) -> tuple[CureView, ...]:
    """The faults with their cures, those of most rows first."""
    cures = list(dict.fromkeys(cure(one.rule) for one in faults))
    order = sorted(faults, key=lambda one: cures.index(cure(one.rule)))
    shown = zip(order, _views(order, full), strict=True)
    return tuple(
        CureView(tuple(view for _, view in some), how) for how, some in groupby(shown, lambda one: cure(one[0].rule))
    )


def _views(faults: Sequence[Fault], full: bool) -> tuple[FaultView, ...]:
    values = iter(shown_cells([example.value for one in faults for example in one.examples], full=full))
    return tuple(
        FaultView(
            cut(one.message, _MESSAGE), one.rows, one.first_row, tuple((x.row, next(values)) for x in one.examples)
        )
        for one in faults
    )


def _weight_of_block(one: FieldView) -> int:
    curable = [*one.faults, *one.warnings]
    found = [fault for some in curable for fault in some.faults]
    examples = [text for fault in found for _, text in fault.examples]
    return (
        900 + 120 * len(found) + 60 * len(examples) + 80 * len(curable)
        + weight_of(one.label, one.name, one.data_type, one.column, one.choices)
        + weight_of(*(some.cure for some in curable), *one.damage, *examples, *(fault.message for fault in found))
    )  # fmt: skip
