"""The tables of a benchmark: for the terminal, and as ratios for docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from tabulate import tabulate

from benchmarks.jobs import OURS
from benchmarks.targets import MB, Figures, Verdict

BEGIN: Final = "<!-- written by make bench: begin -->"
END: Final = "<!-- written by make bench: end -->"
_NAMED: Final = (
    "pandas",
    "pandera",
    "pyarrow",
    "numpy",
    "python-calamine",
    "frictionless",
    "pydantic",
    "polars",
    "openpyxl",
)


def figures_table(figures: Figures, parts: Mapping[str, str]) -> str:
    """Everything that was measured, for the terminal. `parts` gives each part its words."""
    rows = [
        [
            parts[part],
            job,
            f"{one.seconds:,.2f}",
            f"{one.rows / one.seconds:,.0f}",
            f"{one.cpu:,.2f}",
            f"{one.peak / MB:,.0f}",
            _times(one.seconds, figures, part),
            one.fault,
        ]
        for (part, job), one in figures.items()
    ]
    headers = ["list", "job", "seconds", "rows/s", "CPU s", "peak MB", "time, ours = 1", "fault"]
    return _table(rows, headers, "simple")


def ratios_table(figures: Figures, parts: Mapping[str, str]) -> str:
    """Time and CPU time as multiples of the importer's, and peak memory: what holds on other machines too."""
    rows = [
        [
            parts[part],
            job,
            _times(one.seconds, figures, part),
            _times_cpu(one.cpu, figures, part),
            f"{one.peak / MB:,.0f}",
        ]
        for (part, job), one in figures.items()
        if not one.fault
    ]
    return _table(rows, ["list", "job", "time, ours = 1", "CPU time, ours = 1", "peak MB"], "github")


def verdicts_table(found: Iterable[Verdict], style: str = "simple") -> str:
    """The targets, each with its figure and whether it holds."""
    words = {True: "holds", False: "DOES NOT HOLD"}
    if style == "github":
        return _table([[one.target, one.figure, one.asked, words[one.holds]] for one in found],
                      ["target", "figure", "asked", ""], style)  # fmt: skip
    rows = [[one.target, one.figure, one.asked, one.ours, one.allowed, words[one.holds]] for one in found]
    return _table(rows, ["target", "figure", "asked", "ours", "allowed", ""], style)


def machine() -> str:
    """The machine and the versions, in two sentences."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {known}" for name in _NAMED if (known := _version(name)))
    return (
        f"{cores} cores of {_processor()}, {memory:.0f} GiB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}. {libraries}."
    )


def replace_block(page: str, block: str) -> str:
    """The page with what stands between its two marks replaced. ValueError when a mark is missing."""
    marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not marked.search(page):
        raise ValueError(f"the page has no lines {BEGIN} and {END}, between which the tables go")
    return marked.sub(lambda _: f"{BEGIN}\n{block.strip()}\n{END}", page, count=1)


def _table(rows: list[list[str]], headers: list[str], style: str) -> str:
    return tabulate(rows, headers=headers, tablefmt=style, disable_numparse=True)


def _times(seconds: float, figures: Figures, part: str) -> str:
    ours = figures.get((part, OURS))
    return f"{seconds / ours.seconds:.2f}" if ours and not ours.fault else ""


def _times_cpu(cpu: float, figures: Figures, part: str) -> str:
    ours = figures.get((part, OURS))
    return f"{cpu / ours.cpu:.2f}" if ours and not ours.fault else ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return named[1] if named else platform.processor() or platform.machine()
