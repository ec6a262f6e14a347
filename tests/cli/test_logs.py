"""Where commands log: by flag, by environment, by .env; and that a command that failed is in the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from .user import InProcess, a_list

RUN: Final = ("run", "list.csv", "--mapping", "map.yaml", "--rate", "500/s")


def events(text: str) -> list[Any]:
    return [json.loads(line)["event"] for line in text.splitlines()]


def own_log(person: InProcess) -> str:
    (path,) = Path(person.folder).glob("output/*/run.log")
    return path.read_text(encoding="utf-8")


def test_as_json_on_standard_error_every_line_is_an_object(person: InProcess) -> None:
    person.write("list.csv", a_list("", "tps"))
    ran = person.enter(*RUN, "--log-format", "json", "--log-file", "-")
    assert events(ran.err) == ["run_started", "plan_ready", "row_finished", "row_finished", "run_finished"]
    assert own_log(person) == ran.err


def test_without_a_word_about_it_runs_log_as_text_and_nowhere_else(person: InProcess) -> None:
    ran = person.enter(*RUN)
    assert ran.err == ""
    assert "INFO run " in own_log(person)
    assert sorted(path.name for path in person.folder.iterdir() if path.suffix == ".log") == []


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_the_configuration_says_how_all_commands_log_and_a_flag_outranks_it(person: InProcess, place: str) -> None:
    wanted = {"LEADBYTE_LOG_FORMAT": "json", "LEADBYTE_LOG": "all.log"}
    if place == ".env":
        person.write(".env", "".join(f"{name}={value}\n" for name, value in wanted.items()))
        wanted = {}
    person.write("list.csv", a_list("", "lost-answer"))
    run_id = json.loads(person.enter(*RUN, "--json", **wanted).out)["run_id"]
    for command in ("resolve", "reconcile", "resume"):
        person.enter(command, run_id, **wanted)
    person.enter("check", *RUN[1:], **wanted)
    found = events(person.read("all.log"))
    assert [found.count(one) for one in ("run_started", "run_finished", "row_searched", "row_queue")] == [5, 5, 1, 2]
    person.enter("reconcile", run_id, "--log-format", "text", "--log-file", "other.log", **wanted)
    assert len(events(person.read("all.log"))) == len(found)
    assert person.read("other.log").count("INFO run ") >= 2


def test_a_command_that_fails_is_in_the_common_log_however_early_it_fails(person: InProcess) -> None:
    flags = ("--log-format", "json", "--log-file", "all.log")
    assert person.enter("run", "nosuch.csv", "--mapping", "map.yaml", *flags).code == 2
    assert person.enter(*RUN, *flags, LEADBYTE_API_KEY="wrong").code == 2
    assert person.enter("resume", "nosuch", *flags).code == 2
    lines = [json.loads(line) for line in person.read("all.log").splitlines()]
    assert [(one["event"], one["error"], one["exit_code"]) for one in lines] == [
        ("command_failed", "InputError", 2), ("command_failed", "KeyRefused", 2), ("command_failed", "RunError", 2),
    ]  # fmt: skip


def test_a_log_that_cannot_be_written_stops_the_command_before_anything_is_sent(person: InProcess) -> None:
    ran = person.enter(*RUN, "--log-file", "nowhere/all.log")
    assert ran.code == 2
    assert "the log nowhere/all.log cannot be written" in ran.err
    assert person.sandbox.record() == []


def test_on_a_terminal_a_log_there_has_no_progress_bar_between_its_lines(person: InProcess) -> None:
    ran = person.on_terminal(*RUN, "--log-format", "json", "--log-file", "-")
    assert events(ran.err)[0] == "run_started"
