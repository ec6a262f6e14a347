"""What the page costs: `python -m benchmarks.page [--rows 1000000] [--bad 0.5] [--runs 3]`.

The importer's dry run as a whole process, as a user starts it; then, in a process of its own, report.html once more
from that run's journal, with the loading of what draws it. The page must take less than a quarter of the dry run's
time and be smaller than a megabyte; exit code 1 when it does not. Runs in the importer's own environment.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.jobs import HERE, IMPORTER, TOP, List, sandbox
from benchmarks.measure import measure

MOST_OF_IT: Final = 0.25
MOST_BYTES: Final = 1_000_000


class Cost(NamedTuple):
    """Of one dry run: its seconds, those of the page in it, and the page's bytes."""

    dry_run: float
    page: float
    size: int


def cost(listed: Path, scratch: Path, base_url: str) -> Cost:
    """Measure one dry run of a list."""
    scratch.mkdir(parents=True, exist_ok=True)
    output = scratch / "output"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LEADBYTE_", "PYTHON"))}
    env |= {"LEADBYTE_BASE_URL": base_url, "LEADBYTE_API_KEY": "sandbox-key"}
    words: list[str | Path] = [
        "check",
        listed,
        "--mapping",
        HERE / "mapping.yaml",
        "--output",
        output,
        "--quiet",
        "--json",
    ]
    try:
        done = measure([IMPORTER, *words], scratch, env)
        summary = json.loads(done.out)
        again = [sys.executable, "-m", "benchmarks.page", "--again", str(output), summary["run_id"]]
        told = subprocess.run(again, cwd=TOP, env=env, check=True, stdout=subprocess.PIPE)
        return Cost(done.seconds, float(told.stdout), Path(summary["report"]).stat().st_size)
    finally:
        shutil.rmtree(scratch)


def write_again(output: Path, run_id: str) -> float:
    """Seconds that a run's page takes from the journal to the disk, with the loading of what the page alone needs."""
    from pydantic import TypeAdapter

    import pipeline.run  # noqa: F401 - what any dry run has loaded
    from pipeline.journal import Journal
    from pipeline.report import Summary
    from pipeline.review import profile_of, report_of

    written = json.loads((output / run_id / "summary.json").read_text(encoding="utf-8"))
    summary = TypeAdapter(Summary).validate_python({name: one for name, one in written.items() if name != "format"})
    journal = Journal(output / "journal.sqlite3")
    began = time.perf_counter()
    run = journal.run(run_id)
    profile = profile_of(journal, run)
    if profile is None:
        raise RuntimeError(f"run {run_id} has no profile")
    from pipeline.report.page import write_page

    write_page(Path(summary.report), report_of(journal, run, summary, profile))
    seconds = time.perf_counter() - began
    journal.close()
    return seconds


def main() -> int:
    """Measure, print, and return the exit code."""
    words = _arguments()
    if words.again:
        print(write_again(Path(words.again[0]), words.again[1]))
        return 0
    wanted = List(words.rows, words.bad)
    listed, _planted = wanted.made(words.folder.resolve())
    with sandbox() as base_url:
        costs = [cost(listed, words.folder.resolve() / "scratch", base_url) for _ in range(words.runs)]
    dry_run, page, size = (statistics.median(column) for column in zip(*costs, strict=True))
    print(
        f"{wanted.words}: dry run {dry_run:.2f} s, of it the page {page:.2f} s ({page / dry_run:.1%}); "
        f"report.html has {size / 1000:.0f} kB"
    )
    return 0 if page < MOST_OF_IT * dry_run and size < MOST_BYTES else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what report.html costs a dry run.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bad", type=float, default=0.5, help="share of rows that break a rule")
    parser.add_argument("--runs", type=int, default=3, help="dry runs, of which the median counts")
    parser.add_argument("--folder", type=Path, default=TOP / "build" / "bench", help="where the lists are kept")
    parser.add_argument("--again", nargs=2, metavar=("OUTPUT", "RUN"), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
