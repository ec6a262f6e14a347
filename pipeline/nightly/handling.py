"""What is done with one file: imported, gone on with, or only filed; and what there is to say of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from pipeline.advice import command, too_many_invalid
from pipeline.after import rewrite_results
from pipeline.errors import Drifted, InputError, MappingError, RunError, SentBefore, SuppressionError
from pipeline.journal import FINISHED, PLANNING
from pipeline.journal.nights import Left
from pipeline.model import Outcome
from pipeline.nightly.desk import Desk
from pipeline.nightly.filing import Taken
from pipeline.nightly.model import FileReport, FileState
from pipeline.nightly.untold import Filed
from pipeline.report import Summary
from pipeline.run import import_list, resume_run
from pipeline.stopping import StopKind

#: After these nothing more is sent to the campaign in this night: it would come to the same, and cost rows.
ENDING: Final = frozenset({
    StopKind.CAP, StopKind.INACTIVE, StopKind.KEY, StopKind.CERTIFICATE, StopKind.ERRORS, StopKind.NOT_TAKEN,
    StopKind.BROKEN, StopKind.INTERRUPTED,
})  # fmt: skip
#: After these a person has to decide before anything more of the run is sent.
DECISIONS: Final = frozenset({StopKind.INVALID, StopKind.CANARY, StopKind.SUPPLIER})
#: These are as they were asked for: the next night goes on, and nobody need do anything.
WANTED: Final = frozenset({StopKind.DAILY_LIMIT, StopKind.LIMIT, StopKind.INTERRUPTED, StopKind.NIGHT})
#: After these nobody wants a run that a person began by hand to be gone on with at night.
BY_HAND: Final = DECISIONS | {StopKind.INTERRUPTED, StopKind.LIMIT}

#: These are raised of a list, and are no fault of it.
ABOUT_THE_JOB: Final = (Drifted, SuppressionError)
_SENT: Final = (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)


def import_file(desk: Desk, taken: Taken) -> FileReport:
    """Import a file in working/. Raises the ImportFailures that are about the job, not about this file."""
    try:
        summary = import_list(desk.order(taken.path), desk.service, desk.world)
    except ABOUT_THE_JOB:
        raise
    except SentBefore as error:
        words = f"the same content was imported before, by run {error.run_id}"
        filed, wrong = desk.file(taken, "done", why=f"{words}.", words=words)
        return _report(desk, taken, FileState.SKIPPED, _and(words, wrong), filed=filed, needs_a_person=bool(wrong))
    except (InputError, MappingError) as error:
        return _refused(desk, taken, error)
    return _settled(desk, taken, summary, FileState.IMPORTED, {})


def go_on(desk: Desk, left: Left, taken: Taken | None) -> FileReport:
    """Go on with an unfinished run, and file its list, where it has one. Raises as `import_file`."""
    before = {} if left.state == PLANNING else desk.outcomes(left.run_id)
    flags = desk.later_flags() if left.job else {}
    name = taken.path.name if taken else left.file
    try:
        summary = resume_run(left.run_id, desk.scene.jobs.output, desk.service, desk.world, **flags)
    except ABOUT_THE_JOB:
        raise
    except (InputError, MappingError) as error:
        if left.state != PLANNING or not left.job:
            return _stuck(desk, left, name, error, before)
        desk.scene.journal.drop(left.run_id)  # as where a new list is refused: nothing of it was sent
        if taken:
            return _refused(desk, taken, error)
        words = "it is not in working/ any more, and its run had not begun to send: nothing of it was sent"
        return FileReport(desk.job.name, name, FileState.SKIPPED, words)
    except RunError as error:
        return _stuck(desk, left, name, error, before)
    return _settled(desk, taken, summary, FileState.RESUMED, before, name)


def file_only(desk: Desk, left: Left, taken: Taken) -> FileReport:
    """File a list whose run is over since an earlier night, or waits for a person's decision."""
    before = desk.outcomes(left.run_id)
    if left.given_up:
        filed, wrong = desk.file(taken, "done", left.run_id)
        words = _and(f"run {left.run_id} was given up: its data was purged", wrong)
        return _report(desk, taken, FileState.RESUMED, words, filed=filed, outcomes=before, before=before)
    summary = rewrite_results(left.run_id, desk.scene.jobs.output, desk.world)
    return _settled(desk, taken, summary, FileState.RESUMED, before)


def tell_late(desk: Desk, one: Filed) -> FileReport:
    """A list that was done and filed in a night that was killed before it told anybody."""
    if one.run_id:
        before = desk.outcomes(one.run_id)
        summary = rewrite_results(one.run_id, desk.scene.jobs.output, desk.world)
        report = _settled(desk, None, summary, FileState.IMPORTED, before, one.file, one.filed)
    else:
        failed = bool(one.exit_code)
        report = _report(
            desk, None, FileState.FAILED if failed else FileState.SKIPPED, one.words, name=one.file, filed=one.filed,
            exit_code=one.exit_code, needs_a_person=failed, next_step=_once_mended(one.filed) if failed else "",
        )  # fmt: skip
    return replace(report, words=_and(report.words, "done by an earlier night, which was cut off before it told it"))


def is_over(left: Left) -> bool:
    """Whether there is nothing more to send by itself: all is done, or a person has to decide."""
    return left.state == FINISHED or left.given_up or left.stop_kind in DECISIONS


