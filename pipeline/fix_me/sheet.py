"""fix-me.xlsx as a file: its sheets, filled row by row in flat memory. Every cell but the row numbers is text.

xlsxwriter writes it. Its rows wait in files of their own until the end; those lie in a folder that goes with them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from pipeline import mending
from pipeline.files import whole_file
from pipeline.fix_me.columns import Column

#: The limits of a sheet: rows below its header, columns, and the UTF-16 units of a cell.
MOST_ROWS: Final = 1_048_575
MOST_COLUMNS: Final = 16_384
LONGEST_CELL: Final = 32_767

#: What XML cannot hold, and no program makes a cell of.
_NO_CHARACTER: Final = re.compile("[\ufffe\uffff]")
#: What stands in XML under another form: characters that it lacks, and what would be taken for such a form.
_ESCAPED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f]")

#: How many rows show how wide a column should be; characters, at least and at most.
_LOOKED_AT, _NARROWEST, _WIDEST = 200, 10, 40
#: How wide the reasons are; so many characters of them are in a line for certain, which is so many points high.
_REASONS, _A_LINE, _LINE, _MOST_LINES = 60, 50, 15, 20
#: Characters in all that a drop-down's own list may have.
_OWN_CHOICES: Final = 255
#: Around a cell at fault: it is not only its colour that shows it.
_FRAME: Final = "#A63C00"
#: The row number and the reasons.
ADDED: Final = 2


def fits(cell: str) -> bool:
    """Whether a sheet can hold a cell as it is."""
    long = len(cell) > LONGEST_CELL // 2 and len(cell.encode("utf-16-le")) // 2 > LONGEST_CELL
    return not long and not _NO_CHARACTER.search(cell)


class _Verbatim(Worksheet):  # type: ignore[misc]  # the library has no types
    """A sheet whose texts come back as they are, whatever they look like.

    The library's own way loses `_x0041_x0042_`, and takes a text between <r> and </r> for XML.
    """

    @staticmethod
    def _escape_control_characters(data: Any) -> Any:
        if not isinstance(data, str):
            return data
        written = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", data)
        return f"_x003C_{written[1:]}" if written.startswith("<r>") else written


@contextmanager
def open_book(folder: Path, token: str, columns: Sequence[Column]) -> Iterator[Book]:
    """The workbook in `folder`, there once this is left, and only if nothing was raised.

    What the library writes for the time being holds personal data like the workbook itself, so it lies there too.
    """
    temporary = folder / f".{mending.WORKBOOK}.d"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(mode=0o700)
    try:
        with whole_file(folder / mending.WORKBOOK) as file:
            book = Book(file, temporary, token, columns)
            try:
                yield book
                book.close()
            finally:
                book.let_go()
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class Book:
    """The workbook, open. `guide` are the paragraphs of its first sheet, set before it is closed."""

    def __init__(self, file: BinaryIO, temporary: Path, token: str, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.rows = 0
        self.guide: Sequence[str] = ()
        self._widths = [min(max(len(one.header), _NARROWEST), _WIDEST) for one in columns]
        self._book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True, "tmpdir": str(temporary), "use_zip64": True,
                "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            },
        )  # fmt: skip
        text = {"num_format": "@", "valign": "top"}
        self._text = self._book.add_format(text)
        self._faulty = self._book.add_format(
            text
            | {"bold": True, "bg_color": "#FFD9A8", "font_color": "#5C1A00", "border": 2, "border_color": "#A63C00"}
        )
        self._number = self._book.add_format({"num_format": "0", "bg_color": "#E7E6E6", "valign": "top"})
        self._reason = self._book.add_format(text | {"bg_color": "#F2F2F2", "text_wrap": True})
        head = {"num_format": "@", "bold": True, "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
        self._head = self._book.add_format(head | {"bg_color": "#1F3864"})
        self._required = self._book.add_format(head | {"bg_color": "#7A1F00", "underline": 1})
        self._guide = self._book.add_worksheet(mending.GUIDE, worksheet_class=_Verbatim)
        self._sheet = self._book.add_worksheet(mending.ROWS, worksheet_class=_Verbatim)
        self._sheet.set_row(0, 45)
        self._sheet.write_string(0, 0, mending.row_header(mending.Mark(token)), self._head)
        self._sheet.write_string(0, 1, mending.REASONS, self._head)
        for at, one in enumerate(self._columns, ADDED):
            form = self._required if any(field.required for field in one.fields) else self._head
            self._sheet.write_string(0, at, one.header, form)
            self._note(0, at, one.wants())

    def add(self, number: int, reasons: str, cells: Sequence[str], faulty: dict[int, str], *, notes: bool) -> int:
        """Add a row, whose cells all fit. `faulty`: why, by place; returns how many `notes` of that were written."""
        self.rows += 1
        row, sheet, text = self.rows, self._sheet, self._text
        if len(reasons) > _A_LINE:
            sheet.set_row(row, _LINE * min(1 + len(reasons) // _A_LINE, _MOST_LINES))
        sheet.write_number(row, 0, number, self._number)
        sheet.write_string(row, 1, reasons, self._reason)
        for at, cell in enumerate(cells):
            if at in faulty:
                write = sheet.write_string if cell else sheet.write_blank
                write(row, at + ADDED, cell, self._faulty)
            elif cell:
                sheet.write_string(row, at + ADDED, cell, text)
        if row <= _LOOKED_AT:
            self._widths = [
                max(width, min(len(cell), _WIDEST)) for width, cell in zip(self._widths, cells, strict=True)
            ]
        for at, why in faulty.items() if notes else ():
            self._note(row, at + ADDED, why)
        return len(faulty) if notes else 0

    def _note(self, row: int, column: int, words: str) -> None:
        lines = 2 + sum(1 + len(line) // 30 for line in words.split("\n"))
        self._sheet.write_comment(row, column, words[:2_000], {"width": 220, "height": min(18 * lines, 300)})

    def close(self) -> None:
        """Write the guide and what belongs to all rows, and then the file."""
        self._finish_sheet()
        self._add_choices()
        self._write_guide()
        self._book.close()

    def let_go(self) -> None:
        """Close the files that the rows waited in, if that was not done yet."""
        for sheet in self._book.worksheets():
            sheet._opt_close()

    def _finish_sheet(self) -> None:
        last, sheet = self.rows, self._sheet
        sheet.freeze_panes(1, ADDED)
        sheet.autofilter(0, 0, last, len(self._columns) + ADDED - 1)
        # Every phone number is text on purpose: no program need point at it.
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS + 1}"})
        sheet.set_column(0, 0, 18, self._number)
        sheet.set_column(1, 1, _REASONS, self._reason)
        for at, width in enumerate(self._widths, ADDED):
            sheet.set_column(at, at, width + 2, self._text)
        untouched = "This number says which row of the list this is: please leave it as it is."
        rule = {"validate": "custom", "value": "=FALSE", "error_title": "Row number", "error_message": untouched}
        sheet.data_validation(1, 0, last, 0, rule)

    def _add_choices(self) -> None:
        """A drop-down for each column with choices; it takes other values too, after asking."""
        long: list[tuple[str, ...]] = []
        for at, one in enumerate(self._columns, ADDED):
            if not one.choices:
                continue
            source: object = list(one.choices)
            if len(",".join(one.choices).encode("utf-16-le")) // 2 > _OWN_CHOICES or any(map(_is_odd, one.choices)):
                column = xlsxwriter.utility.xl_col_to_name(len(long))
                source = f"={mending.CHOICES}!${column}$1:${column}${len(one.choices)}"
                long.append(one.choices)
            rule = {"validate": "list", "source": source, "error_type": "warning", "error_title": "Another value?"}
            rule["error_message"] = "The campaign may take none but the values in the list."
            self._sheet.data_validation(1, at, self.rows, at, rule)
        if long:
            sheet = self._book.add_worksheet(mending.CHOICES, worksheet_class=_Verbatim)
            sheet.hide()
            for row in range(max(map(len, long))):
                for at, choices in enumerate(long):
                    if row < len(choices):
                        sheet.write_string(row, at, choices[row], self._text)

    def _write_guide(self) -> None:
        title = self._book.add_format({"num_format": "@", "bold": True, "font_size": 16})
        words = self._book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self._guide.hide_gridlines(2)
        self._guide.set_column(0, 0, 110)
        self._guide.write_string(0, 0, mending.GUIDE, title)
        for row, line in enumerate(self.guide, 2):
            self._guide.set_row(row, 16 * (1 + len(line) // 105))
            self._guide.write_string(row, 0, line, words)


def _is_odd(choice: str) -> bool:
    """Whether a drop-down's own list would divide or change a choice."""
    return choice != choice.strip() or any(letter in choice for letter in ',;"') or choice.startswith("=")
