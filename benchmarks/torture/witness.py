"""A witness of what the journal has promised: each call about a row, noted when it begins and when it returns.

The notes are written straight to a file by the process that is going to be killed, so they outlive it. They do not
come from the journal itself: a row whose `finish` has returned may not be `unknown` afterwards.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Report = Callable[[str, str, int], None]


@contextmanager
def watched(journal: type, report: Report) -> Iterator[None]:
    """Every public method of the class that is about one `row` reports ("enter" | "leave", name, row)."""
    methods = {
        name: method
        for name, method in inspect.getmembers(journal, inspect.isfunction)
        if not name.startswith("_") and "row" in inspect.signature(method).parameters
    }
    own = {name: vars(journal).get(name) for name in methods}
    for name, method in methods.items():
        setattr(journal, name, _reporting(name, method, report))
    try:
        yield
    finally:
        for name, before in own.items():
            if before is None:
                delattr(journal, name)
            else:
                setattr(journal, name, before)


def _reporting(name: str, method: Callable[..., Any], report: Report) -> Callable[..., Any]:
    signature = inspect.signature(method)

    @functools.wraps(method)
    def told(*args: Any, **named: Any) -> Any:
        row = signature.bind(*args, **named).arguments["row"]
        report("enter", name, row)
        result = method(*args, **named)
        report("leave", name, row)
        return result

    return told


def writing_to(path: Path) -> Report:
    """A report that goes to the end of a file, one line and one system call each."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def report(when: str, name: str, row: int) -> None:
        os.write(descriptor, f"{when} {name} {row}\n".encode())

    return report


def under_way(path: Path) -> set[int]:
    """The rows that were under way when the process that wrote `path` was killed: begun, and not settled for good."""
    rows: set[int] = set()
    for line in path.read_text().splitlines() if path.exists() else ():
        when, name, row = line.split()
        if (when, name) == ("enter", "sending"):
            rows.add(int(row))
        elif when == "leave" and name in ("finish", "release"):
            rows.discard(int(row))
    return rows
