"""One at a time: who uses an output folder's journal, and who sends to a campaign, on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import platformdirs
from filelock import FileLock, Timeout

from pipeline.errors import ConfigError, RunError, RunLocked
from pipeline.files import private_folder, whole_file
from pipeline.journal import Journal

_WAIT: Final = "wait until it has ended, or end it with Ctrl-C where it runs"


@contextmanager
def opened_journal(output: Path, now: datetime, *, must_exist: bool = False) -> Iterator[Journal]:
    """The journal of an output folder, for this process alone. Raises RunLocked when another has it."""
    path = output / "journal.sqlite3"
    if must_exist and not path.exists():
        raise RunError(f"there is no journal in {output}", "name the folder of the run with --output DIR")
    with alone(
        private_folder(output) / "journal.lock",
        f"the folder {output}",
        f"{_WAIT}, or use another folder with --output DIR",
        now,
    ):
        for one in output.glob("*/.results.csv*.tmp"):
            one.unlink(missing_ok=True)  # what a killed run was writing: nobody else would remove it
        journal = Journal(path)
        try:
            yield journal
        finally:
            journal.close()


@contextmanager
def sending_alone(address: str, reference: str, now: datetime) -> Iterator[None]:
    """Nobody else of this machine's user sends to the campaign meanwhile, whatever the output folder."""
    with alone(_campaign_lock(address, reference), f"the campaign {reference}", _WAIT, now):
        yield


def _campaign_lock(address: str, reference: str) -> Path:
    # Its name is a hash: whose leads go where is nobody's business in a folder that others may list.
    folder = platformdirs.user_state_path("leadbyte-import")
    try:
        private_folder(folder)
    except ConfigError:
        raise ConfigError(
            f"the folder {folder}, where runs say to which campaign they send, cannot be written to",
            "mend its permissions, or name another place for it (on Linux in XDG_STATE_HOME)",
        ) from None
    return folder / f"campaign-{hashlib.sha256(f'{address} {reference}'.encode()).hexdigest()[:24]}.lock"


@contextmanager
def alone(lock: Path, what: str, hint: str, now: datetime) -> Iterator[None]:
    """Hold a lock while the block runs. Raises RunLocked, which says who holds it, when another process does.

    The operating system lets go of the lock of a process that has ended, however it ended: a lock is never stale.
    """
    held = FileLock(lock, timeout=0, mode=0o600)
    holder = lock.with_suffix(".holder")
    try:
        held.acquire()
    except Timeout:
        raise RunLocked(
            f"another run is using {what}{_who(holder)}",
            hint,
        ) from None
    try:
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat(timespec="seconds")}
        with whole_file(holder) as file:
            file.write(json.dumps(about).encode())
        yield
    finally:
        holder.unlink(missing_ok=True)
        held.release()


def _who(holder: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        about = json.loads(holder.read_text(encoding="utf-8"))
        return f": process {about['pid']} on {about['host']}, since {about['since']}"
    return ""
