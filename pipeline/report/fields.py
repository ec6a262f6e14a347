"""The fields as the page shows them: how full and how right their columns are, their faults, and the cures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.model import Severity
from pipeline.report.budget import weight_of, within
from pipeline.report.cures import cure
from pipeline.report.showing import begun, cut, name, shown_cells
from pipeline.report.verdict import share
from pipeline.validate import REQUIRED

if TYPE_CHECKING:
    from pipeline.report.contents import Report
    from pipeline.report.profile import Fault, FieldQuality, RuleCount

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
    """Faults that are mended in the same way, and how; `more` rows have kinds of them that are not listed."""

    faults: tuple[FaultView, ...]
    cure: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as it is shown; a column that is only checked has no `name`. `damage`: sentences about its column."""

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
    if field.at_fault is not None:
        return field.at_fault
    # A profile of an older version: as near as the kinds of faults that it kept come.
    faults = [one for one in field.faults if one.severity is Severity.FAULT]
    lacking = sum(one.rows for one in faults if one.rule == REQUIRED)
    return lacking + max(
        field.filled - field.valid, max((one.rows for one in faults if one.rule != REQUIRED), default=0)
    )


def fields(report: Report) -> list[FieldView]:
    """All that is fed or only checked, the fields of most rows at fault first, so many as the page can hold."""
    order = sorted(report.profile.fields, key=lambda one: -rows_at_fault(one))
    found = (_field(report, number, one) for number, one in enumerate(order, 1))
    return within(found, TABLE_OF_FIELDS, lambda one: 420 + weight_of(one.label, one.data_type, one.column))


def blocks(shown: Iterable[FieldView]) -> list[FieldView]:
    """The fields that have something to tell."""
    telling = (one for one in shown if one.faults or one.warnings or one.damage)
    return within(telling, BLOCKS, _weight_of_block)


def _field(report: Report, number: int, field: FieldQuality) -> FieldView:
    rules = {one: field.counted(one) for one in Severity}
    faults, warnings = (
        _cures(field.faults, rules[one], report.show_data) for one in (Severity.FAULT, Severity.WARNING)
    )
    choices = ", ".join(map(name, field.selections[:20])) + (", …" if len(field.selections) > 20 else "")
    return FieldView(
        ident=f"field-{number}",
        label=name(field.called),
        name=name(field.name) if field.name else "",
        required=field.required,
        data_type=name(field.data_type) if field.name else "checked, not sent",
        choices=cut(choices),
        column=name(field.column),
        filled=share(field.filled, report.profile.whole_rows),
        valid=share(field.valid, field.filled) if field.filled else "–",
        at_fault=rows_at_fault(field),
        warned=sum(one.rows for one in rules[Severity.WARNING]),
        faults=faults,
        warnings=warnings,
        damage=tuple(
            begun(cut(one.text))
            for one in report.summary.damage
            if (one.label, one.column) == (field.label, field.column)
        ),
    )


@dataclass(frozen=True, slots=True)
class RecordView:
    """What is wrong with rows as a whole; in an older version's profile also what checks of columns found."""

    faults: tuple[CureView, ...]
    warnings: tuple[CureView, ...]


def record(report: Report) -> RecordView:
    """The faults and warnings that belong to no field."""
    profile = report.profile
    return RecordView(
        *(
            _cures(profile.record_faults, profile.counted(severity), report.show_data)
            for severity in (Severity.FAULT, Severity.WARNING)
        )
    )


def _cures(found: Iterable[Fault], rules: Sequence[RuleCount], full: bool) -> tuple[CureView, ...]:
    """The faults that break these rules (all of one severity) with their cures, those of most rows first."""
    broken = {(one.severity, one.rule) for one in rules}
    faults = [one for one in found if (one.severity, one.rule) in broken]
    cures = list(dict.fromkeys(cure(one.rule) for one in faults))
    order = sorted(faults, key=lambda one: cures.index(cure(one.rule)))
    shown: dict[str, tuple[FaultView, ...]] = dict.fromkeys(cures, ())
    for one, view in zip(order, _views(order, full), strict=True):
        shown[cure(one.rule)] += (view,)
    return tuple(
        CureView(some, how, _rows_of(how, rules) - sum(one.rows for one in some)) for how, some in shown.items()
    )


def _rows_of(how: str, rules: Iterable[RuleCount]) -> int:
    return sum(one.rows for one in rules if cure(one.rule) == how)


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
