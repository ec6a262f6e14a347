"""The command line: parse, build the real parts, print, exit code. Heavy imports wait until a command needs them.

People's words go to stderr, data to stdout. Errors are caught once, here.
"""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import Any

import click

from pipeline import __version__
from pipeline.cli.afterwards import reconcile, resolve, retry
from pipeline.cli.campaigns import accept_changes, campaigns, fields, map_
from pipeline.cli.doctor import doctor
from pipeline.cli.history import runs
from pipeline.cli.local import demo, sandbox
from pipeline.cli.nightly import nightly
from pipeline.cli.options import log_failure
from pipeline.cli.retention import erase, purge
from pipeline.cli.runs import check, results, resume, run, schema
from pipeline.cli.suppression import suppress_
from pipeline.errors import ImportFailure


class _ReaderGone(Exception):
    """Who read our output went away (`| head`)."""


class _Root(click.Group):
    """Left to itself, click exits with 1 when the reader is gone: here that would mean that rows were refused."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGone from None
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if "pipeline.log_format" in ctx.meta:
                log_failure(error)
            raise


@click.group(cls=_Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="leadbyte-import")
@click.option("--debug", is_flag=True, help="Show the traceback of an error (may hold personal data).")
def root(debug: bool) -> None:
    """Import purchased leads from CSV or Excel into LeadByte.

    \b
    A first time:   leadbyte-import demo
    Your own list:  leadbyte-import map LIST.csv --campaign REFERENCE
                    leadbyte-import check LIST.csv --mapping mappings/LIST.yaml
                    leadbyte-import run LIST.csv --mapping mappings/LIST.yaml

    The account and the key come from LEADBYTE_ACCOUNT and LEADBYTE_API_KEY, in the environment or in .env.
    """


for _command in (
    demo, campaigns, fields, map_, accept_changes, check, run, resume, retry, resolve, reconcile, results, nightly,
    runs, schema, purge, erase, suppress_, doctor, sandbox,
):  # fmt: skip
    root.add_command(_command)


def main() -> None:
    """Run the command line and exit with the code of docs/results.md."""
    debug = "--debug" in sys.argv[1:2]
    try:
        # Outside its standalone mode click hands back the code that a command exits with.
        sys.exit(root.main(prog_name="leadbyte-import", standalone_mode=False) or 0)
    except click.Abort:
        _say(
            "interrupted; nothing is lost: if leads were being sent, `leadbyte-import resume RUN` goes on"
            " (RUN: the newest folder in the output folder)"
        )
        sys.exit(130)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        sys.exit(2)
    except ImportFailure as error:
        if debug:
            traceback.print_exc()
        _say(f"error: {error.message}")
        if error.hint:
            _say(f"  next: {error.hint}")
        sys.exit(error.exit_code)
    except _ReaderGone:
        # Nobody is left to be told; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:  # noqa: BLE001  # the last resort: a person gets words, not a traceback
        if debug:
            traceback.print_exc()
            sys.exit(70)
        # Its text may hold personal data, so only its kind is shown.
        _say(f"error: this program has a fault ({type(error).__name__}); what was sent is in the journal")
        _say("  next: run it again as `leadbyte-import --debug …` to see the place, and report it")
        sys.exit(70)


def _say(words: str) -> None:
    # A terminal that is gone does not change the exit code.
    with suppress(OSError):
        click.echo(words, err=True)
