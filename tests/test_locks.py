from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import RunError, RunLocked
from pipeline.locks import opened_journal, sending_alone
from tests.delivery import _clean_environment, wait_until  # noqa: F401 - an autouse fixture

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOLDER = """\
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from pipeline.locks import opened_journal, sending_alone
with opened_journal(Path(sys.argv[1]), datetime.now(UTC)), sending_alone("https://a", "C", datetime.now(UTC)):
    Path(sys.argv[2]).touch()
    time.sleep(60)
"""


def test_the_second_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with opened_journal(tmp_path, NOW), pytest.raises(RunLocked) as caught, opened_journal(tmp_path, NOW):
        pass
    assert caught.value.exit_code == 5
    assert str(tmp_path) in caught.value.message
    assert f"process {os.getpid()} on " in caught.value.message
    assert "since 2026-01-02T03:04:05+00:00" in caught.value.message
    assert "--output" in caught.value.hint


def test_a_campaign_is_sent_to_by_one_run_whatever_its_folder() -> None:
    with sending_alone("https://a", "C", NOW):
        with pytest.raises(RunLocked, match="the campaign C"), sending_alone("https://a", "C", NOW):
            pass
        with sending_alone("https://a", "D", NOW), sending_alone("https://b", "C", NOW):
            pass
    with sending_alone("https://a", "C", NOW):
        pass


def test_the_lock_of_a_process_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "output"), str(ready)])
    try:
        wait_until(ready.exists)
        with pytest.raises(RunLocked, match=f"process {holder.pid} on "), opened_journal(tmp_path / "output", NOW):
            pass
        with pytest.raises(RunLocked, match=f"process {holder.pid} on "), sending_alone("https://a", "C", NOW):
            pass
    finally:
        holder.kill()
        holder.wait()
    with opened_journal(tmp_path / "output", NOW), sending_alone("https://a", "C", NOW):
        pass


def test_a_folder_without_a_journal_has_no_runs(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no journal"), opened_journal(tmp_path, NOW, must_exist=True):
        pass


def test_what_a_killed_run_was_writing_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "20260101T000000Z-ab12" / ".results.csv.tmp"
    left.parent.mkdir()
    left.write_text("personal data", encoding="utf-8")
    with opened_journal(tmp_path, NOW):
        assert not left.exists()


def test_runs_side_by_side_share_the_journal_that_is_held_for_them(tmp_path: Path) -> None:
    with opened_journal(tmp_path, NOW) as journal:
        with opened_journal(tmp_path, NOW, held=journal) as same:
            assert same is journal
        journal.begin("run", NOW.isoformat(), {})  # the inner one has not closed it
        with pytest.raises(RunLocked), opened_journal(tmp_path, NOW):
            pass


def test_a_journal_of_another_folder_is_not_shared(tmp_path: Path) -> None:
    with opened_journal(tmp_path / "a", NOW) as journal, opened_journal(tmp_path / "b", NOW, held=journal) as other:
        assert other is not journal
