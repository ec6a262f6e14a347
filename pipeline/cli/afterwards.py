"""Commands for a run that was sent: retry, resolve, reconcile."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from pipeline.cli.options import AS_PLANNED, GOING_ON, JSON, LOGGING, OUTPUT, QUIET, seconds_of, service, world
from pipeline.cli.runs import finish

RUN = click.argument("run_id", metavar="RUN")

#: A lead that was taken a moment ago may not be found yet: two misses closer together say no more than one.
SHORTEST_GAP: Final = 60.0


@click.command()
@RUN
@OUTPUT
@click.option(
    "--code", "codes", type=int, multiple=True, help="Also rows that LeadByte rejected with this code (-5)."
)
@click.option("--corrected", default="", help="The whole list again, mended in the rows that are sent again.")
@GOING_ON
@AS_PLANNED
@QUIET
@JSON
def retry(
    run_id: str,
    output: Path,
    codes: tuple[int, ...],
    corrected: str,
    as_planned: bool,
    quiet: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Send the failed rows of RUN again.

    Those that LeadByte itself failed on (-3, -100); with --code those that it rejected, as they were or as
    --corrected has them.
    """
    from pipeline.after import retry_run

    if as_planned and corrected:
        raise click.UsageError("--as-planned and --corrected exclude each other: rows go as planned, or as corrected")
    summary = retry_run(
        Path(run_id).name, output, service(), world(quiet),
        codes=codes, corrected=corrected, as_planned=as_planned, **flags,
    )  # fmt: skip
    finish(summary, as_json)


@click.command()
@RUN
@OUTPUT
@click.option("--resend-unknown", is_flag=True, help="Send rows again that the search missed twice.")
@click.option(
    "--search-gap", default="", help="How far apart the two searches must be, 60s at least.  [default: 15m]"
)
@click.option("--yes", is_flag=True, help="Send them again without asking.")
@click.option("--rate", default="", help="Another rate than the run's own.")
@LOGGING
@QUIET
@JSON
def resolve(
    run_id: str,
    output: Path,
    resend_unknown: bool,
    search_gap: str,
    yes: bool,
    rate: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Search for the unknown rows of RUN.

    A lead that LeadByte has is accepted; that a search misses one proves nothing, and the row stays unknown.
    Needs an Administrator key with the permission Leads > Search.
    """
    from pipeline.after import resolve_run
    from pipeline.errors import ConfigError
    from pipeline.pacing import parse_rate

    if not resend_unknown and (yes or search_gap):
        raise click.UsageError(
            f"{'--yes' if yes else '--search-gap'} is about sending rows again: it needs --resend-unknown"
        )
    gap = seconds_of(search_gap or "15m", "--search-gap") or 0.0
    if gap < SHORTEST_GAP:
        raise ConfigError(
            f"--search-gap {search_gap} is too short: a lead that was just taken may not be found yet",
            "60s at least; 15m is the usual",
        )
    if rate:
        parse_rate(rate)
    summary = resolve_run(
        Path(run_id).name, output, service(), world(quiet), resend=resend_unknown, gap=gap, sure=yes, rate=rate
    )
    finish(summary, as_json)


@click.command()
@RUN
@OUTPUT
@click.option("--wait", default="", help="Go on asking until all are processed, so long at most: 30m.")
@click.option("--rate", default="", help="Another rate than the run's own.")
@LOGGING
@QUIET
@JSON
def reconcile(run_id: str, output: Path, wait: str, rate: str, quiet: bool, as_json: bool) -> None:
    """Ask what became of the accepted leads of RUN.

    Queued is not sold: adds the queue's word to results.csv and the summary. Can be repeated, days later too.
    Needs a key with the permission API queue.
    """
    from pipeline.after import reconcile_run
    from pipeline.pacing import parse_rate

    if rate:
        parse_rate(rate)
    seconds = seconds_of(wait, "--wait")
    finish(reconcile_run(Path(run_id).name, output, service(), world(quiet), wait=seconds, rate=rate), as_json)
