"""Measures one whole process: wall time, CPU time and peak memory of it and everything it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

PROC: Final = Path("/proc")
_BETWEEN_SAMPLES: Final = 0.05
_RUSAGE_UNIT: Final = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """One process from start to end: `seconds` of wall time, `cpu` seconds, `peak` in bytes, and what it said."""

    seconds: float
    cpu: float
    peak: int
    exit_code: int
    out: str
    err: str
    timed_out: bool = False


def measure(
    command: Sequence[str | Path],
    cwd: Path,
    env: Mapping[str, str],
    stdin: Path | None = None,
    timeout: float = 3_600,
) -> Measured:
    """Run a command to its end, or until `timeout` seconds are over.

    `stdin` is fed through a pipe, as a shell would. CPU time counts children that the process waited for. The peak is
    the larger of the greatest single process (the kernel's own mark, never missed) and the sum over the process tree,
    sampled twenty times a second, memory that processes share counted once.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _fed(stdin) as source:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd, env=env, stdin=source, stdout=out, stderr=err, start_new_session=True,
        )  # fmt: skip
        watch = _Watch(process.pid, began + timeout)
        # The caller must be small: until exec the child counts as large as the process that started it.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    peak = max(usage.ru_maxrss * _RUSAGE_UNIT, watch.peak)
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(seconds, cpu, peak, process.returncode, texts[0], texts[1], watch.timed_out)


@contextlib.contextmanager
def _fed(path: Path | None) -> Iterator[IO[bytes] | int | None]:
    """Standard input: a pipe that a process of its own fills from the file; nothing without a file."""
    if path is None:
        yield subprocess.DEVNULL
        return
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as feeder:
        yield feeder.stdout
        feeder.kill()


class _Watch:
    """Follows a process tree in a thread: remembers its peak, and ends it when its time is over."""

    def __init__(self, pid: int, deadline: float) -> None:
        self.peak, self.timed_out = 0, False
        self._pid, self._deadline = pid, deadline
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.wait(_BETWEEN_SAMPLES):
            tree = process_tree(self._pid)
            if len(tree) > 1:
                self.peak = max(self.peak, sum(map(_proportional_memory, tree)))
            if time.perf_counter() > self._deadline:
                self.timed_out = True
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._pid, signal.SIGKILL)
                return


def process_tree(root: int) -> list[int]:
    """The process and all its descendants; empty where the system does not tell (other than Linux)."""
    parents: dict[int, int] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name, in brackets, may hold spaces and brackets itself.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    tree = [root] if root in parents else []
    for member in tree:  # grows while it is walked
        tree += [child for child, parent in parents.items() if parent == member]
    return tree


def _proportional_memory(pid: int) -> int:
    """Memory of a process in bytes, its share of what it shares with others; 0 once it is gone."""
    with contextlib.suppress(OSError, ValueError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
