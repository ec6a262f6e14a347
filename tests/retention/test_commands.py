"""`purge` and `erase` as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.sandbox import Sandbox
from tests.cli.user import InProcess, User
from tests.retention.scene import found_on_disk

JANE = "jane.doe@example.com"
RUN = ("run", "list.csv", "--mapping", "map.yaml", "--rate", "1000/s", "--quiet")


@pytest.fixture
def person(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> InProcess:
    found = InProcess(tmp_path, sandbox, monkeypatch, capfd)
    assert found.enter(*RUN).code == 0
    return found


def the_run(user: User) -> str:
    (folder,) = (one for one in (user.folder / "output").iterdir() if one.is_dir())
    return folder.name


def test_purge_says_what_it_did_and_a_second_one_that_there_is_nothing(person: InProcess) -> None:
    ran = person.enter("purge", "--older-than", "0d", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("1 run would lose their personal data:\n")
    assert found_on_disk(person.folder / "output", [JANE]) != set()

    ran = person.enter("purge", "--older-than", "0d")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Purged 1 run:\n  {the_run(person)}, ended ")
    assert found_on_disk(person.folder / "output", [JANE, "Doe"]) == set()

    ran = person.enter("purge", "--older-than", "0d")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No run that ended before ")


def test_purge_for_programs(person: InProcess) -> None:
    found = json.loads(person.enter("purge", "--older-than", "0d", "--json").out)
    assert set(found) == {"before", "dry_run", "runs", "kept", "filed", "missing"}
    (run,) = found["runs"]
    assert (run["run_id"], run["rows"], run["others"]) == (the_run(person), 1, [])


def test_a_folder_that_is_not_there_yet_is_said_and_no_failure(person: InProcess) -> None:
    ran = person.enter("purge", "--older-than", "0d", "--files", "failed")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Purged 1 run:\n")
    assert "Nothing to remove from failed: there is no such folder.\n" in ran.out


def test_nothing_is_purged_where_one_of_the_folders_has_lists_that_are_not_imported_yet(person: InProcess) -> None:
    unfinished = person.folder / "inbox" / "working" / "job" / "20260301T020000Z-1f3a" / "a.csv"
    unfinished.parent.mkdir(parents=True)
    unfinished.write_text("Phone\n")
    (person.folder / "done").mkdir()
    ran = person.enter("purge", "--older-than", "0d", "--files", "done", "--files", "inbox")
    assert (ran.code, ran.out) == (2, "")
    assert "inbox has lists that are not imported yet" in ran.err
    assert unfinished.exists()
    assert found_on_disk(person.folder / "output", [JANE]) != set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--older-than"),
        (("--older-than", "90"), "--older-than '90' is not a time"),
        (("--older-than", "90d", "--abandon", "nosuch"), "there is no run 'nosuch'"),
        (("--older-than", "90d", "--files", "list.csv"), "list.csv is no folder"),
        (("--older-than", "90d", "--files", "."), "which is no filed list"),
        (("--older-than", "90d", "--output", "elsewhere"), "there is no journal in elsewhere"),
    ],
)
def test_purge_refuses_what_makes_no_sense(person: InProcess, words: tuple[str, ...], said: str) -> None:
    ran = person.enter("purge", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_run_may_be_named_by_its_folder_to_give_it_up(person: InProcess) -> None:
    person.write("list.csv", person.read("list.csv") + "John,Doe,john.doe@example.com,Ford,1\n")
    person.enter(*RUN, "--limit", "1", "--allow-resubmit")
    ran = person.enter("purge", "--older-than", "0d")
    assert "Kept, although they are old enough:" in ran.out
    assert "1 not sent of 2 rows; leadbyte-import resume" in ran.out
    folder = next(
        one for one in (person.folder / "output").iterdir() if one.is_dir() and one.name in ran.out.split("Kept")[1]
    )
    ran = person.enter("purge", "--older-than", "0d", "--abandon", f"output/{folder.name}/")
    assert ran.code == 0
    assert found_on_disk(person.folder / "output", [JANE, "john.doe"]) == set()


def test_erase_tells_what_it_did_and_shows_nobodys_data(person: InProcess) -> None:
    ran = person.enter("erase", "--email", "Jane.DOE@example.com", "--phone", "07700 900123", "--yes")
    assert ran.code == 0
    assert f"Erased: 1 row in 1 run\n  {the_run(person)}: row 2\n" in ran.out
    assert "On the suppression list, as a keyed hash: the e-mail address and the phone number." in ran.out
    assert "queueId " in ran.out
    for secret in (JANE, "Jane", "Doe", "900123", person.sandbox.key):
        assert secret.casefold() not in (ran.out + ran.err).casefold()
    assert found_on_disk(person.folder / "output", [JANE, "jane", "7700900123"]) == set()
    assert "list.csv" in ran.out, "the list itself still has her"


def test_erase_for_programs(person: InProcess) -> None:
    looked = json.loads(person.enter("erase", "--email", JANE, "--dry-run", "--json").out)
    assert looked["dry_run"] is True
    found = json.loads(person.enter("erase", "--email", JANE, "--yes", "--json").out)
    assert found["rows"] == looked["rows"] == {the_run(person): [2]}
    assert set(found) == {
        "erasure", "dry_run", "rows", "waiting", "files", "at_leadbyte", "elsewhere", "unread", "person",
    }  # fmt: skip


def test_an_address_may_be_typed_where_nobody_can_read_the_command_line(person: InProcess, tmp_path: Path) -> None:
    user = User(tmp_path, person.sandbox)
    ran = user.on_terminal(
        "erase", "--email", "-", answers=[("E-mail address", JANE), ("never send this person again?", "y")]
    )
    assert ran.code == 0
    assert "Erased: 1 row in 1 run" in ran.out
    assert found_on_disk(tmp_path / "output", [JANE]) == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nobody is named"),
        (("--email", "not-one"), "--email is not an e-mail address"),
        (("--phone", "12"), "--phone is not a phone number"),
        (("--email", JANE), "nobody is at a terminal here"),
        (("--email", JANE, "--yes", "--output", "elsewhere"), "there is no journal in elsewhere"),
    ],
)
def test_erase_refuses_what_makes_no_sense(person: InProcess, words: tuple[str, ...], said: str) -> None:
    ran = person.enter("erase", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert found_on_disk(person.folder / "output", [JANE]) != set()
