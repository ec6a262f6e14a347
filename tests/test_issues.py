"""issues.csv has one line for each issue of each row, in the order of the rows, and no cell in full unless asked."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.csv_file import safe_cell
from pipeline.issues import COLUMNS, issues_file, write_issues
from pipeline.masking import mask
from pipeline.model import Issue, Severity
from pipeline.plan import Broken, Plan
from pipeline.planning import Planner

from .builders import HEADERS, MAPPING, chunk, column, fitted, good_row

LINKS = fitted(MAPPING)
CHANGES: dict[str, dict[str, str]] = {
    "good": {},
    "e-mail": {"E_mail": "ann smith@example.com"},
    "formula": {"Mobile": "=1+1"},
    "two faults": {"Surname": "", "Born": '31/02/1980, "or so"'},
    "ragged": {},
}


def plans(kinds: list[str], size: int = 10_000) -> list[Plan]:
    """The plans of a list; every second row has a warning, on top of what is wrong with it."""
    rows = [good_row(number, **CHANGES[kind]) for number, kind in enumerate(kinds)]
    faults = {row: f"has 9 cells; beyond the last column: 'row {row}'" for row in range(2, len(kinds) + 2)}
    parts = [
        chunk(HEADERS, rows[at : at + size], {row: faults[row] for row in _ragged(kinds, at, size)}, at + 2)
        for at in range(0, len(rows), size)
    ]
    with Planner(LINKS, dry_run=True) as planner:
        return [_warned(plan, planner) for plan in planner.plans(parts)]


def _ragged(kinds: list[str], at: int, size: int) -> list[int]:
    return [row for row, kind in enumerate(kinds, start=2) if kind == "ragged" and at + 2 <= row < at + size + 2]


def _warned(plan: Plan, planner: Planner) -> Plan:
    positions = np.flatnonzero(plan.numbers() % 2)
    cells = column(*["info@example.com"] * len(positions))
    words = column(*["is the address of a role, not of a person"] * len(positions))
    warning = Broken(planner._checked[3], "role", positions, cells, words, Severity.WARNING)
    return dataclasses.replace(plan, broken=[*plan.broken, warning])


def written(path: Path, planned: list[Plan], *, show_data: bool = False) -> list[dict[str, str]]:
    with issues_file(path, show_data=show_data) as file:
        for plan in planned:
            file.add(plan)
    return read(path)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file, strict=True)
        assert lines.fieldnames == list(COLUMNS)
        return list(lines)


def line(issue: Issue) -> dict[str, str]:
    """What an issue looks like with the data shown."""
    return {name: safe_cell(str(text)) for name, text in dataclasses.asdict(issue).items()}


@settings(deadline=None, max_examples=20)
@given(kinds=st.lists(st.sampled_from(sorted(CHANGES)), max_size=9), size=st.integers(3, 9))
def test_there_is_one_line_for_each_issue_in_the_order_of_the_rows(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[str], size: int
) -> None:
    folder, planned = tmp_path_factory.mktemp("issues"), plans(kinds, size)
    issues = [issue for plan in planned for issue in plan.issues()]
    assert written(folder / "shown.csv", planned, show_data=True) == [line(issue) for issue in issues]
    masked = written(folder / "masked.csv", planned)
    assert [one["value"] for one in masked] == [safe_cell(mask(issue.value)) for issue in issues]
    assert [int(one["row"]) for one in masked] == sorted(issue.row for issue in issues)
    for name, show_data in (("shown.csv", True), ("masked.csv", False)):
        write_issues(folder / "again.csv", issues, show_data=show_data)
        assert (folder / "again.csv").read_bytes() == (folder / name).read_bytes()


def test_no_cell_is_in_it_unless_asked_for(tmp_path: Path) -> None:
    lines = written(tmp_path / "issues.csv", plans(["e-mail", "ragged", "two faults"]))
    assert [(one["row"], one["rule"], one["value"]) for one in lines] == [
        ("2", "email", "a*** s***@e***.c***"),
        ("3", "record", ""),
        ("3", "role", "i***@e***.com"),
        ("4", "required", ""),
        ("4", "date", '3***/0***/1***, "o*** s***"'),
    ]
    assert lines[1]["message"] == "has 9 cells; beyond the last column: ***"
    shown = written(tmp_path / "issues.csv", plans(["ragged"]), show_data=True)
    assert shown[0]["message"] == "has 9 cells; beyond the last column: 'row 2'"


def test_warnings_are_told_from_faults(tmp_path: Path) -> None:
    fault, warning = written(tmp_path / "issues.csv", plans(["good", "e-mail"]))
    assert (fault["severity"], fault["column"], fault["field"], fault["label"]) == (
        "fault", "E-mail", "email", "Email",
    )  # fmt: skip
    assert (warning["severity"], warning["rule"], warning["row"]) == ("warning", "role", "3")


def test_a_list_without_issues_has_a_file_of_headers_for_excel(tmp_path: Path) -> None:
    assert written(tmp_path / "issues.csv", plans(["good"])) == []
    assert (tmp_path / "issues.csv").read_bytes() == f"\ufeff{','.join(COLUMNS)}\r\n".encode()


def test_a_file_cut_short_is_no_file(tmp_path: Path) -> None:
    def issues() -> Iterator[Issue]:
        yield Issue(2, "E-mail", "email", "Email", "email", "ann", "is no address")
        raise ValueError("cut short")

    with pytest.raises(ValueError, match="cut short"):
        write_issues(tmp_path / "issues.csv", issues(), show_data=True)
    assert list(tmp_path.iterdir()) == []


def test_the_columns_and_the_masks_are_documented() -> None:
    text = (Path(__file__).parents[1] / "docs" / "results.md").read_text(encoding="utf-8")
    section = text.partition("## Columns of issues.csv")[2].partition("\n## ")[0]
    columns, masks = section.split("Values are masked")
    named = re.findall(r"`([a-z]+)`", "".join(re.findall(r"^\|([^|]*)\|", columns, re.MULTILINE)))
    assert tuple(named) == COLUMNS
    examples = re.findall(r"^\| `([^`]*)` \| `([^`]*)` \|", masks, re.MULTILINE)
    assert len(examples) == 8
    assert [mask(value) for value, _shown in examples] == [shown for _value, shown in examples]
