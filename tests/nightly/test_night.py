"""Nights over the real sandbox, with real files."""

from __future__ import annotations

import csv
import json
import os
import stat
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.torture.boundaries import Boundaries, Crash
from pipeline.drift import accept
from pipeline.errors import ConfigError, RunLocked
from pipeline.locks import opened_journal, sending_alone
from pipeline.nightly.checking import read_jobs
from pipeline.nightly.digest import headline, words
from pipeline.nightly.model import FileState
from pipeline.nightly.night import run_night
from pipeline.nightly.scene import Scene
from pipeline.report import Summary
from pipeline.run import import_list
from pipeline.sandbox import Sandbox
from pipeline.sandbox.keys import NO_SEARCH_KEY
from pipeline.stopping import INTERRUPTED, Stop
from pipeline.world import Order
from tests.delivery import HEADERS, MAPPING, ask, email, leadbyte, order, people
from tests.nightly.scene import Place, files

DONE = "inbox/done/2026-11-23"


def runs_of(place: Place) -> list[tuple[str, str, dict[str, object]]]:
    """Every run of the journal: its id, state and what it knows."""
    found = ask(place.output / "journal.sqlite3", "SELECT run_id, state, about FROM runs ORDER BY run_id")
    return [(run_id, state, json.loads(about)) for run_id, state, about in found]


# ---------------------------------------------------------------------- a file's life


def test_a_file_is_imported_and_filed_with_its_results_beside_it(place: Place) -> None:
    place.put("acme.csv", [*people(6), "no address"])
    night = place.night()
    (report,) = night.files
    assert (report.file, report.state, report.exit_code) == ("acme.csv", FileState.IMPORTED, 1)
    assert report.outcomes == {"accepted": 6, "invalid": 1}
    assert not report.needs_a_person, "invalid rows are told, and nobody is called"
    assert sorted(place.sent()) == people(6)
    assert place.lists() == [f"{DONE}/acme.csv"]
    assert report.filed == str(place.folder / DONE / "acme.csv")
    beside = {one.removeprefix(f"{DONE}/acme.csv.") for one in place.tree() if one != f"{DONE}/acme.csv"}
    assert {"results.csv", "report.html", "fix-me.xlsx", "issues.csv", "summary.json"} <= beside
    for one in place.tree():
        path = place.folder / one
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, one
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with (place.folder / DONE / "acme.csv.results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["outcome"] for row in csv.DictReader(file)] == ["accepted"] * 6 + ["invalid"]
    ((_run, state, about),) = runs_of(place)
    assert (state, about["job"], about["file"]) == ("finished", "acme", "acme.csv")


def test_a_quiet_night_has_nothing_to_say(place: Place) -> None:
    night = place.night()
    assert (night.exit_code, night.files, night.needs_a_person) == (0, (), False)
    assert headline(night) == "Nightly import 2026-11-23: all well. No files"


def test_files_go_in_the_order_of_their_dates_then_of_their_names(place: Place) -> None:
    place.write_jobs({"pattern": "*{date:%d%m%Y}*.csv"})
    place.put("b_01112026.csv", [email(1)])
    place.put("a_02112026.csv", [email(3)])
    place.put("z_31102026.csv", [email(0)])
    place.put("c_01112026.csv", [email(2)])
    place.night()
    assert place.sent() == people(4)


def test_a_name_that_came_already_that_day_gets_a_number(place: Place) -> None:
    for number in range(3):
        place.put("acme.csv", [email(number)])
        assert place.night().exit_code == 0
    assert place.lists() == [f"{DONE}/{name}" for name in ("acme-2.csv", "acme-3.csv", "acme.csv")]
    assert (place.folder / DONE / "acme-3.csv.results.csv").exists()


def test_the_same_content_under_another_name_is_not_sent_again(place: Place) -> None:
    place.write_jobs({}, defaults={})
    first = place.put("acme.csv", people(3)).read_bytes()
    place.night()
    (place.inbox / "again.csv").write_bytes(first)
    place.touch(place.inbox / "again.csv", 3600)
    night = place.next_night()
    (report,) = night.files
    assert (report.state, report.run_id, night.exit_code) == (FileState.SKIPPED, "", 0)
    assert "the same content was imported before" in report.words
    assert runs_of(place)[0][0] in report.words
    assert sorted(place.sent()) == people(3)
    assert "inbox/done/2026-11-24/again.csv" in place.lists()
    assert "imported before" in (place.inbox / "done/2026-11-24/again.csv.why.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("letter.csv", b"%PDF-1.7\n" + bytes(range(256)) * 8, ""),
        ("other.csv", b"Name,Colour\nJane,red\n", "the mapping does not fit"),
    ],
)
def test_a_file_that_is_refused_lies_under_failed_with_why(
    place: Place, name: str, content: bytes, said: str
) -> None:
    place.put("good.csv", people(2))
    (place.inbox / name).write_bytes(content)
    place.touch(place.inbox / name, 3600)
    night = place.night()
    report = files(night)[name]
    assert (report.state, report.needs_a_person, night.exit_code) == (FileState.FAILED, True, 2)
    assert said in report.words
    assert place.lists() == [f"{DONE}/good.csv", f"inbox/failed/2026-11-23/{name}"]
    assert (place.folder / f"inbox/failed/2026-11-23/{name}").read_bytes() == content
    why = place.folder / f"inbox/failed/2026-11-23/{name}.why.txt"
    assert said in why.read_text(encoding="utf-8")
    assert stat.S_IMODE(why.stat().st_mode) == 0o600
    assert str(why) in words(night)
    assert "working" not in words(night) + why.read_text(encoding="utf-8"), "it is not there any more"
    assert sorted(place.sent()) == people(2)
    assert place.next_night().files == ()


