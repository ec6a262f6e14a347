"""Commands for a run that was sent: retry, resolve, reconcile."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import AS_PLANNED, JSON, OUTPUT, QUIET, service, world
from pipeline.cli.runs import finish

RUN = click.argument("run_id", metavar="RUN")


@click.command()
@RUN
@OUTPUT
@click.option(
    "--code", "codes", type=int, multiple=True, help="Also rows that LeadByte rejected with this code (-5)."
)
@click.option("--corrected", default="", help="The whole list again, mended in the rows that are sent again.")
@click.option("--rate", default="", help="Another rate than the run's own.")
@AS_PLANNED
@QUIET
@JSON
def retry(
    run_id: str,
    output: Path,
    codes: tuple[int, ...],
    corrected: str,
    rate: str,
    as_planned: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Send the failed rows of RUN again.

    Those that LeadByte itself failed on (-3, -100); with --code those that it rejected, as they were or as
    --corrected has them.
    """
    from pipeline.after import retry_run
    from pipeline.pacing import parse_rate

    if rate:
        parse_rate(rate)
    summary = retry_run(
        Path(run_id).name, output, service(), world(quiet),
        codes=codes, corrected=corrected, rate=rate, as_planned=as_planned,
    )  # fmt: skip
    finish(summary, as_json)


@click.command()
@RUN
@OUTPUT
@click.option("--resend-unknown", is_flag=True, help="Send rows again that the search missed twice.")
@click.option(
    "--search-gap", default="15m", show_default=True, help="How far apart the two searches must be: 90s, 15m, 2h."
)
@click.option("--yes", is_flag=True, help="Send them again without asking.")
@QUIET
@JSON
def resolve(
    run_id: str, output: Path, resend_unknown: bool, search_gap: str, yes: bool, quiet: bool, as_json: bool
) -> None:
    """Search for the unknown rows of RUN.

    A lead that LeadByte has is accepted; that a search misses one proves nothing, and the row stays unknown.
    Needs an Administrator key with the permission Leads > Search.
    """
    from pipeline.advice import parse_duration
    from pipeline.after import resolve_run

    gap = parse_duration(search_gap, "--search-gap")
    summary = resolve_run(
        Path(run_id).name, output, service(), world(quiet), resend=resend_unknown, gap=gap, sure=yes
    )
    finish(summary, as_json)


@click.command()
@RUN
@OUTPUT
@click.option("--wait", default="", help="Go on asking until all are processed, so long at most: 30m.")
@click.option("--rate", default="", help="Another rate than the run's own.")
@QUIET
@JSON
def reconcile(run_id: str, output: Path, wait: str, rate: str, quiet: bool, as_json: bool) -> None:
    """Ask what became of the accepted leads of RUN.

    Queued is not sold: adds the queue's word to results.csv and the summary. Can be repeated, days later too.
    Needs a key with the permission API queue.
    """
    from pipeline.advice import parse_duration
    from pipeline.after import reconcile_run
    from pipeline.pacing import parse_rate

    if rate:
        parse_rate(rate)
    seconds = parse_duration(wait, "--wait") if wait else None
    finish(reconcile_run(Path(run_id).name, output, service(), world(quiet), wait=seconds, rate=rate), as_json)
