"""What comes after a run, through the real parts: retry, resolve, reconcile, canary, and what other runs know."""

from __future__ import annotations

import csv
import errno
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.after import reconcile_run, resolve_run, retry_run, rewrite_results
from pipeline.errors import ConfigError, ImportFailure, InputError, JournalError, KeyRefused, RunError
from pipeline.model import NeverLeft
from pipeline.reconcile import Fate
from pipeline.report import Summary, summary_lines
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.sandbox.keys import NO_SEARCH_KEY
from pipeline.stopping import INTERRUPTED
from pipeline.world import LATER_FLAGS, Order, World
from tests.delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
    ask,
    email,
    everything_said,
    leadbyte,
    order,
    people,
    write_list,
)
from tests.load.serving import http_server


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


class Told(list[str]):
    def __call__(self, words: str) -> None:
        self.append(words)


class Person:
    """At the terminal: what they are asked, and what they answer."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, words: str) -> bool:
        self.asked.append(words)
        return self.answer


class Clock:
    """Now, put forward by whoever sleeps."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(autouse=True)
def _queue_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's queue moves on with each question: seconds between them would prove nothing."""
    monkeypatch.setattr("pipeline.reconcile.FIRST_PAUSE", 0.01)


def run(sandbox: Sandbox, wanted: Order, world: World | None = None, **settings: Any) -> Summary:
    return import_list(wanted, leadbyte(sandbox.base_url, **settings), world or World())


def results(output: Path, run_id: str) -> dict[str, dict[str, str]]:
    """The lines of a run's results.csv by e-mail address."""
    with (output / run_id / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return {line["E-mail"]: line for line in csv.DictReader(file)}


def outcomes(output: Path, run_id: str) -> dict[str, str]:
    return {address: line["outcome"] for address, line in results(output, run_id).items()}


def arrivals(sandbox: Sandbox) -> Counter[str]:
    """How often each lead was taken."""
    return Counter(one.lead["email"] for one in sandbox.record() if one.accepted)


# ---------------------------------------------------------------------- across runs


def test_who_was_accepted_is_a_duplicate_in_any_later_list(sandbox: Sandbox, tmp_path: Path) -> None:
    first = run(sandbox, order(tmp_path, [email(0), email(1, "tps"), email(2)]))
    later = order(tmp_path, [email(9), email(2).upper(), email(1, "tps"), email(0)])
    dry = run(sandbox, replace(later, dry_run=True))
    real = run(sandbox, later)
    assert dry.outcomes == {"valid": 2, "duplicate": 2}
    assert real.outcomes == {"accepted": 1, "rejected": 1, "duplicate": 2}
    lines = results(later.output, real.run_id)
    assert lines[email(0)]["errors"] == f"accepted before: same Email as row 2 of run {first.run_id}"
    assert lines[email(2).upper()]["errors"] == f"accepted before: same Email as row 4 of run {first.run_id}"
    assert arrivals(sandbox) == Counter([email(0), email(2), email(9)])


def test_a_person_may_have_them_sent_again(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, order(tmp_path, [email(0)]))
    again = run(sandbox, order(tmp_path, [email(0), email(1)], allow_resubmit=True))
    assert (again.outcomes["rejected"], again.outcomes["accepted"]) == (1, 1)  # -2 by LeadByte itself
    assert len(sandbox.record()) == 3


def test_the_ledger_looks_back_as_far_as_it_is_asked_to(sandbox: Sandbox, tmp_path: Path) -> None:
    clock = Clock()
    run(sandbox, order(tmp_path, [email(0)]), World(now=clock))
    clock.at += timedelta(days=30)
    known = run(sandbox, order(tmp_path, [email(0), email(1)], ledger_days=31, dry_run=True), World(now=clock))
    forgotten = run(sandbox, order(tmp_path, [email(0), email(1)], ledger_days=29, dry_run=True), World(now=clock))
    assert known.outcomes == {"duplicate": 1, "valid": 1}
    assert forgotten.outcomes == {"valid": 2}


def test_what_waited_is_left_out_when_another_run_has_sent_the_person_since(sandbox: Sandbox, tmp_path: Path) -> None:
    waiting = run(sandbox, order(tmp_path, people(4), limit=1))
    other = run(sandbox, order(tmp_path, [email(9), email(2)]))
    write_list(tmp_path / "leads.csv", people(4))  # as it was
    whole = resume_run(waiting.run_id, tmp_path / "output", leadbyte(sandbox.base_url), World())
    assert whole.outcomes == {"accepted": 3, "duplicate": 1}
    line = results(tmp_path / "output", waiting.run_id)[email(2)]
    assert line["errors"] == f"accepted before: as row 3 of run {other.run_id}"
    assert set(arrivals(sandbox).values()) == {1}


def test_another_campaign_knows_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, order(tmp_path, [email(0)]))
    with Sandbox(key=KEY) as another_account:
        assert run(another_account, order(tmp_path, [email(0)])).outcomes == {"accepted": 1}


