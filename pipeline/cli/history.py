"""`runs` and `runs show`: what was imported, when, and what came of it. Reads only, also while a run is under way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pipeline.cli.options import JSON, OUTPUT

if TYPE_CHECKING:
    from pipeline.history import Account, Entry

#: Longer names of lists, campaigns and vendors are cut in their middle, so that the table fits in 100 columns.
_NAME: Final = 20


@click.group(invoke_without_command=True)
@OUTPUT
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="The latest N.")
@click.option("--campaign", default="", help="Only runs of this campaign: reference, id or name.")
@click.option("--vendor", default="", help="Only lists of this vendor.")
@click.option("--since", "begun", default="", help="Only runs begun since then: 7d, 12h or 2026-11-23.")
@click.option("--unfinished", is_flag=True, help="Only runs that have rows to send, or were cut off.")
@JSON
@click.pass_context
def runs(
    context: click.Context,
    output: Path,
    limit: int,
    campaign: str,
    vendor: str,
    begun: str,
    unfinished: bool,
    as_json: bool,
) -> None:
    """List the runs of a folder, latest first; `runs show RUN` tells all about one.

    Can be asked at any time, also while a run is under way (docs/operations.md).
    """
    if context.invoked_subcommand is not None:
        return
    from pipeline.history import FORMAT, list_runs, since
    from pipeline.journal.history import Wanted

    now = datetime.now(UTC)
    wanted = Wanted(campaign.strip(), vendor.strip(), since(begun, now) if begun else "", unfinished)
    found = list_runs(output, now, wanted, limit)
    if as_json:
        _print_json({"format": FORMAT, "runs": [one.as_json() for one in found]})
    elif found:
        click.echo(table(found))
        if len(found) == limit:
            click.echo(f"The latest {limit}; --limit shows more.", err=True)
    else:
        click.echo(f"no such run in {output}", err=True)


@runs.command()
@click.argument("run_id", metavar="RUN")
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the runs.  [default: output]")
@JSON
@click.pass_context
def show(context: click.Context, run_id: str, output: Path | None, as_json: bool) -> None:
    """Tell all that is known of RUN.

    Its list, flags, outcomes and files, what became of its leads, and what to do next. Never a lead's data.
    """
    from pipeline.history import account_of

    before = context.parent.params["output"] if context.parent else Path("output")
    account = account_of(Path(run_id).name, output or before, datetime.now(UTC))
    if as_json:
        _print_json(account.as_json())
    else:
        click.echo("\n".join(told(account)))


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def table(entries: list[Entry]) -> str:
    """The list as a table that fits a terminal: two lines and more for each run."""
    from tabulate import SEPARATING_LINE, tabulate

    rows: list[list[str] | str] = []
    for one in entries:
        rows += [SEPARATING_LINE] if rows else []
        rows += [
            [
                f"{one.run_id}\n{_day(one.started_at)} UTC",
                "\n".join(_cut(name) for name in (_last_part(one.file), one.campaign, one.vendor) if name),
                f"{'dry run' if one.dry_run else 'import'}\n{one.words.replace(': ', chr(10))}",
                "" if one.rows is None else f"{one.rows:,}",
                "\n".join(_counts(one.outcomes)),
                f"{_time(one.seconds)}\n{_rate(one.rate)}",
            ]
        ]
    aligned = ("left", "left", "left", "right", "left", "right")
    headers = ["Run", "List", "State", "Rows", "Outcomes", "Time"]
    return tabulate(rows, headers, disable_numparse=True, colalign=aligned)


def told(account: Account) -> list[str]:
    """All that is known of a run, for people."""
    from tabulate import tabulate

    one = account.entry
    lines = [
        ("Run", f"{one.run_id} ({'dry run' if one.dry_run else 'import'}), {one.words}"),
        ("Begun", f"{_day(one.started_at)} UTC" + (f", ended {_day(one.finished_at)}" if one.finished_at else "")),
        ("List", one.file),
        ("SHA-256", account.sha256),
        ("Vendor", one.vendor),
        ("Campaign", f"{one.campaign} ({one.campaign_name}, id {account.campaign_id}) of {account.address}"),
        ("Mapping", account.mapping),
        ("Flags", " ".join(account.flags)),
        ("Rows", "" if one.rows is None else f"{one.rows:,}" + _blank(account.blank_rows)),
        ("Outcomes", "\n".join(_counts(one.outcomes))),
        ("Answers", "\n".join(_reason(reason) for reason in account.reasons)),
        ("Queue", "\n".join(_counts(account.queue))),
        ("Stopped", account.stopped),
        ("Launches", "\n".join(_launch(launch) for launch in account.launches)),
        ("Files", f"{account.folder}: " + ", ".join(name for name, _ in account.files) if account.files else ""),
        ("Next", account.next_step),
    ]
    return tabulate([line for line in lines if line[1]], tablefmt="plain", disable_numparse=True).splitlines()


def _counts(counts: dict[str, int]) -> list[str]:
    return [f"{rows:,} {name.replace('_', ' ')}" for name, rows in counts.items()]


def _reason(reason: dict[str, object]) -> str:
    code = "" if reason["code"] is None else f" with code {reason['code']}"
    return f"{reason['rows']:,} {reason['outcome']}{code}, first in row {reason['first_row']}"


def _launch(launch: dict[str, object]) -> str:
    rate = f", {_rate(float(str(launch['rate'])))}" if launch["rate"] else ""
    begun, took = _day(str(launch["at"])), _time(float(str(launch["seconds"])))
    return f"{launch['command']}: {begun} UTC, {took}{rate}, exit code {launch['exit_code']}"


def _blank(rows: int) -> str:
    return f" and {rows:,} blank ones" if rows else ""


def _last_part(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", maxsplit=1)[-1]


def _cut(name: str) -> str:
    # Both ends tell lists apart: acme_mobile_2026-11-23.csv.
    return name if len(name) <= _NAME else f"{name[: _NAME // 2 - 1]}…{name[-_NAME // 2 :]}"


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _time(seconds: float | None) -> str:
    """`16m 40s`; "" where nobody noted it."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f}s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {whole % 60:02}s"


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1f}/s"
