"""The demonstration and its sample lists: every answer of the service occurs, and nobody real is in them."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.load import open_list
from pipeline.model import RESPONSE_CODES

TOP = Path(__file__).parents[1]
SAMPLES = TOP / "sample_data"
#: Codes 1 and 2 both mean success; LeadByte's documents do not say when it is which.
SUCCESS = {1, 2}
E_MAILS = {"leads.csv": "E-mail address", "leads.xlsx": "Email", "first-list.csv": "Email"}
PHONES = {"leads.csv": "Mobile", "leads.xlsx": "Mobile no.", "first-list.csv": "Mobile"}
BROKEN_E_MAILS = {
    "leads.csv": {"", "jane.example.com", "jane@@example.com", "jane doe@example.com", "j@example,com", "n/a"},
    "leads.xlsx": {"nobody"},
    "first-list.csv": {"ann.lee@example"},
}
BROKEN_PHONES = {
    "leads.csv": {"0770090012", "7.7009E+09", "01632 960123", "call me", "-"},
    "leads.xlsx": {"77009"},
    "first-list.csv": set[str](),
}


def column(name: str, header: str) -> list[str]:
    """A column of a sample list; ragged rows are left to the importer."""
    return [
        str(cell)
        for chunk in open_list(SAMPLES / name).chunks()
        for cell in chunk.frame.drop(index=list(chunk.faults))[header]
    ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The demo in an empty folder and without any configuration: the folder, and what it came to."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADBYTE_")}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "demo"],
        cwd=folder,
        env=environment | {"PYTHONWARNINGS": "error"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    return folder, done


def results(folder: Path) -> list[dict[str, str]]:
    lines: list[dict[str, str]] = []
    for path in sorted(folder.glob("output/*/results.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines += csv.DictReader(file)
    return lines


def test_demo_ends_well_and_says_where_the_results_are(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = demo
    assert (done.returncode, done.stderr) == (0, "")
    paths = re.findall(r"^Report:  (\S*) \(beside it: (results\.csv)", done.stdout, re.MULTILINE)
    assert len(paths) == 2
    for page, beside in paths:
        assert (folder / page).name == "report.html"
        assert (folder / page).is_file()
        assert (folder / page).with_name(beside).is_file()


def test_demo_shows_every_answer_of_the_service(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    lines = results(demo[0])
    codes = {int(line["code"]) for line in lines if line["code"]}
    assert set(RESPONSE_CODES) - SUCCESS <= codes
    assert codes & SUCCESS
    for code, meaning in RESPONSE_CODES.items():
        assert {line["meaning"] for line in lines if line["code"] == str(code)} <= {meaning}
    assert {"Queued", "Quarantined"} <= {line["status"] for line in lines if line["outcome"] == "accepted"}


def test_demo_shows_every_outcome_that_a_list_can_have(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    outcomes = {line["outcome"] for line in results(demo[0])}
    assert {"accepted", "rejected", "failed", "invalid", "duplicate", "unknown"} <= outcomes
    assert "not_sent" not in outcomes


def test_demo_accounts_for_every_row(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    summaries = [json.loads(path.read_text(encoding="utf-8")) for path in demo[0].glob("output/*/summary.json")]
    for summary in summaries:
        (source,) = [name for name in E_MAILS if summary["file"].endswith(name)]
        rows = sum(len(chunk.frame) for chunk in open_list(SAMPLES / source).chunks())
        assert summary["rows"] == sum(summary["outcomes"].values()) == rows
    assert len(summaries) == 2


@pytest.mark.parametrize("name", sorted(E_MAILS))
def test_nobody_can_be_reached_by_the_e_mail_addresses_of_the_samples(name: str) -> None:
    found = set(column(name, E_MAILS[name]))
    strange = {one for one in found if not re.fullmatch(r"[A-Za-z0-9.+-]+@example\.com", one)}
    assert strange == BROKEN_E_MAILS[name]
    assert len(found) > 3


@pytest.mark.parametrize("name", sorted(PHONES))
def test_nobody_can_be_reached_by_the_phone_numbers_of_the_samples(name: str) -> None:
    """Ofcom keeps 07700 900000 to 900999 free for drama."""
    found = column(name, PHONES[name])
    bare = {re.sub(r"\(0\)|[^0-9]", "", one).removeprefix("00") for one in found if one not in BROKEN_PHONES[name]}
    assert [one for one in bare if not re.fullmatch(r"(?:44|0?)7700900[0-9]{3}", one)] == []
    assert BROKEN_PHONES[name] <= set(found)
    assert len(bare) > 3


def test_nobody_can_be_reached_by_any_other_cell_of_the_samples() -> None:
    for path in SAMPLES.glob("leads.*"):
        for chunk in open_list(path).chunks():
            text = "\n".join(str(cell) for row in chunk.frame.itertuples(index=False) for cell in row)
            hosts = set(re.findall(r"https?://([^/\s]+)", text)) | set(re.findall(r"@([\w.-]+\.\w+)", text))
            assert {host for host in hosts if not host.endswith("example.com")} == set()


def test_samples_are_made_anew_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = the_maker()
    monkeypatch.setattr(made, "HERE", tmp_path)
    made.make_csv()
    made.make_xlsx()
    assert (tmp_path / "leads.csv").read_bytes() == (SAMPLES / "leads.csv").read_bytes()
    # A workbook holds the time of its making, so its cells are compared.
    again, before = (
        [
            list(map(str, row))
            for chunk in open_list(folder / "leads.xlsx").chunks()
            for row in chunk.frame.itertuples()
        ]
        for folder in (tmp_path, SAMPLES)
    )
    assert again == before


def the_maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
