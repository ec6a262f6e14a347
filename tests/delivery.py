"""Helpers of the delivery tests: servers that misbehave at the socket, a list to import, a process to kill."""

from __future__ import annotations

import csv
import os
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pytest
from pydantic import SecretStr

from pipeline.config import Settings
from pipeline.journal import Journal
from pipeline.leadbyte.client import LeadByte
from pipeline.model import PlannedRow
from pipeline.world import Order

ROOT = Path(__file__).parent.parent
KEY = "k3y-that-nobody-may-see"

#: Self-signed for 127.0.0.1 and nothing else, valid for a hundred years; made for these tests alone.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgm4aW3JehhNnJ2B8m
pXl01RuuBUwuCygq6DtcFe+aDUuhRANCAAT1c9R+eVrbs5cKId1E4QC8RdMoi2po
GI822CyiG4L7PzL8FkhSuYtRlCP1E8cpKhSU+e5qlzJyVccbwqAupbGw
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBojCCAUmgAwIBAgIBATAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRsZWFkYnl0
ZS1pbXBvcnQgdGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
HzEdMBsGA1UEAwwUbGVhZGJ5dGUtaW1wb3J0IHRlc3QwWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAAT1c9R+eVrbs5cKId1E4QC8RdMoi2poGI822CyiG4L7PzL8FkhS
uYtRlCP1E8cpKhSU+e5qlzJyVccbwqAupbGwo3QwcjAPBgNVHRMBAf8EBTADAQH/
MA4GA1UdDwEB/wQEAwIChDAPBgNVHREECDAGhwR/AAABMB0GA1UdDgQWBBQvzc32
vUoPFXkdcxZz8I+p1EGwCjAfBgNVHSMEGDAWgBQvzc32vUoPFXkdcxZz8I+p1EGw
CjAKBggqhkjOPQQDAgNHADBEAiBrteQEbnBsU7WHUYBQOAyj5f1nEruVYNyRZPZR
OfYYVwIgDaAinbzt9c2wRn/Mzae8uW/m9ftMIS9cyckthWEDNYU=
-----END CERTIFICATE-----
"""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No account, proxy or .env of the developer's reaches a test."""
    for name in list(os.environ):
        if name.startswith("LEADBYTE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    monkeypatch.chdir(tmp_path)


def settings(base_url: str, key: str = KEY, **changes: Any) -> Settings:
    return Settings(base_url=base_url, api_key=SecretStr(key), **changes)


def leadbyte(base_url: str, key: str = KEY, **changes: Any) -> LeadByte:
    return LeadByte(settings(base_url, key, **changes))


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    over = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < over, "waited in vain"
        time.sleep(0.01)


def everything_said(error: BaseException) -> str:
    """All that a handler, a log or a crash reporter could show of an exception and of those behind it."""
    said = "".join(traceback.format_exception(error))
    seen: list[BaseException | None] = [error]
    for one in seen:
        if one is not None:
            said += f"{one} {one!r} {one.__dict__} {one.args}"
            seen += [behind for behind in (one.__cause__, one.__context__) if behind not in seen]
    return said


# ---------------------------------------------------------------------- servers at the socket


class RawServer:
    """A server of bytes on a free port: `behave` is given every connection. Requests are kept as they came."""

    def __init__(self, behave: Callable[[RawServer, socket.socket], None], certificate: Path | None = None) -> None:
        self._behave = behave
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def read(self, connection: socket.socket) -> bytes:
        """One whole request: head and, by its Content-Length, body. Empty when the client went away."""
        data = b""
        while b"\r\n\r\n" not in data:
            block = connection.recv(65536)
            if not block:
                return b""
            data += block
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")),
            0,
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(60)
            self.connections += 1
            thread = threading.Thread(target=self._one, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        self._open.append(connection)
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            self._behave(self, connection)
        except OSError:
            return  # the client went away, which many tests are about
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._thread.join(5)
        self._listener.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for one in self._open:
            one.close()


def answering(answer: bytes) -> Callable[[RawServer, socket.socket], None]:
    """Reads one request, sends these bytes, closes."""

    def behave(server: RawServer, connection: socket.socket) -> None:
        if server.read(connection):
            connection.sendall(answer)

    return behave


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def nowhere() -> str:
    """A loopback address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


# ---------------------------------------------------------------------- a list, its mapping, its import

HEADERS = ("First name", "Surname", "E-mail", "Car", "Supplier")
MAPPING = """\
campaign: EXAMPLE-CAMPAIGN
columns: {First name: First_Name, Surname: Last_Name, E-mail: Email, Car: make_of_car, Supplier: SID}
dedupe: [Email]
"""


def email(number: int, tag: str = "") -> str:
    """A person's address; the sandbox acts on its plus-tag."""
    return f"person{number}+{tag}@example.com" if tag else f"person{number}@example.com"


def people(count: int) -> list[str]:
    return [email(number) for number in range(count)]


def write_list(path: Path, emails: Sequence[str], sid: str = "1") -> Path:
    """A list with one row per e-mail address: row 2 is the first of them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(["Jane", "Quillfeather", one, "Saab", sid] for one in emails)
    return path


def order(folder: Path, emails: Sequence[str], **changes: Any) -> Order:
    """The order to import such a list, as fast as pacing allows."""
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    wanted: dict[str, Any] = {"rate": "1000/s"} | changes
    return Order(str(write_list(folder / "leads.csv", emails)), mapping, folder / "output", **wanted)


def read_results(output: Path) -> list[dict[str, str]]:
    """The rows of the one results.csv in `output`."""
    (path,) = output.glob("*/results.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def planned(count: int, first: int = 2, **lead: str) -> list[PlannedRow]:
    return [
        PlannedRow(row, (email(row),), {"email": email(row), "sid": "1"} | lead)
        for row in range(first, first + count)
    ]


@contextmanager
def journal_of(folder: Path, rows: Sequence[PlannedRow] = (), run_id: str = "run") -> Iterator[Journal]:
    """A journal with one run that has these rows."""
    journal = Journal(folder / "journal.sqlite3")
    try:
        journal.begin(run_id, "2026-01-02T03:04:05+00:00", {"name": "a list"})
        journal.plan(run_id, rows, [])
        yield journal
    finally:
        journal.close()


def ask(path: Path, question: str) -> list[tuple[Any, ...]]:
    """What another process would see in the journal."""
    other = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=10)  # rw: never makes one
    try:
        return other.execute(question).fetchall()
    finally:
        other.close()


def launch(folder: Path, base_url: str, *arguments: str, key: str = "sandbox-key") -> subprocess.Popen[str]:
    """`leadbyte-import …` as a process of its own, in `folder`."""
    environment = os.environ | {"LEADBYTE_BASE_URL": base_url, "LEADBYTE_API_KEY": key, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
