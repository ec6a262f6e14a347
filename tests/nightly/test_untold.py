"""A night that is killed tells nobody: what it had filed by then is told by the next one, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.torture.boundaries import Boundaries, Crash
from pipeline.files import private_folder
from pipeline.nightly.digest import words
from pipeline.nightly.filing import Files
from pipeline.nightly.model import FileState
from pipeline.nightly.untold import Filed, Untold
from pipeline.people import secret_of
from tests.delivery import email, people
from tests.nightly.scene import Place, files


def dies_after_filing(place: Place, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night that dies when a list has just been filed."""
    original = Files.file_away

    def die(self: Files, *args: object) -> None:
        original(self, *args)  # type: ignore[arg-type]
        if Path(str(args[1])).name == name:
            raise Crash

    with monkeypatch.context() as patch, Boundaries().installed():
        patch.setattr(Files, "file_away", die)
        with pytest.raises(Crash):
            place.night()


def test_what_was_imported_is_told_by_the_next_night_and_by_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.put("acme.csv", [*people(6), "no address"])
    dies_after_filing(place, "acme.csv", monkeypatch)
    night = place.next_night()
    (report,) = night.files
    assert (report.state, report.outcomes) == (FileState.IMPORTED, {"accepted": 6, "invalid": 1})
    assert report.filed == str(place.folder / "inbox/done/2026-11-23/acme.csv")
    assert "cut off before it told it" in report.words
    assert night.rows() == {}, "nothing of it was done in this night"
    assert all(one.state is FileState.LOOKED_BACK for one in place.next_night().files)
    assert sorted(place.sent()) == people(6)


def test_what_was_refused_calls_somebody_a_night_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.put("bad.csv", ["x", "y", "z"])
    (place.inbox / "other.csv").write_text("Name,Colour\nJane,red\n", encoding="utf-8")
    place.touch(place.inbox / "other.csv", 3600)
    dies_after_filing(place, "other.csv", monkeypatch)
    night = place.next_night()
    assert {name: one.state for name, one in files(night).items()} == {
        "bad.csv": FileState.FAILED, "other.csv": FileState.FAILED,
    }  # fmt: skip
    assert all(one.needs_a_person for one in night.files)
    assert "3 of 3 rows are invalid" in files(night)["bad.csv"].words
    assert "does not fit" in files(night)["other.csv"].words
    assert "why.txt says it in full" in words(night)
    assert "Jane" not in words(night)
    assert place.next_night().files == ()


def test_what_was_skipped_is_told_as_that(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    content = place.put("acme.csv", people(2)).read_bytes()
    place.night()
    (place.inbox / "copy.csv").write_bytes(content)
    place.touch(place.inbox / "copy.csv", 3600)
    place.put("later.csv", [email(9)])
    dies_after_filing(place, "copy.csv", monkeypatch)
    night = place.next_night()
    assert [(one.file, one.state) for one in night.files if one.state is not FileState.LOOKED_BACK] == [
        ("copy.csv", FileState.SKIPPED), ("later.csv", FileState.IMPORTED),
    ]  # fmt: skip
    assert not night.needs_a_person


def test_it_waits_for_a_night_that_can_be_told_of(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.put("acme.csv", people(2))
    dies_after_filing(place, "acme.csv", monkeypatch)
    place.sandbox.stop()
    assert place.next_night().files == ()
    assert place.next_night(dry_run=True).files == ()
    place.sandbox.start()
    place.write_jobs({})
    assert [one.file for one in place.next_night().files] == ["acme.csv"]


def test_half_a_line_is_no_line_and_what_was_never_filed_is_not_told(tmp_path: Path) -> None:
    untold = Untold.of(tmp_path, "acme")
    there, gone = (Filed(name, str(tmp_path / name)) for name in ("there.csv", "gone.csv"))
    untold.note(there)
    with untold.path.open("a", encoding="utf-8") as file:
        file.write('{"file": "half')
    untold.note(gone)
    (tmp_path / "there.csv").touch()
    assert untold.there() == [there]
    untold.tell({there.filed})
    assert untold.there() == []
    untold.tell({gone.filed})
    assert not untold.path.exists()


@pytest.mark.parametrize(
    "make", [private_folder, lambda path: secret_of(path.parent.parent / "ledger.key", new=True)]
)
def test_jobs_that_begin_side_by_side_in_a_new_folder_do_not_stumble_over_each_other(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    failed: list[Exception] = []
    made: list[object] = []

    def do(path: Path) -> None:
        together.wait()
        try:
            made.append(make(path))
        except Exception as error:  # noqa: BLE001 - whatever it is
            failed.append(error)

    for number in range(25):
        together = threading.Barrier(4)
        (tmp_path / str(number)).mkdir()
        jobs = [threading.Thread(target=do, args=(tmp_path / str(number) / "a/b",)) for _ in range(4)]
        for one in jobs:
            one.start()
        for one in jobs:
            one.join()
        assert failed == []
        assert len({str(one) for one in made[-4:]}) == 1, "all have the same"
