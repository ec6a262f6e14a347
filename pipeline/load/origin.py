"""Where the list comes from: a file, an archive, standard input, or an address (docs/reading.md).

`local_copy` makes a file of it that can be read as often as wanted. A plain file is read where it is; of everything
else there is a private copy (`pipeline.load.copies`) as long as the list is being read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from pipeline.errors import InputError
from pipeline.load import copies, remote
from pipeline.load.confined import Confined
from pipeline.load.files import BLOCK, head, readable, stamp_of
from pipeline.load.formats import DELIMITED, WORKBOOKS

STDIN: Final = "-"

#: What is told how many bytes more of a copy are there.
OnBytes: TypeAlias = Callable[[int], object]

_LISTS: Final = DELIMITED + WORKBOOKS
#: The archives by their ending, and the bytes that each begins with.
_ARCHIVES: Final = {
    "gz": b"\x1f\x8b",
    "bz2": b"BZh",
    "xz": b"\xfd7zXZ\0",
    "zst": b"\x28\xb5\x2f\xfd",
    "zip": b"PK",
}
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Where a tar archive says so, and what it says.
_TAR: Final = (257, b"ustar")
#: What comes out of an archive may be so many times its size, or `_FREE` bytes: a list is rarely 30 times.
_RATIO: Final = 250
_FREE: Final = 256 << 20
_CURE: Final = "Unpack it yourself, look at what comes out, and name that file."


@dataclass(frozen=True, slots=True)
class Local:
    """A list as a file of this machine. `name`: what to call it; `decisions`: sentences about where it came from."""

    path: Path
    name: str
    decisions: tuple[str, ...] = ()


def shown(where: str) -> str:
    """`where` as it may be told and kept: an address without its secrets."""
    return remote.shown(where) if remote.is_remote(where) else where


def lasting(where: str) -> str:
    """How a later process finds the list; "" where it cannot: standard input, an address with secrets."""
    if remote.is_remote(where):
        return where if remote.shown(where) == where else ""
    return "" if where == STDIN else str(Path(where).resolve())


@contextmanager
def local_copy(where: str, output: Path, on_bytes: OnBytes | None = None) -> Iterator[Local]:
    """The list `where` (a path, `-`, an address) as a file, for as long as this lasts. Raises InputError.

    Copies are made in a hidden folder below `output`, and removed at the end. While one is made, `on_bytes` is told
    how many bytes more were downloaded, copied from standard input, or unpacked.
    """
    on_bytes = on_bytes or (lambda _: None)
    copies.remove_leftovers(output)
    plain = where != STDIN and not remote.is_remote(where)
    if plain and _ending(where) not in _ARCHIVES:
        yield Local(Path(where), where)
        return
    with copies.folder_for_copies(output) as folder:
        yield _packed_file(where, folder, on_bytes) if plain else _fetched(where, folder, on_bytes)


def _packed_file(where: str, folder: Path, on_bytes: OnBytes) -> Local:
    """What is in an archive on this machine."""
    path = Path(where)
    with readable(path):
        before = stamp_of(path)
        found = _unpacked(_ending(where), path, where, folder, on_bytes)
        if stamp_of(path) != before:
            raise InputError(f"{where} was changed while it was being read", "Start again with the new file.")
    return found


def _fetched(where: str, folder: Path, on_bytes: OnBytes) -> Local:
    """What comes through a pipe or over the net. Where its name does not say what it is, its content does."""
    path, name = folder / "incoming", shown(where).removesuffix("?…")
    if where == STDIN:
        name, told = "stdin", "read from standard input"
        copies.fill(path, _counted(_standard_input(), on_bytes), name, copies.MOST)
    else:
        told = f"downloaded from {name}"
        remote.download(where, path, on_bytes)
    kind = _kind(path, name)
    if kind in _LISTS and head(path).startswith(_ARCHIVES["gz"]):
        kind = "gz"  # packed for the way only, as web servers do
    if kind in _ARCHIVES:
        found = _unpacked(kind, path, name, folder, on_bytes)
        return Local(found.path, found.name, (told, *found.decisions))
    return Local(path.rename(folder / f"list.{kind}"), name, (told,))


def _counted(blocks: Iterator[bytes], on_bytes: OnBytes) -> Iterator[bytes]:
    for block in blocks:
        on_bytes(len(block))
        yield block


def _standard_input() -> Iterator[bytes]:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError(
            "- is the standard input, and nothing is piped into it",
            "Write it like: leadbyte-import check - --mapping FILE < LIST.csv; or name the list.",
        )
    try:
        first = sys.stdin.buffer.read(BLOCK)
        if not first:
            raise InputError("stdin is empty: nothing was piped in", "Did the command before the | fail?")
        yield first
        yield from iter(lambda: sys.stdin.buffer.read(BLOCK), b"")
    except OSError as error:
        raise InputError(f"stdin cannot be read: {error.strerror or error}", "Name the list instead.") from error


# ---------------------------------------------------------------------- archives


def _unpacked(kind: str, path: Path, name: str, folder: Path, on_bytes: OnBytes) -> Local:
    """What is in the archive `path`: unpacked by a child process, checked and written by this one."""
    if not head(path).startswith(_ARCHIVES[kind]):
        raise InputError(
            f"{name} is not what its name says: it is not a .{kind} archive", "Was a log-in page downloaded?"
        )
    target = folder / "unpacked"
    with Confined("pipeline.load.unpack", [kind, str(path), name], name, cure=_CURE) as child:
        inner = child.read(int.from_bytes(child.read(4), "big")).decode()
        blocks = iter(lambda: child.read(BLOCK), b"")
        most = min(copies.MOST, max(_FREE, _RATIO * path.stat().st_size))
        copies.fill(target, _counted(blocks, on_bytes), f"what is in {name}", most, _CURE)
    listed = f"{name}/{inner}" if inner else _without_ending(name, kind)
    found = _kind(target, listed)
    if head(target).startswith(_ARCHIVES["gz"]):  # whatever its name says
        found = "gz"
    if found in _ARCHIVES:
        raise InputError(f"{name} is an archive in an archive: there is a .{found} in it", _CURE)
    told = (f"read {inner}, the only list in {name}",) if inner else ()
    return Local(target.rename(folder / f"list.{found}"), listed, told)


def _without_ending(name: str, kind: str) -> str:
    return name[: -len(kind) - 1] if _ending(name) == kind else name


def _kind(path: Path, name: str) -> str:
    """What a copy is: by the ending of its name, or, where that says nothing, by its content."""
    ending = _ending(name)
    if ending in _LISTS or ending in _ARCHIVES:
        return ending
    start = head(path)
    if start.startswith(_OLE):
        return "xls"
    if start[_TAR[0] :].startswith(_TAR[1]):
        raise InputError(f"{name} is a tar archive", _CURE)
    found = next((one for one, magic in _ARCHIVES.items() if start.startswith(magic)), "csv")
    return _workbook(path, name) or "zip" if found == "zip" else found


def _workbook(path: Path, name: str) -> str:
    """The ending of the workbook that a zip archive is; "" where it is none."""
    with Confined("pipeline.load.unpack", ["workbook", str(path), name], name) as child:
        return child.read(int.from_bytes(child.read(4), "big")).decode()


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower().removeprefix(".")
