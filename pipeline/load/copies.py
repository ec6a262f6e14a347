"""Private copies of lists that cannot be read where they are: below the output folder, gone when they were read.

`output/.incoming/<token>/` holds the copies of one process (folders 0700, files 0600), and the process holds the
lock `<token>.lock` beside it. Whatever is there without anybody holding its lock was left by a process that was
killed, and goes when the next one begins.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from pipeline.errors import InputError
from pipeline.files import private_folder

#: No list is larger, in bytes, however it gets here: what is, is a mistake, or made to fill the disk.
MOST: Final = 32 << 30
_CURE: Final = "Is it the right file? If so, divide it into several."
_INCOMING: Final = ".incoming"
_FULL: Final = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


@contextmanager
def folder_for_copies(output: Path) -> Iterator[Path]:
    """A folder for this process's copies; leaves nothing behind. Raises ConfigError where it cannot be made."""
    made: list[Path] = []
    with suppress(OSError):  # where it may not even be looked into, the next line says so
        made += [one for one in (output, *output.parents) if not one.exists()]
    incoming = private_folder(private_folder(output) / _INCOMING)
    token = secrets.token_hex(8)
    # The lock is there before the folder: nobody finds the folder and takes it for a leftover.
    lock = FileLock(incoming / f"{token}.lock", mode=0o600)
    try:
        with lock:
            folder = incoming / token
            folder.mkdir(mode=0o700)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                _forget(incoming, token)
    finally:
        for one in (incoming, *made):
            with suppress(OSError):
                one.rmdir()


def remove_leftovers(output: Path) -> None:
    """Remove the copies of processes that were killed."""
    incoming = output / _INCOMING
    with suppress(OSError):  # where it may not be looked into, others say so
        for folder in [one for one in incoming.iterdir() if one.is_dir()]:
            with suppress(Timeout), FileLock(incoming / f"{folder.name}.lock", timeout=0, mode=0o600):
                shutil.rmtree(folder, ignore_errors=True)
                _forget(incoming, folder.name)
        incoming.rmdir()


def _forget(incoming: Path, token: str) -> None:
    with suppress(OSError):  # Windows removes it as it is released
        (incoming / f"{token}.lock").unlink()


def fill(path: Path, blocks: Iterable[bytes], name: str, most: int, cure: str = _CURE) -> None:
    """Write a new private file. Raises InputError where it comes to more than `most` bytes, or the disk is full."""
    size = 0
    with _writing(path.parent, name):
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    try:
        for block in blocks:
            size += len(block)
            check_size(size, name, most, cure)
            with _writing(path.parent, name):
                file.write(block)
    finally:
        with _writing(path.parent, name):
            file.close()


def check_size(size: int, name: str, most: int, cure: str = _CURE) -> None:
    """Raise InputError where a list comes to more bytes than it may."""
    if size > most:
        raise InputError(f"{name} comes to more than {most / 1e6:,.0f} MB", cure)


@contextmanager
def _writing(folder: Path, name: str) -> Iterator[None]:
    """Turn what the operating system says of a copy in `folder` into an InputError."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise no_room(folder, name) from error
        raise InputError(
            f"a copy of {name} cannot be written: {error.strerror or error}",
            "Choose another folder with --output DIR.",
        ) from error


def is_full(error: Exception) -> bool:
    """Whether a disk, or somebody's share of it, is full."""
    return isinstance(error, OSError) and error.errno in _FULL


def no_room(folder: Path, name: str) -> InputError:
    """Make the error for a copy that does not fit into `folder`."""
    return InputError(
        f"the disk is full: there is no room for a copy of {name} in {folder.parent.parent}",
        "Make room there, or choose a folder on another disk with --output DIR.",
    )
