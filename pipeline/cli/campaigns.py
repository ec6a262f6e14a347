"""The commands about campaigns: `campaigns` and `fields` show them, `map` links a list to one."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import CAMPAIGN, JSON, LIST, READING, flags_of, read_options, service, world

if TYPE_CHECKING:
    from pipeline.model import Field, Selection
    from pipeline.suggest import Proposal


@click.command()
@JSON
def campaigns(as_json: bool) -> None:
    """List the account's campaigns."""
    from dataclasses import asdict

    found = service().campaigns()
    if as_json:
        rows = [{name: value for name, value in asdict(one).items() if name != "fields"} for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = [[one.reference, one.id, one.name, one.country, one.state] for one in found]
    _table(table, ["Reference", "Id", "Name", "Country", "State"])


@click.command()
@click.argument("campaign")
@JSON
def fields(campaign: str, as_json: bool) -> None:
    """Show the fields of CAMPAIGN.

    By reference, id or name: what a mapping can feed.
    """
    from dataclasses import asdict

    found = service().campaign(campaign)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found.fields], ensure_ascii=False, indent=2))
        return
    table = [
        [one.label, one.name, "required" if one.required else "", one.data_type, _allowed(one.selections)]
        for one in found.fields
    ]
    _table(table, ["Label", "Name", "Required", "Type", "Allowed values"])


def _allowed(selections: tuple[Selection, ...]) -> str:
    return ", ".join(one.label if one.label == one.value else f"{one.label} ({one.value})" for one in selections)


def _table(rows: list[list[str]], headers: list[str], err: bool = False) -> None:
    from tabulate import tabulate

    click.echo(tabulate(rows, headers, disable_numparse=True), err=err)


@click.command("map")
@LIST
@click.option("--campaign", required=True, help="Reference, id or name of the campaign.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="File to write.  [default: mappings/<FILE's name>.yaml]",
)
@READING
@click.option("--yes", is_flag=True, help="Take every proposal without asking, and replace an existing file.")
def map_(file: str, campaign: str, mapping: Path | None, yes: bool, **reading: Any) -> None:
    """Propose a mapping for FILE.

    From its headers and a look at its values, written as YAML for a person to look over.
    """
    from pipeline.drift import lock_now, lock_of, write_lock
    from pipeline.errors import ConfigError
    from pipeline.load import open_list
    from pipeline.load.origin import local_copy, shown
    from pipeline.suggest import propose, write_proposal

    read = read_options(reading)
    with local_copy(file, Path("output")) as local:
        source = open_list(local.path, read, local.name)
        found = service().campaign(campaign)
        sample = next(iter(source.chunks(2000))).frame
    for decision in source.decisions():
        click.echo(f"note: {decision}", err=True)
    target = mapping or Path("mappings") / f"{Path(local.name).stem}.yaml"
    proposal = propose(sample, found)
    if not yes and sys.stdin.isatty():
        _show(proposal, err=True)
        proposal = _ask(
            proposal, found.fields, {str(one): [cell for cell in sample[one] if cell][:3] for one in sample}
        )
    if target.exists() and not yes:
        if not sys.stdin.isatty():
            raise ConfigError(f"{target} exists already", "use --yes to replace it, or --mapping for another name")
        click.confirm(f"{target} exists already. Replace it?", abort=True, err=True)
    write_proposal(target, proposal, Path(local.name).name)
    write_lock(target, lock_now(found, source.headers, world(quiet=True).now()))
    _show(proposal)
    for label in proposal.unfed:
        click.echo(
            f"required field {label} is fed by nothing yet: in {target}, give it a column or a constant", err=True
        )
    words = ["leadbyte-import", "check", shown(file), "--mapping", str(target)]
    words += flags_of(read)
    click.echo(
        f"written: {target}, and {lock_of(target)} beside it; look the first over, then: {shlex.join(words)}",
        err=True,
    )


@click.command("accept-changes")
@click.argument("mapping", type=click.Path(path_type=Path))
@click.option("--list", "file", default="", help="A list as it comes now, for its header.  [default: as it was]")
@CAMPAIGN
@READING
def accept_changes(mapping: Path, file: str, campaign: str, **reading: Any) -> None:
    """Say what has changed since MAPPING was made, and take it as it is now.

    In the fields of the campaign and, with --list, in the header of a list. `run` goes on from there; whether the
    mapping still holds is for a person to see.
    """
    from pipeline.drift import accept
    from pipeline.errors import MappingError
    from pipeline.load import open_list
    from pipeline.load.origin import local_copy
    from pipeline.mapping import read_mapping

    read = read_options(reading)
    wanted = campaign or read_mapping(mapping)[0].campaign
    if not wanted:
        raise MappingError(f"{mapping} names no campaign", "add `campaign: REFERENCE` there, or use --campaign")
    headers: tuple[str, ...] = ()
    if file:
        with local_copy(file, Path("output")) as local:
            headers = open_list(local.path, read, local.name).headers
    for line in accept(mapping, service().campaign(wanted), headers, world(quiet=True).now()):
        click.echo(line)


def _show(proposal: Proposal, err: bool = False) -> None:
    rows = [
        [one.header, one.target.label if one.target else "(ignored)", f"{one.score} %", one.why]
        for one in proposal.columns
    ]
    _table(rows, ["Column", "Field", "Sure", "Why"], err)


def _ask(proposal: Proposal, known: tuple[Field, ...], sample: Mapping[str, list[str]]) -> Proposal:
    """The proposal after a person decided on the doubtful columns, each shown with the first of its values."""
    from pipeline.names import fold

    labels = ", ".join(f"{one.label}{' (required)' if one.required else ''}" for one in known)
    click.echo(f"\nThe fields of the campaign: {labels}\n", err=True)
    by_label = {fold(one.label): one for one in known}
    for one in proposal.doubtful():
        default = one.target.label if one.target else "-"
        click.echo(f"column {one.header!r} begins with: {' | '.join(sample[one.header]) or '(empty)'}", err=True)
        while True:
            said = click.prompt(f"column {one.header!r} feeds which field? (- for none)", default=default, err=True)
            if said.strip() in ("-", "") or fold(said) in by_label:
                break
            click.echo(f"the campaign has no field {said!r}; it has: {', '.join(x.label for x in known)}", err=True)
        target, date_format = by_label.get(fold(said)), ""
        taken = next((x.header for x in proposal.columns if target and x.target == target and x is not one), "")
        if taken and taken != one.header:
            words = f"{said} comes from column {taken!r} so far. Take {one.header!r} instead?"
            if not click.confirm(words, err=True):
                target = None
        if target and target == one.target and one.date_choices:
            words = f"how are the dates in {one.header!r} written? (? leaves it open: `check` then names the rows)"
            said = click.prompt(words, type=click.Choice([*one.date_choices, "?"]), default="?", err=True)
            date_format = "" if said == "?" else said
        proposal = proposal.decided(one.header, target, date_format)
    return proposal
