"""Options that several commands share, and the real parts that they build: the service, the world."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from pipeline.leadbyte.client import LeadByte
    from pipeline.load import ReadOptions
    from pipeline.log import Logs
    from pipeline.world import World

_F = TypeVar("_F", bound=Callable[..., Any])


def together(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several options as one decorator, in this order in the help."""

    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


LIST = click.argument("file")
OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    help="Folder of the runs.",
)
OPEN = click.option("--open", "open_page", is_flag=True, help="Open report.html in the browser.")
QUIET = click.option("--quiet", is_flag=True, help="No progress bars.")
JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output on stdout.")
AS_PLANNED = click.option(
    "--as-planned", is_flag=True, help="Go on by the plan as it was made, although the list or mapping has changed."
)
CAMPAIGN = click.option("--campaign", default="", help="Reference, id or name; outranks the mapping's own.")


def _kept(context: click.Context, option: click.Parameter, value: str | None) -> None:
    context.meta[f"pipeline.{option.name}"] = value


LOGGING = together(
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        expose_value=False,
        callback=_kept,
        help="Form of run.log and of --log-file.  [default: LEADBYTE_LOG_FORMAT, or text]",
    ),
    click.option(
        "--log-file",
        expose_value=False,
        callback=_kept,
        help="A log of all runs besides; - is standard error.  [default: LEADBYTE_LOG, or none]",
    ),
)
READING = together(
    click.option("--sheet", default="", help="Sheet of a workbook, by name or number."),
    click.option("--delimiter", default="", help="Character between the fields: , ; tab |  [default: detected]"),
    click.option("--encoding", default="", help="Encoding of the file, e.g. cp1252.  [default: detected]"),
    click.option(
        "--header-row",
        type=click.IntRange(min=1),
        default=None,
        help="Row of the header, as a spreadsheet counts.  [default: detected]",
    ),
    click.option("--no-header", is_flag=True, help="The list has no header: its columns are Column A, Column B, ..."),
)
SUPPRESSING = together(
    click.option(
        "--suppress",
        multiple=True,
        type=click.Path(path_type=str),
        metavar="FILE",
        help="Do not send who is on this list of e-mails, phones or their hashes (docs/suppression.md).",
    ),
    click.option(
        "--learn-suppression",
        "learn",
        multiple=True,
        type=click.Choice(["-15", "-16", "-2"]),
        callback=lambda _context, _option, value: tuple(map(int, value)),
        help="Never send again whom LeadByte refuses with this code (-15 TPS, -16 DNCR, -2 duplicate).",
    ),
)
IMPORTING = together(
    click.option(
        "--mapping",
        required=True,
        type=click.Path(path_type=Path),
        help="Mapping file (YAML); `map` writes a first one.",
    ),
    CAMPAIGN,
    OUTPUT,
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
    click.option(
        "--allow-resubmit",
        is_flag=True,
        help="Send a list again that was sent to the campaign before, and people who were accepted before.",
    ),
    click.option(
        "--ledger-days",
        type=click.IntRange(min=1),
        help="Know only people who were accepted in the last N days as duplicates.  [default: at any time]",
    ),
    click.option(
        "--on-cap",
        default="stop",
        show_default=True,
        help="When the campaign's cap is reached: stop, or go on at a time of day ('wait:08:00 Europe/London').",
    ),
    click.option(
        "--window", default="", help="Send at these hours only: '09:00-18:00 Europe/London', 'Mon-Fri 09:00-18:00 …'."
    ),
    click.option(
        "--daily-limit", type=click.IntRange(min=1), help="Send no more than N leads of this campaign a day."
    ),
    click.option(
        "--canary",
        type=click.IntRange(min=1),
        help="Send N rows first, ask what became of them, and go on only if they went well.",
    ),
    click.option(
        "--canary-min-accept",
        default="",
        help="Go on after the canary without asking when so many of it were accepted: 80% or 8.",
    ),
    click.option(
        "--wait", default="", help="After sending, ask LeadByte's queue so long what became of the leads: 30m."
    ),
    click.option(
        "--vendor",
        default="",
        callback=lambda _context, _option, value: value.strip(),
        help="Whose list it is; the report compares it with the vendor's earlier ones.",
    ),
    click.option("--strict", is_flag=True, help="Rows with a warning are invalid (docs/checks.md)."),
    click.option("--show-data", is_flag=True, help="Show cells in full in report.html and issues.csv, not masked."),
    click.option(
        "--fix-me",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Write fix-me.xlsx, the rows to mend: auto leaves it out where there are more than 20,000.",
    ),
    click.option("--vendor-note", is_flag=True, help="Write vendor-note.txt, to send back to the vendor."),
    click.option("--phone-format", type=click.Choice(["national", "e164"]), help="Send phones as 07… or as +44…."),
    SUPPRESSING,
    READING,
    LOGGING,
    QUIET,
    JSON,
)


