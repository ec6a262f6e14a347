from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.after import rewrite_results
from pipeline.errors import CampaignError, ImportFailure, InputError, RunError, RunLocked
from pipeline.journal import Journal
from pipeline.report import Summary
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Received, Sandbox
from pipeline.stopping import Stop
from pipeline.world import Order, World
from tests.delivery import (
    KEY,
    MAPPING,
    _clean_environment,  # noqa: F401 - an autouse fixture
    ask,
    email,
    launch,
    leadbyte,
    order,
    people,
    read_results,
    wait_until,
    write_list,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def run(sandbox: Sandbox, wanted: Order, **changes: Any) -> Summary:
    return import_list(wanted, leadbyte(sandbox.base_url, **changes), World())


def resume(sandbox: Sandbox, output: Path, run_id: str = "", **changes: Any) -> Summary:
    return resume_run(run_id or only_run(output), output, leadbyte(sandbox.base_url), World(), **changes)


def only_run(output: Path) -> str:
    ((run_id,),) = ask(output / "journal.sqlite3", "SELECT run_id FROM runs")
    return str(run_id)


def sent_emails(sandbox: Sandbox) -> list[str]:
    return [one.lead["email"] for one in sandbox.record()]


def by_email(output: Path) -> dict[str, dict[str, str]]:
    return {row["E-mail"]: row for row in read_results(output)}


def adds_up(summary: Summary, output: Path) -> None:
    """Rows in = sum of outcomes = lines of results.csv, and each says the same."""
    rows = read_results(output)
    assert sum(summary.outcomes.values()) == summary.rows == len(rows)
    assert Counter(row["outcome"] for row in rows) == summary.outcomes
    assert [int(row["row"]) for row in rows] == list(range(2, len(rows) + 2))


# ---------------------------------------------------------------------- a whole run


MIXED = [
    email(0), email(1, "quarantine"), email(2, "tps"), email(3, "system"), "no address", email(4, "http504"),
    email(0), email(5, "badjson"), email(6, "validation"), email(7, "buyer-rejected"), email(8, "unlisted"), email(9),
    email(10, "http429"), email(11, "http503retry"), email(12, "reset-accepted"), email(13, "code1"),
]  # fmt: skip


def test_every_row_ends_in_one_outcome_and_the_results_say_what_leadbyte_said(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path, MIXED)
    summary = run(sandbox, wanted)
    assert summary.outcomes == {
        "accepted": 6, "rejected": 4, "failed": 1, "unknown": 3, "invalid": 1, "duplicate": 1,
    }  # fmt: skip
    assert (summary.exit_code, summary.stopped) == (4, "")
    adds_up(summary, wanted.output)
    last: dict[str, Received] = {one.lead["email"]: one for one in sandbox.record()}
    times = Counter(sent_emails(sandbox))
    rows = [row for row in read_results(wanted.output) if row["outcome"] not in ("invalid", "duplicate")]
    assert {row["E-mail"] for row in rows} == set(last)
    for row in rows:
        received = last[row["E-mail"]]
        assert received.lead == {
            "campid": "EXAMPLE-CAMPAIGN", "firstname": row["First name"], "lastname": row["Surname"],
            "email": row["E-mail"], "data13": row["Car"], "sid": row["Supplier"],
        }  # fmt: skip
        assert int(row["attempts"]) == times[row["E-mail"]]
        assert row["submitted_at"]
        if row["outcome"] != "unknown":
            assert (row["queueId"], row["status"]) == (received.queue_id, received.status)
            assert row["http_status"] == "200"
            assert (row["outcome"] == "accepted") == received.accepted
            if received.fault != "buyer-rejected":  # the buyers' code, where the record has LeadByte's
                assert int(row["code"]) == received.code
        else:
            assert (row["queueId"], row["code"]) == ("", "")
    for row in read_results(wanted.output):
        if row["outcome"] in ("invalid", "duplicate"):
            assert (row["attempts"], row["submitted_at"], row["queueId"]) == ("0", "", "")
    written = json.loads((wanted.output / summary.run_id / "summary.json").read_text(encoding="utf-8"))
    assert written["outcomes"] == summary.outcomes
    assert written["exit_code"] == 4


@pytest.mark.parametrize("version", ["v1.2", "v1.3"])
def test_a_good_list_goes_whole_and_in_order(sandbox: Sandbox, tmp_path: Path, version: str) -> None:
    wanted = order(tmp_path, people(40), rate="100/s")
    summary = run(sandbox, wanted, api_version=version)
    assert (summary.outcomes, summary.exit_code) == ({"accepted": 40}, 0)
    assert sorted(sent_emails(sandbox)) == sorted(people(40))
    assert {one.path for one in sandbox.record()} == {f"/restapi/{version}/leads"}
    assert [by_email(wanted.output)[one.lead["email"]]["queueId"] for one in sandbox.record()] == [
        one.queue_id for one in sandbox.record()
    ]


def test_a_dry_run_posts_nothing_and_says_what_the_real_one_does(sandbox: Sandbox, tmp_path: Path) -> None:
    emails = [email(0), "no address", email(0), email(1), email(2)]
    dry = order(tmp_path, emails, dry_run=True)
    summary = run(sandbox, dry)
    assert sandbox.record() == []
    assert {method for method, _ in sandbox.requests()} == {"GET"}
    assert summary.outcomes == {"valid": 3, "invalid": 1, "duplicate": 1}
    adds_up(summary, dry.output)
    real = replace(dry, dry_run=False, output=tmp_path / "real")
    assert run(sandbox, real).outcomes == {"accepted": 3, "invalid": 1, "duplicate": 1}
    said, done = read_results(dry.output), read_results(real.output)
    assert [{"valid": "accepted"}.get(row["outcome"], row["outcome"]) for row in said] == [
        row["outcome"] for row in done
    ]
    assert [row["errors"] for row in said] == [row["errors"] for row in done]
    # There is nothing to go on with, and nothing is sent.
    sandbox.clear()
    with pytest.raises(RunError, match="dry run"):
        resume(sandbox, dry.output)
    assert sandbox.record() == []


def test_the_same_list_is_not_sent_again_unless_asked_for(tmp_path: Path) -> None:
    with Sandbox(key=KEY, duplicate_check=False) as sandbox:
        wanted = order(tmp_path, [email(number) for number in range(4)])
        run(sandbox, replace(wanted, limit=2))
        with pytest.raises(RunError, match="before, by run") as caught:
            run(sandbox, wanted)
        assert f"resume {only_run(wanted.output)} --output {wanted.output}" in caught.value.hint
        resume(sandbox, wanted.output)
        with pytest.raises(RunError, match="before, by run") as caught:
            run(sandbox, wanted)
        assert "--allow-resubmit" in caught.value.hint
        assert len(sandbox.record()) == 4
        dry = run(sandbox, replace(wanted, dry_run=True))
        assert any("`run` would refuse it" in note for note in dry.notes)
        assert run(sandbox, replace(wanted, allow_resubmit=True)).outcomes == {"accepted": 4}
        assert len(sandbox.record()) == 8


def test_a_list_of_which_nothing_was_sent_may_be_run_again(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0), "no address", "none either"])
    assert run(sandbox, wanted).outcomes == {"not_sent": 1, "invalid": 2}
    assert run(sandbox, replace(wanted, max_invalid="100%")).outcomes == {"accepted": 1, "invalid": 2}


