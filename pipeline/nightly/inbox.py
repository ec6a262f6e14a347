"""Where files come in: a folder of this machine, or one at an address (fsspec). Nothing is ever deleted there.

A file of a folder is moved into working/. One at an address is copied there, and once the copy is whole, moved into a
folder `taken` beside it. Should the second step be lost, its content is recognised when it is offered again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from pipeline.errors import ConfigError, InputError
from pipeline.files import move
from pipeline.load import remote
from pipeline.load.copies import MOST, check_size
from pipeline.nightly.filing import PART

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

#: Where files at an address go once they were copied.
TAKEN: Final = "taken"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What shows that a file has changed. `changed`: seconds since 1970, None where nobody says."""

    size: int
    changed: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """What lies in an inbox: its files by name, and what has a file's name and is none (links, devices)."""

    files: dict[str, Stamp] = field(default_factory=dict)
    no_files: tuple[str, ...] = ()


class Inbox(Protocol):
    """A place where files come in. `shown` is what to call it, without secrets."""

    shown: str

    def look(self) -> Look:
        """What lies there now. Raises an ImportFailure where nobody can tell."""

    def take(self, name: str, target: Path) -> str:
        """Make the file `target` of it, and leave nothing of that name there; what could not be done, in words.

        Raises an ImportFailure where there is no `target` then.
        """

    def readable(self, name: str, copy: Path) -> Path:
        """The file to be read, and left where it is: itself, or a `copy` of it."""

    def where(self, name: str) -> str:
        """How to call a file of it."""


def inbox_at(where: str) -> Inbox:
    """The inbox at a path or an address."""
    return Address(where) if remote.is_remote(where) else Folder(Path(where))


class Folder:
    """An inbox on this machine. Links are not followed: whoever may put files there may not say what else is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)

    def look(self) -> Look:
        """As `Inbox.look`."""
        files, others = {}, []
        with _told(self.shown):
            for entry in os.scandir(self.path):
                known = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(known.st_mode):
                    # Who copies a file may set the first of these times back, but not the second.
                    changed = known.st_mtime if os.name == "nt" else max(known.st_mtime, known.st_ctime)
                    files[entry.name] = Stamp(known.st_size, changed)
                elif not entry.is_dir(follow_symlinks=False):
                    others.append(entry.name)
        return Look(files, tuple(sorted(others)))

    def take(self, name: str, target: Path) -> str:
        """As `Inbox.take`: one rename."""
        with _told(self.where(name)):
            move(self.path / name, target)
        return ""

    def readable(self, name: str, _copy: Path) -> Path:
        """As `Inbox.readable`."""
        return self.path / name

    def where(self, name: str) -> str:
        """As `Inbox.where`."""
        return str(self.path / name)


class Address:
    """An inbox at an address. Each call is a connection of its own: nights are long."""

    def __init__(self, where: str) -> None:
        self._where = where.rstrip("/")
        self.shown = remote.shown(self._where)

    def look(self) -> Look:
        """As `Inbox.look`."""
        with self._reached(Path()) as (fs, path):
            listed = [one for one in fs.ls(path, detail=True) if one["type"] == "file"]
            return Look({_name(one): Stamp(int(one["size"] or 0), _changed(one)) for one in listed})

    def take(self, name: str, target: Path) -> str:
        """As `Inbox.take`: a download, then a move on the other side."""
        move(self.readable(name, target.with_name(f".{target.name}{PART}")), target)
        return self._set_aside(name, target)

    def readable(self, name: str, copy: Path) -> Path:
        """As `Inbox.readable`: a copy that is whole, and on disk."""
        copy.unlink(missing_ok=True)
        with self._reached(copy) as (fs, path):
            size = fs.size(f"{path}/{name}")
            check_size(size or 0, self.where(name), MOST)
            remote.fetch(fs, f"{path}/{name}", self.where(name), copy)
        if size is not None and copy.stat().st_size != size:
            raise InputError(f"{self.where(name)} was not copied whole", "the next night tries again")
        copy.chmod(0o600)
        with copy.open("rb+") as file:
            os.fsync(file.fileno())
        return copy

    def where(self, name: str) -> str:
        """As `Inbox.where`."""
        return f"{self.shown}/{name}"

    def _set_aside(self, name: str, target: Path) -> str:
        try:
            with self._reached(target) as (fs, path):
                fs.makedirs(f"{path}/{TAKEN}", exist_ok=True)
                fs.mv(f"{path}/{name}", _free(fs, f"{path}/{TAKEN}/{name}"))
        except InputError as error:
            return f"{self.where(name)} could not be moved to {TAKEN}/, so it will be offered again: {error.message}"
        return ""

    @contextmanager
    def _reached(self, room: Path) -> Iterator[tuple[AbstractFileSystem, str]]:
        with remote.reaching(self._where, room) as (fs, path):
            fs.invalidate_cache()
            yield fs, path.rstrip("/")


def _free(fs: AbstractFileSystem, path: str) -> str:
    """The path, with a number behind it where it is taken."""
    number, found = 1, path
    while fs.exists(found):
        number += 1
        found = f"{path}-{number}"
    return found


def _name(entry: dict[str, Any]) -> str:
    return str(entry["name"]).rstrip("/").rpartition("/")[2]


def _changed(entry: dict[str, Any]) -> float | None:
    """When a file was changed: each kind of file system calls it otherwise."""
    found = next(
        (entry[key] for key in ("mtime", "LastModified", "last_modified", "updated") if entry.get(key)), None
    )
    if isinstance(found, datetime):
        return found.timestamp()
    return float(found) if isinstance(found, int | float) else None


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{what} cannot be read or moved: {error.strerror or error}",
            "mind the permissions of the inbox and of working/ below it",
        ) from None
