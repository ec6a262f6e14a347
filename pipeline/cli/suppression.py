"""The commands about the output folder's own suppression list: `suppress add`, `remove` and `list`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.cli.options import JSON, OUTPUT, together, world

_WHO = together(
    click.option("--email", default="", help="The person's e-mail address; - asks for it."),
    click.option("--phone", default="", help="The person's phone number; - asks for it."),
)


@click.group("suppress")
def suppress_() -> None:
    """Keep the output folder's own list of people who are not to be sent.

    It holds for every run of the folder, beside the lists of --suppress (docs/suppression.md). `erase` and
    --learn-suppression add to it as well.
    """


@suppress_.command()
@_WHO
@OUTPUT
@click.option("--why", default="objected", show_default=True, help="Why, in a few words; name nobody in it.")
def add(email: str, phone: str, output: Path, why: str) -> None:
    """Put somebody on the list.

    By e-mail address, phone number, or both; each alone is enough to know a row by. Hashes are kept, not the data.
    """
    from pipeline.locks import opened_journal
    from pipeline.suppression.own import put_on

    person, now = _person(email, phone), world(quiet=True).now()
    with opened_journal(output, now) as journal:
        added = put_on(journal, output, person, why, now)
    click.echo(f"{_entries(added)} added" if added else "on the list already")


@suppress_.command()
@_WHO
@OUTPUT
def remove(email: str, phone: str, output: Path) -> None:
    """Take somebody from the list: rows with that address or number are sent again."""
    from pipeline.locks import opened_journal
    from pipeline.suppression.own import take_off

    person = _person(email, phone)
    with opened_journal(output, world(quiet=True).now(), must_exist=True) as journal:
        removed = take_off(journal, output, person)
    click.echo(f"{_entries(removed)} removed" if removed else "not on the list")


@suppress_.command("list")
@OUTPUT
@JSON
def list_(output: Path, as_json: bool) -> None:
    """Say how many are on the list, why, and since when.

    With --json every entry, as a hash.
    """
    from tabulate import tabulate

    from pipeline.locks import opened_journal
    from pipeline.suppression import own

    with opened_journal(output, world(quiet=True).now(), must_exist=True) as journal:
        if as_json:
            click.echo(json.dumps(own.as_json(journal.suppressed.listed()), ensure_ascii=False, indent=2))
            return
        counts = own.counted(journal.suppressed.listed())
    if not counts:
        click.echo("nobody is on the list")
        return
    rows = [[one.why, one.kind, f"{one.entries:,}", one.first[:10], one.last[:10]] for one in counts]
    click.echo(tabulate(rows, ["Why", "Known by", "Entries", "First", "Last"], disable_numparse=True))


def _person(email: str, phone: str) -> dict[str, str]:
    from pipeline.retention import Person

    return Person.of(_asked(email, "E-mail address"), _asked(phone, "Phone number")).known_by()


def _asked(value: str, what: str) -> str:
    """What was given, or (-) what a person types, or pipes in: other users can read a command line."""
    return str(click.prompt(what, err=True)) if value == "-" else value


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"
