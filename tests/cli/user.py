"""A person who uses the command line: a folder, an environment, a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.sandbox import Sandbox

COMMAND = Path(sys.executable).with_name("leadbyte-import")
PATIENCE = 60.0  # seconds until a process is given up

#: The smallest list and mapping that import without a fault.
HEADER = "First name,Surname,Email,Car,SID\n"
LIST = HEADER + "Jane,Doe,jane.doe@example.com,Ford,1\n"
MAPPING = """\
campaign: EXAMPLE-CAMPAIGN
columns:
  First name: First_Name
  Surname: Last_Name
  Email: Email
  Car: make_of_car
  SID: SID
"""


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


def foreign(variable: str) -> bool:
    """Whether an environment variable of the one who runs the tests would change what they see."""
    return variable.startswith("LEADBYTE_") or variable.lower().endswith("_proxy")


def a_list(*tags: str) -> str:
    """A list of one row for each tag of the sandbox; "" is a plain good row."""
    rows = [f"Jane,Doe,jane{n}{'+' + tag if tag else ''}@example.com,Ford,1\n" for n, tag in enumerate(tags)]
    return HEADER + "".join(rows)


class User:
    """Works in `folder` with `list.csv`, `map.yaml` and the sandbox's address and key in the environment."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.write("list.csv", LIST)
        self.write("map.yaml", MAPPING)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        """That of the tests, with the sandbox's address and key; a change to "" takes a variable away."""
        found = {name: value for name, value in os.environ.items() if not foreign(name)}
        found["XDG_STATE_HOME"] = str(self.folder / ".state")
        found |= {"LEADBYTE_BASE_URL": self.sandbox.base_url, "LEADBYTE_API_KEY": self.sandbox.key}
        found |= {"PYTHONWARNINGS": "error"}
        found |= changes
        return {name: value for name, value in found.items() if value}

    def run(self, *args: str, program: Sequence[str] = (str(COMMAND),), **changes: str) -> Ran:
        """The real command in a process of its own, with nothing of a terminal."""
        done = subprocess.run(
            [*program, *args],
            cwd=self.folder,
            env=self.environment(changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def on_terminal(self, *args: str, answers: Iterable[tuple[str, str]] = (), **changes: str) -> Ran:
        """The command with its stdin and stderr on a terminal, and its stdout into a pipe.

        `answers` are pairs: once the first has been shown (after what was answered before), the second is typed.
        """
        terminal, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        process = subprocess.Popen(
            [str(COMMAND), *args],
            cwd=self.folder,
            env=self.environment({"TERM": "xterm", **changes}),
            stdin=side,
            stdout=subprocess.PIPE,
            stderr=side,
            start_new_session=True,
        )
        os.close(side)
        assert process.stdout is not None
        try:
            out, err = _talk(terminal, process.stdout.fileno(), list(answers))
            return Ran(process.wait(PATIENCE), out, err)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            os.close(terminal)


class InProcess(User):
    """The same person; the command runs inside the test's own process, through its real entrance."""

    def __init__(
        self, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        super().__init__(folder, sandbox)
        self._monkeypatch, self._capfd = monkeypatch, capfd

    def enter(self, *args: str, **changes: str) -> Ran:
        with self._monkeypatch.context() as patch:
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in self.environment(changes).items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["leadbyte-import", *args])
            self._capfd.readouterr()
            with pytest.raises(SystemExit) as left:
                main()
            out, err = self._capfd.readouterr()
        return Ran(int(left.value.code or 0), out, err)


def _talk(terminal: int, pipe: int, answers: list[tuple[str, str]]) -> tuple[str, str]:
    """What came through the pipe and what was shown; whatever was not asked for in time is an error."""
    seen = {terminal: b"", pipe: b""}
    waiting, answered = {terminal, pipe}, 0
    until = time.monotonic() + PATIENCE
    while waiting:
        ready, _, _ = select.select(list(waiting), [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise AssertionError(f"still waiting for {answers[:1]}; shown so far: {seen[terminal].decode()}")
        for one in ready:
            block = _block(one)
            seen[one] += block
            if not block:
                waiting.discard(one)
        if answers and (place := seen[terminal].find(answers[0][0].encode(), answered)) >= 0:
            shown, reply = answers.pop(0)
            answered = place + len(shown.encode())
            os.write(terminal, reply.encode() + b"\n")
    assert not answers, f"never asked: {answers}; shown: {seen[terminal].decode()}"
    return seen[pipe].decode(), seen[terminal].decode().replace("\r\n", "\n")


def _block(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other side of a terminal is gone
        return b""