def test_no_address_stands_in_the_ledger(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0)])
    run(sandbox, wanted)
    ((digest, key_file),) = [
        (one, wanted.output / "ledger.key")
        for (one,) in ask(wanted.output / "journal.sqlite3", "SELECT digest FROM ledger")
    ]
    assert len(digest) == 16
    assert key_file.stat().st_mode & 0o077 == 0


def test_a_lost_key_of_the_ledger_is_not_replaced_by_whoever_sends_again(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0)])
    run(sandbox, wanted)
    key = wanted.output / "ledger.key"
    kept = key.read_bytes()
    key.unlink()
    run(sandbox, order(tmp_path, [email(0), email(1)], allow_resubmit=True))
    assert not key.exists()
    key.write_bytes(kept)
    assert run(sandbox, order(tmp_path, [email(0), email(2)])).outcomes == {"duplicate": 1, "accepted": 1}


def test_a_lost_key_of_the_ledger_is_told_before_anything_is_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0)])
    run(sandbox, wanted)
    (wanted.output / "ledger.key").unlink()
    with pytest.raises(RunError, match=r"ledger\.key is missing"):
        run(sandbox, order(tmp_path, [email(0), email(1)]))
    assert len(sandbox.record()) == 1


# ---------------------------------------------------------------------- going on by the plan


@pytest.mark.parametrize("changed", ["leads.csv", "mapping.yaml"])
def test_what_has_changed_since_the_plan_is_refused_unless_asked_for(
    sandbox: Sandbox, tmp_path: Path, changed: str
) -> None:
    wanted = order(tmp_path, people(4), limit=2)
    summary = run(sandbox, wanted)
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    service = leadbyte(sandbox.base_url)
    with pytest.raises(RunError, match=f"{changed} changed since run {summary.run_id} was planned") as caught:
        resume_run(summary.run_id, wanted.output, service, World())
    assert "--as-planned" in caught.value.hint
    assert len(sandbox.record()) == 2
    whole = resume_run(summary.run_id, wanted.output, service, World(), as_planned=True)
    assert whole.outcomes == {"accepted": 4}


def test_a_changed_mapping_is_noticed_from_any_folder(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = replace(order(tmp_path, people(4), limit=2), mapping=Path("mapping.yaml"))
    summary = run(sandbox, wanted)
    with (tmp_path / "mapping.yaml").open("a", encoding="utf-8") as file:
        file.write("# more\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(RunError, match=r"mapping\.yaml changed"):
        resume_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())


def test_another_rate_for_the_questions_is_none_for_the_leads(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(2), rate="5/s")
    summary = run(sandbox, wanted)
    reconcile_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(), rate="900/s")
    ((about,),) = ask(wanted.output / "journal.sqlite3", "SELECT about FROM runs")
    assert json.loads(about)["rate"] == "5/s"


def test_a_list_that_is_gone_holds_nothing_up(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(4), limit=2)
    summary = run(sandbox, wanted)
    (tmp_path / "leads.csv").unlink()
    (tmp_path / "mapping.yaml").unlink()
    whole = resume_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert whole.outcomes == {"accepted": 4}


# ---------------------------------------------------------------------- retry


def test_failed_rows_are_sent_again_and_no_others(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0), email(1, "system"), email(2, "tps"), email(3, "html"), email(4, "internal")])
    summary = run(sandbox, wanted)
    before = len(sandbox.record())
    again = retry_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert {one.lead["email"] for one in sandbox.record()[before:]} == {email(1, "system"), email(4, "internal")}
    assert len(sandbox.record()) == before + 2
    assert again.outcomes == summary.outcomes == {"accepted": 1, "failed": 2, "rejected": 1, "unknown": 1}
    assert results(wanted.output, summary.run_id)[email(1, "system")]["attempts"] == "2"


