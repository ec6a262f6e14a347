"""Looking for a person in files, byte by byte: text in UTF-8 and UTF-16, also inside of workbooks and archives."""

from __future__ import annotations

import zipfile
import zlib
from bz2 import BZ2File
from collections.abc import Iterator
from gzip import GzipFile
from lzma import LZMAError, LZMAFile
from pathlib import Path
from typing import Final, Protocol

from pipeline.retention.person import Person

_WINDOW: Final = 1 << 20
#: What of a window is looked at once more with the next one: no address and no number is longer.
_OVERLAP: Final = 2_048

#: What packed files begin with, and how what is in them is read; None where it cannot be.
_PACKED: Final = (
    (b"\x1f\x8b", GzipFile),
    (b"BZh", BZ2File),
    (b"\xfd7zXZ\0", LZMAFile),
    (b"\x28\xb5\x2f\xfd", None),
    (b"7z\xbc\xaf", None),
    (b"Rar!", None),
)
_ZIP: Final = b"PK\x03\x04"
_BROKEN: Final = (EOFError, zlib.error, LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def files_below(folder: Path) -> Iterator[Path]:
    """The files of a folder and of those in it, in their order; links are not followed."""
    for one in sorted(folder.iterdir()):
        if one.is_dir() and not one.is_symlink():
            yield from files_below(one)
        elif one.is_file() and not one.is_symlink():
            yield one


def is_in_file(person: Person, path: Path) -> bool:
    """Whether a file has the person's address or number in it, in flat memory.

    Raises OSError where it cannot be read, or is packed in a way that cannot be looked into.
    """
    try:
        return any(person.is_in(text) for text in _texts(path))
    except _BROKEN as error:
        raise OSError(f"{path} cannot be unpacked") from error


def _texts(path: Path) -> Iterator[str]:
    """A file's content as text in overlapping windows; what is packed as it stands, and unpacked."""
    with path.open("rb") as file:
        begin = file.read(8)
        file.seek(0)
        yield from _windows(file)
    if begin.startswith(_ZIP):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name
                with archive.open(name) as member:
                    yield from _windows(member)
    for magic, unpacked in _PACKED:
        if begin.startswith(magic):
            if unpacked is None:
                raise OSError(f"{path} cannot be unpacked")
            with unpacked(path) as content:
                yield from _windows(content)


def _windows(file: _Bytes) -> Iterator[str]:
    kept = b""
    while block := file.read(_WINDOW):
        window = kept + block
        yield window.decode("utf-8", "ignore")
        if b"\0" in window:
            # UTF-16 may begin at either byte; in the other order of bytes plain letters are the same, one byte on.
            yield window.decode("utf-16-le", "ignore")
            yield (window[1:] + b"\0").decode("utf-16-le", "ignore")
        kept = window[-_OVERLAP:]
