"""Commands that take personal data away: `purge` by age, `erase` one person (docs/retention.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import JSON, OUTPUT, seconds_of, world


@click.command()
@click.option("--older-than", required=True, help="Runs that ended longer ago than this: 90d.")
@OUTPUT
@click.option(
    "--abandon",
    multiple=True,
    metavar="RUN",
    help="Purge this run too, although rows of it are unsent or unknown: none of them can be sent or searched for.",
)
@click.option(
    "--files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also remove files that were put into this folder longer ago: lists that were imported and filed away.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@JSON
def purge(
    older_than: str, output: Path, abandon: tuple[str, ...], files: tuple[Path, ...], dry_run: bool, as_json: bool
) -> None:
    """Remove the personal data of old runs.

    From the journal and from the runs' files, for good. Counts, outcomes, LeadByte's ids and the hashes by which
    people are known again stay. Runs with rows that are unsent or unknown are kept, and named.
    """
    from pipeline.retention import purge as purge_runs
    from pipeline.retention.words import purge_lines

    found = purge_runs(
        output,
        world(quiet=True),
        older_than=seconds_of(older_than, "--older-than") or 0.0,
        # A person may name a run's folder.
        abandon=[Path(one).name for one in abandon],
        files=files,
        dry_run=dry_run,
    )
    _print(found.as_json(), purge_lines(found), as_json)


@click.command()
@click.option("--email", default="", help="The person's e-mail address; - asks for it.")
@click.option("--phone", default="", help="The person's phone number; - asks for it.")
@OUTPUT
@click.option(
    "--files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also search this folder (lists that were filed away); what holds the person is named, not changed.",
)
@click.option("--dry-run", is_flag=True, help="Say where the person is, and do nothing.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
@JSON
def erase(
    email: str, phone: str, output: Path, files: tuple[Path, ...], dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Erase one person from everything in the output folder.

    By e-mail address, phone number, or both: every row in which either stands, in whatever spelling, and all files
    made of it. Outcomes and LeadByte's ids stay. The person is put on the suppression list as a keyed hash, and
    erasures.log has a record without their data. LeadByte itself is not reached: its ids are told.
    """
    from pipeline.retention import Person
    from pipeline.retention import erase as erase_person
    from pipeline.retention.words import erasure_lines

    person = Person.of(_asked(email, "E-mail address"), _asked(phone, "Phone number"))
    found = erase_person(output, world(quiet=True), person, folders=files, dry_run=dry_run, sure=yes)
    _print(found.as_json(), erasure_lines(found), as_json)


def _asked(value: str, what: str) -> str:
    """What was given, or (-) what a person types, or pipes in: other users can read a command line."""
    return str(click.prompt(what, err=True)) if value == "-" else value


def _print(data: dict[str, Any], lines: list[str], as_json: bool) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2) if as_json else "\n".join(lines))
