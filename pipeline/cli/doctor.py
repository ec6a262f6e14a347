"""`doctor`: what is wrong here, and what mends it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from pipeline.cli.options import JSON, OUTPUT

#: Version of the JSON (docs/operations.md).
FORMAT: Final = 1


@click.command()
@OUTPUT
@click.option(
    "--mapping", "mappings", multiple=True, type=click.Path(path_type=Path),
    help="A mapping file to fit to its campaign; can be given several times.",
)  # fmt: skip
@click.option("--campaign", default="", help="The campaign of these mappings; outranks their own.")
@click.option("--offline", is_flag=True, help="Ask nothing of the network.")
@JSON
def doctor(output: Path, mappings: tuple[Path, ...], campaign: str, offline: bool, as_json: bool) -> None:
    """Say what is wrong here, and what mends it.

    Looks at the configuration, the key and what it may do, the connection, the clock, the folder, its disk and
    journal, and what waits there. Sends no lead, changes nothing, shows no key. Ends with 2 where something fails.
    """
    from pipeline.doctor import Asked, Finding, State, examine

    found: list[Finding] = []
    for one in examine(Asked(output, mappings, campaign, offline), lambda: datetime.now(UTC), os.environ):
        found.append(one)
        if not as_json:
            click.echo(f"{one.state.value:<4}  {one.check:<13} {one.says}")
            if one.cure:
                click.echo(f"{'':<20}next: {one.cure}")
    numbers = {state: sum(one.state is state for one in found) for state in State}
    if as_json:
        document = {"format": FORMAT, "ok": not numbers[State.FAIL], "checks": [one.as_json() for one in found]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{numbers[State.OK]} ok, {numbers[State.WARN]} to look at, {numbers[State.FAIL]} to mend")
    raise click.exceptions.Exit(2 if numbers[State.FAIL] else 0)
