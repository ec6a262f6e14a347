from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.log import Logs, RunLog
from pipeline.model import Found, Outcome, QueueState, Verdict
from pipeline.watching import WatchedQueue, WatchedSearch, WatchedSending
from tests.looking_back import MemoryJournal, accepted, unknown

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Rate:
    """A pacer that allows what a test says."""

    def __init__(self, rate: float) -> None:
        self.rate = self.now = rate

    def allowed(self) -> float:
        return self.now


class Calls:
    """A journal that keeps what it was asked to write."""

    def __init__(self) -> None:
        self.made: list[tuple[Any, ...]] = []

    def sending(self, *given: Any) -> None:
        self.made.append(("sending", *given))

    def release(self, *given: Any) -> None:
        self.made.append(("release", *given))

    def finish(self, *given: Any) -> None:
        self.made.append(("finish", *given))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RunLog]:
    with Logs("json").of_run(tmp_path, lambda: NOW) as opened:
        yield opened


def noted(tmp_path: Path) -> list[dict[str, Any]]:
    text = (tmp_path / "run.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return [{name: value for name, value in one.items() if name not in ("time", "level")} for one in lines]


def test_what_is_watched_is_passed_on_and_attempts_are_counted(tmp_path: Path, log: RunLog) -> None:
    journal = Calls()
    watched = WatchedSending(journal, log, Rate(5.0))
    verdict = Verdict(Outcome.REJECTED, "Rejected", "", -5, "jane@example.com is no address", 200)
    watched.sending("R", 2, "at")
    watched.release("R", 2, "HTTP 429", 429)
    watched.sending("R", 2, "at")
    watched.finish("R", 2, verdict, 0.25)
    assert journal.made == [
        ("sending", "R", 2, "at"), ("release", "R", 2, "HTTP 429", 429),
        ("sending", "R", 2, "at"), ("finish", "R", 2, verdict, 0.25),
    ]  # fmt: skip
    assert noted(tmp_path) == [
        {"event": "row_not_taken", "row": 2, "http_status": 429, "attempts": 1},
        {
            "event": "row_finished", "row": 2, "outcome": "rejected", "code": -5, "http_status": 200, "seconds": 0.25,
            "attempts": 2,
        },
    ]  # fmt: skip


def test_what_could_not_be_written_is_not_logged(tmp_path: Path, log: RunLog) -> None:
    class Full(Calls):
        def finish(self, *_given: Any) -> None:
            raise OSError("no space")

    watched = WatchedSending(Full(), log, Rate(5.0))
    with pytest.raises(OSError, match="no space"):
        watched.finish("R", 2, Verdict(Outcome.ACCEPTED, "Queued", "q-1", 2, "", 200), 0.25)
    assert not (tmp_path / "run.log").exists()


def test_a_person_in_the_place_of_an_id_is_left_out(tmp_path: Path, log: RunLog) -> None:
    watched = WatchedSending(Calls(), log, Rate(5.0))
    watched.finish("R", 2, Verdict(Outcome.ACCEPTED, "Queued", "jane@example.com", 2, "", 200), None)
    rows = MemoryJournal.of([*accepted(1, 3), unknown(4)])
    WatchedQueue(rows, log).note_queue("R", 3, QueueState("Processed", 1, "", "Jane Doe", "", ""))
    WatchedSearch(rows, log).note_found("R", 4, Found("07700 900123", "jane@example.com", "", "email"))
    assert noted(tmp_path) == [
        {"event": "row_finished", "row": 2, "outcome": "accepted", "code": 2, "http_status": 200},
        {"event": "row_queue", "row": 3, "fate": "sold", "code": 1},
        {"event": "row_searched", "row": 4, "found": "found", "by": "email"},
    ]


def test_looking_back_is_passed_on_and_noted(tmp_path: Path, log: RunLog) -> None:
    rows = MemoryJournal.of([*accepted(1, 2), unknown(3), unknown(4)])
    queue, search = WatchedQueue(rows, log), WatchedSearch(rows, log)
    assert [one.row for one in queue.queued("R")] == [2]
    assert [one.row for one in search.unknowns("R")] == [3, 4]
    queue.note_queue("R", 2, QueueState("Processed", 1, "", "L7", "", ""))
    search.note_found("R", 3, Found("L8", "q-3", "", "email"))
    search.note_missed("R", 4, "2026-01-02T03:04:05.000+00:00")
    assert rows.noted == [2, 3, 4]
    assert search.claimed("q-3")
    assert noted(tmp_path) == [
        {"event": "row_queue", "row": 2, "fate": "sold", "code": 1, "leadId": "L7"},
        {"event": "row_searched", "row": 3, "found": "found", "by": "email", "queueId": "q-3", "leadId": "L8"},
        {"event": "row_searched", "row": 4, "found": "missed"},
    ]


def test_the_rate_is_noted_when_it_falls_as_it_climbs_and_when_it_is_whole_again(tmp_path: Path, log: RunLog) -> None:
    pacer = Rate(10.0)
    watched = WatchedSending(Calls(), log, pacer)
    for row, now in enumerate([10.0, 6.0, 6.1, 6.2, 7.3, 9.0, 9.7, 10.0, 10.0]):
        pacer.now = now
        watched.release("R", row, "", None)
    rates = [(one["rate"], one["asked"]) for one in noted(tmp_path) if one["event"] == "rate_changed"]
    assert rates == [(6.0, 10.0), (7.3, 10.0), (9.0, 10.0), (10.0, 10.0)]


def test_in_text_no_row_is_remembered(tmp_path: Path) -> None:
    with Logs("text").of_run(tmp_path, lambda: NOW) as text:
        watched = WatchedSending(Calls(), text, Rate(5.0))
        watched.sending("R", 2, "at")
        assert list(watched.seen(accepted(3))) == accepted(3)
        assert watched._attempts == {}
