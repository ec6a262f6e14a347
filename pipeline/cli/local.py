"""The commands that need no account: `sandbox` and `demo`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import OUTPUT, QUIET, world


def _finite(_context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse nan and inf, which no range refuses."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a number of seconds or leads", param=option)
    return value


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port; 0 takes a free one."
)
@click.option(
    "--rate-limit",
    type=click.FloatRange(min=0, min_open=True),
    callback=_finite,
    help="Answer 429 above that many leads per second.",
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    callback=_finite,
    default=0.0,
    show_default=True,
    help="Seconds before every answer.",
)
def sandbox(host: str, port: int, rate_limit: float | None, latency: float) -> None:
    """Run a LeadByte to rehearse on.

    On this machine only (docs/sandbox.md). Ends with Ctrl-C.
    """
    from pipeline.config import is_loopback
    from pipeline.errors import ConfigError

    if not is_loopback(host):
        raise ConfigError(
            f"the sandbox is for this machine only, and {host} is not a loopback address", "use --host 127.0.0.1"
        )
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
@OUTPUT
@QUIET
def demo(output: Path, quiet: bool) -> None:
    """Import the sample lists into a sandbox.

    On this machine: nothing leaves it.
    """
    _sandbox_module()
    from pipeline.demo import run_demo

    raise click.exceptions.Exit(run_demo(output, world(quiet), click.echo))


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
