"""kill -9 at random instants and at every boundary of the journal; `resume` each time until the list is done."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.torture.audit import Audit, audit
from benchmarks.torture.boundaries import Boundaries, kill_myself
from benchmarks.torture.children import BROKEN, KILLED, REFUSED, Ended, Fate, forked, lived
from benchmarks.torture.importing import Importer, known_runs
from benchmarks.torture.lists import Person, read_results, some_people, write_list
from benchmarks.torture.server import KEY, TOP, Server
from benchmarks.torture.witness import under_way

#: Kills of one list, after which it is left to finish.
MOST_PER_LIST: Final = 8
#: Of the kills, so many come at any time after the start, not after the first lead.
EARLY: Final = 0.15


@dataclass
class Toll:
    """What a torture came to. `starts`: processes; `whole`: kills that came too late; `phases`: where they landed."""

    kills: int = 0
    starts: int = 0
    lists: int = 0
    whole: int = 0
    seconds: float = 0.0
    phases: Counter[str] = field(default_factory=Counter)
    found: Audit = field(default_factory=Audit)

    def words(self, title: str) -> str:
        """All figures, in lines."""
        phases = ", ".join(f"{number} {phase}" for phase, number in self.phases.most_common())
        head = f"{title}: {self.kills} kills in {self.starts} starts over {self.lists} lists, {self.seconds:.0f} s"
        return f"{head}; killed {phases or 'nowhere'}\n{self.found.words()}"


@dataclass
class Victim:
    """One list under torture: how it is started, and which rows every kill found under way.

    `start` is given the boundary at which to die, 0 for none, and returns the process id.
    """

    emails: list[str]
    folder: Path
    start: Callable[[int], int]
    notes: Path
    killed_rows: set[int] = field(default_factory=set)

    def live(self, fate: Fate | None, toll: Toll, boundary: int = 0) -> Ended:
        """Start once and see to the end of it. Raises when the program broke by itself."""
        self.notes.unlink(missing_ok=True)
        ended = lived(self.start(boundary), fate, self.notes)
        toll.starts += 1
        if ended.code == KILLED:
            toll.kills += 1
            toll.phases[self.phase()] += 1
            self.killed_rows |= under_way(self.notes)
        elif ended.code in (REFUSED, BROKEN):
            raise RuntimeError(f"the importer broke: {(self.folder / 'errors').read_text()[-2000:]}")
        elif fate is not None:
            toll.whole += 1
        return ended

    def phase(self) -> str:
        """Where a kill landed, by the witness."""
        if not self.notes.exists() or not self.notes.stat().st_size:
            return "before the first lead"
        return "with leads under way" if under_way(self.notes) else "between leads or while reporting"

    def judged(self, server: Server) -> Audit:
        """The finished list against the server's record, which is cleared."""
        found = audit(
            self.emails, read_results(self.folder / "output"), server.record(), self.killed_rows.__contains__
        )
        server.clear()
        return found


def victim(server: Server, folder: Path, people: list[Person], rate: str) -> Victim:
    """A list whose importer is a fork of this process: no start-up, so most of its life is sending."""
    write_list(folder, people)
    importer = Importer(server.base_url, folder, rate)

    def start(boundary: int) -> int:
        dying = Boundaries(boundary, kill_myself) if boundary else None
        return forked(lambda: importer.go(dying), folder / "errors")

    return Victim([one.email for one in people], folder, start, importer.notes)


def random_kills(
    server: Server, folder: Path, kills: int, seed: int, *, rows: int = 200, rate: str = "400/s"
) -> Toll:
    """Kill forked importers until there were `kills`."""
    return _torture(
        folder, kills, seed, lambda place, people: victim(server, place, people, rate), server, rows, longest=0.3
    )


def launched_kills(
    server: Server, folder: Path, kills: int, seed: int, *, rows: int = 300, rate: str = "200/s"
) -> Toll:
    """The same with the command as a user starts it: `python -m pipeline run`, then `resume`."""
    return _torture(
        folder, kills, seed, lambda place, people: _launched(server, place, people, rate), server, rows, 1.5
    )


def _torture(
    folder: Path,
    kills: int,
    seed: int,
    make: Callable[[Path, list[Person]], Victim],
    server: Server,
    rows: int,
    longest: float,
) -> Toll:
    """List after list, killed at instants up to `longest` seconds after its first lead, until the toll is full."""
    dice, toll, began = random.Random(seed), Toll(), time.monotonic()  # noqa: S311 - a seed that says which it was
    while toll.kills < kills:
        people = some_people(seed * 10_000 + toll.lists, rows, again=0.01 if toll.lists % 10 == 0 else 0.0)
        place = folder / f"list-{toll.lists}"
        one = make(place, people)
        for _ in range(min(MOST_PER_LIST, kills - toll.kills)):
            early = dice.random() < EARLY
            ended = one.live(Fate(dice.uniform(0.005, longest), early), toll)
            if ended.code != KILLED:
                break
        else:
            one.live(None, toll)
        toll.found += one.judged(server)
        toll.lists += 1
        if toll.found.clean:
            shutil.rmtree(place)
    toll.seconds = time.monotonic() - began
    return toll


def every_boundary(
    server: Server,
    folder: Path,
    people: list[Person],
    step: int = 1,
    *,
    resumed_after: int = 0,
    first: bool = False,
) -> Toll:
    """Kill at the first boundary, at the second, ... of a run, each time of a new one that is then resumed.

    `resumed_after` N: the run is killed at its boundary N, and its `resume` at the first boundary, the second, ...
    `step` 1 is every boundary; `first`: only until something is wrong.
    """
    toll, began, number, passed = Toll(), time.monotonic(), 1, False
    while not passed and not (first and not toll.found.clean):
        place = folder / f"boundary-{resumed_after}-{number}"
        # Others each time: a fault that the sandbox gives a lead once would else come in the first list alone.
        others = [replace(one, number=one.number + 1_000 * number) for one in people]
        one = victim(server, place, others, "1000/s")
        if resumed_after:
            one.live(None, toll, resumed_after)
        passed = one.live(None, toll, number).code != KILLED
        one.live(None, toll)
        toll.found += one.judged(server)
        toll.lists += 1
        number += step
        if toll.found.clean:
            shutil.rmtree(place)
    toll.seconds = time.monotonic() - began
    return toll


# ---------------------------------------------------------------------- the command itself


def _launched(server: Server, folder: Path, people: list[Person], rate: str) -> Victim:
    """A list whose importer is the command in a process of its own, under another interpreter."""
    write_list(folder, people)
    notes = folder / "witness"

    def start(_boundary: int) -> int:
        return launched(server, folder, *_words(folder, rate))

    return Victim([one.email for one in people], folder, start, notes)


def _words(folder: Path, rate: str) -> list[str]:
    """`run` as long as the journal knows of no run, then `resume`."""
    runs = known_runs(folder / "output")
    if runs:
        return ["resume", runs[-1]]
    return run_words(rate)


def run_words(rate: str) -> list[str]:
    """The words of `run` for the list of a folder."""
    return ["run", "leads.csv", "--mapping", "mapping.yaml", "--rate", rate, "--max-errors", "1000"]


def launched(server: Server, folder: Path, *words: str) -> int:
    """Start the command in a process of its own, in `folder`, with a witness; returns its process id."""
    environment = os.environ | {
        "LEADBYTE_BASE_URL": server.base_url, "LEADBYTE_API_KEY": KEY, "PYTHONPATH": str(TOP),
    }  # fmt: skip
    with (folder / "errors").open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.torture.launch", "witness", *words],
            cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
    process.returncode = 0  # it is waited for by its id
    return process.pid
