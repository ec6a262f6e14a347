"""What a jobs file has, and what waits in its inboxes: for `--list`. Asks LeadByte nothing and locks nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from pipeline.errors import ImportFailure
from pipeline.mapping import read_mapping
from pipeline.nightly.filing import Files
from pipeline.nightly.inbox import inbox_at
from pipeline.nightly.jobs import Job, Jobs

#: Version of the JSON form.
LISTING_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A job, the names of the files that wait for it, and of those that are in working/. `problem`: of its inbox."""

    job: str
    account: str
    campaign: str
    inbox: str
    pattern: str
    expect: str
    waiting: tuple[str, ...] = ()
    working: tuple[str, ...] = ()
    problem: str = ""


def listed(jobs: Jobs) -> list[Listed]:
    """The jobs in the order of the file."""
    return [_listed(jobs, job) for job in jobs.jobs]


def as_json(found: list[Listed]) -> dict[str, Any]:
    """The list for programs."""
    return {"format": LISTING_FORMAT, "jobs": [asdict(one) for one in found]}


def table(found: list[Listed]) -> str:
    """The list for people."""
    from tabulate import tabulate

    rows = [
        (
            one.job, one.account, one.campaign, f"{one.inbox}/{one.pattern}", one.expect,
            one.problem or len(one.waiting), len(one.working),
        )
        for one in found
    ]  # fmt: skip
    head = ("job", "account", "campaign", "takes", "expected", "waiting", "in working")
    return tabulate(rows, head, disable_numparse=True, colalign=("left",) * 5 + ("right",) * 2)


def _listed(jobs: Jobs, job: Job) -> Listed:
    campaign = job.campaign or read_mapping(jobs.folder / job.mapping)[0].campaign
    inbox, files = inbox_at(jobs.inbox(job)), Files(jobs.files(job), job.name)
    waiting, problem = list[str](), ""
    try:
        waiting = sorted(name for name in inbox.look().files if job.pattern.match(name))
    except ImportFailure as error:
        problem = error.message
    return Listed(
        job.name, job.account, campaign, inbox.shown, job.pattern.text, job.expect.text, tuple(waiting),
        tuple(files.names()), problem,
    )  # fmt: skip
