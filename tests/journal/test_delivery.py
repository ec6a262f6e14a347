from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.journal import Journal
from pipeline.model import Outcome, PlannedRow, Verdict

AT = "2026-01-02T03:04:05.250+00:00"
#: The same in seconds since 1970.
SECONDS = 1767323045.25


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A run of ten rows: 2 to 6 were sent, 7 is being sent, 8 and 9 wait, 10 and 11 were left here."""
    opened = Journal(tmp_path / "journal.sqlite3")
    opened.begin("run", AT, {})
    here = [
        PlannedRow(10, ("x",), {}, Outcome.INVALID, "bad"),
        PlannedRow(11, ("x",), {}, Outcome.DUPLICATE, "again"),
    ]
    opened.plan("run", [*(PlannedRow(row, (f"cell {row}",), {"email": "e"}) for row in range(2, 10)), *here], [])
    opened.begin("other", AT, {})
    opened.plan("other", [PlannedRow(2, ("y",), {"email": "e"})], [])
    answers = [
        (2, Verdict(Outcome.ACCEPTED, code=2), 0.5),
        (3, Verdict(Outcome.ACCEPTED, code=1), 0.25),
        (4, Verdict(Outcome.REJECTED, code=-5, errors="no"), 2.0),
        (5, Verdict(Outcome.REJECTED, code=-5, errors="no"), None),
        (6, Verdict(Outcome.UNKNOWN, errors="lost"), None),
    ]
    for row, verdict, seconds in answers:
        opened.sending("run", row, AT)
        opened.finish("run", row, verdict, seconds)
    opened.sending("run", 7, AT)
    yield opened
    opened.close()


def test_all_rows_are_counted_by_place_outcome_and_code(journal: Journal) -> None:
    placed = journal.delivery.placed("run", 2, 4)
    assert sorted((one[0], one[1].value, *one[2:4], one[4]) for one in placed if one.bin == 0) == [
        (0, "accepted", True, 1, 1),
        (0, "accepted", True, 2, 1),
        (0, "rejected", True, -5, 2),
    ]
    assert {(one.bin, one.outcome, one.sent, one.rows) for one in placed if one.bin} == {
        (1, Outcome.UNKNOWN, True, 1),
        (1, Outcome.UNKNOWN, False, 1),  # it is being sent
        (1, Outcome.NOT_SENT, False, 2),
        (2, Outcome.INVALID, False, 1),
        (2, Outcome.DUPLICATE, False, 1),
    }
    assert sum(one.rows for one in placed) == 10


def test_times_are_those_of_rows_that_were_sent(journal: Journal) -> None:
    times = list(journal.delivery.times("run"))
    assert [seconds for _at, seconds in times] == [0.5, 0.25, 2.0, -1, -1]
    assert {round(at, 3) for at, _seconds in times} == {SECONDS}


def test_a_row_that_was_left_out_in_the_end_is_none_that_was_sent(journal: Journal) -> None:
    """Offered again, and then found to be a duplicate: what it was before is not what it is."""
    journal.afterwards.offer_again("run", 4)
    journal.leave_out("run", [(4, "accepted elsewhere")])
    assert len(list(journal.delivery.times("run"))) == 4
    assert (0, Outcome.DUPLICATE, False, None, 1) in journal.delivery.placed("run", 2, 4)


def test_refused_rows_come_in_the_order_of_the_list_and_no_more_than_asked_for(journal: Journal) -> None:
    assert [one.row for one in journal.delivery.refused("run", 10)] == [4, 5, 6]
    (first,) = journal.delivery.refused("run", 1)
    assert (first.row, first.cells, first.errors) == (4, ("cell 4",), "no")


def test_what_rows_have_come_to_is_told_by_their_number(journal: Journal) -> None:
    assert journal.delivery.outcomes("run", [4, 7, 8, 10, 99]) == {
        4: Outcome.REJECTED,
        7: Outcome.UNKNOWN,
        8: Outcome.NOT_SENT,
        10: Outcome.INVALID,
    }
    assert journal.delivery.outcomes("run", []) == {}
