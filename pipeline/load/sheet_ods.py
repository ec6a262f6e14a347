"""A second look at the XML of an OpenDocument sheet (.ods). Runs in the child, and loads nothing big."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Final, TypeAlias
from xml.parsers import expat

from pipeline.load.sheet_look import Look, check_narrow

if TYPE_CHECKING:
    from zipfile import ZipFile

Attributes: TypeAlias = dict[str, str]

#: What a cell shows when its formula ended in an error.
_ERROR: Final = re.compile(r"#[A-Z0-9/_]+[!?]?|Err:[0-9]+")


def look_at_content(archive: ZipFile, sheet: str) -> Look:
    """Look at a sheet of an .ods."""
    with archive.open("content.xml") as stream:
        check_narrow(stream.read(4), sheet)
    with archive.open("content.xml") as stream:
        return _Content(sheet).look(stream)


class _Content:
    """Follows the elements: columns, rows and cells, each of which may stand for several alike.

    A cell is judged when the next cell, row or sheet begins.
    """

    def __init__(self, sheet: str) -> None:
        self._look = Look()
        self._sheet, self._inside = sheet, False
        self._row, self._next_row, self._column, self._next_column, self._next_definition = 0, 1, 0, 1, 1
        self._formula: Attributes = {}
        self._text = ""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start

    def look(self, stream: IO[bytes]) -> Look:
        """Parse the document."""
        self._parser.ParseFile(stream)
        self._judge()
        return self._look

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == "table:table":
            self._judge()
            self._inside = attributes.get("table:name") == self._sheet
        elif not self._inside:
            return
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._judge()
            self._column = self._next_column
            self._next_column += int(attributes.get("table:number-columns-repeated", "1"))
            self._look.merged += not attributes.keys().isdisjoint(
                ("table:number-columns-spanned", "table:number-rows-spanned")
            )
            if "table:formula" in attributes:
                self._formula = attributes
                self._parser.CharacterDataHandler = self._more_text
        elif tag == "table:table-row":
            self._judge()
            self._row, self._next_column = self._next_row, 1
            self._next_row += int(attributes.get("table:number-rows-repeated", "1"))
            if _is_hidden(attributes):
                self._look.hidden_rows.append((self._row, self._next_row - 1))
        elif tag == "table:table-column":
            first = self._next_definition
            self._next_definition += int(attributes.get("table:number-columns-repeated", "1"))
            if _is_hidden(attributes):
                self._look.hidden_columns.append((first, self._next_definition - 1))

    def _more_text(self, text: str) -> None:
        self._text += text

    def _judge(self) -> None:
        """Judge the formula of the cell that has just ended, if it had one."""
        if not self._formula:
            return
        shown = self._text.strip()
        wrong = self._formula.get("calcext:value-type") == "error" or _ERROR.fullmatch(shown)
        empty = not shown and "office:value-type" not in self._formula
        for row in range(self._row, self._next_row):
            for column in range(self._column, self._next_column):
                if wrong:
                    self._look.error(row, column, shown or "#ERROR")
                elif empty:
                    self._look.not_calculated(row, column)
        self._formula, self._text = {}, ""
        self._parser.CharacterDataHandler = None


def _is_hidden(attributes: Attributes) -> bool:
    return attributes.get("table:visibility") in ("collapse", "filter")