def test_a_list_without_its_header_tells_nobody_whose_data_it_is(place: Place) -> None:
    (place.inbox / "bare.csv").write_text("Jane,Quillfeather,Saab,1,07700900123\n" * 3, encoding="utf-8")
    place.touch(place.inbox / "bare.csv", 3600)
    night = place.night()
    assert files(night)["bare.csv"].state is FileState.FAILED
    for word in ("Quillfeather", "Saab", "07700"):
        assert word not in words(night)
        assert not any(word in line for line in place.told)
    assert "'E-mail'" in words(night), "the mapping's own words help"
    why = next(place.inbox.glob("failed/*/bare.csv.why.txt")).read_text(encoding="utf-8")
    assert "Quillfeather" in why


def test_too_many_invalid_rows_send_nothing_and_file_the_report(place: Place) -> None:
    place.put("bad.csv", [*people(2), "x", "y", "z"])
    night = place.night()
    (report,) = night.files
    assert (report.state, report.exit_code, report.needs_a_person) == (FileState.FAILED, 3, True)
    assert "3 of 5 rows are invalid" in report.words
    assert place.sent() == []
    failed = place.inbox / "failed/2026-11-23"
    assert {"bad.csv", "bad.csv.report.html", "bad.csv.fix-me.xlsx"} <= {one.name for one in failed.iterdir()}
    assert "--max-invalid 100%" in report.next_step
    quiet = place.next_night()
    assert (quiet.files, quiet.exit_code, place.sent()) == ((), 0, []), "no night sends it by itself"


def test_a_list_that_was_refused_as_a_whole_is_looked_at_again_when_it_comes_again(place: Place) -> None:
    place.put("bad.csv", [*people(2), "x", "y", "z"])
    place.night()
    place.put("again.csv", [*people(2), "x", "y", "z"])
    assert files(place.next_night())["again.csv"].state is FileState.FAILED


