"""`nightly`: the jobs of a jobs file, each night."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import JSON, LOGGING, logs, world

if TYPE_CHECKING:
    from pipeline.nightly.jobs import Jobs
    from pipeline.nightly.model import Night
    from pipeline.nightly.telling import Teller
    from pipeline.world import World


@click.command()
@click.argument("jobs_file", metavar="JOBS", type=click.Path(path_type=Path))
@click.option("--job", "only", multiple=True, metavar="NAME", help="Only this job; can be given several times.")
@click.option("--dry-run", is_flag=True, help="Check what has come in; send nothing, move nothing.")
@click.option("--list", "listing", is_flag=True, help="Show the jobs and what waits in their inboxes.")
@click.option("--test-telling", is_flag=True, help="Send a trial message by each channel under `tell:`.")
@LOGGING
@click.option("--quiet", is_flag=True, help="Print the digest only when somebody must act, and no progress.")
@JSON
def nightly(
    jobs_file: Path,
    only: tuple[str, ...],
    dry_run: bool,
    listing: bool,
    test_telling: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Do the jobs of JOBS, a YAML file (docs/nightly.md).

    First what the last night has left, then the files that have come in: each is imported, and filed under done/ or
    failed/ with its results beside it. Meant to be started every night by a scheduler.
    """
    from pipeline.nightly.checking import read_jobs

    if sum((dry_run, listing, test_telling)) > 1:
        raise click.UsageError("--dry-run, --list and --test-telling exclude each other")
    jobs = read_jobs(jobs_file, only, secrets=not listing)
    if listing:
        _list(jobs, as_json)
        return
    from pipeline.nightly.telling import Teller

    teller = Teller(jobs.tell.channels(jobs.folder))
    if test_telling:
        _try(teller)
        return
    night = _night(jobs, teller, _world(quiet), only, dry_run=dry_run)
    _print(night, as_json, quiet)
    raise click.exceptions.Exit(night.exit_code)


def _try(teller: Teller) -> None:
    lost = teller.trial()
    _say(lost)
    sent = teller.not_lost(lost)
    none = "nothing" if lost else "nothing; there is no channel under tell: in the jobs file"
    click.echo(f"sent: {', '.join(sent) or none}")
    if lost or not sent:
        raise click.exceptions.Exit(2)


def _list(jobs: Jobs, as_json: bool) -> None:
    from pipeline.nightly.listing import as_json as json_of
    from pipeline.nightly.listing import listed, table

    found = listed(jobs)
    click.echo(json.dumps(json_of(found), ensure_ascii=False, indent=2) if as_json else table(found))


def _world(quiet: bool) -> World:
    real = world(quiet)
    silent = quiet or logs().on_stderr
    return replace(real, tell=lambda _words: None) if silent else real


def _night(jobs: Jobs, teller: Teller, real: World, only: tuple[str, ...], *, dry_run: bool) -> Night:
    """The night, told by the channels; what could not be told is a note of it."""
    from pipeline.nightly.night import night_of, was_told

    lost = list[str]()

    def begun() -> None:
        """A night that another one keeps from its work has not begun: the watch measures the other one."""
        if not dry_run:
            lost.extend(teller.begin())

    try:
        night = night_of(jobs, real, only=only, dry_run=dry_run, begun=begun)
    except Exception as error:
        if not dry_run:
            _say((*lost, *teller.broke(error)))
        raise
    lost += teller.tell(night)
    was_told(jobs, night)
    _say(lost)
    return replace(night, notes=(*night.notes, *lost))


def _print(night: Night, as_json: bool, quiet: bool) -> None:
    from pipeline.nightly import digest

    if as_json:
        text = json.dumps(digest.as_json(night), ensure_ascii=False, indent=2)
    elif quiet and not night.needs_a_person:
        return
    else:
        text = digest.words(night).rstrip("\n")
    try:
        click.echo(text)
    except BrokenPipeError:
        raise  # whoever reads it went away, and is told nothing more
    except OSError:
        pass  # the terminal has gone


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        with suppress(OSError):
            click.echo(line, err=True)