def test_what_was_not_sent_yet_is_not_sent_by_retry(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "system"), *people(5)[1:]], limit=2)
    first = run(sandbox, wanted)
    service = leadbyte(sandbox.base_url)
    again = retry_run(first.run_id, wanted.output, service, World())
    assert Counter(one.lead["email"] for one in sandbox.record()) == {email(0, "system"): 2, email(1): 1}
    assert again.outcomes == {"failed": 1, "accepted": 1, "not_sent": 3}
    assert (again.exit_code, again.stopped) == (3, first.stopped)
    assert resume_run(first.run_id, wanted.output, service, World()).outcomes == {"failed": 1, "accepted": 4}


def test_where_nothing_failed_but_rows_wait_retry_names_resume(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(3), limit=1)
    first = run(sandbox, wanted)
    with pytest.raises(RunError) as caught:
        retry_run(first.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert f"2 rows wait to be sent: leadbyte-import resume {first.run_id}" in caught.value.hint


def test_a_corrected_row_must_not_become_the_person_of_another_row(sandbox: Sandbox, tmp_path: Path) -> None:
    emails = [email(0, "validation"), email(1), email(2)]
    wanted = order(tmp_path, emails, limit=1)
    summary = run(sandbox, wanted)
    write_list(tmp_path / "corrected.csv", [email(2), email(1), email(2)])
    with pytest.raises(InputError, match=r"row 4 .* is now the same person as a corrected row"):
        retry_run(
            summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(),
            codes=(-5,), corrected=str(tmp_path / "corrected.csv"),
        )  # fmt: skip
    assert len(sandbox.record()) == 1


def test_a_corrected_person_who_was_sent_by_another_run_is_left_out(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "validation"), email(1)])
    summary = run(sandbox, wanted)
    write_list(tmp_path / "corrected.csv", [email(5), email(1)])
    other = run(sandbox, order(tmp_path, [email(5)]))
    again = retry_run(
        summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(),
        codes=(-5,), corrected=str(tmp_path / "corrected.csv"),
    )  # fmt: skip
    assert again.outcomes == {"duplicate": 1, "accepted": 1}
    assert other.run_id in results(wanted.output, summary.run_id)[email(5)]["errors"]
    # And whom LeadByte refused in that row is a stranger as before.
    assert run(sandbox, order(tmp_path, [email(0, "validation")])).outcomes == {"rejected": 1}


def test_the_secrets_of_a_corrected_lists_address_are_not_told(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "validation"), email(1)])
    summary = run(sandbox, wanted)
    body = (tmp_path / "leads.csv").read_bytes().splitlines(keepends=True)
    with http_server({"/list.csv": (200, {}, b"".join(body[:2]))}) as (base, _asked):
        where = f"{base}/list.csv?sig=T0KEN"
        with pytest.raises(InputError, match="fewer rows") as caught:
            retry_run(
                summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(), codes=(-5,), corrected=where
            )
    assert "T0KEN" not in everything_said(caught.value).replace(where, "")
    assert "T0KEN" not in caught.value.message


def test_a_run_without_failed_rows_has_nothing_to_retry(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0), email(1, "tps")])
    summary = run(sandbox, wanted)
    with pytest.raises(RunError, match=r"no row of run .* is failed or rejected with -2, -4"):
        retry_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(), codes=(-2, -4))
    assert len(sandbox.record()) == 2


def test_chosen_rejects_go_again_as_the_corrected_list_has_them(sandbox: Sandbox, tmp_path: Path) -> None:
    emails = [email(0), email(1, "validation"), email(2, "tps"), email(3, "validation"), email(4)]
    wanted = order(tmp_path, emails)
    summary = run(sandbox, wanted)
    corrected = [email(0), email(1), email(2, "tps"), "still none", email(4)]
    write_list(tmp_path / "corrected.csv", corrected)
    told = Told()
    again = retry_run(
        summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(tell=told),
        codes=(-5,), corrected=str(tmp_path / "corrected.csv"),
    )  # fmt: skip
    assert again.outcomes == {"accepted": 3, "rejected": 2}
    assert outcomes(wanted.output, summary.run_id)[email(1)] == "accepted"
    assert outcomes(wanted.output, summary.run_id)[email(3, "validation")] == "rejected"
    assert told == [
        "row 5 is not sent: invalid, Email is not a valid e-mail address: the @ is missing (column 'E-mail')"
    ]
    assert arrivals(sandbox) == Counter([email(0), email(4), email(1)])


