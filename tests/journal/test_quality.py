from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.journal import Journal
from pipeline.journal.quality import Earlier


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite3")
    yield opened
    opened.close()


def add(journal: Journal, run_id: str, vendor: str, sha256: str = "", **about: Any) -> None:
    known = {"file": f"{run_id}.csv", "sha256": sha256 or run_id * 20, "dry_run": True}
    journal.begin(run_id, f"2026-01-0{run_id[-1]}T00:00:00+00:00", known | about)
    profile = {"rows": 10, "strip": {"counts": {"valid": [3, 4], "invalid": [1, 2]}}}
    journal.quality.keep(run_id, vendor, json.dumps(profile))


def earlier(journal: Journal, run_id: str, vendor: str = "Acme") -> list[str]:
    return [one.run_id for one in journal.quality.earlier(run_id, vendor)]


def test_a_vendors_earlier_lists_come_latest_first_with_their_outcomes(journal: Journal) -> None:
    for number in range(1, 5):
        add(journal, f"run{number}", "Acme")
    assert earlier(journal, "run3") == ["run2", "run1"]
    first = journal.quality.earlier("run2", "Acme")[0]
    known = {"valid": 7, "invalid": 3}
    assert first == Earlier("run1", "2026-01-01T00:00:00+00:00", "run1.csv", dry_run=True, rows=10, outcomes=known)


def test_a_vendor_is_known_regardless_of_case_and_nobody_is_no_vendor(journal: Journal) -> None:
    add(journal, "run1", "ACME")
    add(journal, "run2", "")
    add(journal, "run3", "Other")
    add(journal, "run4", "Acme")
    assert earlier(journal, "run4") == ["run1"]
    assert earlier(journal, "run4", "") == []


def test_a_list_that_was_read_several_times_is_there_once_and_never_beside_itself(journal: Journal) -> None:
    add(journal, "run1", "Acme", "a" * 64)
    add(journal, "run2", "Acme", "b" * 64)
    add(journal, "run3", "Acme", "a" * 64)
    add(journal, "run4", "Acme", "b" * 64)
    add(journal, "run5", "Acme", "c" * 64)
    assert earlier(journal, "run5") == ["run4", "run3"]
    assert earlier(journal, "run4") == ["run3"]


def test_rows_that_were_mended_are_no_list_of_their_own(journal: Journal) -> None:
    add(journal, "run1", "Acme", "a" * 64, list="a" * 16)
    add(journal, "run2", "Acme", "b" * 64, list="a" * 16, to_be_mended=True)  # of the first
    add(journal, "run3", "Acme", "c" * 64, list="c" * 16)
    assert earlier(journal, "run3") == ["run1"]
    assert earlier(journal, "run2") == []


def test_a_list_that_was_read_again_once_it_was_sent_is_as_good_as_before(journal: Journal) -> None:
    add(journal, "run1", "Acme")
    profile = {"rows": 10, "strip": {"counts": {"duplicate": [7], "invalid": [3]}}, "sent_already": 7}
    journal.quality.keep("run1", "Acme", json.dumps(profile))
    add(journal, "run2", "Acme")
    assert journal.quality.earlier("run2", "Acme")[0].sent_already == 7


def test_a_sheet_of_a_workbook_is_a_list(journal: Journal) -> None:
    add(journal, "run1", "Acme", "a" * 64, list="b" * 16, to_be_mended=False)
    add(journal, "run2", "Acme", "a" * 64, list="c" * 16, to_be_mended=False)
    assert earlier(journal, "run2") == ["run1"]


def test_only_the_latest_few_are_told(journal: Journal) -> None:
    for number in range(1, 6):
        add(journal, f"run{number}", "Acme")
    assert [one.run_id for one in journal.quality.earlier("run5", "Acme", limit=2)] == ["run4", "run3"]


def test_whose_list_it_was_can_be_said_afterwards(journal: Journal) -> None:
    add(journal, "run1", "")
    add(journal, "run2", "Acme")
    assert earlier(journal, "run2") == []
    journal.quality.name("run1", "Acme")
    assert earlier(journal, "run2") == ["run1"]


def test_of_two_runs_of_one_second_the_one_that_began_first_is_the_earlier(journal: Journal) -> None:
    add(journal, "run9", "Acme")
    add(journal, "run1", "Acme")
    assert earlier(journal, "run1") == ["run9"]
    assert earlier(journal, "run9") == []
