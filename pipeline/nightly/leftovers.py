"""What earlier nights have left of a job: files in working/, and runs that are not done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipeline.advice import command
from pipeline.journal import FINISHED
from pipeline.journal.nights import Left
from pipeline.nightly.desk import Desk
from pipeline.nightly.filing import Taken
from pipeline.nightly.handling import file_only, go_on, import_file, is_for_nights, is_over
from pipeline.nightly.model import FileReport


class Task(NamedTuple):
    """One of them: `began` as a token or the id of a run, which order alike; its list, by name and place."""

    began: str
    name: str
    where: str
    do: Callable[[], FileReport]


def tasks(desk: Desk, runs: list[Left], taken: list[Taken]) -> list[Task]:
    """What is to be done, the oldest first. A file without a run was taken, and the night ended before it had one."""
    by_token = _by_token(runs)
    found, with_file = list[Task](), dict[str, Taken]()
    for file in taken:
        left = by_token.get(file.token)
        if left is None:
            found.append(_task(file, partial(import_file, desk, file)))
        elif is_over(left):
            found.append(_task(file, partial(file_only, desk, left, file)))
        else:
            with_file[left.run_id] = file
    for left in filter(is_for_nights, runs):
        own = with_file.get(left.run_id)
        do = partial(go_on, desk, left, own)
        found.append(_task(own, do) if own else Task(left.run_id, left.file, "", do))
    return sorted(found, key=lambda one: one.began)


def begun_by(runs: list[Left]) -> set[str]:
    """The tokens of files that have a run."""
    return set(_by_token(runs))


def by_hand(desk: Desk, runs: list[Left]) -> list[str]:
    """Notes about runs that a person began, and stopped or has to decide about: no night goes on with them."""
    own = [one for one in runs if not (one.job or one.state == FINISHED or one.given_up or is_for_nights(one))]
    about = {"output": str(desk.scene.jobs.output)}
    return [
        f"run {one.run_id} ({one.file}) was begun and stopped by hand, and is left to a person: "
        f"{command(about, 'resume', one.run_id)}"
        for one in own
    ]


def _by_token(runs: list[Left]) -> dict[str, Left]:
    return {Path(one.path).parent.name: one for one in runs if one.job}


def _task(file: Taken, do: Callable[[], FileReport]) -> Task:
    return Task(file.token, file.path.name, str(file.path), do)
