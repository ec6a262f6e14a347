"""Lists at an address: downloaded whole and unchanged, or refused without a word of what is secret."""

from __future__ import annotations

import gzip
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from pipeline.errors import InputError
from pipeline.load import ReadOptions, copies, open_list, remote
from pipeline.load.origin import local_copy
from pipeline.load.remote import shown

from .making import LEADS, write_sheets
from .serving import PASSWORD, USER, Answers, http_server, sftp_server, write_certificate

LIST = b"Email,Phone\na@example.com,07700900123\n"
PACKED = gzip.compress(LIST, mtime=0)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def answers() -> Answers:
    return {"/list.csv": (200, {}, LIST)}


@pytest.fixture
def address(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # no use for what is on this machine
    with http_server(answers) as (base, _):
        yield base


def read(where: str, output: Path) -> bytes:
    with local_copy(where, output) as local:
        return local.path.read_bytes()


def refusal(where: str, output: Path) -> InputError:
    with pytest.raises(InputError) as caught, local_copy(where, output) as local:
        open_list(local.path, ReadOptions(), local.name)
    error = caught.value
    assert error.hint
    assert "s3cret" not in error.message + error.hint
    assert error.__cause__ is None or "s3cret" not in str(error.__cause__)
    assert not output.exists()
    return error


# ---------------------------------------------------------------------- http


def test_a_list_is_downloaded_and_told(address: str, output: Path) -> None:
    with local_copy(f"{address}/list.csv?key=s3cret", output) as local:
        assert local.path.read_bytes() == LIST
        assert local.path.stat().st_mode & 0o777 == 0o600
        assert local.name == f"{address}/list.csv"
        assert local.decisions == (f"downloaded from {address}/list.csv",)
    assert not output.exists()


def test_a_large_list_arrives_whole(address: str, answers: Answers, output: Path) -> None:
    answers["/list.csv"] = (200, {}, LIST * 1_000_000)
    assert read(f"{address}/list.csv", output) == LIST * 1_000_000


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/list.csv.gz", {}),
        ("/list.csv.gz", {"Content-Encoding": "gzip", "Content-Type": "text/csv"}),  # as web servers call it
        ("/list.csv", {"Content-Encoding": "gzip"}),
        ("/export", {}),
    ],
)
def test_a_packed_list_is_unpacked_whatever_the_server_calls_it(
    address: str, answers: Answers, output: Path, path: str, headers: dict[str, str]
) -> None:
    answers[path] = (200, headers, PACKED)
    assert read(address + path, output) == LIST


def test_an_address_without_an_ending_is_told_by_its_content(
    address: str, answers: Answers, tmp_path: Path, output: Path
) -> None:
    write_sheets(tmp_path / "book.xlsx", {"May": LEADS})
    answers["/export"] = (200, {}, (tmp_path / "book.xlsx").read_bytes())
    with local_copy(f"{address}/export?format=xlsx", output) as local:
        assert open_list(local.path, ReadOptions(), local.name).sheet == "May"


def test_a_redirect_is_followed(address: str, answers: Answers, output: Path) -> None:
    answers["/old"] = (302, {"Location": "/list.csv?key=s3cret"}, b"")
    assert read(f"{address}/old", output) == LIST


def test_a_password_goes_to_no_other_server(address: str, answers: Answers, output: Path) -> None:
    with http_server({"/list.csv": (200, {}, LIST)}) as (other, asked_other), http_server(answers) as (base, asked):
        answers["/old"] = (302, {"Location": f"{other}/list.csv"}, b"")
        assert read(f"{base}/old".replace("//", "//me:s3cret@"), output) == LIST
    assert "authorization" in asked[0]
    assert [one for one in asked_other if "authorization" in one or "s3cret" in str(one)] == []
    assert len(asked_other) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://example.com/list.csv?s3cret", "//example.com/list.csv"])
def test_a_redirect_never_leads_to_where_everybody_reads_along(
    address: str, answers: Answers, output: Path, status: int, target: str
) -> None:
    answers["/old"] = (status, {"Location": target}, b"")
    assert "http://example.com/list.csv" in refusal(f"{address}/old", output).message


