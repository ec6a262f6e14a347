"""The story of a run, top to bottom: load, map, validate, plan, submit, report. And of going on with one."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from pipeline.advice import command, parse_share, too_many_invalid
from pipeline.closing import RESULTS, reference, report_run, run_log
from pipeline.damage import damage_lines, refuse
from pipeline.errors import ImportFailure, InputError, MappingError, RunError, RunLocked
from pipeline.files import private_folder
from pipeline.journal import FINISHED, PLANNING, SENDING, Journal, Run
from pipeline.leadbyte.answers import judge
from pipeline.leadbyte.client import check_open
from pipeline.load import ReadOptions, Source, open_list
from pipeline.load.origin import Local, lasting, local_copy, shown
from pipeline.mapping import Links, parse_mapping, read_mapping, resolve
from pipeline.model import Campaign, Outcome, Reply, campaign_from
from pipeline.pacing import Pacer, parse_rate
from pipeline.plan import Plan
from pipeline.planning import Planner, unknown_types
from pipeline.progress import ReadingBars, SendingBar
from pipeline.report import Summary, Tally
from pipeline.results import results_file, unsent_answers
from pipeline.submit import INTERRUPTED, Policy, Stop, Submission, workers_for


class Service(Protocol):
    """What a run asks of LeadByte (`pipeline.leadbyte.client.LeadByte` has it)."""

    address: str

    def campaign(self, wanted: str) -> Campaign:
        """The campaign with its fields."""

    def post(self, campaign: str, lead: Any, on_sent: Callable[[], None]) -> Reply:
        """Post one lead, once."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for. `limit` None: all rows; `max_invalid` like `20%` or `500`; `rate` like `5/s`.

    `file` is a path, `-` for standard input, or an address; it may be an archive (docs/reading.md).
    """

    file: str
    mapping: Path
    output: Path
    campaign: str = ""
    dry_run: bool = False
    rate: str = "5/s"
    limit: int | None = None
    max_invalid: str = "20%"
    max_errors: int = 10
    phone_format: str = ""
    allow_resubmit: bool = False
    read: ReadOptions = field(default_factory=ReadOptions)


@dataclass(frozen=True, slots=True)
class World:
    """Time and what a person sees, handed in: an hour of waiting is tested in milliseconds."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    show_progress: bool = False
    tell: Callable[[str], object] = lambda _words: None
    catch_signals: bool = False


def import_list(order: Order, service: Service, world: World) -> Summary:
    """Import a list (or, `order.dry_run`, say what importing it would come to).

    Raises an ImportFailure before anything is sent when the file, the mapping, the campaign or the output is not
    right. After that every row ends in an outcome, and the summary says which.
    """
    began = world.monotonic()
    parse_rate(order.rate)
    parse_share(order.max_invalid)
    mapping, mapping_text = read_mapping(order.mapping)
    with ExitStack() as copy:
        local = copy.enter_context(local_copy(order.file, order.output))
        source = open_list(local.path, order.read, local.name)
        wanted = order.campaign or mapping.campaign
        if not wanted:
            raise MappingError(
                f"{order.mapping} names no campaign", "add `campaign: REFERENCE` there, or use --campaign"
            )
        campaign = service.campaign(wanted)
        check_open(campaign)
        links = resolve(mapping, source.headers, campaign, order.phone_format)
        started = world.now()
        with opened_journal(order.output) as journal:
            run_id = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
            about = _about(order, local, source, mapping_text, campaign, service.address)
            about["decisions"] += _check_first_time(journal, about, order)
            journal.begin(run_id, started.isoformat(timespec="seconds"), about)
            try:
                _plan(journal, journal.run(run_id), source, links, world)
            except (ImportFailure, KeyboardInterrupt):
                journal.drop(run_id)  # nothing was sent, nobody was told the run's id: there is nothing to go on with
                raise
            copy.close()  # what is sent is in the journal
            return _carry_out(journal, journal.run(run_id), service, world, began)


