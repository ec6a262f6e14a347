"""Erase, through the real parts: one person is nowhere on the disk any more, everybody else is where they were."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.after import reconcile_run, resolve_run, retry_run, rewrite_results
from pipeline.errors import ConfigError, RunError
from pipeline.journal import Journal
from pipeline.people import secret_of, suppression_digest
from pipeline.retention import AtLeadByte, Erased, Person, erase, purge
from pipeline.retention.words import erasure_lines
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from tests.delivery import ask, leadbyte
from tests.retention import scene
from tests.retention.dying import Killed, killed_before
from tests.retention.scene import At, Somebody, found_on_disk, imported, order, words_of

#: The person who asks to be erased, in every kind of row. The names are one person's; the sandbox answers by the tag.
JANE = scene.QUILL
#: The same number, written otherwise, in rows that say little else of her.
ELSEWHERE = Somebody("Hortensia", "Bracegirdle", 123, "N1 9GU", phone="+44 (0)7700-900 123")
WRONG = Somebody("Hortensia", "Bracegirdle", 123, "NO PLACE", phone="0044 7700 900123")
OTHERS = (scene.ACCEPTED, scene.LATER)
#: Her row once more, with a cell too many: what is said of it quotes that.
RAGGED = [*JANE.cells(), "Overflowing"]
HER_WORDS = [*words_of(JANE, ELSEWHERE, WRONG), "Overflowing"]
MAPPING_WITHOUT_DEDUPE = scene.MAPPING.replace("dedupe: [Email, Phone_1]\n", "")


def person(email: str = "OTTOLINE.quillfeather@example.com", phone: str = "7700 900 123") -> Person:
    return Person.of(email, phone)


def erased(output: Path, days: float = 10, who: Person | None = None, **changes: Any) -> Erased:
    tell = changes.pop("tell", lambda _words: None)
    wanted = {"sure": True} | changes
    ask_person = wanted.pop("ask", None)
    return erase(output, scene.world(At(days), tell=tell, ask=ask_person), who or person(), **wanted)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was sent, one that waits, and a dry run: she is in each of them, others are too."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch, Sandbox() as sandbox:
        patch.setenv("XDG_STATE_HOME", str(folder / ".state"))
        service = leadbyte(sandbox.base_url, sandbox.key)
        people = [scene.ACCEPTED, JANE, ELSEWHERE, WRONG, scene.INVALID, scene.LATER, scene.REJECTED]
        sent = import_list(order(folder, people, "sent", [RAGGED]), service, scene.world(At()))
        for days in (0.1, 0.2):
            reconcile_run(sent.run_id, folder / "output", service, scene.world(At(days)))
        import_list(order(folder, people, "checked", [RAGGED], dry_run=True), service, scene.world(At(1)))
        waiting = order(folder, [scene.FAILED, JANE, scene.LATER], "waiting", limit=1, allow_resubmit=True)
        import_list(waiting, service, scene.world(At(2)))
    return folder / "output"


@pytest.fixture
def output(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "output"))


def runs_of(output: Path) -> list[str]:
    """The run that was sent, the dry run, the one that waits."""
    return [one for (one,) in ask(output / "journal.sqlite3", "SELECT run_id FROM runs ORDER BY run_id")]


def lines(output: Path, run_id: str, name: str = "results.csv") -> list[dict[str, str]]:
    with (output / run_id / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def record(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "erasures.log").read_text().splitlines()]


def content(output: Path) -> dict[str, bytes]:
    """All that lies in the folder but locks, and the journal's content instead of its pages."""
    files = {str(one.relative_to(output)): one.read_bytes() for one in output.rglob("*") if one.is_file()}
    tables = ("runs", "rows", "issues", "quality", "suppressed", "ledger")
    journal = [ask(output / "journal.sqlite3", f"SELECT * FROM {table}") for table in tables]  # noqa: S608
    return {name: text for name, text in files.items() if not name.startswith("journal")} | {
        "journal": repr(journal).encode()
    }


def test_nothing_of_the_person_is_left_on_the_disk(output: Path) -> None:
    found = found_on_disk(output, HER_WORDS)
    assert {one.split(": ")[0].rpartition("/")[2] for one in found} == {
        "journal.sqlite3", "results.csv", "issues.csv", "report.html", "fix-me.xlsx",
    }  # fmt: skip
    erased(output)
    assert found_on_disk(output, HER_WORDS) == set()


