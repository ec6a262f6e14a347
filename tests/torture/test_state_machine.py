"""Whatever a person does with a list, whenever the process dies and whatever LeadByte answers: the laws hold.

In this process, with the real journal on disk, the real client and the sandbox; the clock is nobody's.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from benchmarks.torture.audit import by_email, doubles, expected
from benchmarks.torture.boundaries import Boundaries, Crash
from benchmarks.torture.lists import MAPPING, Person, write_list
from benchmarks.torture.witness import watched
from pipeline.after import reconcile_run, resolve_run, retry_run, rewrite_results
from pipeline.errors import InputError, RunError
from pipeline.journal import Journal
from pipeline.leadbyte.client import LeadByte
from pipeline.report import Summary
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.stopping import Stop
from pipeline.world import Order, World
from tests.delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
    ask,
    leadbyte,
    order,
    people,
)

from .clock import FakeClock

#: What a list's people meet. "" is nothing out of the ordinary.
TAGS = (
    "", "", "", "quarantine", "rejected-later", "http504", "lost-answer", "html", "reset-after",
    "tps", "system", "http429", "http503retry", "noqueueid",
)  # fmt: skip
#: What LeadByte may answer next, whoever is sent.
FAULTS = ("http504", "lost-answer", "system", "internal", "cap", "inactive", "http401", "http429", "http503", "tps")
#: The boundary at which the process dies, 0 for none. A run of some rows has about a hundred and fifty.
KILLS = st.one_of(st.just(0), st.integers(1, 40), st.integers(1, 160))


class Line(NamedTuple):
    """A row of the journal, as another process would see it."""

    run: str
    row: int
    email: str
    state: str
    outcome: str
    queue_id: str


@dataclass
class Known:
    """A run that the journal has: the addresses of the list that it was begun with."""

    run_id: str
    emails: list[str]


class Deliveries(RuleBasedStateMachine):
    """One output folder, one list that may change, any number of runs."""

    sandbox: Sandbox
    #: Counted over all examples: what a person did or suffered, processes started, those of them that died.
    steps = launches = deaths = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="deliveries-"))
        self.output = self.folder / "output"
        self.clock = FakeClock()
        self.sandbox.reset()
        self.service: LeadByte = leadbyte(self.sandbox.base_url)
        self.people: list[Person] = []
        self.known: list[Known] = []
        self.asked: Counter[str] = Counter()
        self.under_way: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    # ------------------------------------------------------------------ what a person does

    @initialize(tags=st.lists(st.sampled_from(TAGS), min_size=1, max_size=8))
    def a_list(self, tags: list[str]) -> None:
        self.people = [Person(number, tag) for number, tag in enumerate(tags)]
        write_list(self.folder, self.people)

    @rule(limit=st.one_of(st.none(), st.integers(1, 4)), kill=KILLS)
    def run(self, limit: int | None, kill: int) -> None:
        before = self.runs()
        # A list that has changed is a new list: who may have arrived is a duplicate in it, the others are asked for.
        self.ask_for_those_of_other_runs("", {one.email for one in self.people})
        order = Order(
            str(self.folder / "leads.csv"), self.folder / "mapping.yaml", self.output,
            rate="20/s", limit=limit, max_errors=3,
        )  # fmt: skip
        self.live(kill, lambda: import_list(order, self.service, self.world()))
        self.known += [Known(run, [one.email for one in self.people]) for run in self.runs() if run not in before]

    @precondition(lambda self: self.known)
    @rule(data=st.data(), kill=KILLS, as_planned=st.booleans())
    def resume(self, data: st.DataObject, kill: int, as_planned: bool) -> None:
        run = self.one_of(data)
        self.live(kill, lambda: resume_run(run, self.output, self.service, self.world(), as_planned=as_planned), run)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), kill=KILLS)
    def retry(self, data: st.DataObject, kill: int) -> None:
        run = self.one_of(data)
        self.ask_for(run, "failed")
        self.live(kill, lambda: retry_run(run, self.output, self.service, self.world(), as_planned=True), run)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), kill=KILLS, resend=st.booleans())
    def resolve(self, data: st.DataObject, kill: int, resend: bool) -> None:
        run = self.one_of(data)
        if resend:
            self.ask_for(run, "unknown")
            self.ask_for(run, "sending")
        self.live(
            kill,
            lambda: resolve_run(run, self.output, self.service, self.world(), resend=resend, gap=60.0, sure=True),
            run,
        )

    @precondition(lambda self: self.known)
    @rule(data=st.data(), kill=KILLS)
    def reconcile(self, data: st.DataObject, kill: int) -> None:
        run = data.draw(st.sampled_from(self.known)).run_id
        self.live(kill, lambda: reconcile_run(run, self.output, self.service, self.world()), run)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), kill=KILLS)
    def results(self, data: st.DataObject, kill: int) -> None:
        run = data.draw(st.sampled_from(self.known)).run_id
        self.live(kill, lambda: rewrite_results(run, self.output, self.world()), run)

    @rule(tag=st.sampled_from(TAGS))
    def change_the_list(self, tag: str) -> None:
        self.people = [*self.people, Person(len(self.people), tag)][-8:]
        write_list(self.folder, self.people)

    @rule(mark=st.integers(0, 1))
    def change_the_mapping(self, mark: int) -> None:
        (self.folder / "mapping.yaml").write_text(f"{MAPPING}# {mark}\n" if mark else MAPPING, encoding="utf-8")

    @rule(tag=st.sampled_from(FAULTS))
    def trouble_at_leadbyte(self, tag: str) -> None:
        self.sandbox.fault_next(tag)

    # ------------------------------------------------------------------ how it is carried out

    def one_of(self, data: st.DataObject) -> str:
        """A run, and the people in it that still wait: who sends it asks for them."""
        chosen = data.draw(st.sampled_from(self.known))
        settled = {line.email for line in self.lines() if line.run == chosen.run_id and line.state == "done"}
        self.ask_for_those_of_other_runs(chosen.run_id, set(chosen.emails) - settled)
        return chosen.run_id

    def ask_for_those_of_other_runs(self, run: str, emails: set[str]) -> None:
        """Whom LeadByte refused in one run may be sent by another: it was not taken."""
        others = [line for line in self.lines() if line.run != run]
        self.asked.update(emails & {line.email for line in others if line.outcome in ("rejected", "failed")})

    def world(self) -> World:
        return self.clock.world()

    def live(self, kill: int, work: Callable[[], Summary], run: str = "") -> None:
        """Do it, and die at that boundary, if it is reached."""
        boundaries, notes = Boundaries(kill), set[int]()

        def note(when: str, name: str, row: int) -> None:
            if (when, name) == ("enter", "sending"):
                notes.add(row)
            elif when == "leave" and name in ("finish", "release"):
                notes.discard(row)

        self.service = leadbyte(self.sandbox.base_url)
        self.service.post = boundaries.around(self.service.post, "POST")  # type: ignore[method-assign]
        Deliveries.launches += 1
        self.clock.sleep(60.0)
        with watched(Journal, note), boundaries.installed():
            try:
                summary = work()
            except Crash:
                Deliveries.deaths += 1
                self.under_way |= {(run or max(self.runs()), row) for row in notes}
                return
            except (RunError, InputError):
                return  # refused in words, and the laws hold all the same
        assert not notes
        self.the_results_are_the_journals(summary)

    def ask_for(self, run: str, what: str) -> None:
        """A person wants the rows of that outcome sent again: each may arrive once more."""
        self.asked.update(
            line.email for line in self.lines() if line.run == run and what in (line.outcome, line.state)
        )

    # ------------------------------------------------------------------ what the journal says

    def query(self, question: str) -> list[tuple[Any, ...]]:
        path = self.output / "journal.sqlite3"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path)) as db:
            return db.execute(question).fetchall() if db.execute("PRAGMA user_version").fetchone()[0] else []

    def runs(self) -> list[str]:
        return [run for (run,) in self.query("SELECT run_id FROM runs ORDER BY rowid")]

    def lines(self) -> list[Line]:
        found = self.query("SELECT run_id, row, cells, state, outcome, queue_id FROM rows ORDER BY run_id, row")
        return [Line(run, row, json.loads(cells)[2], *rest) for run, row, cells, *rest in found]

    # ------------------------------------------------------------------ the laws

    @invariant()
    def every_row_of_a_planned_list_is_there_once(self) -> None:
        Deliveries.steps += 1
        states = dict(self.query("SELECT run_id, state FROM runs"))
        rows: dict[str, list[str]] = {run: [] for run in states}
        for line in self.lines():
            rows[line.run].append(line.email)
            assert (line.outcome != "") == (line.state == "done"), line
            assert line.state in ("planned", "sending", "done"), line
        for one in self.known:
            if states.get(one.run_id, "planning") != "planning":
                assert rows[one.run_id] == one.emails

    @invariant()
    def nobody_arrives_twice_without_proof(self) -> None:
        for email, arrived in by_email(self.record()).items():
            assert doubles(arrived, asked=self.asked[email]) == 0, (email, arrived)

    @invariant()
    def what_may_have_arrived_is_not_open(self) -> None:
        closed = {line.email for line in self.lines() if line.state != "planned"}
        for email, arrived in by_email(self.record()).items():
            times = sum(expected(one) != "" for one in arrived)
            assert email in closed or times <= self.asked[email], (email, arrived)

    @invariant()
    def accepted_is_what_the_server_has(self) -> None:
        taken = {one["queue_id"]: one["lead"]["email"] for one in self.record() if one["queue_id"]}
        accepted = [line for line in self.lines() if line.outcome == "accepted"]
        for line in accepted:
            assert taken.get(line.queue_id) == line.email, line
        assert len({line.queue_id for line in accepted}) == len(accepted)

    @invariant()
    def every_other_outcome_is_what_the_server_said_or_was_cut_off(self) -> None:
        arrivals = by_email(self.record())
        for line in self.lines():
            if line.outcome in ("rejected", "failed", "unknown"):
                said = {expected(one) for one in arrivals.get(line.email, ())}
                assert line.outcome in said or (
                    line.outcome == "unknown" and (line.run, line.row) in self.under_way
                ), line

    def the_results_are_the_journals(self, summary: Summary) -> None:
        lines = [line for line in self.lines() if line.run == summary.run_id]
        assert sum(summary.outcomes.values()) == summary.rows == len(lines)
        assert Counter(line.outcome or "not_sent" for line in lines) == summary.outcomes

    def record(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self.sandbox.record()]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Deliveries]]:
    """The machine, with a sandbox, and no real waiting."""
    monkeypatch.setattr(Stop, "wait", lambda _stop, _seconds: None)
    Deliveries.steps = Deliveries.launches = Deliveries.deaths = 0
    with Sandbox(key=KEY, duplicate_check=False) as sandbox:
        Deliveries.sandbox = sandbox
        yield Deliveries


def drive(machine: type[Deliveries], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Shrinking repeats a failure hundreds of times, and every step is a whole launch: it would take minutes.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )


def test_the_laws_hold_whatever_happens(machine: type[Deliveries]) -> None:
    drive(machine, examples=10, steps=30)
    assert machine.deaths > 5, "processes that do not die show nothing"


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_the_laws_hold_over_ten_thousand_steps(machine: type[Deliveries]) -> None:
    drive(machine, examples=480, steps=60)
    print(f"{machine.steps} steps, {machine.launches} launches, {machine.deaths} of them died")  # noqa: T201 - for docs/reliability.md
    assert machine.steps >= 10_000


def test_a_run_that_another_run_of_the_list_has_overtaken_sends_nobody_twice(tmp_path: Path) -> None:
    """Killed before the first lead, started anew with `run` (nothing was sent, so that is allowed), then resumed."""

    def dies(when: str, name: str, row: int) -> None:
        raise Crash(f"{when} {name} of row {row}")

    with Sandbox(key=KEY, duplicate_check=False) as sandbox:
        wanted, service = order(tmp_path, people(4)), leadbyte(sandbox.base_url)
        with watched(Journal, dies), pytest.raises(Crash):
            import_list(wanted, service, World())
        ((overtaken,),) = ask(wanted.output / "journal.sqlite3", "SELECT run_id FROM runs")
        assert import_list(wanted, service, World()).outcomes == {"accepted": 4}
        with suppress(RunError):
            resume_run(overtaken, wanted.output, service, World())
        assert len(sandbox.record()) == 4
