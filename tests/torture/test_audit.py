"""The judge is judged: each promise that is broken is found, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.torture.audit import AMBIGUOUS, NOT_TAKEN, audit, doubles, expected
from pipeline.sandbox import FAULTS


def arrival(email: str, fault: str = "", code: int | None = 2, queue_id: str = "q-1") -> dict[str, Any]:
    return {"lead": {"email": email}, "fault": fault, "code": code, "status": "Queued", "queue_id": queue_id}


def result(row: int, email: str, outcome: str = "accepted", **changes: str) -> dict[str, str]:
    line = {"row": str(row), "E-mail": email, "outcome": outcome, "queueId": "q-1", "attempts": "1", "errors": ""}
    return line | changes


TAKEN, REFUSED = arrival("a"), arrival("a", "http429", None, "")
LOST = arrival("a", "http504")


@pytest.mark.parametrize(
    ("record", "results"),
    [
        ([TAKEN], [result(2, "a")]),
        ([REFUSED, TAKEN], [result(2, "a", attempts="2")]),
        ([LOST], [result(2, "a", "unknown")]),
        ([arrival("a", "tps", -15, "")], [result(2, "a", "rejected")]),
        ([arrival("a", "system", -3, "")], [result(2, "a", "failed")]),
        ([], [result(2, "a", "invalid")]),
    ],
)
def test_promises_that_are_kept(record: list[dict[str, Any]], results: list[dict[str, str]]) -> None:
    assert audit(["a"], results, record).clean


@pytest.mark.parametrize(
    ("kind", "record", "results"),
    [
        ("lost", [TAKEN], []),
        ("lost", [], [result(2, "a")]),
        ("lost", [], [result(2, "a", "not_sent")]),
        ("lost", [TAKEN], [result(2, "a"), result(2, "a")]),
        ("lost", [TAKEN, arrival("stranger")], [result(2, "a")]),
        ("twice", [TAKEN, TAKEN], [result(2, "a", attempts="2")]),
        ("twice", [LOST, TAKEN], [result(2, "a", attempts="2")]),
        ("unexplained", [TAKEN], [result(2, "a", "unknown")]),
        ("unexplained", [], [result(2, "a", "unknown")]),
        ("wrong", [TAKEN], [result(2, "a", "rejected")]),
        ("wrong", [TAKEN], [result(2, "a", "invalid")]),
        ("wrong", [LOST], [result(2, "a")]),
        ("wrong", [TAKEN], [result(2, "a", queueId="q-2")]),
        ("wrong", [REFUSED, TAKEN], [result(2, "a", attempts="1")]),
    ],
)
def test_a_promise_that_is_broken(kind: str, record: list[dict[str, Any]], results: list[dict[str, str]]) -> None:
    found = audit(["a"], results, record)
    assert not found.clean
    assert getattr(found, kind)


def test_what_a_kill_cut_off_is_explained() -> None:
    assert audit(["a"], [result(2, "a", "unknown")], [TAKEN], lambda row: row == 2).clean
    assert audit(["a"], [result(2, "a", "unknown")], [], lambda row: row == 2).clean


def test_a_stop_leaves_rows_unsent_but_none_that_may_have_arrived() -> None:
    assert audit(["a"], [result(2, "a", "not_sent")], [REFUSED], stopped=True).clean
    assert not audit(["a"], [result(2, "a", "not_sent")], [LOST], stopped=True).clean


def test_what_a_person_asked_for_is_no_double() -> None:
    assert (doubles([TAKEN, TAKEN]), doubles([TAKEN, TAKEN], asked=1), doubles([REFUSED, TAKEN])) == (1, 0, 0)


def test_every_fault_of_the_sandbox_has_its_outcome() -> None:
    """A fault that is new there must be sorted here: into the doubtful, the not taken, or what has a code."""
    sorted_ones = AMBIGUOUS | NOT_TAKEN
    for tag, fault in FAULTS.items():
        decided = fault.kind == "answer" or tag in ("slow",)
        assert (tag in sorted_ones) != (decided and tag not in ("twice", "noqueueid")), tag
    assert expected(arrival("a", "http429", None)) == ""
    assert expected(arrival("a", "twice")) == "unknown"
