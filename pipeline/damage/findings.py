"""What the damage report says: one finding per column and kind of damage, as a sentence with its cure.

No sentence holds a cell of the list: the examples in them are always the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.errors import MappingError


class Kind(StrEnum):
    """A kind of damage, by its name in summary.json (docs/damage.md), in the order of the report."""

    AMBIGUOUS_DATE = "ambiguous_date"
    SWAPPED = "swapped"
    OTHER_ORDER = "other_order"
    EMPTY = "empty"
    SCIENTIFIC = "scientific"
    SERIAL_DATE = "serial_date"
    ERROR_TEXT = "error_text"
    MOJIBAKE = "mojibake"
    REPLACED = "replaced"
    DECIMALS = "decimals"
    PLACEHOLDER = "placeholder"
    LOST_ZERO = "lost_zero"


#: The kinds of damage that stop a list before anything is sent.
REFUSING: Final = frozenset({Kind.AMBIGUOUS_DATE})


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of damage in one column: how many rows, the first of them, and a sentence with the cure.

    `column` is the header in the file, `label` the campaign's. `refuses`: nothing may be sent before it is mended.
    """

    kind: str
    column: str
    label: str
    rows: int
    first_row: int
    text: str
    refuses: bool


#: What is counted; what is said of it (`{n}` of them, `{first}` is where); and the cure.
_SENTENCES: Final[dict[Kind, tuple[str, str, str]]] = {
    Kind.AMBIGUOUS_DATE: (
        "date",
        "{n} can be read day first or month first, like 03/04/1980 ({first}); of the others {day} can only be day "
        "first, {month} only month first",
        "{cure}",
    ),
    Kind.SWAPPED: (
        "cell",
        "most of its {n} look like {look}",
        "has the mapping the right field for this column, and has every row the cells of its header?",
    ),
    Kind.OTHER_ORDER: (
        "date",
        "{n} cannot be {declared}, which is declared, but can be {other} ({first}); dates that can be both were read "
        "as declared",
        "make sure that the declared order is the column's, and the same in all rows",
    ),
    Kind.EMPTY: (
        "row",
        "is empty in all of {n}",
        "has the mapping the right column, and was the file exported with its values?",
    ),
    Kind.SCIENTIFIC: (
        "cell",
        "{n} in Excel's scientific notation, like 7.7E+09: the other digits are not in this file ({first})",
        "in the original workbook format the column as Number without decimals, and export it again",
    ),
    Kind.SERIAL_DATE: (
        "date",
        "{n} written as Excel's inner number, like 29221 ({first})",
        "in Excel format the column as a date, yyyy-mm-dd, and export it again",
    ),
    Kind.ERROR_TEXT: (
        "cell",
        "{n} with an error of Excel's for a value, like #N/A or ##### ({first})",
        "in Excel mend or empty these cells, widen columns that show #####, and export it again",
    ),
    Kind.MOJIBAKE: (
        "cell",
        "{n} with garbled letters, like Ã© for é: UTF-8 that was read in another encoding ({first})",
        "try --encoding utf-8; a file that is read as UTF-8 already was saved garbled, so export it again from the "
        "source (in Excel: CSV UTF-8)",
    ),
    Kind.REPLACED: (
        "cell",
        "{n} with \ufffd or ? where a letter was; the letter is not in this file ({first})",
        "export it again from the source (in Excel: CSV UTF-8)",
    ),
    Kind.DECIMALS: (
        "number",
        "{n} with .0 at the end, as a column of numbers with gaps is exported ({first})",
        "phone numbers were read without it; for other fields format the column as Text in Excel and export it again",
    ),
    Kind.PLACEHOLDER: (
        "cell",
        "{n} with what looks like a placeholder for empty, like NULL, None, nan, N/A or - ({first})",
        'where it means empty, say so in the mapping, for this column: values: {{"NULL": ""}}',
    ),
    Kind.LOST_ZERO: (
        "phone number",
        "{n} had lost the leading 0, as happens in Excel; it was put back ({first})",
        "nothing need be done; a column formatted as Text keeps it",
    ),
}
_CROSSED: Final = "most of its {n} look like {look}, and most of column {partner!r} like {its}"
_CROSSED_CURE: Final = "were the two swapped in the mapping, or in the file?"


def sentence(kind: Kind, source: str, label: str, rows: int, first_row: int, **words: str) -> Finding:
    """The finding of `kind` in a column; `words` are what its sentence needs beyond the numbers."""
    thing, what, cure = _SENTENCES[kind]
    if "partner" in words:
        what, cure = _CROSSED, _CROSSED_CURE
    number = f"{rows:,} {thing}" if rows == 1 else f"{rows:,} {thing}s"
    first = f"row {first_row}" if rows == 1 else f"first in row {first_row}"
    name = f"column {source!r}" + (f" ({label})" if label != source else "")
    said = f"{name}: {what.format(n=number, first=first, **words)}. {_begun(cure.format(**words))}"
    return Finding(kind, source, label, rows, first_row, said if said.endswith("?") else f"{said}.", kind in REFUSING)


def damage_lines(findings: Iterable[Finding]) -> list[str]:
    """The damage report as a person reads it on a terminal; no line where there is no damage. No personal data."""
    found = [f"  - {_begun(one.text)}" for one in findings]
    return ["Damage in the file:", *found] if found else []


def refuse(findings: Iterable[Finding]) -> None:
    """Raise MappingError where a finding refuses the list: its mapping must be mended before anything is sent."""
    refusing = [one.text for one in findings if one.refuses]
    if refusing:
        listed = refusing[0] if len(refusing) == 1 else "".join(f"\n  - {text}" for text in refusing)
        raise MappingError(f"there are dates that nobody can read for certain: {listed}", "then start again")


def _begun(text: str) -> str:
    """Text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]
