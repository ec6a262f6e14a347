"""The importer as the torture runs it: `run` on a list, then `resume` until nothing is left to send.

The real client over HTTP, the real journal on disk; what is added are witnesses and boundaries.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks.torture.boundaries import Boundaries
from benchmarks.torture.server import KEY
from benchmarks.torture.witness import watched, writing_to
from pipeline.config import Settings
from pipeline.journal import Journal
from pipeline.leadbyte.client import LeadByte
from pipeline.report import Summary
from pipeline.run import import_list, resume_run
from pipeline.world import Order, World


@dataclass(frozen=True)
class Importer:
    """One list into one folder of its own; `settings` are further ones of LeadByte's client."""

    base_url: str
    folder: Path
    rate: str = "400/s"
    max_errors: int = 1_000
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        """Where the runs go."""
        return self.folder / "output"

    @property
    def notes(self) -> Path:
        """What the witness of the journal wrote in the present launch."""
        return self.folder / "witness"

    def go(self, boundaries: Boundaries | None = None) -> int:
        """Import, or go on with the last run; returns the exit code."""
        service = self.service()
        with ExitStack() as stack:
            stack.enter_context(watched(Journal, writing_to(self.notes)))
            if boundaries is not None:
                service.post = boundaries.around(service.post, "POST")  # type: ignore[method-assign]
                stack.enter_context(boundaries.installed())
            return self.launch(service).exit_code

    def launch(self, service: LeadByte, world: World | None = None) -> Summary:
        """`run` when the journal knows of no run yet, else `resume` of the last one."""
        world = world or World()
        runs = known_runs(self.output)
        if runs:
            return resume_run(runs[-1], self.output, service, world)
        return import_list(self.order(), service, world)

    def order(self) -> Order:
        """The order to import the list."""
        return Order(
            str(self.folder / "leads.csv"),
            self.folder / "mapping.yaml",
            self.output,
            rate=self.rate,
            max_errors=self.max_errors,
        )

    def service(self) -> LeadByte:
        """The real client."""
        return LeadByte(self.settings_of())

    def settings_of(self) -> Settings:
        """The client's settings, the key among them."""
        return Settings(base_url=self.base_url, api_key=SecretStr(KEY), **self.settings)


def known_runs(output: Path) -> list[str]:
    """The ids of the runs that the journal has, in order. A copy is read: the original stays as a kill left it."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("journal.sqlite3", "journal.sqlite3-wal"):
            if (output / name).exists():
                shutil.copy(output / name, scratch)
        with closing(sqlite3.connect(Path(scratch) / "journal.sqlite3")) as db:
            try:
                return [run for (run,) in db.execute("SELECT run_id FROM runs ORDER BY run_id")]
            except sqlite3.OperationalError:  # killed before there were tables
                return []
