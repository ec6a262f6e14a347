"""The files that a run leaves: what is in them, for whose eyes, and what happens when one cannot be written."""

from __future__ import annotations

import errno
import json
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import pipeline.report.page
import pipeline.report.vendor_note
from pipeline.after import reconcile_run, rewrite_results
from pipeline.cli.runs import schema_text
from pipeline.errors import ConfigError, RunError
from pipeline.report import Summary
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World
from tests.delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
    email,
    leadbyte,
    order,
)

#: Two good rows, two that break a rule, one that LeadByte refuses, one that is there twice.
LISTED = [email(0), "no address", email(1), email(2, "tps"), "", email(0)]
VALIDATOR = Draft202012Validator(json.loads(schema_text()))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY, duplicate_check=False) as running:
        yield running


def run(sandbox: Sandbox, wanted: Order) -> Summary:
    sandbox.clear()
    return import_list(wanted, leadbyte(sandbox.base_url), World())


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def folder_of(summary: Summary) -> Path:
    return Path(summary.results).parent


def as_written(summary: Summary) -> Any:
    """A run's summary.json, which says what the summary says and what the schema allows."""
    read = json.loads((folder_of(summary) / "summary.json").read_text(encoding="utf-8"))
    assert read == json.loads(json.dumps(summary.as_json()))
    VALIDATOR.validate(read)
    return read


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_run_leaves_all_its_files_for_its_owners_eyes(sandbox: Sandbox, tmp_path: Path, *, dry_run: bool) -> None:
    summary = run(
        sandbox, order(tmp_path, LISTED, dry_run=dry_run, vendor_note=True, vendor="Acme", max_invalid="50%")
    )
    folder = folder_of(summary)
    named = {"results.csv", "report.html", "issues.csv", "fix-me.xlsx", "vendor-note.txt"}
    assert files(folder) >= named | {"summary.json", "run.log"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    read = as_written(summary)
    paths = [read[one] for one in ("results", "report", "issues", "fix_me", "vendor_note")]
    assert {Path(one).name for one in paths} == named
    assert all(Path(one).is_file() for one in paths)
    assert (read["vendor"], read["lacking"]) == ("Acme", [])


def test_what_was_not_asked_for_is_not_written(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = run(sandbox, order(tmp_path, [email(0)]))
    assert (summary.vendor_note, summary.fix_me, summary.vendor) == ("", "", "")
    assert not files(folder_of(summary)) & {"vendor-note.txt", "fix-me.xlsx"}


def test_summaries_are_by_the_schema_whatever_became_of_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, LISTED, limit=1, max_invalid="50%")
    stopped = run(sandbox, wanted)
    assert as_written(stopped)["stopped"] == "--limit 1"
    resumed = resume_run(stopped.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert as_written(resumed)["outcomes"]["rejected"] == 1
    reconciled = reconcile_run(stopped.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert sum(as_written(reconciled)["queue"].values()) == 2
    assert "sold" in Path(reconciled.report).read_text(encoding="utf-8")


def test_too_many_faults_are_what_blocks_a_list_that_is_checked(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, LISTED, dry_run=True)
    blocked = as_written(run(sandbox, wanted))
    assert blocked["blocked"] == "2 of 6 rows are invalid, more than --max-invalid 20% allows"
    assert blocked["verdict"] == "3 of 6 rows could be sent (50 %), 3 not."
    refused = as_written(run(sandbox, replace(wanted, dry_run=False)))
    assert (refused["blocked"], refused["outcomes"]["not_sent"]) == ("", 3)
    assert "--max-invalid" in refused["stopped"]


def test_what_a_list_is_blocked_by_is_said_before_the_next_step(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0), email(1)])
    run(sandbox, wanted)
    dry = import_list(replace(wanted, dry_run=True), leadbyte(sandbox.base_url), World())
    assert "was sent to campaign EXAMPLE-CAMPAIGN before" in dry.blocked
    assert "valid" not in dry.outcomes
    fresh = import_list(replace(wanted, dry_run=True, allow_resubmit=True), leadbyte(sandbox.base_url), World())
    assert (fresh.blocked, fresh.outcomes) == ("", {"valid": 2})


def full(*_: Any) -> None:
    raise ConfigError("report.html cannot be written: No space left on device")


def broken(*_: Any) -> None:
    raise ValueError("jane@example.com")


@pytest.mark.parametrize(
    ("fault", "said"),
    [(full, "No space left on device"), (broken, "report.html (a fault of this program: ValueError)")],
)
def test_a_page_that_cannot_be_written_loses_nothing(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any, said: str
) -> None:
    wanted = order(tmp_path, [email(0), email(1)])
    monkeypatch.setattr(pipeline.report.page, "write_page", fault)
    summary = run(sandbox, wanted)
    assert (summary.outcomes, summary.exit_code, summary.report) == ({"accepted": 2}, 0, "")
    (lacking,) = as_written(summary)["lacking"]
    assert said in lacking
    assert "jane" not in lacking
    # Whoever asks for the files is told what is wrong; once it is mended the page is there.
    with pytest.raises((ConfigError, ValueError)):
        rewrite_results(summary.run_id, wanted.output, World())
    monkeypatch.undo()
    assert Path(rewrite_results(summary.run_id, wanted.output, World()).report).is_file()


def test_a_page_that_is_no_longer_so_does_not_stay(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = order(tmp_path, [email(0), email(1)], limit=1)
    summary = run(sandbox, wanted)
    assert Path(summary.report).is_file()
    monkeypatch.setattr(pipeline.report.page, "write_page", full)
    resumed = resume_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert (resumed.report, Path(summary.report).exists()) == ("", False)


def test_a_disk_without_room_is_told_in_its_own_words(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pipeline.report.vendor_note, "write_vendor_note", no_room)
    summary = run(sandbox, order(tmp_path, [email(0)], vendor_note=True))
    assert summary.lacking == ("vendor-note.txt (No space left on device)",)
    assert summary.report


# ---------------------------------------------------------------------- written again


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".xlsx", ".html")}


