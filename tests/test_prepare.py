"""What planning leaves behind: issues.csv and the list's profile, for dry runs and for real ones."""

from __future__ import annotations

import csv
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, InputError
from pipeline.issues import IssuesFile, write_issues
from pipeline.journal import Journal
from pipeline.report.profile import Profile
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.world import World
from tests.delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
    ask,
    email,
    leadbyte,
    order,
)

#: A list with three rows that break a rule, and one that is there twice.
LISTED = [email(0), "no address", email(1), "", email(0), "no.address"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def lines(folder: Path) -> list[dict[str, str]]:
    with (folder / "issues.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("dry_run", [True, False])
def test_issues_and_profile_are_there_when_the_plan_is_whole(
    sandbox: Sandbox, tmp_path: Path, *, dry_run: bool
) -> None:
    wanted = order(tmp_path, LISTED, dry_run=dry_run, vendor="Vendor A")
    summary = import_list(wanted, leadbyte(sandbox.base_url), World())
    assert [(one["row"], one["column"], one["value"]) for one in lines(wanted.output / summary.run_id)] == [
        ("3", "E-mail", "n*** a***"),
        ("5", "E-mail", ""),
        ("7", "E-mail", "n***.a***"),
    ]
    journal = Journal(wanted.output / "journal.sqlite3")
    profile = Profile.from_json(journal.quality.of(summary.run_id))
    planned = {name: sum(bins) for name, bins in profile.strip.counts.items()}
    assert planned == {"valid" if dry_run else "": 2, "invalid": 3, "duplicate": 1}
    assert (profile.rows, profile.repeated, profile.worst[0].row) == (6, 1, 3)
    issues = list(journal.quality.issues(summary.run_id))
    journal.close()
    if not dry_run:
        again = tmp_path / "again.csv"
        write_issues(again, issues, show_data=False)
        assert again.read_bytes() == (wanted.output / summary.run_id / "issues.csv").read_bytes()


def test_cells_are_shown_in_full_to_whom_asks_for_them(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, LISTED, dry_run=True, show_data=True)
    summary = import_list(wanted, leadbyte(sandbox.base_url), World())
    assert [one["value"] for one in lines(wanted.output / summary.run_id)] == ["no address", "", "no.address"]


class CutOff(BaseException):
    """The process ends here."""


def test_a_run_cut_off_while_planning_leaves_none_and_writes_them_when_it_goes_on(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = order(tmp_path, [*LISTED, email(2)])

    def cut(*_: object) -> None:
        raise CutOff

    with monkeypatch.context() as patch:
        patch.setattr(IssuesFile, "add", cut)
        with pytest.raises(CutOff):
            import_list(wanted, leadbyte(sandbox.base_url), World())
    assert [one.name for one in wanted.output.iterdir() if one.is_dir()] == []
    journal = Journal(wanted.output / "journal.sqlite3")
    ((run_id,),) = ask(journal.path, "SELECT run_id FROM runs")
    assert journal.quality.of(run_id) == ""
    journal.close()
    resume_run(run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert [one["row"] for one in lines(wanted.output / run_id)] == ["3", "5", "7"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_list_that_cannot_be_planned_leaves_no_folder(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, dry_run: bool
) -> None:
    wanted = order(tmp_path, LISTED, dry_run=dry_run)

    def full(*_: object) -> None:
        raise ConfigError("issues.csv cannot be written", "make room")

    monkeypatch.setattr(IssuesFile, "add", full)
    with pytest.raises(ConfigError, match="cannot be written"):
        import_list(wanted, leadbyte(sandbox.base_url), World())
    assert [one.name for one in wanted.output.iterdir() if one.is_dir()] == []


def test_a_list_of_which_one_file_cannot_be_written_leaves_none(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = order(tmp_path, LISTED, dry_run=True)
    replace = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "issues.csv":
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigError, match=r"issues.csv cannot be written"):
        import_list(wanted, leadbyte(sandbox.base_url), World())
    assert [one.name for one in wanted.output.iterdir() if one.is_dir()] == []


def test_a_list_that_is_refused_for_its_damage_leaves_no_folder(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = order(tmp_path, LISTED)

    def refused(_damage: object) -> None:
        raise InputError("dates that can be read two ways", "declare which")

    monkeypatch.setattr("pipeline.prepare.refuse", refused)
    with pytest.raises(InputError, match="two ways"):
        import_list(wanted, leadbyte(sandbox.base_url), World())
    assert [one.name for one in wanted.output.iterdir() if one.is_dir()] == []
