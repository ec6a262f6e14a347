"""What a call of the journal has returned for is on disk: another process sees it, whatever happens next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.torture.commits import without_commit, writing_methods
from pipeline.journal import SENDING, Journal
from pipeline.model import Found, Outcome, QueueState, Verdict
from tests.delivery import (
    _clean_environment,  # noqa: F401 - an autouse fixture
    ask,
    journal_of,
    planned,
)

ACCEPTED = Verdict(Outcome.ACCEPTED, "Queued", "q-1", 2, "", 200)
REJECTED = Verdict(Outcome.REJECTED, "Rejected", "", -5, "E-mail is bad", 200)
UNKNOWN = Verdict(Outcome.UNKNOWN, errors="no answer")
NOW = "2026-01-02T03:04:05.000+00:00"


def sent(journal: Journal, verdict: Verdict | None = None) -> None:
    """Row 2 is under way, or has this verdict."""
    journal.sending("run", 2, NOW)
    if verdict is not None:
        journal.finish("run", 2, verdict)


def nothing(_journal: Journal) -> None:
    return


def offered_again(journal: Journal, verdict: Verdict = UNKNOWN) -> None:
    """Row 2 was unknown, or had this verdict, and waits to be sent again."""
    sent(journal, verdict)
    journal.afterwards.offer_again("run", 2)


Step = Callable[[Journal], object]
#: For every call that commits: what comes before it, and the call.
CALLS: dict[str, tuple[Step, Step]] = {
    "Journal.begin": (nothing, lambda it: it.begin("other", NOW, {})),
    "Journal.note": (nothing, lambda it: it.note("run", state=SENDING, stopped="--limit 4")),
    "Journal.amend": (nothing, lambda it: it.amend("run", {"rate": "5/s"})),
    "Journal.drop": (nothing, lambda it: it.drop("run")),
    "Journal.forget_plan": (nothing, lambda it: it.forget_plan("run")),
    "Journal.plan": (nothing, lambda it: it.plan("run", planned(2, first=100), [])),
    "Journal.leave_out": (nothing, lambda it: it.leave_out("run", [(2, "accepted elsewhere")])),
    "Journal.sending": (nothing, lambda it: it.sending("run", 2, NOW)),
    "Journal.release": (sent, lambda it: it.release("run", 2, "HTTP 429", 429)),
    "Journal.finish": (sent, lambda it: it.finish("run", 2, ACCEPTED)),
    "Journal.settle_interrupted": (sent, lambda it: it.settle_interrupted("run")),
    "Afterwards.note_queue": (
        lambda it: sent(it, ACCEPTED),
        lambda it: it.afterwards.note_queue("run", 2, QueueState("Processed", 1, "", "7")),
    ),
    "Afterwards.note_found": (
        lambda it: sent(it, UNKNOWN),
        lambda it: it.afterwards.note_found("run", 2, Found("7", "q-1", NOW, "email")),
    ),
    "Afterwards.note_missed": (lambda it: sent(it, UNKNOWN), lambda it: it.afterwards.note_missed("run", 2, NOW)),
    "Afterwards.offer_again": (lambda it: sent(it, UNKNOWN), lambda it: it.afterwards.offer_again("run", 2)),
    "Afterwards.take_back": (offered_again, lambda it: it.afterwards.take_back("run")),
    "Afterwards.keep_rejected": (
        lambda it: offered_again(it, REJECTED),
        lambda it: it.afterwards.keep_rejected("run", {2}),
    ),
}


def test_every_call_that_commits_is_tested_here() -> None:
    assert set(CALLS) == set(writing_methods())


@pytest.mark.parametrize("name", CALLS)
def test_another_process_sees_what_a_call_has_returned_for(tmp_path: Path, name: str) -> None:
    assert seen(tmp_path, name) == (True, True)


@pytest.mark.parametrize("name", CALLS)
def test_without_its_commit_it_would_not(tmp_path: Path, name: str) -> None:
    with without_commit(name):
        assert seen(tmp_path, name) != (True, True)


def seen(folder: Path, name: str) -> tuple[bool, bool]:
    """Whether the call has changed anything, and whether all of it is seen from outside."""
    before, call = CALLS[name]
    with journal_of(folder, planned(3)) as journal:
        before(journal)
        path = journal.path
        had = everything(lambda question: ask(path, question))
        call(journal)
        has = everything(journal._store.read)
        outside = everything(lambda question: ask(path, question))
    return had != has, outside == has


def everything(query: Callable[[str], list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    tables = [name for (name,) in query("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: query(f"SELECT * FROM {table}") for table in tables}  # noqa: S608 - a table's own name
