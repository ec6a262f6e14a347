"""The benchmark: the importer's dry run beside the same job written the usual ways. `make bench`, `make bench-quick`.

Makes the lists, runs every job as a whole process, several times and in turns, prints what was measured and whether
the targets hold. Exit code 1 when one does not. Imports nothing large: see measure.py.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.jobs import (
    FRICTIONLESS,
    OPENPYXL,
    OURS,
    PANDAS,
    POLARS,
    PYDANTIC,
    TOP,
    Bench,
    List,
    compile_packages,
    sandbox,
)
from benchmarks.measure import Measured
from benchmarks.tables import figures_table, machine, ratios_table, replace_block, verdicts_table
from benchmarks.targets import EXCEL, FEW_BAD, LONG, MANY_BAD, STDIN, Figure, verdicts

USUAL_WAYS: Final = (POLARS, PANDAS, PYDANTIC, FRICTIONLESS)


@dataclass(frozen=True, slots=True)
class Part:
    """A list and the jobs that are run on it, each `runs` times."""

    list: List
    jobs: Sequence[str]
    runs: int
    through_stdin: bool = False


def parts(size: str, runs: int) -> dict[str, Part]:
    """What is measured: at full size what the targets are about, at quick size a tenth and less."""
    full = size == "full"
    rows = 1_000_000 if full else 100_000
    return {
        FEW_BAD: Part(List(rows, 0.03), (OURS, *USUAL_WAYS), runs),
        MANY_BAD: Part(List(rows, 0.5), (OURS, *USUAL_WAYS), runs),
        LONG: Part(List(5 * rows, 0.03), (OURS,), 1),
        # 11.2 million rows are a little more than 1 GiB.
        STDIN: Part(List(11_200_000 if full else 10 * rows, 0.03), (OURS,), 1, through_stdin=True),
        EXCEL: Part(List(100_000 if full else 20_000, 0.03, "xlsx"), (OURS, OPENPYXL), runs),
    }


def measured(bench: Bench, part: Part) -> dict[str, Figure]:
    """Run the jobs of a part in turns, so that a busy minute of the machine falls on all of them."""
    taken: dict[str, list[Measured]] = {job: [] for job in part.jobs}
    faults = dict.fromkeys(part.jobs, "")
    for _ in range(part.runs):
        for job in part.jobs:
            if faults[job]:
                continue
            one, faults[job] = bench.once(job, part.list, part.through_stdin)
            taken[job].append(one)
            said = faults[job] or f"{one.seconds:.2f} s, {one.peak / 1e6:.0f} MB"
            print(f"  {part.list.words}: {job}: {said}", file=sys.stderr, flush=True)
    return {job: figure(part.list.rows, taken[job], faults[job]) for job in part.jobs}


def figure(rows: int, taken: Sequence[Measured], fault: str) -> Figure:
    """The medians of several runs of one job; of memory the greatest."""
    seconds, cpu = (statistics.median(times) for times in ([o.seconds for o in taken], [o.cpu for o in taken]))
    return Figure(rows, seconds, cpu, max(one.peak for one in taken), fault)


def main() -> int:
    """Measure, print, and return the exit code: 0 when every target that was measured holds."""
    words = _arguments()
    chosen = {name: part for name, part in parts(words.size, words.runs).items() if name in words.only}
    figures: dict[tuple[str, str], Figure] = {}
    compile_packages()
    with sandbox() as base_url:
        bench = Bench(words.folder.resolve(), words.folder.resolve() / "scratch", base_url, words.timeout)
        for name, part in chosen.items():
            figures |= {(name, job): one for job, one in measured(bench, part).items()}
    titles = {
        name: part.list.words + (", through stdin" if part.through_stdin else "") for name, part in chosen.items()
    }
    found = verdicts(figures)
    print(figures_table(figures, titles), verdicts_table(found), machine(), sep="\n\n")
    if words.size != "full":
        print("\nThe targets are about the full size (make bench); at this size start-up weighs more.")
    if words.write:
        blocks = [machine(), ratios_table(figures, titles), verdicts_table(found, "github")]
        page = replace_block(words.write.read_text(encoding="utf-8"), "\n\n".join(blocks))
        words.write.write_text(page, encoding="utf-8")
    return 0 if all(one.holds for one in found) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the importer beside the same job written the usual ways.")
    names = list(parts("quick", 1))
    parser.add_argument("--size", choices=("quick", "full"), default="quick")
    parser.add_argument("--runs", type=int, default=3, help="runs of each job, of which the median counts")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="parts to measure")
    parser.add_argument("--timeout", type=float, default=1_800, help="seconds after which a job is ended")
    parser.add_argument("--folder", type=Path, default=TOP / "build" / "bench", help="where the lists are kept")
    parser.add_argument(
        "--write", type=Path, help="page in which the marked block is replaced by the tables, as ratios"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
