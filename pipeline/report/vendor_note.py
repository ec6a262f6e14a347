"""The note to the vendor: what is wrong with the list and what is asked for, as plain text to send back.

No cell of the list is in it, and nothing of ours: no campaign, account, key or rate.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.damage import Kind
from pipeline.files import whole_file
from pipeline.mapping import CONSTANT
from pipeline.model import RESPONSE_CODES, STOPPING_CODES, SUPPLIER_CODE, Outcome, Severity
from pipeline.report.profile import Settled
from pipeline.report.verdict import Group, grouped, number_of, share

if TYPE_CHECKING:
    from pipeline.damage import Finding
    from pipeline.report.contents import Report
    from pipeline.report.summary import Reason

#: Characters in a line, as in a mail.
WIDTH: Final = 78
#: Reasons that are told.
REASONS: Final = 20
#: What LeadByte refuses for reasons that lie with the campaign, not with the list.
_OURS: Final = STOPPING_CODES | {SUPPLIER_CODE}

#: What a kind of damage is, and what to do where the list comes from.
_AT_THE_SOURCE: Final[dict[Kind, tuple[str, str]]] = {
    Kind.AMBIGUOUS_DATE: (
        "dates that can be read day first or month first",
        "Write dates as YYYY-MM-DD, or tell us which comes first.",
    ),
    Kind.SWAPPED: (
        "most values look like those of another column",
        "Make sure that every row has the cells of its header, in the header's order.",
    ),
    Kind.OTHER_ORDER: ("dates with day and month in another order than agreed", "Write dates as YYYY-MM-DD."),
    Kind.EMPTY: ("no values at all", "Export the list with the values of this column."),
    Kind.SCIENTIFIC: (
        "numbers in Excel's scientific notation (7.7E+09), whose other digits are lost",
        "Format the column as Number without decimals in the original workbook, and export it again.",
    ),
    Kind.SERIAL_DATE: (
        "dates written as Excel's inner number (29221)",
        "Format the column as a date, yyyy-mm-dd, and export it again.",
    ),
    Kind.ERROR_TEXT: (
        "an error of Excel's in the place of a value (#N/A, #####)",
        "Mend or empty these cells, widen columns that show #####, and export it again.",
    ),
    Kind.MOJIBAKE: ("garbled letters (Ã© for é)", "Export the list again as UTF-8 (in Excel: CSV UTF-8)."),
    Kind.REPLACED: (
        "letters that were lost (? or \ufffd in their place)",
        "Export the list again as UTF-8 (in Excel: CSV UTF-8).",
    ),
    Kind.DECIMALS: ("numbers with .0 at the end", "Format the column as Text, and export it again."),
    Kind.PLACEHOLDER: (
        "words for an empty cell (NULL, None, N/A)",
        "Leave a cell empty where there is no value.",
    ),
    Kind.LOST_ZERO: ("phone numbers without their leading 0", "Format the column as Text, so that it stays."),
}


def write_vendor_note(path: Path, report: Report) -> None:
    """Write the note, whole or not at all."""
    with whole_file(path) as file:
        file.write(vendor_note(report).encode())


def vendor_note(report: Report) -> str:
    """The note as text."""
    sections = (
        ("", _heading(report)),
        ("What became of the rows", _counts(report)),
        ("Why rows cannot be used", _reasons(report)),
        ("Rows that raise a question", _warnings(report)),
        ("What the file has suffered", map(_damage, report.summary.damage)),
        ("What we ask for", _asked_for(report)),
    )
    parts = []
    for title, lines in sections:
        if body := "\n".join(lines):
            parts.append(f"{title}\n{'-' * len(title)}\n{body}" if title else body)
    return "\n\n".join(parts) + "\n"


def _heading(report: Report) -> Iterator[str]:
    summary = report.summary
    at = datetime.fromisoformat(summary.started_at)
    vendor = f" from {report.vendor}" if report.vendor else ""
    done = "Checked" if summary.dry_run else "Checked and imported"
    called = "" if summary.file == "-" else f" {Path(summary.file).name}"
    yield from _wrapped(f"The list{called}{vendor}: {number_of(summary.rows)}")
    yield f"{done} on {at.day} {at:%B %Y}"
    yield from _wrapped("Rows are numbered as a spreadsheet program shows them: the header is row 1.")


def _counts(report: Report) -> Iterator[str]:
    count, rows = report.summary.outcomes, report.summary.rows
    repeated, before, already = _duplicates(report)
    refused = sum(one.rows for one in _refused(report))
    good = count.get(Outcome.VALID, 0) + count.get(Outcome.ACCEPTED, 0) + already
    invalid = count.get(Outcome.INVALID, 0) + report.profile.sent_mended
    told = {
        "can be used": good,
        "break the rules that leads must keep": invalid,
        "were refused when they were sent": refused,
        "repeat another row of the list": repeated,
        "are people whom we had already": before,
        "are on a suppression list": count.get(Outcome.SUPPRESSED, 0),
    }
    told["are not decided yet"] = rows - sum(told.values())
    width = len(f"{rows:,}")
    for words, number in told.items():
        if number:
            yield f"{number:>{width + 2},}  {words} ({share(number, rows)})"


def _duplicates(report: Report) -> tuple[int, int, int]:
    """Rows that repeat another one of the list, those of people who were there before, and those sent already.

    The last are the vendor's own: the list was imported before it was looked at again. Rows that were mended for
    that are none of them.
    """
    profile = report.profile
    duplicates = report.summary.outcomes.get(Outcome.DUPLICATE, 0) - profile.sent_mended
    repeated = min(profile.repeated, duplicates)
    already = min(profile.sent_already, duplicates - repeated)
    return repeated, duplicates - repeated - already, already


def _refused(report: Report) -> list[Reason]:
    """LeadByte's refusals for reasons that lie with the list."""
    return [one for one in report.summary.reasons if one.outcome == Outcome.REJECTED and one.code not in _OURS]