def test_a_copy_of_a_list_that_waits_is_not_sent_besides(place: Place) -> None:
    place.write_jobs({"window": "05:00-06:00 UTC"}, longest="1h")
    for name in ("a.csv", "b.csv"):
        place.put(name, people(2))
    mapping = place.folder / "mapping.yaml"
    mapping.write_text(MAPPING.replace("dedupe: [Email]\n", ""), encoding="utf-8")
    night = place.night()
    assert [one.state for one in night.files] == [FileState.STOPPED, FileState.SKIPPED]
    place.write_jobs({})
    place.next_night()
    assert sorted(place.sent()) == people(2)


def test_a_file_that_is_written_again_before_its_turn_waits(place: Place) -> None:
    place.put("a.csv", [email(0)])
    late = place.put("b.csv", [email(1)])

    def tell(_words: str) -> None:
        with late.open("a", encoding="utf-8") as file:
            file.write(f"Jane,Quillfeather,{email(2)},Saab,1\n")

    assert files(place.night(tell=tell))["b.csv"].state is FileState.STILL_GROWING
    assert files(place.next_night())["b.csv"].outcomes == {"accepted": 2}


# ---------------------------------------------------------------------- stopped, and gone on with


def test_a_run_that_stopped_stays_in_working_and_the_next_night_finishes_it(place: Place) -> None:
    place.put("acme.csv", [email(0), email(1, "cap"), email(2), email(3)])
    place.put("later.csv", [email(9)])
    place.write_jobs({"rate": "1/s"}, accounts=account(place, "1/s"))
    night = place.night()
    acme, later = files(night)["acme.csv"], files(night)["later.csv"]
    assert (acme.state, acme.exit_code, acme.needs_a_person) == (FileState.STOPPED, 3, True)
    assert "the next night goes on" in acme.words
    assert (later.state, later.words) == (FileState.WAITING, f"run {acme.run_id} stopped first")
    assert place.lists() == ["inbox/later.csv", "inbox/working/acme/T/acme.csv"]
    night = place.next_night()
    acme = files(night)["acme.csv"]
    assert (acme.state, acme.needs_a_person) == (FileState.RESUMED, False)
    assert acme.outcomes == {"accepted": 3, "rejected": 1}
    assert sum(acme.tonight.values()) == acme.before["not_sent"]
    assert files(night)["later.csv"].state is FileState.IMPORTED
    assert place.lists() == [f"{DONE}/acme.csv", "inbox/done/2026-11-24/later.csv"], "filed by the day it came"
    assert sorted(place.sent()) == sorted([email(0), email(1, "cap"), email(2), email(3), email(9)])


def account(place: Place, rate: str) -> dict[str, dict[str, Any]]:
    return {"one": {"base_url": place.sandbox.base_url, "key": {"env": "ONE_KEY"}, "rate": rate}}


def test_a_daily_limit_spreads_a_file_over_nights_and_calls_nobody(place: Place) -> None:
    place.write_jobs({"daily_limit": 2})
    place.put("acme.csv", people(5))
    place.put("second.csv", [email(8), "not an address", "neither"])
    first = place.night()
    assert [one.state for one in first.files] == [FileState.STOPPED, FileState.FAILED], "faults are told at once"
    assert not files(first)["acme.csv"].needs_a_person
    assert len(place.sent()) == 2
    place.next_night()
    assert len(place.sent()) == 4
    last = place.next_night()
    assert files(last)["acme.csv"].state is FileState.RESUMED
    assert files(last)["acme.csv"].tonight == {"accepted": 1}
    assert sorted(place.sent()) == sorted(people(5))


def test_leadbyte_away_stops_the_job_and_its_files_wait(place: Place) -> None:
    place.put("acme.csv", people(2))
    place.sandbox.stop()
    night = place.night()
    assert night.exit_code == 2
    assert night.needs_a_person
    assert "could not be asked" in night.jobs[0].problem
    assert place.lists() == ["inbox/acme.csv"]
    place.sandbox.start()
    place.write_jobs({})
    assert place.next_night().exit_code == 0
    assert sorted(place.sent()) == people(2)


