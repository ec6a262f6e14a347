from __future__ import annotations

import os
import sqlite3
import sys
import threading
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from pipeline.errors import JournalError, RunError
from pipeline.journal import FINISHED, PLANNING, SCHEMA_VERSION, SENDING, Journal
from pipeline.journal.schema import STEPS
from pipeline.model import Found, Issue, Misses, Outcome, PlannedRow, QueueState, Verdict
from pipeline.people import Sent
from tests.delivery import ask, journal_of, planned, wait_until

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


# ---------------------------------------------------------------------- older journals, shared commits, trouble


def test_a_journal_of_the_first_format_is_brought_up_to_date_with_all_that_is_in_it(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "journal.sqlite3")
    old.executescript(f"{STEPS[0]};PRAGMA user_version=1;PRAGMA journal_mode=WAL;")
    old.execute("INSERT INTO runs (run_id, started_at, about) VALUES ('old', ?, '{\"name\": \"a list\"}')", (AT,))
    old.execute(
        "INSERT INTO rows (run_id, row, cells, lead, state, outcome, queue_id) "
        "VALUES ('old', 2, '[\"a\"]', '{\"email\": \"a@b.cd\"}', 'done', 'accepted', 'q-1'), "
        "('old', 3, '[\"b\"]', '{\"email\": \"b@b.cd\"}', 'planned', '', '')"
    )
    old.commit()
    old.close()
    journal = Journal(tmp_path / "journal.sqlite3")
    accepted, open_row = journal.rows("old")
    assert (accepted.outcome, accepted.queue_id, accepted.queue) == (Outcome.ACCEPTED, "q-1", None)
    assert (open_row.state, open_row.lead) == ("planned", {"email": "b@b.cd"})
    journal.sending("old", 3, AT)
    journal.finish("old", 3, TAKEN)
    journal.afterwards.note_queue("old", 2, QueueState("Processed", 1, "", "77"))
    journal.close()
    assert ask(tmp_path / "journal.sqlite3", "PRAGMA user_version") == [(SCHEMA_VERSION,)]


