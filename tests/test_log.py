from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeline.after import reconcile_run, resolve_run, retry_run
from pipeline.errors import ConfigError, MappingError, RunError, ServiceError
from pipeline.log import Event, Form, Logs, safe_id, without_keys
from pipeline.model import RESPONSE_CODES
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World
from tests.delivery import (
    HEADERS,
    KEY,
    RawServer,
    _clean_environment,  # noqa: F401 - an autouse fixture
    answering,
    email,
    http,
    leadbyte,
    order,
    read_results,
)

#: Half past four in the morning in Berlin.
NOW = datetime(2026, 7, 2, 4, 30, 5, 678_901, tzinfo=timezone(timedelta(hours=2)))
posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and files that are moved, as POSIX has them")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def written(folder: Path, form: Form, event: Event, words: str = "", **fields: Any) -> str:
    """The one line that an event makes in run.log."""
    with Logs(form).of_run(folder, lambda: NOW, run_id="R", campaign="C") as log:
        log.note(event, words, **fields)
    return (folder / "run.log").read_text(encoding="utf-8")


# ---------------------------------------------------------------------- a line


def test_a_json_line_is_one_object_with_the_time_in_utc_and_no_empty_field(tmp_path: Path) -> None:
    line = written(tmp_path, "json", Event.PLAN_READY, "2 rows", rows=2, seconds=0.0, code=None, vendor="")
    assert line.endswith("}\n")
    assert json.loads(line) == {
        "time": "2026-07-02T02:30:05.678Z", "level": "INFO", "event": "plan_ready", "run_id": "R", "campaign": "C",
        "message": "2 rows", "rows": 2, "seconds": 0.0,
    }  # fmt: skip


def test_a_text_line_says_when_which_run_and_what(tmp_path: Path) -> None:
    assert written(tmp_path, "text", Event.NOTICE, "all is well") == "2026-07-02T02:30:05Z INFO run R: all is well\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_stays_one_line_of_text_whatever_is_said(tmp_path: Path, form: Form) -> None:
    line = written(tmp_path, form, Event.NOTICE, "a\nb\x1b[2Jc\ud800d\u2028e")
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_rows_are_in_json_only_at_a_level_of_their_own(tmp_path: Path) -> None:
    for form in ("text", "json"):
        with Logs(form).of_run(tmp_path / form, lambda: NOW, run_id="R") as log:
            assert log.shows_rows == (form == "json")
            log.row(Event.ROW_FINISHED, 7, outcome="accepted")
    assert not (tmp_path / "text" / "run.log").exists()
    (line,) = lines(tmp_path / "json" / "run.log")
    assert (line["level"], line["row"], line["outcome"]) == ("DEBUG", 7, "accepted")
    assert "message" not in line


@pytest.mark.parametrize(
    "text",
    [
        "GET /restapi/v1.2/campaigns?key=s3cr3t-k3y&debug=yes",
        "/apiqueue/12?debug=yes&KEY=s3cr3t-k3y",
        "X_KEY: s3cr3t-k3y",
        "{'X_KEY': 's3cr3t-k3y'}",
        '{"key": "s3cr3t-k3y", "lead": {}}',
        '{\\"key\\": \\"s3cr3t-k3y\\"}',
        "x-key=s3cr3t-k3y",
    ],
)
def test_what_looks_like_a_key_is_taken_out_of_a_line(tmp_path: Path, text: str) -> None:
    assert "s3cr3t" not in without_keys(text)
    for form in ("text", "json"):
        line = written(tmp_path / form, form, Event.NOTICE, text)
        assert "s3cr3t" not in line
        assert "[key]" in line
    assert "yes" in without_keys(text) or "debug" not in text, "no more is taken out than the key"


def test_an_id_that_is_none_is_not_an_id() -> None:
    assert safe_id("14097ebe-44a0-465a") == "14097ebe-44a0-465a"
    assert [safe_id(one) for one in ("jane@example.com", "Jane Doe", "07700 900123", "x" * 65, "")] == [""] * 5


