"""The files of one run: those with personal data are removed, and written again from what the journal still has."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from pipeline.closing import report_run
from pipeline.errors import ConfigError
from pipeline.files import whole_file
from pipeline.files_of_run import ISSUES, REPORT, RESULTS, SUMMARY, VENDOR_NOTE
from pipeline.issues import write_issues
from pipeline.journal import PLANNING, Journal, Run
from pipeline.log import RUN_LOG
from pipeline.mending import REST, WORKBOOK
from pipeline.model import ERASED
from pipeline.results import COLUMNS
from pipeline.retention.person import Person
from pipeline.review import profile_of

#: Files of a run that hold personal data, and those that do not.
PERSONAL: Final = (RESULTS, ISSUES, REPORT, WORKBOOK, REST, VENDOR_NOTE)
IMPERSONAL: Final = (SUMMARY, RUN_LOG)

#: The exit code of a run that a person has ended (docs/results.md).
INTERRUPTED: Final = 130

_ERRORS: Final = COLUMNS.index("errors")


def others_in(folder: Path) -> list[Path]:
    """What somebody else has put into a run's folder."""
    return [one for one in sorted(folder.iterdir()) if not is_own(one.name)] if folder.exists() else []


def personal_in(folder: Path) -> list[str]:
    """The files with personal data that are in a run's folder."""
    return [name for name in PERSONAL if (folder / name).exists()]


def is_own(name: str) -> bool:
    """Whether what has this name in a run's folder is this program's."""
    return name in PERSONAL or name in IMPERSONAL or _is_remains(name)


def remove(folder: Path, names: Collection[str] = PERSONAL) -> list[str]:
    """Remove files of a run, and what killed writers have left; which of them were there. Raises ConfigError."""
    gone = [name for name in names if (folder / name).exists()]
    with told(folder):
        for name in gone:
            (folder / name).unlink()
        for one in [one for one in folder.iterdir() if _is_remains(one.name)]:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    return gone


def _is_remains(name: str) -> bool:
    """Whether it is a file that was being written when its writer was killed (pipeline.files, pipeline.fix_me)."""
    return any(name.startswith(f".{one}.") for one in (*PERSONAL, *IMPERSONAL))


def write_again(journal: Journal, run: Run) -> None:
    """Write a run's files from the journal; none where its plan is not whole, or its folder is gone.

    Raises ConfigError where results.csv or summary.json cannot be written.
    """
    folder = folder_of(run)
    if run.state == PLANNING or not folder.exists():
        return
    about = run.about
    if about["dry_run"] and profile_of(journal, run) is None:
        return  # an older version planned it: there is nothing to write of it
    if not about["dry_run"] and not about.get("purged_at"):
        write_issues(
            folder / ISSUES, journal.quality.issues(run.run_id), show_data=bool(about.get("show_data", False))
        )
    seconds, rate, interrupted = _before(folder)
    report_run(journal, run, seconds, rate, interrupted=interrupted)


def folder_of(run: Run) -> Path:
    """Where a run's files are."""
    return Path(run.about["output"]) / run.run_id


def _before(folder: Path) -> tuple[float, float, bool]:
    """How long the run took, how quickly it sent, and whether it was interrupted, by the summary that is there."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        return float(summary["seconds"]), float(summary["rate"]), summary["exit_code"] == INTERRUPTED
    return 0.0, 0.0, False


def take_out(person: Person, path: Path) -> None:
    """Take the person out of a file of lines (a run's log, which names the list as its file is called)."""
    with path.open(encoding="utf-8", errors="replace") as lines, whole_file(path) as file:
        for line in lines:
            file.write(person.without(line).encode())


# ---------------------------------------------------------------------- what a dry run's plan has written


def rows_with(person: Person, results: Path) -> list[int]:
    """The numbers of the rows in a results.csv in which the person is."""
    with _opened(results) as lines:
        next(lines, None)
        return [int(cells[0]) for cells in lines if person.is_in("\0".join(cells)) and cells[0].isdigit()]


def blank_rows(folder: Path, rows: Collection[int]) -> list[str]:
    """Take the cells of these rows, and what is said of them, out of a dry run's files; those that are there."""
    known = {str(row) for row in rows}
    there = [one for one in (RESULTS, ISSUES) if (folder / one).exists()]
    for name in there:
        _rewrite(folder / name, known, _blank_result if name == RESULTS else _blank_issue)
    return there


def _blank_result(cells: list[str]) -> list[str]:
    answer = cells[: len(COLUMNS)]
    answer[_ERRORS] = ""
    return answer + [ERASED] * (len(cells) - len(COLUMNS))


def _blank_issue(cells: list[str]) -> list[str]:
    return [*cells[:-2], "", ERASED]


def _rewrite(path: Path, rows: Collection[str], change: Callable[[list[str]], list[str]]) -> None:
    with _opened(path) as lines, whole_file(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        text.write("\ufeff")
        writer = csv.writer(text)
        for cells in lines:
            writer.writerow(change(cells) if cells and cells[0] in rows else cells)
        text.flush()
        text.detach()


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[list[str]]]:
    """The records of a CSV file of ours, whatever the length of its cells."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield csv.reader(file)
    finally:
        csv.field_size_limit(before)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell what the disk refuses within as a ConfigError."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"personal data in {path} cannot be removed: {error.strerror or error}",
            "mend its permissions, or close the program that has a file of it open; then do the same again",
        ) from None
