"""Nasty lists of all kinds (tests/files): each is read exactly, or refused, as the file beside it says."""

from __future__ import annotations

import csv
import json
import lzma
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest

from pipeline.errors import ImportFailure
from pipeline.load import ReadOptions
from pipeline.model import Campaign
from pipeline.report import Summary
from pipeline.run import import_list
from pipeline.world import Order, World
from tests.builders import EXAMPLE
from tests.files import big
from tests.files.case import Case
from tests.files.make_files import FOLDER, SUFFIX, all_cases, written

_COLUMNS: Final = """
campaign: EXAMPLE-CAMPAIGN
columns: {First name: First_Name, Surname: Last_Name, Email: Email, Phone: Phone_1, Born: %s, Car: make_of_car}
constants: {SID: "1"}
dedupe: [Email, Phone_1]
"""
_STANDARD: Final = _COLUMNS % '{field: DOB, date_format: "%d/%m/%Y"}'
_CONSTANTS: Final = 'constants: {SID: "1", First_Name: Ann, Last_Name: Smith, make_of_car: Ford}'
#: By the name in the expectation; without one the list has the standard header.
_MAPPINGS: Final = {
    "": _STANDARD,
    "no date format": _COLUMNS % "DOB",
    "iso dates": _COLUMNS % '{field: DOB, date_format: "%Y-%m-%d"}',
    "column C": f"{_STANDARD}ignore: [Column C]\n",
    "email only": f"campaign: EXAMPLE-CAMPAIGN\ncolumns: {{Email: Email}}\n{_CONSTANTS}\n",
    "letters": "campaign: EXAMPLE-CAMPAIGN\ncolumns: {Column A: First_Name, Column B: Last_Name, Column C: Email,"
    ' Column F: make_of_car}\nconstants: {SID: "1"}\nignore: [Column D, Column E]\n',
}
_KNOWN: Final = {"flags", "mapping", "refused", "hint", "rows", "reasons", "cells", "decisions", "damage", "blank"}

LISTS: Final = sorted(
    path
    for path in FOLDER.glob("*/*")
    if path.is_file() and not path.name.endswith(SUFFIX) and path.suffix not in (".py", ".pyc")
)
BIG: Final = (
    big.text_cases,
    big.workbook_cases,
    big.bomb_cases,
    pytest.param(big.hoard_cases, marks=pytest.mark.slow),
)


@dataclass
class Nobody:
    """A service that has the specification's campaign, and to which nothing may be posted."""

    address: str = "https://nobody.example"
    posted: list[Any] = field(default_factory=list)

    def campaign(self, wanted: str) -> Campaign:
        assert wanted == EXAMPLE.reference
        return EXAMPLE

    def post(self, campaign: str, lead: Any, on_sent: Callable[[], None]) -> NoReturn:  # noqa: ARG002  # as Service has it
        self.posted.append(lead)
        raise AssertionError("a dry run posted a lead")

    def queue(self, queue_id: str, on_sent: Callable[[], None]) -> NoReturn:  # noqa: ARG002
        raise AssertionError("a dry run asked the queue")

    def search(self, campaign_id: str, by: str, value: str, on_sent: Callable[[], None]) -> NoReturn:  # noqa: ARG002
        raise AssertionError("a dry run searched")


def options(flags: list[str]) -> ReadOptions:
    """The command line's flags about reading."""
    told: dict[str, Any] = {}
    words = iter(flags)
    for word in words:
        name = word.removeprefix("--").replace("-", "_")
        told[name] = True if name == "no_header" else next(words)
    return ReadOptions(**told | ({"header_row": int(told["header_row"])} if "header_row" in told else {}))


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One output folder for all the runs: to make a journal is what takes longest."""
    return tmp_path_factory.mktemp("output")


@pytest.fixture(autouse=True)
def _no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails here."""
    monkeypatch.setattr("os.fsync", lambda _file: None)


def examine(path: Path, expected: dict[str, Any], folder: Path, output: Path) -> None:
    """Do what `check` does, and compare."""
    assert expected.keys() <= _KNOWN
    mapping = folder / "mapping.yaml"
    mapping.write_text(_MAPPINGS[expected.get("mapping", "")], encoding="utf-8")
    read = options(expected.get("flags", []))
    order = Order(str(path), mapping, output, dry_run=True, read=read)
    nobody, before = Nobody(), set(output.iterdir())
    if "refused" in expected:
        with pytest.raises(ImportFailure) as caught:
            import_list(order, nobody, World())
        assert expected["refused"] in caught.value.message
        assert expected["hint"] in caught.value.hint
        assert caught.value.hint
        assert {one for one in output.iterdir() if one.is_dir()} <= before, "a refused list has no run"
    else:
        summary = import_list(order, nobody, World())
        compare(summary, read_results(Path(summary.results)), expected)
    assert nobody.posted == []
    assert not (output / ".incoming").exists(), "a copy of the list was left behind"


