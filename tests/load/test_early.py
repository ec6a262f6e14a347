"""A workbook that was begun early is read once, by the child that was begun, unless it is another file by now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.load import early

from .making import LEADS, write_sheets, write_xlsx


@pytest.fixture(autouse=True)
def nothing_begun() -> Iterator[None]:
    yield
    for child, _ in early._begun.values():
        child.close()
    early._begun.clear()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "list.xlsx"
    write_sheets(path, {"May": LEADS, "June": LEADS})
    return path


def test_the_child_that_was_begun_is_handed_over_once(path: Path) -> None:
    early.begin(str(path), "June")
    ((begun, _),) = early._begun.values()
    assert early.reader(path, "June", str(path)) is begun
    assert early.reader(path, "June", str(path)) is not begun
    begun.close()


def test_another_sheet_gets_another_child(path: Path) -> None:
    early.begin(str(path), "June")
    ((begun, _),) = early._begun.values()
    with early.reader(path, "May", str(path)) as child:
        assert child is not begun


def test_a_file_that_has_changed_since_is_read_anew(path: Path) -> None:
    early.begin(str(path), "June")
    ((begun, _),) = early._begun.values()
    write_xlsx(path, {(1, 1): "Email", (2, 1): "a@example.com"})
    with early.reader(path, "June", str(path)) as child:
        assert child is not begun
    assert begun._process.poll() is not None


@pytest.mark.parametrize(
    "name", ["list.csv", "missing.xlsx", "folder.xlsx", "-", "https://example.com/list.xlsx", ""]
)
def test_only_a_workbook_that_is_there_is_begun(tmp_path: Path, name: str) -> None:
    (tmp_path / "list.csv").write_text("a,b\n1,2\n")
    (tmp_path / "folder.xlsx").mkdir()
    early.begin(str(tmp_path / name) if name.endswith(("csv", "xlsx")) and "//" not in name else name, "")
    assert not early._begun


def test_the_name_of_the_user_is_the_one_in_messages(path: Path) -> None:
    with pytest.raises(Exception, match=r"^stdin has 2 sheets with data"), early.reader(path, "", "stdin") as child:
        child.read(1)
