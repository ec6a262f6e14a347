"""Files that appear whole or not at all, for their owner's eyes only."""

from __future__ import annotations

import glob
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import ConfigError


def private_folder(path: Path) -> Path:
    """`path` as a folder (0700 when made here) that can be written to. Raises ConfigError otherwise."""
    try:
        for missing in [one for one in (path, *path.parents) if not one.exists()][::-1]:
            missing.mkdir(mode=0o700, exist_ok=True)  # a job beside this one may have been quicker
        probe = path / f".probe-{os.getpid()}-{threading.get_ident()}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"the output folder {path} cannot be written to: {error.strerror or error}",
            "choose another with --output DIR, or mend its permissions",
        ) from None
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write; it takes the place of `path` only once it is whole and on disk. One writer at a time.

    What a killed writer left is replaced with it. Raises ConfigError where it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with _told(path):
            _forget_remains(path)
            raw = _Raw(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))
        raw.path = path
        with io.BufferedWriter(raw) as file:
            yield file
            with _told(path):
                file.flush()
                os.fsync(file.fileno())
        with _told(path):
            temporary.replace(path)
            _sync_folder(path.parent)
    finally:
        with _told(path):
            temporary.unlink(missing_ok=True)


def move(path: Path, target: Path) -> None:
    """Move a file within its file system; on disk when this returns. What has that name already is replaced.

    Raises OSError.
    """
    path.replace(target)
    for folder in (target.parent, path.parent):
        _sync_folder(folder)


class _Raw(io.FileIO):
    """The file itself: what cannot be written is told whoever was writing, other errors of theirs are left alone."""

    path: Path

    def write(self, data: Any, /) -> int:
        with _told(self.path):
            return super().write(data)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror or error}",
            "make room on its disk, and check that it may be written to",
        ) from None


def _forget_remains(path: Path) -> None:
    """Half a file holds personal data like a whole one. The form with a number is that of earlier versions."""
    name = glob.escape(path.name)
    for remains in (*path.parent.glob(f".{name}.tmp"), *path.parent.glob(f".{name}.[0-9]*.tmp")):
        remains.unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    if os.name == "nt":
        return  # Windows has no handle of a folder to sync
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
