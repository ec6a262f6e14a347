"""Two launches of one list at the same instant: one sends, the other ends with exit code 5."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.torture.audit import Audit, audit
from benchmarks.torture.children import wait
from benchmarks.torture.kills import launched, run_words
from benchmarks.torture.lists import read_results, some_people, write_list
from benchmarks.torture.server import Server

LOCKED: Final = 5


@dataclass
class Pairs:
    """What came of them: `codes` counts the pairs of exit codes."""

    times: int = 0
    codes: Counter[tuple[int, ...]] = field(default_factory=Counter)
    found: Audit = field(default_factory=Audit)
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether one sent and the other was kept away, each time."""
        return self.found.clean and all(code[-1] == LOCKED and code[0] in (0, 1, 4) for code in self.codes)

    def words(self) -> str:
        """All figures, in lines."""
        codes = ", ".join(f"{code} {count} times" for code, count in self.codes.items())
        head = f"two launches at once: {self.times} times, {self.seconds:.0f} s"
        return f"{head}; exit codes {codes}\n{self.found.words()}"


def two_at_once(server: Server, folder: Path, times: int, seed: int) -> Pairs:
    """Start two, `times` times. The list takes seconds, so both are there together."""
    found, began = Pairs(times), time.monotonic()
    for number in range(times):
        place = folder / f"pair-{number}"
        people = some_people(seed * 10_000 + number, 100, faults=0.0)
        write_list(place, people)
        both = [launched(server, place, *run_words("25/s")) for _ in range(2)]
        found.codes[tuple(sorted(wait(one) or 0 for one in both))] += 1
        found.found += audit([one.email for one in people], read_results(place / "output"), server.record())
        server.clear()
        if found.found.clean:
            shutil.rmtree(place)
    found.seconds = time.monotonic() - began
    return found
