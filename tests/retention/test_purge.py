"""Purge, through the real parts: what is personal is nowhere on the disk any more, and what a run came to is."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.after import reconcile_run, resolve_run, retry_run, rewrite_results
from pipeline.errors import ConfigError, JournalError, RunError
from pipeline.journal import Journal
from pipeline.retention import Purged, purge
from pipeline.retention.words import purge_lines
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from tests.delivery import ask, leadbyte, write_list
from tests.retention import scene
from tests.retention.dying import Killed, killed_before
from tests.retention.scene import At, found_on_disk, imported, order, words_of

QUARTER = 90 * 86_400.0
RAGGED = ["Zebedee", "Ragged", "zeb@example.com", "07700 900777", "M1 1AE", "Saab", "1", "note", "beyond@example.com"]
OF_RAGGED = ["Zebedee", "zeb@example.com", "07700 900777", "beyond@example.com"]


def purged(output: Path, days: float, **changes: object) -> Purged:
    return purge(output, scene.world(At(days)), older_than=QUARTER, **changes)  # type: ignore[arg-type]


def tree(folder: Path) -> dict[str, bytes]:
    """The files of the runs and the journal's content, to be compared."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("*/*") if path.is_file()} | {
        "journal": repr(ask(folder / "journal.sqlite3", "SELECT * FROM rows JOIN runs USING (run_id)")).encode()
    }


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and a dry run of one day, whose rows have met everything; made once, copied by those who change it."""
    folder = tmp_path_factory.mktemp("old")
    with pytest.MonkeyPatch.context() as patch, Sandbox() as sandbox:
        patch.setenv("XDG_STATE_HOME", str(folder / ".state"))
        service = leadbyte(sandbox.base_url, sandbox.key)
        sent = scene.order(folder, scene.EVERYBODY, "sent", [RAGGED])
        run_id = import_list(sent, service, scene.world(At())).run_id
        again = scene.write_list(folder / "again.csv", scene.EVERYBODY, [RAGGED])
        retry_run(run_id, sent.output, service, scene.world(At(0.1)), codes=(-5,), corrected=str(again))
        for days in (0.2, 0.3):
            reconcile_run(run_id, sent.output, service, scene.world(At(days)))
        import_list(
            scene.order(folder, [scene.QUILL, scene.INVALID], "checked", [RAGGED], dry_run=True),
            service,
            scene.world(At()),
        )
    return folder / "output"


@pytest.fixture
def output(old: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(old, tmp_path / "output"))


def run_ids(output: Path) -> tuple[str, str]:
    """The run that was sent, and the dry run."""
    found = dict(ask(output / "journal.sqlite3", "SELECT json_extract(about, '$.dry_run'), run_id FROM runs"))
    return found[0], found[1]


def account_of(output: Path) -> str:
    """The address of the account that the runs were sent to; its sandbox is gone."""
    return str(ask(output / "journal.sqlite3", "SELECT json_extract(about, '$.address') FROM runs")[0][0])


def change(output: Path, statement: str) -> None:
    db = sqlite3.connect(output / "journal.sqlite3", isolation_level=None)
    db.execute(statement)
    db.close()


NAMES = ["Zebedee", *(word for one in (*scene.EVERYBODY, scene.QUILL) for word in (one.first, one.email, one.mobile))]
OPEN_WORK = "SELECT count(*) FROM runs WHERE json_extract(about, '$.retention') IS NOT NULL"
EVERY_WORD = [*words_of(*scene.EVERYBODY, scene.QUILL), *OF_RAGGED]


def test_the_scene_has_everybody_in_every_place(output: Path) -> None:
    found = found_on_disk(output, EVERY_WORD)
    files = {one.split(": ")[0].rpartition("/")[2] for one in found}
    as_written = {
        *OF_RAGGED,
        *(word for one in (*scene.EVERYBODY, scene.QUILL) for word in one.cells() if word not in ("Saab", "1")),
    }
    assert files == {"journal.sqlite3", "results.csv", "issues.csv", "report.html", "fix-me.xlsx"}
    assert {one.split(": ")[1] for one in found} >= as_written
    for place in ("earlier WHERE errors", "queue WHERE message", "issues WHERE value", "rows WHERE errors"):
        assert ask(output / "journal.sqlite3", f"SELECT count(*) FROM {place} <> ''") != [(0,)], place  # noqa: S608


def test_nothing_personal_is_left_on_the_disk(output: Path) -> None:
    found = purged(output, 100)
    assert found_on_disk(output, EVERY_WORD) == set()
    sent, checked = run_ids(output)
    assert [(one.run_id, one.rows, one.others) for one in found.runs] == sorted([(sent, 6, ()), (checked, 3, ())])
    assert set(found.runs[0].files) | set(found.runs[1].files) == {
        "results.csv", "issues.csv", "report.html", "fix-me.xlsx", "vendor-note.txt",
    }  # fmt: skip
    assert not [one for one in output.rglob(".*") if one.is_file()]


def test_what_a_run_came_to_is_left(output: Path) -> None:
    sent, checked = run_ids(output)
    columns = "row, state, outcome, status, queue_id, code, http_status, attempts, submitted_at, people"
    of_rows = f"SELECT {columns} FROM rows"  # noqa: S608 - a constant
    rows = ask(output / "journal.sqlite3", of_rows)
    before = {name: json.loads((output / name / "summary.json").read_text()) for name in (sent, checked)}
    with (output / sent / "results.csv").open(encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))
    purged(output, 100)
    assert ask(output / "journal.sqlite3", of_rows) == rows
    for words in ("errors FROM earlier", "message FROM queue", "errors FROM rows"):
        assert ask(output / "journal.sqlite3", f"SELECT DISTINCT {words}") == [("",)]
    with (output / sent / "results.csv").open(encoding="utf-8-sig") as file:
        left = list(csv.DictReader(file))
    kept = set(lines[0]) - set(scene.HEADERS)
    blank = {"errors": "", "final_message": ""}
    assert left == [{name: text for name, text in line.items() if name in kept} | blank for line in lines]
    assert {line["final_status"] for line in left} == {"Processed", ""}
    for name, was in before.items():
        now = json.loads((output / name / "summary.json").read_text())
        same = ("outcomes", "queue", "rows", "seconds", "rate", "exit_code", "reasons", "faults", "fields")
        assert {one: now[one] for one in same} == {one: was[one] for one in same}
        assert (now["issues"], now["fix_me"], now["lacking"]) == ("", "", [])
        assert "were removed on 2026-06-10" in now["next_step"]
    assert not (output / checked / "results.csv").exists()


def test_who_was_accepted_by_a_purged_run_is_still_a_duplicate(
    output: Path, tmp_path: Path, sandbox: Sandbox
) -> None:
    purged(output, 100)
    service = leadbyte(sandbox.base_url)
    service.address = account_of(output)
    wanted = order(tmp_path, [scene.ACCEPTED, scene.QUILL], "new", max_invalid="20%")
    summary = import_list(wanted, service, scene.world(At(101)))
    assert Counter(summary.outcomes) == {"duplicate": 1, "accepted": 1}


def test_a_young_run_is_left_as_it_is(output: Path) -> None:
    before = tree(output)
    assert purged(output, 89).runs == ()
    assert tree(output) == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(output: Path) -> None:
    before = tree(output)
    found = purged(output, 100, dry_run=True)
    assert found.dry_run
    assert {one.run_id for one in found.runs} == set(run_ids(output))
    assert "issues.csv" in found.runs[0].files
    assert "2 runs would lose their personal data:" in purge_lines(found)
    assert tree(output) == before
    assert purged(output, 100).runs == found.runs


def test_what_cannot_be_done_with_a_purged_run_is_said_and_what_can_is_done(output: Path, sandbox: Sandbox) -> None:
    sent, checked = run_ids(output)
    purged(output, 100)
    change(output, f"UPDATE runs SET about = json_set(about, '$.address', '{sandbox.base_url}')")  # noqa: S608
    service, at = leadbyte(sandbox.base_url), scene.world(At(101))
    for command in (retry_run, resume_run, resolve_run):
        with pytest.raises(RunError, match=f"run {sent} was purged on 2026-06-10: the data of its rows are gone"):
            command(sent, output, service, at)
    left = (output / sent / "results.csv").read_bytes()
    change(output, "UPDATE queue SET status = 'Pending'")
    assert reconcile_run(sent, output, service, at).queue == {
        "not_found": 2
    }  # another sandbox: it knows none of them
    assert rewrite_results(checked, output, at).outcomes == {"valid": 1, "invalid": 2}
    rewrite_results(sent, output, at, show_data=True, vendor_note=True)
    assert (output / sent / "results.csv").read_bytes() != left, "the queue's word is new"
    assert found_on_disk(output, EVERY_WORD) == set()


def test_an_unfinished_run_is_kept_and_named_until_it_is_given_up(tmp_path: Path, sandbox: Sandbox) -> None:
    wanted = order(tmp_path, [scene.ACCEPTED, scene.UNKNOWN, scene.QUILL], limit=2)
    run_id = imported(sandbox, wanted, At()).run_id
    output = wanted.output
    found = purged(output, 100)
    assert found.runs == ()
    (kept,) = found.kept
    assert (kept.run_id, kept.why) == (run_id, "1 not sent and 1 unknown of 3 rows")
    assert kept.command == f"leadbyte-import resume {run_id} --output {output}"
    assert any(
        f"{run_id}: 1 not sent and 1 unknown of 3 rows; leadbyte-import resume" in one for one in purge_lines(found)
    )
    people = words_of(scene.ACCEPTED, scene.UNKNOWN, scene.QUILL)
    assert len(found_on_disk(output, people)) >= len(people)

    found = purged(output, 100, abandon=[run_id])
    assert [one.run_id for one in found.runs] == [run_id]
    assert found_on_disk(output, people) == set()
    assert ask(output / "journal.sqlite3", "SELECT row, state, outcome FROM rows") == [
        (2, "done", "accepted"), (3, "done", "unknown"), (4, "done", "not_sent"),
    ]  # fmt: skip
    with pytest.raises(RunError, match="was purged"):
        resume_run(run_id, output, leadbyte(sandbox.base_url), scene.world(At(101)))


def test_a_run_that_too_many_invalid_rows_have_stopped_is_named_with_what_lets_it_go_on(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    wanted = order(tmp_path, [scene.ACCEPTED, scene.INVALID], max_invalid="20%")
    stopped = imported(sandbox, wanted, At())
    (kept,) = purged(wanted.output, 100).kept
    assert kept.command == f"leadbyte-import resume {stopped.run_id} --max-invalid 100% --output {wanted.output}"
    assert kept.command in stopped.next_step


def test_only_an_old_run_can_be_given_up(output: Path) -> None:
    sent, _checked = run_ids(output)
    with pytest.raises(RunError, match=f"run {sent} is not older than that, or was purged already"):
        purged(output, 10, abandon=[sent])
    with pytest.raises(RunError, match="there is no run 'another'"):
        purged(output, 10, abandon=["another"])


def test_a_run_that_was_cut_off_while_it_was_planned_is_kept_until_it_is_given_up(output: Path) -> None:
    sent, checked = run_ids(output)
    change(output, "UPDATE runs SET state = 'planning', finished_at = '', about = json_remove(about, '$.rows')")
    found = purged(output, 100)
    assert [one.run_id for one in found.runs] == [checked], "nobody can go on with a dry run"
    assert [(one.run_id, one.why) for one in found.kept] == [(sent, "its plan was cut off")]
    purged(output, 100, abandon=[sent])
    assert found_on_disk(output, EVERY_WORD) == set()
    with pytest.raises(RunError, match="was purged"):
        rewrite_results(sent, output, scene.world(At(101)))


def test_what_an_older_version_left_in_free_pages_goes_too(output: Path) -> None:
    db = sqlite3.connect(output / "journal.sqlite3")
    db.execute("PRAGMA secure_delete=OFF")
    db.execute("CREATE TABLE scratch (cell TEXT)")
    db.executemany("INSERT INTO scratch VALUES (?)", [("Mehitabel Left-Behind " * 300,)] * 5)
    db.commit()
    db.execute("DROP TABLE scratch")
    db.commit()
    db.close()
    assert found_on_disk(output, ["Mehitabel"]) == {"journal.sqlite3: Mehitabel"}
    ((left,),) = ask(output / "journal.sqlite3", "PRAGMA freelist_count")
    assert left > 5
    purged(output, 100)
    assert found_on_disk(output, ["Mehitabel"]) == set()
    # The mark that the work is done is written last, and taking it away may free a page of its own (overwritten).
    ((free,),) = ask(output / "journal.sqlite3", "PRAGMA freelist_count")
    assert free <= 1


def test_what_killed_writers_left_goes_and_what_others_put_there_is_named(output: Path) -> None:
    sent, _checked = run_ids(output)
    (output / sent / ".results.csv.1234.tmp").write_text("Half A Person")
    (output / sent / ".fix-me.xlsx.d").mkdir()
    (output / sent / ".fix-me.xlsx.d" / "sheet").write_text("Half A Person")
    mine = output / sent / "my own notes.txt"
    mine.write_text("Half A Person")
    found = purged(output, 100)
    assert found_on_disk(output, ["Half A Person"]) == {f"{sent}/my own notes.txt: Half A Person"}
    assert [one.others for one in found.runs if one.run_id == sent] == [(str(mine),)]
    assert f"  {mine}" in purge_lines(found)


def test_a_folder_that_is_gone_is_not_made_again(output: Path) -> None:
    sent, _checked = run_ids(output)
    shutil.rmtree(output / sent)
    assert len(purged(output, 100).runs) == 2
    assert not (output / sent).exists()
    assert found_on_disk(output, EVERY_WORD) == set()


def test_a_run_that_was_moved_with_its_folder_is_purged_where_it_is(output: Path, old: Path) -> None:
    before = tree(old)
    purged(output, 100)
    assert tree(old) == before


def die_at(step: int, output: Path, folder: Path) -> list[str]:
    """A purge that dies before a step, and the next one; the steps that the first one came to."""
    here = Path(shutil.copytree(output, folder / f"killed-{step}"))
    with killed_before(step) as steps, suppress(Killed):
        purged(here, 100)
    purged(here, 100)
    assert found_on_disk(here, NAMES) == set(), steps
    assert ask(here / "journal.sqlite3", OPEN_WORK) == [(0,)], steps
    sent, checked = run_ids(here)
    assert {one.name for one in (here / sent).iterdir()} >= {"results.csv", "summary.json", "report.html"}, steps
    assert (here / checked / "summary.json").exists(), steps
    shutil.rmtree(here)
    return steps


def test_killed_somewhere_the_next_purge_finishes_it(output: Path, tmp_path: Path) -> None:
    whole = len(die_at(1_000, output, tmp_path))
    assert whole > 20
    for step in (whole // 2, whole - 2):
        assert len(die_at(step, output, tmp_path)) == step


@pytest.mark.slow
def test_killed_before_any_step_the_next_purge_finishes_it(output: Path, tmp_path: Path) -> None:
    for step in range(len(die_at(1_000, output, tmp_path))):
        assert len(die_at(step, output, tmp_path)) == step


def test_a_journal_that_another_program_has_open_is_told(output: Path) -> None:
    journal = Journal(output / "journal.sqlite3")
    journal._store._db.execute("PRAGMA busy_timeout=0")
    other = sqlite3.connect(output / "journal.sqlite3")
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM runs").fetchone()
    with journal._store.transaction() as db:
        db.execute("UPDATE rows SET errors = ''")
    with pytest.raises(JournalError, match=r"another program has the journal .* open") as caught:
        journal.retention.compact()
    assert caught.value.hint == "end that program, then do the same again"
    other.close()
    journal.retention.compact()
    journal.close()


def test_a_file_that_cannot_be_removed_is_told_and_nothing_is_called_done(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "issues.csv":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        with pytest.raises(ConfigError, match=r"cannot be removed: Permission denied"):
            purged(output, 100)
    purged(output, 100)
    assert found_on_disk(output, EVERY_WORD) == set()


def test_many_rows_go_batch_by_batch(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.journal.retention.BATCH", 2)
    purged(output, 100)
    assert found_on_disk(output, EVERY_WORD) == set()
    assert ask(output / "journal.sqlite3", "SELECT DISTINCT cells, lead, errors FROM rows") == [("[]", "", "")]


def test_without_a_journal_there_is_nothing_to_purge(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no journal in"):
        purged(tmp_path / "nowhere", 100)


def test_filed_lists_go_with_it(output: Path, tmp_path: Path) -> None:
    filed = tmp_path / "done"
    for day in ("2026-01-05", "2026-06-01"):
        (filed / day).mkdir(parents=True)
        write_list(filed / day / "acme.csv", ["jane@example.com"])
    found = purged(output, 100, files=[filed])
    assert found.filed == (str(filed / "2026-01-05" / "acme.csv"),)
    assert sorted(one.name for one in filed.iterdir()) == ["2026-06-01"]
    assert "Removed: 1 filed list" in purge_lines(found)
    with pytest.raises(ConfigError, match="which is no filed list"):
        purged(output, 100, files=[tmp_path])
