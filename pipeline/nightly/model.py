"""What a night came to, as data: every file of every job, what did not come, and whether a person must act."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class FileState(StrEnum):
    """What became of a file in this night."""

    #: It came, and all of it was done; filed under done/.
    IMPORTED = "imported"
    #: An earlier night had left it; now all of it is done, and it is filed under done/.
    RESUMED = "resumed"
    #: Its run is over since earlier; what became of its leads was asked.
    LOOKED_BACK = "looked_back"
    #: Its content was imported before, under this name or another: filed under done/, nothing sent.
    SKIPPED = "skipped"
    #: Refused (cannot be read, does not fit, too many invalid rows): filed under failed/, nothing sent.
    FAILED = "failed"
    #: Rows wait to be sent; it stays in working/, and the next night goes on.
    STOPPED = "stopped"
    #: Not begun: the job or the night ended first. It stays where it is, and the next night begins it.
    WAITING = "waiting"
    #: Too young, or not of the same size as a moment ago: whoever sends it is not done.
    STILL_GROWING = "still_growing"
    #: Only checked: the night was a dry run.
    CHECKED = "checked"


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file of one job. No word of it holds a cell of the list.

    `run_id` is "" where no run was made. `outcomes` and `queue` are those of the run's summary (docs/results.md),
    `before` what its outcomes were when this night began: empty for a file that is new.
    `filed`: where the file lies now. `next_step`: what a person does, as a command where there is one, and whether it
    `needs_a_person` at all: rows that are invalid in a list that was imported are told, but nobody is called.
    """

    job: str
    file: str
    state: FileState
    words: str
    run_id: str = ""
    rows: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    queue: dict[str, int] = field(default_factory=dict)
    exit_code: int = 0
    next_step: str = ""
    needs_a_person: bool = False
    filed: str = ""

    def looked_at_again(self, later: FileReport) -> FileReport:
        """This report with what a look back in the same night has shown."""
        done = self.state in (FileState.IMPORTED, FileState.RESUMED)
        last = later if done else self  # what stopped a run is not mended by looking back
        return replace(
            self, outcomes=later.outcomes, queue=later.queue, exit_code=last.exit_code, next_step=last.next_step,
            needs_a_person=last.needs_a_person, words="; ".join(filter(None, (self.words, later.words))),
        )  # fmt: skip

    @property
    def tonight(self) -> Counter[str]:
        """How many rows came to each outcome in this night."""
        return Counter(self.outcomes) - Counter(self.before)


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job of a night, with its files in the order in which they were taken.

    `missing`: files that were expected and did not come, each in words. `problem`: why the job as a whole could not
    be done (the key was refused, the inbox cannot be read), "" when it could; `next_step` is its cure. `notes`: what
    is good to know and calls nobody.
    """

    job: str
    files: tuple[FileReport, ...] = ()
    missing: tuple[str, ...] = ()
    problem: str = ""
    next_step: str = ""
    exit_code: int = 0
    notes: tuple[str, ...] = ()

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody must do something before the next night."""
        return bool(self.problem or self.missing) or any(one.needs_a_person for one in self.files)


#: Exit codes of docs/results.md, the worst first: what a night with several of them exits with.
WORST_FIRST: Final = (130, 70, 4, 3, 5, 2, 1)


@dataclass(frozen=True, slots=True)
class Night:
    """A night as a whole. Times are UTC, ISO; `day` is that of its beginning by this machine's clock, by which files
    are filed. `notes` are about no job.

    `interrupted`: a person or the system ended it early, and the next night goes on.
    """

    started_at: str
    finished_at: str
    jobs: tuple[JobReport, ...]
    dry_run: bool = False
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    day: str = ""

    @property
    def exit_code(self) -> int:
        """The worst of its files' and jobs', by docs/results.md; 1 where only a file did not come."""
        codes = {one.exit_code for one in self.files if one.state is not FileState.LOOKED_BACK}
        codes |= {job.exit_code for job in self.jobs} | {1 for job in self.jobs if job.missing}
        codes |= {130} if self.interrupted else set()
        return next((code for code in WORST_FIRST if code in codes), 0)

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody must do something before the next night."""
        return any(job.needs_a_person for job in self.jobs)

    @property
    def files(self) -> tuple[FileReport, ...]:
        """All files of all jobs."""
        return tuple(one for job in self.jobs for one in job.files)

    def rows(self) -> Counter[str]:
        """How many rows came to each outcome in this night; what a look back has changed aside."""
        seen = (one.tonight for one in self.files if one.state is not FileState.LOOKED_BACK)
        return sum(seen, Counter[str]())
