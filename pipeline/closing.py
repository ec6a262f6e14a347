"""The end of a run: its files, written from the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipeline.advice import blocked, next_step
from pipeline.damage import Finding
from pipeline.files import private_folder
from pipeline.files_of_run import RESULTS, SUMMARY, write_files, write_rows_to_mend
from pipeline.fix_me import Written
from pipeline.journal import Journal, Run
from pipeline.model import Outcome
from pipeline.reconcile import Fate, fate
from pipeline.report import Summary, exit_code, fault_counts, field_counts, reasons_from, write_summary
from pipeline.report.profile import Profile
from pipeline.report.verdict import verdict
from pipeline.results import write_results
from pipeline.review import profile_of
from pipeline.suppression import lines_of as suppression_lines

#: Said where a note to the vendor is asked for that would hold our own mending against the vendor.
NO_NOTE: Final = "no vendor-note.txt: these are mended rows of a list; the note is that list's own"


def reference(run: Run) -> str:
    """The reference of the run's campaign."""
    return str(run.about["campaign"]["reference"])


def report_run(
    journal: Journal, run: Run, seconds: float, rate: float, *, interrupted: bool = False, must: bool = False
) -> Summary:
    """Write the run's files from the journal, and prove that no row is missing.

    A dry run has no rows in the journal: its results.csv and issues.csv were written while it was planned.

    `seconds`: wall time of this launch; `rate`: leads per second while sending, 0 when none were sent; `interrupted`:
    a person ended this launch (what ended an earlier one is no news). With `must` every file is written
    anew. Raises ConfigError when results.csv or summary.json cannot be written, with `must` what went wrong with any
    other file as well.
    """
    folder = private_folder(Path(run.about["output"]) / run.run_id)
    if not (run.about["dry_run"] or run.about.get("allow_resubmit")):
        journal.lineage.settle_mended(run.run_id, run.about)
    counts = _counts(run) if run.about["dry_run"] else _write_results(journal, run, folder)
    if sum(counts.values()) != run.about["rows"]:
        raise RuntimeError(
            f"run {run.run_id}: {run.about['rows']} rows read, but {sum(counts.values())} have an outcome"
        )
    profile, (to_mend, lacking) = profile_of(journal, run), write_rows_to_mend(journal, run)
    summary = _summary(journal, run, counts, profile, to_mend, interrupted=interrupted)
    summary = replace(summary, seconds=round(seconds, 3), rate=round(rate, 2))
    found = verdict(summary, profile)
    summary = replace(summary, verdict=found.headline, to_fix=tuple(one.text for one in found.fixes))
    summary, problems = write_files(journal, run, summary, profile, lacking, every=must)
    write_summary(folder / SUMMARY, summary)
    if must and problems:
        raise problems[0]
    return summary


def _counts(run: Run) -> dict[Outcome, int]:
    return {outcome: run.about["outcomes"].get(outcome, 0) for outcome in Outcome}


def _write_results(journal: Journal, run: Run, folder: Path) -> dict[Outcome, int]:
    # The rows of a run that was purged have no cells any more.
    headers = [] if run.about.get("purged_at") else run.about["headers"]
    return write_results(
        folder / RESULTS, headers, journal.rows(run.run_id), run.stopped,
        afterwards=journal.afterwards.is_known(run.run_id),
    )  # fmt: skip


def _summary(
    journal: Journal,
    run: Run,
    counts: Mapping[Outcome, int],
    profile: Profile | None,
    to_mend: Written,
    *,
    interrupted: bool,
) -> Summary:
    """What the run came to, without its files, its times and its verdict."""
    about, fates = run.about, fates_of(journal, run.run_id)
    asked = bool(set(fates) - {Fate.NOT_ASKED})
    folder = Path(about["output"]) / run.run_id
    results, fix_me = folder / RESULTS, str(folder / to_mend.file) if to_mend.file else ""
    return Summary(
        run_id=run.run_id,
        dry_run=about["dry_run"],
        file=about["file"],
        campaign=reference(run),
        campaign_name=about["campaign"]["name"],
        rows=about["rows"],
        blank_rows=about["blank_rows"],
        outcomes={outcome.value: number for outcome, number in counts.items() if number},
        queue={one.value: fates[one] for one in Fate if fates[one] and asked},
        reasons=reasons_from(about.get("issues", []), journal.common_answers(run.run_id)),
        notes=(*_notes(about), *to_mend.words),
        damage=tuple(Finding(**one) for one in about.get("damage", [])),
        stopped=run.stopped,
        started_at=run.started_at,
        finished_at=run.finished_at,
        seconds=0.0,
        rate=0.0,
        exit_code=exit_code(counts, interrupted and counts[Outcome.NOT_SENT] > 0),
        results=str(results) if results.exists() else "",
        next_step=next_step(run.run_id, about, counts, run.stopped, asked=asked, fix_me=fix_me),
        fix_me=fix_me,
        vendor=about.get("vendor", ""),
        warnings=profile.warned if profile else 0,
        blocked=blocked(counts, about) if about["dry_run"] else "",
        faults=fault_counts(profile) if profile else (),
        fields=field_counts(profile) if profile else (),
    )


def fates_of(journal: Journal, run_id: str) -> Counter[Fate]:
    """What became of the run's accepted leads, as far as LeadByte was asked."""
    fates = Counter[Fate]()
    for state, number in journal.afterwards.queue_states(run_id):
        fates[fate(state)] += number
    return fates


def _notes(about: dict[str, Any]) -> tuple[str, ...]:
    blank = (f"blank rows skipped: {about['blank_rows']}",) if about["blank_rows"] else ()
    limit = about["limit"]
    limited = (f"with --limit {limit}, `run` sends the first {limit} of them",) if about["dry_run"] and limit else ()
    no_note = (NO_NOTE,) if about.get("vendor_note") and about.get("to_be_mended") else ()
    return (*suppression_lines(about), *about["decisions"], *blank, *limited, *about["notes"], *no_note)
