from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from pipeline.retention.person import Person
from pipeline.retention.search import files_below, is_in_file

JANE = Person.of("jane@example.com", "07700 900123")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("before", range(0, 140, 7))
def test_the_person_is_found_wherever_the_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, before: int
) -> None:
    monkeypatch.setattr("pipeline.retention.search._WINDOW", 64)
    monkeypatch.setattr("pipeline.retention.search._OVERLAP", 48)
    for number, text in enumerate(("jane@example.com", "+447700900123")):
        path = tmp_path / str(number)
        path.write_bytes((" " * before + text + " " * (150 - before)).encode(encoding))
        assert is_in_file(JANE, path), (text, before)
    path.write_bytes((" " * before + "mary@example.com").encode(encoding))
    assert not is_in_file(JANE, path)


def test_what_is_packed_is_looked_into(tmp_path: Path) -> None:
    content = b"a,b\r\njane@example.com,07700900123\r\n" * 20
    packed = {"a.gz": gzip.compress(content), "a.bz2": bz2.compress(content), "a.xz": lzma.compress(content)}
    for name, data in packed.items():
        (tmp_path / name).write_bytes(data)
        assert is_in_file(JANE, tmp_path / name)
        assert not is_in_file(Person.of("mary@example.com"), tmp_path / name)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("jane@example.com.csv", b"nothing")
        archive.writestr("b.csv", content.replace(b"jane", b"mary"))
    assert is_in_file(JANE, tmp_path / "a.zip")
    assert is_in_file(Person.of("mary@example.com"), tmp_path / "a.zip")
    assert not is_in_file(Person.of("rose@example.com"), tmp_path / "a.zip")


@pytest.mark.parametrize(
    "content", [b"7z\xbc\xaf..", b"Rar!..", b"\x28\xb5\x2f\xfd", b"PK\x03\x04..", b"BZh9..", b"\x1f\x8b.."]
)
def test_what_cannot_be_looked_into_is_an_error_and_no_miss(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(OSError, match=r"unpacked|Invalid data stream|Not a gzipped file"):
        is_in_file(JANE, tmp_path / "file")


def test_files_are_those_of_all_folders_below_and_no_links(tmp_path: Path) -> None:
    for name in ("b", "a/c", "a/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "b")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [str(one.relative_to(tmp_path)) for one in files_below(tmp_path)] == ["a/c", "a/d/e", "b"]