def _check_first_time(journal: Journal, about: dict[str, Any], order: Order) -> list[str]:
    """A list that went to this campaign before is not sent again unless asked for; a dry run only says so."""
    earlier = journal.earlier(about["sha256"], about["address"], about["campaign"]["reference"])
    if earlier is None or order.allow_resubmit:
        return []
    run_id, unfinished = earlier
    words = f"this list was sent to campaign {about['campaign']['reference']} before, by run {run_id}"
    if order.dry_run:
        return [f"{words}: `run` would refuse it"]
    go_on = (
        f"go on with that run: {command(about, 'resume', run_id)}" if unfinished else "its results.csv has the rows"
    )
    raise RunError(words, f"{go_on}; to send every row again in earnest, add --allow-resubmit")


def resume_run(
    run_id: str, output: Path, service: Service, world: World, rate: str = "", max_invalid: str = ""
) -> Summary:
    """Go on with a run after anything: an interrupt, a kill, a stop. Sends what is `not_sent`, and only that.

    `rate` and `max_invalid` outrank the run's own. Raises RunError when it is no run to go on with.
    """
    began = world.monotonic()
    with opened_journal(output, must_exist=True) as journal:
        run = journal.run(run_id)
        if run.about["address"] != service.address:
            raise RunError(
                f"run {run_id} was sent to {run.about['address']}, and now {service.address} is configured",
                "set LEADBYTE_ACCOUNT or LEADBYTE_BASE_URL to the account of that run",
            )
        if run.about["dry_run"]:
            raise RunError(
                f"run {run_id} was a dry run: there is nothing to resume", "start one with `leadbyte-import run`"
            )
        check_open(service.campaign(run.about["campaign"]["reference"]))
        # The folder as it is named now: a relative one was named from another place.
        changes = {"rate": rate, "max_invalid": max_invalid, "limit": None, "output": str(output)}
        journal.amend(run_id, {name: value for name, value in changes.items() if value != ""})
        if run.state == PLANNING:
            _plan_again(journal, run, world)
        journal.settle_interrupted(run_id)
        return _carry_out(journal, journal.run(run_id), service, world, began)


def rewrite_results(run_id: str, output: Path, world: World) -> Summary:
    """Write a run's results.csv and summary.json again, from the journal alone."""
    began = world.monotonic()
    with opened_journal(output, must_exist=True) as journal:
        run = journal.run(run_id)
        if run.state == PLANNING:
            raise RunError(f"run {run_id} was cut off before its plan was whole", f"leadbyte-import resume {run_id}")
        if run.about["dry_run"]:
            raise RunError(
                f"run {run_id} was a dry run: its rows are not kept in the journal",
                "its results.csv stays as it was written; `leadbyte-import check` makes a new one",
            )
        journal.amend(run_id, {"output": str(output)})
        journal.settle_interrupted(run_id)
        return report_run(journal, journal.run(run_id), seconds=world.monotonic() - began, rate=0.0)


# ---------------------------------------------------------------------- the journal and its lock


@contextmanager
def opened_journal(output: Path, *, must_exist: bool = False) -> Iterator[Journal]:
    """The journal of an output folder, for this process alone. Raises RunLocked when another has it."""
    path = output / "journal.sqlite3"
    if must_exist and not path.exists():
        raise RunError(f"there is no journal in {output}", "name the folder of the run with --output DIR")
    private_folder(output)
    lock = FileLock(output / "journal.lock", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise RunLocked(
            f"another run is using {output}",
            "wait until it has ended, or use another folder with --output DIR",
        ) from None
    try:
        journal = Journal(path)
        try:
            yield journal
        finally:
            journal.close()
    finally:
        lock.release()


def _about(
    order: Order, local: Local, source: Source, mapping_text: str, campaign: Campaign, address: str
) -> dict[str, Any]:
    return {
        "file": shown(order.file),
        "path": lasting(order.file),
        "sha256": source.sha256,
        "read": asdict(order.read),
        "headers": list(source.headers),
        "decisions": [*local.decisions, *source.decisions()],
        "mapping": str(order.mapping),
        "mapping_text": mapping_text,
        "campaign": asdict(campaign),
        "asked_campaign": order.campaign,
        "address": address,
        "output": str(order.output),
        "dry_run": order.dry_run,
        "rate": order.rate,
        "limit": order.limit,
        "max_invalid": order.max_invalid,
        "max_errors": order.max_errors,
        "phone_format": order.phone_format,
    }


# ---------------------------------------------------------------------- load, map, validate, plan


def _plan(journal: Journal, run: Run, source: Source, links: Links, world: World) -> None:
    """The whole file is planned before the first lead is sent."""
    rows, blank, outcomes, tally = 0, 0, Counter[str](), Tally()
    with (
        _keeping(journal, run) as keep,
        Planner(links, dry_run=run.about["dry_run"], folder=Path(run.about["output"])) as planner,
        ReadingBars(source.size, source.unit, world.show_progress) as bars,
    ):
        for plan in planner.plans(source.chunks()):
            keep(plan)
            plan.count_faults(tally)
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
        "issues": tally.commonest(),
        "damage": [asdict(one) for one in damage],
    }
    journal.amend(run.run_id, about | ({"outcomes": outcomes} if run.about["dry_run"] else {}))
    journal.note(run.run_id, state=SENDING)


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