def test_everybody_else_is_where_they_were(output: Path) -> None:
    sent, checked, waiting = runs_of(output)
    others = words_of(scene.ACCEPTED, scene.LATER, scene.INVALID, scene.REJECTED, scene.FAILED)
    before, was = found_on_disk(output, others), {run_id: lines(output, run_id) for run_id in runs_of(output)}
    issues = lines(output, sent, "issues.csv"), lines(output, checked, "issues.csv")
    found = erased(output)
    assert found.rows == {sent: (3, 4, 5, 9), checked: (3, 4, 5, 9), waiting: (3,)}
    for run_id, rows in was.items():
        for old, new in zip(rows, lines(output, run_id), strict=True):
            if int(old["row"]) not in found.rows[run_id]:
                assert new == old
    left = found_on_disk(output, others)
    gone = {one for one in before - left if "fix-me.xlsx" not in one}
    assert gone == set()
    for before_, run_id in zip(issues, (sent, checked), strict=True):
        after = lines(output, run_id, "issues.csv")
        assert [(one["row"], one["rule"]) for one in after] == [(one["row"], one["rule"]) for one in before_]
        assert [one for one in after if one["row"] == "6"] == [one for one in before_ if one["row"] == "6"]
        assert {(one["value"], one["message"]) for one in after if one["row"] == "5"} == {("", "erased")}


def test_what_became_of_the_persons_rows_is_left(output: Path) -> None:
    sent, checked, _waiting = runs_of(output)
    answers = ("row", "outcome", "status", "queueId", "code", "meaning", "http_status", "attempts", "submitted_at")
    before = {
        run_id: [[line[one] for one in answers] for line in lines(output, run_id)] for run_id in (sent, checked)
    }
    summaries = {one: json.loads((output / one / "summary.json").read_text()) for one in (sent, checked)}
    erased(output)
    for run_id, was in before.items():
        assert [[line[one] for one in answers] for line in lines(output, run_id)] == was
        assert {lines(output, run_id)[row - 2][header] for row in (3, 4, 5, 9) for header in scene.HEADERS} == {
            "erased"
        }
        now = json.loads((output / run_id / "summary.json").read_text())
        same = ("outcomes", "rows", "queue", "exit_code", "reasons", "faults", "fields", "seconds", "rate")
        assert {one: now[one] for one in same} == {one: summaries[run_id][one] for one in same}
    assert lines(output, sent)[1]["leadId"], "what the queue said of it"


def test_a_row_that_waits_is_suppressed_and_never_sent(output: Path, sandbox: Sandbox) -> None:
    waiting = runs_of(output)[2]
    found = erased(output)
    assert found.waiting == 1
    assert "1 row waited to be sent and will not be sent (suppressed)." in erasure_lines(found)
    (line,) = [one for one in lines(output, waiting) if one["row"] == "3"]
    assert (line["outcome"], line["errors"]) == ("suppressed", "the person asked to be erased")
    service = leadbyte(sandbox.base_url)
    service.address = found.at_leadbyte[0].account
    summary = resume_run(waiting, output, service, scene.world(At(11)), as_planned=True)
    assert summary.outcomes == {"accepted": 1, "failed": 1, "suppressed": 1}
    assert [one.lead["firstname"] for one in sandbox.record()] == [scene.LATER.first]


def test_the_person_is_on_the_suppression_list_as_hashes_alone(output: Path) -> None:
    found = erased(output)
    secret = secret_of(output / "ledger.key", new=False)
    by_email = suppression_digest(secret, "email", "ottoline.quillfeather@EXAMPLE.com")
    by_phone = suppression_digest(secret, "phone", "+44 7700 900123")
    assert sorted(ask(output / "journal.sqlite3", "SELECT digest, kind, why FROM suppressed")) == sorted(
        [(by_email, "email", "erased"), (by_phone, "phone", "erased")]
    )
    assert found.person == {"email": by_email.hex(), "phone": by_phone.hex()}


