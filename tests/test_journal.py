from __future__ import annotations

import os
import sqlite3
import sys
import threading
from dataclasses import astuple
from pathlib import Path

import pytest

from pipeline.errors import RunError
from pipeline.journal import FINISHED, PLANNING, SCHEMA_VERSION, SENDING, Journal
from pipeline.model import Issue, Outcome, PlannedRow, Verdict
from tests.delivery import ask, journal_of, planned

AT = "2026-01-02T03:04:05.000+00:00"
TAKEN = Verdict(Outcome.ACCEPTED, "Queued", "q-1", 2, "", 200)


def test_a_row_is_seen_as_sending_by_another_process_before_the_call_returns(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(2)) as journal:
        journal.sending("run", 2, AT)
        assert ask(journal.path, "SELECT row, state, attempts, submitted_at, outcome FROM rows") == [
            (2, "sending", 1, AT, ""),
            (3, "planned", 0, "", ""),
        ]
        journal.finish("run", 2, TAKEN)
        assert ask(journal.path, "SELECT state, outcome, status, queue_id, code, http_status FROM rows LIMIT 1") == [
            ("done", "accepted", "Queued", "q-1", 2, 200)
        ]


def test_every_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    with journal_of(tmp_path) as journal:
        assert journal._store._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: survives a power cut
        assert journal._store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_killed_process_loses_nothing_that_was_returned_for(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(3)) as journal:
        journal.sending("run", 2, AT)
        journal.finish("run", 2, TAKEN)
        journal.sending("run", 3, AT)
        # What is on disk now, as a crash would leave it: the files, never closed.
        for name in ("journal.sqlite3", "journal.sqlite3-wal"):
            (tmp_path / f"after-{name}").write_bytes((tmp_path / name).read_bytes())
    left = Journal(tmp_path / "after-journal.sqlite3")
    assert left.counts("run") == {"accepted": 1, "sending": 1, "planned": 1}
    left.close()


def test_only_a_planned_row_may_be_sent(tmp_path: Path) -> None:
    done = PlannedRow(9, ("x",), {}, Outcome.INVALID, "bad")
    with journal_of(tmp_path, [*planned(2), done]) as journal:
        journal.sending("run", 2, AT)
        for row in (2, 9, 99):
            with pytest.raises(RunError, match=f"row {row} of run run is not planned"):
                journal.sending("run", row, AT)
        with pytest.raises(RunError):
            journal.sending("another", 3, AT)
        journal.finish("run", 2, TAKEN)
        with pytest.raises(RunError):
            journal.sending("run", 2, AT)
        assert [row.attempts for row in journal.rows("run")] == [1, 0, 0]