@pytest.mark.parametrize(
    ("corrected", "words"),
    [
        ([email(1), email(0), email(2)], "row 2 of .* is not as it was"),
        ([email(0), email(1)], "fewer rows"),
        ([email(0), email(1), email(2), email(3)], "row 5 of .* is not as it was"),
    ],
)
def test_a_corrected_list_with_other_rows_is_refused(
    sandbox: Sandbox, tmp_path: Path, corrected: list[str], words: str
) -> None:
    wanted = order(tmp_path, [email(0), email(1, "validation"), email(2)])
    summary = run(sandbox, wanted)
    write_list(tmp_path / "corrected.csv", corrected)
    with pytest.raises(InputError, match=words):
        retry_run(
            summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(),
            codes=(-5,), corrected=str(tmp_path / "corrected.csv"),
        )  # fmt: skip
    assert len(sandbox.record()) == 3
    assert outcomes(wanted.output, summary.run_id)[email(1, "validation")] == "rejected"


# ---------------------------------------------------------------------- reconcile


def test_the_queues_word_is_added_to_results_and_summary(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0), email(1, "rejected-later"), email(2, "quarantine"), email(3, "tps")])
    summary = run(sandbox, wanted)
    assert "final_status" not in results(wanted.output, summary.run_id)[email(0)]
    service = leadbyte(sandbox.base_url)
    once = reconcile_run(summary.run_id, wanted.output, service, World())
    assert once.queue == {"pending": 3}
    twice = reconcile_run(summary.run_id, wanted.output, service, World())
    assert twice.queue == {"sold": 1, "refused": 1, "pending": 1}
    assert "After the queue: 1 sold, 1 refused, 1 pending" in summary_lines(twice)
    lines = results(wanted.output, summary.run_id)
    sold, refused = lines[email(0)], lines[email(1, "rejected-later")]
    assert (sold["final_status"], bool(sold["leadId"]), sold["rejectionId"]) == ("Processed", True, "")
    assert (refused["leadId"], bool(refused["rejectionId"]), refused["final_code"]) == ("", True, "-1")
    assert refused["final_message"] == "No buyer wanted the lead"
    assert lines[email(3, "tps")]["final_status"] == ""
    assert json.loads((wanted.output / summary.run_id / "summary.json").read_bytes())["queue"] == twice.queue


def test_a_key_that_may_not_read_the_queue_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0)])
    summary = run(sandbox, wanted)
    service = leadbyte(sandbox.base_url, NO_SEARCH_KEY)
    with pytest.raises(KeyRefused, match="API queue"):
        reconcile_run(summary.run_id, wanted.output, service, World())
    assert outcomes(wanted.output, summary.run_id) == {email(0): "accepted"}


def test_a_run_can_wait_for_the_queue_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = run(sandbox, order(tmp_path, people(3), wait=30.0), World(sleep=lambda _seconds: None))
    assert summary.queue == {"sold": 3}


# ---------------------------------------------------------------------- resolve


def test_unknown_rows_that_arrived_are_found_and_the_others_stay_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "empty"), email(1, "html"), email(2, "http504"), email(3)])
    summary = run(sandbox, wanted)
    assert summary.outcomes == {"unknown": 3, "accepted": 1}
    found = resolve_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert found.outcomes == {"unknown": 1, "accepted": 3}
    lines = results(wanted.output, summary.run_id)
    for address in (email(0, "empty"), email(2, "http504")):
        (received,) = [one for one in sandbox.record() if one.lead["email"] == address]
        assert lines[address]["queueId"] == received.queue_id
        assert lines[address]["errors"].startswith("found by leads/search (email)")
    assert len(sandbox.record()) == 4
    later = run(sandbox, order(tmp_path, [email(0, "empty"), email(1)]))
    assert later.outcomes == {"duplicate": 1, "accepted": 1}


def test_who_may_have_been_sent_is_not_sent_by_another_run(sandbox: Sandbox, tmp_path: Path) -> None:
    first = run(sandbox, order(tmp_path, [email(0, "html"), email(1, "tps")]))
    later = run(sandbox, order(tmp_path, [email(0, "html"), email(1, "tps"), email(2)]))
    assert later.outcomes == {"duplicate": 1, "rejected": 1, "accepted": 1}
    words = results(tmp_path / "output", later.run_id)[email(0, "html")]["errors"]
    assert words == (
        f"may have been sent before: same Email as row 2 of run {first.run_id}, which is unknown "
        f"(`leadbyte-import resolve {first.run_id}`)"
    )
    assert len([one for one in sandbox.record() if one.lead["email"] == email(0, "html")]) == 1


