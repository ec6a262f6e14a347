"""The commands that make runs and go on with them: `run`, `check`, `resume`, `results`; and `schema` of a summary."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import (
    AS_PLANNED,
    GOING_ON,
    IMPORTING,
    JSON,
    LIST,
    OPEN,
    OUTPUT,
    QUIET,
    read_options,
    seconds_of,
    service,
    world,
)

if TYPE_CHECKING:
    from pipeline.report import Summary


@click.command()
@LIST
@IMPORTING
@OPEN
@click.option("--dry-run", is_flag=True, help="Validate and report only; post nothing. The same as `check`.")
def run(dry_run: bool, **options: Any) -> None:
    """Import FILE into its campaign.

    Every row is validated, the good ones are sent, and the results of all are written. FILE is a CSV or a
    workbook, packed (.gz, .zip, ...) or not, - for standard input, or an address (https://, s3://, sftp://).
    """
    _import(dry_run, **options)


@click.command()
@LIST
@IMPORTING
@OPEN
def check(**options: Any) -> None:
    """Dry run of FILE: posts nothing.

    Says what `run` would do, with every fault of every row.
    """
    _import(True, **options)


def _import(dry_run: bool, quiet: bool, as_json: bool, open_page: bool, **options: Any) -> None:
    from pipeline.load.early import begin
    from pipeline.load.files import readable, stamp_of
    from pipeline.mapping import read_mapping

    _check_together(options)
    # What is plainly wrong is told before anybody waits for the libraries.
    file = str(options["file"])
    if file != "-" and "://" not in file:
        with readable(Path(file)):
            stamp_of(Path(file))
    for one in options["suppress"]:
        with readable(Path(one)):
            stamp_of(Path(one))
    begin(file, options["sheet"])  # a workbook is read while the libraries are loaded
    read_mapping(options["mapping"])
    leadbyte = service()
    import pandera.pandas  # noqa: F401

    from pipeline.run import import_list
    from pipeline.world import Order

    read = read_options(options)
    options["phone_format"] = options["phone_format"] or ""
    options["wait"] = seconds_of(options["wait"], "--wait") or 0.0
    order = Order(dry_run=dry_run, read=read, **options)
    finish(import_list(order, leadbyte, world(quiet)), as_json, open_page)


def _check_together(options: dict[str, Any]) -> None:
    """Raises a usage error for a flag that has no effect beside the others: whoever gave it expects one."""
    if options["canary_min_accept"] and not options["canary"]:
        raise click.UsageError("--canary-min-accept judges the canary: it needs --canary N")
    if options["ledger_days"] and options["allow_resubmit"]:
        raise click.UsageError(
            "--ledger-days and --allow-resubmit exclude each other: with --allow-resubmit nobody is a duplicate of "
            "another run"
        )


@click.command()
@click.argument("run_id", metavar="RUN")
@OUTPUT
@click.option("--limit", type=click.IntRange(min=1), help="Send the next N of the rows only.  [default: all]")
@click.option("--max-invalid", default="", help="Another limit than the run's own, e.g. 100%.")
@GOING_ON
@AS_PLANNED
@OPEN
@QUIET
@JSON
def resume(run_id: str, output: Path, open_page: bool, quiet: bool, as_json: bool, **options: Any) -> None:
    """Go on with RUN after it stopped.

    After an interrupt, a kill or a stop: sends what is not_sent, and only that, by the plan as it was
    made. A list or a mapping that changed since then is refused, unless --as-planned says to go on.
    """
    from pipeline.run import resume_run

    # A person may name the run's folder.
    finish(resume_run(Path(run_id).name, output, service(), world(quiet), **options), as_json, open_page)


@click.command()
@click.argument("run_id", metavar="RUN")
@OUTPUT
@click.option("--vendor", default="", help="Whose list it was, where that was not said before.")
@click.option(
    "--show-data/--mask-data", default=None, help="Show cells in full in report.html and issues.csv, or masked."
)
@click.option("--vendor-note", is_flag=True, help="Write vendor-note.txt as well, to send back to the vendor.")
@OPEN
@JSON
def results(run_id: str, output: Path, open_page: bool, as_json: bool, **options: Any) -> None:
    """Write the results of RUN again.

    All of its files, from the journal. Of a dry run the page, the summary and the note: its rows are not kept.
    Sends nothing.
    """
    from pipeline.after import rewrite_results

    finish(rewrite_results(Path(run_id).name, output, world(quiet=True), **options), as_json, open_page)


@click.command()
def schema() -> None:
    """Print the JSON Schema of summary.json.

    The same holds for what --json prints.
    """
    click.echo(schema_text(), nl=False)


def schema_text() -> str:
    """The JSON Schema of summary.json."""
    return files("pipeline").joinpath("report/summary.schema.json").read_text(encoding="utf-8")


def finish(summary: Summary, as_json: bool, open_page: bool = False) -> None:
    """Print a run's summary, open its page in the browser where that was asked for, and exit with its code."""
    from pipeline.report import summary_lines

    words = (
        json.dumps(summary.as_json(), ensure_ascii=False, indent=2) if as_json else "\n".join(summary_lines(summary))
    )
    try:
        click.echo(words)
    except BrokenPipeError:
        raise  # whoever reads it went away, and is told nothing more
    except OSError:
        pass  # the terminal has gone: summary.json says the same
    if open_page:
        _open(summary.report)
    raise click.exceptions.Exit(summary.exit_code)


def _open(page: str) -> None:
    import webbrowser

    opened = False
    if page:
        with suppress(OSError, webbrowser.Error):
            opened = webbrowser.open(Path(page).resolve().as_uri())
    if not opened:
        with suppress(OSError):
            click.echo(f"no browser was found: open {page}" if page else "there is no report.html to open", err=True)
