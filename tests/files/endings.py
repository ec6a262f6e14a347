"""Files that are not what their name says."""

from __future__ import annotations

from typing import Final

from tests.files.case import Case, listed, person, refused, text, valid
from tests.files.ods import ods
from tests.files.xls import xls
from tests.files.xlsx import workbook, zipped

_LIST: Final = text(person(1), person(2))
_BOOK: Final = workbook([["Email"], ["ann1@example.com"]])
_SAYS: Final = "not what its name says"
#: The beginning of a file of Excel's with a password: the container's magic, and the stream's name in its directory.
_LOCKED: Final = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "EncryptedPackage".encode("utf-16-le") + bytes(992)
)


def cases() -> list[Case]:
    page = "<!DOCTYPE html>\n<html><body><form>Log in</form></body></html>\n"
    old = xls([["Email"], ["ann1@example.com"]])
    return [
        listed("endings/list.txt", _LIST, valid(2, 3)),
        listed("endings/CAPITALS.CSV", _LIST, valid(2, 3)),
        listed("endings/two dots & blanks.v2.csv", _LIST, valid(2, 3)),
        refused("endings/workbook.csv", _BOOK, _SAYS, ".xlsx"),
        refused("endings/workbook.xls", _BOOK, _SAYS, ".xlsx"),
        refused("endings/old-workbook.xlsx", old, "older Excel workbook (.xls)", "save it again"),
        refused("endings/old-workbook.csv", old, "older Excel workbook (.xls)", "save it again"),
        refused("endings/open-document.xlsx", ods([["Email"], ["ann1@example.com"]]), _SAYS, ".ods"),
        refused("endings/page.xls", page, "a web page", "log-in"),
        refused("endings/page.csv", page, "a web page", "log-in"),
        refused("endings/spreadsheet-2003.xls", '<?xml version="1.0"?>\n<Workbook/>\n', "web page or XML", ".xlsx"),
        refused("endings/text.xlsx", _LIST, "plain text", ".csv"),
        refused("endings/zip.xlsx", zipped({"list.csv": _LIST.encode()}), "a zip archive", "Unpack"),
        refused("endings/portable.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF", "Export"),
        refused("endings/unknown.dat", _LIST, "'.dat'", ".csv"),
        refused("endings/none", _LIST, "ending ''", ".csv"),
        refused("endings/empty.xlsx", b"", "empty", "completed"),
        refused("endings/password.xlsx", _LOCKED, "password", "without one"),
    ]