# ---------------------------------------------------------------------- where it goes


def test_the_common_log_has_all_runs_and_a_run_its_own(tmp_path: Path) -> None:
    logs = Logs("json", str(tmp_path / "common.log"))
    for run_id in ("A", "B"):
        with logs.of_run(tmp_path / run_id, lambda: NOW, run_id=run_id) as log:
            log.note(Event.NOTICE, "here")
    assert [one["run_id"] for one in lines(tmp_path / "common.log")] == ["A", "B"]
    assert [one["run_id"] for one in lines(tmp_path / "B" / "run.log")] == ["B"]


@posix
def test_a_common_log_that_was_moved_away_is_made_anew_for_its_owner_only(tmp_path: Path) -> None:
    common = tmp_path / "common.log"
    with Logs("json", str(common)).of_run(tmp_path / "R", lambda: NOW) as log:
        log.note(Event.NOTICE, "before")
        common.rename(tmp_path / "common.log.1")
        log.note(Event.NOTICE, "after")
    assert [one["message"] for one in lines(tmp_path / "common.log.1")] == ["before"]
    assert [one["message"] for one in lines(common)] == ["after"]
    for path in (common, tmp_path / "common.log.1", tmp_path / "R" / "run.log"):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["-", "stderr"])
def test_standard_error_is_a_log_for_the_service_manager(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Logs("json", name).of_run(tmp_path, lambda: NOW, run_id="R") as log:
        log.note(Event.NOTICE, "here")
    assert json.loads(capsys.readouterr().err)["message"] == "here"


def test_a_common_log_that_cannot_be_written_is_told_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the log .* cannot be written") as caught:
        Logs("text", str(tmp_path / "nowhere" / "common.log")).check()
    assert "LEADBYTE_LOG" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_log_on_a_full_disk_stops_no_run_and_is_told(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    world = World(tell=told.append, log=Logs("json", "/dev/full"))
    summary = import_list(order(tmp_path, [email(0), email(1)]), leadbyte(sandbox.base_url), world)
    assert summary.outcomes == {"accepted": 2}
    assert told == [f"the log of run {summary.run_id} lacks lines: No space left on device"]
    assert capsys.readouterr().err == "", "the standard library would print a traceback"


# ---------------------------------------------------------------------- what went wrong


def test_a_failure_is_an_event_of_its_run_and_said_once(tmp_path: Path) -> None:
    logs = Logs("json", str(tmp_path / "common.log"))
    error = RunError("list.csv changed", "look at it")
    with pytest.raises(RunError), logs.of_run(tmp_path / "R", lambda: NOW, run_id="R"):
        raise error
    logs.failed(error)
    logs.failed(ServiceError("LeadByte is down"), lambda: NOW)
    first, second = lines(tmp_path / "common.log")
    assert (first["event"], first["level"], first["run_id"]) == ("command_failed", "ERROR", "R")
    assert (first["error"], first["exit_code"]) == ("RunError", 2)
    assert first["message"] == "RunError: list.csv changed"
    assert "run_id" not in second
    assert second["error"] == "ServiceError"


def test_what_may_quote_a_list_is_only_named(tmp_path: Path) -> None:
    """A list without a header has somebody's data for names of columns."""
    logs = Logs("json", str(tmp_path / "common.log"))
    logs.failed(MappingError("column 'jane@example.com' is neither mapped nor ignored"))
    logs.failed(ValueError("jane@example.com"))
    first, second = lines(tmp_path / "common.log")
    assert (first["message"], first["exit_code"]) == ("MappingError", 2)
    assert (second["message"], second["exit_code"]) == ("ValueError", 70)


# ---------------------------------------------------------------------- what runs log


def logged_world(tmp_path: Path, form: Form = "json") -> World:
    return World(log=Logs(form, str(tmp_path / f"common.{form}")))


def test_a_run_logs_its_beginning_its_plan_every_row_that_was_sent_and_its_end(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(
        tmp_path, [email(0), email(1, "tps"), "no address", email(2, "lost-answer")], vendor="Acme", max_invalid="1"
    )
    summary = import_list(wanted, leadbyte(sandbox.base_url), logged_world(tmp_path))
    found = lines(wanted.output / summary.run_id / "run.log")
    assert found == lines(tmp_path / "common.json")
    assert {(one["run_id"], one["campaign"]) for one in found} == {(summary.run_id, "EXAMPLE-CAMPAIGN")}
    by_event = {one["event"]: one for one in found}
    assert [one["event"] for one in (found[0], found[1], found[-1])] == ["run_started", "plan_ready", "run_finished"]
    assert by_event["run_started"].items() >= {"command": "run", "vendor": "Acme", "dry_run": False}.items()
    assert by_event["plan_ready"].items() >= {"rows": 4, "planned": 3}.items()
    rows = {one["row"]: one for one in found if one["event"] == "row_finished"}
    results = {int(one["row"]): one for one in read_results(wanted.output)}
    assert set(rows) == {2, 3, 5}, "what was not sent has no line"
    for row, one in rows.items():
        assert one["outcome"] == results[row]["outcome"]
        assert one.get("queueId", "") == results[row]["queueId"]
        assert str(one.get("code", "")) == results[row]["code"]
        assert one["attempts"] == 1
        assert 0 <= one["seconds"] < 10
    assert by_event["run_finished"]["outcomes"] == summary.outcomes
    assert by_event["run_finished"]["exit_code"] == summary.exit_code == 4


def test_an_attempt_that_was_not_taken_and_what_it_did_to_the_rate_are_events(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path, [email(0, "http429"), email(1)], rate="50/s")
    summary = import_list(wanted, leadbyte(sandbox.base_url), logged_world(tmp_path))
    found = lines(wanted.output / summary.run_id / "run.log")
    refused = next(one for one in found if one["event"] == "row_not_taken")
    assert (refused["row"], refused["http_status"], refused["attempts"]) == (2, 429, 1)
    again = next(one for one in found if one["event"] == "row_finished" and one["row"] == 2)
    assert again["attempts"] == 2
    changed = next(one for one in found if one["event"] == "rate_changed")
    assert changed["rate"] < changed["asked"] == 50.0


def test_attempts_of_earlier_launches_count(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "system")])
    summary = import_list(wanted, leadbyte(sandbox.base_url), logged_world(tmp_path))
    retry_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), logged_world(tmp_path))
    rows = [one for one in lines(tmp_path / "common.json") if one["event"] == "row_finished"]
    assert [one["attempts"] for one in rows] == [1, 2]


