"""What the template is given: a report's fields, rows and facts, cut and masked, so much as a page can hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, TypeVar

from pipeline.model import Outcome, Severity
from pipeline.report.charts import OUTCOMES, look
from pipeline.report.cures import cure
from pipeline.report.showing import LONGEST_HEADER, cut, lasting, name, shown_cells, when, without_cells
from pipeline.report.verdict import share
from pipeline.validate import REQUIRED

if TYPE_CHECKING:
    from pipeline.report.contents import Report
    from pipeline.report.profile import Fault, FieldQuality, WorstRow
    from pipeline.report.summary import Summary

_T = TypeVar("_T")

#: So many bytes at most of the page are for the table of fields, for their blocks, for the worst rows, and for each
#: list of columns or sentences. All of it, with the pictures, stays under a megabyte.
TABLE_OF_FIELDS: Final = 120_000
BLOCKS: Final = 220_000
WORST_ROWS: Final = 300_000
LISTS: Final = 40_000
#: Columns of the list in the table of the worst rows.
COLUMNS: Final = 20
#: Characters of a sentence about a fault, and of what is said of a row.
_MESSAGE: Final = 240


@dataclass(frozen=True, slots=True)
class Part:
    """One outcome: its look, its name, its rows; where its piece of the bar begins and how long it is, in percent."""

    look: str
    word: str
    means: str
    rows: int
    share: str
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class FaultView:
    """One kind of fault as it is shown. `examples`: row and cell."""

    message: str
    rows: int
    first_row: int
    examples: tuple[tuple[int, str], ...]


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
    faults: tuple[FaultView, ...]
    warnings: tuple[FaultView, ...]
    cures: tuple[str, ...]
    warning_cures: tuple[str, ...]
    damage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowView:
    """One of the worst rows. `cells` are texts and whether each is at fault."""

    row: int
    outcome: str
    look: str
    faults: int
    errors: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class WorstView:
    """The table of the worst rows: `of` how many such rows, `columns` of how many of the list."""

    rows: tuple[RowView, ...]
    of: int
    columns: tuple[str, ...]
    all_columns: int


#: What the outcomes mean, in a few words.
_MEANS: Final = {
    Outcome.VALID: "would be sent",
    Outcome.ACCEPTED: "taken by LeadByte",
    Outcome.REJECTED: "refused by LeadByte",
    Outcome.FAILED: "LeadByte had an error",
    Outcome.UNKNOWN: "may have arrived; not sent again by itself",
    Outcome.INVALID: "break the campaign's rules; not sent",
    Outcome.DUPLICATE: "the same person again; not sent",
    Outcome.SUPPRESSED: "on a suppression list; not sent",
    Outcome.NOT_SENT: "ready, but not sent yet",
}


def parts(summary: Summary) -> list[Part]:
    """The outcomes that occur, in the order of the bar."""
    found, start = [], 0.0
    for outcome, word in OUTCOMES.items():
        rows = summary.outcomes.get(outcome, 0)
        if not outcome or not rows:
            continue
        length = 100 * rows / summary.rows
        found.append(
            Part(look(outcome), word, _MEANS[Outcome(outcome)], rows, share(rows, summary.rows), start, length)
        )
        start += length
    return found


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
    return within(found, TABLE_OF_FIELDS, lambda one: 420 + _weight(one.label, one.data_type, one.column))


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
        cures=_cures(faults),
        warning_cures=_cures(warnings),
        damage=tuple(
            begun(cut(one.text))
            for one in report.summary.damage
            if (one.label, one.column) == (field.label, field.column)
        ),
    )


def _cures(faults: Iterable[Fault]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cure(one.rule) for one in faults))


@dataclass(frozen=True, slots=True)
class RecordView:
    """What is wrong with rows as a whole, and with columns that are checked although they feed no field."""

    faults: tuple[FaultView, ...]
    warnings: tuple[FaultView, ...]
    cures: tuple[str, ...]


def record(report: Report) -> RecordView:
    """The faults and warnings that belong to no field."""
    found = report.profile.record_faults
    faults, warnings = ([one for one in found if one.severity is kind] for kind in (Severity.FAULT, Severity.WARNING))
    full = report.show_data
    return RecordView(_faults(faults, full), _faults(warnings, full), _cures([*faults, *warnings]))


def _faults(faults: Sequence[Fault], full: bool) -> tuple[FaultView, ...]:
    values = iter(shown_cells([example.value for one in faults for example in one.examples], full=full))
    return tuple(
        FaultView(
            cut(one.message, _MESSAGE), one.rows, one.first_row, tuple((x.row, next(values)) for x in one.examples)
        )
        for one in faults
    )


def worst(report: Report) -> WorstView:
    """The worst rows with so many of their cells as the page can hold."""
    profile, full = report.profile, report.show_data
    chosen = _columns(len(profile.headers), profile.worst)
    values = iter(
        shown_cells([_cell(row, at) for row in profile.worst for at in chosen], full=full)
    )  # all at once: masking one by one would take longer than all else
    rows = (
        RowView(
            row=one.row,
            outcome=OUTCOMES.get(one.outcome, name(one.outcome)),
            look=look(one.outcome),
            faults=one.faults,
            errors=cut(one.errors if full else without_cells(one.errors), _MESSAGE),
            cells=tuple((next(values), at in one.faulty) for at in chosen),
        )
        for one in profile.worst
    )
    shown = within(
        rows, WORST_ROWS, lambda one: 130 + sum(20 + _weight(text) for text, _ in one.cells) + _weight(one.errors)
    )
    of = sum(report.summary.outcomes.get(one, 0) for one in _WORST)
    return WorstView(
        tuple(shown),
        max(of, len(shown)),
        tuple(cut(profile.headers[at], LONGEST_HEADER) for at in chosen),
        len(profile.headers),
    )


#: Whose rows are among the worst: what broke a rule here, and what was sent and not accepted.
_WORST: Final = (Outcome.INVALID, Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)


def _cell(row: WorstRow, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""


def _columns(number: int, rows: Sequence[WorstRow]) -> list[int]:
    """The columns that are shown, in the order of the list: all, or those that are at fault most often."""
    often = Counter(at for row in rows for at in row.faulty)
    return sorted(sorted(range(number), key=lambda at: (-often[at], at))[:COLUMNS])


def facts(report: Report) -> list[tuple[str, str]]:
    """About the run: names and words."""
    summary = report.summary
    sent = f", {summary.rate:.1f} leads a second while sending" if summary.rate else ""
    return [
        ("Run", summary.run_id),
        ("List", cut(summary.file)),
        ("Campaign", f"{name(summary.campaign_name)} ({name(summary.campaign)})"),
        *([("Vendor", name(report.vendor))] if report.vendor else []),
        ("Began", when(summary.started_at)),
        ("Ended", when(summary.finished_at)),
        ("Took", lasting(summary.seconds) + sent),
        ("Exit code", str(summary.exit_code)),
    ]


def begun(text: str) -> str:
    """A sentence, its first letter a capital."""
    return text[:1].upper() + text[1:]


def file_name(summary: Summary) -> str:
    """The list's name without its folders."""
    return name(PurePath(summary.file.replace("\\", "/")).name or summary.file)


def sentences(texts: Iterable[str]) -> list[str]:
    """So many sentences (or names of columns) as the page can hold."""
    return within(map(cut, texts), LISTS, lambda one: 12 + _weight(one))


def within(items: Iterable[_T], most: int, weight: Callable[[_T], int]) -> list[_T]:
    """The first of the items whose weights (bytes on the page) together are no more than `most`."""
    found, left = [], most
    for one in items:
        left -= weight(one)
        if left < 0:
            break
        found.append(one)
    return found


def _weight(*texts: str) -> int:
    from markupsafe import escape

    return sum(len(escape(text).encode("utf-8", "replace")) for text in texts)


def _weight_of_block(one: FieldView) -> int:
    found = [*one.faults, *one.warnings]
    examples = [text for fault in found for _, text in fault.examples]
    return (
        900 + 120 * len(found) + 60 * len(examples)
        + _weight(one.label, one.name, one.data_type, one.column, one.choices)
        + _weight(*one.cures, *one.warning_cures, *one.damage, *examples, *(fault.message for fault in found))
    )  # fmt: skip
