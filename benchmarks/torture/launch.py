"""The command `leadbyte-import` with a witness: `python -m benchmarks.torture.launch NOTES run leads.csv …`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.torture.witness import watched, writing_to


def main() -> None:
    """The command of the remaining words, in this process."""
    from pipeline.cli import main as command
    from pipeline.journal import Journal

    notes = Path(sys.argv[1])
    sys.argv = ["leadbyte-import", *sys.argv[2:]]
    with watched(Journal, writing_to(notes)):
        command()


if __name__ == "__main__":
    main()
