"""What is told of a night: one line for whoever must know whether to act, then what happened, as words and as JSON.

No cell of a list and no key is in it: files are named, rows are counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.model import Outcome
from pipeline.nightly.model import FileReport, FileState, JobReport, Night

#: Version of the JSON form: raised when a program that reads it would have to change.
DIGEST_FORMAT: Final = 1
#: The exit code of a run with rows that are not sent yet (docs/results.md).
WAIT: Final = 3
#: When a night is told: always, when anything happened, or when a person must act.
When = Literal["always", "news", "problems"]

_LOOKS: Final = {
    FileState.IMPORTED: "imported",
    FileState.RESUMED: "finished (an earlier night had begun it)",
    FileState.LOOKED_BACK: "looked back at",
    FileState.SKIPPED: "skipped",
    FileState.FAILED: "REFUSED",
    FileState.STOPPED: "STOPPED",
    FileState.WAITING: "waiting",
    FileState.STILL_GROWING: "still growing",
    FileState.CHECKED: "checked",
}


def worth_telling(night: Night, when: When) -> bool:
    """Whether a night is to be told to somebody who asked to hear of it then."""
    if when == "always" or night.needs_a_person:
        return True
    return when == "news" and bool(night.files or night.notes or any(job.notes for job in night.jobs))


def headline(night: Night) -> str:
    """The one line: whether to act, and what came of the night's rows. Fit for the subject of a mail."""
    to_do = len(list(_to_do(night)))
    kind = "Nightly check" if night.dry_run else "Nightly import"
    what = f"all well{_going_on(night)}" if not to_do else "1 thing to do" if to_do == 1 else f"{to_do} things to do"
    if night.interrupted:
        what = f"interrupted, {what}" if to_do else "interrupted, the next night goes on"
    return f"{kind} {night.day or night.started_at[:10]}: {what}. {_counted(night)}"


def _going_on(night: Night) -> str:
    """Why a night in which all is well ends with exit code 3: of these files rows wait, as they were asked to."""
    many = sum(one.state is FileState.STOPPED and one.exit_code == WAIT for one in night.files)
    return f", {many} file{'s go' if many > 1 else ' goes'} on in the next night" if many else ""


def words(night: Night) -> str:
    """The whole digest as plain text, the most important first. Ends with a line break."""
    return "\n".join(_flat(line) for line in _lines(night)) + "\n"


def as_json(night: Night) -> dict[str, Any]:
    """The digest for programs (pipeline/nightly/digest.schema.json)."""
    jobs = [asdict(job) | {"needs_a_person": job.needs_a_person} for job in night.jobs]
    told = {
        "format": DIGEST_FORMAT,
        "headline": headline(night),
        "needs_a_person": night.needs_a_person,
        "exit_code": night.exit_code,
        "rows": night.rows(),
    } | (asdict(night) | {"jobs": jobs})
    # Plain texts, numbers and lists: who reads it may not have this package (a task of a scheduler's).
    plain: dict[str, Any] = json.loads(json.dumps(told))
    return plain


def schema_text() -> str:
    """The JSON Schema of `as_json`."""
    return Path(__file__).with_name("digest.schema.json").read_text(encoding="utf-8")


def counts(outcomes: Mapping[str, int]) -> str:
    """`1,200 accepted, 3 invalid`, in the order of docs/results.md."""
    return ", ".join(f"{outcomes[one]:,} {one.value.replace('_', ' ')}" for one in Outcome if outcomes.get(one))


def _lines(night: Night) -> Iterator[str]:
    yield headline(night)
    to_do = list(_to_do(night))
    if to_do:
        yield ""
        yield "To do:"
        yield from (f"  {number}. {text}" for number, text in enumerate(to_do, start=1))
    for job in night.jobs:
        yield ""
        yield f"{job.job}: {_of_job(job)}"
        yield from (f"  {_of_file(one)}" for one in job.files)
        yield from (f"  Note: {one}" for one in job.notes)
    if night.notes:
        yield ""
        yield from (f"Note: {one}" for one in night.notes)


def _to_do(night: Night) -> Iterator[str]:
    """What a person must do, each as a sentence with its cure."""
    for job in night.jobs:
        if job.problem:
            yield _with_cure(f"{job.job}: {job.problem}", job.next_step)
        yield from (f"{job.job}: {one}" for one in job.missing)
        for one in job.files:
            if one.needs_a_person:
                rows = {name.value: one.outcomes.get(name, 0) for name in (Outcome.FAILED, Outcome.UNKNOWN)}
                what = ", ".join(filter(None, (one.words, counts(rows))))
                yield _with_cure(f"{job.job}, {one.file}: {what}", one.next_step)


def _with_cure(text: str, cure: str) -> str:
    return f"{text}. Next: {cure}" if cure else text


def _of_job(job: JobReport) -> str:
    if job.problem:
        return "not done"
    return f"{len(job.files)} file{'s' * (len(job.files) != 1)}" if job.files else "no file"


def _of_file(one: FileReport) -> str:
    run = f" (run {one.run_id})" if one.run_id else ""
    tonight = f" In this night: {counts(one.tonight)}." if one.before and one.tonight else ""
    filed = f" Now in {one.filed}." if one.filed else ""
    rows = f" {counts(one.outcomes)}." if one.outcomes else ""
    words = f": {one.words}" if one.words else ""
    return f"{one.file}{run} {_LOOKS[one.state]}{words}.{rows}{tonight}{filed}"


def _counted(night: Night) -> str:
    """`3 files, 1,203 rows: 1,200 accepted, 3 invalid`."""
    files = sum(one.state not in (FileState.LOOKED_BACK, FileState.STILL_GROWING) for one in night.files)
    rows = night.rows()
    of_them = f", {sum(rows.values()):,} rows: {counts(rows)}" if rows else ""
    return f"{files or 'No'} file{'s' * (files != 1)}{of_them}"


def _flat(line: str) -> str:
    """A line break in a file's name makes no line of its own."""
    return " ".join(line.splitlines()) if line else line