def test_missed_rows_go_again_after_two_searches_and_a_word(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "html"), email(1)])
    clock = Clock()
    service = leadbyte(sandbox.base_url)
    told, person = Told(), Person(answer=False)
    world = World(now=clock, tell=told, ask=person)
    summary = run(sandbox, wanted, world)
    for _ in range(2):
        clock.at += timedelta(minutes=16)
        resolve_run(summary.run_id, wanted.output, service, world)
    assert len(sandbox.record()) == 2
    kept = resolve_run(summary.run_id, wanted.output, service, world, resend=True, gap=900.0)
    assert (kept.outcomes["unknown"], len(sandbox.record()), len(person.asked)) == (1, 2, 1)
    assert "contacted twice" in told[-1]
    person.answer = True
    resolve_run(summary.run_id, wanted.output, service, world, resend=True, gap=900.0)
    assert len(sandbox.record()) == 3
    assert results(wanted.output, summary.run_id)[email(0, "html")]["attempts"] == "2"


def test_one_command_searches_twice_at_its_distance_and_sends_again(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "html"), email(1)])
    summary = run(sandbox, wanted)
    service = leadbyte(sandbox.base_url)
    began = datetime.now(UTC)
    resolve_run(summary.run_id, wanted.output, service, World(), resend=True, gap=0.4, sure=True)
    assert Counter(one.lead["email"] for one in sandbox.record()) == {email(0, "html"): 2, email(1): 1}
    sent_again = results(wanted.output, summary.run_id)[email(0, "html")]["submitted_at"]
    assert datetime.fromisoformat(sent_again) - began >= timedelta(seconds=0.4)


def test_without_a_word_nothing_unknown_goes_again(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "html")])
    summary = run(sandbox, wanted)
    resolve_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(), resend=True, gap=0.0)
    assert len(sandbox.record()) == 1


def test_what_is_not_sent_again_after_all_stays_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "html"), email(1)])
    summary = run(sandbox, wanted)
    service = leadbyte(sandbox.base_url)
    service.post = lambda *_: NeverLeft("the certificate cannot be verified", fatal=True)  # type: ignore[method-assign]
    stopped = resolve_run(summary.run_id, wanted.output, service, World(), resend=True, gap=0.1, sure=True)
    assert (stopped.outcomes, stopped.exit_code) == ({"unknown": 1, "accepted": 1}, 4)
    assert len(sandbox.record()) == 2
    assert "cannot be trusted" in results(wanted.output, summary.run_id)[email(0, "html")]["errors"]


# ---------------------------------------------------------------------- canary


def test_a_good_canary_lets_the_others_go(sandbox: Sandbox, tmp_path: Path) -> None:
    told = Told()
    wanted = order(tmp_path, people(10), canary=3, canary_min_accept="100%", wait=1.0)
    summary = run(sandbox, wanted, World(tell=told))
    assert summary.outcomes == {"accepted": 10}
    assert told[0].startswith("canary: 3 sent: 3 accepted")


@pytest.mark.parametrize("share", ["80%", "3"])
def test_a_bad_canary_keeps_the_others_here(sandbox: Sandbox, tmp_path: Path, share: str) -> None:
    told = Told()
    emails = [email(0, "rejected-later"), email(1), email(2, "tps"), *people(9)[3:]]
    wanted = order(tmp_path, emails, canary=3, canary_min_accept=share, wait=10.0)
    summary = run(sandbox, wanted, World(tell=told))
    assert summary.outcomes == {"accepted": 2, "rejected": 1, "not_sent": 6}
    assert (summary.exit_code, len(sandbox.record())) == (3, 3)
    assert f"--canary-min-accept {share}" in summary.stopped
    assert "canary" in summary.next_step
    assert any("rejected -15, first in row 4" in words for words in told)
    # Going on is a person's word that the rest may go.
    whole = resume_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert whole.outcomes == {"accepted": 8, "rejected": 1}


