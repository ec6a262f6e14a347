"""The files of a run besides results.csv and summary.json: the page, the note to the vendor, what is to be mended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pipeline.errors import ImportFailure
from pipeline.fix_me import Written
from pipeline.issues import write_issues
from pipeline.journal import Journal, Run
from pipeline.mending import WORKBOOK
from pipeline.report import Summary
from pipeline.report.profile import Profile
from pipeline.review import report_of
from pipeline.to_mend import columns_fed, write_fix_me

RESULTS: Final = "results.csv"
SUMMARY: Final = "summary.json"
REPORT: Final = "report.html"
ISSUES: Final = "issues.csv"
VENDOR_NOTE: Final = "vendor-note.txt"


@dataclass(slots=True)
class _Folder:
    """A run's folder. A file that cannot be written is left out, with why: what was sent is told all the same."""

    path: Path
    lacking: dict[str, Exception] = field(default_factory=dict)

    def write(self, name: str, write: Callable[[Path], object]) -> str:
        """Write a file; its path, or "" where it could not be."""
        try:
            write(self.path / name)
        except Exception as error:  # noqa: BLE001 - whatever it is: the summary says so, `results` raises it
            self.lacking[name] = error
            with suppress(OSError):
                (self.path / name).unlink(missing_ok=True)  # it would show what is no longer so
        return self.find(name)

    def find(self, name: str) -> str:
        """The path of a file that was written before; "" where there is none."""
        return str(self.path / name) if (self.path / name).exists() else ""


def write_rows_to_mend(journal: Journal, run: Run) -> tuple[Written, dict[str, Exception]]:
    """Write fix-me.xlsx; what was written, and why it could not be, by its name."""
    try:
        return write_fix_me(journal, run), {}
    except Exception as error:  # noqa: BLE001 - whatever it is: the summary says so, `results` raises it
        return Written(), {WORKBOOK: error}


def write_files(
    journal: Journal,
    run: Run,
    summary: Summary,
    profile: Profile | None,
    failed: dict[str, Exception],
    *,
    every: bool = False,
) -> tuple[Summary, list[Exception]]:
    """Write them; the summary with their paths, and what went wrong (the summary says it in words).

    issues.csv was written while the list was planned; with `every` that of a real run is written again. `failed`:
    files that could not be written before, by name. A list of which nothing is known but its rows (an older version
    planned it) has none of them.
    """
    folder = _Folder(Path(run.about["output"]) / run.run_id, failed)
    if profile is not None and every and not summary.dry_run:
        folder.write(ISSUES, lambda path: _write_issues(path, journal, run))
    summary = replace(summary, issues=folder.find(ISSUES))
    if profile is not None:
        summary = _write_report(folder, journal, run, summary, profile)
    lacking = tuple(f"{name} ({_why(error)})" for name, error in folder.lacking.items())
    return replace(summary, lacking=lacking), list(folder.lacking.values())


def _write_report(folder: _Folder, journal: Journal, run: Run, summary: Summary, profile: Profile) -> Summary:
    """What is made of the report as a whole; last the page, which names the others."""
    columns = () if summary.dry_run else columns_fed(run)

    def note(path: Path) -> None:
        from pipeline.report.vendor_note import write_vendor_note

        write_vendor_note(path, report_of(journal, run, summary, profile, columns))

    def page(path: Path) -> None:
        from pipeline.report.page import write_page

        write_page(path, report_of(journal, run, replace(summary, report=str(path)), profile, columns))

    if run.about.get("vendor_note") and not run.about.get("to_be_mended"):
        summary = replace(summary, vendor_note=folder.write(VENDOR_NOTE, note))
    return replace(summary, report=folder.write(REPORT, page))


def _write_issues(path: Path, journal: Journal, run: Run) -> None:
    write_issues(path, journal.quality.issues(run.run_id), show_data=run.about.get("show_data", False))


def _why(error: Exception) -> str:
    """In words; of an error of this program only its kind, since its text may hold personal data."""
    if isinstance(error, ImportFailure):
        return error.message
    return error.strerror or "" if isinstance(error, OSError) else f"a fault of this program: {type(error).__name__}"