GOING_ON = together(
    click.option("--rate", default="", help="Another rate than the run's own."),
    click.option("--max-errors", type=click.IntRange(min=1), help="Another --max-errors than the run's own."),
    click.option("--on-cap", default="", help="Another answer to the campaign's cap than the run's own: wait:08:00."),
    click.option("--window", default="", help="Other hours than the run's own; 'any' takes them away."),
    click.option(
        "--daily-limit",
        type=click.IntRange(min=0),
        help="Another limit of leads a day than the run's own; 0 takes it away.",
    ),
    click.option(
        "--wait",
        callback=lambda _context, _option, value: seconds_of(value, "--wait"),
        help="After sending, ask LeadByte's queue so long what became of the leads: 30m.",
    ),
    SUPPRESSING,
    LOGGING,
)


def seconds_of(text: str | None, flag: str) -> float | None:
    """The seconds in `30m`; None where the flag was not given. Raises ConfigError for what is no time."""
    if not text:
        return None
    from pipeline.advice import parse_duration

    return parse_duration(text, flag)


def read_options(options: dict[str, Any]) -> ReadOptions:
    """Take the values of READING out of a command's options. Raises a usage error where two exclude each other."""
    from pipeline.load import ReadOptions

    header_row, no_header = options.pop("header_row") or 0, options.pop("no_header")
    if header_row and no_header:
        raise click.UsageError("--header-row and --no-header exclude each other")
    named = {name: options.pop(name) for name in ("sheet", "delimiter", "encoding")}
    return ReadOptions(**named, header_row=header_row, no_header=no_header)


def flags_of(read: ReadOptions) -> list[str]:
    """The words of a command line that say the same."""
    from dataclasses import asdict

    words = []
    for name, value in asdict(read).items():
        if value:
            flag = "--" + name.replace("_", "-")
            words += [flag] if value is True else [flag, str(value)]
    return words


def service() -> LeadByte:
    """LeadByte, as configured."""
    from pipeline.config import load_settings
    from pipeline.leadbyte.client import LeadByte

    return LeadByte(load_settings())


def world(quiet: bool) -> World:
    """The real clock and signals; progress bars only on a terminal."""
    from pipeline.world import World

    log = logs()
    shown = not quiet and sys.stderr.isatty() and not log.on_stderr
    there = sys.stdin.isatty() and sys.stderr.isatty()
    return World(
        show_progress=shown,
        catch_signals=True,
        tell=_tell,
        ask=_ask if there else None,
        log=log,
    )


def logs() -> Logs:
    """Where the command logs: by its flags, then by the configuration. Raises ConfigError where that cannot be."""
    from pipeline.config import load_settings
    from pipeline.log import Logs

    meta = click.get_current_context().meta
    if "pipeline.logs" not in meta:
        found = Logs()
        if "pipeline.log_format" in meta:  # a command that has these flags
            settings = load_settings()
            form = meta["pipeline.log_format"] or settings.log_format
            found = Logs(form, settings.log if meta["pipeline.log_file"] is None else meta["pipeline.log_file"])
        found.check()
        meta["pipeline.logs"] = found
    return cast("Logs", meta["pipeline.logs"])


def log_failure(error: Exception) -> None:
    """Note in the common log, where the command has one, that it has failed."""
    from pipeline.errors import ImportFailure

    with suppress(ImportFailure):  # the configuration itself may be what is wrong
        logs().failed(error)


def _tell(words: str) -> None:
    with suppress(OSError):  # a terminal that has gone is no reason to leave what is under way
        click.echo(words, err=True)


def _ask(words: str) -> bool:
    try:
        return click.confirm(words, err=True)
    except click.Abort:  # Ctrl-C is no word to go on
        return False
