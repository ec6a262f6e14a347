"""A second look at the XML of an Excel sheet (.xlsx, .xlsm). Runs in the child, and loads nothing big.

Searching for the words that give away an error, a formula or something hidden is quick; parsing is not. So only a
sheet with such words in it is parsed, or one whose rows and cells are not plainly one after the other: calamine
lays cells that have the same place over each other, and takes the first of the shared texts where it cannot read
which one is meant.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Final, TypeAlias
from xml.parsers import expat

from pipeline.load.headers import column_letters
from pipeline.load.sheet_look import NO_NUMBER, Look, Unreadable

if TYPE_CHECKING:
    from zipfile import ZipFile

Attributes: TypeAlias = dict[str, str]

_BLOCK: Final = 1 << 20
_REFERENCE: Final = re.compile(r"([A-Za-z]{1,3})([0-9]+)")
_INDEX: Final = re.compile(r"[0-9]{0,9}")
_TRUE: Final = ("1", "true", "on")
#: How an Excel sheet begins whose tags have no prefix, in UTF-8 or any kindred encoding.
_EXCEL: Final = re.compile(rb"<worksheet[\s>]")
#: An error's type, hidden rows and columns, a formula (and not <filterColumn>, <formula1>, ...), a value that is
#: no plain number, a shared text that is none, a cell whose place is not plain. Each begins with the same characters
#: whatever it finds: so they are searched for ten times as fast.
_TELLING: Final = tuple(
    map(
        re.compile,
        (
            *(b'"e"', b"'e'", b"hidden", rb"<f[\s/>]"),
            rb"<v(?!>-?[0-9.]+(?:[eE][-+]?[0-9]{1,2})?</v>(?!<v)|/>|></v>)",
            rb't="s"[^>]*>\s*<v>(?![0-9]+</v>)',
            rb'<c(?=[\s/>])(?! r="[A-Z]{1,3}[0-9]+")',
        ),
    )
)
#: The number of a row, behind the tag's name, and the place of a cell.
_NUMBER: Final = re.compile(rb'\s(?:[^>]*?\s)?r="([0-9]+)"')
_PLACE: Final = re.compile(rb'<c r="([A-Z]+[0-9]+)"')
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: What UTF-16 and UTF-32 begin with, with a byte order mark or without.
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0")


def look_at_part(archive: ZipFile, parts: dict[str, str], sheet: str) -> Look:
    """Look at a sheet of an .xlsx. `parts`: the archive's names by their names in lower case."""
    part, stale = _part_of(archive, parts, sheet)
    with archive.open(part) as stream:
        if not _tells(stream, sheet):
            return Look()
    with archive.open(part) as stream:
        return _Excel(stale).look(stream)


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


def check_narrow(start: bytes, sheet: str) -> None:
    """Raise Unreadable where a part begins as UTF-16 does: calamine finds nothing in it, and calls it empty."""
    if start.startswith(_WIDE):
        raise Unreadable(f"the sheet {sheet!r} is written in UTF-16, and only UTF-8 can be read")


def _tells(stream: IO[bytes], sheet: str) -> bool:
    """Whether there may be something to be seen in an Excel sheet."""
    text, last = stream.read(_BLOCK), 0
    check_narrow(text, sheet)
    if not _EXCEL.search(text, 0, 4096):
        return True
    while text:
        following = stream.read(_BLOCK)
        cut = text.rfind(b"<row") if following else len(text)
        if cut <= 0:  # a row as long as a block
            return True
        rows, text = text[:cut], text[cut:] + following
        if any(one.search(rows) for one in _TELLING):
            return True
        last = _last_row(rows, last)
        if last < 0:
            return True
    return False


def _last_row(text: bytes, before: int) -> int:
    """The number of the last row, if the rows behind the row `before` are in order, and all cells where they belong.

    Else -1: a row or a cell is there twice, or a cell says that it is in another row. The cells' places are plain.
    """
    _, *rows = text.split(b"<row")
    for row in rows:
        found = _NUMBER.match(row)
        number = int(found[1]) if found else 0
        places = _PLACE.findall(row)
        distinct = set(places)
        if number <= before or len(distinct) != len(places):
            return -1
        if found and distinct and {one.lstrip(_LETTERS) for one in distinct} != {found[1]}:
            return -1
        before = number
    return before


class _Excel:
    """Follows the elements of an Excel sheet: a cell is judged when the next element begins that is none of its."""

    def __init__(self, stale: bool) -> None:
        self._look = Look()
        self._stale = stale
        self._row = self._column = 0
        self._filled: set[int] = set()  # the rows with cells
        self._taken: set[int] = set()  # the columns of this row's cells
        self._placed = False  # whether the row says its number
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
        self._column, self._placed = 0, "r" in attributes
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
            self._row = self._row if self._placed else row
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
