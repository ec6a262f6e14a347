"""The second half of a run: the plan is sent, and what it came to is reported."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from datetime import time as clock_time
from typing import Final, NamedTuple

from pipeline.advice import command, parse_share, too_many_invalid
from pipeline.asking import Asking
from pipeline.closing import fates_of, reference
from pipeline.errors import ConfigError, ImportFailure, JournalError, KeyRefused
from pipeline.hours import DailyLimit, Window, parse_on_cap
from pipeline.journal import FINISHED, SENDING, Journal, Run
from pipeline.launch import Launch, end, logged
from pipeline.leadbyte.answers import judge, retry_after_seconds
from pipeline.log import Event
from pipeline.progress import CountingBar
from pipeline.reconcile import Fate, reconcile
from pipeline.report import Summary
from pipeline.stopping import INTERRUPTED, Stop, StopKind
from pipeline.submit import Policy, Submission, workers_for
from pipeline.watching import WatchedQueue, WatchedSending
from pipeline.world import World

#: How long LeadByte's queue may take over a canary's leads before they are judged, in seconds, without `--wait`.
CANARY_WAIT: Final = 60.0


class Halt(NamedTuple):
    """Why rows were left unsent: in words, and as a kind; "" when none were."""

    reason: str = ""
    kind: str = ""


def carry_out(launch: Launch, only: Collection[int] | None = None) -> Summary:
    """Execute the plan and report it; a dry run has nothing to execute. `only`: send no other rows than these."""
    with logged(launch) as launch:
        return _carry_out(launch, only)


def _carry_out(launch: Launch, only: Collection[int] | None) -> Summary:
    journal, run, world = launch.journal, launch.run, launch.world
    about = run.about
    halt, sent, seconds = Halt(), 0, 0.0
    counts = about.get("outcomes") or journal.counts(run.run_id)
    planned = counts.get("planned", 0)
    launch.log.note(
        Event.PLAN_READY, f"{about['rows']} rows planned for campaign {reference(run)}", rows=about["rows"],
        planned=planned if only is None else len(only), seconds=round(world.monotonic() - launch.began, 3),
    )  # fmt: skip
    if too_many := too_many_invalid(counts, about):
        halt = Halt(too_many, StopKind.INVALID)
    elif planned:
        # Should this launch be killed, nobody may take the words of the one before for its own.
        journal.amend(run.run_id, {"stop_kind": ""})
        journal.note(run.run_id, state=SENDING)
        before = world.monotonic()
        halt = _send(launch) if only is None else _again(launch, only)
        seconds = world.monotonic() - before
        sent = planned - launch.planned()
        if about["wait"] and halt.kind not in (StopKind.INTERRUPTED, StopKind.CANARY):
            ask_queue(launch, about["wait"])
    with _kept_although_sent(run):
        return _report(launch, halt, sent / seconds if seconds else 0.0)


def _report(launch: Launch, halt: Halt, rate: float) -> Summary:
    journal, run, world = launch.journal, launch.run, launch.world
    left = launch.planned()
    journal.amend(run.run_id, {"stop_kind": halt.kind if left else ""})
    journal.note(
        run.run_id,
        state=SENDING if left else FINISHED,
        stopped=halt.reason if left else "",
        finished_at=world.now().isoformat(timespec="seconds"),
    )
    return end(launch, rate=rate, interrupted=halt.kind == StopKind.INTERRUPTED)


@contextmanager
def _kept_although_sent(run: Run) -> Iterator[None]:
    """What goes wrong while the results are written is no reason to think that nothing was sent."""
    try:
        yield
    except (OSError, ConfigError, JournalError) as error:
        why = error.message if isinstance(error, ImportFailure) else error.strerror or str(error)
        if run.about["dry_run"]:
            raise
        kept = JournalError(
            f"the results of run {run.run_id} cannot be written: {why}",
            f"what was sent is in the journal: make room, then {command(run.about, 'results', run.run_id)}",
        )
        kept.exit_code = 3
        raise kept from None


def _send(launch: Launch) -> Halt:
    """Send the planned rows, a few of them first where that was asked for."""
    about = launch.run.about
    limit, canary = about["limit"], about["canary"]
    if not canary or about.get("canary_done"):
        return _submit(launch, limit)
    # Those of an earlier launch count: it was ended before they could be judged.
    sent = sum(number for _name, number in _canary(launch))
    first = max(canary - sent, 0)
    halt = _submit(launch, first if limit is None else min(first, limit)) if first else Halt("", StopKind.LIMIT)
    if halt.kind != StopKind.LIMIT or (limit is not None and limit <= first) or not launch.planned():
        return halt
    halt = _after_canary(launch)
    if halt.kind != StopKind.INTERRUPTED:
        launch.journal.amend(launch.run.run_id, {"canary_done": True})
    return halt if halt.kind else _submit(launch, None if limit is None else limit - first)


def _again(launch: Launch, only: Collection[int]) -> Halt:
    """Send rows that were sent before; what was left unsent then is still left for the same reason."""
    halt = _submit(launch, None, only)
    launch.journal.afterwards.take_back(launch.run.run_id)
    own = Halt(launch.run.stopped, launch.run.about.get("stop_kind", ""))
    return halt if halt.kind not in ("", StopKind.LIMIT) else own


def _canary(launch: Launch) -> list[tuple[str, int]]:
    """What the rows that were sent so far came to."""
    counts = launch.journal.counts(launch.run.run_id)
    return [(one, counts[one]) for one in ("accepted", "rejected", "failed", "unknown") if counts.get(one)]


def _after_canary(launch: Launch) -> Halt:
    """Show what the first rows came to, and find out whether the others are to be sent."""
    run, world = launch.run, launch.world
    fates, ended = ask_queue(launch, run.about["wait"] or CANARY_WAIT)
    if ended == INTERRUPTED:
        return Halt(INTERRUPTED, StopKind.INTERRUPTED)
    sent = _canary(launch)
    total = sum(number for _name, number in sent)
    good = dict(sent).get("accepted", 0) - fates[Fate.REFUSED]
    words = ", ".join(f"{number} {name}" for name, number in sent)
    queue = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in fates.items() if number)
    said = f"canary: {total} sent: {words}" + (f" (in the queue: {queue})" if queue else "")
    world.tell(said)
    for outcome, code, number, row in launch.journal.common_answers(run.run_id, 3):
        world.tell(f"  {number} {outcome}{'' if code is None else f' {code}'}, first in row {row}")
    if share := run.about["canary_min_accept"]:
        if ended:
            return Halt(f"{said}; LeadByte's queue could not be asked about it: {ended}", StopKind.CANARY)
        number = parse_share(share, "--canary-min-accept")
        well = good * 100 >= number * total if share.strip().endswith("%") else good >= number
        return Halt() if well else Halt(f"{said}; --canary-min-accept {share} asks for more", StopKind.CANARY)
    question = f"{good} of {total} went well. Send the other {launch.planned()}?"
    if world.ask is not None and world.ask(question):
        return Halt()
    return Halt(f"{said}; the others were not asked for", StopKind.CANARY)


def _submit(launch: Launch, limit: int | None, only: Collection[int] | None = None) -> Halt:
    """Send the planned rows, `limit` of them; `only` those with these numbers."""
    journal, run, world = launch.journal, launch.run, launch.world
    about = run.about
    planned = launch.planned() if only is None else len(only)
    window = Window.parse(about["window"]) if about["window"] else None
    total = planned if limit is None else min(limit, planned)
    stop, watched = Stop(), WatchedSending(journal, launch.log, launch.pacer)
    with (
        CountingBar("Sending", total, world.show_progress) as bar,
        signals(stop, world, command(about, "resume", run.run_id)),
    ):
        submission = Submission(
            run_id=run.run_id,
            post=lambda lead, on_sent: launch.service.post(reference(run), lead, on_sent),
            journal=watched,
            pacer=launch.pacer,
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
            submission.send_all(watched.seen(rows), limit=limit)
        except JournalError as error:
            raise _lacking(error, journal, run) from None
    if stop.is_set():
        return Halt(stop.reason, stop.kind or "")
    if total < planned:
        return Halt(f"--limit {limit}", StopKind.LIMIT)
    if submission.stopped_suppliers:
        suppliers = ", ".join(submission.stopped_suppliers)
        return Halt(f"LeadByte does not authorise the supplier (sid) {suppliers}", StopKind.SUPPLIER)
    return Halt()


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


def ask_queue(launch: Launch, wait: float | None, *, must: bool = False) -> tuple[Counter[Fate], str]:
    """Ask what became of the queued leads, `wait` seconds long (None: once).

    Returns how many rows there are of each fate, and why the asking ended early ("" when it did not). A key that may
    not ask is told: it is no reason to end a run that has sent its leads, unless it `must`.
    """
    journal, run, world = launch.journal, launch.run, launch.world
    stop, refused = Stop(), ""
    with (
        CountingBar("Asking", None, world.show_progress) as bar,
        signals(stop, world, command(run.about, "reconcile", run.run_id)),
    ):
        try:
            reconcile(
                run.run_id, WatchedQueue(journal.afterwards, launch.log), launch.service.queue,
                asking_with(launch, stop),
                wait=wait, clock=world.monotonic, on_done=bar.count, workers=workers_for(launch.pacer.rate),
            )  # fmt: skip
        except KeyRefused as error:
            if must:
                raise
            refused = error.message
            world.tell(f"the queue was not asked: {error.message}; {error.hint}")
    if stop.is_set():
        world.tell(f"the queue was not asked to the end: {stop.reason}")
    fates = fates_of(journal, run.run_id)
    words = ", ".join(f"{number} {one.replace('_', ' ')}" for one, number in fates.items() if number)
    launch.log.note(Event.QUEUE_ASKED, f"the queue says: {words or 'nothing'}", fates=fates)
    return fates, refused or stop.reason


def asking_with(launch: Launch, stop: Stop) -> Asking:
    """How LeadByte is asked about a run's leads: at the rate of its launch."""
    return Asking(pacer=launch.pacer, stop=stop, now=launch.world.now, retry_after=retry_after_seconds)


@contextmanager
def signals(stop: Stop, world: World, go_on: str) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal finish what is in flight; a second one leaves at once, still safe."""
    world.watch(stop)
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
        with suppress(OSError):  # it may be the terminal that has gone
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
