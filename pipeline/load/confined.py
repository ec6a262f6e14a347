"""A program that opens untrusted files, in a child process with a limit on memory and time.

Libraries that read workbooks and archives can be made to take all memory, to abort the process, or to run for ever.
In a child they end the child; here that becomes an InputError. `Confined(module, args, ...)` starts
`module.main(args)`, whose standard output is read here with `read`. The child refuses a file by raising InputError.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from pipeline.errors import InputError

#: Bytes of address space, at most. A full sheet (1,048,576 rows) of 20 columns of text takes 2.9 GB in calamine.
_MOST_MEMORY: Final = 4 << 30


def _memory() -> int:
    """Bytes that a child may take: the machine stays up, however small it is."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _MOST_MEMORY
    return min(_MOST_MEMORY, whole * 3 // 4)


MEMORY: Final = _memory()
#: Of processor time, and of waiting for the child's next words. That full sheet takes a third of a minute.
SECONDS: Final = 300.0

_REFUSED, _NO_MEMORY = 3, 4
#: What a Rust program writes as it aborts, and Python where MemoryError struck too early to be caught.
_OUT_OF_MEMORY: Final = (b"memory allocation of", b"capacity overflow", b"MemoryError", b"out of memory")
_CURE: Final = "It may be damaged, or made to do harm: ask for the list as CSV."


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take: `memory` in bytes (not enforced on Windows), `seconds` of work, and of our waiting."""

    memory: int = MEMORY
    seconds: float = SECONDS


class Confined:
    """A child process and what it writes. It ends with `close`, with this object, or with this process.

    `module` is imported in the child, without its package's own __init__ where that is `pipeline.load` (which
    loads what the child does not need). `name` is the file as the user named it, `cure` what the user can do where
    it cannot be opened.
    """

    def __init__(
        self, module: str, args: Sequence[str], name: str, *, cure: str = _CURE, limits: Limits = Limits()
    ) -> None:
        self._name, self._cure, self._limits = name, cure, limits
        self._late = False
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # `_end` closes it
        command = [sys.executable, "-P", __file__, str(limits.memory), str(limits.seconds), module, *args]
        # The child's standard input is its life-line: nothing is written to it, and at its end the child leaves.
        self._process = subprocess.Popen(  # noqa: S603  # this very file, by this very Python
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=_environment()
        )
        assert self._process.stdout is not None  # noqa: S101  # for mypy: it is a pipe
        self._stream = self._process.stdout
        self._errors: IO[bytes] = errors
        self._end = weakref.finalize(self, _end, self._process, errors)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int) -> bytes:
        """The next `size` bytes of what the child writes; fewer only at its proper end.

        Raises InputError where the child refused the file, died, or took longer than it may.
        """
        timer = threading.Timer(self._limits.seconds, self._stop_late)
        timer.daemon = True
        timer.start()
        try:
            content = self._stream.read(size)
            if len(content) < size:
                self._process.wait()
        finally:
            timer.cancel()
        if len(content) < size:
            self._check_end()
        return content

    def close(self) -> None:
        """End the child, whatever it is doing."""
        self._end()

    def _stop_late(self) -> None:
        self._late = True
        self._process.kill()

    def _check_end(self) -> None:
        """Nothing more comes: that is well only where the child ended well."""
        code = self._process.returncode
        if code == 0:
            return
        self._errors.seek(0)
        said = self._errors.read()
        self.close()
        if code == _REFUSED:
            message, hint = json.loads(said.splitlines()[-1])
            raise InputError(message, hint)
        raise InputError(self._last_words(code, said), self._cure)

    def _last_words(self, code: int, said: bytes) -> str:
        if self._late or code == -_signal("SIGXCPU"):
            return f"{self._name} takes more than {self._limits.seconds:g} s to open"
        # -9: the system itself had no more memory to give.
        if code in (_NO_MEMORY, -9) or any(words in said for words in _OUT_OF_MEMORY):
            most = f"{self._limits.memory >> 20:,} MB"
            return f"{self._name} needs more than {most} of memory to open: it is damaged, or too large to be read"
        return f"{self._name} cannot be opened: the program that reads it broke off over something in it ({code})"


def _end(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()
    errors.close()


#: Beginnings of the variables that the child is given: where things are, and how text is written.
_HANDED_ON: Final = ("PATH", "HOME", "USERPROFILE", "TMP", "TEMP", "LANG", "LC_", "TZ", "LD_", "SYSTEMROOT", "PYTHON")


def _environment() -> dict[str, str]:
    """What the child needs to find the same modules. Keys and passwords, whatever they are called, are not in it."""
    kept = {name: value for name, value in os.environ.items() if name.upper().startswith(_HANDED_ON)}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _signal(name: str) -> int:
    import signal

    return int(getattr(signal, name, 0))


# ---------------------------------------------------------------------- in the child


def _confine(memory: int, seconds: float) -> None:
    """Take the limits upon this process, as far as the system knows them."""
    import signal

    # Ctrl-C reaches every process of the terminal; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lifeline = os.dup(0)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_leave_with_parent, args=(lifeline,), daemon=True).start()
    try:
        import resource
    except ImportError:  # Windows: the parent's clock alone
        return
    whole = int(seconds) + 1
    for kind, limit in (("RLIMIT_AS", memory), ("RLIMIT_CPU", whole), ("RLIMIT_CORE", 0)):
        number = getattr(resource, kind, None)
        if number is not None:
            _, most = resource.getrlimit(number)
            limit = limit if most == resource.RLIM_INFINITY else min(limit, most)  # noqa: PLW2901
            with suppress(OSError, ValueError):  # macOS knows RLIMIT_AS and refuses it
                resource.setrlimit(number, (limit, limit if kind != "RLIMIT_CPU" else most))


def _leave_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)


def _run(module: str, args: list[str]) -> int:
    """Run `module.main(args)` and return the exit code, which says what became of it."""
    import importlib
    import types

    load = types.ModuleType("pipeline.load")
    load.__path__ = [str(Path(__file__).parent)]
    sys.modules["pipeline.load"] = load  # in place of the package's own __init__, which loads pandas
    try:
        importlib.import_module(module).main(args)
        sys.stdout.flush()
    except InputError as refused:
        print(json.dumps([refused.message, refused.hint]), file=sys.stderr)  # noqa: T201
        return _REFUSED
    except MemoryError:
        return _NO_MEMORY
    except BrokenPipeError:  # the parent has read enough
        return 0
    return 0


if __name__ == "__main__":
    _confine(int(sys.argv[1]), float(sys.argv[2]))
    code = _run(sys.argv[3], sys.argv[4:])
    sys.stderr.flush()
    os._exit(code)  # at once: there is nothing to tidy, and gigabytes need not be given back one by one