def test_a_refused_key_stops_its_jobs_and_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAD_KEY", "k3y-of-nobody")
    two = {"base_url": place.sandbox.base_url, "key": {"env": "BAD_KEY"}}
    place.write_jobs(
        {"name": "bad", "account": "two", "inbox": "inbox2"}, {}, accounts=account(place, "100/s") | {"two": two}
    )
    place.put("acme.csv", people(2))
    place.put("other.csv", people(2), inbox="inbox2")
    night = place.night()
    assert [bool(job.problem) for job in night.jobs] == [True, False]
    assert "refused the API key" in night.jobs[0].problem
    assert "k3y-of-nobody" not in words(night)
    assert sorted(place.sent()) == people(2)
    assert place.lists() == ["inbox/done/2026-11-23/acme.csv", "inbox2/other.csv"]


def test_a_mapping_that_changed_under_a_run_is_left_to_a_person(place: Place) -> None:
    place.write_jobs({"limit": 1})
    place.put("acme.csv", people(3))
    assert files(place.night())["acme.csv"].state is FileState.STOPPED
    mapping = place.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8") + "\n# mended\n", encoding="utf-8")
    night = place.next_night()
    (report,) = night.files
    assert (report.state, report.needs_a_person, len(place.sent())) == (FileState.STOPPED, True, 1)
    assert "changed since run" in report.words
    assert "--as-planned" in report.next_step
    assert f"resume {report.run_id}" in report.next_step


def test_people_on_the_lists_of_account_and_job_are_not_sent(place: Place) -> None:
    (place.folder / "account.txt").write_text(f"{email(1)}\n", encoding="utf-8")
    (place.folder / "job.txt").write_text(f"{email(2)}\n", encoding="utf-8")
    one = account(place, "1000/s")["one"]
    place.write_jobs({"suppress": ["job.txt"]}, accounts={"one": one | {"suppress": "account.txt"}})
    place.put("acme.csv", people(4))
    assert place.night().rows() == {"accepted": 2, "suppressed": 2}
    assert sorted(place.sent()) == [email(0), email(3)]


def test_what_a_job_learns_from_answers_holds_for_a_run_of_an_earlier_night(place: Place) -> None:
    place.write_jobs({"limit": 1})
    place.put("acme.csv", people(2))
    place.night()
    place.write_jobs({"learn_suppression": [-15]})
    place.next_night()
    ((_run, state, about),) = runs_of(place)
    assert (state, about["learn"]) == ("finished", [-15])


def test_a_suppression_list_that_is_none_stops_the_job_and_refuses_no_file(place: Place) -> None:
    (place.folder / "job.txt").write_text("nobody\nat all\n", encoding="utf-8")
    place.write_jobs({"suppress": ["job.txt"]})
    place.put("acme.csv", people(2))
    night = place.night()
    assert (night.exit_code, place.sent()) == (2, [])
    assert "job.txt" in night.jobs[0].problem
    assert place.lists() == ["inbox/working/acme/T/acme.csv"]
    (place.folder / "job.txt").write_text(f"{email(1)}\n", encoding="utf-8")
    assert place.next_night().rows() == {"accepted": 1, "suppressed": 1}


def test_a_campaign_that_changed_stops_the_job_until_somebody_accepts_it(place: Place) -> None:
    mapping = place.folder / "mapping.yaml"
    found = leadbyte(place.sandbox.base_url).campaign("EXAMPLE-CAMPAIGN")
    fields = tuple(replace(one, required=False) if one.name == "sid" else one for one in found.fields)
    accept(mapping, replace(found, fields=fields), HEADERS, place.clock.now())
    place.put("acme.csv", people(2))
    night = place.night()
    assert (night.exit_code, place.sent(), place.lists()) == (2, [], ["inbox/working/acme/T/acme.csv"])
    assert "SID" in night.jobs[0].problem
    assert f"accept-changes {mapping}" in night.jobs[0].next_step
    (waits,) = night.files
    (lies,) = (place.inbox / "working/acme").glob("*/acme.csv")
    assert waits.filed == str(lies), "where it was moved to before it was looked at"
    (checked,) = place.night(dry_run=True).files
    assert (checked.state, checked.needs_a_person, checked.filed) == (FileState.CHECKED, True, str(lies))
    assert "`run` would send nothing" in checked.words
    accept(mapping, found, HEADERS, place.clock.now())
    assert place.next_night().rows() == {"accepted": 2}