def read_results(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def compare(summary: Summary, rows: list[dict[str, str]], expected: dict[str, Any]) -> None:
    """Every record once, in order, with its outcome; nothing said that is not expected, and all that is."""
    assert [(one["row"], one["outcome"]) for one in rows] == list(expected["rows"].items())
    assert sorted(map(int, expected["rows"])) == list(map(int, expected["rows"]))
    assert summary.rows == len(rows) == sum(summary.outcomes.values())
    assert Counter(one["outcome"] for one in rows) == {name: n for name, n in summary.outcomes.items() if n}
    people = [one["Email"] for one in rows if one["outcome"] == "valid" and "Email" in one]
    assert people == sorted(set(people)), "each person once, in the order of the list"
    by_row = {one["row"]: one for one in rows}
    for row, words in expected.get("reasons", {}).items():
        assert words in by_row[row]["errors"]
    for row, cells in expected.get("cells", {}).items():
        assert {header: by_row[row][header] for header in cells} == cells
    assert all(one["errors"] for one in rows if one["outcome"] == "invalid")
    assert not any(one["errors"] for one in rows if one["outcome"] == "valid")
    assert summary.blank_rows == expected.get("blank", 0)
    assert sorted(one.kind for one in summary.damage) == expected.get("damage", [])
    to_mend = [note for note in summary.notes if "fix-me.xlsx" in note]
    many = [re.search(r"([0-9]+) rows? (?:to mend|is not in it|are not in it)", note) for note in to_mend]
    assert sum(int(one[1]) for one in many if one) == summary.outcomes.get("invalid", 0)
    said = [note for note in summary.notes if not note.startswith("blank rows skipped") and note not in to_mend]
    wanted = expected.get("decisions", [])
    assert len(said) == len(wanted), said
    for note, words in zip(said, wanted, strict=True):
        assert words in note


@pytest.mark.parametrize("path", LISTS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_nasty_list_becomes_what_stands_beside_it(path: Path, tmp_path: Path, output: Path) -> None:
    expected = json.loads(path.with_name(path.name + SUFFIX).read_text(encoding="utf-8"))
    examine(path, expected, tmp_path, output)


@pytest.mark.parametrize("cases", BIG)
def test_lists_too_big_to_keep_are_read_or_refused(
    cases: Callable[[], list[Case]], tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.load.origin._FREE", 1 << 20)
    for case in cases():
        folder = tmp_path / case.name.replace("/", "-")
        folder.mkdir()
        path = folder / Path(case.name).name
        path.write_bytes(case.content)
        examine(path, case.expected, folder, output)


@pytest.mark.slow
@pytest.mark.parametrize("path", LISTS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_what_nobody_mends_stays_as_wrong_as_it_was(path: Path, tmp_path: Path, output: Path) -> None:
    """Whoever sends fix-me.xlsx as it was written sends nobody: what is wrong with a row is found again in it."""
    expected = json.loads(path.with_name(path.name + SUFFIX).read_text(encoding="utf-8"))
    if "refused" in expected:
        return
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(_MAPPINGS[expected.get("mapping", "")], encoding="utf-8")
    order = Order(str(path), mapping, output, dry_run=True, read=options(expected.get("flags", [])))
    first = import_list(order, Nobody(), World())
    if first.fix_me:
        again = import_list(replace(order, file=first.fix_me, read=ReadOptions()), Nobody(), World())
        were = {one["row"]: one for one in read_results(Path(first.results))}
        for one in read_results(Path(again.results)):
            assert one == were[one["row"]]
            assert one["outcome"] == "invalid"


def test_there_are_many_and_each_has_an_expectation() -> None:
    assert len(LISTS) >= 80
    expectations = {path.name for path in FOLDER.glob(f"*/*{SUFFIX}")}
    assert expectations == {path.name + SUFFIX for path in LISTS}
    for path in LISTS:
        expected = json.loads(path.with_name(path.name + SUFFIX).read_text(encoding="utf-8"))
        assert ("refused" in expected) != ("rows" in expected), path


def test_the_files_are_those_that_the_table_makes() -> None:
    made = {name: content for case in all_cases() for name, content in written(case).items()}
    kept = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in FOLDER.glob("*/*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert made.keys() == kept.keys()
    for name, content in made.items():
        assert _unpacked(name, content) == _unpacked(name, kept[name]), f"{name}: python -m tests.files.make_files"


def _unpacked(name: str, content: bytes) -> bytes:
    """What is in a whole .xz: other releases of its library may pack it in another way."""
    return lzma.decompress(content) if name.endswith("list.csv.xz") else content
