"""The naive script under the same kills and the same faults: what it loses and doubles, by the server's record."""

from __future__ import annotations

import csv
import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.naive import send_list
from benchmarks.torture.audit import by_email, doubles, expected
from benchmarks.torture.children import KILLED, Fate, forked, lived
from benchmarks.torture.lists import Person, some_people, write_list
from benchmarks.torture.server import KEY, Server


@dataclass
class Naive:
    """What it came to. `doubled`: arrivals too many; `hidden`: taken by the server, and not accepted by its CSV.

    `invented`: accepted by its CSV, and not by the server; `unlisted`: rows without a line in its CSV.
    """

    kills: int = 0
    lists: int = 0
    rows: int = 0
    doubled: int = 0
    hidden: int = 0
    invented: int = 0
    unlisted: int = 0
    seconds: float = 0.0

    def words(self, title: str) -> str:
        """All figures in a line."""
        return (
            f"{title}: {self.kills} kills over {self.lists} lists, {self.seconds:.0f} s; {self.rows} rows, "
            f"{self.doubled} sent twice without proof, {self.unlisted} without a result, "
            f"{self.hidden} taken and not said to be, {self.invented} said to be taken and not"
        )

    def judge(self, people: Sequence[Person], results: Path, record: Sequence[Mapping[str, Any]]) -> None:
        """Add one finished list."""
        with results.open(encoding="utf-8", newline="") as file:
            said = {row["E-mail"]: row["outcome"] for row in csv.DictReader(file)}
        arrivals = by_email(record)
        self.lists += 1
        for one in people:
            arrived = arrivals.get(one.email, [])
            taken = any(_taken(arrival) for arrival in arrived)
            self.rows += 1
            self.doubled += doubles(arrived)
            self.unlisted += one.email not in said
            self.hidden += taken and said.get(one.email) != "accepted"
            self.invented += not taken and said.get(one.email) == "accepted"


def _taken(arrival: Mapping[str, Any]) -> bool:
    if expected(arrival) == "unknown":
        return bool(arrival["queue_id"]) or arrival["fault"] == "noqueueid"
    return expected(arrival) == "accepted"


def naive_kills(server: Server, folder: Path, kills: int, seed: int, *, rows: int = 60) -> Naive:
    """Kill it at random instants of its sending, and start it again, until there were `kills`."""
    dice, found, began = random.Random(seed), Naive(), time.monotonic()  # noqa: S311 - a seed that says which it was
    while found.kills < kills:
        place = folder / f"naive-{found.lists}"
        people = some_people(seed * 10_000 + found.lists, rows)
        leads, _ = write_list(place, people)
        results = place / "results.csv"
        work = _sending(leads, results, server, pause=0.0)
        for _ in range(min(8, kills - found.kills)):
            ended = lived(forked(work, place / "errors"), Fate(dice.uniform(0.005, 0.3), early=True), results)
            found.kills += ended.code == KILLED
        lived(forked(work, place / "errors"), None, results)
        found.judge(people, results, server.record())
        server.clear()
        shutil.rmtree(place)
    found.seconds = time.monotonic() - began
    return found


def naive_faults(server: Server, folder: Path, people: Sequence[Person]) -> Naive:
    """One list with faults, from its beginning to its end."""
    found, began = Naive(), time.monotonic()
    leads, _ = write_list(folder / "naive-faults", people)
    results = folder / "naive-faults" / "results.csv"
    send_list(leads, results, server.base_url, KEY, pause=0.1)
    found.judge(people, results, server.record())
    server.clear()
    found.seconds = time.monotonic() - began
    return found


def _sending(leads: Path, results: Path, server: Server, pause: float) -> Callable[[], int]:
    def work() -> int:
        send_list(leads, results, server.base_url, KEY, pause=pause)
        return 0

    return work
