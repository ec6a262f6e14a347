"""Progress bars on stderr, by tqdm; quiet when stderr is not a terminal, or when asked.

A terminal that is gone ends no work: what cannot be shown is not shown.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    from tqdm import tqdm


class _Deaf:
    """A stream that may be gone: tqdm itself forgives only one of the errors that this comes to."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, words: str) -> None:
        with suppress(OSError):
            self._stream.write(words)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _bar(what: str, total: int | None, unit: str, shown: bool, position: int = 0) -> tqdm[NoReturn]:
    from tqdm import tqdm

    bar: tqdm[NoReturn] = tqdm(
        total=total,
        desc=f"{what:<10}",
        unit=unit if unit == "B" else f" {unit}",
        unit_scale=unit == "B",
        file=_Deaf(sys.stderr),
        disable=not shown,
        position=position,
        dynamic_ncols=True,
        leave=True,
    )
    return bar


class CopyingBar:
    """A bar while a list is downloaded, read from standard input or unpacked; none for a plain file."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, more: int) -> None:
        """So many bytes more are there."""
        self._bar = self._bar if self._bar is not None else _bar("Fetching", None, "B", self._shown)
        self._bar.update(more)


class ReadingBars:
    """Two bars while the list is read and validated: how far in the file, and how many rows with faults."""

    def __init__(self, total: int, unit: str, shown: bool) -> None:
        self._reading = _bar("Reading", total, unit, shown)
        self._validating = _bar("Validating", None, "rows", shown, position=1)
        self._at = self._bad = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The upper one first: closing the lower one first leaves a line of it behind.
        self._reading.close()
        self._validating.close()

    def advance(self, position: int, rows: int, bad: int) -> None:
        """A chunk was planned: the file is read up to `position`; `rows` rows more, `bad` of them invalid."""
        self._bad += bad
        self._reading.update(position - self._at)
        self._at = position
        self._validating.update(rows)
        self._validating.set_postfix_str(f"{self._bad} with faults", refresh=False)


class CountingBar:
    """One bar while leads are sent or asked about: rate, how many answers of each kind so far, time left."""

    def __init__(self, what: str, total: int | None, shown: bool) -> None:
        self._bar = _bar(what, total, "leads", shown)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def count(self, answer: str) -> None:
        """One lead has its answer. May be called from several threads."""
        with self._lock:
            self._counts[answer] += 1
            self._bar.set_postfix_str(", ".join(f"{n} {name}" for name, n in self._counts.items()), refresh=False)
            self._bar.update()
