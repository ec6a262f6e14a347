"""Servers on this machine that are told of a night: mail, webhook, ping."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "importer", "pa55-that-nobody-may-see"


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


# ---------------------------------------------------------------------- mail


@dataclass
class Postbox:
    """What a mail server took, and what it answers instead: `refusals` by address, `answers` to the next mails."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    reached: list[list[str]] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)
    offered: int = 0
    refusals: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.offered += 1
        if self.answers:
            return self.answers.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.reached.append(envelope.rcpt_tos)
        self.over_tls.append(session.ssl is not None)
        return "250 OK"


class _AnyPort(Controller):
    """Listens on a free port; the port is known once the server is there."""

    server: Any

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(*, starttls: Path | None = None, tls: Path | None = None, login: bool = False) -> Iterator[Postbox]:
    """A mail server; with `starttls` or `tls` (a certificate with its key) it takes mail over TLS only."""
    box = Postbox()
    controller = _AnyPort(
        box,
        hostname="127.0.0.1",
        port=0,
        server_hostname="localhost",
        ssl_context=_context(tls) if tls else None,
        tls_context=_context(starttls) if starttls else None,
        require_starttls=starttls is not None,
        auth_required=login,
        auth_require_tls=starttls is not None,
        authenticator=_login if login else None,
    )
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


# ---------------------------------------------------------------------- webhook and ping


@dataclass
class Posted:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """A server that notes what is posted to it. `answers`: status and headers for the next; then it is 200."""

    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    #: Never answers; or never ends to answer, a sign at a time.
    silent: bool = False
    drips: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.posted]


@contextmanager
def web_server(certificate: Path | None = None) -> Iterator[Web]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            web.posted.append(Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if web.silent:
                web.over.wait(20)
                return
            if web.drips:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not web.over.wait(0.02):
                    self.wfile.write(b"x")
                return
            status, headers = web.answers.pop(0) if web.answers else (200, {})
            self.send_response(status)
            for name, value in ({"Content-Length": "2"} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients break off on purpose
    if certificate:
        server.socket = _context(certificate).wrap_socket(server.socket, server_side=True)
    web.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield web
    finally:
        web.over.set()
        server.shutdown()
        server.server_close()
