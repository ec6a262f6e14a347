"""The commands as people meet them: what they print where, what they write, and their exit codes."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from filelock import FileLock

from pipeline import __version__
from pipeline.cli import root
from pipeline.errors import RunError
from pipeline.sandbox import Sandbox
from pipeline.world import World

from .user import COMMAND, LIST, PATIENCE, InProcess, Ran, User, a_list

RUN = ("run", "list.csv", "--mapping", "map.yaml", "--rate", "100/s")
CHECK = ("check", "list.csv", "--mapping", "map.yaml")
BOUGHT = """\
Forename,Surname,E-mail address,Mobile,Born,Vehicle,Notes
Jane,Doe,jane@example.com,07700900123,02/01/1980,Ford,call
Joe,Poe,joe@example.com,07700900124,03/04/1981,Kia,
"""
MAP = ("map", "bought.csv", "--campaign", "EXAMPLE-CAMPAIGN")


def the_run(user: User) -> Path:
    (folder,) = [path for path in (user.folder / "output").iterdir() if path.is_dir()]
    return folder


def outcomes(folder: Path) -> list[str]:
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return [line["outcome"] for line in csv.DictReader(file)]


def next_step(ran: Ran) -> tuple[str, ...]:
    (line,) = [line for line in ran.out.splitlines() if line.startswith("Next:")]
    program, *words = shlex.split(line.removeprefix("Next:"))
    assert program == "leadbyte-import"
    return tuple(words)


# ---------------------------------------------------------------------- campaigns, fields


def test_campaigns_are_a_table_for_people(person: InProcess) -> None:
    ran = person.enter("campaigns")
    assert (ran.code, ran.err) == (0, "")
    header, rule, *rows = ran.out.splitlines()
    assert header.split() == ["Reference", "Id", "Name", "Country", "State"]
    assert set(rule) == {"-", " "}
    states = {row.split()[0]: row.rstrip().rsplit("  ", 1)[1] for row in rows}
    assert states == {
        "EXAMPLE-CAMPAIGN": "active",
        "SOLAR-UK": "active",
        "BUYERS-LIVE": "active",
        "OLD-CAMPAIGN": "not active",
        "ARCHIVED-CAMPAIGN": "archived",
    }


def test_campaigns_are_json_for_programs(person: InProcess) -> None:
    ran = person.enter("campaigns", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = {one["reference"]: one for one in json.loads(ran.out)}
    assert found["SOLAR-UK"]["id"] == "12"
    assert (found["OLD-CAMPAIGN"]["active"], found["ARCHIVED-CAMPAIGN"]["archived"]) == (False, True)


@pytest.mark.parametrize("wanted", ["SOLAR-UK", "solar-uk", "12", "Solar UK"])
def test_fields_are_a_table_for_people(person: InProcess, wanted: str) -> None:
    ran = person.enter("fields", wanted)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0].split("  ")[0] == "Label"
    (owner,) = [line for line in ran.out.splitlines() if line.startswith("Home_Owner")]
    assert " ".join(owner.split()) == "Home_Owner data1 required Text Yes I own it (OWN), No I rent (RENT)"
    (bill,) = [line for line in ran.out.splitlines() if line.startswith("Monthly_Bill")]
    assert "required" not in bill


def test_fields_are_json_for_programs(person: InProcess) -> None:
    ran = person.enter("fields", "EXAMPLE-CAMPAIGN", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = {one["label"]: one for one in json.loads(ran.out)}
    assert found["Email"] == {
        "name": "email", "label": "Email", "required": True, "data_type": "Email Address", "selections": [],
    }  # fmt: skip
    assert {"label": "M", "value": "M"} in found["Gender"]["selections"]


# ---------------------------------------------------------------------- map


def test_map_writes_a_mapping_that_check_takes_once_it_is_completed(person: InProcess) -> None:
    person.write("bought.csv", BOUGHT)
    ran = person.enter(*MAP)
    assert ran.code == 0
    assert ran.out.splitlines()[0].split() == ["Column", "Field", "Sure", "Why"]
    for header in BOUGHT.splitlines()[0].split(","):
        assert f"\n{header} " in ran.out
    for words in ("make_of_car is fed by nothing", "SID is fed by nothing", "written: mappings/bought.yaml"):
        assert words in ran.err
    check = ("check", "bought.csv", "--mapping", "mappings/bought.yaml")
    assert f"leadbyte-import {shlex.join(check)}" in ran.err

    refused = person.enter(*check)
    assert refused.code == 2
    assert "required field 'make_of_car'" in refused.err

    text = person.read("mappings/bought.yaml")
    for old, new in (
        ("Born: DOB ", 'Born: {field: DOB, date_format: "%d/%m/%Y"} '),
        ("columns:\n", "columns:\n  Vehicle: make_of_car\n"),
        ("[Vehicle, Notes]", "[Notes]"),
        ("constants:\n", 'constants:\n  SID: "1"\n'),
    ):
        assert old in text
        text = text.replace(old, new)
    person.write("mappings/bought.yaml", text)
    done = person.enter(*check)
    assert (done.code, done.err) == (0, "")
    assert outcomes(the_run(person)) == ["valid", "valid"]
    assert person.sandbox.record() == []


def test_map_asks_about_the_doubtful_columns_on_a_terminal(user: User) -> None:
    user.write("bought.csv", BOUGHT)
    ran = user.on_terminal(
        *MAP,
        "--mapping",
        "new.yaml",
        answers=[
            ("column 'Born' feeds which field?", ""),
            ("how are the dates in 'Born' written?", "%d/%m/%Y"),
            ("column 'Vehicle' feeds which field?", "motor"),
            ("no field 'motor'; it has: make_of_car,", ""),
            ("column 'Notes' feeds which field?", "-"),
        ],
    )
    assert ran.code == 0, ran
    for sure in ("Forename", "Surname", "E-mail address", "Mobile"):
        assert f"column '{sure}'" not in ran.err
    assert "you said so" in ran.out
    assert "feeds which field" not in ran.out
    text = user.read("new.yaml")
    assert 'Born: {field: DOB, date_format: "%d/%m/%Y"}' in text
    assert "ignore: [Vehicle, Notes]" in text


def test_an_existing_mapping_is_replaced_on_request_only(person: InProcess) -> None:
    person.write("bought.csv", BOUGHT)
    person.write("mine.yaml", "mine")
    refused = person.enter(*MAP, "--mapping", "mine.yaml")
    assert (refused.code, refused.out) == (2, "")
    assert "mine.yaml exists already" in refused.err
    assert "--yes" in refused.err
    assert person.read("mine.yaml") == "mine"
    assert person.enter(*MAP, "--mapping", "mine.yaml", "--yes").code == 0
    assert "campaign: EXAMPLE-CAMPAIGN" in person.read("mine.yaml")


@pytest.mark.parametrize(("answer", "code", "replaced"), [("n", 130, False), ("y", 0, True)])
def test_a_terminal_asks_before_an_existing_mapping_is_replaced(
    user: User, answer: str, code: int, replaced: bool
) -> None:
    user.write("list.csv", LIST.replace("Car", "make_of_car"))
    user.write("mine.yaml", "mine")
    args = ("map", "list.csv", "--campaign", "EXAMPLE-CAMPAIGN", "--mapping", "mine.yaml")
    ran = user.on_terminal(*args, answers=[("mine.yaml exists already. Replace it?", answer)])
    assert ran.code == code, ran
    assert (user.read("mine.yaml") != "mine") is replaced


def test_yes_on_a_terminal_asks_nothing(user: User) -> None:
    user.write("bought.csv", BOUGHT)
    ran = user.on_terminal(*MAP, "--mapping", "new.yaml", "--yes")
    assert ran.code == 0
    assert "?" not in ran.err


def test_the_next_step_of_map_can_be_typed_as_it_stands(person: InProcess) -> None:
    person.write("bought leads.csv", BOUGHT.replace(",", ";"))
    ran = person.enter("map", "bought leads.csv", "--campaign", "EXAMPLE-CAMPAIGN", "--delimiter", "semicolon")
    assert ran.code == 0
    _, command = ran.err.split("then: ")
    expected = ["leadbyte-import", "check", "bought leads.csv", "--mapping", "mappings/bought leads.yaml"]
    assert shlex.split(command) == [*expected, "--delimiter", "semicolon"]


# ---------------------------------------------------------------------- check, run, resume, results


def test_check_posts_nothing_and_leads_on_to_run(person: InProcess) -> None:
    ran = person.enter(*CHECK)
    assert (ran.code, ran.err) == (0, "")
    assert "Dry run: nothing was sent" in ran.out
    assert not [path for method, path in person.sandbox.requests() if method != "GET"]
    step = next_step(ran)
    assert step == ("run", "list.csv", "--mapping", "map.yaml")
    assert person.enter(*step).code == 0
    assert [lead.lead["email"] for lead in person.sandbox.record()] == ["jane.doe@example.com"]


def test_the_next_step_of_check_keeps_what_was_asked_for(person: InProcess) -> None:
    person.write("my list.csv", a_list("", ""))
    args = ("my list.csv", "--mapping", "map.yaml", "--output", "my runs", "--delimiter", "comma", "--limit", "1")
    step = next_step(person.enter("check", *args))
    assert step[0] == "run"
    assert person.enter(*step).code == 3, "--limit holds one row back"
    assert len(person.sandbox.record()) == 1
    assert len([path for path in (person.folder / "my runs").iterdir() if path.is_dir()]) == 2


def test_check_and_dry_run_are_the_same(person: InProcess) -> None:
    told = [
        json.loads(person.enter(*command, "list.csv", "--mapping", "map.yaml", "--json").out)
        for command in (["check"], ["run", "--dry-run"])
    ]
    own = {"run_id", "started_at", "finished_at", "seconds", "results", "report", "issues", "fix_me"}
    first, second = ({key: value for key, value in one.items() if key not in own} for one in told)
    assert first == second
    assert first["dry_run"] is True
    assert person.sandbox.record() == []


def test_a_stopped_run_is_resumed_by_its_next_step(person: InProcess) -> None:
    person.write("list.csv", a_list("", "", ""))
    stopped = person.enter(*RUN, "--limit", "1")
    assert (stopped.code, stopped.err) == (3, "")
    assert outcomes(the_run(person)) == ["accepted", "not_sent", "not_sent"]
    step = next_step(stopped)
    assert step == ("resume", the_run(person).name)
    resumed = person.enter(*step, "--rate", "100/s")
    assert (resumed.code, resumed.err) == (0, "")
    assert outcomes(the_run(person)) == ["accepted"] * 3
    emails = [lead.lead["email"] for lead in person.sandbox.record()]
    assert emails == ["jane0@example.com", "jane1@example.com", "jane2@example.com"]


def test_a_list_with_too_many_faults_is_sent_after_all_when_a_person_says_so(person: InProcess) -> None:
    person.write("list.csv", a_list("", "").replace("jane1@example.com", "nobody"))
    stopped = person.enter(*RUN)
    assert stopped.code == 3
    assert "more than --max-invalid 20% allows" in stopped.out
    assert person.sandbox.record() == []
    step = next_step(stopped)
    assert step == ("resume", the_run(person).name, "--max-invalid", "100%")
    assert person.enter(*step).code == 1
    assert outcomes(the_run(person)) == ["accepted", "invalid"]


def test_results_are_written_again_without_asking_leadbyte(person: InProcess) -> None:
    first = person.enter(*RUN)
    folder = the_run(person)
    before = (folder / "results.csv").read_bytes()
    (folder / "results.csv").unlink()
    (folder / "summary.json").unlink()
    person.sandbox.clear()
    again = person.enter("results", folder.name, LEADBYTE_BASE_URL="", LEADBYTE_API_KEY="")
    assert (again.code, again.err) == (first.code, "") == (0, "")
    assert (folder / "results.csv").read_bytes() == before
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["outcomes"] == {"accepted": 1}
    assert person.sandbox.requests() == []


# ---------------------------------------------------------------------- flags


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((*RUN, "--canary-min-accept", "80%"), "--canary-min-accept judges the canary: it needs --canary N"),
        ((*CHECK, "--canary-min-accept", "8"), "it needs --canary N"),
        ((*RUN, "--ledger-days", "9", "--allow-resubmit"), "--ledger-days and --allow-resubmit exclude each other"),
        (("resolve", "X", "--yes"), "--yes is about sending rows again: it needs --resend-unknown"),
        (("resolve", "X", "--search-gap", "15m"), "--search-gap is about sending rows again"),
        (("resolve", "X", "--resend-unknown", "--search-gap", "59s"), "--search-gap 59s is too short"),
        (("resolve", "X", "--resend-unknown", "--search-gap", "0s"), "--search-gap 0s is too short"),
        (("resolve", "X", "--rate", "fast"), "fast"),
        (("retry", "X", "--as-planned", "--corrected", "L"), "--as-planned and --corrected exclude each other"),
        (("resume", "X", "--wait", "5"), "--wait '5' is not a time"),
        (("retry", "X", "--wait", "5"), "--wait '5' is not a time"),
        (("resume", "X", "--max-errors", "0"), "--max-errors"),
        (("resume", "X", "--limit", "0"), "--limit"),
    ],
)
def test_flags_that_have_no_effect_or_make_no_sense_are_refused(
    person: InProcess, args: tuple[str, ...], words: str
) -> None:
    ran = person.enter(*args)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert person.sandbox.requests() == []


def test_a_gap_of_a_minute_will_do(person: InProcess) -> None:
    person.enter(*RUN)
    ran = person.enter("resolve", the_run(person).name, "--resend-unknown", "--yes", "--search-gap", "60s")
    assert (ran.code, ran.err) == (0, "")


def given_to(monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, Any]:
    """What the next command gives to that function, which does nothing."""
    given: dict[str, Any] = {}

    def note(_run: str, _output: Path, _service: object, _world: object, **flags: Any) -> None:
        given.update(flags)
        raise RunError("noted")

    monkeypatch.setattr(name, note)
    return given


LATER = (
    "--rate", "1/s", "--max-errors", "3", "--on-cap", "stop", "--window", "any", "--daily-limit", "0",
    "--suppress", "dnc.csv", "--suppress", "tps.gz", "--learn-suppression", "-15",
)  # fmt: skip
LATER_GIVEN = {
    "rate": "1/s", "max_errors": 3, "on_cap": "stop", "window": "any", "daily_limit": 0, "wait": 90.0,
    "suppress": ("dnc.csv", "tps.gz"), "learn": (-15,),
}  # fmt: skip
NOTHING_GIVEN = {
    "rate": "", "max_errors": None, "on_cap": "", "window": "", "daily_limit": None, "wait": None,
    "suppress": (), "learn": (),
}  # fmt: skip


def test_resume_takes_other_flags_than_the_runs_own(person: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    given = given_to(monkeypatch, "pipeline.run.resume_run")
    person.enter("resume", "X", *LATER, "--wait", "90s", "--limit", "5", "--max-invalid", "100%", "--as-planned")
    assert given == LATER_GIVEN | {"limit": 5, "max_invalid": "100%", "as_planned": True}
    person.enter("resume", "X")
    assert given == NOTHING_GIVEN | {"limit": None, "max_invalid": "", "as_planned": False}


def test_retry_takes_other_flags_than_the_runs_own(person: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    given = given_to(monkeypatch, "pipeline.after.retry_run")
    person.enter("retry", "X", *LATER, "--wait", "90s", "--code", "-5", "--code", "-8", "--corrected", "L")
    assert given == LATER_GIVEN | {"codes": (-5, -8), "corrected": "L", "as_planned": False}
    person.enter("retry", "X")
    assert given == NOTHING_GIVEN | {"codes": (), "corrected": "", "as_planned": False}


def test_resolve_takes_another_rate_than_the_runs_own(person: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    given = given_to(monkeypatch, "pipeline.after.resolve_run")
    person.enter("resolve", "X", "--rate", "1/s")
    assert given == {"resend": False, "gap": 900.0, "sure": False, "rate": "1/s"}


def test_a_run_is_gone_on_with_a_few_rows_at_a_time_and_without_its_window(person: InProcess) -> None:
    person.write("list.csv", a_list(*[""] * 4))
    assert person.enter(*RUN, "--limit", "1", "--daily-limit", "2").code == 3
    run = the_run(person).name
    assert person.enter("resume", run, "--rate", "100/s", "--limit", "2", "--daily-limit", "0").code == 3
    assert outcomes(the_run(person)).count("accepted") == 3
    assert person.enter("resume", run, "--rate", "100/s", "--window", "any").code == 0
    assert outcomes(the_run(person)).count("accepted") == 4


# ---------------------------------------------------------------------- bars and streams

BARS = ("Reading", "Validating", "Sending")


def test_a_terminal_shows_bars(user: User) -> None:
    ran = user.on_terminal(*RUN)
    assert ran.code == 0
    for bar in BARS:
        assert bar in ran.err
    assert "1 accepted" in ran.err
    assert "%|" not in ran.out


def test_quiet_shows_no_bars_on_a_terminal(user: User) -> None:
    ran = user.on_terminal(*RUN, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert "taken by LeadByte" in ran.out


@pytest.mark.parametrize(("words", "bars"), [((), True), (("--quiet",), False)])
def test_the_demo_shows_bars_on_a_terminal_unless_it_is_to_be_quiet(
    person: InProcess, words: tuple[str, ...], bars: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds: list[World] = []

    def run_demo(_output: Path, world: World, _say: object) -> int:
        worlds.append(world)
        return 0

    monkeypatch.setattr("pipeline.demo.run_demo", run_demo)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert person.enter("demo", *words).code == 0
    assert [one.show_progress for one in worlds] == [bars]


def test_what_is_no_terminal_sees_no_bars(user: User) -> None:
    ran = user.run(*RUN)
    assert (ran.code, ran.err) == (0, "")
    assert not any(f"{bar} " in ran.out for bar in ("Reading", "Validating", "Sending"))


@pytest.mark.parametrize("args", [CHECK, RUN], ids=["check", "run"])
def test_json_stands_on_stdout_alone_even_beside_bars(user: User, args: tuple[str, ...]) -> None:
    ran = user.on_terminal(*args, "--json")
    assert json.loads(ran.out) == json.loads((the_run(user) / "summary.json").read_text(encoding="utf-8"))
    assert "Reading" in ran.err


@pytest.mark.parametrize("command", ["resume", "results"])
def test_json_of_an_old_run_stands_on_stdout_alone(person: InProcess, command: str) -> None:
    person.enter(*RUN)
    ran = person.enter(command, the_run(person).name, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["outcomes"] == {"accepted": 1}


def test_an_error_leaves_stdout_empty_under_json(user: User) -> None:
    ran = user.run(*RUN, "--json", LEADBYTE_API_KEY="")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: no API key")


@pytest.mark.parametrize("args", [("campaigns",), RUN], ids=["campaigns", "run"])
def test_a_reader_who_has_left_is_not_taken_for_refused_rows(user: User, args: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [str(COMMAND), *args],
        cwd=user.folder,
        env=user.environment({}),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


# ---------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("tags", "flags", "code", "ended"),
    [
        (["", "quarantine"], (), 0, ["accepted", "accepted"]),
        (["", "tps"], (), 1, ["accepted", "rejected"]),
        (["", "system"], (), 1, ["accepted", "failed"]),
        (["", "no@mail"], ("--max-invalid", "1"), 1, ["accepted", "invalid"]),
        (["", ""], ("--limit", "1"), 3, ["accepted", "not_sent"]),
        (["tps", ""], ("--limit", "1"), 3, ["rejected", "not_sent"]),
        (["", "no@mail"], ("--max-invalid", "0"), 3, ["not_sent", "invalid"]),
        (["", "reset-accepted"], (), 4, ["accepted", "unknown"]),
        (["reset-accepted", "tps", ""], ("--limit", "2"), 4, ["unknown", "rejected", "not_sent"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_exit_codes(user: User, tags: list[str], flags: tuple[str, ...], code: int, ended: list[str]) -> None:
    user.write("list.csv", a_list(*tags))
    ran = user.run(*RUN, *flags)
    assert outcomes(the_run(user)) == ended
    assert (ran.code, ran.err) == (code, "")
    assert json.loads((the_run(user) / "summary.json").read_text(encoding="utf-8"))["exit_code"] == code


def test_a_skipped_duplicate_is_no_fault(person: InProcess) -> None:
    person.write("list.csv", LIST + LIST.splitlines()[1] + "\n")
    person.write("map.yaml", person.read("map.yaml") + "dedupe: [Email]\n")
    assert person.enter(*RUN).code == 0
    assert outcomes(the_run(person)) == ["accepted", "duplicate"]


def test_an_inactive_campaign_stops_the_run(person: InProcess) -> None:
    person.write("list.csv", a_list("inactive", *[""] * 50))
    # One lead in a second: what comes after the refusal has not left yet.
    ran = person.enter("run", "list.csv", "--mapping", "map.yaml", "--rate", "1/s")
    assert ran.code == 3
    assert "LeadByte answered -9: Campaign not active" in ran.out
    assert outcomes(the_run(person))[0] == "rejected"
    assert set(outcomes(the_run(person))[1:]) == {"not_sent"}


def test_another_run_in_the_same_folder_waits_its_turn(person: InProcess) -> None:
    (person.folder / "output").mkdir()
    with FileLock(person.folder / "output" / "journal.lock"):
        ran = person.enter(*RUN)
    assert (ran.code, ran.out) == (5, "")
    assert "another run is using the folder output" in ran.err
    assert "--output DIR" in ran.err
    assert person.sandbox.record() == []


def test_an_interrupted_run_says_how_to_go_on(user: User) -> None:
    user.write("list.csv", a_list(*[""] * 20))
    process = subprocess.Popen(
        [str(COMMAND), "run", "list.csv", "--mapping", "map.yaml", "--rate", "30/m"],
        cwd=user.folder,
        env=user.environment({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        while not user.sandbox.record():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert next_step(Ran(130, out, err)) == ("resume", the_run(user).name)
    ended = outcomes(the_run(user))
    assert len(user.sandbox.record()) == ended.count("accepted") < 20 == len(ended)


# ---------------------------------------------------------------------- help, version, configuration


@pytest.mark.parametrize("name", sorted(root.commands))
def test_help_explains_every_option(person: InProcess, name: str) -> None:
    ran = person.enter(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    words = " ".join(ran.out.split())
    command = root.commands[name]
    assert command.help
    assert " ".join(command.help.split()) in words
    for one in command.params:
        if isinstance(one, click.Option):
            assert one.help, f"{name} {one.opts[0]} has no help"
            assert " ".join(one.help.split()) in words
            assert all(spelling in words for spelling in one.opts)
        else:
            assert one.make_metavar(click.Context(command)) in words


def test_help_lists_every_command(person: InProcess) -> None:
    ran = person.enter("--help")
    assert (ran.code, ran.err) == (0, "")
    listed = [line.split()[0] for line in ran.out.split("Commands:\n")[1].splitlines()]
    assert listed == sorted(root.commands)


@pytest.mark.parametrize("program", [(str(COMMAND),), (sys.executable, "-m", "pipeline")], ids=["script", "module"])
def test_the_script_and_the_module_are_the_same_program(user: User, program: tuple[str, ...]) -> None:
    assert user.run("--version", program=program) == Ran(0, f"leadbyte-import, version {__version__}\n", "")
    refused = user.run("fields", "NOPE", program=program)
    assert (refused.code, refused.out) == (2, "")
    assert "there is no campaign 'NOPE'" in refused.err


def test_account_and_key_may_stand_in_a_file_and_the_environment_outranks_it(person: InProcess) -> None:
    person.write(".env", f"LEADBYTE_BASE_URL={person.sandbox.base_url}\nLEADBYTE_API_KEY={person.sandbox.key}\n")
    assert person.enter("campaigns", LEADBYTE_BASE_URL="", LEADBYTE_API_KEY="").code == 0
    outranked = person.enter("campaigns", LEADBYTE_API_KEY="another")
    assert (outranked.code, outranked.out) == (2, "")
    assert "refused the API key" in outranked.err


def test_no_option_takes_the_key() -> None:
    options = [word for command in root.commands.values() for one in command.params for word in one.opts]
    assert not [word for word in options if "key" in word]


def test_debug_shows_the_place_of_an_error_and_nothing_else_does(user: User) -> None:
    plain, debug = user.run("fields", "NOPE"), user.run("--debug", "fields", "NOPE")
    assert "Traceback" not in plain.err
    assert "Traceback" in debug.err
    assert user.sandbox.key not in debug.err


def test_the_key_and_the_people_are_in_no_file_but_where_they_belong(user: User, sandbox: Sandbox) -> None:
    user.write("list.csv", a_list("", "tps", "reset-accepted", "http401"))
    ran = user.run(*RUN)
    for path in (user.folder / "output").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert sandbox.key.encode() not in content, path.name
            if path.name in ("run.log", "summary.json"):
                assert b"jane" not in content, path.name
    assert sandbox.key not in ran.out + ran.err
    assert "jane" not in ran.out + ran.err
