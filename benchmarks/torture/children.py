"""Child processes that import and are killed: forked from this process, which has everything loaded already."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: What a child says with its exit code when the importer refused in words.
REFUSED: Final = 2
BROKEN: Final = 70
KILLED: Final = -signal.SIGKILL
PATIENCE: Final = 120.0


@dataclass(frozen=True, slots=True)
class Fate:
    """When to kill: `delay` seconds after the first lead was about to leave, or, `early`, after the start."""

    delay: float
    early: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code (-9 when it was killed) and the seconds it lived."""

    code: int
    seconds: float


def forked(work: Callable[[], int], log: Path) -> int:
    """Start `work` in a copy of this process, which must have no threads; returns its process id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = BROKEN
    try:
        with log.open("a") as errors:
            try:
                code = work()
            except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is told and the child ends here
                from pipeline.errors import ImportFailure

                code = REFUSED if isinstance(error, ImportFailure) else BROKEN
                errors.write(str(error) if code == REFUSED else traceback.format_exc())
    finally:
        os._exit(code)


def wait(child: int, seconds: float | None = None) -> int | None:
    """The child's exit code; None when it is still alive after `seconds`. Without a time: waits for its end."""
    over = time.monotonic() + (PATIENCE if seconds is None else seconds)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= over:
            if seconds is not None:
                return None
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise TimeoutError(f"a child did not end within {PATIENCE:.0f} s")
        time.sleep(0.001)


def lived(child: int, fate: Fate | None, notes: Path) -> Ended:
    """See the child to its end: kill -9 when its time has come, if it has not ended before."""
    began = time.monotonic()
    code: int | None = None
    if fate is not None:
        had = _size(notes)
        while not fate.early and code is None and _size(notes) == had:
            code = wait(child, 0.002)
        code = wait(child, fate.delay) if code is None else code
        if code is None:
            os.kill(child, signal.SIGKILL)
    code = wait(child) if code is None else code
    return Ended(code or 0, time.monotonic() - began)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
