"""The life of a file on this machine: taken into working/, then filed under done/ or failed/ by the day it was taken.

::

    FILES/working/JOB/20261123T020000Z-1f3a/acme.csv      while it is being imported
    FILES/done/2026-11-23/acme.csv                        beside it acme.csv.results.csv, acme.csv.report.html, ...

Every step is one rename, and nothing is ever replaced or deleted: a crash leaves a file in one place or the other.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import Final, Literal

from pipeline.errors import ConfigError
from pipeline.files import move, private_folder, whole_file
from pipeline.files_of_run import ISSUES, REPORT, RESULTS, SUMMARY, VENDOR_NOTE
from pipeline.mending import REST, WORKBOOK
from pipeline.nightly.pattern import Pattern

#: What stands beside a filed list, each as NAME.FILE: the files of its run, or why there is none.
WHY: Final = "why.txt"
BESIDE: Final = (REPORT, RESULTS, WORKBOOK, REST, ISSUES, VENDOR_NOTE, SUMMARY)
#: A download under way: never somebody's file.
PART: Final = ".part"
#: Lists that may be in an archive: their ending and its are one.
_LISTS: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
_TIME: Final = "%Y%m%dT%H%M%SZ"
Shelf = Literal["done", "failed"]
#: Held while a file is filed: of jobs side by side that share a folder, two must not find the same name free.
one_at_a_time: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Taken:
    """A file in working/. `token` begins with the UTC time at which it was taken, and is used once."""

    token: str
    path: Path

    @property
    def day(self) -> date:
        """The day on which it was taken, by this machine's clock."""
        at = datetime.strptime(self.token.partition("-")[0], _TIME).replace(tzinfo=UTC)
        return at.astimezone().date()


@dataclass(frozen=True, slots=True)
class Files:
    """The folder `top` as one job uses it: its own part of working/, and done/ and failed/."""

    top: Path
    job: str

    @property
    def working(self) -> Path:
        """Where its files are while they are imported."""
        return self.top / "working" / self.job

    def new_place(self, name: str, now: datetime) -> Taken:
        """A place for a file that is about to be taken; its folder is there. Raises ConfigError."""
        token = f"{now.astimezone(UTC):{_TIME}}-{secrets.token_hex(2)}"
        return Taken(token, private_folder(self.working / token) / name)

    def taken(self) -> list[Taken]:
        """What lies in working/, the first taken first. Folders that a crash has left empty are removed."""
        found = []
        for folder in sorted(_folders(self.working)):
            parts, files = _inside(folder)
            for one in parts:
                one.unlink()  # half a download; what it was made of is where it was
            if files and _is_token(folder.name):
                found.append(Taken(folder.name, files[0]))
            elif not files:
                with suppress(OSError):  # something else is in it
                    folder.rmdir()
        return found

    def names(self) -> list[str]:
        """The names of the files in working/; nothing is changed there."""
        return [file.name for token in sorted(_folders(self.working)) for file in _files(token)]

    def filed_on(self, day: date, takes: Pattern) -> int:
        """How many lists that a pattern takes were taken on a day and filed."""
        found = 0
        for shelf in ("done", "failed"):
            names = {one.name for one in _files(self.top / shelf / day.isoformat())}
            for name in names:
                beside = any(name == f"{other}.{ending}" for other in names for ending in _SUFFIXES)
                found += not beside and bool(takes.match(name) or takes.match(_without_number(name)))
        return found

    def days(self) -> list[date]:
        """The days on which something was filed, latest first."""
        found = set()
        for shelf in ("done", "failed"):
            for folder in _folders(self.top / shelf):
                with suppress(ValueError):
                    found.add(date.fromisoformat(folder.name))
        return sorted(found, reverse=True)

    def target(self, taken: Taken, shelf: Shelf) -> Path:
        """Where a file is to be filed: a name that is free, also for what is put beside it."""
        folder = private_folder(self.top / shelf / taken.day.isoformat())
        for number in range(1, 10_000):
            stem, ending = _apart(taken.path.name)
            target = folder / (f"{stem}-{number}{ending}" if number > 1 else taken.path.name)
            if not any(one.exists() for one in (target, *(_beside(target, name) for name in BESIDE))) and _is_ours(
                _beside(target, WHY)
            ):
                return target
        raise ConfigError(f"{folder} has too many files of the name {taken.path.name}", "move some of them away")

    def file_away(self, taken: Taken, target: Path) -> None:
        """Move a file to where it is filed. Raises ConfigError where that cannot be done."""
        try:
            move(taken.path, target)
            with suppress(OSError):  # somebody else's file, whom it stays readable for
                target.chmod(0o600)
            with suppress(OSError):
                taken.path.parent.rmdir()
        except OSError as error:
            raise ConfigError(
                f"{taken.path} cannot be moved to {target}: {error.strerror or error}",
                "mind the permissions of both folders, and the room on their disk",
            ) from None


_SUFFIXES: Final = (*BESIDE, WHY)
#: How why.txt begins.
_REFUSED: Final = "leadbyte-import sent nothing of this list:"


def put_beside(target: Path, folder: Path) -> None:
    """Copy the files of a run to where its list is, or is to be, filed. Copies: a person may write into them."""
    for name in BESIDE:
        source, copy = folder / name, _beside(target, name)
        if source.is_file():
            with source.open("rb") as original, whole_file(copy) as file:
                shutil.copyfileobj(original, file)


def put_why(target: Path, words: str) -> None:
    """Write beside a filed list why it was refused, in full: readable by its owner only."""
    with whole_file(_beside(target, WHY)) as file:
        file.write(f"{_REFUSED}\n{words}\n".encode())


def strangers(top: Path, jobs: Collection[str]) -> list[Path]:
    """Files in working/ that no job has: of a job that was renamed or removed."""
    folders = [one for one in _folders(top / "working") if one.name not in jobs]
    return [file for one in folders for token in sorted(_folders(one)) for file in _files(token)]


def _is_ours(why: Path) -> bool:
    """Whether it may be written anew: one that stands there without a list was left by a crash."""
    return not why.exists() or why.read_bytes().startswith(_REFUSED.encode())


def _beside(target: Path, name: str) -> Path:
    return target.with_name(f"{target.name}.{name}")


def _folders(path: Path) -> list[Path]:
    return [one for one in path.iterdir() if one.is_dir()] if path.is_dir() else []


def _files(path: Path) -> list[Path]:
    return [one for one in path.iterdir() if one.is_file() and not one.name.startswith(".")] if path.is_dir() else []


def _inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """Half downloads and whole files."""
    every = [one for one in folder.iterdir() if one.is_file()]
    parts = [one for one in every if one.name.startswith(".") and one.name.endswith(PART)]
    return parts, sorted(one for one in every if one not in parts)


def _is_token(name: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.strptime(name.partition("-")[0], _TIME).replace(tzinfo=UTC))
    return False


def _apart(name: str) -> tuple[str, str]:
    """A name and its ending, that of an archive whole: `acme` and `.csv.gz`."""
    path = PurePath(name)
    inner = PurePath(path.stem)
    whole = f"{inner.suffix}{path.suffix}" if inner.suffix.lower() in _LISTS else path.suffix
    return name[: len(name) - len(whole)], whole


def _without_number(name: str) -> str:
    stem, ending = _apart(name)
    begin, dash, number = stem.rpartition("-")
    return f"{begin}{ending}" if dash and number.isdigit() else name
