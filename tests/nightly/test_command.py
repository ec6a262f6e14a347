"""`leadbyte-import nightly` as it is typed. Words for people and programs; who is told; what it ends with."""

from __future__ import annotations

import json

import jsonschema
import pytest
from click.testing import CliRunner

from pipeline.cli import root
from pipeline.errors import ConfigError, RunLocked
from pipeline.locks import opened_journal
from pipeline.nightly import digest
from tests.delivery import KEY, people
from tests.nightly.scene import Place
from tests.nightly.serving import Web, mail_server, web_server


@pytest.fixture
def typed(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The real clock: files are as young as they look, and nobody waits before a channel is tried again."""
    monkeypatch.setattr("pipeline.nightly.channels.PAUSES", (0.0, 0.0))
    place.write_jobs({"settle": "0s"})
    return place


class Ran:
    def __init__(self, place: Place, *words: str) -> None:
        result = CliRunner().invoke(root, ["nightly", str(place.jobs_file), *words], standalone_mode=False)
        self.error = result.exception
        self.code = result.return_value if isinstance(result.return_value, int) else 0
        self.out, self.err = result.stdout, result.stderr
        assert KEY not in self.out + self.err
        assert "@example.com" not in self.out + self.err


def test_a_night_prints_its_digest_and_ends_with_its_code(typed: Place) -> None:
    typed.put("acme.csv", [*people(6), "no address"])
    ran = Ran(typed)
    assert ran.code == 1
    assert ran.out.startswith("Nightly import ")
    assert "6 accepted, 1 invalid" in ran.out.splitlines()[0]
    assert ran.err == "acme: acme.csv imported\n"


def test_a_program_reads_the_digest_as_json(typed: Place) -> None:
    typed.put("acme.csv", people(2))
    ran = Ran(typed, "--json", "--quiet")
    told = json.loads(ran.out)
    jsonschema.validate(told, json.loads(digest.schema_text()))
    assert (ran.code, ran.err, told["rows"]) == (0, "", {"accepted": 2})


def test_quiet_says_nothing_unless_somebody_must_act(typed: Place) -> None:
    typed.put("acme.csv", people(2))
    ran = Ran(typed, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    (typed.inbox / "empty.csv").touch()
    ran = Ran(typed, "--quiet")
    assert (ran.code, ran.err) == (2, "")
    assert "1 thing to do" in ran.out


def test_a_dry_run_says_what_a_night_would_do(typed: Place) -> None:
    typed.put("acme.csv", people(2))
    ran = Ran(typed, "--dry-run")
    assert (ran.code, typed.sent(), typed.lists()) == (0, [], ["inbox/acme.csv"])
    assert "checked" in ran.out


def test_the_list_shows_what_waits_and_needs_no_key(typed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    typed.write_jobs({"limit": 1, "settle": "0s"}, {"name": "other", "inbox": "inbox2", "expect": "weekdays"})
    typed.put("stays.csv", people(2))
    Ran(typed)
    typed.put("acme.csv", people(2))
    typed.put("acme.csv.part", people(2))
    monkeypatch.delenv("ONE_KEY")
    ran = Ran(typed, "--list")
    assert ran.out.splitlines()[2].split()[-2:] == ["1", "1"]
    assert "EXAMPLE-CAMPAIGN" in ran.out
    told = json.loads(Ran(typed, "--list", "--json").out)
    assert [(one["waiting"], one["working"], one["expect"]) for one in told["jobs"]] == [
        (["acme.csv"], ["stays.csv"], "none"), ([], [], "weekdays"),
    ]  # fmt: skip
    assert isinstance(Ran(typed).error, ConfigError)


def told_by(typed: Place, web: Web, port: int, when: str) -> None:
    typed.write_jobs(
        {"settle": "0s"},
        tell={
            "mail": {"to": "ops@example.com", "from": "importer@example.com", "host": "127.0.0.1", "port": port},
            "webhook": {"url": f"{web.url}/hook"}, "ping": {"url": f"{web.url}/ping"}, "when": when,
        },
    )  # fmt: skip


def test_people_are_told_and_the_watch_is_pinged(typed: Place) -> None:
    with mail_server() as box, web_server() as web:
        told_by(typed, web, box.port, "problems")
        typed.put("acme.csv", people(2))
        assert Ran(typed).code == 0
        assert web.paths == ["/ping/start", "/ping"], "nothing that anybody must hear of"
        (typed.inbox / "empty.csv").touch()
        assert Ran(typed, "--dry-run").code == 2
        assert len(web.paths) == 2, "a dry run is told to nobody"
        assert Ran(typed).code == 2
        assert web.paths[2:] == ["/ping/start", "/hook", "/ping/fail"]
        (mail,) = box.mails
        assert mail["subject"].startswith("ACT: Nightly import")
        assert "empty.csv is empty" in mail.get_content()


def test_a_channel_that_fails_changes_nothing_and_is_a_note(typed: Place) -> None:
    with web_server() as web:
        web.answers = [(404, {})] * 2
        told_by(typed, web, 1, "news")
        typed.put("acme.csv", people(2))
        ran = Ran(typed, "--json")
    assert ran.code == 0
    notes = json.loads(ran.out)["notes"]
    assert len(notes) >= 2
    assert any(note.startswith("the mail could not be sent") for note in notes)
    assert all(note in ran.err for note in notes)


def test_a_night_that_cannot_begin_is_told_and_ends_with_who_holds_the_lock(typed: Place) -> None:
    with web_server() as web, opened_journal(typed.output, typed.clock.now()):
        told_by(typed, web, 1, "problems")
        ran = Ran(typed)
    assert isinstance(ran.error, RunLocked)
    assert ran.error.exit_code == 5
    assert web.paths == ["/hook", "/ping/fail"], "the start of the other night stays the last one"


def test_a_trial_goes_by_each_channel_and_does_nothing_else(typed: Place) -> None:
    typed.put("acme.csv", people(2))
    with mail_server() as box, web_server() as web:
        told_by(typed, web, box.port, "problems")
        ran = Ran(typed, "--test-telling")
    assert (ran.code, ran.err, len(box.mails), len(web.paths)) == (0, "", 1, 2)
    assert ran.out == "sent: mail, webhook, ping\n"
    assert typed.lists() == ["inbox/acme.csv"]


def test_a_trial_of_which_something_is_lost_fails_and_says_what_was_sent(typed: Place) -> None:
    with web_server() as web:
        told_by(typed, web, 1, "problems")
        ran = Ran(typed, "--test-telling")
    assert (ran.code, ran.out) == (2, "sent: webhook, ping\n")
    assert ran.err.startswith("the mail could not be sent")


def test_a_trial_without_a_channel_fails(typed: Place) -> None:
    ran = Ran(typed, "--test-telling")
    assert (ran.code, ran.out) == (2, "sent: nothing; there is no channel under tell: in the jobs file\n")


def test_flags_that_exclude_each_other_are_refused(typed: Place) -> None:
    assert "exclude each other" in str(Ran(typed, "--list", "--dry-run").error)


def test_a_log_on_standard_error_is_not_mixed_with_words(typed: Place) -> None:
    typed.put("acme.csv", people(2))
    ran = Ran(typed, "--log-file", "-", "--log-format", "json")
    assert {json.loads(line)["event"] for line in ran.err.splitlines()} >= {"run_started", "run_finished"}