def test_a_dry_runs_page_summary_and_note_are_written_again_and_nothing_else(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path, LISTED, dry_run=True)
    summary = run(sandbox, wanted)
    folder, before = folder_of(summary), contents(folder_of(summary))
    Path(summary.report).unlink()
    again = rewrite_results(summary.run_id, wanted.output, World(), vendor=" Acme ", vendor_note=True)
    as_written(again)
    own = {"seconds", "vendor", "vendor_note", "next_step"}  # the next command bears the vendor's name too
    assert {name: value for name, value in asdict(again).items() if name not in own} == {
        name: value for name, value in asdict(summary).items() if name not in own
    }
    after = contents(folder)
    assert {name: after[name] for name in before if name != "report.html"} == {
        name: content for name, content in before.items() if name != "report.html"
    }
    assert "--vendor Acme" in again.next_step
    assert again.vendor == "Acme"
    assert "from Acme" in Path(again.vendor_note).read_text(encoding="utf-8")
    assert "Acme" in Path(again.report).read_text(encoding="utf-8")


def test_what_was_asked_for_once_stays_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, LISTED, dry_run=True, vendor="Acme")
    summary = run(sandbox, wanted)
    rewrite_results(summary.run_id, wanted.output, World(), vendor_note=True, show_data=True)
    again = rewrite_results(summary.run_id, wanted.output, World())
    assert (again.vendor, bool(again.vendor_note)) == ("Acme", True)
    assert "no address" in Path(again.report).read_text(encoding="utf-8")
    masked = rewrite_results(summary.run_id, wanted.output, World(), show_data=False)
    assert "no address" not in Path(masked.report).read_text(encoding="utf-8")


def test_a_real_runs_issues_are_shown_or_masked_as_asked_for_now(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, LISTED, max_invalid="50%")
    summary = run(sandbox, wanted)
    issues = Path(summary.issues)
    before = issues.read_bytes()
    assert b"no address" not in before
    rewrite_results(summary.run_id, wanted.output, World(), show_data=True)
    assert b"no address" in issues.read_bytes()
    rewrite_results(summary.run_id, wanted.output, World(), show_data=False)
    assert issues.read_bytes() == before


def test_a_dry_run_of_which_nothing_is_known_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, LISTED, dry_run=True)
    summary = run(sandbox, wanted)
    database = sqlite3.connect(wanted.output / "journal.sqlite3")
    database.execute("DELETE FROM quality")
    database.commit()
    database.close()
    with pytest.raises(RunError, match="its rows are not kept"):
        rewrite_results(summary.run_id, wanted.output, World())


def test_a_dry_run_whose_folder_is_gone_gets_one_with_what_is_known(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, LISTED, dry_run=True)
    folder = folder_of(run(sandbox, wanted))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    again = rewrite_results(folder.name, wanted.output, World())
    assert (again.results, again.issues) == ("", "")
    assert files(folder) >= {"report.html", "summary.json"}