def test_the_person_is_sent_by_no_later_list(output: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    erased(output)
    elsewhere = Somebody("Otti", "Quillfeather", 123, "SW1A 2HB", phone="0044 7700 900123")
    summary = imported(sandbox, order(tmp_path, [elsewhere, JANE, scene.FAILED], "later"), At(20))
    assert summary.outcomes == {"suppressed": 2, "failed": 1}
    assert [one.lead["firstname"] for one in sandbox.record()] == [scene.FAILED.first]


def test_the_record_says_what_was_done_and_names_nobody(output: Path) -> None:
    found = erased(output)
    begun, done = record(output)
    assert (begun["state"], done["state"], begun["id"], done["id"]) == ("begun", "done", found.erasure, found.erasure)
    assert begun["at"] == "2026-03-12T09:30:00+00:00"
    assert begun["rows"] == {run_id: list(rows) for run_id, rows in found.rows.items()}
    assert begun["person"] == found.person
    assert [(one["run_id"], one["row"]) for one in begun["at_leadbyte"]] == [(runs_of(output)[0], 3)]
    assert set(done["files"]) == set(runs_of(output))
    assert "results.csv" in done["files"][runs_of(output)[0]]
    assert (output / "erasures.log").stat().st_mode & 0o777 == 0o600
    erased(output, 11)
    assert len(record(output)) == 4, "the record grows, and asking again is one of its lines"


def test_what_leadbyte_still_has_is_told_by_its_ids(output: Path) -> None:
    sent = runs_of(output)[0]
    line = lines(output, sent)[1]
    found = erased(output)
    (one,) = found.at_leadbyte
    assert one == AtLeadByte(sent, 3, one.account, "EXAMPLE-CAMPAIGN", "accepted", (line["queueId"],), line["leadId"])
    (told,) = [said for said in erasure_lines(found) if line["queueId"] in said]
    assert f"leadId {line['leadId']}" in told
    assert "this program cannot reach them there" in "\n".join(erasure_lines(found))


@pytest.mark.parametrize(
    ("email", "phone", "rows"),
    [
        ("ottoline.quillfeather@example.com", "", (3, 9)),
        ("", "+447700900123", (3, 4, 5, 9)),
        ("", "00447700900123", (3, 4, 5, 9)),
        (" Hortensia.BRACEGIRDLE@example.com ", "", (4, 5)),
    ],
)
def test_either_of_the_two_finds_the_rows_in_any_spelling(
    output: Path, email: str, phone: str, rows: tuple[int, ...]
) -> None:
    found = erased(output, who=Person.of(email, phone))
    sent, checked, _waiting = runs_of(output)
    assert (found.rows[sent], found.rows[checked]) == (rows, rows)
    # She is in the run that waits by her address and her number, in these two by either.
    gone = {3: JANE, 4: ELSEWHERE, 5: WRONG, 9: JANE}
    assert found_on_disk(output, [gone[row].email for row in rows]) == set()


def test_a_dry_run_of_an_erasure_tells_and_does_nothing(output: Path) -> None:
    before = content(output)
    found = erased(output, dry_run=True, sure=False)
    assert found.dry_run
    assert content(output) == before
    assert "Found: 9 rows in 3 runs" in erasure_lines(found)
    assert erased(output).rows == found.rows


def test_a_person_is_asked_first_and_told_what_there_is(output: Path) -> None:
    before, told, asked = content(output), list[str](), list[str]()

    def no(words: str) -> bool:
        asked.append(words)
        return False

    with pytest.raises(RunError, match="nothing was erased: it was not confirmed"):
        erased(output, sure=False, ask=no, tell=told.append)
    assert content(output) == before
    assert asked == ["Erase 9 rows for good, and never send this person again?"]
    assert "Found: 9 rows in 3 runs" in told
    with pytest.raises(ConfigError, match="nobody is at a terminal"):
        erased(output, sure=False)
    assert erased(output, sure=False, ask=lambda _words: True).rows


def test_somebody_who_is_nowhere_is_suppressed_all_the_same(output: Path) -> None:
    before = content(output)
    found = erased(output, who=Person.of("nobody@example.com"))
    assert (found.rows, found.files, found.at_leadbyte, found.elsewhere) == ({}, {}, (), ())
    assert "No row of any run has this person in clear." in erasure_lines(found)
    assert [one["state"] for one in record(output)] == ["begun", "done"]
    after = content(output)
    assert {name for name in after if after[name] != before.get(name)} == {"journal", "erasures.log"}
    assert ask(output / "journal.sqlite3", "SELECT kind FROM suppressed") == [("email",)]


def test_a_purged_run_has_nobody_and_gets_nobody_back(output: Path) -> None:
    sent = runs_of(output)[0]
    restored = (output / sent / "results.csv").read_bytes()
    waiting = runs_of(output)[2]
    purge(output, scene.world(At(100)), older_than=86_400.0, abandon=[waiting])
    (output / sent / "results.csv").write_bytes(restored)  # somebody took it from a backup
    found = erased(output, 101)
    assert found.rows == {}
    assert found_on_disk(output, HER_WORDS) == set()
    assert len(lines(output, sent)) == 8


# ---------------------------------------------------------------------- what is done with such a run afterwards


def test_an_erased_row_is_never_offered_again_and_the_others_are(tmp_path: Path, sandbox: Sandbox) -> None:
    gone = Somebody("Ottoline", "Quillfeather", 123, "SW1A 2HB", "validation")
    system = Somebody("Ottoline", "Quillfeather", 124, "SW1A 2HB", "system")
    people = [gone, scene.REJECTED, system, scene.FAILED, scene.INVALID]
    wanted = order(tmp_path, people)
    run_id = imported(sandbox, wanted, At()).run_id
    output, service = wanted.output, leadbyte(sandbox.base_url)
    erased(output, who=Person.of(gone.email, system.mobile))
    rewrite_results(run_id, output, scene.world(At(10.5)))
    assert found_on_disk(output, words_of(gone, system)) == set()
    book = openpyxl.load_workbook(output / run_id / "fix-me.xlsx")
    assert [line[0].value for line in book["Rows to mend"].iter_rows(min_row=2)] == [3, 6]
    book.close()
    sandbox.clear()
    # The list that is mended may have the person's row still: it was not sent, and is not compared.
    mended = scene.write_list(
        tmp_path / "mended.csv", [gone, Somebody("Wilhelmina", "Stoatsworth", 202, "IP1 2TH"), *people[2:]]
    )
    summary = retry_run(run_id, output, service, scene.world(At(11)), codes=(-5,), corrected=str(mended))
    assert summary.outcomes == {"accepted": 1, "rejected": 1, "failed": 2, "invalid": 1}
    retry_run(run_id, output, service, scene.world(At(12)))
    assert {one.lead["firstname"] for one in sandbox.record()} == {"Wilhelmina", "Clementine"}
    assert found_on_disk(output, words_of(gone, system)) == set()


def test_an_unknown_row_is_told_and_searched_for_no_more(tmp_path: Path, sandbox: Sandbox) -> None:
    wanted = order(tmp_path, [scene.ACCEPTED, scene.UNKNOWN])
    run_id = imported(sandbox, wanted, At()).run_id
    who = Person.of(scene.UNKNOWN.email)
    found = erased(wanted.output, who=who)
    assert [(one.row, one.outcome, one.queue_ids) for one in found.at_leadbyte] == [(3, "unknown", ())]
    assert any("it may have arrived: search for the person there" in line for line in erasure_lines(found))
    before = len(sandbox.requests())
    summary = resolve_run(
        run_id, wanted.output, leadbyte(sandbox.base_url), scene.world(At(11)), resend=True, sure=True
    )
    assert summary.outcomes == {"accepted": 1, "unknown": 1}
    assert not [path for _method, path in sandbox.requests()[before:] if "search" in path]
    # It keeps its run from being purged no longer: nobody can settle it.
    assert len(purge(wanted.output, scene.world(At(100)), older_than=86_400.0).runs) == 1


def test_a_row_that_a_killed_run_was_sending_may_have_arrived(output: Path) -> None:
    waiting = runs_of(output)[2]
    journal = Journal(output / "journal.sqlite3")
    journal.sending(waiting, 3, "2026-03-04T09:30:00.000+00:00")
    journal.close()
    found = erased(output)
    assert found.waiting == 0
    assert [(one.run_id, one.row, one.outcome) for one in found.at_leadbyte][1:] == [(waiting, 3, "unknown")]
    assert [line["outcome"] for line in lines(output, waiting)] == ["failed", "unknown", "not_sent"]
    states = f"SELECT state, outcome FROM rows WHERE run_id = '{waiting}' AND row = 3"  # noqa: S608
    assert ask(output / "journal.sqlite3", states) == [("done", "unknown")]


def test_a_row_that_was_to_be_sent_again_may_have_arrived_before(tmp_path: Path, sandbox: Sandbox) -> None:
    wanted = order(tmp_path, [scene.UNKNOWN])
    run_id = imported(sandbox, wanted, At()).run_id
    journal = Journal(wanted.output / "journal.sqlite3")
    journal.afterwards.offer_again(run_id, 2)  # and then the process was killed
    journal.close()
    found = erased(wanted.output, who=Person.of(scene.UNKNOWN.email))
    assert (found.waiting, [one.outcome for one in found.at_leadbyte]) == (0, ["unknown"])


@pytest.mark.parametrize("folder", [True, False], ids=["with its files", "without"])
def test_what_a_run_knows_of_itself_names_nobody_either(tmp_path: Path, sandbox: Sandbox, folder: bool) -> None:
    wanted = order(tmp_path, [scene.ACCEPTED], name=f"list of {JANE.email}")
    run_id = imported(sandbox, wanted, At()).run_id
    assert found_on_disk(wanted.output, [JANE.email]) != set()
    if not folder:
        shutil.rmtree(wanted.output / run_id)
    found = erased(wanted.output)
    assert found.rows == {}
    assert found_on_disk(wanted.output, words_of(JANE)) == set()
    journal = Journal(wanted.output / "journal.sqlite3")
    assert journal.run(run_id).about["file"].endswith("list of erased.csv")
    journal.close()
    assert not folder or lines(wanted.output, run_id)[0]["First name"] == scene.ACCEPTED.first


def test_a_dry_run_is_known_by_its_examples_where_its_results_are_gone(output: Path) -> None:
    checked = runs_of(output)[1]
    for name in ("results.csv", "issues.csv", "fix-me.xlsx", "report.html"):
        (output / checked / name).unlink()
    found = erased(output)
    assert found.rows[checked] == (5, 9), "the rows that were shown"
    assert found_on_disk(output, HER_WORDS) == set()


# ---------------------------------------------------------------------- elsewhere


def test_files_of_others_that_hold_the_person_are_named_and_left_alone(
    output: Path, made: Path, tmp_path: Path
) -> None:
    sent = runs_of(output)[0]
    writers: dict[str, Callable[[Path], object]] = {
        "notes.txt": lambda path: path.write_text("call 07700 900 123 back"),
        "excel.txt": lambda path: path.write_bytes("x\t+44 7700 900123\r\n".encode("utf-16")),
        "motorola.txt": lambda path: path.write_bytes("OTTOLINE.quillfeather@example.com".encode("utf-16-be")),
        "copy.xlsx": lambda path: path.write_bytes((output / sent / "fix-me.xlsx").read_bytes()),
        "packed.csv.gz": lambda path: path.write_bytes(gzip.compress(b"a\nottoline.quillfeather@example.com\n")),
        "journal.sqlite3.bak": lambda path: path.write_bytes((output / "journal.sqlite3").read_bytes()),
        "other.csv": lambda path: path.write_text("07700 900124, quillfeather@example.com"),
    }
    for name, write in writers.items():
        write(output / name)
    (output / sent / "mine.csv").write_text("0044 7700 900123")
    filed = tmp_path / "done" / "2026-03-01"
    filed.mkdir(parents=True)
    (filed / "acme.csv").write_text("Phone\n07700900123\n")
    left = {name: (output / name).read_bytes() for name in writers}
    found = erased(output, folders=[tmp_path / "done"])
    named = {Path(one).name for one in found.elsewhere}
    lists = {"sent.csv", "waiting.csv", "checked.csv"}  # those that the runs read
    assert named == {*writers, "mine.csv", "acme.csv", *lists} - {"other.csv"}
    assert {name: (output / name).read_bytes() for name in writers} == left
    assert f"  {filed / 'acme.csv'}" in erasure_lines(found)


def test_what_cannot_be_searched_is_named(output: Path) -> None:
    (output / "list.7z").write_bytes(b"7z\xbc\xaf\x27\x1c whatever")
    (output / "cut.gz").write_bytes(gzip.compress(b"x" * 1000)[:-20])
    (output / "cut.zip").write_bytes(b"PK\x03\x04 and nothing more")
    found = erased(output)
    assert {Path(one).name for one in found.unread} == {"list.7z", "cut.gz", "cut.zip"}
    assert "These could not be searched:" in erasure_lines(found)
    with pytest.raises(ConfigError, match="there is no folder"):
        erased(output, folders=[output / "nowhere"])


def test_leftovers_of_killed_processes_go(output: Path) -> None:
    sent = runs_of(output)[0]
    copy = output / ".incoming" / "a-token"
    copy.mkdir(parents=True)
    (copy / "list.csv").write_text("07700900123")
    (output / sent / ".issues.csv.tmp").write_text("07700900123")
    with zipfile.ZipFile(output / sent / ".fix-me.xlsx.tmp", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", "<v>7700900123</v>" * 50)
    found = erased(output)
    assert found_on_disk(output, HER_WORDS) == set()
    assert not [one for one in found.elsewhere if "output" in one]


def test_without_the_key_of_the_hashes_the_person_is_erased_and_told_to_be_unlisted(output: Path) -> None:
    (output / "ledger.key").unlink()
    told: list[str] = []
    found = erased(output, tell=told.append)
    assert found_on_disk(output, HER_WORDS) == set()
    assert found.person == {}
    assert not (output / "ledger.key").exists()
    assert "they cannot be put on the suppression list" in told[0]
    assert "Not on the suppression list." in erasure_lines(found)


# ---------------------------------------------------------------------- cut off


def die_at(step: int, output: Path, folder: Path) -> list[str]:
    """An erasure that dies before a step, and the same again; the steps that the first one came to."""
    here = Path(shutil.copytree(output, folder / f"killed-{step}"))
    with killed_before(step) as steps, suppress(Killed):
        erased(here)
    erased(here, 11)
    assert found_on_disk(here, HER_WORDS) == set(), steps
    begun, done = ([one["id"] for one in record(here) if one["state"] == state] for state in ("begun", "done"))
    # What died before it had changed anything is begun anew under another name.
    lacking = begun[:1] if steps[-1:] == ["note"] and len(begun) == 2 else []
    assert set(begun) - set(done) <= set(lacking), steps
    for run_id in runs_of(here):
        there = {one.name for one in (here / run_id).iterdir()}
        assert there >= {"results.csv", "summary.json", "report.html"}, steps
        assert len(lines(here, run_id)) in (8, 3)
    assert ask(here / "journal.sqlite3", "SELECT count(*) FROM suppressed") == [(2,)]
    shutil.rmtree(here)
    return steps


def test_killed_somewhere_the_next_erasure_finishes_it(output: Path, tmp_path: Path) -> None:
    whole = len(die_at(1_000, output, tmp_path))
    assert whole > 20
    for step in (whole // 2, whole - 2):
        assert len(die_at(step, output, tmp_path)) == step


@pytest.mark.slow
def test_killed_before_any_step_the_next_erasure_finishes_it(output: Path, tmp_path: Path) -> None:
    for step in range(len(die_at(1_000, output, tmp_path))):
        assert len(die_at(step, output, tmp_path)) == step


@pytest.mark.parametrize("next_one", ["purge", "purge of the same runs", "erase"])
def test_the_next_command_finishes_what_was_cut_off_and_writes_it_down(output: Path, next_one: str) -> None:
    with killed_before(12), pytest.raises(Killed):
        erased(output)
    (begun,) = record(output)
    if next_one == "erase":
        erased(output, 20, who=Person.of(scene.LATER.email))
        assert found_on_disk(output, words_of(scene.LATER)) == set()
    else:
        days, abandon = (1, [runs_of(output)[2]]) if "same" in next_one else (90, [])
        purge(output, scene.world(At(20)), older_than=86_400.0 * days, abandon=abandon)
    assert found_on_disk(output, HER_WORDS) == set()
    assert [one["state"] for one in record(output) if one["id"] == begun["id"]] == ["begun", "done"]
