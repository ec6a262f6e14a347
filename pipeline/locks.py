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
from typing import Final, NamedTuple

import platformdirs
from filelock import FileLock, Timeout

from pipeline.errors import ConfigError, RunError, RunLocked
from pipeline.files import private_folder, whole_file
from pipeline.journal import Journal

_WAIT: Final = "wait until it has ended, or end it with Ctrl-C where it runs"


@contextmanager
def opened_journal(
    output: Path, now: datetime, *, must_exist: bool = False, held: Journal | None = None
) -> Iterator[Journal]:
    """The journal of an output folder, for this process alone. Raises RunLocked when another has it.

    `held`: the folder's journal, which whoever runs several imports side by side has opened already.
    """
    path = output / "journal.sqlite3"
    if held is not None and held.path.resolve() == path.resolve():
        yield held
        return
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


class Holder(NamedTuple):
    """Who holds a lock, `since` when (UTC, ISO). Not `alive`: who held it and was killed, so that it is free."""

    pid: int
    host: str
    since: str
    alive: bool = True

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


def folder_holder(output: Path) -> Holder | None:
    """Who uses an output folder's journal, or was killed while using it; None: nobody. Holds up no run that begins.

    Another machine's process (the folder is shared) counts as alive: nobody can tell from here.
    """
    lock = output / "journal.lock"
    found = _holder(lock.with_suffix(".holder"))
    if found is None or found.host != socket.gethostname():
        return found
    return found._replace(alive=_there(found.pid) and _is_held(lock))


def _there(pid: int) -> bool:
    if os.name == "nt":
        return True  # there, os.kill ends a process whatever it is sent
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _is_held(lock: Path) -> bool:
    """Whether a process holds it: one with the number of the last holder may be quite another by now."""
    probe = FileLock(lock, timeout=0, mode=0o600)
    try:
        probe.acquire()
    except Timeout:
        return True
    probe.release()
    return False


def _holder(path: Path) -> Holder | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        about = json.loads(path.read_text(encoding="utf-8"))
        return Holder(int(about["pid"]), str(about["host"]), str(about["since"]))
    return None


def _who(holder: Path) -> str:
    found = _holder(holder)
    return f": {found}" if found else ""
