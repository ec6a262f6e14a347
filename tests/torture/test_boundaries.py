"""A run that dies at any boundary (before or after a write, COMMIT, fsync, rename, POST), and is resumed.

In this process, by an exception that nothing catches; `make torture` does the same with kill -9.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.torture.__main__ import SMALL
from benchmarks.torture.audit import Audit, audit
from benchmarks.torture.boundaries import Boundaries, Crash
from benchmarks.torture.commits import without_commit
from benchmarks.torture.importing import Importer
from benchmarks.torture.lists import read_results, write_list
from benchmarks.torture.witness import watched
from pipeline.journal import Journal
from pipeline.sandbox import Sandbox
from pipeline.stopping import Stop
from tests.delivery import _clean_environment  # noqa: F401 - an autouse fixture

from .clock import FakeClock


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(Stop, "wait", lambda _stop, _seconds: None)
    with Sandbox(duplicate_check=False) as running:
        yield running


class Life:
    """One list, its launches, and the rows that a crash found under way."""

    def __init__(self, sandbox: Sandbox, folder: Path, clock: FakeClock) -> None:
        write_list(folder, SMALL)
        self.sandbox, self.clock = sandbox, clock
        self.importer = Importer(sandbox.base_url, folder)
        self.under_way: set[int] = set()

    def live(self, die_at: int = 0) -> bool:
        """Launch, and die at that boundary; whether it came to that."""
        boundaries, service, notes = Boundaries(die_at), self.importer.service(), set[int]()
        service.post = boundaries.around(service.post, "POST")  # type: ignore[method-assign]

        def note(when: str, name: str, row: int) -> None:
            if (when, name) == ("enter", "sending"):
                notes.add(row)
            elif when == "leave" and name in ("finish", "release"):
                notes.discard(row)

        try:
            with watched(Journal, note), boundaries.installed():
                self.importer.launch(service, self.clock.world())
        except Crash:
            self.under_way |= notes
            return True
        return False

    def judged(self) -> Audit:
        record = [asdict(one) for one in self.sandbox.record()]
        self.sandbox.reset()
        emails = [one.email for one in SMALL]
        return audit(emails, read_results(self.importer.output), record, self.under_way.__contains__)


def everywhere(
    sandbox: Sandbox, folder: Path, step: int, *, before: int = 0, start: int = 1, first: bool = False
) -> tuple[Audit, int]:
    """A list for every boundary at which its run (`before`: its resume, after dying there) can die; how many.

    `step` 1: for every one of them from `start` on; `first`: only until something is wrong.
    """
    found, clock, boundary, alive = Audit(), FakeClock(), start - step, False
    while not alive and not (first and not found.clean):
        boundary += step
        life = Life(sandbox, folder / f"{before}-{boundary}", clock)
        if before:
            life.live(before)
        alive = not life.live(boundary)
        life.live()
        found += life.judged()
    return found, boundary - 1


@pytest.mark.parametrize("before", [0, 60])
@pytest.mark.parametrize("step", [pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(600)]), 8])
def test_wherever_it_dies_nothing_is_lost_and_nothing_sent_twice(
    sandbox: Sandbox, tmp_path: Path, step: int, before: int
) -> None:
    found, boundaries = everywhere(sandbox, tmp_path, step, before=before)
    assert found.clean, found.words()
    assert boundaries > 50
    assert {"accepted", "rejected", "failed", "unknown", "duplicate"} <= set(found.outcomes)


@pytest.mark.parametrize("name", ["Journal.sending", "Journal.finish"])
def test_a_step_that_is_not_on_disk_is_noticed(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """What is tortured here is the torture: it can fail."""
    with without_commit(name):  # planning, which is before boundary 80, does neither
        found, _ = everywhere(sandbox, tmp_path, 1, start=80, first=True)
    assert not found.clean


def test_a_life_without_a_crash_is_clean(sandbox: Sandbox, tmp_path: Path) -> None:
    life = Life(sandbox, tmp_path, FakeClock())
    assert not life.live()
    assert life.judged().clean