@pytest.mark.parametrize(("answer", "sent"), [(True, 6), (False, 2)])
def test_at_a_terminal_the_canary_asks(sandbox: Sandbox, tmp_path: Path, answer: bool, sent: int) -> None:
    person = Person(answer)
    run(sandbox, order(tmp_path, people(6), canary=2, wait=1.0), World(ask=person))
    assert person.asked == ["2 of 2 went well. Send the other 4?"]
    assert len(sandbox.record()) == sent


def test_where_nobody_can_be_asked_the_canary_needs_a_share(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--canary asks a person"):
        run(sandbox, order(tmp_path, people(6), canary=2))
    assert sandbox.record() == []


def interrupted_while_asking(sandbox: Sandbox, wanted: Order, monkeypatch: pytest.MonkeyPatch) -> Summary:
    """The run, in which a person presses Ctrl-C while the queue is asked about the canary."""

    def ended(*_: object, **__: object) -> tuple[Counter[Fate], str]:
        return Counter(), INTERRUPTED

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.deliver.ask_queue", ended)
        return run(sandbox, wanted)


def test_an_interrupt_while_the_canary_is_asked_about_sends_nothing_more(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emails = [email(0, "tps"), *people(8)[1:]]
    wanted = order(tmp_path, emails, canary=2, canary_min_accept="100%", wait=5.0)
    summary = interrupted_while_asking(sandbox, wanted, monkeypatch)
    assert summary.outcomes == {"accepted": 1, "rejected": 1, "not_sent": 6}
    assert (summary.exit_code, summary.stopped, len(sandbox.record())) == (130, "interrupted", 2)
    # The canary is judged when the run goes on, and not sent once more.
    judged = resume_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert (judged.exit_code, len(sandbox.record())) == (3, 2)
    assert "--canary-min-accept 100% asks for more" in judged.stopped


def test_a_canary_that_cannot_be_asked_about_is_no_good_one(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(6), canary=2, canary_min_accept="50%", wait=5.0)
    service = leadbyte(sandbox.base_url, NO_SEARCH_KEY)
    summary = import_list(wanted, service, World())
    assert summary.outcomes == {"accepted": 2, "not_sent": 4}
    assert "could not be asked" in summary.stopped


def test_a_supplier_refused_in_the_canary_leaves_the_others_to_it(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(0, "supplier"), *people(6)[1:]], canary=2, canary_min_accept="50%", wait=1.0)
    with (tmp_path / "leads.csv").open(encoding="utf-8") as file:
        lines = file.read().splitlines()
    other = [lines[0], lines[1], *(line.removesuffix("1") + "2" for line in lines[2:])]
    (tmp_path / "leads.csv").write_text("\n".join(other), encoding="utf-8")
    summary = run(sandbox, wanted)
    assert summary.outcomes == {"rejected": 1, "accepted": 5}


# ---------------------------------------------------------------------- stops


def test_a_daily_limit_counts_what_other_runs_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, order(tmp_path, people(3)))
    summary = run(sandbox, order(tmp_path, [email(number) for number in range(10, 20)], daily_limit=5))
    assert summary.outcomes == {"accepted": 2, "not_sent": 8}
    assert "daily limit (5)" in summary.stopped
    assert summary.next_step.startswith("wait until tomorrow, then: leadbyte-import resume ")


def test_a_daily_limit_counts_what_is_sent_again(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [email(number, "system") for number in range(3)], daily_limit=4)
    summary = run(sandbox, wanted)
    again = retry_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert len(sandbox.record()) == 4
    assert "daily limit" in again.stopped


def test_hours_and_daily_limit_can_be_taken_away(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(3), daily_limit=1)
    summary = run(sandbox, wanted)
    flags: dict[str, Any] = {"daily_limit": 0, "window": "any"}
    whole = resume_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World(), **flags)
    assert whole.outcomes == {"accepted": 3}


