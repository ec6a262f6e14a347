"""The end of a run: its results.csv, summary.json and run.log, written from the journal."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipeline.advice import next_step
from pipeline.damage import Finding
from pipeline.files import private_folder
from pipeline.journal import Journal, Run
from pipeline.model import Outcome
from pipeline.reconcile import Fate, fate
from pipeline.report import Summary, exit_code, reasons_from, write_summary
from pipeline.results import write_results

RESULTS: Final = "results.csv"


def reference(run: Run) -> str:
    """The reference of the run's campaign."""
    return str(run.about["campaign"]["reference"])


def report_run(journal: Journal, run: Run, seconds: float, rate: float, *, interrupted: bool = False) -> Summary:
    """Write results.csv and summary.json from the journal, and prove that no row is missing.

    A dry run has no rows in the journal: its results.csv was written while it was planned.

    `seconds`: wall time of this launch; `rate`: leads per second while sending, 0 when none were sent; `interrupted`:
    a person ended this launch (what ended an earlier one is no news). Raises ConfigError when they cannot be written.
    """
    about = run.about
    folder = private_folder(Path(about["output"]) / run.run_id)
    results = folder / RESULTS
    fates = Counter[Fate]()
    if about["dry_run"]:
        counts = {outcome: about["outcomes"].get(outcome, 0) for outcome in Outcome}
    else:
        fates = fates_of(journal, run.run_id)
        counts = write_results(
            results, about["headers"], journal.rows(run.run_id), run.stopped,
            afterwards=journal.afterwards.is_known(run.run_id),
        )  # fmt: skip
    if sum(counts.values()) != about["rows"]:
        raise RuntimeError(f"run {run.run_id}: {about['rows']} rows read, but {sum(counts.values())} have an outcome")
    summary = Summary(
        run_id=run.run_id,
        dry_run=about["dry_run"],
        file=about["file"],
        campaign=reference(run),
        campaign_name=about["campaign"]["name"],
        rows=about["rows"],
        blank_rows=about["blank_rows"],
        outcomes={outcome.value: number for outcome, number in counts.items() if number},
        queue={one.value: fates[one] for one in Fate if fates[one] and set(fates) != {Fate.NOT_ASKED}},
        reasons=reasons_from(about.get("issues", []), journal.common_answers(run.run_id)),
        notes=_notes(about),
        damage=tuple(Finding(**one) for one in about.get("damage", [])),
        stopped=run.stopped,
        started_at=run.started_at,
        finished_at=run.finished_at,
        seconds=round(seconds, 3),
        rate=round(rate, 2),
        exit_code=exit_code(counts, interrupted and counts[Outcome.NOT_SENT] > 0),
        results=str(results),
        next_step="",
    )
    summary = replace(summary, next_step=next_step(run.run_id, about, counts, run.stopped, asked=bool(summary.queue)))
    write_summary(folder / "summary.json", summary)
    return summary


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
    return (*about["decisions"], *blank, *limited, *about["notes"])


@contextmanager
def run_log(folder: Path) -> Iterator[logging.Logger]:
    """`run.log` of one run: times, counts and reasons, no personal data and no key."""
    private_folder(folder)
    path = folder / "run.log"
    path.touch(mode=0o600)
    handler = logging.FileHandler(path, encoding="utf-8")
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    log = logging.getLogger(f"{__name__}.{folder.name}")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)
    try:
        yield log
    finally:
        log.removeHandler(handler)
        handler.close()
