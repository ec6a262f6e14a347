"""The journal's file: opened, brought up to date, and written so that what was returned for is on disk.

SQLite in WAL mode with synchronous=FULL: what a transaction has returned for survives a power cut.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pipeline.errors import JournalError, RunError
from pipeline.journal.schema import SCHEMA_VERSION, STEPS

_ELSEWHERE: Final = "use another --output folder"
#: How SQLite's names of errors begin that are not this program's fault.
_DAMAGED: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_OF_THE_DISK: Final = (
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
    "SQLITE_BUSY",
    "SQLITE_PERM",
)


class _Task:
    """A small piece of work that waits for a commit: what it does, and how it ended."""

    def __init__(self, work: Callable[[sqlite3.Connection], object]) -> None:
        self.work = work
        self.done = False
        self.error: BaseException | None = None


class Store:
    """One SQLite file. Safe to use from several threads.

    Raises RunError when the file is not a journal or is one of a newer version, JournalError when the disk is full
    or the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._gate = threading.Lock()
        self._waiting: list[_Task] = []
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.DatabaseError as error:
            raise RunError(
                f"the journal {path} cannot be opened: {error}",
                f"restore it from a backup, or {_ELSEWHERE}; keep this one: unfinished runs are in it",
            ) from None

    def _open(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise RunError(f"{self.path} is a database, but not a journal of leadbyte-import", _ELSEWHERE)
        if version > SCHEMA_VERSION:
            raise RunError(
                f"the journal {self.path} was written by a newer version of leadbyte-import (format {version})",
                f"use that version, or {_ELSEWHERE}; this one reads format {SCHEMA_VERSION}",
            )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        # What is deleted or replaced is overwritten: a person's data must not outlive it in a free page.
        self._db.execute("PRAGMA secure_delete=ON")
        for number, step in enumerate(STEPS[version:], start=version + 1):
            self._db.executescript(f"BEGIN IMMEDIATE;{step};PRAGMA user_version={number};COMMIT;")

    def close(self) -> None:
        """Close the file; everything committed is on disk already."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done in the block, or nothing of it; on disk when the block is left."""
        with self._lock, self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # Where the disk is full, SQLite has rolled back by itself.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def durable(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do `work` in a transaction; on disk when this returns.

        Threads that ask at the same time share one: whoever comes first does the work of all who wait. Work that
        raises must not have changed anything yet.
        """
        task = _Task(work)
        with self._gate:
            self._waiting.append(task)
        with self._lock:
            if not task.done:
                with self._gate:
                    tasks, self._waiting = self._waiting, []
                self._together(tasks)
        if task.error is not None:
            raise task.error

    def _together(self, tasks: list[_Task]) -> None:
        try:
            with self.transaction() as db:
                for task in tasks:
                    try:
                        task.work(db)
                    except RunError as error:
                        task.error = error
        except BaseException as error:  # noqa: BLE001 - each of those who wait raises it for itself
            for task in tasks:
                task.error = error
        for task in tasks:
            task.done = True

    def read(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All lines that a query finds."""
        with self._lock, self._told():
            return self._db.execute(query, values).fetchall()

    def read_on(self, query: str, values: tuple[Any, ...] = (), batch: int = 1000) -> Iterator[tuple[Any, ...]]:
        """The lines that a query finds, fetched in batches so that memory stays flat."""
        with self._lock, self._told():
            cursor = self._db.cursor()
            cursor.execute(query, values)
        while True:
            with self._lock, self._told():
                found = cursor.fetchmany(batch)
            if not found:
                return
            yield from found

    def compact(self) -> None:
        """Write the file anew without what was deleted, and empty its log.

        Takes as much room again as the file has, beside it. Raises JournalError where another program has it open.
        """
        with self._lock, self._told():
            self._empty_log()
            # What SQLite writes for the time being holds personal data too: it stays on this disk.
            folder = str(self.path.parent.resolve()).replace("'", "''")
            self._db.execute(f"PRAGMA temp_store_directory='{folder}'")
            try:
                self._db.execute("VACUUM")
            finally:
                self._db.execute("PRAGMA temp_store_directory=''")
            self._empty_log()

    def _empty_log(self) -> None:
        busy, *_pages = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise JournalError(
                f"another program has the journal {self.path} open, so what was removed is still in its log",
                "end that program, then do the same again",
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors about disk and file, in words that a person can act on."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(_DAMAGED):
                raise JournalError(
                    f"the journal {self.path} is damaged: {error}",
                    f"restore it from a backup, or {_ELSEWHERE}; keep this one: unfinished runs are in it",
                ) from None
            if name.startswith(_OF_THE_DISK):
                raise JournalError(
                    f"the journal {self.path} cannot be written: {error}",
                    "make room on its disk and check that it may be written to",
                ) from None
            raise
