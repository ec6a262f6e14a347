"""A workbook is being read by its child while this process still loads pandas and pandera.

`begin` is called as soon as the list's name is known; `reader` hands over the child that was begun, or a new one.
Loads nothing big.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.load.confined import Confined
from pipeline.load.files import Stamp, readable, stamp_of
from pipeline.load.formats import WORKBOOKS

_CURE: Final = (
    "Open it in a spreadsheet program, copy the rows of the list, and nothing else, into a new workbook, and save "
    "that as .xlsx or CSV. If it does not open there either, ask for the list anew."
)
#: The children that were begun and not yet asked for, by what they were told to read, and what the file was then.
_begun: dict[tuple[str, str, str], tuple[Confined, Stamp]] = {}


def begin(where: str, sheet: str) -> None:
    """Begin to read the list `where` if it is a workbook on this machine; whatever is wrong with it is told later."""
    path = Path(where)
    if path.suffix.lower().removeprefix(".") not in WORKBOOKS or not path.is_file():
        return
    try:
        with readable(path):
            stamp = stamp_of(path)
    except InputError:
        return
    _begun[str(path), sheet, where] = (_started(path, sheet, where), stamp)


def reader(path: Path, sheet: str, called: str) -> Confined:
    """The child that reads the workbook `path`; one that was begun before only if the file is still the same."""
    begun = _begun.pop((str(path), sheet, called), None)
    if begun is not None:
        child, stamp = begun
        if stamp == stamp_of(path):
            return child
        child.close()
    return _started(path, sheet, called)


def _started(path: Path, sheet: str, called: str) -> Confined:
    return Confined("pipeline.load.sheets", [str(path), sheet, called], called, cure=_CURE)
