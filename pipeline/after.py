"""What a person does with a run afterwards: retry, resolve, reconcile, and its results written again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.advice import command
from pipeline.closing import report_run
from pipeline.deliver import ask_queue, asking_with, carry_out, signals
from pipeline.errors import InputError, RunError
from pipeline.journal import PLANNING, Journal, Run
from pipeline.launch import Launch, end, logged
from pipeline.load import ReadOptions, open_list
from pipeline.load.origin import local_copy, shown
from pipeline.locks import opened_journal
from pipeline.log import Event
from pipeline.model import JournalRow, Outcome, PlannedRow
from pipeline.people import Before
from pipeline.planning import Planner
from pipeline.prepare import leave_out_sent, sent_before
from pipeline.progress import CountingBar
from pipeline.report import Summary
from pipeline.report.verdict import number_of
from pipeline.resolve import may_resend, resolve
from pipeline.review import profile_of
from pipeline.run import check_not_purged, check_unchanged, going_on, sending_flags
from pipeline.stopping import INTERRUPTED, Stop
from pipeline.suppression import leave_out_suppressed
from pipeline.to_mend import links_of
from pipeline.watching import WatchedSearch
from pipeline.world import Service, World


def retry_run(
    run_id: str,
    output: Path,
    service: Service,
    world: World,
    *,
    codes: Sequence[int] = (),
    corrected: str = "",
    as_planned: bool = False,
    **flags: Any,
) -> Summary:
    """Send a run's failed rows again, and with `codes` the rows that LeadByte rejected with one of them.

    With `corrected` (the list again, mended in those rows alone) they are read and validated anew; what is still
    invalid stays as it is. `flags` (rate, window, ...) outrank the run's own. Raises RunError when there is no such
    row, InputError when the list is another.
    """
    began = world.monotonic()
    with going_on(run_id, output, service, world, sending_flags(flags)) as (journal, run):
        check_not_purged(run)
        _check_planned(run)
        if not (as_planned or corrected):
            check_unchanged(run)
        chosen = [row.row for row in _chosen(journal, run, codes)]
        if not chosen:
            named = f" or rejected with {', '.join(map(str, codes))}" if codes else ""
            waiting = journal.counts(run_id).get("planned", 0)
            raise RunError(
                f"no row of run {run_id} is failed{named}",
                f"{waiting} rows wait to be sent: {command(run.about, 'resume', run_id)}"
                if waiting
                else "results.csv has the outcome and the code of every row",
            )
        mended = _corrected(journal, run, corrected, set(chosen), world) if corrected else {}
        again = {row for row in chosen if not corrected or row in mended}
        for row in sorted(again):
            journal.afterwards.offer_again(run_id, row, mended.get(row))
        leave_out_suppressed(journal, run)
        if kept := leave_out_sent(journal, run, world.now(), posted=again - mended.keys()):
            world.tell(f"{number_of(kept)} that LeadByte rejected went with another run since: not sent again")
        launch = Launch.of(journal, journal.run(run_id), service, world, began, command="retry")
        return carry_out(launch, only=again)


def resolve_run(
    run_id: str,
    output: Path,
    service: Service,
    world: World,
    *,
    resend: bool = False,
    gap: float = 900.0,
    sure: bool = False,
    rate: str = "",
) -> Summary:
    """Search for a run's unknown rows; with `resend` send those again that were missed twice, `gap` seconds apart.

    `sure`: without asking. Raises KeyRefused when the key may not search.
    """
    began = world.monotonic()
    with going_on(run_id, output, service, world, {"limit": None}, sends=resend) as (journal, run):
        check_not_purged(run)
        _check_planned(run)
        with logged(Launch.of(journal, run, service, world, began, rate, "resolve")) as launch:
            return _resolve(launch, gap, resend=resend, sure=sure)


def _resolve(launch: Launch, gap: float, *, resend: bool, sure: bool) -> Summary:
    journal, run, world, run_id = launch.journal, launch.run, launch.world, launch.run.run_id
    stop, search = Stop(), partial(launch.service.search, run.about["campaign"]["id"])
    with (
        CountingBar("Searching", None, world.show_progress) as bar,
        signals(stop, world, command(run.about, "resolve", run_id)),
    ):
        found = resolve(
            run_id, WatchedSearch(journal.afterwards, launch.log), search, asking_with(launch, stop),
            gap=gap if resend else None, on_done=bar.count,
        )  # fmt: skip
    words = ", ".join(f"{number} {one.replace('_', ' ')}" for one, number in found.items())
    launch.log.note(Event.SEARCH_FINISHED, f"the search: {words or 'no unknown row'}", found=found)
    if stop.is_set():
        world.tell(f"the search was not done to the end: {stop.reason}")
    again = {row.row for row in journal.afterwards.unknowns(run_id) if may_resend(row, gap)} if resend else set()
    if again and not stop.is_set() and _accepts_the_risk(len(again), world, sure):
        for row in sorted(again):
            journal.afterwards.offer_again(run_id, row)
        leave_out_suppressed(journal, run)
        leave_out_sent(journal, run, world.now())
        return carry_out(replace(launch, run=journal.run(run_id)), only=again)
    return end(launch, interrupted=stop.reason == INTERRUPTED)


def reconcile_run(
    run_id: str, output: Path, service: Service, world: World, *, wait: float | None = None, rate: str = ""
) -> Summary:
    """Ask LeadByte's queue what became of a run's accepted leads; for `wait` seconds, or once.

    Raises KeyRefused when the key may not read the queue.
    """
    began = world.monotonic()
    with going_on(run_id, output, service, world, {}, sends=False) as (journal, run):
        _check_planned(run)
        with logged(Launch.of(journal, run, service, world, began, rate, "reconcile")) as launch:
            _fates, ended = ask_queue(launch, wait, must=True)
            return end(launch, interrupted=ended == INTERRUPTED)


def rewrite_results(
    run_id: str,
    output: Path,
    world: World,
    *,
    vendor: str = "",
    show_data: bool | None = None,
    vendor_note: bool = False,
) -> Summary:
    """Write a run's files again, from the journal alone; of a dry run all that is not made of its rows.

    `vendor` says afterwards whose list it was, `show_data` whether cells are shown in full (None: as before), and
    with `vendor_note` the note is written as well. Raises RunError for a dry run of which nothing is known but its
    counts, and what went wrong with any file.
    """
    began = world.monotonic()
    with opened_journal(output, world.now(), must_exist=True, held=world.journal) as journal:
        run = journal.run(run_id)
        _check_planned(run)
        if run.about["dry_run"] and profile_of(journal, run) is None:
            raise RunError(
                f"run {run_id} was a dry run of another version: its rows are not kept in the journal",
                "its results.csv stays as it was written; `leadbyte-import check` makes a new one",
            )
        changes: dict[str, Any] = {"output": str(output)}
        if vendor.strip():
            changes["vendor"] = vendor.strip()
            journal.quality.name(run_id, vendor.strip())
        if show_data is not None:
            changes["show_data"] = show_data
        if vendor_note:
            changes["vendor_note"] = True
        journal.amend(run_id, changes)
        journal.settle_interrupted(run_id)
        seconds = world.monotonic() - began
        return report_run(journal, journal.run(run_id), seconds, rate=0.0, must=True)


def _check_planned(run: Run) -> None:
    if run.state == PLANNING:
        check_not_purged(run)
        raise RunError(
            f"run {run.run_id} was cut off before its plan was whole", command(run.about, "resume", run.run_id)
        )


def _chosen(journal: Journal, run: Run, codes: Sequence[int]) -> Iterator[JournalRow]:
    yield from journal.afterwards.answered(run.run_id, Outcome.FAILED)
    if codes:
        yield from journal.afterwards.answered(run.run_id, Outcome.REJECTED, tuple(codes))


def _corrected(journal: Journal, run: Run, where: str, chosen: set[int], world: World) -> dict[int, PlannedRow]:
    """The chosen rows as the corrected list has them, those of them that are fit to be sent.

    Every other row must be as it was: a list that was sorted or cut would put one person's data into another's row.
    """
    about, named, mended = run.about, shown(where), dict[int, PlannedRow]()
    with local_copy(where, Path(about["output"])) as local:
        source = open_list(local.path, ReadOptions(**about["read"]), local.name)
        if source.is_to_be_mended and not about.get("to_be_mended"):
            raise InputError(
                f"{named} has some rows of a list, and is a list of its own",
                command(about, "run", named, "--mapping", about["mapping"]),
            )
        if list(source.headers) != about["headers"]:
            raise InputError(
                f"{named} has other columns than the list of run {run.run_id}", "name the corrected list"
            )
        links = links_of(run, source.headers)
        before = sent_before(journal, run, links, world.now())
        # Who was sent by another run is found out afterwards, for the rows that are sent again alone.
        before = Before(before.people) if before else None
        with Planner(
            links,
            dry_run=False,
            folder=Path(about["output"]),
            before=before,
            now=world.now(),
            strict=about["strict"],
        ) as planner:
            known = journal.rows(run.run_id)
            for row in (row for plan in planner.plans(source.chunks()) for row in plan.rows()):
                was = next(known, None)
                if row.row not in chosen or was is None:
                    _check_as_it_was(row, was, named)
                elif row.outcome is None:
                    mended[row.row] = row
                else:
                    world.tell(f"row {row.row} is not sent: {row.outcome}, {row.errors}")
            if next(known, None) is not None:
                raise InputError(f"{named} has fewer rows than the list of run {run.run_id}", "name the whole list")
    return mended


def _check_as_it_was(row: PlannedRow, was: JournalRow | None, named: str) -> None:
    if was is not None and was.row == row.row and was.erased:
        return  # what it was is known no more
    if was is None or was.row != row.row or was.cells != row.cells:
        raise InputError(
            f"row {row.row} of {named} is not as it was, and is not to be sent again",
            "mend the failed and rejected rows alone, in their places; import others as a new list",
        )
    if row.outcome is Outcome.DUPLICATE and was.outcome in (None, Outcome.ACCEPTED, Outcome.UNKNOWN):
        raise InputError(
            f"row {row.row} of {named} is now the same person as a corrected row: {row.errors}",
            "a corrected row must not become the person of another row",
        )


def _accepts_the_risk(rows: int, world: World, sure: bool) -> bool:
    many = "1 row" if rows == 1 else f"{rows} rows"
    world.tell(
        f"{many} may be sent again: no search showed them. That proves nothing: queued and quarantined leads may not "
        "show, and whoever did arrive is then contacted twice."
    )
    return sure or (world.ask is not None and world.ask(f"Send {many} again?"))
