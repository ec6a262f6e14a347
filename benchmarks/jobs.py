"""The jobs that are measured, the lists they are given, and the sandbox that the importer asks for its campaign."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import Measured, measure

HERE: Final = Path(__file__).resolve().parent
TOP: Final = HERE.parent
#: In the environment that a user has: beside polars, pandera would load polars too.
IMPORTER: Final = TOP / ".venv" / Path(sys.executable).parent.name / "leadbyte-import"
OURS: Final = "leadbyte-import"
FRICTIONLESS: Final = "frictionless"
PANDAS: Final = "pandas + pandera"
POLARS: Final = "polars + pandera"
PYDANTIC: Final = "pydantic by row"
OPENPYXL: Final = "openpyxl, reading alone"
SCRIPTS: Final = {
    FRICTIONLESS: "frictionless_validate.py",
    PANDAS: "pandas_pandera.py",
    POLARS: "polars_pandera.py",
    PYDANTIC: "pydantic_rows.py",
    OPENPYXL: "openpyxl_rows.py",
}


@dataclass(frozen=True, slots=True)
class List:
    """A list to make: its file's name says all that is in it, so that it is made once."""

    rows: int
    bad: float
    kind: str = "csv"

    @property
    def name(self) -> str:
        return f"list-{self.rows}-bad{self.bad * 100:.0f}.{self.kind}"

    @property
    def words(self) -> str:
        return f"{self.rows:,} rows, {self.bad:.0%} bad" + (", xlsx" if self.kind == "xlsx" else "")

    def made(self, folder: Path) -> tuple[Path, dict[str, int]]:
        """The list's file and what was planted in it; written first when it is not there."""
        path = folder / self.name
        facts = path.with_name(f"{path.name}.json")
        if not facts.exists():
            # A process of its own: what it takes in memory must not count for the jobs started from here.
            words = [path, "--rows", self.rows, "--bad", self.bad]
            script = [sys.executable, "-m", "benchmarks.make_list", *map(str, words)]
            subprocess.run(script, cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        return path, json.loads(facts.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to work and whom to ask: `scratch` is emptied after every job, `base_url` is the sandbox's."""

    lists: Path
    scratch: Path
    base_url: str
    timeout: float

    def once(self, job: str, wanted: List, through_stdin: bool = False) -> tuple[Measured, str]:
        """Run a job on a list; what was measured, and what is wrong with its outcome ("" when it is right)."""
        path, planted = wanted.made(self.lists)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEADBYTE_", "PYTHON"))}
        env = kept | {"LEADBYTE_BASE_URL": self.base_url, "LEADBYTE_API_KEY": "sandbox-key"}
        self.scratch.mkdir(parents=True, exist_ok=True)
        try:
            command = _command(job, "-" if through_stdin else str(path), self.scratch)
            measured = measure(command, self.scratch, env, path if through_stdin else None, self.timeout)
        finally:
            shutil.rmtree(self.scratch)
        return measured, fault(job, measured, planted)


def compile_packages() -> None:
    """Compile what the jobs import, once: a peer that compiles its libraries at every start would seem slow."""
    bench = Path(sys.prefix)
    for folder in (bench, IMPORTER.parent.parent, TOP / "pipeline", HERE):
        subprocess.run([sys.executable, "-m", "compileall", "-q", folder], check=False, stdout=subprocess.DEVNULL)


def _command(job: str, listed: str, scratch: Path) -> list[str]:
    if job == OURS:
        mapping = HERE / "mapping.yaml"
        return [str(IMPORTER), "check", listed, "--mapping", str(mapping), "--output", str(scratch / "output"),
                "--quiet", "--json"]  # fmt: skip
    return [sys.executable, str(HERE / "peers" / SCRIPTS[job]), listed, str(scratch / "results.csv")]


def fault(job: str, measured: Measured, planted: dict[str, int]) -> str:
    """What is wrong with how a job ended: that it failed, or counts other than what the list holds; else ""."""
    if measured.timed_out:
        return f"ended after {measured.seconds:,.0f} s"
    try:
        counted = _counted(job, json.loads(measured.out))
    except (ValueError, KeyError):
        last = (measured.err.strip() or "it said nothing").splitlines()[-1]
        return f"failed with exit code {measured.exit_code}: {last}"
    wrong = [
        f"{what} {number:,} instead of {planted[what]:,}"
        for what, number in counted.items()
        if number != planted[what]
    ]
    return f"counted {', '.join(wrong)}" if wrong else ""


def _counted(job: str, answer: dict[str, Any]) -> dict[str, int]:
    """The counts that a job printed, under the names of what was planted."""
    if job != OURS:
        return {str(what): int(number) for what, number in answer.items()}
    outcomes = answer["outcomes"]
    return {"rows": answer["rows"], "invalid": outcomes["invalid"], "duplicate": outcomes["duplicate"]}


@contextlib.contextmanager
def sandbox(*flags: str) -> Iterator[str]:
    """A LeadByte on this machine while the block runs, started with these flags; yields its address."""
    command = [str(IMPORTER), "sandbox", "--port", "0", *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, encoding="utf-8") as process:
        try:
            said = process.stderr.readline() if process.stderr else ""
            address = re.search(r"http://\S+", said)
            if address is None:
                raise RuntimeError(f"the sandbox did not start: {said}")
            yield address[0]
        finally:
            process.terminate()
