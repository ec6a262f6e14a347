"""The output folder: who can read it, its disk, its journal, who has it, and what waits in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import platformdirs

from pipeline.doctor.finding import Finding, fail, failed, ok, skip, warn
from pipeline.errors import ImportFailure
from pipeline.files import private_folder
from pipeline.history import account_of, list_runs
from pipeline.journal import SCHEMA_VERSION
from pipeline.journal.history import Reader, Wanted
from pipeline.journal.ledger import Ledger
from pipeline.locks import folder_holder

#: Bytes that should be free; and the least share, where that is no more than ENOUGH: of a large disk it is plenty.
LEAST_FREE: Final = 1 << 30
LEAST_SHARE: Final = 0.05
ENOUGH: Final = 20 << 30
#: With less than that, the next import ends in the middle.
FULL: Final = 50 << 20
#: File systems of other machines, by the kernel's names; SQLite's WAL needs memory that all processes share.
_REMOTE: Final = ("nfs", "cifs", "smb", "9p", "ceph", "gluster", "lustre", "afs", "fuse.sshfs", "fuse.s3", "fuse.gcs")
#: Of so many unfinished runs the next step is told.
SHOWN: Final = 5


def folder(output: Path) -> Finding:
    """Whether the output folder can be written to, by its owner alone."""
    if output.is_dir():
        try:
            private_folder(output)
        except ImportFailure as error:
            return failed("folder", error)
        mode = output.stat().st_mode
        if os.name != "nt" and mode & 0o077:
            says = f"{output} can be read by others of this machine (mode {mode & 0o777:04o})"
            return warn("folder", says, f"chmod 700 {output}")
        return ok("folder", f"{output}, for its owner only")
    above = _there(output)
    if output.exists() or not (above.is_dir() and os.access(above, os.W_OK)):
        what = "is a file" if output.exists() else f"cannot be made in {above}"
        return fail("folder", f"{output} {what}", "choose another with --output DIR, or mend the permissions")
    return ok("folder", f"{output} is not there yet: the first run makes it")


def state_folder() -> Finding:
    """Whether the folder can be written to where runs say to which campaign they send."""
    path = Path(platformdirs.user_state_path("leadbyte-import"))
    if os.access(_there(path), os.W_OK):
        return ok("state_folder", f"{path}, where runs say to which campaign they send")
    return fail(
        "state_folder", f"{path}, where runs say to which campaign they send, cannot be written to",
        "mend its permissions, or name another place for it (on Linux in XDG_STATE_HOME)",
    )  # fmt: skip


def _there(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there."""
    whole = path.absolute()
    return next((one for one in (whole, *whole.parents) if one.exists()), whole)


def disk(output: Path, free: int | None = None, size: int | None = None) -> Finding:
    """Whether there is room. `free` and `size` in bytes, by default those of the folder's disk."""
    if free is None or size is None:
        found = shutil.disk_usage(_there(output))
        free, size = found.free, found.total
    says = f"{free / (1 << 30):,.1f} GB free, {free * 100 // size if size else 0} %"
    cure = "make room, or name a folder on another disk with --output DIR"
    if free < FULL:
        return fail("disk", says, cure)
    if free < LEAST_FREE or (free < LEAST_SHARE * size and free < ENOUGH):
        return warn("disk", says, cure)
    return ok("disk", says)


def file_system(output: Path, mounts: Path = Path("/proc/self/mounts")) -> Finding:
    """Whether the folder is on this machine: over a network, two machines could write the journal at once."""
    kind = _kind_of(_there(output).resolve(), mounts)
    if not kind:
        return skip("file_system", "this system does not tell on what kind of disk the folder is")
    if kind.startswith(_REMOTE):
        return warn(
            "file_system", f"the folder is on a network file system ({kind}): the journal is not safe there",
            "keep the output folder on a disk of this machine, and copy results from it",
        )  # fmt: skip
    return ok("file_system", f"a disk of this machine ({kind})")


def _kind_of(path: Path, mounts: Path) -> str:
    """The file system's kind, by the longest mount point above the path; "" where that cannot be told."""
    if str(path).startswith("\\\\"):
        return "cifs"
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    points = [(Path(line[1].replace("\\040", " ")), line[2]) for line in lines if len(line) > 2]
    above = [(len(point.parts), kind) for point, kind in points if path == point or point in path.parents]
    # Of two mounts at one place the later one counts.
    return max(reversed(above), key=lambda one: one[0])[1] if above else ""


def journal(output: Path) -> Iterator[Finding]:
    """Whether the journal is whole, and the key of its ledger there."""
    path = output / "journal.sqlite3"
    if not path.exists():
        yield ok("journal", "none yet")
        return
    try:
        reader = Reader(path)
        try:
            damage, version, old = reader.damage(), reader.version, reader.version < SCHEMA_VERSION
            nobody = old or Ledger(reader).is_empty()
        finally:
            reader.close()
    except ImportFailure as error:
        yield failed("journal", error)
        return
    if damage:
        cure = "restore it from a backup, or go on in another --output folder; keep this one: runs are in it"
        yield fail("journal", f"{path} is damaged: {damage}", cure)
        return
    size = path.stat().st_size / (1 << 20)
    brought = "; the next run brings it up to date" if old else ""
    yield ok("journal", f"whole, {size:,.0f} MB, format {version}{brought}")
    if not nobody and not (output / "ledger.key").exists():
        yield fail(
            "ledger_key", f"{output / 'ledger.key'} is missing: nobody can tell who was sent before",
            "restore it from a backup; without it, imports need --allow-resubmit, and send people again",
        )  # fmt: skip


def lock(output: Path) -> Finding:
    """Who has the folder."""
    holder = folder_holder(output)
    if holder is None:
        return ok("lock", "free")
    if holder.alive:
        return ok("lock", f"held by {holder}: a run is under way, and a second one has to wait")
    # The system has let go of it: nothing has to be removed.
    return ok("lock", f"free; {holder}, was killed while it held it")


def unfinished(output: Path, now: datetime) -> Iterator[Finding]:
    """Runs that have rows to send, or were cut off."""
    if not (output / "journal.sqlite3").exists():
        return
    try:
        found = list_runs(output, now, Wanted(unfinished=True), 1000)
        for one in found[:SHOWN]:
            step = account_of(one.run_id, output, now).next_step
            left = one.outcomes.get("not_sent", 0)
            waiting = f", {left:,} rows not sent" if left else ""
            yield warn("unfinished", f"run {one.run_id} of {one.file}: {one.words}{waiting}", step)
    except ImportFailure as error:
        yield skip("unfinished", error.message)
        return
    if len(found) > SHOWN:
        more = f"{len(found) - SHOWN} more runs are unfinished"
        yield warn("unfinished", more, "leadbyte-import runs --unfinished lists them")
    if not found:
        yield ok("unfinished", "no run has rows left to send")
