from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.files import private_folder, whole_file

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_written_is_there_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with whole_file(path) as file:
        file.write("Zoë\r\nx\n".encode())
    assert path.read_bytes() == "Zoë\r\nx\n".encode()
    assert os.listdir(tmp_path) == ["a.csv"]  # noqa: PTH208 - hidden files too


def test_nothing_is_seen_before_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_midway_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail() -> None:
        with whole_file(path) as file:
            file.write(b"half of it")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.csv"]  # noqa: PTH208


def test_the_file_is_on_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut the name must not stand for an empty file."""
    path, seen = tmp_path / "a.csv", []

    def fsync(_descriptor: int) -> None:
        seen.append(path.exists())

    monkeypatch.setattr(os, "fsync", fsync)
    with whole_file(path) as file:
        file.write(b"x")
    assert seen[0] is False
    if os.name != "nt":
        assert seen[1:] == [True], "the folder's entry is synced too"


@pytest.mark.parametrize("remains", [".a[1].csv.tmp", ".a[1].csv.4711.tmp"])
def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path: Path, remains: str) -> None:
    (tmp_path / remains).write_text("jane.doe@example.com")
    (tmp_path / ".a1.csv.tmp").write_text("another file's")
    with whole_file(tmp_path / "a[1].csv") as file:
        file.write(b"x")
    assert sorted(os.listdir(tmp_path)) == [".a1.csv.tmp", "a[1].csv"]  # noqa: PTH208


KILLED_WHILE_WRITING = """
import os, sys
from pathlib import Path
from pipeline.files import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"jane.doe@example.com")
    file.flush()
    os._exit(9)
"""


def test_a_writer_that_is_killed_leaves_one_file_however_often(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], check=False).returncode == 9
    assert len(os.listdir(tmp_path)) == 1  # noqa: PTH208
    with whole_file(path) as file:
        file.write(b"x")
    assert os.listdir(tmp_path) == ["results.csv"]  # noqa: PTH208


def test_a_disk_that_is_full_is_said_with_the_file_and_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fsync(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with (
        pytest.raises(ConfigError, match=r"a\.csv cannot be written: No space left") as caught,
        whole_file(path) as file,
    ):
        file.write(b"x")
    assert "make room" in caught.value.hint
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.csv"]  # noqa: PTH208


def test_a_folder_that_is_gone_is_said_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone/a\.csv cannot be written"), whole_file(tmp_path / "gone" / "a.csv"):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_what_cannot_be_written_is_said_at_once_or_in_the_end(tmp_path: Path, size: int) -> None:
    full = os.open("/dev/full", os.O_WRONLY)

    def write() -> None:
        with whole_file(tmp_path / "a.csv") as file:
            os.dup2(full, file.fileno())
            file.write(b"x" * size)

    try:
        with pytest.raises(ConfigError, match=r"a\.csv cannot be written: No space left"):
            write()
    finally:
        os.close(full)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_another_error_of_the_writer_is_no_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), whole_file(tmp_path / "a.csv"):
        raise BrokenPipeError


@POSIX
def test_the_file_is_for_its_owner_alone_even_where_an_open_one_stood(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    path.chmod(0o644)
    with whole_file(path) as file:
        assert [mode(one) for one in tmp_path.iterdir() if one != path] == [0o600]
        file.write(b"x")
    assert mode(path) == 0o600


def test_a_folder_is_made_with_the_missing_ones_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    assert private_folder(path) == path
    assert private_folder(path) == path
    assert list(path.iterdir()) == []


@POSIX
def test_folders_made_here_are_for_their_owner_alone_and_others_stay_as_they_are(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o755)
    private_folder(there / "a" / "b")
    assert [mode(one) for one in (there, there / "a", there / "a" / "b")] == [0o755, 0o700, 0o700]


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_a_file_in_the_way_is_refused_with_a_way_out(tmp_path: Path, below: str) -> None:
    (tmp_path / "list.csv").touch()
    with pytest.raises(ConfigError, match="cannot be written to") as caught:
        private_folder(tmp_path / "list.csv" / below)
    assert "--output" in caught.value.hint


@POSIX
@pytest.mark.skipif(sys.platform != "linux", reason="/proc takes no files, not even from root, on Linux only")
def test_a_folder_that_takes_no_files_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be written to"):
        private_folder(Path("/proc"))