@pytest.mark.parametrize("target", ["/old", "file:///etc/passwd", "", "https://"])
def test_a_redirect_to_nowhere_is_refused(address: str, answers: Answers, output: Path, target: str) -> None:
    answers["/old"] = (302, {"Location": target}, b"")
    assert f"{address}/old cannot be read" in refusal(f"{address}/old", output).message


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "there is no such file"),
        (401, "HTTP 401"),
        (403, "HTTP 403"),
        (410, "HTTP 410"),
        (500, "HTTP 500"),
        (202, "HTTP 202"),
    ],
)
def test_what_the_server_answers_is_told(
    address: str, answers: Answers, output: Path, status: int, words: str
) -> None:
    answers["/list.csv"] = (status, {}, b"s3cret")
    error = refusal(f"{address}/list.csv?s3cret".replace("//", "//me:s3cret@"), output)
    assert error.message.startswith(address.replace("//", "//…@") + "/list.csv")
    assert words in error.message


def test_a_server_that_is_not_there_is_told(output: Path) -> None:
    error = refusal("http://me:s3cret@127.0.0.1:9/list.csv", output)
    assert "http://…@127.0.0.1:9/list.csv cannot be read: Connect" in error.message


def test_a_name_that_no_server_has_is_told(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    assert "cannot be read" in refusal("https://lists.invalid/list.csv", output).message


def test_a_download_that_breaks_off_is_refused(address: str, answers: Answers, output: Path) -> None:
    answers["/list.csv"] = (200, {"Content-Length": "9999"}, LIST)
    assert "the connection broke off" in refusal(f"{address}/list.csv", output).message


def test_a_server_that_falls_silent_is_given_up(
    address: str, answers: Answers, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "SILENCE", 0.2)
    answers["/list.csv"] = (200, {}, b"WAIT")
    assert "the server does not answer" in refusal(f"{address}/list.csv", output).message


def test_a_download_without_end_is_refused(
    address: str, answers: Answers, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST", 1_000_000)
    answers["/list.csv"] = (200, {}, bytes(20_000_000))
    assert "comes to more than 1 MB" in refusal(f"{address}/list.csv", output).message


def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path, output: Path) -> None:
    certificate = write_certificate(tmp_path / "server.pem")
    with http_server({"/list.csv": (200, {}, LIST)}, certificate) as (address, asked):
        error = refusal(f"{address}/list.csv", output)
        assert "certificate of the server is not valid" in error.message
        assert asked == []


# ---------------------------------------------------------------------- what is safe, what is shown


@pytest.mark.parametrize(
    "where", ["http://example.com/list.csv", "HTTP://127.0.0.1.example.com/x.csv", "ftp://example.com/list.csv"]
)
def test_what_everybody_could_read_is_not_asked_for(output: Path, where: str) -> None:
    error = refusal(where, output)
    assert "is not encrypted" in error.message
    assert "https://" in error.hint


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("https://example.com/may/list.csv", "https://example.com/may/list.csv"),
        ("https://me:s3cret@example.com:8443/list.csv", "https://…@example.com:8443/list.csv"),
        ("https://s3cret@example.com/list.csv", "https://…@example.com/list.csv"),
        ("https://example.com/list.csv?sig=s3cret#s3cret", "https://example.com/list.csv?…"),
        ("https://example.com/list.csv#s3cret", "https://example.com/list.csv?…"),
        ("https://example.com?sig=s3cret", "https://example.com?…"),
        ("sftp://me:s3cret/s3cret@example.com/list.csv", "sftp://…"),
        ("sftp://me:s3cret?s3cret@example.com/list.csv", "sftp://…"),
        ("s3://bucket/a@b/list.csv", "s3://bucket/a@b/list.csv"),
        ("memory://list.csv", "memory://list.csv"),
    ],
)
def test_no_secret_of_an_address_is_shown(where: str, told: str) -> None:
    assert shown(where) == told


