"""The command line of the month: `make month`, `python -m benchmarks.month --seed 7 --nights 30`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.month.month import month


def main() -> int:
    """Live through a month, print what it came to, and return the exit code: 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.month", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--kill", type=float, default=0.5, help="the chance that a night is killed  [default: 0.5]")
    parser.add_argument("--keep", type=Path, help="a folder that is not there yet, to look at afterwards")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="month-") as scratch:
        found = month(words.keep or Path(scratch) / "month", nights=words.nights, seed=words.seed, kill=words.kill)
    print(found.table(), *(f"WRONG: {one}" for one in found.wrong), sep="\n", flush=True)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
