"""What a nightly run has filed: the copies beside a list go as the run's own files do, the list itself is named."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from pipeline.journal import Journal
from pipeline.nightly.filing import put_beside
from pipeline.retention import Person, erase, purge
from pipeline.retention.beside import COPY, filed_list
from pipeline.retention.words import erasure_lines
from pipeline.sandbox import Sandbox
from tests.retention import scene
from tests.retention.scene import At, found_on_disk, imported, order, words_of

JANE, OTHER, WRONG = scene.QUILL, scene.ACCEPTED, scene.INVALID
WHO = Person.of(JANE.email, JANE.mobile)


@pytest.fixture
def filed(tmp_path: Path, sandbox: Sandbox) -> Path:
    """A list as a night files it, with what it puts beside it; named as its path in working/ in the run."""
    wanted = order(tmp_path, [OTHER, JANE, WRONG], "acme")
    run_id = imported(sandbox, wanted, At()).run_id
    target = tmp_path / "inbox" / "done" / "2026-03-02" / "acme.csv"
    target.parent.mkdir(parents=True)
    with closing(Journal(wanted.output / "journal.sqlite3")) as journal:
        journal.amend(run_id, {"filed": str(target)})
    put_beside(target, wanted.output / run_id)
    Path(wanted.file).replace(target)
    return target


def beside(filed: Path) -> set[str]:
    return {one.name.removeprefix("acme.csv.") for one in filed.parent.iterdir()} - {"acme.csv"}


def of_run(filed: Path) -> Path:
    (folder,) = (one for one in (filed.parents[3] / "output").iterdir() if one.is_dir())
    return folder


def same_as_the_runs(filed: Path) -> bool:
    """Whether each copy is what the run has; and nothing is there that the run has not."""
    folder = of_run(filed)
    return all(
        filed.with_name(f"acme.csv.{name}").read_bytes() == (folder / name).read_bytes() for name in beside(filed)
    )


def test_an_erasure_takes_the_person_out_of_the_copies_and_names_the_filed_list(filed: Path) -> None:
    before = beside(filed)
    assert {"results.csv", "report.html", "fix-me.xlsx", "issues.csv", "summary.json"} <= before
    found = erase(filed.parents[3] / "output", scene.world(At(1)), WHO, sure=True)
    assert beside(filed) == before
    assert same_as_the_runs(filed)
    assert found.elsewhere == (str(filed),)
    assert f"  {filed}" in erasure_lines(found)
    assert {COPY.format(name) for name in before} <= set(found.files[of_run(filed).name])
    filed.unlink()
    assert found_on_disk(filed.parent, words_of(JANE)) == set()
    assert found_on_disk(filed.parent, [OTHER.email]) != set(), "everybody else is where they were"


def test_a_folder_that_is_searched_too_names_the_list_once_and_not_what_is_written_anew(filed: Path) -> None:
    found = erase(filed.parents[3] / "output", scene.world(At(1)), WHO, sure=True, folders=[filed.parents[1]])
    assert found.elsewhere == (str(filed),)


def test_a_copy_that_its_run_has_no_more_goes(filed: Path) -> None:
    stale = filed.with_name("acme.csv.fix-me.csv")
    stale.write_text(JANE.email)
    half = filed.with_name(".acme.csv.fix-me.csv.tmp")
    half.write_text(JANE.email)
    mine = filed.with_name("acme.csv.notes.txt")
    mine.write_text("what somebody else wrote")
    erase(filed.parents[3] / "output", scene.world(At(1)), WHO, sure=True)
    assert not stale.exists()
    assert not half.exists()
    assert mine.exists()


def test_a_dry_run_of_an_erasure_names_them_and_changes_nothing(filed: Path) -> None:
    before = {one: one.read_bytes() for one in filed.parent.iterdir()}
    found = erase(filed.parents[3] / "output", scene.world(At(1)), WHO, dry_run=True)
    assert found.elsewhere == (str(filed),)
    assert COPY.format("results.csv") in found.files[of_run(filed).name]
    assert {one: one.read_bytes() for one in filed.parent.iterdir()} == before


def test_somebody_in_a_copy_alone_is_found_and_goes(filed: Path) -> None:
    """A purge of an earlier version has left the copies."""
    output = filed.parents[3] / "output"
    left = filed.with_name("acme.csv.results.csv").read_bytes()
    purge(output, scene.world(At(100)), older_than=0)
    filed.with_name("acme.csv.results.csv").write_bytes(left)
    found = erase(output, scene.world(At(101)), WHO, sure=True)
    assert found.elsewhere == (str(filed),)
    assert same_as_the_runs(filed)


def test_a_list_that_is_called_as_the_person_is_named_with_its_copies(filed: Path) -> None:
    """The run forgets the name, and so where it was filed."""
    output, named = filed.parents[3] / "output", filed.with_name(f"{JANE.email}.csv")
    copy = named.with_name(f"{named.name}.results.csv")
    filed.with_name("acme.csv.results.csv").replace(copy)
    filed.replace(named)
    with closing(Journal(output / "journal.sqlite3")) as journal:
        journal.amend(of_run(filed).name, {"filed": str(named)})
    found = erase(output, scene.world(At(1)), WHO, sure=True)
    assert set(found.elsewhere) == {str(named), str(copy)}
    with closing(Journal(output / "journal.sqlite3")) as journal:
        assert filed_list(journal.run(of_run(filed).name)) != named


def test_a_purge_takes_everybody_out_of_the_copies(filed: Path) -> None:
    output = filed.parents[3] / "output"
    looked = purge(output, scene.world(At(100)), older_than=0, dry_run=True)
    assert COPY.format("results.csv") in looked.runs[0].files
    found = purge(output, scene.world(At(100)), older_than=0)
    assert found.runs[0].files == looked.runs[0].files
    assert beside(filed) == {"results.csv", "report.html", "vendor-note.txt", "summary.json"} & beside(filed)
    assert {"results.csv", "report.html"} <= beside(filed)
    assert same_as_the_runs(filed)
    filed.unlink()
    assert found_on_disk(filed.parent, words_of(JANE, OTHER, WRONG)) == set()
