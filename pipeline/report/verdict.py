"""What is said first, on the page and on the terminal: how many rows went, or would go, and what to fix first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.damage import Kind
from pipeline.model import Outcome, Severity
from pipeline.report.cures import cure, cure_of_code
from pipeline.report.profile import first_rows
from pipeline.validate import REQUIRED

if TYPE_CHECKING:
    from pipeline.damage import Finding
    from pipeline.report.profile import Profile, Weight
    from pipeline.report.summary import Summary

#: Things to fix that are said first.
FIXES: Final = 3
#: Kinds of faults of one rule that are told in one sentence.
TOGETHER: Final = 3
_QUOTED: Final = re.compile("“[^”]*”")
#: What was mended while it was read explains no fault.
_MENDED: Final = frozenset({Kind.LOST_ZERO, Kind.DECIMALS})
#: What is said of rows that did not go, by their outcome.
_LEFT: Final = {
    Outcome.INVALID: "invalid",
    Outcome.REJECTED: "rejected by LeadByte",
    Outcome.FAILED: "failed at LeadByte",
    Outcome.DUPLICATE: "duplicate",
    Outcome.SUPPRESSED: "suppressed",
    Outcome.NOT_SENT: "not sent yet",
    Outcome.UNKNOWN: "unknown, they may have arrived",
}


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing to fix, as a whole sentence: no cell of the list is in it.

    `rows` it concerns, from `first_row` on; `label` of the field, "" for rows as a whole and for LeadByte's answers.
    A `warning` keeps no row from being sent. `cure` is how it is mended, "" where `text` says so itself.
    """

    text: str
    rows: int
    first_row: int
    label: str = ""
    warning: bool = False
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person needs to decide: `headline` says how many rows went, `counts` what all became (one line).

    `blocked` says why `run` would send nothing although rows are good, "" otherwise. `fixes`: the worst first, three
    at most.
    """

    headline: str
    counts: str
    blocked: str
    fixes: tuple[Fix, ...]


def verdict(summary: Summary, profile: Profile | None = None) -> Verdict:
    """The verdict on a run. Without a profile (a list planned by an older version) by its commonest reasons."""
    return Verdict(_headline(summary), counted(summary), summary.blocked, things_to_fix(summary, profile))


def share(part: int, whole: int) -> str:
    """`84.1 %`, rounded half up; never 100 where some are missing, nor 0 where there are some."""
    if not whole or part == whole or not part:
        return "100 %" if part else "0 %"
    tenths = min((2_000 * part + whole) // (2 * whole), 999)
    return f"{tenths / 10:.1f} %".replace(".0 ", " ") if tenths else "under 0.1 %"


def number_of(rows: int) -> str:
    """`1 row`, `1,200 rows`."""
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _headline(summary: Summary) -> str:
    rows, count = summary.rows, summary.outcomes
    if not rows:
        return "The list has no rows."
    good = count.get(Outcome.VALID if summary.dry_run else Outcome.ACCEPTED, 0)
    if summary.dry_run:
        done = "could be sent" if summary.blocked else "would be sent"
    else:
        done = f"{'was' if 1 in (good, rows) else 'were'} taken by LeadByte"
    if good == rows:
        all_of_them = "The one row" if rows == 1 else f"All {rows:,} rows"
        return f"{all_of_them} {done}."
    if rows == 1:
        return f"The one row {done.replace(' ', ' not ', 1)}."
    return f"{good:,} of {number_of(rows)} {done} ({share(good, rows)}), {rows - good:,} not."


def counted(summary: Summary) -> str:
    """The rows by outcome in one line: `3 valid · 1 invalid · 1 duplicate`; their sum is the rows of the list."""
    words = {one: one.value for one in (Outcome.VALID, Outcome.ACCEPTED)} | _LEFT
    said = [f"{summary.outcomes[one]:,} {word}" for one, word in words.items() if summary.outcomes.get(one)]
    if summary.warnings:
        said.append(f"{number_of(summary.warnings)} with a warning")
    return " · ".join(said)


def things_to_fix(summary: Summary, profile: Profile | None) -> tuple[Fix, ...]:
    """The worst first: by field and rule, by LeadByte's answer, or the damage that explains a field's faults."""
    if profile is None:
        return tuple(_of_reasons(summary))[:FIXES]
    # Of a run that is looked at again all rows may have gone mended since.
    faults = grouped(profile, Severity.FAULT) if summary.outcomes.get(Outcome.INVALID) else []
    found = [*_explained(faults, summary.damage), *_of_reasons(summary, answers_only=True)]
    first = [_of_damage(one) for one in summary.damage if one.refuses]
    told = {one.text for one in first}
    worst = sorted((one for one in found if one.text not in told), key=lambda fix: (-fix.rows, fix.first_row))
    warnings = sorted(
        (group.fix(warning=True) for group in grouped(profile, Severity.WARNING)), key=lambda fix: -fix.rows
    )
    return tuple([*first, *worst, *warnings][:FIXES])


@dataclass(frozen=True, slots=True)
class Group:
    """The rows that break one rule of one field, or have one fault of rows as a whole (then `label` is "").

    `messages`: what is said of them, the commonest first, rare ones may be missing; `first_rows`: the first of them.
    """

    label: str
    column: str
    rule: str
    rows: int
    first_rows: tuple[int, ...]
    messages: tuple[str, ...]

    def words(self) -> str:
        """What is wrong, as a sentence: in full where it is always the same, otherwise as far as it is."""
        said = _in_common(self.messages)
        # A field's label stays as the campaign has it.
        return _where(self.label, self.column) + said if self.column else _begun(_where(self.label, "") + said)

    def fix(self, warning: bool = False) -> Fix:
        """The group as a thing to fix."""
        first = self.first_rows[0]
        text = f"{'Warning: ' if warning else ''}{self.words()} ({_rows(self.rows, first)})"
        return Fix(text, self.rows, first, self.label, warning, cure(self.rule))


def grouped(profile: Profile, severity: Weight) -> list[Group]:
    """The faults of that severity by field and rule, in the order of the fields; rows as a whole last, by kind."""
    of_fields = [
        Group(
            field.called,
            field.column if field.name else "",
            one.rule,
            one.rows,
            one.first_rows,
            tuple(fault.message for fault in field.faults if (fault.severity, fault.rule) == (severity, one.rule)),
        )
        for field in profile.fields
        for one in field.counted(severity)
    ]
    of_records = [
        Group("", "", one.rule, one.rows, first_rows([one]), (one.message,))
        for one in profile.record_faults
        if one.severity is severity
    ]
    return of_fields + of_records


def _explained(groups: list[Group], damage: Iterable[Finding]) -> Iterator[Fix]:
    """Each group as a thing to fix; those that damage explains together as that damage, with its cure."""
    left = list(groups)
    for finding in damage:
        mine = [one for one in left if _may_explain(finding, one)]
        rows = sum(one.rows for one in mine)
        if mine and finding.kind not in _MENDED and 2 * finding.rows >= rows:
            left = [one for one in left if one not in mine]
            yield Fix(_of_damage(finding).text, rows, finding.first_row, finding.label)
    yield from (one.fix() for one in left)


def _may_explain(finding: Finding, group: Group) -> bool:
    """A column without values explains what is missing; all else why values are wrong. Of swapped ones both."""
    named = group.column == finding.column and group.label == finding.label
    partner = finding.kind == Kind.SWAPPED and bool(group.column) and f"column {group.column!r}" in finding.text
    return (named or partner) and (group.rule == REQUIRED) == (finding.kind == Kind.EMPTY)


def _of_damage(finding: Finding) -> Fix:
    return Fix(_begun(finding.text), finding.rows, finding.first_row, finding.label)


def _of_reasons(summary: Summary, *, answers_only: bool = False) -> Iterator[Fix]:
    """Of the commonest reasons what can be acted on: an unknown row is no fault."""
    for one in summary.reasons:
        rows = _rows(one.rows, one.first_row)
        if one.outcome == Outcome.INVALID:
            if not answers_only:
                yield Fix(f"{_begun(one.text)} ({rows})", one.rows, one.first_row)
        elif one.outcome != Outcome.UNKNOWN:
            did = "LeadByte had an error" if one.outcome == Outcome.FAILED else "LeadByte refused"
            yield Fix(
                f"{did}: {one.text} (code {one.code}; {rows})", one.rows, one.first_row, cure=cure_of_code(one.code)
            )


def _rows(rows: int, first_row: int) -> str:
    return f"row {first_row}" if rows == 1 else f"{rows:,} rows, first in row {first_row}"


def _where(label: str, column: str) -> str:
    named = f"{label} (column {column!r})" if column and column != label else label
    return f"{named} " if named else ""


def _in_common(messages: Sequence[str]) -> str:
    """What is said of all of these rows: one message, the beginning that several share, or the commonest ones."""
    # A character that is quoted differs from row to row: `contains “<”: only letters are expected`.
    said = list(dict.fromkeys(_QUOTED.sub("“…”", one) for one in messages) if len(messages) > 1 else messages)
    if len(said) == 1:
        return said[0]
    heads = list(dict.fromkeys(one.partition(": ")[0] for one in said))
    if len(heads) > TOGETHER:
        heads[TOGETHER - 1 :] = ["has another fault of this kind"]
    return f"{', '.join(heads[:-1])} or {heads[-1]}" if len(heads) > 1 else heads[0]


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