def is_for_nights(left: Left) -> bool:
    """Whether a night goes on with an unfinished run."""
    return not is_over(left) and not (not left.job and left.stop_kind in BY_HAND)


def calls(summary: Summary) -> bool:
    """Whether a run that is over has rows that somebody must see to: nothing else ever will."""
    return any(summary.outcomes.get(one) for one in (Outcome.FAILED, Outcome.UNKNOWN))


def worth_doing(summary: Summary) -> str:
    """The next step of a run that is over, where it is about rows that were not accepted."""
    refused = any(summary.outcomes.get(one) for one in (Outcome.INVALID, Outcome.REJECTED))
    return summary.next_step if refused or calls(summary) else ""


def _refused(desk: Desk, taken: Taken, error: InputError | MappingError) -> FileReport:
    """Nothing of it was sent: it is filed under failed/, with why."""
    why = f"{error.message}\nNext: {error.hint}" if error.hint else error.message
    # Where it lies for the moment is nothing that anybody could look for later.
    why = why.replace(str(taken.path), taken.path.name)
    words = desk.words_for(error).replace(str(taken.path), taken.path.name)
    filed, wrong = desk.file(taken, "failed", why=why, words=words, exit_code=error.exit_code)
    return _report(
        desk, taken, FileState.FAILED, _and(words, wrong), filed=filed, exit_code=error.exit_code,
        needs_a_person=True, next_step=_once_mended(filed),
    )  # fmt: skip


def _once_mended(filed: str) -> str:
    return f"{filed}.why.txt says it in full; once mended, put the list into the inbox again"


def _stuck(desk: Desk, left: Left, name: str, error: Any, before: dict[str, int]) -> FileReport:
    """A run that cannot be gone on with before somebody does something; whoever began it by hand knows of it."""
    go = command({"output": str(desk.scene.jobs.output)}, "resume", left.run_id)
    return FileReport(
        desk.job.name, name, FileState.STOPPED, desk.words_for(error), run_id=left.run_id,
        outcomes=before, before=before, rows=sum(before.values()), exit_code=3 if left.job else 0,
        needs_a_person=bool(left.job), next_step=f"{error.hint}: {go}",
    )  # fmt: skip


def _settled(
    desk: Desk,
    taken: Taken | None,
    summary: Summary,
    state: FileState,
    before: dict[str, int],
    name: str = "",
    filed: str = "",
) -> FileReport:
    """What a run has come to, and its list where it belongs; `filed`: where it lies, when that was done earlier."""
    run = desk.scene.journal.run(summary.run_id)
    kind, left = run.about.get("stop_kind", ""), summary.outcomes.get(Outcome.NOT_SENT, 0)
    known: dict[str, Any] = {
        "run_id": summary.run_id, "rows": summary.rows, "outcomes": summary.outcomes, "before": before,
        "queue": summary.queue, "exit_code": summary.exit_code, "next_step": summary.next_step,
    }  # fmt: skip
    filed, wrong = (str(taken.path) if taken else filed), ""
    if too_many := _refused_as_a_whole(summary, run.about):
        if taken:
            filed, wrong = desk.file(taken, "failed", summary.run_id)
        known |= {"needs_a_person": True, "next_step": _after_too_many_invalid(filed, summary)}
        return _report(desk, taken, FileState.FAILED, _and(too_many, wrong), filed=filed, name=name, **known)
    if not left:
        if taken:
            filed, wrong = desk.file(taken, "done", summary.run_id)
        known |= {"needs_a_person": calls(summary) or bool(wrong), "next_step": worth_doing(summary)}
        words = f"not written: {', '.join(summary.lacking)}" if summary.lacking else ""
        return _report(desk, taken, state, _and(words, wrong), filed=filed, name=name, **known)
    # The reason names suppliers by the list's own cells.
    reason = "LeadByte does not authorise a supplier (sid)" if kind == StopKind.SUPPLIER else summary.stopped
    known["needs_a_person"] = kind not in WANTED
    goes_on = "a person has to decide" if kind in DECISIONS else "the next night goes on"
    return _report(desk, taken, FileState.STOPPED, f"{reason}; {goes_on}", filed=filed, name=name, **known)


def _refused_as_a_whole(summary: Summary, about: dict[str, Any]) -> str:
    """Why nothing of a list was sent: too much of it is invalid. "" where something was, or is to be."""
    went = sum(summary.outcomes.get(one, 0) for one in _SENT)
    stopped = about.get("stop_kind") in ("", StopKind.INVALID)
    return too_many_invalid(summary.outcomes, about) if stopped and not went else ""


def _after_too_many_invalid(filed: str, summary: Summary) -> str:
    shown = f"look at {filed}.report.html" if filed else f"look at {summary.report}"
    good = bool(summary.outcomes.get(Outcome.NOT_SENT))
    rest = f"; to send the good rows of this: {summary.next_step}" if good else ""
    return f"{shown}; a list that is mended goes into the inbox{rest}"


def _report(
    desk: Desk, taken: Taken | None, state: FileState, words: str, *, name: str = "", **known: Any
) -> FileReport:
    return FileReport(desk.job.name, name or (taken.path.name if taken else ""), state, words, **known)


def _and(words: str, more: str) -> str:
    return "; ".join(filter(None, (words, more)))
