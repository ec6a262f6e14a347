"""The instants at which a crash makes a difference: before and after every write, COMMIT, fsync, rename and POST.

`Boundaries(at=n, die=...)` dies at the n-th of them: by kill -9 in a process of its own, or by an exception that no
part of the importer catches, after which nothing of it works any more.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

#: Statements that change nothing have no boundary.
_READS = ("SELECT", "PRAGMA", "EXPLAIN")


class Crash(BaseException):
    """The process died here, as far as the importer can tell."""


class Boundaries:
    """Counts boundaries, and dies at number `at` (from 1; 0 for never). Safe to use from several threads."""

    def __init__(self, at: int = 0, die: Callable[[], NoReturn] | None = None) -> None:
        self.count = 0
        self.dead = False
        self.where = ""
        self._at = at
        self._die = die or _crash
        self._lock = threading.RLock()

    def reached(self, what: str) -> None:
        """One more boundary; does not return when it is the one to die at, nor after that one."""
        with self._lock:
            if self.dead:
                raise Crash(self.where)
            self.count += 1
            if self.count == self._at:
                self.dead, self.where = True, what
                self._die()

    def around(self, function: Callable[..., Any], what: str) -> Callable[..., Any]:
        """`function` with a boundary before and one after it."""

        def between(*args: Any, **named: Any) -> Any:
            self.reached(f"before {what}")
            result = function(*args, **named)
            self.reached(f"after {what}")
            return result

        return between

    @contextmanager
    def installed(self) -> Iterator[None]:
        """From here on every SQLite connection that is opened, every fsync and every rename has boundaries."""
        before = sqlite3.connect, os.fsync, os.replace
        connect, fsync, replace = before
        factory = _connection(self, getattr(connect, "factory", sqlite3.Connection))
        sqlite3.connect = lambda *args, **named: connect(*args, **({"factory": factory} | named))
        os.fsync, os.replace = self.around(fsync, "fsync"), self.around(replace, "rename")
        try:
            yield
        finally:
            sqlite3.connect, os.fsync, os.replace = before


def _crash() -> NoReturn:
    raise Crash


def kill_myself() -> NoReturn:
    """kill -9 from within: not even a `finally` runs."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable: SIGKILL cannot be caught")


def _connection(boundaries: Boundaries, base: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
    """A connection whose every changing statement is told to `boundaries`, before and after."""

    class Watched(base):  # type: ignore[valid-type, misc]
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            return self._told(super().execute, sql, *args)

        def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
            return self._told(super().executemany, sql, *args)

        def executescript(self, sql: str, *args: Any) -> sqlite3.Cursor:
            return self._told(super().executescript, sql, *args)

        def commit(self) -> None:
            boundaries.around(super().commit, "COMMIT")()

        def close(self) -> None:
            # What a crash left open is gone for good; a cursor that somebody still holds would keep it, and its lock.
            if boundaries.dead and self.in_transaction:
                super().rollback()
            super().close()

        def _told(self, run: Callable[..., sqlite3.Cursor], sql: str, *args: Any) -> sqlite3.Cursor:
            words = sql.split(maxsplit=3)
            if words[0].upper() in _READS:
                return run(sql, *args)
            cursor: sqlite3.Cursor = boundaries.around(run, " ".join(words[:3]))(sql, *args)
            return cursor

    return Watched