def test_a_row_is_claimed_by_one_thread_only(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(20)) as journal:
        won: list[int] = []

        def claim() -> None:
            for row in range(2, 22):
                try:
                    journal.sending("run", row, AT)
                except RunError:
                    continue
                won.append(row)

        threads = [threading.Thread(target=claim) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == list(range(2, 22))


def test_a_released_row_is_planned_again_and_keeps_its_attempts(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        journal.sending("run", 2, AT)
        journal.release("run", 2, "HTTP 429: told to wait", 429)
        (row,) = journal.unsent("run")
        assert (row.state, row.attempts, row.errors, row.http_status) == ("planned", 1, "HTTP 429: told to wait", 429)
        journal.sending("run", 2, AT)
        journal.finish("run", 2, TAKEN)
        (row,) = journal.rows("run")
        assert (row.outcome, row.attempts, row.errors, row.http_status) == (Outcome.ACCEPTED, 2, "", 200)


def test_an_outcome_that_stands_is_not_changed_by_a_late_word(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        journal.sending("run", 2, AT)
        journal.finish("run", 2, TAKEN)
        journal.release("run", 2, "late", 429)
        journal.finish("run", 2, Verdict(Outcome.REJECTED, "Error", "", -5, "late", 200))
        (row,) = journal.rows("run")
        assert (row.outcome, row.queue_id, row.errors) == (Outcome.ACCEPTED, "q-1", "")


def test_a_verdict_without_an_outcome_finishes_nothing(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        journal.sending("run", 2, AT)
        with pytest.raises(ValueError, match="without an outcome"):
            journal.finish("run", 2, Verdict(None))
        assert journal.counts("run") == {"sending": 1}


def test_rows_cut_off_while_sending_become_unknown_and_only_those(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(4)) as journal:
        journal.sending("run", 2, AT)
        journal.finish("run", 2, TAKEN)
        journal.sending("run", 3, AT)
        journal.sending("run", 4, AT)
        journal.begin("another", AT, {})
        journal.plan("another", planned(1), [])
        journal.sending("another", 2, AT)
        assert journal.settle_interrupted("run") == 2
        assert journal.settle_interrupted("run") == 0
        assert [row.outcome for row in journal.rows("run")] == [
            Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.UNKNOWN, None,
        ]  # fmt: skip
        assert all("cut off" in row.errors for row in journal.rows("run") if row.outcome is Outcome.UNKNOWN)
        assert [row.row for row in journal.unsent("run")] == [5]
        assert journal.counts("another") == {"sending": 1}


def test_counts_are_per_outcome_and_else_per_state(tmp_path: Path) -> None:
    here = [PlannedRow(row, (), {}, outcome) for row, outcome in
            ((10, Outcome.INVALID), (11, Outcome.INVALID), (12, Outcome.DUPLICATE), (13, Outcome.VALID))]  # fmt: skip
    with journal_of(tmp_path, [*planned(3), *here]) as journal:
        journal.sending("run", 2, AT)
        journal.sending("run", 3, AT)
        journal.finish("run", 3, Verdict(Outcome.FAILED, "Error", "", -3, "", 200))
        assert journal.counts("run") == {
            "planned": 1, "sending": 1, "failed": 1, "invalid": 2, "duplicate": 1, "valid": 1,
        }  # fmt: skip
        assert journal.counts("nobody's") == {}


def test_rows_come_in_the_order_of_the_file_in_any_batch(tmp_path: Path) -> None:
    rows = planned(7)
    with journal_of(tmp_path, rows[4:] + rows[:4]) as journal:
        assert [row.row for row in journal.rows("run")] == list(range(2, 9))
        for batch in (1, 2, 3, 7, 500):
            assert [row.row for row in journal.unsent("run", batch)] == list(range(2, 9))


def test_what_was_planned_is_read_back_as_it_was(tmp_path: Path) -> None:
    cells = ("Zoë", "", 'a "quoted", cell', "line\nbreak", "\U0001f600", "007")
    with journal_of(
        tmp_path, [PlannedRow(2, cells, {"firstname": "Zoë"}), PlannedRow(3, (), {}, Outcome.INVALID)]
    ) as it:
        first, second = it.rows("run")
    assert (first.cells, first.lead, first.state, first.outcome) == (cells, {"firstname": "Zoë"}, "planned", None)
    assert (second.lead, second.state, second.outcome) == ({}, "done", Outcome.INVALID)


def issues_in(journal: Journal) -> list[tuple[object, ...]]:
    return ask(journal.path, "SELECT * FROM issues")


def test_a_chunk_is_planned_whole_or_not_at_all(tmp_path: Path) -> None:
    issue = Issue(2, "E-mail", "email", "Email", "email", "x", "is not an address")
    with journal_of(tmp_path, planned(2)) as journal:
        with pytest.raises(sqlite3.IntegrityError):
            journal.plan("run", [*planned(3, first=50), *planned(1)], [issue])
        assert journal.counts("run") == {"planned": 2}
        assert issues_in(journal) == []
        # The journal goes on after what went wrong.
        journal.plan("run", planned(1, first=50), [issue])
        assert journal.counts("run") == {"planned": 3}
        assert issues_in(journal) == [("run", *astuple(issue))]


def test_a_plan_is_forgotten_only_while_nothing_of_it_was_sent(tmp_path: Path) -> None:
    issue = Issue(2, "E-mail", "email", "Email", "email", "x", "is bad")
    with journal_of(tmp_path, planned(3)) as journal:
        journal.plan("run", [], [issue])
        journal.begin("another", AT, {})
        journal.plan("another", planned(1), [issue])
        journal.forget_plan("run")
        assert (journal.counts("run"), issues_in(journal)) == ({}, [("another", *astuple(issue))])
        assert journal.counts("another") == {"planned": 1}
        journal.plan("run", planned(3), [])
        journal.sending("run", 2, AT)
        journal.release("run", 2, "", None)
        with pytest.raises(RunError, match="has sent rows"):
            journal.forget_plan("run")
        assert journal.counts("run") == {"planned": 3}


def test_a_run_is_noted_and_amended(tmp_path: Path) -> None:
    with journal_of(tmp_path) as journal:
        run = journal.run("run")
        assert (run.state, run.about, run.stopped) == (PLANNING, {"name": "a list"}, "")
        journal.amend("run", {"rows": 3})
        journal.note("run", state=SENDING, stopped="interrupted")
        run = journal.run("run")
        assert (run.state, run.about, run.stopped) == (SENDING, {"name": "a list", "rows": 3}, "interrupted")
        journal.note("run", state=FINISHED, finished_at=AT)
        run = journal.run("run")
        assert (run.state, run.stopped, run.finished_at) == (FINISHED, "", AT)


def test_an_unknown_run_is_refused_with_the_latest_ones(tmp_path: Path) -> None:
    with journal_of(tmp_path, run_id="20260102T030405Z-ab12") as journal, pytest.raises(RunError) as caught:
        journal.run("20260102T030405Z-ab13")
    assert "20260102T030405Z-ab12" in caught.value.hint


def test_common_answers_are_counted_without_the_successes(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(5)) as journal:
        for row, (outcome, code) in enumerate(
            [(Outcome.ACCEPTED, 2), (Outcome.REJECTED, -2), (Outcome.REJECTED, -5), (Outcome.REJECTED, -2)], start=2
        ):
            journal.sending("run", row, AT)
            journal.finish("run", row, Verdict(outcome, code=code))
        assert journal.common_answers("run") == [("rejected", -2, 2, 3), ("rejected", -5, 1, 4)]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_the_files_are_for_their_owner_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with journal_of(tmp_path, planned(2)) as journal:
            journal.sending("run", 2, AT)
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {f"journal.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}


def test_an_empty_file_is_a_new_journal(tmp_path: Path) -> None:
    # A kill between making the file and filling it leaves one.
    (tmp_path / "journal.sqlite3").touch()
    with journal_of(tmp_path, planned(1)) as journal:
        assert journal.counts("run") == {"planned": 1}


def _foreign(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE runs (something TEXT)")
    other.commit()
    other.close()


def _headless(path: Path) -> None:
    with journal_of(path.parent, planned(1)):
        pass
    path.write_bytes(b"\0" * 200 + path.read_bytes()[200:])


def _cut_short(path: Path) -> None:
    with journal_of(path.parent, planned(500)):
        pass
    path.write_bytes(path.read_bytes()[:6000])


@pytest.mark.parametrize(
    "spoil", [lambda path: path.write_bytes(b"not a database at all" * 100), _headless, _cut_short, _foreign]
)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, spoil: object) -> None:
    path = tmp_path / "journal.sqlite3"
    assert callable(spoil)
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(RunError) as caught:
        Journal(path)
    assert str(path) in caught.value.message
    assert "--output" in caught.value.hint
    assert path.read_bytes() == before


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be opened"):
        Journal(tmp_path)


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 99])
def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path, version: int) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        path = journal.path
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version={version}")
    other.close()
    with pytest.raises(RunError, match=f"format {version}"):
        Journal(path)
