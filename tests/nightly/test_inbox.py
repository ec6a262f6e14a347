"""Inboxes: a folder, and addresses by fsspec (its memory, its local files, and servers that are not there)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fsspec
import pytest

from pipeline.errors import ConfigError, InputError
from pipeline.nightly.digest import words
from pipeline.nightly.inbox import Address, Folder, Stamp, inbox_at
from pipeline.nightly.model import FileState
from tests.delivery import MAPPING, email, people, write_list
from tests.load.serving import PASSWORD, USER, sftp_server
from tests.nightly.scene import Place, files

SECRET = "s3cret"


@pytest.fixture
def memory() -> Iterator[Any]:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield fs
    fs.store.clear()


@pytest.mark.parametrize(
    ("where", "kind"), [("inbox", Folder), ("/srv/inbox", Folder), ("memory://inbox", Address), ("C:/in", Folder)]
)
def test_what_an_inbox_is(where: str, kind: type) -> None:
    assert isinstance(inbox_at(where), kind)


def test_a_folder_shows_its_files_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"12345")
    os.utime(tmp_path / "a.csv", (10, 10))
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a.csv")
    os.mkfifo(tmp_path / "pipe")
    look = Folder(tmp_path).look()
    assert look.no_files == ("link", "pipe")
    assert look.files.keys() == {"a.csv"}
    stamp = look.files["a.csv"]
    assert stamp.size == 5
    assert stamp.changed is not None
    assert stamp.changed > 1e9, "a copy that sets its time back was changed all the same"


def test_a_folder_that_is_not_there_or_may_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        Folder(tmp_path / "none").look()
    with pytest.raises(ConfigError, match="cannot be read or moved"):
        Folder(tmp_path).take("none.csv", tmp_path / "there.csv")


def test_a_file_of_a_folder_is_moved(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"12345")
    known = (tmp_path / "a.csv").stat().st_ino
    (tmp_path / "there").mkdir()
    assert Folder(tmp_path).take("a.csv", tmp_path / "there/a.csv") == ""
    assert (tmp_path / "there/a.csv").stat().st_ino == known
    assert not (tmp_path / "a.csv").exists()


def test_a_file_at_an_address_is_copied_and_set_aside(memory: Any, tmp_path: Path) -> None:
    memory.pipe("/in/a.csv", b"12345")
    memory.pipe("/in/deeper/b.csv", b"1")
    inbox = inbox_at("memory://in/")
    assert inbox.look().files == {"a.csv": Stamp(5, None)}
    assert inbox.take("a.csv", tmp_path / "a.csv") == ""
    assert (tmp_path / "a.csv").read_bytes() == b"12345"
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600
    assert memory.cat("/in/taken/a.csv") == b"12345"
    assert inbox.look().files == {}
    memory.pipe("/in/a.csv", b"678")
    inbox.take("a.csv", tmp_path / "again.csv")
    assert memory.cat("/in/taken/a.csv-2") == b"678", "nothing there is replaced"


def test_local_files_by_fsspec_tell_their_time(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"12345")
    os.utime(tmp_path / "a.csv", (10, 10))
    assert inbox_at(tmp_path.as_uri()).look().files == {"a.csv": Stamp(5, 10.0)}


def test_an_address_that_may_not_be_written_to_says_so_and_the_file_is_taken(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise PermissionError(SECRET)

    memory.pipe("/in/a.csv", b"12345")
    monkeypatch.setattr(type(memory), "mv", refuse)
    words = inbox_at("memory://in").take("a.csv", tmp_path / "a.csv")
    assert "could not be moved to taken/" in words
    assert "access is denied" in words
    assert SECRET not in words
    assert (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "where", [f"sftp://me:{SECRET}@127.0.0.1:1/in", f"ftp://me:{SECRET}@example.com/in", "nosuch://a"]
)
def test_an_address_that_cannot_be_reached_is_told_without_its_secrets(where: str) -> None:
    with pytest.raises(InputError) as caught:
        inbox_at(where).look()
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"


def test_a_download_that_is_not_whole_is_no_file(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe("/in/a.csv", b"12345")
    monkeypatch.setattr(type(memory), "size", lambda _self, _path: 6)
    with pytest.raises(InputError, match="not copied whole"):
        inbox_at("memory://in").take("a.csv", tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()
    assert memory.exists("/in/a.csv")


# ---------------------------------------------------------------------- a night of it


def put(memory: Any, name: str, emails: list[str], folder: Path) -> None:
    memory.pipe(f"/in/{name}", write_list(folder / "scratch.csv", emails).read_bytes())


@pytest.fixture
def remote(memory: Any, place: Place) -> Place:
    place.write_jobs({"inbox": "memory://in"})
    memory.makedirs("/in", exist_ok=True)
    (place.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return place


def test_a_night_imports_from_an_address_and_files_here(memory: Any, remote: Place) -> None:
    put(memory, "a.csv", people(3), remote.folder)
    put(memory, "bad.csv", ["x", "y"], remote.folder)
    night = remote.night()
    assert [one.state for one in night.files] == [FileState.IMPORTED, FileState.FAILED]
    assert sorted(remote.sent()) == people(3)
    done = remote.folder / "files/acme/done/2026-11-23"
    assert {"a.csv", "a.csv.results.csv"} <= {one.name for one in done.iterdir()}
    assert memory.ls("/in", detail=False) == ["/in/taken"]
    assert remote.next_night().files == ()


def test_a_file_that_was_taken_and_not_set_aside_is_recognised(
    memory: Any, remote: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(memory, "a.csv", people(3), remote.folder)
    with monkeypatch.context() as patch:
        remote.lock()
        patch.setattr(Address, "_set_aside", lambda _self, _name, _target: "could not be moved")
        night = remote.night()
    assert night.jobs[0].notes == ("could not be moved",)
    night = remote.next_night()
    assert files(night)["a.csv"].state is FileState.SKIPPED
    assert sorted(remote.sent()) == people(3)
    assert memory.ls("/in", detail=False) == ["/in/taken"]


def test_a_half_download_is_thrown_away_and_made_again(
    memory: Any, remote: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(memory, "a.csv", [email(0)], remote.folder)

    def broken(_self: object, _path: str, target: str, **_named: object) -> None:
        Path(target).write_bytes(b"First na")
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "get_file", broken)
        night = remote.night()
    assert (night.exit_code, night.needs_a_person) == (2, True)
    assert list((remote.folder / "files/acme/working/acme").rglob(".a.csv.part"))
    night = remote.next_night()
    assert files(night)["a.csv"].state is FileState.IMPORTED
    assert not list((remote.folder / "files/acme/working/acme").iterdir())


def test_a_dry_run_of_an_address_leaves_nothing_behind(memory: Any, remote: Place) -> None:
    put(memory, "a.csv", people(3), remote.folder)
    night = remote.night(dry_run=True)
    assert files(night)["a.csv"].outcomes == {"valid": 3}
    assert memory.ls("/in", detail=False) == ["/in/a.csv"]
    assert not (remote.output / ".incoming").exists()
    assert not (remote.folder / "files").exists()


def test_a_night_imports_by_sftp(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    root, home = place.folder / "server", place.folder / "home"
    for one in (root / "drop off", home / ".ssh"):
        one.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    write_list(root / "drop off/a.csv", people(3))
    with sftp_server(root) as (port, line):
        (home / ".ssh/known_hosts").write_text(line, encoding="utf-8")
        monkeypatch.setenv("INBOX", f"sftp://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/drop%20off")
        place.write_jobs({"inbox": {"env": "INBOX"}})
        place.lock()
        night = place.night()
        assert (night.exit_code, night.jobs[0].notes, sorted(place.sent())) == (0, (), people(3))
        assert [str(one.relative_to(root)) for one in root.rglob("*.csv")] == ["drop off/taken/a.csv"]
        assert place.next_night().exit_code == 0
        monkeypatch.setenv("INBOX", f"sftp://{USER}:wrong@127.0.0.1:{port}/drop%20off")
        night = place.next_night()
    assert "Authentication failed" in night.jobs[0].problem
    assert "wrong" not in words(night)