def test_a_step_to_a_newer_format_happens_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        path = journal.path
    step = "CREATE TABLE newer (a) STRICT; SELECT no_such_function();"
    monkeypatch.setattr("pipeline.journal.store.STEPS", (*STEPS, step))
    monkeypatch.setattr("pipeline.journal.store.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with pytest.raises(RunError, match="cannot be opened"):
        Journal(path)
    assert ask(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert ask(path, "SELECT count(*) FROM sqlite_master WHERE name = 'newer'") == [(0,)]


def test_threads_share_commits_and_each_row_is_on_disk_when_its_call_returns(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(200)) as journal:
        commits, missing = [], []
        journal._store._db.set_trace_callback(lambda words: commits.append(words) if words == "COMMIT" else None)

        def send(rows: range) -> None:
            for row in rows:
                journal.sending("run", row, AT)
                if (row, "sending") not in ask(journal.path, "SELECT row, state FROM rows"):
                    missing.append(row)

        threads = [threading.Thread(target=send, args=(range(2 + at, 202, 8),)) for at in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert missing == []
        assert journal.counts("run") == {"sending": 200}
        assert len(commits) <= 200


def test_waiting_work_is_done_by_whoever_commits_next(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(5)) as journal:
        commits: list[str] = []
        journal._store._db.set_trace_callback(lambda words: commits.append(words) if words == "COMMIT" else None)
        with journal._store._lock:  # a commit is under way, and five threads come meanwhile
            threads = [threading.Thread(target=journal.sending, args=("run", row, AT)) for row in range(2, 7)]
            for thread in threads:
                thread.start()
            wait_until(lambda: len(journal._store._waiting) == 5)
        for thread in threads:
            thread.join()
        assert journal.counts("run") == {"sending": 5}
        assert len(commits) == 1


def test_one_rows_refusal_does_not_take_the_others_commit_away(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(2)) as journal:
        refused: list[RunError] = []

        def send(row: int) -> None:
            try:
                journal.sending("run", row, AT)
            except RunError as error:
                refused.append(error)

        with journal._store._lock:
            threads = [threading.Thread(target=send, args=(row,)) for row in (2, 99, 3)]
            for thread in threads:
                thread.start()
            wait_until(lambda: len(journal._store._waiting) == 3)
        for thread in threads:
            thread.join()
        assert [error.message for error in refused] == ["row 99 of run run is not planned, so it is not sent"]
        assert journal.counts("run") == {"sending": 2}


def fill_the_disk(journal: Journal) -> None:
    pages = ask(journal.path, "PRAGMA page_count")[0][0]
    journal._store._db.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_stops_a_row_before_it_is_sent(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(2)) as journal:
        fill_the_disk(journal)
        with pytest.raises(JournalError, match="cannot be written") as caught:
            journal.plan("run", planned(500, first=50), [])
        assert "make room" in caught.value.hint
        assert str(journal.path) in caught.value.message
        assert journal.counts("run") == {"planned": 2}


def test_an_answer_that_cannot_be_written_is_not_forgotten(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        journal.sending("run", 2, AT)
        fill_the_disk(journal)
        with pytest.raises(JournalError):
            journal.finish("run", 2, replace(TAKEN, errors="x" * 100_000))
        assert journal.unsaved == [(2, Outcome.ACCEPTED, "q-1")]
        assert journal.counts("run") == {"sending": 1}


def test_damage_inside_the_file_is_told_when_it_is_met(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(2_000)) as journal:
        path = journal.path
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))
    journal = Journal(path)
    with pytest.raises(JournalError, match="is damaged") as caught:
        list(journal.rows("run"))
    journal.close()
    assert "backup" in caught.value.hint


# ---------------------------------------------------------------------- the ledger


def test_who_was_sent_and_not_refused_is_in_the_ledger_with_run_and_row(tmp_path: Path) -> None:
    ann, bob, cid, dan, eve = (bytes([letter]) * 16 for letter in b"abcde")
    rows = [replace(one, people=who) for one, who in zip(planned(5), (ann + bob, cid, dan, eve, ann), strict=True)]
    with journal_of(tmp_path, rows) as journal:
        assert journal.ledger.is_empty()
        finished(journal, TAKEN, Verdict(Outcome.REJECTED), Verdict(Outcome.UNKNOWN))
        journal.sending("run", 5, AT)
        assert not journal.ledger.is_empty()
        ask_for = [ann, bob, cid, dan, eve, b"f" * 16]
        known = {ann: Sent("run", 2, True), bob: Sent("run", 2, True), dan: Sent("run", 4, False)}
        assert journal.ledger.sent(ask_for) == known | {eve: Sent("run", 5, False)}
        journal.release("run", 5, "told to wait", 429)
        assert journal.ledger.sent(ask_for) == known
        assert journal.ledger.sent(ask_for, but="run") == {}
        assert journal.ledger.sent([ann], since=AT) == {ann: Sent("run", 2, True)}
        assert journal.ledger.sent([ann], since="2026-01-02T03:04:05.001+00:00") == {}
        many = [number.to_bytes(16, "big") for number in range(2_000)]
        assert journal.ledger.sent([*many, ann]) == {ann: Sent("run", 2, True)}


def test_of_several_rows_of_a_person_an_accepted_one_counts_and_then_the_latest(tmp_path: Path) -> None:
    ann = b"a" * 16
    with journal_of(tmp_path, [replace(one, people=ann) for one in planned(4)]) as journal:

        def sent(row: int, at: str, outcome: Outcome) -> Sent:
            journal.sending("run", row, at)
            journal.finish("run", row, Verdict(outcome))
            return journal.ledger.sent([ann])[ann]

        assert sent(2, "2026-01-01", Outcome.UNKNOWN) == Sent("run", 2, False)
        assert sent(3, "2026-01-02", Outcome.ACCEPTED) == Sent("run", 3, True)
        assert sent(4, "2026-01-03", Outcome.UNKNOWN) == Sent("run", 3, True)
        assert sent(5, "2026-01-04", Outcome.ACCEPTED) == Sent("run", 5, True)
        assert journal.ledger.sent([ann], since="2026-01-05") == {}


def test_a_person_whose_row_was_purged_stays_known(tmp_path: Path) -> None:
    ann = b"a" * 16
    with journal_of(tmp_path, [replace(one, people=ann) for one in planned(1)]) as journal:
        finished(journal, TAKEN)
        with journal._store.transaction() as db:
            db.execute("DELETE FROM rows")
        assert journal.ledger.sent([ann]) == {ann: Sent("run", 2, True)}


# ---------------------------------------------------------------------- afterwards


def finished(journal: Journal, *verdicts: Verdict) -> None:
    for row, verdict in enumerate(verdicts, start=2):
        journal.sending("run", row, AT)
        journal.finish("run", row, verdict)


def test_queued_are_the_accepted_rows_with_which_leadbyte_is_not_done(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(5)) as journal:
        accepted = [replace(TAKEN, queue_id=f"q-{number}") for number in range(4)]
        finished(journal, *accepted, Verdict(Outcome.REJECTED))
        after = journal.afterwards
        after.note_queue("run", 2, QueueState("Processed", 1, "ok", "77", "", "then"))
        after.note_queue("run", 3, QueueState("Pending"))
        after.note_queue("run", 4, QueueState("Not Found"))
        assert [row.row for row in after.queued("run")] == [3, 4, 5]
        after.note_queue("run", 3, QueueState("Processed", -1, "no buyer", "", "88", "then"))
        assert [row.row for row in after.queued("run")] == [4, 5]
        assert [row.queue for row in journal.rows("run")] == [
            QueueState("Processed", 1, "ok", "77", "", "then"),
            QueueState("Processed", -1, "no buyer", "", "88", "then"),
            QueueState("Not Found"), None, None,
        ]  # fmt: skip
        assert sorted(number for _state, number in after.queue_states("run")) == [1, 1, 1, 1]


def test_a_reference_is_claimed_by_the_row_that_has_it(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(3)) as journal:
        finished(journal, TAKEN, Verdict(Outcome.UNKNOWN), Verdict(Outcome.UNKNOWN))
        after = journal.afterwards
        assert (after.claimed("q-1"), after.claimed("77"), after.claimed(""), after.claimed("q-9")) == (
            True, False, False, False,
        )  # fmt: skip
        after.note_queue("run", 2, QueueState("Processed", lead_id="77"))
        after.note_found("run", 3, Found("78", "q-9", "then", "email"))
        assert all(after.claimed(one) for one in ("q-1", "77", "78", "q-9"))


def test_a_row_that_was_found_is_accepted_and_its_people_are_known(tmp_path: Path) -> None:
    ann = b"a" * 16
    with journal_of(tmp_path, [replace(one, people=ann) for one in planned(2)]) as journal:
        finished(journal, Verdict(Outcome.UNKNOWN), Verdict(Outcome.REJECTED))
        journal.afterwards.note_missed("run", 2, "2026-01-02T04:00:00+00:00")
        journal.afterwards.note_missed("run", 2, "2026-01-02T05:00:00+00:00")
        assert [row.misses for row in journal.afterwards.unknowns("run")] == [
            Misses(2, "2026-01-02T04:00:00+00:00", "2026-01-02T05:00:00+00:00")
        ]
        found = Found("78", "q-9", "2026-01-02 03:04:06", "email")
        journal.afterwards.note_found("run", 2, found)
        journal.afterwards.note_found("run", 3, found)  # was refused: no search makes it accepted
        first, second = journal.rows("run")
        assert (first.outcome, first.queue_id, first.lead_id, first.found_by) == (
            Outcome.ACCEPTED, "q-9", "78", "email",
        )  # fmt: skip
        assert "2026-01-02 03:04:06" in first.errors
        assert (second.outcome, second.lead_id) == (Outcome.REJECTED, "")
        assert list(journal.afterwards.unknowns("run")) == []
        assert journal.ledger.sent([ann]) == {ann: Sent("run", 2, True)}


def test_a_row_offered_again_is_planned_and_what_it_was_is_kept(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(3)) as journal:
        finished(journal, Verdict(Outcome.FAILED, "Error", "", -3, "later", 200), TAKEN, Verdict(Outcome.UNKNOWN))
        journal.afterwards.note_missed("run", 4, AT)
        journal.afterwards.offer_again("run", 2)
        corrected = PlannedRow(4, ("new",), {"email": "new@example.com"}, people=b"n" * 16)
        journal.afterwards.offer_again("run", 4, corrected)
        with pytest.raises(RunError, match="row 3"):
            journal.afterwards.offer_again("run", 3)
        again = list(journal.unsent("run"))
        assert [(row.row, row.attempts, row.errors, row.code, row.misses) for row in again] == [
            (2, 1, "", None, Misses()), (4, 1, "", None, Misses()),
        ]  # fmt: skip
        assert (again[1].cells, again[1].lead) == (("new",), {"email": "new@example.com"})
        assert ask(journal.path, "SELECT row, outcome, code, errors FROM earlier ORDER BY row") == [
            (2, "failed", -3, "later"), (4, "unknown", None, ""),
        ]  # fmt: skip
        journal.sending("run", 4, AT)
        journal.finish("run", 4, TAKEN)
        assert journal.ledger.sent([b"n" * 16]) == {b"n" * 16: Sent("run", 4, True)}


def test_the_queue_id_of_a_row_that_was_offered_again_stays_claimed(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        finished(journal, Verdict(Outcome.REJECTED, "Rejected", "q-7", None, "no buyer", 200))
        journal.afterwards.offer_again("run", 2)
        assert [row.queue_id for row in journal.unsent("run")] == [""]
        assert journal.afterwards.claimed("q-7")


def test_rows_of_an_outcome_and_of_chosen_codes(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(4)) as journal:
        finished(journal, *(Verdict(Outcome.REJECTED, code=code) for code in (-5, -2, -5)), Verdict(Outcome.FAILED))
        after = journal.afterwards
        assert [row.row for row in after.answered("run", Outcome.REJECTED)] == [2, 3, 4]
        assert [row.row for row in after.answered("run", Outcome.REJECTED, (-5, -12))] == [2, 4]
        assert [row.row for row in after.answered("run", Outcome.FAILED)] == [5]


def test_what_was_sent_today_is_counted_over_all_runs_of_the_campaign(tmp_path: Path) -> None:
    about = {"address": "https://a", "campaign": {"reference": "C"}}
    with journal_of(tmp_path) as journal:
        for run_id, campaign in (("one", "C"), ("two", "C"), ("three", "D")):
            journal.begin(run_id, AT, about | {"campaign": {"reference": campaign}})
            journal.plan(run_id, planned(3), [])
        for run_id, row, at in (("one", 2, "2026-01-01T23:00"), ("one", 3, AT), ("two", 2, AT), ("three", 2, AT)):
            journal.sending(run_id, row, at)
            journal.finish(run_id, row, TAKEN)
        journal.sending("two", 3, AT)
        journal.release("two", 3, "told to wait", 429)
        assert journal.sent_since("C", "https://a", "2026-01-02") == 2
        assert journal.sent_since("C", "https://b", "2026-01-02") == 0
