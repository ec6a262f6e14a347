"""Where a person is: in which rows of which runs, and in which files of the output folder and of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.files_of_run import RESULTS
from pipeline.journal import Journal, Run
from pipeline.retention import record
from pipeline.retention.beside import copies, filed_list
from pipeline.retention.person import Person
from pipeline.retention.profiles import rows_in, without
from pipeline.retention.run_files import is_own, rows_with
from pipeline.retention.search import files_below, is_in_file

#: Files of an output folder that are not searched: the journal is asked, and the others hold nobody in clear.
_NOT_SEARCHED: Final = (
    "journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm", "journal.lock", "journal.holder", "ledger.key",
    record.NAME,
)  # fmt: skip


@dataclass(slots=True)
class Trace:
    """A run in which the person is: the numbers of their rows, and the files that have them, by name."""

    run: Run
    rows: set[int] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    #: Of these the copies beside its filed list have them.
    copies: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Traces:
    """All runs in which the person is, by id. `elsewhere`: files with the person that this program did not write, or
    not in this folder; `unread`: files that could not be searched.
    """

    runs: dict[str, Trace] = field(default_factory=dict)
    elsewhere: list[Path] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)


def look(journal: Journal, output: Path, person: Person, folders: Sequence[Path] = ()) -> Traces:
    """Look for the person in the journal, in all files of its output folder, in the lists of their runs where those
    still are or were filed by a nightly run, and in `folders`. Memory is flat.
    """
    return _Look(journal, output, person).at_all(folders)


class _Look:
    def __init__(self, journal: Journal, output: Path, person: Person) -> None:
        self._journal, self._output, self._person = journal, output, person
        self._known = set(journal.retention.all_runs())
        self._traces = Traces()
        #: The lists that nightly runs have filed, and the copies of runs' files that are beside them.
        self._filed, self._copies = set[Path](), set[Path]()

    def at_all(self, folders: Sequence[Path]) -> Traces:
        for said in self._journal.retention.texts():
            if self._person.is_in(said.text):
                self._trace(said.run_id).rows.add(said.row)
        for run_id in sorted(self._known):
            self._at_run(run_id)
        for path in files_below(self._output):
            if path.relative_to(self._output).parts[0] not in _NOT_SEARCHED and self._has(path):
                self._at_file(path)
        lists = {Path(one.run.about["path"]) for one in self._traces.runs.values() if one.run.about.get("path")}
        below = (path for folder in folders for path in files_below(folder))
        known = {one.resolve() for one in self._traces.elsewhere} | self._copies
        for path in [*sorted(lists | self._filed), *below]:
            if (whole := path.resolve()) in known or not path.is_file():
                continue
            known.add(whole)
            if self._has(path):
                self._traces.elsewhere.append(path)
        return self._traces

    def _trace(self, run_id: str) -> Trace:
        if run_id not in self._traces.runs:
            self._traces.runs[run_id] = Trace(self._journal.run(run_id))
        return self._traces.runs[run_id]

    def _at_run(self, run_id: str) -> None:
        """What a run knows of itself and of its list."""
        run, person = self._journal.run(run_id), self._person
        if rows := rows_in(self._journal.quality.of(run_id), person):
            self._trace(run_id).rows.update(rows)
        if person.is_in(run.stopped) or without(run.about, person) != run.about:
            self._trace(run_id)
        if filed := filed_list(run):
            self._filed.add(filed)
        for name, path in copies(run).items():
            self._copies.add(path.resolve())
            if self._has(path):
                self._trace(run_id).copies.add(name)

    def _at_file(self, path: Path) -> None:
        """A file of the output folder that has the person."""
        run_id, *names = path.relative_to(self._output).parts
        if path.resolve() in self._copies:
            return
        if run_id not in self._known or not names or not is_own(names[0]):
            self._traces.elsewhere.append(path)
            return
        trace = self._trace(run_id)
        trace.files.add(names[0])
        if names[0] == RESULTS and trace.run.about["dry_run"]:
            trace.rows.update(rows_with(self._person, path))

    def _has(self, path: Path) -> bool:
        try:
            return is_in_file(self._person, path)
        except OSError:
            self._traces.unread.append(path)
            return False
