from __future__ import annotations

import json
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.after import reconcile_run, rewrite_results
from pipeline.errors import ConfigError, RunError
from pipeline.history import State, account_of, list_runs, since
from pipeline.journal import SCHEMA_VERSION, Journal
from pipeline.journal.history import Reader, Wanted
from pipeline.journal.schema import STEPS
from pipeline.locks import folder_holder, opened_journal
from pipeline.report import Summary
from pipeline.retention.purge import purge
from pipeline.run import going_on, import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.world import World
from tests.delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
    email,
    launch,
    leadbyte,
    order,
    people,
    planned,
    wait_until,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
posix = pytest.mark.skipif(sys.platform == "win32", reason="processes as POSIX has them")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def run(sandbox: Sandbox, folder: Path, emails: list[str], **changes: Any) -> Summary:
    return import_list(order(folder, emails, **changes), leadbyte(sandbox.base_url), World())


def listed(folder: Path, limit: int = 20, now: datetime | None = None, **wanted: Any) -> list[Any]:
    return list_runs(folder / "output", now or datetime.now(UTC), Wanted(**wanted), limit)


def about(**changes: Any) -> dict[str, Any]:
    """What a run knows of itself once its list was planned."""
    campaign = {"id": "9", "reference": "SOLAR-UK", "name": "Solar leads", "fields": []}
    known = {
        "file": "acme.csv", "vendor": "Acme", "campaign": campaign, "dry_run": False, "rows": 3, "blank_rows": 0,
        "address": "https://acme.leadbyte.com", "sha256": "0" * 64, "mapping": "acme.yaml", "output": "output",
        "read": {}, "asked_campaign": "", "max_invalid": "20%", "damage": [],
    }  # fmt: skip
    return known | changes


def kept(folder: Path, *runs: tuple[str, dict[str, Any]], state: str = "finished", ended: str = "") -> Path:
    """An output folder whose journal has these runs: id, and what they know of themselves."""
    output = folder / "output"
    output.mkdir(exist_ok=True)
    journal = Journal(output / "journal.sqlite3")
    for run_id, known in runs:
        begun = datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()
        journal.begin(run_id, begun, known)
        if known.get("rows") and not known["dry_run"]:
            journal.plan(run_id, planned(known["rows"]), [])
        journal.note(run_id, state=state, finished_at=ended or begun)
    journal.close()
    return output


# ---------------------------------------------------------------------- the list


def test_runs_are_listed_latest_first_with_what_they_came_to(sandbox: Sandbox, tmp_path: Path) -> None:
    first = run(sandbox, tmp_path, [email(0), email(1, "tps")], vendor="Acme")
    second = run(sandbox, tmp_path, [email(5), "no address"], dry_run=True, max_invalid="100%")
    found = {one.run_id: one for one in listed(tmp_path)}
    assert list(found) == sorted((first.run_id, second.run_id), reverse=True)
    sent, checked = found[first.run_id], found[second.run_id]
    assert (sent.dry_run, sent.state, sent.file) == (False, State.FINISHED, str(tmp_path / "leads.csv"))
    assert (sent.campaign, sent.campaign_name, sent.vendor) == ("EXAMPLE-CAMPAIGN", "Example Campaign A", "Acme")
    assert (sent.rows, sent.outcomes) == (2, {"accepted": 1, "rejected": 1})
    assert sent.seconds == pytest.approx(first.seconds)
    assert sent.rate == pytest.approx(first.rate)
    assert (checked.dry_run, checked.outcomes, checked.rate) == (True, {"invalid": 1, "valid": 1}, None)


def test_the_list_can_be_narrowed_down(tmp_path: Path) -> None:
    other = {"id": "12", "reference": "LIFE", "name": "Life cover", "fields": []}
    kept(
        tmp_path,
        ("20261101T020000Z-0001", about()),
        ("20261110T020000Z-0002", about(vendor="Binks", campaign=other)),
        ("20261120T020000Z-0003", about(vendor="ACME")),
        ("20261121T020000Z-0004", about(vendor="", dry_run=True, outcomes={"valid": 3})),
    )

    def ends(limit: int = 20, **wanted: Any) -> str:
        return "".join(one.run_id[-1] for one in listed(tmp_path, limit, NOW, **wanted))

    assert ends() == "4321"
    assert ends(limit=2) == "43"
    assert ends(vendor="acme") == "31"
    assert ends(campaign="solar-uk") == ends(campaign="9") == ends(campaign="SOLAR LEADS") == "431"
    assert ends(campaign="12", vendor="binks") == "2"
    assert ends(since=since("7d", NOW)) == "43"
    assert ends(since=since("2026-11-10", NOW)) == "432"
    assert ends(unfinished=True) == ends(vendor="nobody") == ""


