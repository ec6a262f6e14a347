"""The words of the workbook's first sheet, for a person who mends a list and knows nothing else of this program."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline import mending


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guide tells: `list_name` as a person calls the list, the commands as they are typed.

    `good_rows` says in a sentence what becomes of the rows of the list that need no mending.
    """

    list_name: str
    campaign: str
    check: str
    run: str
    good_rows: str = ""


def paragraphs(facts: Facts, rows: int, rest: int, left_out: int, *, refused: bool) -> list[str]:
    """The guide. `rest`: rows in fix-me.csv; `left_out`: in neither; `refused`: LeadByte rejected some of them."""
    here = f"{rows:,} {'row' if rows == 1 else 'rows'}"
    lines = [
        f"The sheet “{mending.ROWS}” has {here} of {facts.list_name}: not accepted for campaign {facts.campaign}, "
        f"but perhaps they can be mended. {facts.good_rows}".rstrip(),
        f"1. Look at column B of the sheet “{mending.ROWS}”: it says of each row what is wrong. The cells at fault "
        "are framed, bold and orange; point at one to read its note. Point at a header to read what the campaign "
        "wants in that column; where it is red and underlined, no cell may be empty.",
        "2. Correct the cells. Every cell is text: a number keeps its leading zero, and nothing is calculated. Some "
        "columns offer the values that the campaign takes.",
        "3. Delete the rows that you do not want to send: the whole row. Rows that are only hidden or filtered out "
        "are read all the same.",
        "4. Leave the first column and the headers as they are: the number is the row of your list, and because of "
        "it no row is sent twice. You may sort the rows, and clear column B.",
        "5. Save the workbook. To see what would happen (nothing is sent):",
        f"        {facts.check}",
        "6. Send what is right now:",
        f"        {facts.run}",
        "Rows that are still wrong come back in a workbook like this one.",
    ]
    if refused:
        lines.append("Rows that LeadByte refused are sent as they stand here: mend or delete each of them.")
    if rest:
        lines.append(
            f"A sheet has no room for more rows. The other {rest:,} are in {mending.REST} beside this workbook, and "
            "are imported in the same way. Open it with Data > From Text/CSV and all columns as Text, or it loses "
            "leading zeros. An apostrophe stands there before what would run as a formula; it is not sent."
        )
    if left_out:
        lines.append(f"{left_out_words(left_out)}.")
    return lines


def left_out_words(rows: int) -> str:
    """What is said of rows that could be mended, but not here."""
    many = "1 row is" if rows == 1 else f"{rows:,} rows are"
    return (
        f"{many} not in it, to be mended in the list itself: of another width than the header, with an error or an "
        "open formula in a cell, with rows inside a cell, with what too many rows share, or with a cell that a "
        "workbook cannot hold"
    )
