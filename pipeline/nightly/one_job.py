"""One job of a night: what the last one left, then what has come in."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from pipeline.drift import lock_of
from pipeline.errors import ImportFailure
from pipeline.load.copies import folder_for_copies
from pipeline.mapping import read_mapping
from pipeline.nightly.desk import Desk
from pipeline.nightly.filing import Files
from pipeline.nightly.handling import ENDING, import_file, tell_late
from pipeline.nightly.inbox import inbox_at
from pipeline.nightly.jobs import Job
from pipeline.nightly.leftovers import begun_by, by_hand, tasks
from pipeline.nightly.looking_back import DAYS, LookingBack
from pipeline.nightly.model import FileReport, FileState, JobReport
from pipeline.nightly.scene import Scene
from pipeline.nightly.settling import Settling
from pipeline.nightly.words import tellable_hint
from pipeline.run import import_list

#: Names that a note lists, at most.
SHOWN = 5


class JobNight:
    """A job while the night lasts. Nothing that goes wrong with it is raised: it stands in the report."""

    def __init__(self, scene: Scene, job: Job) -> None:
        self.scene, self.job = scene, job
        self.inbox = inbox_at(scene.jobs.inbox(job))
        self.files = Files(scene.jobs.files(job), job.name)
        self.desk: Desk | None = None
        self._settling = Settling(
            self.inbox.look, job.pattern, job.settle, lambda: scene.world.now().timestamp(), scene.wait
        )
        self._reports: list[FileReport] = []
        self._notes: list[str] = []
        self._problem: ImportFailure | None = None
        #: Where files of the inbox lie since they were taken, by where they lay before.
        self._moved: dict[str, Path] = {}

    def begin(self) -> None:
        """Look into the inbox for the first time, and ask LeadByte for the campaign."""
        with self._told():
            self._settling.begin()
        with self._told():
            mapping, _text = read_mapping(self.scene.jobs.folder / self.job.mapping)
            service = self.scene.service(self.scene.jobs.accounts[self.job.account])
            campaign = service.campaign(self.job.campaign or mapping.campaign)
            world = self.scene.world_of(self.job)
            self.desk = Desk(self.scene, self.job, service, campaign, self.files, self.inbox, world)
            self.scene.first_of(self.desk.campaign_key, self.job.name)

    def finish_first(self) -> None:
        """Go on with what earlier nights have left, file what they could not, and look back."""
        with self._told():
            taken = self.files.taken()
            if (desk := self.desk) is None:
                self._reports += [self._waits(one.path.name, str(one.path)) for one in taken]
                return
            since = (self.scene.began - timedelta(days=DAYS)).isoformat(timespec="seconds")
            self._reports += [tell_late(desk, one) for one in desk.untold.there()]
            runs = desk.left(since)
            for task in tasks(desk, runs, taken):
                self._one(task.name, task.where, task.do)
            self._notes += by_hand(desk, runs)
            self._look_back(desk, since)

    def take_new(self) -> None:
        """Import what has come in, by date and name, once it stands still."""
        with self._told():
            for named, stamp in self._settling.steady():
                where = self.inbox.where(named.name)
                if self._stops():
                    self._reports.append(self._waits(named.name, where))
                elif self.inbox.look().files.get(named.name) != stamp:
                    self._settling.growing.append(named.name)
                else:
                    self._one(named.name, where, partial(self._take, named.name))
        for name in self._settling.growing:
            self._reports.append(self._report(name, FileState.STILL_GROWING, "the next night takes it"))
        with self._told():
            self._note_strangers()
            if self.desk:
                began = self.scene.began.isoformat(timespec="seconds")
                self._look_back(self.desk, began, queue=False)

    def _take(self, name: str) -> FileReport:
        desk, taken = self._at_work(), self.files.new_place(name, self.scene.world.now())
        not_done = self.inbox.take(name, taken.path)
        self._moved[self.inbox.where(name)] = taken.path
        self._notes += [not_done] if not_done else []
        return import_file(desk, taken)

    def _look_back(self, desk: Desk, since: str, *, queue: bool = True) -> None:
        looking = LookingBack(desk, queue=queue)
        for found in looking.at(desk.left(since), lambda: self.scene.ended):
            self._add(found)
        self._notes += looking.notes

    def _add(self, looked: FileReport) -> None:
        """What a look back has shown: with the file's own report where it has one of this night."""
        for number, one in enumerate(self._reports):
            if one.run_id == looked.run_id:
                self._reports[number] = one.looked_at_again(looked)
                return
        # What was left open by another night was told then; it calls nobody again.
        self._reports.append(replace(looked, needs_a_person=False))

    def check_new(self) -> None:
        """A dry run: what has come in is checked where it is. Nothing is moved, and nothing sent."""
        with self._told():
            began = self.scene.began.isoformat(timespec="seconds")
            begun = begun_by(self.desk.left(began)) if self.desk else set[str]()
            for one in self.files.taken():
                name, where = one.path.name, str(one.path)
                if one.token in begun:
                    self._reports.append(self._waits(name, where, "the night would go on with it"))
                else:  # it was taken, and the night or a drift stopped it before it had a run
                    self._one(name, where, partial(self._checked, name, where, one.path))
            for named in sorted(self._settling.named(self.inbox.look()), key=lambda one: one.order):
                where = self.inbox.where(named.name)
                self._one(named.name, where, partial(self._checked, named.name, where))
            self._note_strangers()

    def _checked(self, name: str, where: str, taken: Path | None = None) -> FileReport:
        desk = self._at_work()
        report = FileReport(self.job.name, name, FileState.CHECKED, "", filed=where)
        with folder_for_copies(self.scene.jobs.output) as folder:
            try:
                path = taken or self.inbox.readable(name, folder / name)
                found = import_list(desk.order(path, name, dry_run=True), desk.service, desk.world)
            except ImportFailure as error:
                words, code = desk.words_for(error), error.exit_code
                return replace(report, words=words, exit_code=code, needs_a_person=True)
        return replace(
            report, words=found.blocked or found.verdict.rstrip("."), run_id=found.run_id, rows=found.rows,
            outcomes=found.outcomes, exit_code=found.exit_code, needs_a_person=bool(found.blocked),
        )  # fmt: skip

    # ------------------------------------------------------------------ the end

    def report(self) -> JobReport:
        """What the night came to for this job."""
        missing: tuple[str, ...] = ()
        with self._told():
            missing = self._missing()
        problem, words = self._problem, ""
        if problem:
            words = self.desk.words_for(problem) if self.desk else " ".join(problem.message.split())
        return JobReport(
            self.job.name, tuple(self._reports), missing, words, tellable_hint(problem) if problem else "",
            problem.exit_code if problem else 0, tuple(dict.fromkeys((*self._notes, *self._unlocked()))),
        )  # fmt: skip

    def _unlocked(self) -> list[str]:
        """That nothing tells this job of a change of its campaign: told in nights that have files."""
        mapping = self.scene.jobs.folder / self.job.mapping
        worked = any(one.state is not FileState.LOOKED_BACK for one in self._reports)
        if self.desk is None or not worked or lock_of(mapping).exists():
            return []
        make = ["leadbyte-import", "accept-changes", str(mapping), "--list", "FILE"]
        make += ["--campaign", self.job.campaign] if self.job.campaign else []
        return [
            f"{mapping} has no lock, so a campaign or a header that changes stops nothing; to make one from a list "
            f"that is right: {shlex.join(make)}"
        ]

    def _missing(self) -> tuple[str, ...]:
        """Files that were expected and did not come. Those count that are not done, and of earlier nights today."""
        today, pattern = self.scene.day, self.job.pattern
        expected = self.job.expect.on(today)
        if not expected or self.scene.ended:
            return ()
        came = self.files.filed_on(today, pattern) + sum(one.day == today for one in self.files.taken())
        with suppress(ImportFailure):  # an inbox that cannot be read is a problem of its own
            came += len(self._settling.named(self.inbox.look()))
        if came >= expected:
            return ()
        last = next((day for day in self.files.days() if day < today and self.files.filed_on(day, pattern)), None)
        before = f"; the last came on {last}" if last else ""
        many = "1 file" if expected == 1 else f"{expected} files"
        return (f"{many} like {pattern.text} expected ({self.job.expect.text}), {came or 'none'} came{before}",)

    def _note_strangers(self) -> None:
        """What lies in the inbox and is for no job; told by the first of the jobs that have this inbox."""
        jobs = self.scene.jobs
        beside = [one for one in jobs.jobs if inbox_at(jobs.inbox(one)).shown == self.inbox.shown]
        if beside[0].name != self.job.name:
            return
        look = self.inbox.look()
        names = sorted(
            one for one in look.files if one[0] != "." and not any(job.pattern.match(one) for job in beside)
        )
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            self._notes.append(f"no job takes from {self.inbox.shown}: {', '.join(names[:SHOWN])}{more}")
        for one in look.no_files:
            self._notes.append(f"{self.inbox.where(one)} is a link or a device, not a file, and is not taken")

    # ------------------------------------------------------------------ one after the other

    def _one(self, name: str, where: str, do: Callable[[], FileReport]) -> None:
        """One file, or one run that was left. Whatever goes wrong, the night goes on."""
        if self._stops():
            self._reports.append(self._waits(name, where))
            return
        try:
            report = do()
        except ImportFailure as error:
            self._problem = error
            report = self._waits(name, self._lies(where))
        except Exception as error:  # noqa: BLE001 - its text may quote the list: its kind is told, and no more
            report = FileReport(
                self.job.name, name, FileState.WAITING, _fault(error), exit_code=70, needs_a_person=True,
                filed=self._lies(where), next_step="report it; the next night tries again",
            )  # fmt: skip
        self._reports.append(report)
        words = f": {report.words}" if report.words else ""
        self.scene.world.tell(f"{self.job.name}: {report.file} {report.state.replace('_', ' ')}{words}")
        if report.state is FileState.STOPPED:
            self._heed(report)

    def _lies(self, where: str) -> str:
        """Where a file lies now, that lay there when its turn came."""
        moved = self._moved.get(where)
        return str(moved) if moved and moved.exists() else where

    def _heed(self, report: FileReport) -> None:
        """Some stops are for the campaign as a whole."""
        kind = self.scene.journal.run(report.run_id).about.get("stop_kind", "")
        if kind in ENDING:
            self.scene.halted[self._at_work().campaign_key] = f"run {report.run_id} stopped first"

    def _stops(self) -> str:
        """Why nothing more is begun; "" while there is no reason."""
        if self.desk is None or self._problem:
            return "the job could not be done"
        if self.scene.ended or self.scene.is_over:
            return "the night was ended" if self.scene.ended else "the night is over"
        return self.scene.halted.get(self.desk.campaign_key, "")

    def _at_work(self) -> Desk:
        assert self.desk is not None  # noqa: S101 - whoever asks has asked `_stops`
        return self.desk

    def _waits(self, name: str, where: str, why: str = "") -> FileReport:
        return FileReport(self.job.name, name, FileState.WAITING, why or self._stops(), filed=where)

    def _report(self, name: str, state: FileState, words: str, **known: object) -> FileReport:
        return FileReport(self.job.name, name, state, words, filed=self.inbox.where(name), **known)  # type: ignore[arg-type]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong in the block is the job's problem; the first one stays."""
        try:
            yield
        except ImportFailure as error:
            self._problem = self._problem or error
        except Exception as error:  # noqa: BLE001 - one job's failure never stops the others
            disk = isinstance(error, OSError)
            cure = "mend it, and mind the permissions" if disk else "report it"
            failure = ImportFailure(_fault(error), f"{cure}; the next night tries again")
            failure.exit_code = 2 if disk else 70
            self._problem = self._problem or failure


def _fault(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'the disk'}: {error.strerror or type(error).__name__}"
    return f"this program has a fault ({type(error).__name__}); what was sent is in the journal"
