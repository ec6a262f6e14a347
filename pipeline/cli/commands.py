"""The commands, one function each: options in, the use case called, its result printed."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from pipeline.leadbyte.client import LeadByte
    from pipeline.report import Summary
    from pipeline.run import World

_F = TypeVar("_F", bound=Callable[..., Any])


def _all(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_LIST = click.argument("file", type=click.Path(path_type=Path))
_OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    help="Folder of the runs.",
)
_QUIET = click.option("--quiet", is_flag=True, help="No progress bars.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output on stdout.")
_CAMPAIGN = click.option("--campaign", default="", help="Reference, id or name; outranks the mapping's own.")
_READING = _all(
    click.option("--sheet", default="", help="Sheet of a workbook, by name or number."),
    click.option("--delimiter", default="", help="Character between the fields: , ; tab |  [default: detected]"),
    click.option("--encoding", default="", help="Encoding of the file, e.g. cp1252.  [default: detected]"),
)
_IMPORTING = _all(
    click.option(
        "--mapping",
        required=True,
        type=click.Path(path_type=Path),
        help="Mapping file (YAML); `map` writes a first one.",
    ),
    _CAMPAIGN,
    _OUTPUT,
    click.option("--rate", default="5/s", show_default=True, help="Leads per second or minute: 5/s, 300/m."),
    click.option(
        "--limit",
        type=click.IntRange(min=1),
        help="Send the first N good rows only; `resume` sends the rest.",
    ),
    click.option(
        "--max-invalid",
        default="20%",
        show_default=True,
        help="Send nothing when more rows than this are invalid: a share (20%) or a number (500).",
    ),
    click.option(
        "--max-errors",
        type=click.IntRange(min=1),
        default=10,
        show_default=True,
        help="Stop after that many rows in a row that LeadByte failed on or gave no answer to.",
    ),
    click.option("--phone-format", type=click.Choice(["national", "e164"]), help="Send phones as 07… or as +44…."),
    _READING,
    _QUIET,
    _JSON,
)


# ---------------------------------------------------------------------- runs


@click.command()
@_LIST
@_IMPORTING
@click.option("--dry-run", is_flag=True, help="Validate and report only; post nothing. The same as `check`.")
def run(dry_run: bool, **options: Any) -> None:
    """Import FILE: validate every row, send the good ones, write the results of all."""
    _import(dry_run, **options)


@click.command()
@_LIST
@_IMPORTING
def check(**options: Any) -> None:
    """Dry run of FILE: what `run` would do, with every fault of every row. Posts nothing."""
    _import(True, **options)


def _import(dry_run: bool, quiet: bool, as_json: bool, **options: Any) -> None:
    from pipeline.load import ReadOptions
    from pipeline.run import Order, import_list

    read = ReadOptions(**{name: options.pop(name) for name in ("sheet", "delimiter", "encoding")})
    options["phone_format"] = options["phone_format"] or ""
    order = Order(dry_run=dry_run, read=read, **options)
    _finish(import_list(order, _service(), _world(quiet)), as_json)


@click.command()
@click.argument("run_id", metavar="RUN")
@_OUTPUT
@click.option("--rate", default="", help="Another rate than the run's own.")
@click.option("--max-invalid", default="", help="Another limit than the run's own, e.g. 100%.")
@_QUIET
@_JSON
def resume(run_id: str, output: Path, rate: str, max_invalid: str, quiet: bool, as_json: bool) -> None:
    """Go on with RUN after a stop, an interrupt or a kill: sends what is not_sent, and only that."""
    from pipeline.advice import parse_share
    from pipeline.pacing import parse_rate
    from pipeline.run import resume_run

    if rate:
        parse_rate(rate)
    if max_invalid:
        parse_share(max_invalid)
    _finish(resume_run(run_id, output, _service(), _world(quiet), rate, max_invalid), as_json)


@click.command()
@click.argument("run_id", metavar="RUN")
@_OUTPUT
@_JSON
def results(run_id: str, output: Path, as_json: bool) -> None:
    """Write the results.csv and summary.json of RUN again, from the journal. Sends nothing."""
    from pipeline.run import rewrite_results

    _finish(rewrite_results(run_id, output, _world(quiet=True)), as_json)


def _finish(summary: Summary, as_json: bool) -> None:
    from pipeline.report import summary_lines

    if as_json:
        click.echo(json.dumps(summary.as_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(summary_lines(summary)))
    raise click.exceptions.Exit(summary.exit_code)


# ---------------------------------------------------------------------- campaigns, fields, map


@click.command()
@_JSON
def campaigns(as_json: bool) -> None:
    """List the account's campaigns."""
    from dataclasses import asdict

    found = _service().campaigns()
    if as_json:
        rows = [{name: value for name, value in asdict(one).items() if name != "fields"} for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = [[one.reference, one.id, one.name, one.country, one.state] for one in found]
    _table(table, ["Reference", "Id", "Name", "Country", "State"])


@click.command()
@click.argument("campaign")
@_JSON
def fields(campaign: str, as_json: bool) -> None:
    """Show the fields of CAMPAIGN (reference, id or name): what a mapping can feed."""
    from dataclasses import asdict

    found = _service().campaign(campaign)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found.fields], ensure_ascii=False, indent=2))
        return
    table = [
        [one.label, one.name, "required" if one.required else "", one.data_type, _allowed(one.selections)]
        for one in found.fields
    ]
    _table(table, ["Label", "Name", "Required", "Type", "Allowed values"])