@pytest.mark.parametrize("where", ["list.csv", "C:/list.csv", "/tmp/a:b.csv", "-", "data:x"])  # noqa: S108
def test_a_path_is_no_address(where: str) -> None:
    assert not remote.is_remote(where)


# ---------------------------------------------------------------------- other kinds


def test_any_file_system_of_fsspec_will_do(output: Path) -> None:
    fsspec.filesystem("memory").pipe("/may/list.csv", LIST)
    assert read("memory://may/list.csv", output) == LIST
    assert "there is no such file" in refusal("memory://may/none.csv", output).message


def test_a_folder_is_refused(tmp_path: Path, output: Path) -> None:
    assert "is a folder" in refusal(f"file://{tmp_path}", output).message


def test_an_unknown_kind_of_address_is_refused(output: Path) -> None:
    assert "nonsense:// is no kind of address" in refusal("nonsense://x/list.csv", output).message


@pytest.mark.parametrize("where", ["https://[::1/list.csv", "https:///list.csv", "https://a:b/list.csv"])
def test_an_address_that_is_none_is_refused(output: Path, where: str) -> None:
    assert "cannot be read" in refusal(where, output).message


@pytest.mark.parametrize("package", ["fsspec", "aiohttp"])
def test_without_the_extra_its_installation_is_told(
    address: str, output: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    error = refusal(f"{address}/list.csv", output)
    assert "a package is missing" in error.message
    assert 'pip install "leadbyte-import[remote]"' in error.hint


def test_a_kind_that_takes_a_package_more_names_it(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    error = refusal("s3://bucket/list.csv", output)
    assert "for s3:// a package is missing" in error.message
    assert "s3fs" in error.hint


# ---------------------------------------------------------------------- sftp


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home/.ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path / "home"


def login(port: int, path: str, password: str = PASSWORD) -> str:
    return f"sftp://{USER}:{urllib.parse.quote(password, safe='')}@127.0.0.1:{port}{path}"


def test_the_bytes_of_a_download_are_told(address: str, tmp_path: Path, home: Path, output: Path) -> None:
    told: list[int] = []
    with local_copy(f"{address}/list.csv", output, told.append):
        assert sum(told) == len(LIST)
    told.clear()
    (tmp_path / "list.csv").write_bytes(LIST * 100_000)
    with sftp_server(tmp_path) as (port, line):
        (home / ".ssh/known_hosts").write_text(line)
        with local_copy(login(port, "/list.csv"), output, told.append):
            assert len([size for size in told if size]) > 2
            assert sum(told) == len(LIST) * 100_000


def test_a_list_comes_by_sftp_from_a_server_that_ssh_knows(tmp_path: Path, home: Path, output: Path) -> None:
    (tmp_path / "may list.csv").write_bytes(LIST * 100_000)
    with sftp_server(tmp_path) as (port, line):
        (home / ".ssh/known_hosts").write_text(line)
        assert read(login(port, "/may%20list.csv"), output) == LIST * 100_000
        assert "there is no such file" in refusal(login(port, "/none.csv"), output).message
        assert "Authentication failed" in refusal(login(port, "/list.csv", "s3cret"), output).message


def test_a_server_that_ssh_does_not_know_gets_no_password(tmp_path: Path, home: Path, output: Path) -> None:
    (tmp_path / "list.csv").write_bytes(LIST)
    with sftp_server(tmp_path) as (port, line):
        assert "not found in known_hosts" in refusal(login(port, "/list.csv"), output).message
        with sftp_server(tmp_path) as (_, another):
            (home / ".ssh/known_hosts").write_text(line.rpartition(" ")[0] + " " + another.rpartition(" ")[2])
        assert "does not match" in refusal(login(port, "/list.csv"), output).message


def test_a_download_by_sftp_without_end_is_refused(
    tmp_path: Path, home: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST", 1_000_000)
    (tmp_path / "list.csv").write_bytes(bytes(5_000_000))
    with sftp_server(tmp_path) as (port, line):
        (home / ".ssh/known_hosts").write_text(line)
        assert "comes to more than 1 MB" in refusal(login(port, "/list.csv"), output).message
