"""What a person does with a run's report at the command line: --open, results, schema."""

from __future__ import annotations

import json
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pipeline.cli.runs import schema_text
from pipeline.damage import Kind
from pipeline.report.terminal import LINES

from .user import InProcess, a_list

CHECK = ("check", "list.csv", "--mapping", "map.yaml")
RUN = ("run", "list.csv", "--mapping", "map.yaml", "--rate", "100/s")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the browser was given."""
    addresses: list[str] = []

    def browse(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    return addresses


def the_page(person: InProcess) -> Path:
    (page,) = person.folder.glob("output/*/report.html")
    return page


def test_the_page_is_opened_in_the_browser_by_each_command_that_is_asked_to(
    person: InProcess, opened: list[str]
) -> None:
    assert person.enter(*RUN).code == 0
    assert opened == []
    run_id = the_page(person).parent.name
    for command in (("results", run_id), ("resume", run_id)):
        ran = person.enter(*command, "--open")
        assert (ran.code, ran.err) == (0, "")
    assert opened == [the_page(person).as_uri()] * 2
    person.write("list.csv", a_list("", ""))
    assert person.enter(*CHECK, "--open", "--output", "dry run").code == 0
    assert person.enter(*RUN, "--open", "--output", "real").code == 0
    assert [address.split("/")[-3] for address in opened[2:]] == ["dry%20run", "real"]


@pytest.mark.parametrize("fault", [lambda _: False, lambda _: (_ for _ in ()).throw(webbrowser.Error("none"))])
def test_without_a_browser_the_page_is_named_and_the_exit_code_stays(
    person: InProcess, monkeypatch: pytest.MonkeyPatch, fault: Callable[[str], bool]
) -> None:
    monkeypatch.setattr(webbrowser, "open", fault)
    ran = person.enter(*CHECK, "--open")
    assert ran.code == 0
    assert ran.err == f"no browser was found: open {the_page(person).relative_to(person.folder)}\n"


def test_the_summary_of_json_is_what_the_schema_says_and_stands_alone(person: InProcess, opened: list[str]) -> None:
    ran = person.enter(*CHECK, "--json", "--open")
    summary = json.loads(ran.out)
    Draft202012Validator(json.loads(schema_text())).validate(summary)
    assert len(opened) == 1


def test_the_schema_is_printed_without_any_configuration(person: InProcess) -> None:
    ran = person.enter("schema", LEADBYTE_BASE_URL="", LEADBYTE_API_KEY="")
    assert (ran.code, ran.out, ran.err) == (0, schema_text(), "")


def test_a_dry_run_is_told_whose_list_it_was_afterwards(person: InProcess) -> None:
    person.write("list.csv", a_list("") + "Jane,Doe,nobody,Ford,1\n")
    first = person.enter(*CHECK)
    run_id = the_page(person).parent.name
    ran = person.enter("results", run_id, "--vendor", " Acme Leads ", "--vendor-note", "--show-data")
    assert (ran.code, ran.err) == (first.code, "") == (1, "")
    assert f"output/{run_id}/report.html (beside it: results.csv, issues.csv, " in ran.out
    folder = the_page(person).parent
    assert "from Acme Leads" in (folder / "vendor-note.txt").read_text(encoding="utf-8")
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["vendor"] == "Acme Leads"
    assert "nobody" in (folder / "report.html").read_text(encoding="utf-8")
    assert person.sandbox.record() == []


def test_a_vendors_next_list_is_seen_beside_the_last_one(person: InProcess) -> None:
    assert person.enter(*CHECK, "--vendor", "Acme").code == 0
    person.write("second.csv", a_list("", "", ""))
    assert person.enter("check", "second.csv", "--mapping", "map.yaml", "--vendor", "acme ").code == 0
    second = max(person.folder.glob("output/*/report.html"), key=lambda page: page.stat().st_mtime_ns)
    assert "list.csv" in second.read_text(encoding="utf-8")


#: Damage of every kind that one list may have, in columns of their own; dates that refuse it too.
DAMAGED_HEADER = "First,Last,Email,Car,SID,Mobile,Born,Place,Plan,Sex"
DAMAGED_MAPPING = """\
campaign: EXAMPLE-CAMPAIGN
columns:
  First: First_Name
  Last: Last_Name
  Email: Email
  Car: make_of_car
  SID: SID
  Mobile: Phone_1
  Born: DOB
  Place: Postcode
  Plan: mortgage_type
  Sex: Gender
