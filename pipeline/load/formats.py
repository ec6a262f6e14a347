"""What a file is, told from its first bytes, against what its name says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.load.files import blocks, head

DELIMITED: Final = ("csv", "tsv", "txt")
WORKBOOKS: Final = ("xlsx", "xlsm", "xlsb", "xls", "ods")

#: The most columns that a spreadsheet has.
MOST_COLUMNS: Final = 16_384

_ZIP: Final = b"PK\x03\x04"
#: Bytes of a zip archive's list of contents; a workbook has some hundred parts, of fifty bytes and a name each.
_MOST_CONTENTS: Final = 1 << 20
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: The stream that holds a password-protected .xlsx, by its name in the container ([MS-OFFCRYPTO]).
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
#: The part that tells one zipped workbook from another, and the names under which it may go.
_PARTS: Final = {
    "xl/workbook.xml": ("an Excel workbook (.xlsx)", ("xlsx", "xlsm")),
    "xl/workbook.bin": ("a binary Excel workbook (.xlsb)", ("xlsb",)),
    "content.xml": ("an OpenDocument file (.ods)", ("ods",)),
}
#: What else a list may be instead, and the ending under which it could be read ("": none).
_OTHERS: Final = (
    (b"%PDF", "a PDF", ""),
    (b"7z\xbc\xaf", "a 7-Zip archive", ""),
    (b"\x1f\x8b", "a gzip archive", "gz"),
    (b"\xfd7zXZ\0", "an xz archive", "xz"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "zst"),
)
_MARKUP: Final = (b"<!doctype html", b"<html", b"<head", b"<table", b"<meta", b"<?xml")


def kind_of(path: Path) -> str:
    """Return the name's ending ("csv", "xlsx", ...) once the content bears it out; else raise InputError."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in DELIMITED + WORKBOOKS:
        known = ", ".join(f".{name}" for name in DELIMITED + WORKBOOKS)
        raise InputError(
            f"{path}: the ending {path.suffix!r} is not one that can be read",
            f"Known are {known}, also packed as .gz, .bz2, .xz, .zst or .zip.",
        )
    start = head(path)
    if start.startswith(_ZIP):
        _check_zip(path, kind)
    elif start.startswith(_OLE):
        _check_ole(path, kind)
    else:
        _check_plain(path, kind, start)
    return kind


def _check_zip(path: Path, kind: str) -> None:
    try:
        with _Contents(path) as file, zipfile.ZipFile(file) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        what = "a workbook that is incomplete or damaged" if kind in WORKBOOKS else "a damaged zip archive"
        raise InputError(f"{path} is {what}", "Download or export it again.") from error
    for part, (what, kinds) in _PARTS.items():
        if part in parts:
            if kind not in kinds:
                raise _misnamed(path, what, f"Rename it to {path.stem}.{kinds[0]} and try again.")
            return
    raise _misnamed(path, "a zip archive", "Unpack it and name the list inside.")


class _Contents(io.FileIO):
    """A zip archive whose list of contents is to be read, and is not read where it is absurdly long."""

    def read(self, size: int | None = -1) -> bytes:
        most = _MOST_CONTENTS + 1
        content = super().read(most if size is None or size < 0 else min(size, most))
        if len(content) == most:
            raise zipfile.BadZipFile("its list of contents is too long")
        return content


def _check_ole(path: Path, kind: str) -> None:
    if kind == "xls":
        return
    if _contains(path, _ENCRYPTED):
        raise protected(path)
    raise _misnamed(path, "an older Excel workbook (.xls) or another Office file", "Open it and save it again.")


def _check_plain(path: Path, kind: str, start: bytes) -> None:
    for magic, what, ending in _OTHERS:
        if start.startswith(magic):
            cure = f"Rename it to {path}.{ending}: it is unpacked then." if ending else "Export it as CSV or .xlsx."
            raise _misnamed(path, what, cure)
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP):
        raise _misnamed(
            path,
            "a web page or XML",
            "Was a log-in page downloaded? Else open it in a spreadsheet and save as .xlsx.",
        )
    if kind in WORKBOOKS:
        what = "not a workbook" if b"\0" in start else "plain text"
        raise _misnamed(path, what, "If it is a CSV file, rename it to .csv; else export it again.")


def protected(path: Path | str) -> InputError:
    """Make the error for a workbook that asks for a password."""
    return InputError(
        f"{path} is protected with a password", "Open it in the spreadsheet program and save it without one."
    )


def _misnamed(path: Path, what: str, hint: str) -> InputError:
    return InputError(f"{path} is not what its name says: it is {what}", hint)


def _contains(path: Path, wanted: bytes) -> bool:
    tail = b""
    for block in blocks(path):
        if wanted in tail + block:
            return True
        tail = block[-len(wanted) :]
    return False
