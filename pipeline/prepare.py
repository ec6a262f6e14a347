"""The first half of a run: load, map, validate, and the plan into the journal. Nothing is sent here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.damage import damage_lines, refuse
from pipeline.errors import InputError
from pipeline.files import private_folder
from pipeline.files_of_run import ISSUES, RESULTS
from pipeline.issues import issues_file
from pipeline.journal import SENDING, Journal, Run
from pipeline.journal.offered import Offering
from pipeline.load import ReadOptions, Source, open_list
from pipeline.load.origin import Local, lasting, local_copy, shown
from pipeline.mapping import Links
from pipeline.mending import REST, WORKBOOK
from pipeline.model import Campaign, Outcome
from pipeline.people import Before, People, apart, secret_of
from pipeline.plan import Plan
from pipeline.planning import Planner, unknown_types
from pipeline.progress import ReadingBars
from pipeline.report import Collector
from pipeline.results import ResultsFile, results_file, unsent_answers
from pipeline.suppression import Suppression, suppression_of, used
from pipeline.to_mend import Gathering, links_of, sent_rows
from pipeline.world import Order, World


def about_run(
    order: Order, local: Local, source: Source, mapping_text: str, campaign: Campaign, address: str
) -> dict[str, Any]:
    """What the journal keeps of a run, so that it can be gone on with; never the key."""
    asked = asdict(order)
    for one in ("file", "mapping", "campaign", "output"):
        del asked[one]
    return asked | {
        "file": order.called or shown(order.file),
        "path": lasting(order.file),
        "sha256": source.sha256,
        "sheet": source.sheet,
        "list": source.list_token,
        "to_be_mended": source.is_to_be_mended,
        "headers": list(source.headers),
        "reading": source.reading(),
        "decisions": [*local.decisions, *source.decisions()],
        "mapping": str(order.mapping),
        "mapping_path": str(order.mapping.resolve()),
        "mapping_text": mapping_text,
        "suppress_paths": [str(Path(one).resolve()) for one in order.suppress],
        "campaign": asdict(campaign),
        "asked_campaign": order.campaign,
        "address": address,
        "output": str(order.output),
    }


def plan_list(journal: Journal, run: Run, source: Source, links: Links, world: World) -> None:
    """The whole file is planned before the first lead is sent."""
    source, said = _as_offered(journal, run, source)
    offering = Offering()
    rows, blank, outcomes, collector = 0, 0, Counter[str](), Collector(links, source.headers)
    suppression = suppression_of(journal, run, [link.field for link in links.links])
    with (
        _keeping(journal, run) as keep,
        planner_for(journal, run, links, world.now(), suppression) as planner,
        ReadingBars(source.size, source.unit, world.show_progress) as bars,
        Gathering(run, links, sent_rows(journal, run)) as to_mend,
    ):
        for plan in planner.plans(source.chunks()):
            keep(plan)
            collector.add(plan)
            to_mend.add(plan)
            offering.add(plan.numbers()[plan.outcomes == Outcome.INVALID.value])
            found = plan.counts()
            outcomes += found
            rows += len(plan.outcomes)
            blank += plan.chunk.blank
            bars.advance(plan.chunk.position, len(plan.outcomes), found[Outcome.INVALID])
        damage, orders = planner.findings(), planner.date_orders()
        if not run.about["dry_run"]:
            refuse(damage)
    if not run.about["dry_run"]:
        # The summary says so too; a person at a terminal may want to stop before anything is sent.
        for line in damage_lines(damage) if world.show_progress else ():
            world.tell(line)
    about = {
        "rows": rows,
        "blank_rows": blank,
        "decisions": list(dict.fromkeys([*run.about["decisions"], *said])),
        "notes": [*orders, *unknown_types(links), *planner.in_all()],
        "issues": collector.commonest(),
        "damage": [asdict(one) for one in damage],
        "to_mend": asdict(to_mend.written()),
        "suppression": used(suppression) if suppression else [],
    }
    of_dry_run = {"outcomes": outcomes, "offered": offering.offered().as_json()}
    journal.amend(run.run_id, about | (of_dry_run if run.about["dry_run"] else {}))
    journal.quality.keep(run.run_id, run.about["vendor"], collector.profile().as_json())
    journal.note(run.run_id, state=SENDING)


def _as_offered(journal: Journal, run: Run, source: Source) -> tuple[Source, list[str]]:
    """Rows to mend, that no other may get between; and what is to be said where nobody knows which were offered."""
    if not source.is_to_be_mended:
        return source, []
    offered = journal.lineage.offered(run.run_id, run.about)
    if offered is None:
        return source, ["no run of that list is known in this output folder: the row numbers are taken as they are"]
    return source.with_rows_of(offered.has), []


def planner_for(journal: Journal, run: Run, links: Links, now: datetime, suppression: Suppression | None) -> Planner:
    """What plans a run's list, as the run's flags have it."""
    about = run.about
    return Planner(
        links,
        dry_run=about["dry_run"],
        folder=Path(about["output"]),
        before=sent_before(journal, run, links, now),
        sent_rows=sent_rows(journal, run),
        suppressed=suppression.find if suppression else None,
        now=now,
        strict=about["strict"],
    )


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


def leave_out_sent(journal: Journal, run: Run, now: datetime, *, posted: Collection[int] = ()) -> int:
    """Planned rows that another run has sent since this one was planned, or whose person, become duplicates.

    Only what waited needs this: a new plan has just looked (`sent_before`). `posted`: rows that went as they are
    before, and are offered again; a rejected one of them keeps what LeadByte said. How many did.
    """
    if run.about["allow_resubmit"]:
        return 0
    kept = 0

    def leave_out(sent: Mapping[int, str]) -> None:
        nonlocal kept
        as_before = journal.afterwards.keep_rejected(run.run_id, sent.keys() & set(posted)) if posted else set[int]()
        kept += len(as_before)
        journal.leave_out(run.run_id, ((row, words) for row, words in sent.items() if row not in as_before))

    since, listed = _since(run, now), sent_rows(journal, run)
    for batch in journal.people(run.run_id):
        if listed:
            leave_out(listed([row for row, _people in batch]))
        each = {row: apart(people) for row, people in batch}
        known = journal.ledger.sent([one for people in each.values() for one in people], since, but=run.run_id)
        there = ((row, next((known[one] for one in people if one in known), None)) for row, people in each.items())
        leave_out({row: sent.words() for row, sent in there if sent})
    return kept


def _since(run: Run, now: datetime) -> str:
    """From when on what was sent counts; "" for ever."""
    days = run.about["ledger_days"]
    return (now - timedelta(days=days)).isoformat(timespec="milliseconds") if days is not None else ""


@contextmanager
def _keeping(journal: Journal, run: Run) -> Iterator[Callable[[Plan], None]]:
    """Where the plan goes: what is wrong with rows into issues.csv, the rows into the journal, to be sent; those of a
    dry run are its result (docs/adr/0007).
    """
    about = run.about
    folder = private_folder(Path(about["output"]) / run.run_id)
    try:
        with ExitStack() as files:
            issues = files.enter_context(issues_file(folder / ISSUES, show_data=about["show_data"]))
            keep: Callable[[Plan], None] = partial(_keep_rows, journal, run.run_id)
            if about["dry_run"]:
                keep = partial(_keep_results, files.enter_context(results_file(folder / RESULTS, about["headers"])))

            def keep_both(plan: Plan) -> None:
                keep(plan)
                issues.add(plan)

            yield keep_both
    except BaseException:
        for name in (RESULTS, ISSUES, WORKBOOK, REST):
            (folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # the folder of a run that is planned again may have other files
            folder.rmdir()
        raise


def _keep_rows(journal: Journal, run_id: str, plan: Plan) -> None:
    journal.plan(run_id, plan.rows(), plan.issues())


def _keep_results(results: ResultsFile, plan: Plan) -> None:
    results.add(unsent_answers(plan.numbers(), plan.outcomes, plan.errors), plan.cells())
