"""A second look at the XML of an Excel sheet (.xlsx, .xlsm). Runs in the child, and loads nothing big.

Most sheets have nothing to be seen in them, which a quick search tells (`pipeline.load.sheet_scan`); the others are
parsed. A sheet in which two rows have the same number, two cells the same place, or a cell a text that there is not,
is refused: calamine reads it in one way or another.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Final, TypeAlias
from xml.parsers import expat

from pipeline.load import sheet_scan
from pipeline.load.headers import column_letters
from pipeline.load.sheet_look import NO_NUMBER, Look, Unreadable, check_narrow

if TYPE_CHECKING:
    from zipfile import ZipFile

Attributes: TypeAlias = dict[str, str]

_REFERENCE: Final = re.compile(r"([A-Za-z]{1,3})([0-9]+)")
_INDEX: Final = re.compile(r"[0-9]{0,9}")
_TRUE: Final = ("1", "true", "on")


def look_at_part(archive: ZipFile, parts: dict[str, str], sheet: str) -> Look:
    """Look at a sheet of an .xlsx. `parts`: the archive's names by their names in lower case."""
    part, stale = _part_of(archive, parts, sheet)
    with archive.open(part) as stream:
        check_narrow(stream.read(4), sheet)
    with archive.open(part) as stream:
        values = sheet_scan.values(stream)
    if values is not None:
        return Look(values=values)
    with archive.open(part) as stream:
        plain = sheet_scan.has_plain_values(stream)
    with archive.open(part) as stream:
        return _Excel(stale, plain).look(stream)


def check_places(archive: ZipFile, parts: dict[str, str], sheet: str) -> None:
    """Raise Unreadable where two rows or cells of a sheet have the same place."""
    part, stale = _part_of(archive, parts, sheet)
    with archive.open(part) as stream:
        if sheet_scan.is_in_place(stream):
            return
    with archive.open(part) as stream:
        _Excel(stale, plain=True).look(stream)


def _part_of(archive: ZipFile, parts: dict[str, str], sheet: str) -> tuple[str, bool]:
    """The part that holds the sheet, and whether the workbook says that its formulas are to be calculated anew."""
    relation, stale = "", False
    for tag, attributes in elements(archive.read(parts["xl/workbook.xml"])):
        if tag == "sheet" and attributes.get("name") == sheet:
            relation = next((value for name, value in attributes.items() if name.endswith(":id")), "")
        elif tag == "calcPr":
            stale = attributes.get("fullCalcOnLoad") in _TRUE
    for _, attributes in elements(archive.read(parts["xl/_rels/workbook.xml.rels"])):
        if relation and attributes.get("Id") == relation:
            target = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))
            return parts[target.removeprefix("/").lower()], stale
    raise KeyError(sheet)


def elements(content: bytes) -> Iterator[tuple[str, Attributes]]:
    """The elements of a small part, without their prefixes."""
    found: list[tuple[str, Attributes]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: found.append((tag.rpartition(":")[2], attributes))
    parser.Parse(content, True)
    return iter(found)


class _Excel:
    """Follows the elements of an Excel sheet: a cell is judged when the next element begins that is none of its."""

    def __init__(self, stale: bool, plain: bool) -> None:
        self._look = Look()
        self._stale, self._plain = stale, plain
        self._row = self._column = 0
        self._filled: set[int] = set()  # the rows with cells
        self._taken: set[int] = set()  # the columns of this row's cells
        self._kind, self._formula, self._value = "", False, ""
        self._has_value = False
        self._handlers: dict[str, Callable[[Attributes], None]] = {}

    def look(self, stream: IO[bytes]) -> Look:
        """Parse the sheet."""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.ParseFile(stream)
        self._judge()
        return self._look

    def _start(self, tag: str, attributes: Attributes) -> None:
        if not self._handlers:
            prefix = tag[: tag.find(":") + 1]  # of the worksheet; other prefixes are other vocabularies
            self._handlers = {
                prefix + "c": self._cell,
                prefix + "row": self._next_row,
                prefix + "f": self._has_formula,
                prefix + "v": self._begin_value,
                prefix + "col": self._columns,
            }
        handler = self._handlers.get(tag)
        if handler is not None:
            handler(attributes)

    def _next_row(self, attributes: Attributes) -> None:
        self._judge()
        self._row = int(attributes.get("r", self._row + 1))
        self._column = 0
        self._taken.clear()
        if attributes.get("hidden") in _TRUE:
            self._look.hidden_rows.append((self._row, self._row))

    def _cell(self, attributes: Attributes) -> None:
        self._judge()
        row, self._column = _place(attributes["r"]) if "r" in attributes else (self._row, self._column + 1)
        self._take(row)
        self._kind = attributes.get("t", "n")

    def _take(self, row: int) -> None:
        """Take the place of a cell; raise Unreadable where it is not in its row, or the place is taken."""
        if not self._taken:
            if self._row in self._filled:
                raise Unreadable(f"row {self._row} stands in the sheet twice, each time with other cells")
            self._filled.add(self._row)
        if row != self._row:
            raise Unreadable(f"a cell of row {self._row} says that it is {column_letters(self._column)}{row}")
        if self._column in self._taken:
            raise Unreadable(f"cell {column_letters(self._column)}{row} stands in the sheet twice")
        self._taken.add(self._column)

    def _has_formula(self, _: Attributes) -> None:
        self._formula = True

    def _begin_value(self, _: Attributes) -> None:
        if self._has_value:
            raise Unreadable(f"cell {column_letters(self._column)}{self._row} has two values")
        self._has_value = True
        if self._formula or self._kind == "e" or not self._plain:
            self._parser.CharacterDataHandler = self._more_value
            self._parser.EndElementHandler = self._end_value

    def _more_value(self, text: str) -> None:
        self._value += text

    def _end_value(self, _: str) -> None:
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None

    def _columns(self, attributes: Attributes) -> None:
        if attributes.get("hidden") in _TRUE:
            self._look.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    def _judge(self) -> None:
        """Judge the cell that has just ended, if there was one."""
        if self._kind == "e":
            self._look.error(self._row, self._column, self._value.strip() or "#ERROR")
        elif self._formula and not self._calculated():
            self._look.not_calculated(self._row, self._column)
        elif self._kind == "n" and _is_endless(self._value):
            self._look.error(self._row, self._column, NO_NUMBER)
        elif self._kind == "s" and self._has_value and not _INDEX.fullmatch(self._value):
            raise Unreadable(
                f"cell {column_letters(self._column)}{self._row} names no text: number {self._value[:20]!r} of the "
                "workbook's texts"
            )
        self._value, self._formula = "", False
        self._kind, self._has_value = "", False

    def _calculated(self) -> bool:
        value = self._value.strip()
        if not value:
            return self._has_value and self._kind == "str"  # the empty text is a result too
        # Libraries that cannot calculate write 0 for every result, and ask for all to be calculated on opening.
        return not (self._stale and value == "0" and self._kind == "n")


def _is_endless(value: str) -> bool:
    """Whether calamine makes infinity or "not a number" of a number cell's value."""
    try:
        return not math.isfinite(float(value))
    except ValueError:
        return False


def _place(reference: str) -> tuple[int, int]:
    """The row and the column of a cell from what it says."""
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise Unreadable(f"a cell says that it is {reference[:20]!r}")
    number = 0
    for letter in found[1].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), number