dedupe: [Email]
checks:
  fictitious_phone: Phone_1
"""
DAMAGED = [
    "Jane,Doe,jane@example.com,Ford,1,7.7E+09,03/04/1980,SW1A 1AA,NULL,Male",
    "Zo\u00c3\u00ab,Doe,zoe@example.com,Ford,1,7700900123,29221,#N/A,,Male",
    "Jos?,Doe,jose,Ford,1,7700900124.0,13/01/1980,XX,,robot",
    "J0e,D\ufffde,zoe@example.com,,1,01632 960123,01/31/1980,SW1A 1AA,,",
    "Ann,Lee,jane@example.com,Ford,1,07700 900125,1980-01-01,SW1A 1AA,,Male",
    "Ann,Lee",
    "Total,6",
    "",
    "Ann,Lee,ann@example.com,Ford,1,07700 900126,1980-01-01,SW1A 1AA,,Male",
    "Ann,Lee,ann@example.com,Ford,1,07700 900126,1980-01-01,SW1A 1AA,,Male",
]


def test_check_is_told_in_ten_lines_whatever_the_list(person: InProcess) -> None:
    person.write("list.csv", "\n".join([DAMAGED_HEADER, *DAMAGED]))
    person.write("map.yaml", DAMAGED_MAPPING)
    ran = person.enter(*CHECK, "--limit", "1", "--vendor", "Acme", "--vendor-note")
    assert (ran.code, ran.err) == (1, "")
    summary = json.loads((the_page(person).parent / "summary.json").read_text(encoding="utf-8"))
    found = {one["kind"] for one in summary["damage"]}
    assert found >= {Kind.AMBIGUOUS_DATE, Kind.SCIENTIFIC, Kind.SERIAL_DATE, Kind.ERROR_TEXT, Kind.MOJIBAKE}
    assert found >= {Kind.REPLACED, Kind.DECIMALS, Kind.PLACEHOLDER, Kind.LOST_ZERO}
    assert summary["notes"]
    assert (summary["outcomes"]["duplicate"], summary["blank_rows"]) == (1, 1)
    lines = ran.out.rstrip("\n").split("\n")
    assert len(lines) <= LINES
    # Nothing that matters gave way: the verdict, why a run would send nothing, three things to fix, the next step.
    assert lines[1].startswith(summary["verdict"])
    assert summary["blocked"] in lines[1]
    assert [line.strip()[3:] for line in lines[4:7]] == summary["to_fix"]
    assert lines[-1].startswith("Next: ")
    assert "report.html has them" in lines[-3]
    for cell in ("zoe@", "jose", "960123", "robot"):
        assert cell not in ran.out


def test_the_three_things_to_fix_are_the_same_on_the_page_and_on_the_terminal(person: InProcess) -> None:
    import html

    person.write("list.csv", "\n".join([DAMAGED_HEADER, *DAMAGED]))
    person.write("map.yaml", DAMAGED_MAPPING)
    ran = person.enter(*CHECK)
    page = html.unescape(the_page(person).read_text(encoding="utf-8"))
    told = [line.strip()[3:] for line in ran.out.splitlines() if line.startswith("  ")]
    assert len(told) == 3
    assert [text for text in told if text not in page] == []


def test_help_and_schema_load_nothing_big(person: InProcess) -> None:
    ran = person.run(
        "-c",
        "import sys; from pipeline.cli import main; sys.argv = ['x', 'schema']\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'pandas', 'jinja2', 'pygal'} & set(sys.modules)), file=sys.stderr)",
        program=(sys.executable,),
    )
    assert ran.err.strip() == "[]"
