"""What became of leads that were sent: unknown rows are searched for, and the queue is asked about accepted ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pipeline.after import reconcile_run, resolve_run
from pipeline.closing import fates_of
from pipeline.errors import ImportFailure, KeyRefused
from pipeline.journal.nights import Left
from pipeline.model import Outcome
from pipeline.nightly.desk import Desk
from pipeline.nightly.handling import calls, worth_doing
from pipeline.nightly.model import FileReport, FileState
from pipeline.reconcile import Fate
from pipeline.report import Summary

#: So many days a run is looked back at.
DAYS: Final = 14


class LookingBack:
    """One job's look back: at unknown rows, and with `queue` at what became of accepted ones.

    What cannot be done is in `notes`, and calls nobody.
    """

    def __init__(self, desk: Desk, *, queue: bool = True) -> None:
        self._desk, self._queue = desk, queue
        self.notes: list[str] = []
        self._refused: set[str] = set()

    def at(self, runs: list[Left], ended: Callable[[], bool]) -> Iterator[FileReport]:
        """Look back at these runs; those of which something new is known are told."""
        for left in runs:
            asks = [
                ask
                for ask, wanted in (
                    (self._search, left.has_unknown and self._desk.job.on_unknown == "resolve"),
                    (self._ask_queue, left.has_open and self._queue),
                )
                if wanted and not ended()
            ]
            if asks and (report := self._look(left, asks)):
                yield report

    def _look(self, left: Left, asks: Sequence[Callable[[str], Summary | None]]) -> FileReport | None:
        desk = self._desk
        before, fates = desk.outcomes(left.run_id), self._fates(left.run_id)
        summaries = [summary for summary in (ask(left.run_id) for ask in asks) if summary]
        if not summaries:
            return None
        summary, now = summaries[-1], self._fates(left.run_id)
        found = before.get(Outcome.UNKNOWN, 0) - summary.outcomes.get(Outcome.UNKNOWN, 0)
        changes = [f"{found} unknown row{'s' * (found != 1)} found: accepted"] if found > 0 else []
        changes += [
            f"{now[fate] - fates[fate]} more {fate.value.replace('_', ' ')}"
            for fate in Fate
            if fate not in (Fate.NOT_ASKED, Fate.PENDING, Fate.NOT_FOUND) and now[fate] > fates[fate]
        ]
        if not changes:
            return None
        desk.renew_beside(left.run_id)
        return FileReport(
            desk.job.name, left.file, FileState.LOOKED_BACK, ", ".join(changes), run_id=left.run_id,
            rows=summary.rows, outcomes=summary.outcomes, before=before, queue=summary.queue,
            exit_code=summary.exit_code, filed=left.filed, needs_a_person=calls(summary),
            next_step=worth_doing(summary),
        )  # fmt: skip

    def _fates(self, run_id: str) -> dict[Fate, int]:
        return dict.fromkeys(Fate, 0) | fates_of(self._desk.scene.journal, run_id)

    def _search(self, run_id: str) -> Summary | None:
        desk = self._desk
        return self._asked(
            "unknown rows are not searched for",
            lambda: resolve_run(run_id, desk.scene.jobs.output, desk.service, desk.world, rate=self._rate()),
        )

    def _ask_queue(self, run_id: str) -> Summary | None:
        desk = self._desk
        return self._asked(
            "the queue is not asked what became of the leads",
            lambda: reconcile_run(run_id, desk.scene.jobs.output, desk.service, desk.world, rate=self._rate()),
        )

    def _rate(self) -> str:
        return self._desk.job.rate or self._desk.account.rate

    def _asked(self, what: str, ask: Callable[[], Summary]) -> Summary | None:
        """A key that may not ask is told once in a night, for each account, and is no failure."""
        if what in self._refused:
            return None
        try:
            return ask()
        except KeyRefused as error:
            self._refused.add(what)
            if self._desk.scene.first_time(self._desk.job.account, what):
                self.notes.append(f"{what}: {error.message}; {error.hint}")
        except ImportFailure as error:
            self.notes.append(f"{what}: {self._desk.words_for(error)}")
        return None
