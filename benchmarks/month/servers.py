"""What a month needs besides the importer, in a process of its own: two accounts, a mail server, a web hook.

Commands come as JSON lines on stdin, each is answered with one on stdout. It ends with its stdin.
"""

from __future__ import annotations

import email
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

TOP: Final = Path(__file__).absolute().parents[2]
KEYS: Final = {"acme": "k3y-of-acme-that-nobody-may-see", "beta": "k3y-of-beta-that-nobody-may-see"}
LATENCY: Final = 0.004


class Servers:
    """The other end of it. `urls`: of the accounts, and `hook`, `ping`; `mail`: the port."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        told = self._read()
        self.urls: dict[str, str] = told["urls"]
        self.mail: int = told["mail"]

    def away(self, account: str, *, back: bool = False) -> None:
        """An account does not answer any more, or does again."""
        self.ask(do="start" if back else "stop", account=account)

    def record(self) -> list[dict[str, Any]]:
        """Every lead that arrived since it was last asked, with its `account`."""
        found: list[dict[str, Any]] = self.ask(do="record")["leads"]
        return found

    def heard(self) -> list[dict[str, str]]:
        """Mails, posts and pings since it was last asked: `channel`, `head`, `text`."""
        found: list[dict[str, str]] = self.ask(do="heard")["heard"]
        return found

    def ask(self, **wanted: object) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101 - for mypy: it is a pipe
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - for mypy: it is a pipe
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def servers() -> Iterator[Servers]:
    """All of them, running."""
    command = [sys.executable, "-m", "benchmarks.month.servers"]
    process = subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Servers(process)
    finally:
        assert process.stdin is not None  # noqa: S101 - for mypy: it is a pipe
        assert process.stdout is not None  # noqa: S101 - the same
        process.stdin.close()
        process.wait()
        process.stdout.close()


# ---------------------------------------------------------------------- in that process


def main() -> None:
    """Serve until stdin ends."""
    from pipeline.sandbox import Sandbox

    logging.disable()  # clients that are gone when they are answered are what this is about
    heard: list[dict[str, str]] = []
    accounts = {name: Sandbox(key=key, latency=LATENCY, duplicate_check=False) for name, key in KEYS.items()}
    for one in accounts.values():
        one.start()
    web = ThreadingHTTPServer(("127.0.0.1", 0), _hook(heard))
    threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    post = _controller()(_Postbox(heard), hostname="127.0.0.1", port=0, server_hostname="localhost")
    post.start()
    urls = {name: one.base_url for name, one in accounts.items()}
    here = f"http://127.0.0.1:{web.server_port}"
    print(
        json.dumps({"urls": urls | {"hook": f"{here}/hook", "ping": f"{here}/ping"}, "mail": post.port}), flush=True
    )
    for line in sys.stdin:
        print(json.dumps(_done(json.loads(line), accounts, heard)), flush=True)
    post.stop()
    web.shutdown()
    for one in accounts.values():
        one.stop()


def _done(wanted: dict[str, Any], accounts: dict[str, Any], heard: list[dict[str, str]]) -> dict[str, Any]:
    match wanted["do"]:
        case "record":
            leads = []
            for name, one in accounts.items():
                leads += [asdict(lead) | {"account": name} for lead in one.record()]
                one.clear()
            return {"leads": leads}
        case "heard":
            told = list(heard)
            heard.clear()
            return {"heard": told}
        case "stop":
            accounts[wanted["account"]].stop()
        case "start":
            accounts[wanted["account"]].start()
    return {}


def _hook(heard: list[dict[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            channel = "hook" if self.path == "/hook" else "ping"
            heard.append({"channel": channel, "head": self.path, "text": f"{self.headers}\n{body}"})
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class _Postbox:
    def __init__(self, heard: list[dict[str, str]]) -> None:
        self._heard = heard

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = email.message_from_bytes(envelope.content, policy=policy.default)
        text = "".join(str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")
        heads = "\n".join(f"{name}: {value}" for name, value in mail.items())
        self._heard.append({"channel": "mail", "head": str(mail["Subject"]), "text": f"{heads}\n\n{text}"})
        return "250 OK"


def _controller() -> Any:
    from aiosmtpd.controller import Controller

    class AnyPort(Controller):
        """Listens on a free port; the port is known once the server is there."""

        server: Any

        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()  # type: ignore[no-untyped-call]

    return AnyPort


if __name__ == "__main__":
    main()