def test_a_mapping_without_a_lock_is_a_note_in_nights_that_have_files(place: Place) -> None:
    place.write_jobs({"campaign": "EXAMPLE-CAMPAIGN"})
    assert place.night().jobs[0].notes == ()
    for name, number in (("a.csv", 1), ("b.csv", 2)):
        place.put(name, [email(number)])
    night = place.night()
    (note,) = night.jobs[0].notes
    mapping = place.folder / "mapping.yaml"
    assert note.startswith(f"{mapping} has no lock")
    assert note.endswith(f"accept-changes {mapping} --list FILE --campaign EXAMPLE-CAMPAIGN")
    assert (night.exit_code, night.needs_a_person) == (0, False)
    place.lock()
    place.put("c.csv", [email(3)])
    assert place.night().jobs[0].notes == ()


def test_a_night_waits_for_the_hours_of_a_job_and_ends_when_they_are_over(place: Place) -> None:
    place.write_jobs({"window": "02:10-02:11 UTC", "rate": "1/s"})
    place.put("acme.csv", people(90))
    night = place.night()
    (report,) = night.files
    assert (report.state, report.needs_a_person, report.exit_code) == (FileState.STOPPED, False, 3)
    assert "the night is over (longest: 23h); the next night goes on" in report.words
    sent = len(place.sent())
    assert 10 < sent < 62
    assert place.clock.seconds < 3600, "it did not wait for the next day"
    place.write_jobs({})
    assert files(place.next_night())["acme.csv"].state is FileState.RESUMED
    assert sorted(place.sent()) == sorted(people(90))


def test_a_night_that_takes_too_long_ends_by_itself(place: Place) -> None:
    place.write_jobs({"rate": "1/s"}, longest="2m")
    place.put("acme.csv", people(90))
    place.put("later.csv", [email(100)])
    night = place.night()
    assert files(night)["acme.csv"].state is FileState.STOPPED
    assert files(night)["later.csv"].words == "the night is over"
    assert 10 < len(place.sent()) < 62
    assert not night.needs_a_person


def test_a_cap_that_is_over_before_the_night_is_waited_for(place: Place) -> None:
    place.write_jobs({"on_cap": "wait:02:20 UTC", "rate": "5/s"})
    place.sandbox.fault_next("cap")
    place.put("acme.csv", people(5))
    assert place.night().rows() == {"accepted": 5}
    assert 1100 < place.clock.seconds < 1300


# ---------------------------------------------------------------------- finish first


def test_a_run_that_a_person_has_stopped_is_left_to_a_person(place: Place) -> None:
    by_hand = import_list(order(place.folder, people(3), limit=1), leadbyte(place.sandbox.base_url), place.world())
    night = place.night()
    assert len(place.sent()) == 1
    (note,) = night.jobs[0].notes
    assert by_hand.run_id in note
    assert (night.exit_code, night.needs_a_person) == (0, False)


def test_a_run_by_hand_that_was_cut_off_is_gone_on_with(place: Place) -> None:
    with pytest.raises(Crash):
        cut_off(place, people(9), leads=2)
    night = place.night()
    (report,) = night.files
    assert (report.state, report.file) == (FileState.RESUMED, str(place.folder / "leads.csv"))
    assert len(set(place.sent())) == len(place.sent()) == report.outcomes["accepted"]
    assert report.outcomes["accepted"] + report.outcomes["unknown"] == 9, "what was under way is unknown"
    assert report.outcomes["accepted"] > 2


