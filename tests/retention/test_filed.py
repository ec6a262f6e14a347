from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.retention import purge_filed
from pipeline.retention.filed import check_filed

BEFORE = datetime(2026, 3, 2, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)


def put(path: Path, day: datetime | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("Phone\n07700900123\n", encoding="utf-8")
    if day:
        os.utime(path, (day.timestamp(), day.timestamp()))
    return path


def test_lists_of_old_days_go_with_their_folders_whatever_their_own_time(tmp_path: Path) -> None:
    old = [put(tmp_path / "done" / "2026-02-27" / name) for name in ("a.csv", "a.results.csv")]
    deep = put(tmp_path / "done" / "2026-02-20" / "acme" / "b.csv")
    young = put(tmp_path / "done" / "2026-03-01" / "c.csv", BEFORE - timedelta(days=400))
    assert purge_filed(tmp_path / "done", BEFORE) == sorted([*old, deep])
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [young]
    assert [one.name for one in (tmp_path / "done").iterdir()] == ["2026-03-01"]


def test_a_day_counts_until_it_is_over_everywhere_on_earth(tmp_path: Path) -> None:
    put(tmp_path / "2026-03-01" / "a.csv")
    assert purge_filed(tmp_path, datetime(2026, 3, 2, 12, tzinfo=UTC)) == []
    assert len(purge_filed(tmp_path, datetime(2026, 3, 2, 12, 1, tzinfo=UTC))) == 1


@pytest.mark.parametrize("folder", ["failed", "2026-02-31", "2026-1-2"])
def test_without_a_day_the_time_counts_at_which_a_file_was_changed_or_moved(tmp_path: Path, folder: str) -> None:
    # Its content is of long ago; it was put there now.
    moved = put(tmp_path / folder / "a.csv", BEFORE - timedelta(days=400))
    assert purge_filed(tmp_path, BEFORE) == []
    assert purge_filed(tmp_path, LATER) == [moved]
    assert not moved.exists()


def test_the_folder_itself_may_be_the_day(tmp_path: Path) -> None:
    put(tmp_path / "2026-02-01" / "a.csv")
    assert len(purge_filed(tmp_path / "2026-02-01", BEFORE)) == 1
    assert (tmp_path / "2026-02-01").is_dir(), "the folder that was named stays"


def test_a_dry_run_removes_nothing(tmp_path: Path) -> None:
    old = put(tmp_path / "2026-02-01" / "a.csv")
    assert purge_filed(tmp_path, BEFORE, dry_run=True) == [old]
    assert old.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_links_are_left_alone_and_what_they_lead_to(tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere" / "2026-01-01" / "a.csv")
    filed = tmp_path / "filed" / "2026-01-01"
    filed.mkdir(parents=True)
    (filed / "file.csv").symlink_to(elsewhere)
    (filed / "folder").symlink_to(elsewhere.parent)
    assert purge_filed(tmp_path / "filed", LATER) == []
    assert elsewhere.exists()
    assert (filed / "file.csv").is_symlink()


def test_a_folder_that_is_not_there_or_cannot_be_changed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        purge_filed(tmp_path / "nowhere", BEFORE)
    put(tmp_path / "2026-02-01" / "a.csv")

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(ConfigError, match=r"cannot be removed: .*a\.csv: Permission denied"):
        purge_filed(tmp_path, BEFORE)


def test_a_folder_that_holds_what_is_needed_is_refused(tmp_path: Path) -> None:
    output = tmp_path / "output"
    for wrong in (tmp_path, output, Path("/")):
        with pytest.raises(ConfigError, match="which is no filed list"):
            check_filed(wrong, output)
    check_filed(tmp_path / "done", output)
    check_filed(output / "done", output)


@pytest.mark.parametrize("named", ["inbox", "inbox/solar", "inbox/solar/working", "inbox/solar/working/solar"])
def test_a_folder_with_lists_that_are_not_imported_yet_is_refused_and_the_right_ones_named(
    tmp_path: Path, named: str
) -> None:
    top = tmp_path / "inbox" / "solar"
    put(top / "working" / "solar" / "20260301T020000Z-1f3a" / "a.csv")
    put(top / "done" / "2026-02-01" / "b.csv")
    with pytest.raises(ConfigError, match="not imported yet") as refused:
        check_filed(tmp_path / named)
    assert refused.value.hint.endswith(f"--files {top / 'done'} --files {top / 'failed'}")
    for right in ("done", "done/2026-02-01", "failed"):
        check_filed(top / right)


def test_a_file_is_no_folder_and_one_that_is_not_there_has_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        check_filed(put(tmp_path / "a.csv"))
    check_filed(tmp_path / "nowhere")


def test_filed_lists_may_lie_below_a_folder_that_happens_to_be_called_working(tmp_path: Path) -> None:
    put(tmp_path / "working" / "leads" / "done" / "2026-02-01" / "a.csv")
    check_filed(tmp_path / "working" / "leads" / "done")
