"""One launch of a run: what it works with, what it logs, and how it ends. A run that is resumed has several."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pipeline import __version__
from pipeline.closing import reference, report_run
from pipeline.journal import Journal, Run
from pipeline.log import Event, RunLog
from pipeline.pacing import Pacer, parse_rate
from pipeline.report import Summary
from pipeline.stopping import StopKind
from pipeline.suppression import learn
from pipeline.world import Service, World

#: So many launches of a run are remembered: one that is reconciled every night has many.
REMEMBERED: Final = 100


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of a run: whatever it sends or asks goes through one pacer. `began` is a clock reading.

    `command` is what a person typed. The log writes nothing until the launch is `logged`.
    """

    journal: Journal
    run: Run
    service: Service
    world: World
    began: float
    pacer: Pacer
    command: str = "run"
    log: RunLog = field(default_factory=RunLog)

    @classmethod
    def of(
        cls,
        journal: Journal,
        run: Run,
        service: Service,
        world: World,
        began: float,
        rate: str = "",
        command: str = "run",
    ) -> Launch:
        """A launch at the run's own rate, unless another is given."""
        wanted = parse_rate(rate or run.about["rate"])
        pacer = world.pacer(wanted) if world.pacer else Pacer(wanted, world.monotonic, world.sleep)
        return cls(journal, run, service, world, began, pacer, command)

    def planned(self) -> int:
        """How many rows wait to be sent."""
        return self.journal.counts(self.run.run_id).get("planned", 0)


@contextmanager
def logged(launch: Launch) -> Iterator[Launch]:
    """The launch with its run's log open: it begins there, and what a person is told stands there too.

    One that is logged already stays as it is.
    """
    if launch.log.is_open:
        yield launch
        return
    about, world = launch.run.about, launch.world
    folder = Path(about["output"]) / launch.run.run_id
    with world.log.of_run(folder, world.now, run_id=launch.run.run_id, campaign=reference(launch.run)) as log:

        def tell(words: str) -> None:
            log.note(Event.NOTICE, words)
            if not world.log.on_stderr:
                world.tell(words)

        log.note(
            Event.RUN_STARTED, f"{launch.command} begins, campaign {reference(launch.run)}",
            command=launch.command, file=about["file"], vendor=about.get("vendor"), dry_run=about["dry_run"],
            rate=launch.pacer.rate, version=__version__,
        )  # fmt: skip
        yield replace(launch, log=log, world=replace(world, tell=tell))
    if log.lost:
        world.tell(f"the log of run {launch.run.run_id} lacks lines: {log.lost}")


def end(launch: Launch, *, rate: float = 0.0, interrupted: bool = False) -> Summary:
    """Report what the run has come to, and keep in the journal what this launch has done.

    `rate`: leads per second while sending, 0 when none were sent; `interrupted`: a person ended this launch.
    """
    journal, run_id, world = launch.journal, launch.run.run_id, launch.world
    learn(journal, journal.run(run_id), world)
    run, seconds = journal.run(run_id), world.monotonic() - launch.began
    summary = report_run(journal, run, seconds, rate, interrupted=interrupted)
    this = {
        "command": launch.command,
        "at": (world.now() - timedelta(seconds=seconds)).isoformat(timespec="seconds"),
        "seconds": summary.seconds,
        "rate": summary.rate,
        "exit_code": summary.exit_code,
    }
    launches = [*run.about.get("launches", ()), this][-REMEMBERED:]
    journal.amend(run_id, {"launches": launches, "counts": summary.outcomes})
    _note_end(launch.log, summary, run.about.get("stop_kind", ""))
    return summary


def _note_end(log: RunLog, summary: Summary, kind: str) -> None:
    if summary.stopped:
        # The reason names suppliers by the list's own cells.
        reason = "LeadByte does not authorise a supplier" if kind == StopKind.SUPPLIER else summary.stopped
        log.note(Event.RUN_STOPPED, f"stopped early: {reason}", logging.WARNING, kind=kind)
    known: dict[str, Any] = {name: getattr(summary, name) for name in ("outcomes", "queue", "rows", "rate")}
    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in summary.outcomes.items())
    log.note(
        Event.RUN_FINISHED, f"{counts or 'no rows'}; exit code {summary.exit_code}",
        seconds=summary.seconds, exit_code=summary.exit_code, **known,
    )  # fmt: skip