def test_a_run_by_hand_that_cannot_be_gone_on_with_is_told_and_calls_nobody(place: Place) -> None:
    with pytest.raises(Crash):
        cut_off(place, people(9), leads=2)
    (place.folder / "leads.csv").write_text("mended", encoding="utf-8")
    night = place.night()
    (report,) = night.files
    assert "leads.csv changed since run" in report.words.replace(str(place.folder) + "/", "")
    assert (report.state, night.needs_a_person, night.exit_code) == (FileState.STOPPED, False, 0)


def cut_off(place: Place, emails: list[str], leads: int) -> None:
    """An import that a person began, and that dies after so many leads."""
    service, boundaries = leadbyte(place.sandbox.base_url), Boundaries(2 * leads + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "post", boundaries.around(service.post, "POST"))
        import_list(order(place.folder, emails, rate="50/s"), service, place.world())


def test_a_run_of_a_campaign_that_no_job_has_is_told(place: Place) -> None:
    wanted = order(place.folder, people(3), limit=1)
    by_hand = import_list(wanted, leadbyte(place.sandbox.base_url), place.world())
    other = (place.folder / "mapping.yaml").with_name("other.yaml")
    other.write_text("campaign: SOLAR-UK\ncolumns: {E-mail: Email}\n", encoding="utf-8")
    place.write_jobs({"mapping": "other.yaml"})
    night = place.night()
    (note,) = night.notes
    assert by_hand.run_id in note
    assert "EXAMPLE-CAMPAIGN" in note
    assert len(place.sent()) == 1


