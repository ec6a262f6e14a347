"""The sandbox as a process of its own: what it has recorded, nobody's death changes."""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

TOP: Final = Path(__file__).absolute().parents[2]
KEY: Final = "sandbox-key"


class Server:
    """A sandbox somewhere else; `record` is what arrived there since it was last cleared."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def record(self) -> list[dict[str, Any]]:
        """Every lead that arrived in full, in order (docs/sandbox.md, `Received`)."""
        with urllib.request.urlopen(f"{self.base_url}/sandbox/record", timeout=60) as answer:  # noqa: S310 - loopback
            arrived: list[dict[str, Any]] = json.load(answer)
        return arrived

    def clear(self) -> None:
        """Forget the record; the leads stay taken."""
        wanted = urllib.request.Request(f"{self.base_url}/sandbox/record", method="DELETE")  # noqa: S310 - loopback
        urllib.request.urlopen(wanted, timeout=60).close()  # noqa: S310 - loopback


@contextmanager
def server(latency: float = 0.0) -> Iterator[Server]:
    """A running sandbox without a duplicate check of its own: what arrives twice is taken twice."""
    command = [sys.executable, "-m", "benchmarks.torture.server", "--latency", str(latency)]
    process = subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101 - for mypy: it is a pipe
        yield Server(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    """Serve until SIGTERM; the first line of stdout is the base URL."""
    from pipeline.sandbox import serve

    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    words = parser.parse_args()
    logging.disable()  # clients that are gone when they are answered are what this is about
    serve(on_ready=lambda url: print(url, flush=True), latency=words.latency, duplicate_check=False)


if __name__ == "__main__":
    main()