def test_results_that_cannot_be_written_are_no_reason_to_think_that_nothing_was_sent(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    wanted = order(tmp_path, people(2))
    monkeypatch.setattr("pipeline.closing.write_summary", full)
    with pytest.raises(JournalError, match="cannot be written: No space left on device") as caught:
        run(sandbox, wanted)
    assert caught.value.exit_code == 3
    assert "leadbyte-import results " in caught.value.hint
    assert len(sandbox.record()) == 2


@pytest.mark.parametrize(
    ("tag", "cure"),
    [("cap", "raise the campaign's cap"), ("inactive", "make the campaign active"), ("http401", "API_KEY")],
)
def test_a_stop_names_its_cure(sandbox: Sandbox, tmp_path: Path, tag: str, cure: str) -> None:
    summary = run(sandbox, order(tmp_path, [email(0), email(1, tag), *people(9)[2:]], rate="20/s"))
    assert summary.outcomes["not_sent"] > 0
    assert cure in summary.next_step
    assert f"leadbyte-import resume {summary.run_id}" in summary.next_step


@pytest.mark.parametrize(
    "flags",
    [{"window": "never"}, {"on_cap": "later"}, {"daily_limit": 0}, {"canary_min_accept": "most", "canary": 1}],
)
def test_wrong_flags_are_refused_before_anything_is_read(
    sandbox: Sandbox, tmp_path: Path, flags: dict[str, Any]
) -> None:
    with pytest.raises(ImportFailure):
        run(sandbox, order(tmp_path, people(2), **flags))
    assert sandbox.record() == []
    assert not (tmp_path / "output" / "journal.sqlite3").exists()


# ---------------------------------------------------------------------- runs of the version before


def test_a_run_whose_account_was_written_otherwise_is_gone_on_with(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, people(2), limit=1)
    summary = run(sandbox, wanted)
    journal = sqlite3.connect(wanted.output / "journal.sqlite3")
    spelling = sandbox.base_url.replace("127.0.0.1", "127.0.0.1.") + "/"
    journal.execute("UPDATE runs SET about = json_set(about, '$.address', ?)", (spelling,))
    journal.commit()
    journal.close()
    whole = resume_run(summary.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert whole.outcomes == {"accepted": 2}


def as_the_version_before(output: Path) -> None:
    """Make a journal what it was before there were a ledger, a queue and the flags that came with them."""
    journal = sqlite3.connect(output / "journal.sqlite3")
    journal.executescript(
        "DROP TABLE ledger; DROP TABLE queue; DROP TABLE searches; DROP TABLE earlier; DROP INDEX rows_by_queue_id; "
        "DROP TABLE quality; ALTER TABLE rows DROP COLUMN people; ALTER TABLE rows DROP COLUMN seconds; "
        "DROP TABLE suppressed; ALTER TABLE rows DROP COLUMN erased; "
        "ALTER TABLE issues DROP COLUMN severity; PRAGMA user_version = 1;"
    )
    for run_id, text in journal.execute("SELECT run_id, about FROM runs").fetchall():
        about = {name: value for name, value in json.loads(text).items() if name not in {*LATER_FLAGS, "stop_kind"}}
        journal.execute("UPDATE runs SET about = ? WHERE run_id = ?", (json.dumps(about), run_id))
    journal.commit()
    journal.close()
    (output / "ledger.key").unlink()


def test_a_run_of_the_version_before_is_gone_on_with(sandbox: Sandbox, tmp_path: Path) -> None:
    emails = [email(0), email(1, "system"), email(2, "html"), *people(6)[3:]]
    wanted = order(tmp_path, emails, limit=3)
    summary = run(sandbox, wanted)
    service = leadbyte(sandbox.base_url)
    as_the_version_before(wanted.output)
    assert rewrite_results(summary.run_id, wanted.output, World()).outcomes == summary.outcomes
    whole = resume_run(summary.run_id, wanted.output, service, World())
    assert whole.outcomes == {"accepted": 4, "failed": 1, "unknown": 1}
    assert retry_run(summary.run_id, wanted.output, service, World()).outcomes == whole.outcomes
    assert reconcile_run(summary.run_id, wanted.output, service, World()).queue == {"pending": 4}
    assert resolve_run(summary.run_id, wanted.output, service, World()).outcomes == whole.outcomes
    assert run(sandbox, order(tmp_path, [email(9)])).outcomes == {"accepted": 1}


def test_a_plan_of_the_version_before_that_was_cut_off_is_made_anew(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise MemoryError

    wanted = order(tmp_path, people(3))
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.run.plan_list", killed)
        with pytest.raises(MemoryError):
            run(sandbox, wanted)
    (wanted.output / "ledger.key").touch()
    as_the_version_before(wanted.output)
    ((run_id,),) = ask(wanted.output / "journal.sqlite3", "SELECT run_id FROM runs")
    whole = resume_run(run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert whole.outcomes == {"accepted": 3}
