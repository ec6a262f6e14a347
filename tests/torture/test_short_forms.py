"""Short forms of what `make torture` does at length (docs/reliability.md)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks as POSIX has them")


def torture(folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.torture", "--folder", str(folder), *words],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def number(said: str, what: str) -> int:
    found = re.search(rf"([0-9]+) {what}", said)
    assert found is not None, said
    return int(found[1])


def test_killed_at_random_nothing_is_lost_and_nothing_sent_twice(tmp_path: Path) -> None:
    code, said = torture(tmp_path, "kills", "--kills", "6")
    assert code == 0, said
    assert number(said, "kills in") == 6
    assert number(said, "with leads under way") > 0


def test_killed_at_boundaries_nothing_is_lost_and_nothing_sent_twice(tmp_path: Path) -> None:
    code, said = torture(tmp_path, "boundaries", "--step", "83")
    assert code == 0, said
    assert number(said, "kills in") >= 3


def test_faults_of_every_kind_end_as_the_record_says(tmp_path: Path) -> None:
    words = ("--rows", "240", "--waiting", "0", "--resting", "1", "--no-stops")
    code, said = torture(tmp_path, "faults", *words)
    assert code == 0, said
    assert number(said, "kinds") >= 44


def test_of_two_launches_at_once_one_sends(tmp_path: Path) -> None:
    code, said = torture(tmp_path, "pairs", "--times", "1")
    assert code == 0, said


def test_the_naive_script_sends_leads_twice(tmp_path: Path) -> None:
    """The same kills do harm where nobody is careful: so they can."""
    code, said = torture(tmp_path, "naive", "--kills", "5", "--rows", "0")
    assert code == 0, said
    assert number(said, "sent twice without proof") > 0
