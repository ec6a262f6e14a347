"""The journal's part in forgetting, by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import RunError
from pipeline.journal import Journal
from pipeline.journal.retention import Erasure, Suppressed
from pipeline.model import Issue, Outcome, PlannedRow, QueueState, Verdict
from tests.delivery import ask, journal_of, planned

AT = "2026-01-02T03:04:05.000+00:00"
SOMEBODY = Suppressed(b"0123456789abcdef", "email", "erased")


def erasure(rows: tuple[int, ...]) -> Erasure:
    return Erasure("run", rows, {"name": "another"}, "", "")


def test_what_is_deleted_is_overwritten_by_every_journal(tmp_path: Path) -> None:
    with journal_of(tmp_path) as journal:
        assert journal._store._db.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_an_erased_row_keeps_its_outcome_and_has_no_lead(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(3)) as journal:
        journal.sending("run", 2, AT)
        journal.finish("run", 2, Verdict(Outcome.REJECTED, "Error", "q-1", -5, "words of LeadByte's", 200))
        journal.retention.erase([erasure((2, 3))], [SOMEBODY], AT)
        rejected, waiting, other = journal.rows("run")
        assert (rejected.outcome, rejected.queue_id, rejected.code) == (Outcome.REJECTED, "q-1", -5)
        assert (rejected.cells, rejected.lead, rejected.errors, rejected.erased) == (("erased",), {}, "", True)
        assert (waiting.state, waiting.outcome) == ("done", Outcome.SUPPRESSED)
        assert (other.state, other.erased) == ("planned", False)
        assert journal.run("run").about == {"name": "another"}


def test_an_erased_row_is_not_offered_again(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(2)) as journal:
        for row, outcome in ((2, Outcome.FAILED), (3, Outcome.UNKNOWN)):
            journal.sending("run", row, AT)
            journal.finish("run", row, Verdict(outcome))
        journal.retention.erase([erasure((2, 3))], [], AT)
        assert list(journal.afterwards.answered("run", Outcome.FAILED)) == []
        assert list(journal.afterwards.unknowns("run")) == []
        for row in (2, 3):
            with pytest.raises(RunError, match="is not one that may be offered again"):
                journal.afterwards.offer_again("run", row)
        assert journal.retention.open_rows("run") == (0, 0)


def test_an_erasure_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(1)) as journal:
        unknown = Erasure("no such run", (2,), {}, "", "")
        with pytest.raises(TypeError):
            journal.retention.erase([erasure((2,)), unknown], [SOMEBODY], AT)
        (row,) = journal.rows("run")
        assert not row.erased
        assert journal.suppressed.is_empty()


def test_who_is_suppressed_is_known_and_suppressed_once(tmp_path: Path) -> None:
    with journal_of(tmp_path) as journal:
        assert journal.suppressed.is_empty()
        journal.retention.erase([], [SOMEBODY], AT)
        journal.retention.erase([], [SOMEBODY], "later")
        assert journal.suppressed.why([SOMEBODY.digest, b"another"]) == {SOMEBODY.digest: "erased"}
        assert ask(journal.path, "SELECT kind, at, why FROM suppressed") == [("email", AT, "erased")]


def test_all_that_is_said_of_a_row_is_there_to_be_looked_at(tmp_path: Path) -> None:
    row = PlannedRow(2, ("cell", "\t07700"), {"field": "value"}, None, "said here")
    with journal_of(tmp_path, [row]) as journal:
        journal.plan("run", [], [Issue(2, "column", "field", "label", "rule", "faulty", "why")])
        journal.afterwards.note_queue("run", 2, QueueState("Processed", message="said by the queue"))
        journal.sending("run", 2, AT)
        journal.finish("run", 2, Verdict(Outcome.FAILED, errors="said before"))
        journal.afterwards.offer_again("run", 2)
        said = list(journal.retention.texts())
        assert {(one.run_id, one.row) for one in said} == {("run", 2)}
        pieces = {piece for one in said for piece in one.text.split("\0")}
        assert pieces >= {"cell", "\t07700", "value", "faulty", "why", "said by the queue", "said before"}
        journal.retention.erase([erasure((2,))], [], AT)
        assert {piece for one in journal.retention.texts() for piece in one.text.split("\0")} <= {"", "erased"}


def test_nothing_of_the_log_is_left_once_the_journal_is_compact(tmp_path: Path) -> None:
    with journal_of(tmp_path, planned(100)) as journal:
        assert (tmp_path / "journal.sqlite3-wal").stat().st_size > 0
        journal.retention.strip("run", "")
        journal.retention.compact()
        assert (tmp_path / "journal.sqlite3-wal").stat().st_size == 0
        assert b"example.com" not in (tmp_path / "journal.sqlite3").read_bytes()
        assert journal._store._db.execute("PRAGMA temp_store_directory").fetchone() in (None, ("",))
    again = Journal(tmp_path / "journal.sqlite3")
    assert again.counts("run") == {"planned": 100}
    again.close()
