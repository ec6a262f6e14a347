"""The first half of a run: load, map, validate, and the plan into the journal. Nothing is sent here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.closing import RESULTS
from pipeline.damage import damage_lines, refuse
from pipeline.errors import InputError
from pipeline.files import private_folder
from pipeline.journal import SENDING, Journal, Run
from pipeline.load import ReadOptions, Source, open_list
from pipeline.load.origin import Local, lasting, local_copy, shown
from pipeline.mapping import Links, parse_mapping, resolve
from pipeline.model import Campaign, Outcome, campaign_from
from pipeline.people import Before, People, apart, secret_of
from pipeline.plan import Plan
from pipeline.planning import Planner, unknown_types
from pipeline.progress import ReadingBars
from pipeline.report import Collector
from pipeline.results import results_file, unsent_answers
from pipeline.world import Order, World


def about_run(
    order: Order, local: Local, source: Source, mapping_text: str, campaign: Campaign, address: str
) -> dict[str, Any]:
    """What the journal keeps of a run, so that it can be gone on with; never the key."""
    asked = asdict(order)
    for one in ("file", "mapping", "campaign", "output"):
        del asked[one]
    return asked | {
        "file": shown(order.file),
        "path": lasting(order.file),
        "sha256": source.sha256,
        "headers": list(source.headers),
        "decisions": [*local.decisions, *source.decisions()],
        "mapping": str(order.mapping),
        "mapping_path": str(order.mapping.resolve()),
        "mapping_text": mapping_text,
        "campaign": asdict(campaign),
        "asked_campaign": order.campaign,
        "address": address,
        "output": str(order.output),
    }


def plan_list(journal: Journal, run: Run, source: Source, links: Links, world: World) -> None:
    """The whole file is planned before the first lead is sent."""
    rows, blank, outcomes, collector = 0, 0, Counter[str](), Collector(links, source.headers)
    before = sent_before(journal, run, links, world.now())
    with (
        _keeping(journal, run) as keep,
        Planner(links, dry_run=run.about["dry_run"], folder=Path(run.about["output"]), before=before) as planner,
        ReadingBars(source.size, source.unit, world.show_progress) as bars,
    ):
        for plan in planner.plans(source.chunks()):
            keep(plan)
            collector.add(plan)
            found = plan.counts()
            outcomes += found
            rows += len(plan.outcomes)
            blank += plan.chunk.blank
            bars.advance(plan.chunk.position, len(plan.outcomes), found[Outcome.INVALID])
        damage = planner.findings()
    if not run.about["dry_run"]:
        refuse(damage)
        # The summary says so too; a person at a terminal may want to stop before anything is sent.
        for line in damage_lines(damage) if world.show_progress else ():
            world.tell(line)
    about = {
        "rows": rows,
        "blank_rows": blank,
        "notes": list(unknown_types(links)),
        "issues": collector.commonest(),
        "damage": [asdict(one) for one in damage],
    }
    journal.amend(run.run_id, about | ({"outcomes": outcomes} if run.about["dry_run"] else {}))
    journal.quality.keep(run.run_id, run.about["vendor"], collector.profile().as_json())
    journal.note(run.run_id, state=SENDING)


def plan_again(journal: Journal, run: Run, world: World) -> None:
    """A run cut off while planning is planned anew: nothing of it was sent."""
    about = run.about
    if not about["path"]:
        raise InputError(
            f"run {run.run_id} was cut off before its plan was whole, and where its list came from "
            f"({about['file']}) was not kept",
            "nothing of it was sent: give the list to `leadbyte-import run` again",
        )
    with local_copy(about["path"], Path(about["output"])) as local:
        source = open_list(local.path, ReadOptions(**about["read"]), local.name)
        if source.sha256 != about["sha256"]:
            raise InputError(
                f"{about['file']} has changed since run {run.run_id} began",
                "nothing of it was sent: start a new run with `leadbyte-import run`",
            )
        journal.forget_plan(run.run_id)
        plan_list(journal, run, source, links_of(run, source.headers), world)


def links_of(run: Run, headers: tuple[str, ...]) -> Links:
    """How a list with these headers is mapped in a run: by the mapping and the campaign as they were."""
    about = run.about
    mapping = parse_mapping(about["mapping_text"], about["mapping"])
    return resolve(mapping, headers, campaign_from(about["campaign"]), about["phone_format"])


def sent_before(journal: Journal, run: Run, links: Links, now: datetime) -> Before | None:
    """Who was sent by an earlier run; None where it need not be known (a dry run, and nobody was)."""
    about, nobody = run.about, journal.ledger.is_empty()
    if not links.dedupe or (about["dry_run"] and (nobody or about["allow_resubmit"])):
        return None
    key = Path(about["output"]) / "ledger.key"
    if about["allow_resubmit"] and not nobody and not key.exists():
        return None  # a new key would make those who are in the ledger strangers
    secret = secret_of(key, new=nobody)
    people = People(secret, (about["address"], about["campaign"]["reference"]), links.dedupe)
    if nobody or about["allow_resubmit"]:
        return Before(people)
    return Before(people, partial(journal.ledger.sent, since=_since(run, now), but=run.run_id))


def leave_out_sent(journal: Journal, run: Run, now: datetime) -> None:
    """Planned rows whose person another run has sent since this one was planned become duplicates.

    Only what waited needs this: a new plan has just looked (`sent_before`).
    """
    if run.about["allow_resubmit"]:
        return
    since = _since(run, now)
    for batch in journal.people(run.run_id):
        each = {row: apart(people) for row, people in batch}
        known = journal.ledger.sent([one for people in each.values() for one in people], since, but=run.run_id)
        there = ((row, next((known[one] for one in people if one in known), None)) for row, people in each.items())
        journal.leave_out(run.run_id, [(row, sent.words()) for row, sent in there if sent])


def _since(run: Run, now: datetime) -> str:
    """From when on what was sent counts; "" for ever."""
    days = run.about["ledger_days"]
    return (now - timedelta(days=days)).isoformat(timespec="milliseconds") if days is not None else ""


@contextmanager
def _keeping(journal: Journal, run: Run) -> Iterator[Callable[[Plan], None]]:
    """Where the plan goes: into the journal, to be sent; that of a dry run is its result (docs/adr/0007)."""
    if not run.about["dry_run"]:
        yield lambda plan: journal.plan(run.run_id, plan.rows(), plan.issues())
        return
    folder = private_folder(Path(run.about["output"]) / run.run_id)
    try:
        with results_file(folder / RESULTS, run.about["headers"]) as file:
            yield lambda plan: file.add(unsent_answers(plan.numbers(), plan.outcomes, plan.errors), plan.cells())
    except BaseException:
        folder.rmdir()
        raise