def _allowed(selections: Any) -> str:
    return ", ".join(one.label if one.label == one.value else f"{one.label} ({one.value})" for one in selections)


def _table(rows: list[list[str]], headers: list[str]) -> None:
    from tabulate import tabulate

    click.echo(tabulate(rows, headers, disable_numparse=True))


@click.command("map")
@_LIST
@click.option("--campaign", required=True, help="Reference, id or name of the campaign.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="File to write.  [default: mappings/<FILE's name>.yaml]",
)
@_READING
@click.option("--yes", is_flag=True, help="Take every proposal without asking, and replace an existing file.")
def map_(
    file: Path, campaign: str, mapping: Path | None, sheet: str, delimiter: str, encoding: str, yes: bool
) -> None:
    """Propose a mapping for FILE from its headers and a look at its values, and write it as YAML."""
    from pipeline.errors import ConfigError
    from pipeline.load import ReadOptions, open_list
    from pipeline.suggest import propose, write_proposal

    target = mapping or Path("mappings") / f"{file.stem}.yaml"
    source = open_list(file, ReadOptions(sheet, delimiter, encoding))
    found = _service().campaign(campaign)
    sample = next(iter(source.chunks(2000))).frame
    proposal = propose(sample, found)
    if not yes and sys.stdin.isatty():
        proposal = _ask(proposal, found.fields)
    if target.exists() and not yes:
        if not sys.stdin.isatty():
            raise ConfigError(f"{target} exists already", "use --yes to replace it, or --mapping for another name")
        click.confirm(f"{target} exists already. Replace it?", abort=True, err=True)
    write_proposal(target, proposal, file.name)
    _table(
        [
            [one.header, one.target.label if one.target else "(ignored)", f"{one.score} %", one.why]
            for one in proposal.columns
        ],
        ["Column", "Field", "Sure", "Why"],
    )
    for label in proposal.unfed:
        click.echo(f"required field {label} is fed by nothing yet: add it to {target}", err=True)
    words = ["leadbyte-import", "check", str(file), "--mapping", str(target)]
    for option, value in (("--sheet", sheet), ("--delimiter", delimiter), ("--encoding", encoding)):
        words += [option, value] if value else []
    click.echo(f"written: {target}; look it over, then: {shlex.join(words)}", err=True)


def _ask(proposal: Any, known: Any) -> Any:
    from pipeline.names import fold

    by_label = {fold(one.label): one for one in known}
    for one in proposal.doubtful():
        default = one.target.label if one.target else "-"
        while True:
            said = click.prompt(f"column {one.header!r} feeds which field? (- for none)", default=default, err=True)
            if said.strip() in ("-", "") or fold(said) in by_label:
                break
            click.echo(f"the campaign has no field {said!r}; it has: {', '.join(x.label for x in known)}", err=True)
        target, date_format = by_label.get(fold(said)), ""
        if target and target == one.target and one.date_choices:
            words = f"how are the dates in {one.header!r} written?"
            date_format = click.prompt(words, type=click.Choice(one.date_choices), err=True)
        proposal = proposal.decided(one.header, target, date_format)
    return proposal


# ---------------------------------------------------------------------- sandbox, demo


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port; 0 takes a free one."
)
@click.option(
    "--rate-limit",
    type=click.FloatRange(min=0, min_open=True),
    help="Answer 429 above that many leads per second.",
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Seconds before every answer.",
)
def sandbox(host: str, port: int, rate_limit: float | None, latency: float) -> None:
    """Run a LeadByte to rehearse on, on this machine (docs/sandbox.md). Ends with Ctrl-C."""
    from pipeline.errors import ConfigError

    serve = _sandbox_module().serve

    def ready(base_url: str) -> None:
        click.echo(f"LeadByte sandbox on {base_url} (Ctrl-C ends it). In another terminal:", err=True)
        click.echo(f"  export LEADBYTE_BASE_URL={base_url} LEADBYTE_API_KEY=sandbox-key", err=True)
        click.echo("  leadbyte-import campaigns", err=True)

    try:
        serve(host=host, port=port, rate_limit=rate_limit, latency=latency, on_ready=ready)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConfigError(
            f"the sandbox cannot listen on {host} port {port}: {error.strerror or error}",
            "use --port 0 for a free port, or another --host of this machine",
        ) from None


@click.command()
@_OUTPUT
@_QUIET
def demo(output: Path, quiet: bool) -> None:
    """Import the sample lists into a sandbox, on this machine: nothing leaves it."""
    _sandbox_module()
    from pipeline.demo import run_demo

    raise click.exceptions.Exit(run_demo(output, _world(quiet), click.echo))


def _sandbox_module() -> Any:
    from pipeline.errors import ConfigError

    try:
        from pipeline import sandbox as module
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the sandbox needs the package {error.name}",
            "install it with: pip install 'leadbyte-import[sandbox]'",
        ) from None
    return module


def _service() -> LeadByte:
    from pipeline.config import load_settings
    from pipeline.leadbyte.client import LeadByte

    return LeadByte(load_settings())


def _world(quiet: bool) -> World:
    from pipeline.run import World

    shown = not quiet and sys.stderr.isatty()
    return World(show_progress=shown, catch_signals=True, tell=lambda words: click.echo(words, err=True))


COMMANDS: Final = (demo, campaigns, fields, map_, check, run, resume, results, sandbox)
