"""Filed lists: what a nightly run has put away once it was imported, or could not be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import Final

from pipeline.errors import ConfigError
from pipeline.retention.search import files_below

#: A folder that has the day for a name, on which its files were put there.
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: Where a nightly run has the lists that it is importing (pipeline.nightly.filing).
WORKING: Final = "working"


def purge_filed(folder: Path, before: datetime, *, dry_run: bool = False) -> list[Path]:
    """Remove the files that were put into `folder` before a moment, and the folders that are empty then; which.

    A file in a folder that is named like a day (2026-11-23) was put there on that day. Of any other the time counts
    at which it was last changed or moved. Links are left alone, and what they lead to. Raises ConfigError where the
    folder is not there, or a file cannot be removed.
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}", "name the folder of the filed lists with --files DIR")
    try:
        old = [one for one in files_below(folder) if _filed_at(one, folder) < before]
        for one in old if not dry_run else ():
            one.unlink()
            _remove_empty(one.parent, folder)
    except OSError as error:
        raise ConfigError(
            f"a filed list cannot be removed: {error.filename}: {error.strerror or error}",
            "mend the folder's permissions, then do the same again",
        ) from None
    return old


def check_filed(folder: Path, *needed: Path) -> None:
    """Raise ConfigError where removing old files from `folder` would take more than filed lists.

    That is where it holds what is `needed`, or lists that a nightly run has in working/ or has still to take; and
    where it is a file. One that is not there is nothing to worry about: there is nothing in it.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is no folder", "name the folder of the filed lists with --files DIR")
    inside = folder.resolve()
    for one in needed:
        if inside in (one.resolve(), *one.resolve().parents):
            raise ConfigError(
                f"{folder} holds {one}, which is no filed list", "name the folder that has filed lists alone"
            )
    if working := next((one for one in _working(inside)), None):
        top = working.parent
        raise ConfigError(
            f"{folder} has lists that are not imported yet: {working} is where a nightly run keeps them",
            f"name the folders of filed lists alone: --files {quote(str(top / 'done'))} "
            f"--files {quote(str(top / 'failed'))}",
        )


def _working(folder: Path) -> Iterator[Path]:
    """The folders working/ of nightly runs that a folder is in, is, or holds."""
    for one in (folder, *folder.parents):
        if one.name == WORKING and (
            one == folder or any((one.parent / name).is_dir() for name in ("done", "failed"))
        ):
            yield one
    if folder.is_dir():
        yield from (one for one in sorted(folder.rglob(WORKING)) if one.is_dir() and not one.is_symlink())


def _filed_at(path: Path, folder: Path) -> datetime:
    """When a file was put there; by its day it is the end of that day, wherever on earth it was one."""
    for name in _names_between(path, folder):
        if _DAY.fullmatch(name):
            with suppress(ValueError):  # the 31st of February
                return datetime.fromisoformat(f"{name}T00:00+00:00") + timedelta(days=1, hours=12)
    known = path.stat()
    # Moved within a disk it keeps the time of its last change: that it was moved then is another of its times.
    return datetime.fromtimestamp(max(known.st_mtime, known.st_ctime), UTC)


def _names_between(path: Path, folder: Path) -> Iterator[str]:
    """The names of the folders that a file is in, from the innermost one to `folder` itself."""
    for one in path.parents:
        yield one.name
        if one == folder:
            return


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