def test_a_stop_with_nothing_left_to_stop_is_none(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = run(sandbox, order(tmp_path, [email(0), email(1, "cap")]))
    assert (summary.stopped, summary.exit_code) == ("", 1)


def test_a_list_that_breaks_on_the_way_leaves_no_run_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(number) for number in range(12_000)])
    with Path(wanted.file).open("a", encoding="utf-8") as file:
        file.write('"never closed')
    with pytest.raises(InputError):
        run(sandbox, wanted)
    assert ask(
        wanted.output / "journal.sqlite3", "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM rows)"
    ) == [(0,)]


def test_a_dry_run_says_what_a_limit_leaves(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = run(sandbox, order(tmp_path, [email(number) for number in range(4)], dry_run=True, limit=2))
    assert any("--limit 2" in note for note in summary.notes)


def test_files_are_for_their_owner_and_hold_neither_key_nor_more_than_they_must(tmp_path: Path) -> None:
    with Sandbox(key=KEY) as sandbox:
        wanted = order(tmp_path, [*MIXED, *(email(number, "hlr") for number in range(50, 53))])
        run(sandbox, wanted)
        run_with_errors = order(tmp_path, [email(number, "validation") for number in range(60, 64)], max_errors=2)
        run(sandbox, replace(run_with_errors, output=tmp_path / "output"))
    files = [path for path in wanted.output.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"journal.sqlite3", "results.csv", "summary.json", "run.log"}
    for path in files:
        content = path.read_bytes()
        assert KEY.encode() not in content, path
        if path.name in ("run.log", "summary.json"):
            for personal in (b"person", b"@example", b"Quillfeather", b"no address"):
                assert personal not in content, path
        if os.name != "nt":
            assert path.stat().st_mode & 0o077 == 0, path
    if os.name != "nt":
        assert all(path.stat().st_mode & 0o077 == 0 for path in wanted.output.rglob("*") if path.is_dir())
        assert wanted.output.stat().st_mode & 0o077 == 0


# ---------------------------------------------------------------------- stopping and going on


def test_a_limit_sends_the_first_rows_and_resume_exactly_the_rest(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, ["no address", *people(11)], limit=4)
    summary = run(sandbox, wanted)
    assert summary.outcomes == {"accepted": 4, "not_sent": 7, "invalid": 1}
    assert summary.exit_code == 3
    assert f"resume {summary.run_id}" in summary.next_step
    assert sorted(sent_emails(sandbox)) == sorted(people(4))
    adds_up(summary, wanted.output)
    first = {mail: row for mail, row in by_email(wanted.output).items() if row["outcome"] == "accepted"}
    sandbox.clear()
    summary = resume(sandbox, wanted.output)
    assert summary.outcomes == {"accepted": 11, "invalid": 1}
    assert sorted(sent_emails(sandbox)) == sorted(people(11)[4:])
    adds_up(summary, wanted.output)
    assert {mail: by_email(wanted.output)[mail] for mail in first} == first
    # Once more sends nothing.
    sandbox.clear()
    assert resume(sandbox, wanted.output).outcomes == {"accepted": 11, "invalid": 1}
    assert sandbox.record() == []


def test_too_many_invalid_rows_send_nothing_until_they_are_allowed(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, ["no address", "none", *people(4)])
    summary = run(sandbox, wanted)
    assert summary.outcomes == {"not_sent": 4, "invalid": 2}
    assert (summary.exit_code, sandbox.record()) == (3, [])
    assert "2 of 6 rows are invalid" in summary.stopped
    assert resume(sandbox, wanted.output).outcomes == {"not_sent": 4, "invalid": 2}
    assert sandbox.record() == []
    summary = resume(sandbox, wanted.output, max_invalid="100%")
    assert summary.outcomes == {"accepted": 4, "invalid": 2}
    assert sorted(sent_emails(sandbox)) == people(4)


@pytest.mark.parametrize(
    ("allowed", "goes"), [("33%", False), ("34%", True), ("1", False), ("2", True), ("0%", False)]
)
def test_the_allowed_share_of_invalid_rows(sandbox: Sandbox, tmp_path: Path, allowed: str, goes: bool) -> None:
    summary = run(sandbox, order(tmp_path, ["no address", "none", *people(4)], max_invalid=allowed))
    assert bool(sandbox.record()) == goes
    assert summary.outcomes == {"accepted" if goes else "not_sent": 4, "invalid": 2}


@pytest.mark.parametrize(("tag", "own"), [("inactive", "rejected"), ("cap", "rejected"), ("http401", "not_sent")])
def test_a_stop_leaves_the_rest_for_resume(sandbox: Sandbox, tmp_path: Path, tag: str, own: str) -> None:
    # Slow enough that few leads are under way when the stop comes.
    wanted = order(tmp_path, [*people(2), email(2, tag), *people(40)[3:]], rate="40/s")
    summary = run(sandbox, wanted)
    rows = by_email(wanted.output)
    assert rows[email(2, tag)]["outcome"] == own
    assert summary.outcomes["not_sent"] > 20
    assert summary.exit_code == 3
    adds_up(summary, wanted.output)
    sandbox.clear()
    left = [mail for mail, row in rows.items() if row["outcome"] == "not_sent"]
    if own == "rejected":  # the fault goes with the lead, so a refused key would be refused again
        resume(sandbox, wanted.output, rate="1000/s")
        assert sorted(sent_emails(sandbox)) == sorted(left)


def test_unknown_rows_are_not_sent_again_by_resume(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(1, "http504"), email(2, "html"), *people(20)[3:]], limit=2)
    assert run(sandbox, wanted).outcomes == {"unknown": 2, "not_sent": 17}
    sandbox.clear()
    summary = resume(sandbox, wanted.output)
    assert summary.outcomes == {"unknown": 2, "accepted": 17}
    assert summary.exit_code == 4
    assert sorted(sent_emails(sandbox)) == sorted(people(20)[3:])


