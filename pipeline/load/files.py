"""The file on the disk: whether it can be read at all, its size and time, its hash."""

from __future__ import annotations

import difflib
import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import InputError

#: Files are read in blocks of this many bytes.
BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Stamp:
    """What shows that a file is still the same one: size in bytes, times of the last change in ns.

    The first time is the content's, and can be set by anybody; the second is the system's own (on Windows that of
    the file's creation), which also tells a file that was put in the place of another.
    """

    size: int
    changed: tuple[int, int]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the operating system says about `path` into an InputError."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", _nearest(path)) from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read: permission denied", "Ask its owner for read access.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", "Copy it to a local disk.") from error


def stamp_of(path: Path) -> Stamp:
    """Look at the file without opening it. Raises InputError unless it is a regular file with content."""
    facts = path.stat()
    if stat.S_ISDIR(facts.st_mode):
        raise InputError(f"{path} is a folder, not a file", "Name the list inside it.")
    if not stat.S_ISREG(facts.st_mode):
        raise InputError(f"{path} is not a regular file", "Save the list as a file first, or give - and pipe it in.")
    if facts.st_size == 0:
        raise InputError(f"{path} is empty (0 bytes)", "Check that the download or export was completed.")
    return Stamp(facts.st_size, (facts.st_mtime_ns, facts.st_ctime_ns))


def blocks(path: Path) -> Iterator[bytes]:
    """Yield the file's bytes, block by block."""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def head(path: Path) -> bytes:
    """Return the first bytes of the file, enough to tell what it is."""
    with path.open("rb") as stream:
        return stream.read(4096)


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _nearest(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"The folder {path.parent} does not exist or may not be read."
    close = difflib.get_close_matches(path.name, names, n=3)
    return (
        f"Did you mean {' or '.join(close)}?" if close else f"Check the name; the folder is {path.parent.resolve()}."
    )