def test_unknown_rows_are_searched_for_and_the_queue_is_asked(place: Place) -> None:
    place.put("acme.csv", [email(0), email(1, "lost-answer"), email(2)])
    first = place.night()
    (report,) = first.files
    assert (report.outcomes, first.exit_code) == ({"accepted": 3}, 0), "found at the end of the same night"
    assert "1 unknown row found" in report.words
    assert place.next_night().files == (), "the queue says Pending: nothing that anybody need hear"
    (looked,) = place.next_night().files
    assert (looked.state, looked.run_id, looked.needs_a_person) == (FileState.LOOKED_BACK, report.run_id, False)
    assert looked.queue == {"sold": 3}
    with (place.folder / DONE / "acme.csv.results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["final_status"] for row in csv.DictReader(file)} == {"Processed"}, "renewed where it is filed"
    assert place.next_night().files == (), "all is known: nothing is asked any more"


def test_on_unknown_leave_searches_for_nothing(place: Place) -> None:
    place.write_jobs({"on_unknown": "leave"})
    place.put("acme.csv", [email(0), email(1, "lost-answer")])
    night = place.night()
    assert (night.exit_code, night.needs_a_person) == (4, True)
    assert "resolve" in words(night)
    place.next_night()
    assert not any("search" in path for _method, path in place.sandbox.requests())


def test_a_key_that_may_not_look_back_is_told_once_and_is_no_failure(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write_jobs({}, {"name": "other", "inbox": "inbox2"})
    place.lock()
    for number, inbox in ((1, "inbox"), (2, "inbox"), (3, "inbox2")):
        place.put(f"acme{number}.csv", [email(number), email(number + 5, "lost-answer")], inbox)
    monkeypatch.setenv("ONE_KEY", NO_SEARCH_KEY)
    night = place.night()
    assert [["not searched" in one for one in job.notes] for job in night.jobs] == [[True], []]
    assert night.exit_code == 4
    night = place.next_night()
    assert [len(job.notes) for job in night.jobs] == [2, 0]
    assert (night.exit_code, night.needs_a_person) == (0, False)


# ---------------------------------------------------------------------- growing, expected, strange


def test_a_file_that_grows_is_left_to_the_next_night(place: Place) -> None:
    growing = place.put("growing.csv", people(2), age=5)
    place.put("whole.csv", [email(7)], age=5)

    def grow() -> None:
        with growing.open("a", encoding="utf-8") as file:
            file.write(f"Jane,Quillfeather,{email(3)},Saab,1\n")

    place.clock.at_sleep = grow
    night = place.night()
    place.clock.at_sleep = lambda: None
    assert files(night)["growing.csv"].state is FileState.STILL_GROWING
    assert files(night)["whole.csv"].state is FileState.IMPORTED, "it stood still for settle"
    assert (night.exit_code, night.needs_a_person) == (0, False)
    assert "inbox/growing.csv" in place.lists()
    place.touch(growing, 0)
    assert files(place.next_night())["growing.csv"].state is FileState.IMPORTED


def test_an_expected_file_that_did_not_come_is_told(place: Place) -> None:
    place.write_jobs({"pattern": "acme_{date:%Y%m%d}.csv", "expect": "daily"})
    place.put("acme_20261122.csv", people(2))
    assert place.night().jobs[0].missing == ()
    assert place.night().jobs[0].missing == (), "it came in an earlier night of this day"
    night = place.next_night()
    assert night.jobs[0].missing == (
        "1 file like acme_{date:%Y%m%d}.csv expected (daily), none came; the last came on 2026-11-23",
    )
    assert (night.exit_code, night.needs_a_person) == (1, True)


def test_weekdays_and_numbers_are_expected(place: Place) -> None:
    place.write_jobs({"expect": "weekdays"}, {"name": "many", "inbox": "inbox2", "expect": "3"})
    place.put("one.csv", people(2), inbox="inbox2")
    place.clock.next_night()  # a Tuesday
    assert [len(job.missing) for job in place.night().jobs] == [1, 1]
    for _ in range(4):  # on Saturday
        place.clock.next_night()
    assert [len(job.missing) for job in place.night().jobs] == [0, 1]


def test_what_no_job_takes_is_told_and_left_alone(place: Place) -> None:
    place.put("acme.csv.filepart", people(2))
    place.put(".acme.csv", people(2))
    (place.inbox / "link.csv").symlink_to("/etc/passwd")
    (place.inbox / "folder.csv").mkdir()
    night = place.night()
    assert night.files == ()
    assert len(night.jobs[0].notes) == 2
    assert "acme.csv.filepart" in night.jobs[0].notes[0]
    assert "link.csv is a link" in night.jobs[0].notes[1]
    assert place.sent() == []
    assert (place.inbox / "link.csv").is_symlink()


def test_files_in_working_of_a_job_that_is_no_more_are_told(place: Place) -> None:
    place.write_jobs({"limit": 1})
    place.put("acme.csv", people(2))
    place.night()
    place.write_jobs({"name": "renamed"})
    night = place.next_night()
    assert any("belongs to no job" in note for note in night.notes)
    assert files(night)["acme.csv"].state is FileState.RESUMED, "its run is gone on with all the same"
    assert sorted(place.sent()) == sorted(people(2))


# ---------------------------------------------------------------------- the night as a whole


def test_a_second_night_at_once_is_told_who_holds_the_first(place: Place) -> None:
    with opened_journal(place.output, place.clock.now()), pytest.raises(RunLocked, match=str(os.getpid())):
        place.night()


def test_a_broken_jobs_file_does_nothing(place: Place) -> None:
    place.put("acme.csv", people(2))
    place.write_jobs({"rate": "fast"})
    with pytest.raises(ConfigError, match="rate"):
        run_night(place.jobs_file)
    assert place.lists() == ["inbox/acme.csv"]
    assert not place.output.exists()


def test_a_dry_run_checks_and_moves_nothing(place: Place) -> None:
    place.put("acme.csv", [*people(4), "no address"])
    place.put("bad.csv", ["x", "y"])
    before = place.tree(hidden=True)
    night = place.night(dry_run=True)
    assert night.dry_run
    assert files(night)["acme.csv"].outcomes == {"valid": 4, "invalid": 1}
    assert files(night)["acme.csv"].state is FileState.CHECKED
    assert files(night)["bad.csv"].needs_a_person
    assert place.tree(hidden=True) == before
    assert place.sent() == []
    assert place.night().rows()["accepted"] == 4


def test_a_dry_run_does_not_check_a_file_again_whose_run_goes_on(place: Place) -> None:
    place.write_jobs({"limit": 1})
    place.put("acme.csv", people(2))
    place.night()
    (report,) = place.night(dry_run=True).files
    assert (report.state, report.words) == (FileState.WAITING, "the night would go on with it")


def test_one_job_alone_can_be_asked_for(place: Place) -> None:
    place.write_jobs({}, {"name": "other", "inbox": "inbox2"})
    place.put("acme.csv", people(2))
    place.put("other.csv", [email(7)], inbox="inbox2")
    night = place.night("other")
    assert [job.job for job in night.jobs] == ["other"]
    assert place.sent() == [email(7)]


def test_an_ended_night_stops_what_is_under_way_and_begins_nothing(place: Place) -> None:
    place.write_jobs({"rate": "20/s"}, accounts=account(place, "20/s"))
    place.put("acme.csv", people(30))
    place.put("later.csv", [email(90)])
    stops: list[Stop] = []
    original = Scene.watch

    def watch(night: Scene, stop: Stop) -> None:
        original(night, stop)
        if not stops:
            night.end()
        stops.append(stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Scene, "watch", watch)
        night = place.night()
    assert stops[0].reason == INTERRUPTED
    assert (night.exit_code, night.interrupted) == (130, True)
    assert files(night)["acme.csv"].state is FileState.STOPPED
    assert files(night)["later.csv"].words == "the night was ended"
    assert headline(night).startswith("Nightly import 2026-11-23: interrupted, the next night goes on.")
    assert place.next_night().exit_code == 0
    assert sorted(place.sent()) == sorted([*people(30), email(90)])


def test_a_run_that_begins_after_the_end_of_the_night_stops_at_once(place: Place) -> None:
    with opened_journal(place.output, place.clock.now()) as journal:
        scene = Scene(read_jobs(place.write_jobs({})), place.world(), journal, place.clock.now())
        before, after = Stop(), Stop()
        scene.watch(before)
        assert not before.is_set()
        scene.end()
        scene.watch(after)
    assert (before.reason, after.reason) == (INTERRUPTED, INTERRUPTED)


def test_a_fault_of_the_program_keeps_the_file_and_stops_nobody_else(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(wanted: Order, *rest: Any) -> Summary:
        if "odd" in wanted.file:
            raise KeyError("Jane Quillfeather")
        return import_list(wanted, *rest)

    monkeypatch.setattr("pipeline.nightly.handling.import_list", broken)
    place.put("odd.csv", people(2))
    place.put("zzz.csv", [email(7)])
    night = place.night()
    assert (night.exit_code, files(night)["odd.csv"].state) == (70, FileState.WAITING)
    assert "KeyError" in words(night)
    assert "Jane" not in words(night)
    assert place.sent() == [email(7)]
    monkeypatch.setattr("pipeline.nightly.handling.import_list", import_list)
    assert place.next_night().exit_code == 0


def test_another_import_of_the_campaign_holds_the_job_up_and_is_named(place: Place, sandbox: Sandbox) -> None:
    place.put("acme.csv", people(2))
    with sending_alone(leadbyte(sandbox.base_url).address, "EXAMPLE-CAMPAIGN", place.clock.now()):
        night = place.night()
    assert night.exit_code == 5
    assert "another run is using the campaign" in night.jobs[0].problem
    assert place.lists() == ["inbox/working/acme/T/acme.csv"]
    assert place.next_night().exit_code == 0
