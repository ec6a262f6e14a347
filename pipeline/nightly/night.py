"""The story of a night, top to bottom: what the last one left, then what has come in, job by job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pipeline.advice import command
from pipeline.errors import ImportFailure
from pipeline.locks import opened_journal
from pipeline.nightly.checking import read_jobs
from pipeline.nightly.filing import strangers
from pipeline.nightly.jobs import Jobs
from pipeline.nightly.model import Night
from pipeline.nightly.one_job import JobNight
from pipeline.nightly.scene import Scene, ending_by_signals
from pipeline.nightly.untold import Untold
from pipeline.world import World


def run_night(
    jobs_path: str | Path, world: World | None = None, *, only: Sequence[str] = (), dry_run: bool = False
) -> Night:
    """Do the jobs of a jobs file (docs/nightly.md), or only those of these names; what they came to.

    For schedulers that import this package: nothing is printed and nobody is told, that is up to the caller
    (`pipeline.nightly.digest` has the words, `pipeline.nightly.telling` the channels). `world`: time, a person's
    eyes, and whether Ctrl-C and SIGTERM are caught (in the main thread only); by default the real clock alone.

    Raises ConfigError where the jobs file is wrong, RunLocked where another night or run uses its output folder:
    before anything was done. Whatever happens to a file or a job later is in the `Night`, and not raised.
    """
    jobs = read_jobs(Path(jobs_path), only)
    night = night_of(jobs, world or World(), only=only, dry_run=dry_run)
    was_told(jobs, night)  # whoever called this has it now
    return night


def was_told(jobs: Jobs, night: Night) -> None:
    """The digest of a night has been told: what it says of filed lists need not be said by the next."""
    if night.dry_run:
        return
    for job in night.jobs:
        with suppress(ImportFailure, OSError):  # it is told once more, then
            Untold.of(jobs.output, job.job).tell({one.filed for one in job.files})


def night_of(
    jobs: Jobs,
    world: World,
    *,
    only: Sequence[str] = (),
    dry_run: bool = False,
    begun: Callable[[], object] = lambda: None,
) -> Night:
    """A night of jobs that were checked; as `run_night`, but that `was_told` is left to the caller.

    `begun` is called once the output folder is this night's alone.
    """
    import pandera.pandas  # noqa: F401 - before threads need it: two that import it at once fail

    began = world.now()
    with opened_journal(jobs.output, began) as journal:
        begun()
        scene = Scene(jobs, world, journal, began)
        with ending_by_signals(scene):
            nights = [JobNight(scene, job) for job in jobs.jobs if not only or job.name in only]
            for one in nights:
                one.begin()
            _side_by_side(_groups(nights, jobs.parallel), jobs.parallel, dry_run=dry_run)
            reports = tuple(one.report() for one in nights)
            notes = () if dry_run else _notes(scene, nights)
        return Night(_iso(began), _iso(world.now()), reports, dry_run, scene.ended, notes, scene.day.isoformat())


def _side_by_side(groups: Sequence[Sequence[JobNight]], parallel: int, *, dry_run: bool) -> None:
    """So many groups at a time, in their order; the jobs of one group one after the other."""

    def do(group: Sequence[JobNight]) -> None:
        if dry_run:
            for one in group:
                one.check_new()
            return
        for one in group:
            one.finish_first()
        for one in group:
            one.take_new()

    if len(groups) == 1 or parallel == 1:
        for group in groups:
            do(group)
        return
    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(do, groups))


def _groups(nights: Sequence[JobNight], parallel: int) -> list[list[JobNight]]:
    """Those of one campaign together: two runs of it never go side by side. One at a time, all are one group."""
    groups: dict[object, list[JobNight]] = {}
    for one in nights:
        key: object = one.desk.campaign_key if one.desk else one.job.name
        groups.setdefault(key if parallel > 1 else "", []).append(one)
    return list(groups.values())


def _notes(scene: Scene, nights: Sequence[JobNight]) -> tuple[str, ...]:
    """What was left and is no job's: runs of other campaigns, files in working/ of jobs that are no more."""
    known = {one.name for one in scene.jobs.jobs}
    tops = dict.fromkeys(scene.jobs.files(job) for job in scene.jobs.jobs)
    notes = list[str]()
    with suppress(OSError):  # a folder that cannot be read is a problem of the job that has it
        notes += [f"{path} belongs to no job: was one renamed?" for top in tops for path in strangers(top, known)]
    if len(nights) == len(known) and all(one.desk for one in nights):
        keys = [one.desk.campaign_key for one in nights if one.desk]
        for left in scene.journal.nights.elsewhere(keys):
            go_on = command({"output": str(scene.jobs.output)}, "resume", left.run_id)
            notes.append(f"run {left.run_id} of campaign {left.reference} is not done, and no job has it: {go_on}")
    return tuple(notes)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
