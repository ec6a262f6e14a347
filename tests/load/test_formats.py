"""Files that are not there, not readable, or not what their name says."""

from __future__ import annotations

import gzip
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.load import ReadOptions, open_list
from pipeline.load.files import BLOCK, readable

from .making import LEADS, write_ods, write_sheets, write_xls

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        open_list(path, ReadOptions())
    assert caught.value.hint
    assert str(path) in caught.value.message
    return caught.value


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "leads-may.csv").touch()
    error = refusal(tmp_path / "leads_may.csv")
    assert "does not exist" in error.message
    assert error.hint == "Did you mean leads-may.csv?"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "lists") in refusal(tmp_path / "lists" / "may.csv").hint


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "list.csv")
    assert "not a regular file" in refusal(tmp_path / "list.csv").message


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_empty_file_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"list.{kind}").touch()
    assert "0 bytes" in refusal(tmp_path / f"list.{kind}").message


@pytest.mark.parametrize(
    ("error", "said"), [(PermissionError(13, "denied"), "permission denied"), (OSError(5, "I/O error"), "I/O error")]
)
def test_what_the_system_says_becomes_an_input_error(error: OSError, said: str) -> None:
    with pytest.raises(InputError, match=said), readable(Path("list.csv")):
        raise error


@pytest.mark.parametrize("name", ["list", "list.pdf", "list.csv.gz", ".csv"])
def test_an_ending_that_cannot_be_read_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n")
    assert ".csv, .tsv, .txt, .xlsx" in refusal(tmp_path / name).hint


@pytest.mark.parametrize("kind", ["csv", "xls", "ods", "xlsb"])
def test_an_xlsx_by_another_name_is_refused_with_the_right_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    write_sheets(tmp_path / "list.xlsx", {"May": LEADS})
    shutil.copy(tmp_path / "list.xlsx", path)
    error = refusal(path)
    assert "an Excel workbook (.xlsx)" in error.message
    assert "list.xlsx" in error.hint


def test_an_ods_named_xlsx_is_refused_with_the_right_name(tmp_path: Path) -> None:
    write_ods(tmp_path / "list.xlsx", {(1, 1): "a", (2, 1): "b"})
    assert "list.ods" in refusal(tmp_path / "list.xlsx").hint


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_xls_by_another_name_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    write_xls(path, {(1, 1): "a", (2, 1): "b"})
    assert "older Excel workbook" in refusal(path).message


def test_a_password_is_found_wherever_the_container_names_it(tmp_path: Path) -> None:
    name = "EncryptedPackage".encode("utf-16-le")
    path = tmp_path / "list.xlsx"
    path.write_bytes(OLE + bytes(BLOCK - len(OLE) - 7) + name)
    assert "password" in refusal(path).message


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_plain_zip_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.csv", "a,b\n1,2\n")
    assert "a zip archive" in refusal(path).message


@pytest.mark.parametrize("kind", ["xls", "csv", "xlsx"])
@pytest.mark.parametrize("content", ["<html><table></table></html>", "\ufeff\n <!DOCTYPE html>", "<TABLE>"])
def test_a_web_page_is_refused_under_any_name(tmp_path: Path, kind: str, content: str) -> None:
    path = tmp_path / f"list.{kind}"
    path.write_text(content, encoding="utf-8")
    assert "a web page" in refusal(path).message


@pytest.mark.parametrize(
    ("content", "what"), [(b"%PDF-1.7\n", "a PDF"), (gzip.compress(b"a,b\n", mtime=0), "a gzip archive")]
)
def test_other_formats_are_called_by_their_name(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    assert what in refusal(path).message


@pytest.mark.parametrize(("content", "what"), [(b"a,b\n1,2\n", "plain text"), (b"\1\0\2\0", "not a workbook")])
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_workbook_that_is_none_is_refused(tmp_path: Path, kind: str, content: bytes, what: str) -> None:
    path = tmp_path / f"list.{kind}"
    path.write_bytes(content)
    assert what in refusal(path).message
