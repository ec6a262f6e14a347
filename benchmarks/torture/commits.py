"""Is every commit of the journal needed? Each is taken out in turn, and a test has to notice.

`python -m benchmarks.torture commits` prints the table. As a pytest plugin it takes one out for a run of the tests:
`pytest -p benchmarks.torture.commits --without-commit Journal.sending`.

"Taken out" means: the call writes, and returns, but its transaction stays open until the next call's commit (or a
proper end of the program). Nobody notices as long as nothing is killed.
"""

from __future__ import annotations

import functools
import inspect
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from benchmarks.torture.server import TOP

if TYPE_CHECKING:
    import pytest

#: The tests that are asked first; kills are asked besides where a lead could be sent twice, or its outcome be lost.
TESTS: Final = ("tests/torture/test_durable.py", "tests/test_journal.py", "tests/test_run.py")
STEPS_OF_SENDING: Final = ("Journal.sending", "Journal.finish")
_lapse = threading.local()


class Forgetful(sqlite3.Connection):
    """A connection that leaves out the COMMIT of a call that is under `_lapse`; what is open is joined, not begun."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        joined = sql.startswith("BEGIN") and self.in_transaction
        left_out = sql == "COMMIT" and getattr(_lapse, "on", False)
        return super().execute("SELECT 1" if joined or left_out else sql, *args)

    def close(self) -> None:
        if self.in_transaction:
            super().execute("COMMIT")
        super().close()


def writing_methods() -> dict[str, type]:
    """`Class.method` of everything in the journal that commits."""
    from pipeline.journal import Journal
    from pipeline.journal.afterwards import Afterwards

    return {
        f"{owner.__name__}.{name}": owner
        for owner in (Journal, Afterwards)
        for name, method in vars(owner).items()
        if inspect.isfunction(method) and re.search(r"_store\.(transaction|durable)\(", inspect.getsource(method))
    }


@contextmanager
def without_commit(name: str) -> Iterator[None]:
    """Take that call's commit out. Raises KeyError for what does not commit."""
    owner, method = writing_methods()[name], name.partition(".")[2]
    whole, connect = getattr(owner, method), sqlite3.connect

    def forgetful(*args: Any, **named: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*args, **({"factory": Forgetful} | named))
        return made

    forgetful.factory = Forgetful  # type: ignore[attr-defined]  # for Boundaries, which have a connection of their own
    setattr(owner, method, _lapsing(whole))
    sqlite3.connect = forgetful  # type: ignore[assignment]
    try:
        yield
    finally:
        sqlite3.connect = connect
        setattr(owner, method, whole)


def _lapsing(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def without(*args: Any, **named: Any) -> Any:
        _lapse.on = True
        try:
            return method(*args, **named)
        finally:
            _lapse.on = False

    return without


# ---------------------------------------------------------------------- as a pytest plugin


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--without-commit Class.method`."""
    parser.addoption("--without-commit", default="", help="take the commit of this call of the journal out")


def pytest_configure(config: pytest.Config) -> None:
    """Take it out for the whole session."""
    if name := config.getoption("--without-commit"):
        lapse = ExitStack()
        lapse.enter_context(without_commit(name))
        config.add_cleanup(lapse.close)


# ---------------------------------------------------------------------- the table


def needed(kills: bool = True) -> Iterator[tuple[str, str, str]]:
    """For every commit: (its call, the first test that failed without it, what the kills found without it)."""
    for name in writing_methods():
        yield name, _first_failure(name), _kills(name) if kills and name in STEPS_OF_SENDING else ""


def _first_failure(name: str) -> str:
    """The first test that fails without this commit; "" when none does."""
    command = ["pytest", "-x", "-q", "-n", "0", "--tb=no", "-p", "no:cacheprovider", "-m", "not slow"]
    plugin = ["-p", "benchmarks.torture.commits", "--without-commit", name]
    done = subprocess.run(
        [sys.executable, "-m", *command, *plugin, *TESTS], cwd=TOP, capture_output=True, text=True, check=False
    )
    failed = re.search(r"^FAILED \S+::(\S+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else ""


def _kills(name: str) -> str:
    """What kills at every boundary of a run find without this commit."""
    command = [sys.executable, "-m", "benchmarks.torture", "boundaries", "--without-commit", name, "--first"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    found: list[str] = re.findall(r"^(?:lost|twice|unexplained|wrong): .*", done.stdout, re.MULTILINE)
    broke: list[str] = re.findall(r"^RuntimeError: .*", done.stderr, re.MULTILINE)
    return (found or broke or [""])[0]