def test_leadbyte_away_leaves_every_row_for_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stop, "wait", lambda _stop, _seconds: None)  # between attempts
    with Sandbox(key=KEY) as sandbox:
        wanted = order(tmp_path, people(3))
        service = leadbyte(sandbox.base_url)
        campaign = service.campaign("EXAMPLE-CAMPAIGN")
        sandbox.stop()
        service.campaign = lambda wanted: campaign  # type: ignore[method-assign]  # noqa: ARG005 - its name
        summary = import_list(wanted, service, World())
        assert (summary.outcomes, summary.exit_code) == ({"not_sent": 3}, 3)
        sandbox.start()
        assert resume(sandbox, wanted.output).outcomes == {"accepted": 3}
        assert sorted(sent_emails(sandbox)) == people(3)


# ---------------------------------------------------------------------- killed


def rows_in(output: Path, state: str) -> int:
    """How many rows of the journal are in this state, as seen from outside; 0 while there is no journal."""
    try:
        ((count,),) = ask(output / "journal.sqlite3", f"SELECT count(*) FROM rows WHERE state = '{state}'")  # noqa: S608
    except sqlite3.OperationalError:
        return 0
    return int(count)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


@posix
def test_a_killed_run_goes_on_without_a_row_twice_or_lost(tmp_path: Path) -> None:
    everybody = people(60)
    with Sandbox(latency=0.2) as sandbox:
        order(tmp_path, everybody)
        arguments = ("run", "leads.csv", "--mapping", "mapping.yaml", "--rate", "60/s", "--json")
        process = launch(tmp_path, sandbox.base_url, *arguments)
        output = tmp_path / "output"
        # In the thick of it: some have their outcome, some are under way, some wait.
        wait_until(lambda: rows_in(output, "done") >= 10)
        process.kill()
        end(process)
        assert rows_in(output, "planned") > 0
        in_flight = {json.loads(cells)[2] for (cells,) in ask(
            output / "journal.sqlite3", "SELECT cells FROM rows WHERE state = 'sending'")}  # fmt: skip
        assert in_flight
        service = leadbyte(sandbox.base_url, "sandbox-key")
        summary = resume_run(only_run(output), output, service, World(), rate="1000/s")
    sent = Counter(sent_emails(sandbox))
    assert max(sent.values()) == 1
    adds_up(summary, output)
    rows = by_email(output)
    assert set(rows) == set(everybody)
    assert {mail for mail, row in rows.items() if row["outcome"] == "unknown"} == in_flight
    assert {mail for mail, row in rows.items() if row["outcome"] == "accepted"} == set(everybody) - in_flight
    assert set(everybody) - in_flight <= set(sent)
    for one in sandbox.record():
        if one.lead["email"] not in in_flight:
            assert rows[one.lead["email"]]["queueId"] == one.queue_id
    assert summary.exit_code == 4


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_finishes_what_is_under_way_and_can_be_resumed(tmp_path: Path, number: signal.Signals) -> None:
    everybody = people(80)
    with Sandbox(latency=0.1) as sandbox:
        order(tmp_path, everybody)
        process = launch(
            tmp_path, sandbox.base_url, "run", "leads.csv", "--mapping", "mapping.yaml", "--rate", "30/s"
        )
        wait_until(lambda: len(sandbox.record()) >= 5)
        process.send_signal(number)
        code, said = end(process)
        assert code == 130, said
        output = tmp_path / "output"
        rows = read_results(output)
        counts = Counter(row["outcome"] for row in rows)
        assert set(counts) == {"accepted", "not_sent"}
        assert counts["accepted"] == len(sandbox.record()) < 80
        assert f"resume {only_run(output)}" in said
        assert "sandbox-key" not in said
        code, said = end(launch(tmp_path, sandbox.base_url, "resume", only_run(output), "--rate", "1000/s"))
        assert code == 0, said
    assert Counter(sent_emails(sandbox)) == Counter(everybody)
    assert {row["outcome"] for row in read_results(output)} == {"accepted"}