def test_what_a_person_is_told_while_it_runs_is_a_notice(sandbox: Sandbox, tmp_path: Path) -> None:
    told: list[str] = []
    world = World(tell=told.append, log=Logs("text"))
    wanted = order(tmp_path, [email(0), email(1)], canary=1, canary_min_accept="1", wait=0.1)
    summary = import_list(wanted, leadbyte(sandbox.base_url), world)
    text = (wanted.output / summary.run_id / "run.log").read_text(encoding="utf-8")
    assert "canary: 1 sent: 1 accepted" in text
    assert any(one.startswith("canary:") for one in told)


def test_what_is_logged_on_standard_error_is_not_told_there_besides(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    wanted = order(tmp_path, [email(0), email(1)], canary=1, canary_min_accept="1", wait=0.1)
    import_list(wanted, leadbyte(sandbox.base_url), World(tell=told.append, log=Logs("json", "-")))
    assert told == []
    notices = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert next(one["message"] for one in notices if one["event"] == "notice").startswith("canary: 1 sent")


# ---------------------------------------------------------------------- what they never log

#: Cells that occur nowhere else, and are in every row of the list.
CELLS = {"First name": "Zebulonxq", "Surname": "Quarrelsworthxq", "Car": "Carqzx-77", "Supplier": "sq7z9"}
GROUPS = {
    "answers": (
        "quarantine", "records", "buyer-rejected", "twice", "noqueueid", "rowerror", "duplicate", "validation", "hlr",
        "badmail", "tps", "unlisted", "http500", "http504", "redirect", "html", "empty", "badjson", "nonobject",
        "dupkeys", "truncated", "reset-after", "lost-answer", "http429", "http503retry",
    ),
    "supplier": ("supplier", *[""] * 9),
    "cap": ("", "cap", *[""] * 9),
    "inactive": ("", "inactive", *[""] * 9),
    "key": ("", "http403", *[""] * 9),
    "failed": ("system", "internal", "system"),
}  # fmt: skip


def telling_list(tmp_path: Path, tags: tuple[str, ...], **changes: Any) -> Order:
    wanted = order(tmp_path, [], **changes)
    rows = [
        ",".join({**CELLS, "E-mail": email(n, tag).replace("person", "zq7person")}[one] for one in HEADERS)
        for n, tag in enumerate(tags)
    ]
    Path(wanted.file).write_text("\n".join([",".join(HEADERS), *rows, "x,y,zq7noaddress,Carqzx-77,sq7z9"]) + "\n")
    return wanted


@pytest.mark.parametrize("group", GROUPS)
def test_no_cell_no_key_and_no_word_of_leadbytes_is_ever_logged(
    sandbox: Sandbox, tmp_path: Path, group: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rate = "1000/s" if group == "answers" else "20/s"  # slow enough for a stop to leave rows unsent
    wanted = telling_list(tmp_path, GROUPS[group], max_errors=99, max_invalid="100%", rate=rate)
    service, world = leadbyte(sandbox.base_url), logged_world(tmp_path)
    run_id = import_list(wanted, service, world).run_id
    for step in (resolve_run, reconcile_run, resume_run, retry_run):
        with suppress(RunError):  # there is nothing to retry
            step(run_id, wanted.output, service, world)
    logs = [wanted.output / run_id / "run.log", tmp_path / "common.json"]
    everything = "".join(path.read_text(encoding="utf-8") for path in logs) + caplog.text + capsys.readouterr().err
    events = {one["event"] for one in lines(logs[1])}
    assert events >= {"row_finished", "queue_asked", "search_finished"}
    assert ("run_stopped" in events) == (group in ("supplier", "cap", "inactive", "key"))
    for needle in (*CELLS.values(), "zq7", KEY, *said_by_leadbyte(sandbox, wanted)):
        assert needle.lower() not in everything.lower()


def said_by_leadbyte(sandbox: Sandbox, wanted: Order) -> set[str]:
    """LeadByte's own words about rows, as results.csv has them."""
    refused = {one.code for one in sandbox.record() if one.code is not None and one.code < 0}
    said = {row["errors"] for row in read_results(wanted.output) if row["code"] in map(str, refused)}
    ours = {meaning.casefold() for meaning in RESPONSE_CODES.values()}  # what a code means may be said
    return {words for words in said if " " in words and words.casefold() not in ours}


def test_a_malformed_answer_puts_the_key_into_nobodys_log(caplog: pytest.LogCaptureFixture) -> None:
    """urllib3 warns of it with the whole address; a program that imports this package may keep such warnings."""
    caplog.set_level(logging.DEBUG)
    with RawServer(answering(http(b"[]", "no header at all"))) as server:
        leadbyte(server.url).campaigns()
    assert KEY not in caplog.text


def test_the_document_has_every_event() -> None:
    text = (Path(__file__).parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| (?:DEBUG|INFO|WARNING|ERROR) \|", text, re.MULTILINE)
    assert rows == [one.value for one in Event]