@pytest.mark.parametrize("text", ["7", "yesterday", "2026-13-01", "-3d", ""])
def test_a_time_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="--since") as caught:
        since(text, NOW)
    assert "7d" in caught.value.hint


def test_a_run_that_stopped_says_why_and_is_unfinished(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = run(sandbox, tmp_path, people(4), limit=1)
    (one,) = listed(tmp_path, unfinished=True)
    assert (one.run_id, one.state, one.words, one.stop_kind) == (
        summary.run_id, State.STOPPED, "stopped: --limit", "limit",
    )  # fmt: skip
    assert one.outcomes == {"accepted": 1, "not_sent": 3}
    resume_run(summary.run_id, tmp_path / "output", leadbyte(sandbox.base_url), World())
    assert listed(tmp_path, unfinished=True) == []
    (whole,) = listed(tmp_path)
    assert whole.outcomes == {"accepted": 4}
    assert whole.seconds > one.seconds, "the time of both launches"


def test_counts_that_a_later_launch_may_have_changed_are_counted_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """A launch counts at its end; one that is killed leaves what was counted before it."""
    summary = run(sandbox, tmp_path, [email(0), email(1, "lost-answer")])
    service = leadbyte(sandbox.base_url)
    with going_on(summary.run_id, tmp_path / "output", service, World(), {}) as (journal, _run):
        journal.afterwards.offer_again(summary.run_id, 3)  # and then nothing more: killed
    (one,) = listed(tmp_path)
    assert one.outcomes == {"accepted": 1, "not_sent": 1}
    rewrite_results(summary.run_id, tmp_path / "output", World())
    (one,) = listed(tmp_path)
    assert one.outcomes == {"accepted": 1, "not_sent": 1}


def test_a_run_of_an_older_version_is_counted_and_timed_by_its_ends(tmp_path: Path) -> None:
    kept(tmp_path, ("20261101T020000Z-0001", about()), state="sending", ended="2026-11-01T02:16:40+00:00")
    (one,) = listed(tmp_path)
    assert (one.outcomes, one.seconds, one.rate) == ({"not_sent": 3}, 1000.0, None)
    assert (one.state, one.words) == (State.STOPPED, "stopped: see show")


def test_whose_data_were_removed_waits_for_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = run(sandbox, tmp_path, people(2), limit=1)
    later = datetime.now(UTC) + timedelta(days=1)
    purge(tmp_path / "output", World(now=lambda: later), older_than=60.0, abandon=[summary.run_id])
    (one,) = listed(tmp_path)
    assert (one.outcomes, bool(one.purged_at)) == ({"accepted": 1, "not_sent": 1}, True)
    assert listed(tmp_path, unfinished=True) == []


# ---------------------------------------------------------------------- while another process sends


@posix
def test_a_run_is_under_way_while_its_process_lives_and_cut_off_when_it_was_killed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    order(tmp_path, [email(n) for n in range(40)])
    words = ["run", "leads.csv", "--mapping", "mapping.yaml", "--rate", "10/s", "--quiet"]
    process = launch(tmp_path, sandbox.base_url, *words, key=KEY)
    try:
        wait_until(lambda: len(sandbox.record()) >= 2)
        (one,) = listed(tmp_path)
        assert (one.state, one.words) == (State.UNDER_WAY, "under way")
        assert one.outcomes["accepted"] >= 1
        assert sum(one.outcomes.values()) == 40
        assert one.seconds > 0
        account = account_of(one.run_id, tmp_path / "output", datetime.now(UTC))
        assert f"process {process.pid} on {socket.gethostname()}" in account.next_step
    finally:
        process.kill()
        process.communicate()
    (one,) = listed(tmp_path)
    assert (one.state, one.words) == (State.CUT_OFF, "cut off")
    assert set(one.outcomes) <= {"accepted", "not_sent", "unknown"}
    account = account_of(one.run_id, tmp_path / "output", datetime.now(UTC))
    assert f"leadbyte-import resume {one.run_id}" in account.next_step


def test_of_several_cut_off_runs_only_the_one_that_was_launched_last_is_under_way(tmp_path: Path) -> None:
    """The lock says who has the folder, not which run: an old one may be under way, resumed."""
    old, cut, new = (f"202611{day:02}T020000Z-0000" for day in (1, 2, 23))
    output = kept(
        tmp_path,
        (old, about(launched_at="2026-11-23T08:00:01+00:00")),
        (cut, about()),
        (new, about()),
        state="sending",
    )
    with opened_journal(output, NOW - timedelta(hours=1)) as journal:
        for run_id in (cut, new):
            journal.note(run_id, state="sending")
        journal.note(new, state="finished", finished_at="2026-11-23T08:30:00+00:00")
        states = {one.run_id: one.state for one in listed(tmp_path, now=NOW)}
    assert states == {old: State.UNDER_WAY, cut: State.CUT_OFF, new: State.FINISHED}


def test_a_list_that_is_still_read_has_no_rows_yet(tmp_path: Path) -> None:
    known = about()
    del known["rows"]
    output = kept(tmp_path)
    with opened_journal(output, NOW) as journal:
        journal.begin("20261123T090000Z-0000", NOW.isoformat(), known)
        journal.plan("20261123T090000Z-0000", planned(2), [])
        (one,) = listed(tmp_path, now=NOW + timedelta(seconds=30))
        assert (one.state, one.words, one.rows, one.outcomes) == (State.UNDER_WAY, "under way: reading", None, {})
        assert one.seconds == 30.0
    (one,) = listed(tmp_path)
    assert one.words == "cut off"
    assert account_of(one.run_id, output, NOW).next_step.startswith("leadbyte-import resume 20261123T090000Z-0000")


def test_looking_neither_waits_for_a_writer_nor_writes(tmp_path: Path) -> None:
    output = kept(tmp_path, ("20261101T020000Z-0001", about()))
    writer = sqlite3.connect(output / "journal.sqlite3", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    writer.execute("UPDATE runs SET state = 'planning'")
    try:
        assert [one.state for one in listed(tmp_path)] == [State.FINISHED]
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    before = (output / "journal.sqlite3").read_bytes()
    reader = Reader(output / "journal.sqlite3")
    with pytest.raises(Exception, match="readonly"), reader.transaction() as db:
        db.execute("DELETE FROM runs")
    reader.close()
    assert (output / "journal.sqlite3").read_bytes() == before


# ---------------------------------------------------------------------- who has the folder


def holder_file(output: Path, **about: Any) -> None:
    (output / "journal.holder").write_text(json.dumps(about), encoding="utf-8")


@posix
def test_the_holder_of_a_folder_is_who_holds_it_now(tmp_path: Path) -> None:
    assert folder_holder(tmp_path) is None
    with opened_journal(tmp_path, NOW):
        found = folder_holder(tmp_path)
        assert found is not None
        assert (found.pid, found.alive) == (os.getpid(), True)
    assert folder_holder(tmp_path) is None
    # Killed, and its number is another process's by now: this one's.
    holder_file(tmp_path, pid=os.getpid(), host=socket.gethostname(), since=NOW.isoformat())
    found = folder_holder(tmp_path)
    assert found is not None
    assert not found.alive
    # Killed, and nobody has its number.
    holder_file(tmp_path, pid=2**22 + 5, host=socket.gethostname(), since=NOW.isoformat())
    found = folder_holder(tmp_path)
    assert found is not None
    assert not found.alive
    holder_file(tmp_path, pid=1, host="another.example", since=NOW.isoformat())
    found = folder_holder(tmp_path)
    assert found is not None
    assert found.alive, "nobody can tell from here"
    with opened_journal(tmp_path, NOW):
        pass  # looking has left no lock behind


# ---------------------------------------------------------------------- one run


def test_an_account_has_all_that_is_known_but_no_persons_data(sandbox: Sandbox, tmp_path: Path) -> None:
    emails = [email(0), email(1, "validation"), email(2, "tps"), email(3, "tps"), "no address"]
    summary = run(sandbox, tmp_path, emails, vendor="Acme", rate="50/s", max_invalid="50%")
    reconcile_run(summary.run_id, tmp_path / "output", leadbyte(sandbox.base_url), World(), rate="100/s")
    account = account_of(summary.run_id, tmp_path / "output", datetime.now(UTC))
    assert (account.entry.rows, account.entry.outcomes) == (5, {"accepted": 1, "rejected": 3, "invalid": 1})
    assert account.sha256
    assert (account.mapping, account.campaign_id) == (str(tmp_path / "mapping.yaml"), "9")
    assert account.flags == ["--rate", "50/s", "--max-invalid", "50%", "--vendor", "Acme"]
    assert account.reasons == [
        {"outcome": "rejected", "code": -15, "rows": 2, "first_row": 4},
        {"outcome": "rejected", "code": -5, "rows": 1, "first_row": 3},
    ]
    assert account.queue == {"pending": 1}
    assert [one["command"] for one in account.launches] == ["run", "reconcile"]
    assert {name for name, _size in account.files} >= {"results.csv", "run.log", "summary.json"}
    assert account.next_step
    told = json.dumps(account.as_json())
    for personal in ("person", "@example.com", "Quillfeather", "no address", KEY):
        assert personal not in told


def test_a_dry_run_that_was_cut_off_is_checked_again(tmp_path: Path) -> None:
    known = about(dry_run=True)
    del known["rows"]
    output = kept(tmp_path, ("20261101T020000Z-0001", known), state="planning")
    account = account_of("20261101T020000Z-0001", output, NOW)
    assert account.next_step == f"leadbyte-import check acme.csv --mapping acme.yaml --output {output}"


# ---------------------------------------------------------------------- journals of other kinds


def test_a_journal_of_the_first_format_is_read_as_it_is(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.mkdir()
    db = sqlite3.connect(output / "journal.sqlite3")
    db.executescript(f"{STEPS[0]};PRAGMA user_version=1")
    row = ("20261101T020000Z-0001", "2026-11-01T02:00:00+00:00", "2026-11-01T02:00:09+00:00", "finished")
    db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, '', ?)", (*row, json.dumps(about(rows=1))))
    db.execute(
        "INSERT INTO rows (run_id, row, cells, lead, state, outcome) VALUES (?, 2, '', '', 'done', 'accepted')",
        row[:1],
    )
    db.commit()
    db.close()
    (one,) = listed(tmp_path)
    assert one.outcomes == {"accepted": 1}
    account = account_of(one.run_id, output, NOW)
    assert (account.queue, account.launches) == ({}, [])
    other = sqlite3.connect(output / "journal.sqlite3")
    assert other.execute("PRAGMA user_version").fetchone() == (1,), "looking brings nothing up to date"
    other.close()


@pytest.mark.parametrize(
    ("content", "version", "words"),
    [
        ("", SCHEMA_VERSION + 1, "newer version"),
        ("CREATE TABLE other (x)", 0, "is not a journal"),
        (None, 0, "cannot be read"),
    ],
)
def test_what_is_no_journal_of_ours_is_told(tmp_path: Path, content: str | None, version: int, words: str) -> None:
    (tmp_path / "output").mkdir()
    path = tmp_path / "output" / "journal.sqlite3"
    if content is None:
        path.write_bytes(b"no database at all" * 100)
    else:
        db = sqlite3.connect(path)
        db.executescript(f"{content};PRAGMA user_version={version}")
        db.close()
    with pytest.raises(RunError, match=words):
        listed(tmp_path)


def test_a_folder_without_a_journal_and_a_run_that_is_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no journal") as caught:
        listed(tmp_path)
    assert "--output" in caught.value.hint
    output = kept(tmp_path, ("20261101T020000Z-0001", about()))
    with pytest.raises(RunError, match="no run 'nosuch'") as caught:
        account_of("nosuch", output, NOW)
    assert "20261101T020000Z-0001" in caught.value.hint