@posix
def test_a_second_launch_on_the_same_output_is_turned_away_while_the_first_runs(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        order(tmp_path, people(200))
        arguments = ("run", "leads.csv", "--mapping", "mapping.yaml", "--rate", "5/s")
        first = launch(tmp_path, sandbox.base_url, *arguments)
        try:
            wait_until(lambda: len(sandbox.record()) >= 1)
            code, said = end(launch(tmp_path, sandbox.base_url, *arguments))
            assert (code, "another run is using" in said) == (5, True)
            output = tmp_path / "output"
            with pytest.raises(RunLocked):
                resume_run(only_run(output), output, leadbyte(sandbox.base_url, "sandbox-key"), World())
            with pytest.raises(RunLocked):
                rewrite_results(only_run(output), output, World())
        finally:
            first.kill()
            end(first)
    assert max(Counter(sent_emails(sandbox)).values()) == 1
    # The lock went with the process: the next one gets in.
    assert rewrite_results(only_run(output), output, World()).outcomes["not_sent"] > 100


@posix
def test_a_run_killed_while_planning_is_planned_anew(sandbox: Sandbox, tmp_path: Path) -> None:
    # Nearly all are one person: the plan takes a while, the sending does not.
    order(tmp_path, [*people(3), *[email(0)] * 40_000, email(3)])
    process = launch(tmp_path, sandbox.base_url, "run", "leads.csv", "--mapping", "mapping.yaml", key=KEY)
    output = tmp_path / "output"
    wait_until(lambda: rows_in(output, "done") > 0)
    process.kill()
    end(process)
    assert ask(output / "journal.sqlite3", "SELECT state FROM runs") == [("planning",)]
    assert sandbox.record() == []
    with pytest.raises(RunError, match="before its plan was whole"):
        rewrite_results(only_run(output), output, World())
    summary = resume(sandbox, output)
    assert summary.outcomes == {"accepted": 4, "duplicate": 40_000}
    assert summary.rows == 40_004
    assert sorted(sent_emails(sandbox)) == people(4)


@posix
def test_an_interrupt_while_planning_leaves_no_run_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    order(tmp_path, [*people(3), *[email(0)] * 40_000])
    process = launch(tmp_path, sandbox.base_url, "run", "leads.csv", "--mapping", "mapping.yaml", key=KEY)
    output = tmp_path / "output"
    wait_until(lambda: rows_in(output, "done") > 0)
    process.send_signal(signal.SIGINT)
    code, said = end(process)
    assert (code, sandbox.record()) == (130, []), said
    assert ask(output / "journal.sqlite3", "SELECT count(*) FROM runs") == [(0,)]


def test_a_dry_run_stops_nothing_however_many_rows_are_invalid(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0), "no address"], dry_run=True)
    summary = run(sandbox, wanted)
    assert summary.stopped == ""
    assert "--max-invalid" in summary.next_step
    assert "stopped" not in (wanted.output / summary.run_id / "run.log").read_text(encoding="utf-8")


