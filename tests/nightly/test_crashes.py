"""A night that dies at any instant: the next one finds every file, and finishes it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.torture.boundaries import Boundaries, Crash
from pipeline.journal import Journal
from pipeline.leadbyte.client import LeadByte
from pipeline.nightly.filing import Files
from pipeline.nightly.model import FileState
from pipeline.sandbox import Sandbox
from tests.delivery import ROOT, ask, email, wait_until
from tests.nightly.scene import Place

GOOD = [email(0), email(1), "no address", email(2), email(3), email(4), email(5)]
AGAIN = [email(10), email(11)]
SHELVES = [
    ("copy.csv", "done"), ("good.csv", "done"), ("other.csv", "done"), ("refused.csv", "failed"),
    ("strange.csv", "failed"),
]  # fmt: skip


@contextmanager
def dying(at: int) -> Iterator[Boundaries]:
    """Every write to the journal, fsync, rename, POST, and every folder made or removed, is an instant to die at."""
    boundaries = Boundaries(at)
    with pytest.MonkeyPatch.context() as patch, boundaries.installed():
        for name in ("mkdir", "rmdir"):
            patch.setattr(os, name, boundaries.around(getattr(os, name), name))
        patch.setattr(LeadByte, "post", boundaries.around(LeadByte.post, "POST"))
        yield boundaries


class Life:
    """Some nights at one place, of which the first dies."""

    def __init__(self, place: Place) -> None:
        self.place = place
        place.write_jobs({"rate": "1000/s", "pattern": "*.csv"})
        place.put("good.csv", GOOD)
        place.put("refused.csv", ["x", "y", "z"])
        place.put("other.csv", AGAIN)
        (place.inbox / "copy.csv").write_bytes((place.inbox / "good.csv").read_bytes())
        place.touch(place.inbox / "copy.csv", 3600)
        (place.inbox / "strange.csv").write_text("Name,Colour\nJane,red\n", encoding="utf-8")
        place.touch(place.inbox / "strange.csv", 3600)
        self.contents = Counter(self._read(place.inbox.glob("*.csv")))

    @staticmethod
    def _read(paths: Iterator[Path]) -> list[bytes]:
        return [path.read_bytes() for path in paths]

    def dies(self, at: int) -> bool:
        try:
            with dying(at):
                self.place.night()
        except Crash:
            return True
        return False

    def wrong(self) -> list[str]:
        """What is not as it should be, once the nights after are over."""
        place, found = self.place, []
        lists = place.lists()
        shelves = {Path(one).name: Path(one).parts[1] for one in lists}
        if sorted(shelves.items()) != SHELVES:
            found.append(f"not filed: {lists}")
        if any((place.inbox / "working").rglob("*.csv")):
            found.append("something is left in working/")
        if Counter(self._read(iter(place.list_files()))) != self.contents:
            found.append(f"lists are lost or there twice: {lists}")
        twice = [one for one, number in Counter(place.sent()).items() if number > 1]
        if twice:
            found.append(f"sent twice: {twice}")
        return found + self._unaccounted()

    def _unaccounted(self) -> list[str]:
        place, outcomes = self.place, dict[str, str]()
        for name in ("good", "copy", "other"):
            for path in place.inbox.glob(f"done/*/{name}*.csv.results.csv"):
                with path.open(encoding="utf-8-sig", newline="") as file:
                    outcomes |= {row["E-mail"]: row["outcome"] for row in csv.DictReader(file)}
        found = [f"{one} has no outcome" for one in {*GOOD, *AGAIN} - set(outcomes)]
        for one, outcome in outcomes.items():
            arrived = one in place.sent()
            if outcome not in ("accepted", "unknown", "invalid") or (outcome == "accepted") > arrived:
                found.append(f"{one} is {outcome}")
            if arrived and outcome == "invalid":
                found.append(f"{one} is {outcome}, and was sent")
        return found


def everywhere(new_place: Callable[[], Place], first: int, step: int) -> tuple[list[str], int]:
    """Die at every `step`-th instant; what was wrong afterwards, and how many instants there are."""
    found, at = list[str](), first
    while True:
        life = Life(new_place())
        died = life.dies(at)
        life.place.clock.next_night()
        life.place.night()
        found += [f"died at {at}: {one}" for one in life.wrong()]
        life.place.sandbox.reset()
        if not died:
            return found, at
        at += step


@pytest.mark.parametrize(
    ("first", "step"), [(20, 199), pytest.param(1, 5, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_wherever_a_night_dies_the_next_one_finishes_it(
    sandbox: Sandbox, place: Place, tmp_path: Path, first: int, step: int
) -> None:
    number = 0

    def new_place() -> Place:
        nonlocal number
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        return Place(folder, sandbox)

    found, instants = everywhere(new_place, first, step)
    assert found == []
    assert instants > 150


def test_a_life_without_a_crash_is_as_it_should_be(place: Place) -> None:
    life = Life(place)
    assert not life.dies(0)
    assert life.wrong() == []


def test_what_is_looked_for_would_be_noticed(place: Place) -> None:
    life = Life(place)
    life.dies(0)
    next(place.inbox.glob("done/*/good.csv")).unlink()
    next(place.inbox.glob("done/*/other.csv.results.csv")).unlink()
    assert len(life.wrong()) == 4, "not filed, lost, and two rows without an outcome"


def test_two_nights_that_die_lose_nothing_either(place: Place) -> None:
    life = Life(place)
    for at in (90, 60, 40):
        assert life.dies(at)
        place.clock.next_night()
    place.night()
    assert life.wrong() == []


def dies_at(place: Place, kind: type, method: str) -> None:
    """A night that dies when this is called."""

    def dies(*_: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, method, dies)
        with pytest.raises(Crash):
            place.night()


@pytest.mark.parametrize(("emails", "shelf"), [([email(0), email(1)], "done"), (["x", "y", email(0)], "failed")])
def test_a_night_that_dies_before_it_files_a_list_files_it_the_next_time(
    place: Place, emails: list[str], shelf: str
) -> None:
    place.put("a.csv", emails)
    dies_at(place, Files, "file_away")
    assert "inbox/working/acme/T/a.csv" in place.tree()
    (place.inbox / f"{shelf}/2026-11-23/a.csv.results.csv").unlink()
    place.clock.next_night()
    (report,) = place.night().files
    assert report.before == report.outcomes
    assert place.lists() == [f"inbox/{shelf}/2026-11-23/a.csv"]
    assert (place.inbox / f"{shelf}/2026-11-23/a.csv.results.csv").exists()
    assert len(place.sent()) == (2 if shelf == "done" else 0)


def test_a_plan_that_was_cut_off_and_cannot_be_made_again_is_refused_and_forgotten(place: Place) -> None:
    place.put("a.csv", [email(0)])
    dies_at(place, Journal, "plan")
    (path,) = place.list_files()
    path.write_text("", encoding="utf-8")
    place.clock.next_night()
    (report,) = place.night().files
    assert report.state is FileState.FAILED
    assert ask(place.output / "journal.sqlite3", "SELECT count(*) FROM runs") == [(0,)]
    assert place.lists() == ["inbox/failed/2026-11-23/a.csv"]


def test_a_plan_that_was_cut_off_and_whose_list_somebody_took_away_is_forgotten(place: Place) -> None:
    place.put("a.csv", [email(0)])
    dies_at(place, Journal, "plan")
    (path,) = place.list_files()
    path.rename(place.inbox / "a.csv")
    place.clock.next_night()
    night = place.night()
    assert [one.state for one in night.files] == [FileState.SKIPPED, FileState.IMPORTED]
    assert place.sent() == [email(0)]
    assert place.lists() == ["inbox/done/2026-11-24/a.csv"]


@pytest.mark.slow
def test_a_night_that_is_killed_is_finished_by_the_next_one(place: Place) -> None:
    place.write_jobs({"settle": "0s", "rate": "20/s"})
    place.put("a.csv", [email(number) for number in range(40)])
    words = [sys.executable, "-m", "pipeline", "nightly", str(place.jobs_file)]
    with subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL) as night:
        wait_until(lambda: len(place.sent()) > 5)
        night.kill()
    place.clock.next_night()
    (report,) = place.night().files
    assert report.outcomes.get("unknown", 0) + report.outcomes["accepted"] == 40
    assert len(place.sent()) == len(set(place.sent()))
    assert [Path(one).name for one in place.lists()] == ["a.csv"]
    assert "/done/" in report.filed
