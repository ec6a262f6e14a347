"""A list that is no plain file: archives, standard input, and the private copies that are made of them."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import ConfigError, InputError
from pipeline.load import ReadOptions, copies, open_list, origin
from pipeline.load.origin import Local, lasting, local_copy

from .making import LEADS, write_ods, write_sheets, write_xls

LIST = b"Email,Phone\na@example.com,07700900123\n"


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, codec="zstd", asbytes=True)
    return packed


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


#: One list, packed; two streams one after the other are one archive.
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda content: gzip.compress(content, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}
ALL = PACKERS | {"zip": lambda content: zipped(("list.csv", content))}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


def put(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def read(where: str, output: Path) -> tuple[bytes, Local]:
    with local_copy(where, output) as local:
        return local.path.read_bytes(), local


def refusal(where: str, output: Path) -> InputError:
    with pytest.raises(InputError) as caught, local_copy(where, output) as local:
        open_list(local.path, ReadOptions(), local.name)
    assert caught.value.hint
    assert not output.exists(), "what was made for the copy is gone"
    return caught.value


# ---------------------------------------------------------------------- files


def test_a_plain_file_is_read_where_it_is(tmp_path: Path, output: Path) -> None:
    where = put(tmp_path, "list.csv", LIST)
    with local_copy(where, output) as local:
        assert local == Local(Path(where), where)
        assert not output.exists()


@pytest.mark.parametrize(("name", "word"), [("missing.csv.gz", "does not exist"), ("folder.zip", "is a folder")])
def test_an_archive_that_is_none_of_a_file_is_refused(tmp_path: Path, output: Path, name: str, word: str) -> None:
    (tmp_path / "folder.zip").mkdir()
    assert word in refusal(str(tmp_path / name), output).message


@pytest.mark.parametrize("kind", ALL)
def test_an_empty_archive_is_refused(tmp_path: Path, output: Path, kind: str) -> None:
    assert "0 bytes" in refusal(put(tmp_path, f"list.csv.{kind}", b""), output).message


# ---------------------------------------------------------------------- archives


def test_the_bytes_of_a_copy_are_told_while_it_is_made(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = LIST + b"x" * 3_000_000
    told: list[int] = []
    with local_copy(put(tmp_path, "list.csv.gz", PACKERS["gz"](content)), output, told.append):
        assert len(told) > 2
        assert sum(told) == len(content)
    told.clear()
    monkeypatch.setattr(sys, "stdin", piped(content))
    with local_copy("-", output, told.append):
        assert sum(told) == len(content)
    told.clear()
    with local_copy(put(tmp_path, "list.csv", LIST), output, told.append):
        assert told == []


@pytest.mark.parametrize("kind", PACKERS)
def test_what_is_wrong_with_an_archive_is_said_in_words(tmp_path: Path, output: Path, kind: str) -> None:
    packed = PACKERS[kind](LIST * 50)
    error = refusal(put(tmp_path, f"list.csv.{kind}", packed[:6] + b"\xff" * 12 + packed[18:]), output)
    words = ("what comes out is not what was packed", "what it says of itself makes no sense", "breaks off")
    assert error.message.endswith(words)
    assert "again" in error.hint


@pytest.mark.parametrize("kind", PACKERS)
def test_a_packed_list_is_the_list_and_called_by_its_name(tmp_path: Path, output: Path, kind: str) -> None:
    where = put(tmp_path, f"list.CSV.{kind.upper()}", PACKERS[kind](LIST))
    content, local = read(where, output)
    assert content == LIST
    assert (local.name, local.decisions) == (str(tmp_path / "list.CSV"), ())


@pytest.mark.parametrize("kind", ALL)
def test_a_packed_list_has_the_hash_of_the_list_itself(tmp_path: Path, output: Path, kind: str) -> None:
    plain = open_list(Path(put(tmp_path, "list.csv", LIST)))
    with local_copy(put(tmp_path, f"list.csv.{kind}", ALL[kind](LIST)), output) as local:
        assert open_list(local.path, ReadOptions(), local.name).sha256 == plain.sha256


@pytest.mark.parametrize("kind", PACKERS)
def test_several_streams_make_one_list(tmp_path: Path, output: Path, kind: str) -> None:
    # So do parallel packers write them, and `cat` of two archives.
    content = PACKERS[kind](LIST) + PACKERS[kind](b"b@example.com,07700900124\n")
    assert read(put(tmp_path, f"list.csv.{kind}", content), output)[0] == LIST + b"b@example.com,07700900124\n"


@pytest.mark.parametrize("kind", ["bz2", "xz"])
def test_zeros_may_fill_up_a_stream(tmp_path: Path, output: Path, kind: str) -> None:
    content = PACKERS[kind](LIST) + bytes(1024) + PACKERS[kind](b"b,1\n") + bytes(4)
    assert read(put(tmp_path, f"list.csv.{kind}", content), output)[0] == LIST + b"b,1\n"


def test_the_only_list_in_a_zip_is_read_whatever_a_mac_adds(tmp_path: Path, output: Path) -> None:
    members = [("may/list.csv", LIST), ("may/", b""), ("__MACOSX/may/._list.csv", b"\0\5"), (".DS_Store", b"\0")]
    members += [("may/.hidden.csv", b"x"), ("picture.png", b"x")]
    where = put(tmp_path, "list.zip", zipped(*members))
    content, local = read(where, output)
    assert content == LIST
    assert local.name == f"{where}/may/list.csv"
    assert local.decisions == (f"read may/list.csv, the only list in {where}",)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_may_be_packed_in_any_common_way(tmp_path: Path, output: Path, method: int) -> None:
    where = put(tmp_path, "list.zip", zipped(("list.csv", LIST), method=method))
    assert read(where, output)[0] == LIST


@pytest.mark.parametrize("name", ["book.gz", "book.xlsx.gz"])
def test_a_packed_workbook_is_a_workbook(tmp_path: Path, output: Path, name: str) -> None:
    write_sheets(tmp_path / "book.xlsx", {"May": LEADS})
    where = put(tmp_path, name, PACKERS["gz"]((tmp_path / "book.xlsx").read_bytes()))
    with local_copy(where, output) as local:
        assert open_list(local.path, ReadOptions(), local.name).sheet == "May"


def test_a_workbook_in_a_zip_is_a_workbook(tmp_path: Path, output: Path) -> None:
    write_sheets(tmp_path / "book.xlsx", {"May": LEADS})
    where = put(tmp_path, "list.zip", zipped(("book.xlsx", (tmp_path / "book.xlsx").read_bytes())))
    with local_copy(where, output) as local:
        assert open_list(local.path, ReadOptions(), local.name).sheet == "May"


def test_a_packed_list_without_an_ending_is_told_by_its_content(tmp_path: Path, output: Path) -> None:
    with local_copy(put(tmp_path, "list-2026.05.gz", PACKERS["gz"](LIST)), output) as local:
        assert open_list(local.path, ReadOptions(), local.name).kind == "csv"
        assert local.name == str(tmp_path / "list-2026.05")


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("cut", [3, 12])
def test_an_archive_that_breaks_off_is_refused(tmp_path: Path, output: Path, kind: str, cut: int) -> None:
    content = PACKERS[kind](os.urandom(3_000_000))[:-cut]
    error = refusal(put(tmp_path, f"list.csv.{kind}", content), output)
    assert error.message == f"{tmp_path}/list.csv.{kind} is incomplete: the archive breaks off"
    assert "Download" in error.hint


@pytest.mark.parametrize("kind", ALL)
def test_a_damaged_archive_is_refused(tmp_path: Path, output: Path, kind: str) -> None:
    content = bytearray(ALL[kind](os.urandom(3_000_000)))
    # Arrow writes .zst without a checksum (the program zstd writes one), so there the structure is damaged.
    at = slice(len(content) // 2, len(content) // 2 + 1) if kind != "zst" else slice(9, 12)
    content[at] = bytes(one ^ 0xFF for one in content[at])
    error = refusal(put(tmp_path, f"list.csv.{kind}", bytes(content)), output)
    assert f"list.csv.{kind} is a damaged archive" in error.message


@pytest.mark.parametrize("kind", PACKERS)
def test_something_behind_the_list_is_not_ignored(tmp_path: Path, output: Path, kind: str) -> None:
    # It may be the rest of the list, damaged.
    damaged = b"\x01" + PACKERS[kind](b"b@example.com,1\n")[1:]
    error = refusal(put(tmp_path, f"list.csv.{kind}", PACKERS[kind](LIST) + damaged), output)
    assert "is a damaged archive" in error.message


@pytest.mark.parametrize("kind", ALL)
def test_an_archive_that_is_none_is_refused(tmp_path: Path, output: Path, kind: str) -> None:
    error = refusal(put(tmp_path, f"list.csv.{kind}", LIST), output)
    assert f"it is not a .{kind} archive" in error.message


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "has no list in it: it is empty"),
        ([("a.pdf", b"x"), ("b.csv.gz", b"x")], "has no list in it: it holds a.pdf, b.csv.gz"),
        ([("a.csv", LIST), ("may/b.XLSX", b"x")], "has 2 lists in it: a.csv, may/b.XLSX"),
        ([(f"{n}.csv", LIST) for n in range(12)], "8.csv, 9.csv and 2 more"),
    ],
)
def test_a_zip_without_a_list_or_with_several_is_refused_with_what_is_in_it(
    tmp_path: Path, output: Path, members: list[tuple[str, bytes]], words: str
) -> None:
    assert words in refusal(put(tmp_path, "list.zip", zipped(*members)), output).message


def test_a_zip_with_a_password_is_refused(tmp_path: Path, output: Path) -> None:
    content = bytearray(zipped(("list.csv", LIST)))
    content[6] |= 1  # the flag in the member's own header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    error = refusal(put(tmp_path, "list.zip", bytes(content)), output)
    assert "is protected with a password" in error.message
    assert "Unpack it yourself" in error.hint


def test_a_zip_packed_in_an_unknown_way_is_refused(tmp_path: Path, output: Path) -> None:
    content = bytearray(zipped(("list.csv", LIST)))
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 9  # Deflate64, as Windows packs large files
    assert "packed in a way that cannot be read" in refusal(put(tmp_path, "list.zip", bytes(content)), output).message


@pytest.mark.parametrize("name", ["../../escaped.csv", "/tmp/escaped.csv", "C:\\escaped.csv", "a/../../x\x1b[2J.csv"])  # noqa: S108
def test_a_name_in_a_zip_is_never_a_place_on_the_disk(tmp_path: Path, output: Path, name: str) -> None:
    where = put(tmp_path, "list.zip", zipped((name, LIST)))
    with local_copy(where, output) as local:
        assert local.path.name == "list.csv"
        assert local.path.read_bytes() == LIST
        assert local.path.is_relative_to(output)
        assert local.name.isprintable()
        assert {one.name for one in output.rglob("*") if one.is_file()} <= {
            "list.csv",
            local.path.parent.name + ".lock",
        }
    assert list(tmp_path.iterdir()) == [Path(where)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("list.csv.gz.gz", PACKERS["gz"](PACKERS["gz"](LIST)), "archive in an archive"),
        ("list.gz", PACKERS["gz"](PACKERS["xz"](LIST)), "archive in an archive: there is a .xz in it"),
        ("list.gz", PACKERS["gz"](zipped(("a.csv", LIST))), "archive in an archive: there is a .zip in it"),
    ],
)
def test_an_archive_in_an_archive_is_refused(
    tmp_path: Path, output: Path, name: str, content: bytes, words: str
) -> None:
    assert words in refusal(put(tmp_path, name, content), output).message


def test_a_tar_archive_is_refused_by_its_name(tmp_path: Path, output: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(put(tmp_path, "list.csv", LIST), "list.csv")
    where = put(tmp_path, "list.tar.gz", PACKERS["gz"](file.getvalue()))
    assert "list.tar is a tar archive" in refusal(where, output).message


def test_a_workbook_named_zip_is_refused_with_its_right_name(tmp_path: Path, output: Path) -> None:
    write_sheets(tmp_path / "list.zip", {"May": LEADS})
    assert "it is a workbook (.xlsx)" in refusal(str(tmp_path / "list.zip"), output).message


def test_an_archive_that_changes_while_it_is_unpacked_is_refused(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST))
    fill = copies.fill

    def and_change(*args: object) -> None:
        fill(*args)  # type: ignore[arg-type]
        put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST * 2))

    monkeypatch.setattr(copies, "fill", and_change)
    assert "was changed while it was being read" in refusal(where, output).message


def test_a_file_that_is_put_in_the_place_of_another_is_not_taken_for_it(tmp_path: Path) -> None:
    path = Path(put(tmp_path, "list.csv", LIST))
    source = open_list(path)
    other = Path(put(tmp_path, "other.csv", LIST.replace(b"a@", b"b@")))
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))  # same size, same time
    other.replace(path)
    with pytest.raises(InputError, match="was changed while it was being read"):
        list(source.chunks())


# ---------------------------------------------------------------------- made to do harm


@pytest.mark.parametrize("kind", ALL)
def test_what_unpacks_to_far_more_than_a_list_is_refused(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(origin, "_FREE", 1 << 20)
    monkeypatch.setattr(origin, "_RATIO", 5)
    error = refusal(put(tmp_path, f"list.csv.{kind}", ALL[kind](bytes(30 << 20))), output)
    assert error.message == f"what is in {tmp_path}/list.csv.{kind} comes to more than 1 MB"
    assert "Unpack it yourself, look" in error.hint


def test_an_honest_list_may_be_packed_well(tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_FREE", 1000)
    content = b"Email,Phone\n" + b"".join(b"person%d@example.com,0770090%04d\n" % (n, n) for n in range(9999))
    assert read(put(tmp_path, "list.csv.xz", PACKERS["xz"](content)), output)[0] == content


def test_a_zst_that_asks_for_much_memory_is_refused(tmp_path: Path, output: Path) -> None:
    # A frame of one plain block, for which a window of 1 GiB is to be kept.
    content = zstd(b"")[:4] + b"\x00\xa0" + (len(LIST) << 3 | 1).to_bytes(3, "little") + LIST
    assert "needs too much memory" in refusal(put(tmp_path, "list.csv.zst", content), output).message
    small = content.replace(b"\x00\xa0", b"\x00\x50", 1)
    assert read(put(tmp_path, "small.csv.zst", small), output)[0] == LIST


def test_an_xz_that_asks_for_all_memory_is_refused(tmp_path: Path, output: Path) -> None:
    content = bytearray(PACKERS["xz"](LIST))
    size = (content[12] + 1) * 4  # of the block's header, which ends with its checksum
    content[16] = 40  # the size of the dictionary: 4 GiB
    content[12 + size - 4 : 12 + size] = zlib.crc32(content[12 : 12 + size - 4]).to_bytes(4, "little")
    error = refusal(put(tmp_path, "list.csv.xz", bytes(content)), output)
    assert "needs too much memory" in error.message


# ---------------------------------------------------------------------- copies


def test_copies_are_private_and_gone_afterwards(tmp_path: Path, output: Path) -> None:
    old = os.umask(0)
    try:
        with local_copy(put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST)), output / "runs") as local:
            for one in [output, *output.rglob("*")]:
                assert stat.S_IMODE(one.stat().st_mode) == (0o700 if one.is_dir() else 0o600), one
            assert local.path.is_relative_to(output / "runs" / ".incoming")
    finally:
        os.umask(old)
    assert not output.exists()


def test_an_output_folder_that_was_there_stays(tmp_path: Path, output: Path) -> None:
    output.mkdir()
    read(put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST)), output)
    assert list(output.iterdir()) == []


def test_copies_go_when_reading_fails(tmp_path: Path, output: Path) -> None:
    where = put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST))
    with pytest.raises(KeyboardInterrupt), local_copy(where, output):
        raise KeyboardInterrupt
    assert not output.exists()


def test_copies_of_a_process_that_was_killed_go_when_the_next_begins(tmp_path: Path, output: Path) -> None:
    where = put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST))
    program = (
        "import os, signal, sys; from pathlib import Path; from pipeline.load.origin import local_copy\n"
        "with local_copy(sys.argv[1], Path(sys.argv[2])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, where, str(output)], check=False)
    assert [one.read_bytes() for one in output.rglob("list.csv")] == [LIST]
    with local_copy(put(tmp_path, "plain.csv", LIST), output):
        assert list(output.iterdir()) == []


def test_copies_of_a_process_that_lives_stay(tmp_path: Path, output: Path) -> None:
    where = put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST))
    with local_copy(where, output) as first, local_copy(where, output) as second:
        assert first.path.read_bytes() == second.path.read_bytes() == LIST


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "cannot be written: Input/output error")]
)
def test_a_copy_that_does_not_fit_is_an_input_error(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    class Full(io.BytesIO):
        def write(self, _content: object) -> int:
            raise OSError(number, os.strerror(number))

    def opened(descriptor: int, _mode: str) -> Full:
        os.close(descriptor)
        return Full()

    monkeypatch.setattr(os, "fdopen", opened)
    monkeypatch.setattr(sys, "stdin", piped(LIST))
    error = refusal("-", output)
    assert words in error.message
    assert "--output DIR" in error.hint


def test_an_output_folder_that_cannot_be_written_to_is_a_configuration_error(tmp_path: Path) -> None:
    where = put(tmp_path, "list.csv.gz", PACKERS["gz"](LIST))
    with pytest.raises(ConfigError, match="cannot be written to"), local_copy(where, Path(where)):
        pass


# ---------------------------------------------------------------------- standard input


class Pipe(io.BytesIO):
    """Standard input as a process has it."""

    def __init__(self, content: bytes, *, terminal: bool = False) -> None:
        super().__init__(content)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def piped(content: bytes, *, terminal: bool = False) -> io.TextIOWrapper:
    return io.TextIOWrapper(Pipe(content, terminal=terminal))


def test_standard_input_is_read_and_told(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = LIST * 100_000
    monkeypatch.setattr(sys, "stdin", piped(content))
    found, local = read("-", output)
    assert found == content
    assert (local.name, local.decisions) == ("stdin", ("read from standard input",))


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_a_workbook_on_standard_input_is_told_by_its_content(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / f"book.{kind}"
    if kind == "xlsx":
        write_sheets(path, {"May": LEADS})
    else:
        (write_ods if kind == "ods" else write_xls)(path, {(1, 1): "Email", (2, 1): "a@example.com"})
    monkeypatch.setattr(sys, "stdin", piped(path.read_bytes()))
    with local_copy("-", output) as local:
        source = open_list(local.path, ReadOptions(), local.name)
        assert (source.kind, source.headers[0]) == (kind, "Email")


@pytest.mark.parametrize("kind", ALL)
def test_an_archive_on_standard_input_is_unpacked(output: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(sys, "stdin", piped(ALL[kind](LIST)))
    content, local = read("-", output)
    assert content == LIST
    assert local.name == ("stdin/list.csv" if kind == "zip" else "stdin")


def test_a_fault_in_the_list_names_standard_input(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", piped(b"Email,email\na,b\n"))
    error = refusal("-", output)
    assert "stdin" in error.message
    assert ".incoming" not in error.message + error.hint


@pytest.mark.parametrize(
    ("pipe", "words"),
    [
        (piped(b""), "stdin is empty"),
        (piped(LIST, terminal=True), "nothing is piped into it"),
        (None, "nothing is piped into it"),
    ],
)
def test_nothing_on_standard_input_is_said_at_once(
    output: Path, monkeypatch: pytest.MonkeyPatch, pipe: io.TextIOWrapper | None, words: str
) -> None:
    monkeypatch.setattr(sys, "stdin", pipe)
    assert words in refusal("-", output).message


def test_standard_input_without_end_is_refused(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Pipe):
        def read(self, size: int | None = -1) -> bytes:
            return bytes(size or 0)

    monkeypatch.setattr(copies, "MOST", 3_000_000)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Endless(b"")))
    assert "stdin comes to more than 3 MB" in refusal("-", output).message


# ---------------------------------------------------------------------- where it is found again


def test_only_what_can_be_found_again_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lasting("list.csv.gz") == str(tmp_path / "list.csv.gz")
    assert lasting("https://example.com/list.csv") == "https://example.com/list.csv"
    assert lasting("https://example.com/list.csv?key=s3cret") == ""
    assert lasting("-") == ""