def _reasons(report: Report) -> Iterator[str]:
    # What the mapping itself says is no fault of the vendor's.
    broken = [*grouped(report.profile, Severity.FAULT), *grouped(report.profile, Settled.MENDED)]
    groups = [one for one in broken if one.column != CONSTANT]
    found = [(one.rows, f"{one.words()} ({_places(one)})") for one in groups]
    found += [
        (one.rows, f"Refused when sent: {_refusal(one)} ({_first(one.rows, one.first_row)})")
        for one in _refused(report)
    ]
    found.sort(key=lambda one: -one[0])
    yield from _listed(text for _, text in found[:REASONS])
    if len(found) > REASONS:
        yield f"  and {len(found) - REASONS} rarer reasons"


def _refusal(one: Reason) -> str:
    """What LeadByte says of the rows; its code where nobody knows what that means."""
    return one.text if one.code in RESPONSE_CODES else f"code {one.code} {one.text}"


def _warnings(report: Report) -> Iterator[str]:
    found = sorted(grouped(report.profile, Severity.WARNING), key=lambda one: -one.rows)
    yield from _listed(f"{one.words()} ({_places(one)})" for one in found[:REASONS])


def _places(group: Group) -> str:
    """How many rows, and the numbers of the first few of them."""
    if group.rows == 1:
        return f"row {group.first_rows[0]}"
    said = ", ".join(map(str, group.first_rows)) + (", …" if group.rows > len(group.first_rows) else "")
    return f"{number_of(group.rows)}: {said}"


def _damage(one: Finding) -> str:
    what, cure = _AT_THE_SOURCE[Kind(one.kind)]
    return "\n".join(_listed([f"Column {one.column!r}: {what} ({_first(one.rows, one.first_row)}). {cure}"]))


def _first(rows: int, first_row: int) -> str:
    return f"row {first_row}" if rows == 1 else f"{number_of(rows)}, the first is {first_row}"


def _asked_for(report: Report) -> Iterator[str]:
    wrong = report.summary.outcomes.get(Outcome.INVALID, 0) + sum(one.rows for one in _refused(report))
    repeated, _before, _already = _duplicates(report)
    if wrong:
        them, it = (f"the {number_of(wrong)}", "them") if wrong > 1 else ("the row", "it")
        yield from _wrapped(f"Please correct {them} that cannot be used and send {it} again, or credit {it}.")
    if repeated:
        rows = f"the {number_of(repeated)} that repeat others" if repeated > 1 else "the row that repeats another"
        yield f"Please credit {rows}."
    if not wrong and not repeated:
        yield "Nothing: no row need be sent again."


def _listed(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, "- ", "  ")


def _wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    """The text in lines; a word that is longer than a line is broken."""
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
