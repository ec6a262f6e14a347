"""`runs` and `runs show`, as a person and as a program see them."""

from __future__ import annotations

import json
from typing import Final

import pytest

from pipeline.cli.history import table
from pipeline.history import Entry, State
from pipeline.sandbox import Sandbox

from .user import InProcess, a_list

RUN: Final = ("run", "list.csv", "--mapping", "map.yaml", "--rate", "500/s", "--vendor", "Acme")


def entry(**changes: object) -> Entry:
    known: dict[str, object] = {
        "run_id": "20261123T020000Z-00c7", "started_at": "2026-11-23T02:00:00+00:00", "finished_at": "",
        "dry_run": False, "state": State.FINISHED, "words": "finished", "stop_kind": "", "file": "in/acme.csv",
        "campaign": "SOLAR-UK", "campaign_name": "Solar", "vendor": "Acme", "rows": 5000,
        "outcomes": {"accepted": 4749, "not_sent": 251}, "seconds": 1000.1, "rate": 4.98,
        "purged_at": "",
    }  # fmt: skip
    return Entry(**(known | changes))  # type: ignore[arg-type]


def test_the_table_says_in_short_what_a_run_was_and_came_to() -> None:
    assert table([entry(), entry(dry_run=True, vendor="", seconds=59.96, rate=None, outcomes={"valid": 5000})]) == (
        "Run                    List      State       Rows  Outcomes           Time\n"
        "---------------------  --------  --------  ------  --------------  -------\n"
        "20261123T020000Z-00c7  acme.csv  import     5,000  4,749 accepted  16m 40s\n"
        "2026-11-23 02:00 UTC   SOLAR-UK  finished          251 not sent      5.0/s\n"
        "                       Acme\n"
        "---------------------  --------  --------  ------  --------------  -------\n"
        "20261123T020000Z-00c7  acme.csv  dry run    5,000  5,000 valid      1m 00s\n"
        "2026-11-23 02:00 UTC   SOLAR-UK  finished"
    )


def test_the_table_fits_a_hundred_columns_whatever_things_are_called() -> None:
    widest = entry(
        file="C:\\lists\\" + "x" * 80 + "_2026-11-23.csv", campaign="R" * 60, vendor="V" * 60, rows=1_000_000,
        words="stopped: disk or fault", outcomes={"duplicate": 1_000_000}, seconds=360_000.0, rate=1000.0,
    )  # fmt: skip
    lines = table([widest]).splitlines()
    assert max(map(len, lines)) <= 100
    assert "x_2026-11-23.csv"[-10:] in lines[2], "the end of a name tells lists apart"
    assert "100h 00m" in lines[2]


def test_runs_are_listed_for_people_and_for_programs(person: InProcess) -> None:
    person.write("list.csv", a_list("", "tps"))
    person.enter(*RUN)
    for_people, for_programs = person.enter("runs"), person.enter("runs", "--json")
    assert (for_people.code, for_people.err) == (0, "")
    for word in ("list.csv", "EXAMPLE-CAMPAIGN", "Acme", "import", "finished", "1 accepted", "1 rejected"):
        assert word in for_people.out
    document = json.loads(for_programs.out)
    assert document["format"] == 1
    (one,) = document["runs"]
    assert set(one) == {
        "run_id", "started_at", "finished_at", "dry_run", "state", "words", "stop_kind", "file", "campaign",
        "campaign_name", "vendor", "rows", "outcomes", "seconds", "rate", "purged_at",
    }  # fmt: skip
    assert (one["state"], one["outcomes"]) == ("finished", {"accepted": 1, "rejected": 1})


def test_one_run_is_shown_with_all_that_is_known_and_without_its_people(person: InProcess, sandbox: Sandbox) -> None:
    person.write("list.csv", a_list("", "tps"))
    run_id = json.loads(person.enter(*RUN, "--json").out)["run_id"]
    for_people, for_programs = person.enter("runs", "show", run_id), person.enter("runs", "show", run_id, "--json")
    for word in (run_id, "SHA-256", "map.yaml", "--rate 500/s", "results.csv", "code -15", "leadbyte-import retry"):
        assert word in for_people.out
    document = json.loads(for_programs.out)
    assert set(document) >= {
        "format",
        "run_id",
        "sha256",
        "flags",
        "reasons",
        "queue",
        "launches",
        "next_step",
        "files",
    }
    for said in (for_people.out, for_programs.out):
        assert "jane" not in said.lower()
        assert sandbox.key not in said


@pytest.mark.parametrize(
    "words", [("runs", "show", "output/RUN"), ("runs", "--output", "output", "show", "RUN"), ("runs", "show", "RUN")]
)
def test_a_run_is_named_by_its_id_or_its_folder(person: InProcess, words: tuple[str, ...]) -> None:
    run_id = json.loads(person.enter(*RUN, "--json").out)["run_id"]
    assert run_id in person.enter(*(word.replace("RUN", run_id) for word in words)).out


def test_another_folder_is_named_before_or_after_show(person: InProcess) -> None:
    run_id = json.loads(person.enter(*RUN, "--output", "night", "--json").out)["run_id"]
    assert run_id in person.enter("runs", "--output", "night").out
    assert run_id in person.enter("runs", "--output", "night", "show", run_id).out
    assert run_id in person.enter("runs", "show", run_id, "--output", "night").out


def test_nothing_to_list_is_said(person: InProcess) -> None:
    nowhere = person.enter("runs")
    assert nowhere.code == 2
    assert "no journal in output" in nowhere.err
    person.enter(*RUN)
    nobody = person.enter("runs", "--vendor", "Nobody")
    assert (nobody.code, nobody.out) == (0, "")
    assert "no such run in output" in nobody.err
    assert json.loads(person.enter("runs", "--vendor", "Nobody", "--json").out) == {"format": 1, "runs": []}
    assert person.enter("runs", "--since", "soon").code == 2


def test_that_there_are_more_is_said(person: InProcess) -> None:
    person.enter(*RUN)
    person.enter(*RUN, "--allow-resubmit")
    one = person.enter("runs", "--limit", "1")
    assert "--limit shows more" in one.err
    assert "--limit" not in person.enter("runs", "--limit", "3").err