def _plan_again(journal: Journal, run: Run, world: World) -> None:
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
                "start a new run with `leadbyte-import run`",
            )
        mapping = parse_mapping(about["mapping_text"], about["mapping"])
        links = resolve(mapping, source.headers, campaign_from(about["campaign"]), about["phone_format"])
        journal.forget_plan(run.run_id)
        _plan(journal, run, source, links, world)


# ---------------------------------------------------------------------- submit


def _carry_out(journal: Journal, run: Run, service: Service, world: World, began: float) -> Summary:
    """Execute the plan and report it; a dry run has nothing to execute."""
    with run_log(Path(run.about["output"]) / run.run_id) as log:
        log.info("run %s: %s rows planned for campaign %s", run.run_id, run.about["rows"], reference(run))
        stopped, sent, seconds = "", 0, 0.0
        counts = run.about.get("outcomes") or journal.counts(run.run_id)
        too_many = too_many_invalid(counts, run.about)
        if too_many:
            stopped = too_many
        elif counts.get("planned", 0):
            before = world.monotonic()
            stopped = _submit(journal, run, service, world, counts["planned"])
            seconds = world.monotonic() - before
            sent = counts["planned"] - journal.counts(run.run_id).get("planned", 0)
        left = journal.counts(run.run_id).get("planned", 0)
        journal.note(
            run.run_id,
            state=SENDING if left else FINISHED,
            stopped=stopped if left else "",
            finished_at=world.now().isoformat(timespec="seconds"),
        )
        summary = report_run(
            journal, journal.run(run.run_id), world.monotonic() - began, sent / seconds if seconds else 0.0
        )
        log.info("run %s: %s; exit code %s", run.run_id, summary.outcomes, summary.exit_code)
        if summary.stopped:
            log.warning("run %s stopped early: %s", run.run_id, summary.stopped)
    return summary


def _submit(journal: Journal, run: Run, service: Service, world: World, planned: int) -> str:
    """Send the planned rows; returns why some were left, "" when none were."""
    rate = parse_rate(run.about["rate"])
    limit = run.about["limit"]
    total = planned if limit is None else min(limit, planned)
    stop = Stop()
    with (
        SendingBar(total, world.show_progress) as bar,
        _signals(stop, world, command(run.about, "resume", run.run_id)),
    ):
        submission = Submission(
            run_id=run.run_id,
            post=lambda lead, on_sent: service.post(reference(run), lead, on_sent),
            journal=journal,
            pacer=Pacer(rate, world.monotonic, world.sleep),
            stop=stop,
            now=world.now,
            judge=judge,
            policy=Policy(max_errors=run.about["max_errors"]),
            on_outcome=bar.count,
        )
        submission.send_all(islice(journal.unsent(run.run_id), limit), workers_for(rate))
    if stop.is_set():
        return stop.reason
    if submission.stopped_suppliers:
        return f"LeadByte does not authorise the supplier (sid) {', '.join(submission.stopped_suppliers)}"
    return f"--limit {limit}" if total < planned else ""


@contextmanager
def _signals(stop: Stop, world: World, go_on: str) -> Iterator[None]:
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
