"""What a nightly run has put beside a list that it filed: copies of the run's files, which go where the run's own go.

A list that was filed as `done/2026-11-23/acme.csv` has `acme.csv.results.csv`, `acme.csv.report.html` and so on
beside it (pipeline.nightly.filing, docs/nightly.md); the run knows where, in `about["filed"]`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pipeline.files import whole_file
from pipeline.files_of_run import SUMMARY
from pipeline.journal import Run
from pipeline.retention.run_files import PERSONAL, folder_of, told

#: How a copy is called in a record of what was done: its path has the vendor's name for the list.
COPY: Final = "{} beside the filed list"


def filed_list(run: Run) -> Path | None:
    """Where a nightly run has filed the run's list; None where none has."""
    where = run.about.get("filed")
    return Path(where) if where else None


def copies(run: Run) -> dict[str, Path]:
    """The copies of the run's files that are beside its filed list, by the name of the file."""
    if (filed := filed_list(run)) is None:
        return {}
    named = {name: filed.with_name(f"{filed.name}.{name}") for name in (*PERSONAL, SUMMARY)}
    return {name: path for name, path in named.items() if path.is_file()}


def renew_copies(run: Run) -> list[str]:
    """Copy the run's files anew to where copies of them are, and remove those it has no more; what was done.

    Raises ConfigError where that cannot be.
    """
    if (filed := filed_list(run)) is None:
        return []
    folder, found = folder_of(run), copies(run)
    for name, copy in found.items():
        source = folder / name
        if source.is_file():
            with source.open("rb") as original, whole_file(copy) as file:
                shutil.copyfileobj(original, file)
        else:
            with told(copy):
                copy.unlink()
    for name in (*PERSONAL, SUMMARY):
        with told(filed.parent):
            filed.with_name(f".{filed.name}.{name}.tmp").unlink(missing_ok=True)  # what a killed night has left
    return [COPY.format(name) for name in found]