class CutOff(BaseException):
    """The process ends here."""


def cut_off_while_planning(sandbox: Sandbox, wanted: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise CutOff

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "amend", cut)
        with pytest.raises(CutOff):
            run(sandbox, wanted)


def test_a_list_that_changed_since_is_not_planned_anew(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = order(tmp_path, people(3))
    cut_off_while_planning(sandbox, wanted, monkeypatch)
    write_list(Path(wanted.file), people(4))
    with pytest.raises(InputError, match="has changed"):
        resume(sandbox, wanted.output)
    write_list(Path(wanted.file), people(3))
    # The mapping of that day is the one that counts.
    wanted.mapping.write_text("nonsense", encoding="utf-8")
    assert resume(sandbox, wanted.output).outcomes == {"accepted": 3}
    assert sorted(sent_emails(sandbox)) == people(3)


# ---------------------------------------------------------------------- going on elsewhere


def test_going_on_from_another_folder_writes_to_the_same_output(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = order(Path(), people(5), limit=2)
    first = run(sandbox, wanted)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    summary = resume(sandbox, tmp_path / "output", first.run_id)
    assert summary.outcomes == {"accepted": 5}
    assert {row["outcome"] for row in read_results(tmp_path / "output")} == {"accepted"}
    assert Path(summary.results) == tmp_path / "output" / first.run_id / "results.csv"
    assert rewrite_results(first.run_id, tmp_path / "output", World()).outcomes == {"accepted": 5}
    assert list(elsewhere.iterdir()) == []


def test_a_run_is_not_continued_at_another_account(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(3), limit=1)
    summary = run(sandbox, wanted)
    with Sandbox(key=KEY) as another:
        with pytest.raises(RunError, match="now"):
            resume(another, wanted.output, summary.run_id)
        assert another.requests() == []


def test_the_results_can_be_written_again_from_the_journal(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, MIXED)
    summary = run(sandbox, wanted)
    path = Path(summary.results)
    before = path.read_bytes()
    path.unlink()
    sandbox.clear()
    assert rewrite_results(summary.run_id, wanted.output, World()).outcomes == summary.outcomes
    assert path.read_bytes() == before
    assert sandbox.requests() == []


@pytest.mark.parametrize(
    ("campaign", "said"),
    [("OLD-CAMPAIGN", "not active"), ("ARCHIVED-CAMPAIGN", "archived"), ("EXAMPLE-CAMPAIN", "EXAMPLE-CAMPAIGN")],
)
def test_a_campaign_that_takes_no_leads_is_said_before_anything_is_made(
    sandbox: Sandbox, tmp_path: Path, campaign: str, said: str
) -> None:
    wanted = order(tmp_path, people(2), campaign=campaign)
    with pytest.raises(CampaignError, match=said):
        run(sandbox, wanted)
    assert (sandbox.record(), wanted.output.exists()) == ([], False)


@pytest.mark.parametrize(
    "changes", [{"rate": "fast"}, {"max_invalid": "101%"}, {"max_invalid": "some"}, {"campaign": "NONE"}]
)
def test_nonsense_is_refused_before_a_run_begins(sandbox: Sandbox, tmp_path: Path, changes: dict[str, str]) -> None:
    wanted = order(tmp_path, people(2), **changes)
    with pytest.raises(ImportFailure):
        run(sandbox, wanted)
    assert (sandbox.record(), wanted.output.exists()) == ([], False)


def test_an_unauthorised_supplier_stops_its_rows_and_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(30), rate="30/s")
    write_list(Path(wanted.file), people(30), sid="999")
    summary = run(sandbox, wanted)
    assert set(summary.outcomes) == {"rejected", "not_sent"}
    assert "999" in summary.stopped
    assert (summary.exit_code, len(sandbox.record()) < 30) == (3, True)
    assert wanted.mapping.read_text(encoding="utf-8") == MAPPING


@posix
def test_one_interrupt_after_the_run_stopped_itself_still_waits_for_the_answers(tmp_path: Path) -> None:
    everybody = [*(email(number, "slow") for number in range(6)), email(6, "cap"), *people(20)[10:]]
    with Sandbox() as sandbox:
        order(tmp_path, everybody)
        process = launch(
            tmp_path, sandbox.base_url, "run", "leads.csv", "--mapping", "mapping.yaml", "--rate", "30/s"
        )
        wait_until(lambda: any(one.code == -4 for one in sandbox.record()))
        time.sleep(0.2)  # for the answer to arrive: six others are under way for a second
        process.send_signal(signal.SIGINT)
        code, said = end(process)
    assert code in (3, 130), said  # 130 should the interrupt have been quicker than the answer
    counts = Counter(row["outcome"] for row in read_results(tmp_path / "output"))
    assert counts["unknown"] == 0
    assert counts["accepted"] >= 6
    assert counts["rejected"] == 1
