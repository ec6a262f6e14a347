"""What was begun is carried out: a purge or an erasure says in the journal what is to be done before it does it.

A run has its work in `about["retention"]` until all of it is done: its files, and the journal's own remains. Whoever
comes next, after a crash at any moment, does it again from the beginning; done twice it is the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pipeline.files_of_run import REPORT, VENDOR_NOTE
from pipeline.journal import Journal, Run
from pipeline.mending import REST, WORKBOOK
from pipeline.retention import record
from pipeline.retention.beside import renew_copies
from pipeline.retention.profiles import without_examples
from pipeline.retention.run_files import blank_rows, folder_of, remove, write_again


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done to one run: everything personal goes, or what there is of the person of some rows.

    `erasures` are the ids of those that wait for it (pipeline.retention.record); `fix_me`: the workbook of a dry run
    has the person too.
    """

    purge: bool = False
    rows: tuple[int, ...] = ()
    fix_me: bool = False
    erasures: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The work as the journal keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, run: Run) -> Self:
        """The work that the run has."""
        kept = run.about["retention"]
        return cls(kept["purge"], tuple(kept["rows"]), kept["fix_me"], tuple(kept["erasures"]))


def carry_out(journal: Journal, output: Path, now: datetime, *, compact: bool = False) -> dict[str, list[str]]:
    """Carry out all that was begun, and write down which erasures are done; `compact` even where nothing was begun.

    Returns by run the files that went or were written anew, and their copies beside a filed list. Raises ConfigError
    or JournalError where the disk does not let it: nothing is lost, and it may be begun again.
    """
    runs = journal.retention.under_way()
    files: dict[str, list[str]] = {}
    erasures: list[str] = []
    for run_id in runs:
        # The folder as it is named now: a relative one was named from another place.
        journal.amend(run_id, {"output": str(output)})
        run = journal.run(run_id)
        work = Work.of(run)
        files[run_id] = _purged(journal, run) if work.purge else _blanked(run, work)
        write_again(journal, run)
        files[run_id] += renew_copies(run)
        erasures += work.erasures
    if runs or compact:
        journal.retention.compact()
    for one in dict.fromkeys(erasures):
        record.note(output, one, "done", now, files=files)
    for run_id in runs:
        journal.amend(run_id, {"retention": None})
    return files


def _purged(journal: Journal, run: Run) -> list[str]:
    journal.retention.give_up(run.run_id)
    journal.retention.strip(run.run_id, without_examples(journal.quality.of(run.run_id)))
    return _removed(run)


def _blanked(run: Run, work: Work) -> list[str]:
    """The person's rows go out of the files: those that the journal can write again go as a whole."""
    if not run.about["dry_run"] or run.about.get("purged_at"):
        return _removed(run)
    folder = folder_of(run)
    if not folder.exists():
        return []
    workbook = (WORKBOOK, REST) if work.fix_me else ()
    blanked = blank_rows(folder, work.rows) if work.rows else []
    return [*blanked, *remove(folder, (REPORT, VENDOR_NOTE, *workbook))]


def _removed(run: Run) -> list[str]:
    return remove(folder_of(run)) if folder_of(run).exists() else []
