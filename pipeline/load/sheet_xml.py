"""A second look at the XML of an Excel sheet (.xlsx, .xlsm). Runs in the child, and loads nothing big.

Searching for the words that give away an error, a formula or something hidden is quick; parsing is not. So only a
sheet with such words in it is parsed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Final, TypeAlias
from xml.parsers import expat

from pipeline.load.sheet_look import Look

if TYPE_CHECKING:
    from zipfile import ZipFile

Attributes: TypeAlias = dict[str, str]

_BLOCK: Final = 1 << 20
_REFERENCE: Final = re.compile(r"([A-Za-z]{1,3})([0-9]+)")
_TRUE: Final = ("1", "true", "on")
#: How an Excel sheet begins whose tags have no prefix, in UTF-8 or any kindred encoding.
_EXCEL: Final = re.compile(rb"<worksheet[\s>]")
#: An error's type, hidden rows and columns, a formula (and not <filterColumn>, <formula1>, ...). Each begins with the
#: same characters whatever it finds: so they are searched for ten times as fast.
_TELLING: Final = tuple(map(re.compile, (b'"e"', b"'e'", b"hidden", rb"<f[\s/>]")))


def look_at_part(archive: ZipFile, parts: dict[str, str], sheet: str) -> Look:
    """Look at a sheet of an .xlsx. `parts`: the archive's names by their names in lower case."""
    part, stale = _part_of(archive, parts, sheet)
    with archive.open(part) as stream:
        if not _tells(stream):
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


def _tells(stream: IO[bytes]) -> bool:
    """Whether there may be something to be seen in an Excel sheet."""
    block = stream.read(_BLOCK)
    if not _EXCEL.search(block, 0, 4096):
        return True
    while block:
        if any(one.search(block) for one in _TELLING):
            return True
        following = stream.read(_BLOCK)
        block = block[-8:] + following if following else b""
    return False


class _Excel:
    """Follows the elements of an Excel sheet: a cell is judged when the next element begins that is none of its."""

    def __init__(self, stale: bool) -> None:
        self._look = Look()
        self._stale = stale
        self._row = self._column = 0
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
        if attributes.get("hidden") in _TRUE:
            self._look.hidden_rows.append((self._row, self._row))

    def _cell(self, attributes: Attributes) -> None:
        self._judge()
        self._column = _column(attributes["r"]) if "r" in attributes else self._column + 1
        self._kind = attributes.get("t", "n")

    def _has_formula(self, _: Attributes) -> None:
        self._formula = True

    def _begin_value(self, _: Attributes) -> None:
        self._has_value = True
        if self._formula or self._kind == "e":
            self._parser.CharacterDataHandler = self._more_value

    def _more_value(self, text: str) -> None:
        self._value += text

    def _columns(self, attributes: Attributes) -> None:
        if attributes.get("hidden") in _TRUE:
            self._look.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    def _judge(self) -> None:
        """Judge the cell that has just ended, if there was one."""
        if self._kind == "e":
            self._look.error(self._row, self._column, self._value.strip() or "#ERROR")
        elif self._formula and not self._calculated():
            self._look.not_calculated(self._row, self._column)
        if self._formula or self._kind == "e":
            self._parser.CharacterDataHandler = None
            self._value, self._formula = "", False
        self._kind, self._has_value = "", False

    def _calculated(self) -> bool:
        value = self._value.strip()
        if not value:
            return self._has_value and self._kind == "str"  # the empty text is a result too
        # Libraries that cannot calculate write 0 for every result, and ask for all to be calculated on opening.
        return not (self._stale and value == "0" and self._kind == "n")


def _column(reference: str) -> int:
    found = _REFERENCE.fullmatch(reference)
    number = 0
    for letter in found[1].upper() if found else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
