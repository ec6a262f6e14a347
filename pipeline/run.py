"""The story of a run, top to bottom: load, map, validate, plan, submit, report. And of going on with one."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.advice import command, parse_share
from pipeline.config import checked_address
from pipeline.deliver import carry_out
from pipeline.drift import Drift, drift_of
from pipeline.errors import ConfigError, ImportFailure, MappingError, RunError, SentBefore
from pipeline.hours import DailyLimit, Window, parse_on_cap
from pipeline.journal import PLANNING, Journal, Run
from pipeline.launch import Launch
from pipeline.leadbyte.client import check_open
from pipeline.load import Source, open_list
from pipeline.load.files import sha256_of
from pipeline.load.origin import local_copy, shown
from pipeline.locks import opened_journal, sending_alone
from pipeline.mapping import Links, Mapping, read_mapping, resolve
from pipeline.model import Campaign
from pipeline.pacing import parse_rate
from pipeline.prepare import about_run, leave_out_sent, plan_again, plan_list
from pipeline.progress import CopyingBar
from pipeline.report import Summary
from pipeline.suppression import leave_out_suppressed
from pipeline.world import LATER_FLAGS, Order, Service, World


def import_list(order: Order, service: Service, world: World) -> Summary:
    """Import a list (or, `order.dry_run`, say what importing it would come to).

    Raises an ImportFailure before anything is sent when the file, the mapping, the campaign or the output is not
    right. After that every row ends in an outcome, and the summary says which.
    """
    began = world.monotonic()
    _check_flags(order, world)
    mapping, text = read_mapping(order.mapping)
    with ExitStack() as held, ExitStack() as copy:
        with CopyingBar(world.show_progress) as bar:
            local = copy.enter_context(local_copy(order.file, order.output, bar.advance))
        source = open_list(local.path, order.read, local.name)
        wanted = order.campaign or mapping.campaign
        if not wanted:
            raise MappingError(
                f"{order.mapping} names no campaign", "add `campaign: REFERENCE` there, or use --campaign"
            )
        campaign = service.campaign(wanted)
        check_open(campaign)
        drift = drift_of(order.mapping, campaign, source.headers)
        links = _fitted(mapping, source, campaign, order, drift)
        started = world.now()
        journal = held.enter_context(opened_journal(order.output, started, held=world.journal))
        if not order.dry_run:
            held.enter_context(sending_alone(service.address, campaign.reference, started))
        run_id = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        about = about_run(order, local, source, text, campaign, service.address)
        about["decisions"] += [*_drifted(about, order, drift), *_check_first_time(journal, about, order)]
        journal.begin(run_id, started.isoformat(timespec="seconds"), about)
        try:
            plan_list(journal, journal.run(run_id), source, links, world)
        except (ImportFailure, KeyboardInterrupt):
            journal.drop(run_id)  # nothing was sent, nobody was told the run's id: there is nothing to go on with
            raise
        copy.close()  # what is sent is in the journal
        name = "check" if order.dry_run else "run"
        return carry_out(Launch.of(journal, journal.run(run_id), service, world, began, command=name))


def _check_flags(order: Order, world: World) -> None:
    """Raises ConfigError for what can be seen to be wrong before anything is read."""
    check_flags({name: value for name, value in asdict(order).items() if name != "window" or value})
    if order.canary_min_accept:
        parse_share(order.canary_min_accept, "--canary-min-accept")
    elif order.canary and not order.dry_run and world.ask is None:
        raise ConfigError(
            "--canary asks a person before it sends the rest, and nobody is at a terminal here",
            "say how many of the first rows must be accepted: --canary-min-accept 80%",
        )


def check_flags(flags: dict[str, Any]) -> None:
    """Raises ConfigError for flags about sending that make no sense."""
    checks: dict[str, Callable[[str], object]] = {
        "rate": parse_rate,
        "max_invalid": parse_share,
        "on_cap": parse_on_cap,
        "window": Window.parse,
    }
    for name, check in checks.items():
        if name in flags:
            check(flags[name])
    if flags.get("daily_limit") is not None:
        DailyLimit(flags["daily_limit"], lambda _day: 0)


def _fitted(mapping: Mapping, source: Source, campaign: Campaign, order: Order, drift: Drift) -> Links:
    """The mapping, fitted to list and campaign. Raises Drifted where those are not what it was made for.

    A dry run says so, and goes on as long as the mapping fits. Where it does not fit rows to mend, which have the
    columns of a list that it did fit, most likely somebody has changed those.
    """
    if source.is_to_be_mended:
        try:
            resolve(mapping, source.headers, campaign, order.phone_format)
        except MappingError as error:
            raise MappingError(
                error.message,
                f"take the headers and columns of the rows to mend as they were written in {shown(order.file)}. If "
                f"nobody has changed them, the mapping or the campaign has changed: {error.hint}",
            ) from None
    if not order.dry_run:
        drift.refuse(shown(order.file), order.campaign)
    try:
        return resolve(mapping, source.headers, campaign, order.phone_format)
    except MappingError:
        drift.refuse(shown(order.file), order.campaign)  # that is why
        raise


def _drifted(about: dict[str, Any], order: Order, drift: Drift) -> list[str]:
    """What a run is told of changes since the mapping was made; a dry run of those as well that would stop it."""
    if drift.stops:
        more = f" (and {len(drift.stops) - 1} more)" if len(drift.stops) > 1 else ""
        about["drifted"] = {
            "words": f"{drift.words}: {drift.stops[0]}{more}. `run` would send nothing",
            "cure": drift.cure(shown(order.file), order.campaign),
        }
    since = f"changed since {order.mapping} was made: "
    return [f"{since}{one}" for one in (*drift.stops, *drift.told)]


def _check_first_time(journal: Journal, about: dict[str, Any], order: Order) -> list[str]:
    """A list that went to this campaign before is not sent again unless asked for; a dry run only says so."""
    # A night also knows a list that another of its runs is still to send: nobody would notice that it went twice.
    known = journal.nights.of_list if order.job else journal.earlier
    earlier = known(about["sha256"], about["sheet"], about["address"], about["campaign"]["reference"])
    if earlier is None or order.allow_resubmit:
        return []
    run_id, unfinished = earlier
    words = f"this list was sent to campaign {about['campaign']['reference']} before, by run {run_id}"
    if order.dry_run:
        about["sent_before"] = f"{words}: `run` would refuse it"
        return [about["sent_before"]]
    go_on = (
        f"go on with that run: {command(about, 'resume', run_id)}" if unfinished else "its results.csv has the rows"
    )
    raise SentBefore(words, f"{go_on}; to send every row again in earnest, add --allow-resubmit", run_id)


def resume_run(
    run_id: str, output: Path, service: Service, world: World, *, as_planned: bool = False, **flags: Any
) -> Summary:
    """Go on with a run after anything: an interrupt, a kill, a stop. Sends what is `not_sent`, and only that.

    `flags` (rate, limit, max_invalid, on_cap, window, ...) outrank the run's own; `as_planned`: although the list or
    the mapping has changed since. Raises RunError when it is no run to go on with, ConfigError for a wrong flag.
    """
    began = world.monotonic()
    changes = sending_flags(flags)
    with going_on(run_id, output, service, world, changes) as (journal, run):
        check_not_purged(run)
        if run.state == PLANNING:
            plan_again(journal, run, world)
        elif not as_planned:
            check_unchanged(run)
        leave_out_suppressed(journal, journal.run(run_id))
        leave_out_sent(journal, journal.run(run_id), world.now())
        return carry_out(Launch.of(journal, journal.run(run_id), service, world, began, command="resume"))


@contextmanager
def going_on(
    run_id: str, output: Path, service: Service, world: World, changes: dict[str, Any], *, sends: bool = True
) -> Iterator[tuple[Journal, Run]]:
    """A run that was sent, or is to be, for this process alone; what a kill has left under way is unknown now.

    `changes` to what the run knows of itself. `sends`: nobody else may send to the campaign.
    Raises RunError when it is no run to go on with.
    """
    with ExitStack() as held:
        journal = held.enter_context(opened_journal(output, world.now(), must_exist=True, held=world.journal))
        run = journal.run(run_id)
        about = run.about
        # An older journal may have the address in another spelling.
        if checked_address(about["address"]) != service.address:
            raise RunError(
                f"run {run_id} was sent to {about['address']}, and now {service.address} is configured",
                "set LEADBYTE_ACCOUNT or LEADBYTE_BASE_URL to the account of that run",
            )
        if about["dry_run"]:
            raise RunError(
                f"run {run_id} was a dry run: nothing of it was sent", "start one with `leadbyte-import run`"
            )
        if sends:
            held.enter_context(sending_alone(service.address, about["campaign"]["reference"], world.now()))
            check_open(service.campaign(about["campaign"]["reference"]))
        # The folder as it is named now: a relative one was named from another place.
        known = {name: value for name, value in LATER_FLAGS.items() if name not in about}
        known |= {"output": str(output), "address": service.address}
        # From here on rows may change: who counts them must look at them.
        known |= {"launched_at": world.now().isoformat(timespec="seconds"), "counts": None}
        journal.amend(run_id, known | changes)
        journal.settle_interrupted(run_id)
        journal.afterwards.take_back(run_id)
        yield journal, journal.run(run_id)


def sending_flags(flags: dict[str, Any]) -> dict[str, Any]:
    """What a launch that goes on changes of the run's own flags: "" and None change nothing, the limit is its own.

    The window `any` and the daily limit 0 take the run's own away. Raises ConfigError for a flag that makes no sense.
    """
    changes = {name: value for name, value in flags.items() if value not in ("", None, ())}
    if lists := changes.get("suppress"):
        changes["suppress_paths"] = [str(Path(one).resolve()) for one in lists]
    lifted = {"window": "any", "daily_limit": 0}
    check_flags({name: value for name, value in changes.items() if value != lifted.get(name)})
    no_more = {"window": "", "daily_limit": None}
    return {"limit": None} | {
        name: no_more[name] if name in lifted and value == lifted[name] else value for name, value in changes.items()
    }


def check_not_purged(run: Run) -> None:
    """Raises RunError for a run whose rows have lost their data: none can be sent, or searched for."""
    if at := run.about.get("purged_at"):
        raise RunError(
            f"run {run.run_id} was purged on {at[:10]}: the data of its rows are gone, so none of them can be sent "
            "or searched for",
            "its results.csv still has the outcome and the queueId of each row; to send others import the list again",
        )


def check_unchanged(run: Run) -> None:
    """Raises RunError when the list or the mapping is no longer what the run was planned by.

    What cannot be looked at any more (moved, an address, standard input) is no reason to stop: the plan is whole.
    """
    about = run.about
    changed = []
    if about["path"] and Path(about["path"]).is_file():
        with local_copy(about["path"], Path(about["output"])) as local:
            changed += [about["file"]] if sha256_of(local.path) != about["sha256"] else []
    mapping = Path(about.get("mapping_path", about["mapping"]))
    if mapping.is_file() and mapping.read_text(encoding="utf-8-sig", errors="replace") != about["mapping_text"]:
        changed.append(about["mapping"])
    if changed:
        raise RunError(
            f"{' and '.join(changed)} changed since run {run.run_id} was planned",
            "add --as-planned to go on by the plan as it was made; or start a new run with the list as it is now: "
            "who was accepted by this run will be a duplicate there",
        )
