"""Purge: runs whose time is over lose their personal data, and keep what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.advice import command, resume_command
from pipeline.errors import RunError
from pipeline.journal import PLANNING, Journal, Run
from pipeline.journal.retention import Open
from pipeline.locks import opened_journal
from pipeline.retention.beside import COPY, copies
from pipeline.retention.filed import check_filed, purge_filed
from pipeline.retention.outcomes import KeptRun, Purged, PurgedRun
from pipeline.retention.run_files import others_in, personal_in
from pipeline.retention.work import Work, carry_out
from pipeline.world import World


def purge(
    output: Path,
    world: World,
    *,
    older_than: float,
    abandon: Sequence[str] = (),
    files: Sequence[Path] = (),
    dry_run: bool = False,
) -> Purged:
    """Take the personal data of every run that ended more than `older_than` seconds ago, and of old filed lists.

    A run with rows that are unsent or unknown is kept, unless it is one of those to `abandon`. Cut off at any moment,
    the next purge finishes it. Raises RunError where a run to abandon is none, ConfigError before anything is done
    where one of `files` has more than filed lists, ConfigError or JournalError where something cannot be removed.
    """
    now = world.now()
    before = now - timedelta(seconds=older_than)
    for one in files:  # all of them before anything is done: what is purged does not come back
        check_filed(one, output, Path.cwd(), Path.home())
    missing = tuple(str(one) for one in files if not one.exists())
    with opened_journal(output, now, must_exist=True) as journal:
        due, kept = _sorted(journal, output, before, abandon)
        if dry_run:
            done = {one.run_id: _to_go(one, output) for one in due}
        else:
            done = carry_out(journal, output, now)  # what another one has left
            for run in due:
                _begin(journal, run, now)
            done |= carry_out(journal, output, now)
        runs = tuple(_purged(journal.run(run_id), names, output) for run_id, names in sorted(done.items()))
    filed = [
        str(path) for folder in files if folder.exists() for path in purge_filed(folder, before, dry_run=dry_run)
    ]
    return Purged(before.isoformat(timespec="seconds"), dry_run, runs, tuple(kept), tuple(filed), missing)


def _to_go(run: Run, output: Path) -> list[str]:
    """The files of a run that would go or be written anew."""
    return [*personal_in(output / run.run_id), *map(COPY.format, copies(run))]


def _sorted(
    journal: Journal, output: Path, before: datetime, abandon: Sequence[str]
) -> tuple[list[Run], list[KeptRun]]:
    """The runs to purge, and those that are old enough and cannot be."""
    given_up = {journal.run(run_id).run_id for run_id in abandon}
    due, kept = list[Run](), list[KeptRun]()
    for run_id in journal.retention.overdue(before.isoformat(timespec="seconds")):
        run = journal.run(run_id)
        left = journal.retention.open_rows(run_id)
        whole = run.state != PLANNING or run.about["dry_run"]  # nobody can go on with a dry run
        if run_id in given_up or (whole and not any(left)):
            due.append(run)
        else:
            kept.append(_kept(run, output, left))
    if young := given_up - {one.run_id for one in due}:
        raise RunError(
            f"run {min(young)} is not older than that, or was purged already", "name runs that this purge keeps"
        )
    return due, kept


def _kept(run: Run, output: Path, left: Open) -> KeptRun:
    about = run.about | {"output": str(output)}  # as it is named now
    if run.state == PLANNING:
        return KeptRun(run.run_id, "its plan was cut off", command(about, "resume", run.run_id))
    waiting = f"{left.waiting:,} not sent" if left.waiting else ""
    unknown = f"{left.unknown:,} unknown" if left.unknown else ""
    return KeptRun(
        run.run_id,
        f"{' and '.join(filter(None, (waiting, unknown)))} of {run.about['rows']:,} rows",
        resume_command(run.run_id, about, run.stopped) if left.waiting else command(about, "resolve", run.run_id),
    )


def _begin(journal: Journal, run: Run, now: datetime) -> None:
    """From here on the run is purged: nothing of it can be sent or searched for."""
    journal.settle_interrupted(run.run_id)
    journal.afterwards.take_back(run.run_id)
    about = {
        "purged_at": now.isoformat(timespec="seconds"),
        "retention": Work(purge=True).as_json(),
        "to_mend": {},
    }
    journal.amend(run.run_id, about)


def _purged(run: Run, files: Sequence[str], output: Path) -> PurgedRun:
    others = [str(one) for one in others_in(output / run.run_id)]
    return PurgedRun(
        run.run_id, run.finished_at or run.started_at, run.about.get("rows", 0), tuple(files), tuple(others)
    )
