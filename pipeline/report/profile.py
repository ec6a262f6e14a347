"""What a list was found to be while it was planned: its quality, by the field, by the place, by the row.

Kept in the journal as JSON, so that a page can be written again at any time. Values are as they stand in the file;
who shows them masks them (pipeline.masking).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from pipeline.model import Severity

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: Examples that are kept of each fault.
EXAMPLES: Final = 3
#: Kinds of faults that are kept of each field; the rarest are left out.
KINDS: Final = 12
#: Numbers of rows that are kept of each rule that a field breaks: the first ones.
FIRST_ROWS: Final = 5
#: Rows that are kept with their cells: those with most faults.
WORST: Final = 200
#: Bins of the strip over the row numbers, at most; an even number.
BINS: Final = 120
#: Characters that are kept of a cell; the rest is cut.
SHOWN: Final = 200
#: Characters that are kept of what results.csv says of a row.
SAID: Final = 1_000


class Settled(StrEnum):
    """A fault that weighs nothing any more: its row went `mended`, with another run."""

    MENDED = "mended"


#: What a fault of a profile weighs.
Weight: TypeAlias = Severity | Settled


@dataclass(frozen=True, slots=True)
class Example:
    """One cell that breaks a rule, as it stands in the file."""

    row: int
    value: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: the rule, what is said of it (the end of a sentence that begins with the label), how often.

    `message` holds no cell of the list.
    """

    severity: Weight
    rule: str
    message: str
    rows: int
    first_row: int
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many rows break one rule, whatever is said of each, and the numbers of the first of them."""

    severity: Weight
    rule: str
    rows: int
    first_rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FieldQuality:
    """One fed field of the campaign: where its values come from, how many rows fill it, how many of those are right.

    A column that is checked although it feeds no field is one too: `name` is "", `label` its header.

    `column` is the header in the file ("A + B" where columns are joined, "(constant)" for a constant). `filled` and
    `valid` count rows that are whole; `valid` are filled rows that break none of the field's rules (warnings aside).
    `faults` are the commonest kinds, and one of each rule at least; `rules` and `at_fault` (rows that break any rule,
    each once) count all, and are empty and None in a profile of an older version.
    """

    name: str
    label: str
    required: bool
    data_type: str
    selections: tuple[str, ...]
    column: str
    filled: int
    valid: int
    faults: tuple[Fault, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    at_fault: int | None = None

    @property
    def called(self) -> str:
        """How it is spoken of: by its label, a column that feeds no field by its header."""
        return self.label if self.name else f"column {self.label!r}"

    def counted(self, severity: Weight) -> tuple[RuleCount, ...]:
        """The rows by rule, most first; an older version's by the kinds of faults that it kept."""
        return _counted(self.rules or _by_rule(self.faults), severity)


@dataclass(frozen=True, slots=True)
class Strip:
    """Where in the file the rows of each outcome sit: bins of `width` row numbers from `first_row` on.

    `counts`: by outcome ("" for a row that a real run is to send) the rows in each bin; all of one length.
    """

    first_row: int
    width: int
    counts: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class WorstRow:
    """A row that was not accepted: its cells as they stand in the file, why, and which of them are at fault.

    `faulty` are positions in `cells`; `errors` is what results.csv says.
    """

    row: int
    outcome: str
    faults: int
    cells: tuple[str, ...]
    faulty: tuple[int, ...]
    errors: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The quality of one list. `rows` are all of its rows; `whole_rows` those whose cells stand under their headers.

    `fields` are those that are fed, then the columns that are only checked. `record_faults` are those of rows as a
    whole, `record_rules` counts them all. `warned` counts rows with a warning, `repeated` duplicates within
    the list, `sent_before` duplicates of what other runs have sent. `sent_already` are no fault of the list's: rows
    that another run of this very list has sent, or (of a real run) whose person another run has sent since the list
    was planned. `sent_mended` broke rules here and went mended with another run: their faults are the list's, and
    nothing is left to fix. `worst` begins with the row of most faults.
    """

    rows: int
    whole_rows: int
    headers: tuple[str, ...]
    ignored: tuple[str, ...]
    fields: tuple[FieldQuality, ...]
    record_faults: tuple[Fault, ...]
    strip: Strip
    worst: tuple[WorstRow, ...]
    warned: int = 0
    repeated: int = 0
    sent_before: int = 0
    sent_already: int = 0
    sent_mended: int = 0
    record_rules: tuple[RuleCount, ...] = ()

    def counted(self, severity: Weight) -> tuple[RuleCount, ...]:
        """The rows that are wrong as a whole, by rule, most first."""
        return _counted(self.record_rules or _by_rule(self.record_faults), severity)

    def as_json(self) -> str:
        """The profile as the journal keeps it."""
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Profile:
        """The profile that `as_json` wrote."""
        return _adapter().validate_json(text)


def _counted(rules: Iterable[RuleCount], severity: Weight) -> tuple[RuleCount, ...]:
    return tuple(sorted((one for one in rules if one.severity is severity), key=lambda one: -one.rows))


def _by_rule(faults: Iterable[Fault]) -> list[RuleCount]:
    found: dict[tuple[Weight, str], list[Fault]] = {}
    for one in faults:
        found.setdefault((one.severity, one.rule), []).append(one)
    return [RuleCount(*rule, sum(one.rows for one in mine), first_rows(mine)) for rule, mine in found.items()]


def first_rows(faults: Iterable[Fault]) -> tuple[int, ...]:
    """The first rows with one of these faults, as far as their numbers are known."""
    known = {row for one in faults for row in (one.first_row, *(example.row for example in one.examples))}
    return tuple(sorted(known)[:FIRST_ROWS])


@cache
def _adapter() -> TypeAdapter[Profile]:
    from pydantic import TypeAdapter

    return TypeAdapter(Profile)
