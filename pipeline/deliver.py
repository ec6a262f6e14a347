"""The second half of a run: the plan is sent, and what it came to is reported."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from datetime import time as clock_time
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.advice import command, parse_share, too_many_invalid
from pipeline.asking import Asking
from pipeline.closing import fates_of, reference, report_run, run_log
from pipeline.errors import JournalError, KeyRefused
from pipeline.hours import DailyLimit, Window, parse_on_cap
from pipeline.journal import FINISHED, SENDING, Journal, Run
from pipeline.leadbyte.answers import judge, retry_after_seconds
from pipeline.pacing import Pacer, parse_rate
from pipeline.progress import CountingBar
from pipeline.reconcile import Fate, reconcile
from pipeline.report import Summary
from pipeline.submit import INTERRUPTED, Policy, Stop, StopKind, Submission, workers_for
from pipeline.world import Service, World

#: How long LeadByte's queue may take over a canary's leads before they are judged, in seconds, without `--wait`.
CANARY_WAIT: Final = 60.0
#: Kinds of halts that are not for a stop: what was asked for is sent.
LIMIT, CANARY, SUPPLIER = "limit", "canary", "supplier"


def carry_out(
    journal: Journal, run: Run, service: Service, world: World, began: float, only: Collection[int] | None = None
) -> Summary:
    """Execute the plan and report it; a dry run has nothing to execute. `only`: send no other rows than these."""
    about = run.about
    with run_log(Path(about["output"]) / run.run_id) as log:
        log.info("run %s: %s rows planned for campaign %s", run.run_id, about["rows"], reference(run))
        halt, sent, seconds = Halt(), 0, 0.0
        counts = about.get("outcomes") or journal.counts(run.run_id)
        too_many = too_many_invalid(counts, about)
        if too_many:
            halt = Halt(too_many, "invalid")
        elif counts.get("planned", 0):
            before = world.monotonic()
            halt = _send(journal, run, service, world) if only is None else _again(journal, run, service, world, only)
            seconds = world.monotonic() - before
            sent = counts["planned"] - journal.counts(run.run_id).get("planned", 0)
            if about["wait"] and halt.kind != StopKind.INTERRUPTED:
                ask_queue(journal, run, service, world, about["wait"])
        left = journal.counts(run.run_id).get("planned", 0)
        journal.amend(run.run_id, {"stop_kind": halt.kind if left else ""})
        journal.note(
            run.run_id,
            state=SENDING if left else FINISHED,
            stopped=halt.reason if left else "",
            finished_at=world.now().isoformat(timespec="seconds"),
        )
        summary = report_run(
            journal, journal.run(run.run_id), world.monotonic() - began, sent / seconds if seconds else 0.0
        )
        log.info("run %s: %s; exit code %s", run.run_id, summary.outcomes, summary.exit_code)
        if summary.stopped:
            log.warning("run %s stopped early: %s", run.run_id, summary.stopped)
    return summary


class Halt(NamedTuple):
    """Why rows were left unsent: in words, and as a kind (`StopKind`, or one of this module). "" when none were."""

    reason: str = ""
    kind: str = ""


def _send(journal: Journal, run: Run, service: Service, world: World) -> Halt:
    """Send the planned rows, a few of them first where that was asked for."""
    limit, canary = run.about["limit"], run.about["canary"]
    if canary and not run.about.get("canary_done"):
        first = canary if limit is None else min(canary, limit)
        halt = _submit(journal, run, service, world, first)
        if halt.kind != LIMIT or first == limit:
            return halt
        if reason := _after_canary(journal, run, service, world):
            return Halt(reason, CANARY)
        limit = None if limit is None else limit - first
    return _submit(journal, run, service, world, limit)


def _again(journal: Journal, run: Run, service: Service, world: World, only: Collection[int]) -> Halt:
    """Send rows that were sent before; what was left unsent then is still left for the same reason."""
    halt = _submit(journal, run, service, world, len(only), only)
    return Halt(run.stopped, run.about.get("stop_kind", "")) if halt.kind in ("", LIMIT) else halt


def _after_canary(journal: Journal, run: Run, service: Service, world: World) -> str:
    """Show what the first rows came to; why the others are not sent, "" when they are."""
    journal.amend(run.run_id, {"canary_done": True})
    fates = ask_queue(journal, run, service, world, run.about["wait"] or CANARY_WAIT)
    counts = journal.counts(run.run_id)
    sent = {one: counts.get(one, 0) for one in ("accepted", "rejected", "failed", "unknown")}
    total = sum(sent.values())
    good = sent["accepted"] - fates.get(Fate.REFUSED, 0)
    words = ", ".join(f"{number} {name}" for name, number in sent.items() if number)
    queue = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in fates.items() if number)
    said = f"canary: {total} sent: {words}" + (f" (in the queue: {queue})" if queue else "")
    world.tell(said)
    for outcome, code, number, row in journal.common_answers(run.run_id, 3):
        world.tell(f"  {number} {outcome}{'' if code is None else f' {code}'}, first in row {row}")
    if share := run.about["canary_min_accept"]:
        number = parse_share(share, "--canary-min-accept")
        well = good * 100 >= number * total if share.strip().endswith("%") else good >= number
        return "" if well else f"{said}; --canary-min-accept {share} asks for more"
    if world.ask is not None and world.ask(f"{good} of {total} went well. Send the other {counts['planned']}?"):
        return ""
    return f"{said}; the others were not asked for"


def _submit(
    journal: Journal,
    run: Run,
    service: Service,
    world: World,
    limit: int | None,
    only: Collection[int] | None = None,
) -> Halt:
    """Send the planned rows, `limit` of them; `only` those with these numbers."""
    about = run.about
    planned = journal.counts(run.run_id).get("planned", 0)
    window = Window.parse(about["window"]) if about["window"] else None
    total = planned if limit is None else min(limit, planned)
    stop = Stop()
    with (
        CountingBar("Sending", total, world.show_progress) as bar,
        signals(stop, world, command(run.about, "resume", run.run_id)),
    ):
        submission = Submission(
            run_id=run.run_id,
            post=lambda lead, on_sent: service.post(reference(run), lead, on_sent),
            journal=journal,
            pacer=Pacer(parse_rate(about["rate"]), world.monotonic, world.sleep),
            stop=stop,
            now=world.now,
            judge=judge,
            policy=Policy(max_errors=about["max_errors"]),
            on_outcome=bar.count,
            on_cap=parse_on_cap(about["on_cap"], window.zone if window else None),
            window=window,
            daily=_daily_limit(journal, run, window),
            tell=world.tell,
        )
        try:
            rows = (row for row in journal.unsent(run.run_id) if only is None or row.row in only)
            submission.send_all(islice(rows, limit))
        except JournalError as error:
            raise _lacking(error, journal, run) from None
    if stop.is_set():
        return Halt(stop.reason, stop.kind or "")
    if submission.stopped_suppliers:
        suppliers = ", ".join(submission.stopped_suppliers)
        return Halt(f"LeadByte does not authorise the supplier (sid) {suppliers}", SUPPLIER)
    return Halt(f"--limit {limit}", LIMIT) if total < planned else Halt()


def _daily_limit(journal: Journal, run: Run, window: Window | None) -> DailyLimit | None:
    """The limit of leads a day, those of other runs of this folder counted; with hours of sending it waits."""
    about = run.about
    if about["daily_limit"] is None:
        return None
    zone = window.zone if window else None

    def sent_on(day: date) -> int:
        midnight = datetime.combine(day, clock_time(), zone).astimezone(UTC)
        return journal.sent_since(reference(run), about["address"], midnight.isoformat(timespec="milliseconds"))

    return DailyLimit(about["daily_limit"], sent_on, zone, wait=window is not None)


def ask_queue(
    journal: Journal, run: Run, service: Service, world: World, wait: float | None, *, must: bool = False
) -> dict[Fate, int]:
    """Ask what became of the queued leads, `wait` seconds long (None: once); how many rows there are of each fate.

    A key that may not ask is told: it is no reason to end a run that has sent its leads, unless it `must`.
    """
    stop = Stop()
    with (
        CountingBar("Asking", None, world.show_progress) as bar,
        signals(stop, world, command(run.about, "reconcile", run.run_id)),
    ):
        asking = asking_with(run, stop, world)
        try:
            reconcile(
                run.run_id, journal.afterwards, service.queue, asking,
                wait=wait, clock=world.monotonic, on_done=bar.count,
                workers=workers_for(parse_rate(run.about["rate"])),
            )  # fmt: skip
        except KeyRefused as error:
            if must:
                raise
            world.tell(f"the queue was not asked: {error.message}; {error.hint}")
    if stop.is_set():
        world.tell(f"the queue was not asked to the end: {stop.reason}")
    return fates_of(journal, run.run_id)


def asking_with(run: Run, stop: Stop, world: World) -> Asking:
    """How LeadByte is asked about a run's leads: at the run's own rate."""
    return Asking(
        pacer=Pacer(parse_rate(run.about["rate"]), world.monotonic, world.sleep),
        stop=stop,
        now=world.now,
        retry_after=retry_after_seconds,
    )


@contextmanager
def signals(stop: Stop, world: World, go_on: str) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal finish what is in flight; a second one leaves at once, still safe."""
    if not world.catch_signals:
        yield
        return

    asked = False

    def handle(_number: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True
        stop.set(INTERRUPTED)
        world.tell(f"stopping: waiting for the answers under way (once more leaves at once); to go on: {go_on}")

    caught = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {one: signal.signal(one, handle) for one in caught}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _lacking(error: JournalError, journal: Journal, run: Run) -> JournalError:
    """The error with the answers that the journal lacks, so that somebody can write them down."""
    told = [
        f"row {row}: {outcome}{f', queueId {queue_id}' if queue_id else ''}"
        for row, outcome, queue_id in journal.unsaved
    ]
    lacking = f"; answers that it lacks: {'; '.join(told)}" if told else "; it lacks no answer"
    whole = JournalError(
        f"{error.message}{lacking}",
        f"{error.hint}, then {command(run.about, 'resume', run.run_id)} (there the rows under way are unknown)",
    )
    whole.exit_code = 3
    return whole
