"""Starting and stopping the sandbox: uvicorn in a thread of its own, or blocking for the command line."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

import uvicorn

from pipeline.sandbox.account import Account
from pipeline.sandbox.app import App, Envelope
from pipeline.sandbox.faults import FAULTS, FaultSwitch
from pipeline.sandbox.keys import SANDBOX_KEY, Keys
from pipeline.sandbox.leads import Leads
from pipeline.sandbox.rate import RateLimit
from pipeline.sandbox.record import Received, Record
from pipeline.sandbox.wire import WireProtocol

START_SECONDS = 15.0


class Sandbox:
    """A LeadByte account over HTTP on this machine; a context manager, ready on entering.

    `port` 0 takes a free one. `rate_limit` is in leads per second, None for none; `latency` in seconds before
    each answer of the API. `key` is the key with every permission. `duplicate_check=False` never answers -2 by
    itself. `envelope` wraps campaigns as `{"status", "campaigns"}` or `{"status", "data"}`. A sandbox that was
    stopped may be started again, on the same port and with all it knew. Raises OSError when the port is taken
    and ValueError for a rate that is not above zero.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        rate_limit: float | None = None,
        key: str = SANDBOX_KEY,
        latency: float = 0.0,
        *,
        duplicate_check: bool = True,
        envelope: Envelope = "",
    ) -> None:
        self.host = host
        self.port = port
        self.key = key
        self._record = Record()
        self._faults = FaultSwitch()
        self._account = Account(duplicate_check=duplicate_check)
        limit = RateLimit(rate_limit)
        self._leads = Leads(Keys(key), self._account, limit, self._record, self._faults, latency)
        self._question_faults = FaultSwitch()
        self._app = App(self._leads, envelope, self._question_faults).asgi()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """`http://host:port`, without the API root and without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def record(self) -> list[Received]:
        """Return every lead that arrived, in order, faulty ones too."""
        return self._record.leads()

    def requests(self) -> list[tuple[str, str]]:
        """Return (method, path) of every request but those for the record itself."""
        return self._record.requests()

    def clear(self) -> None:
        """Clear the record; the account keeps its leads, so duplicates stay duplicates."""
        self._record.clear()

    def reset(self) -> None:
        """Clear the record, forget the account's leads and disarm faults: as if just started."""
        self._record.clear()
        self._account.forget()
        self._faults.forget()
        self._question_faults.forget()

    def fault_next(self, tag: str, times: int = 1) -> None:
        """Let the next `times` leads meet this fault. Raises ValueError for an unknown tag."""
        self._faults.arm(tag, times)

    def fault_next_question(self, tag: str, times: int = 1) -> None:
        """Let the next `times` questions to the queue or the search meet this fault.

        Raises ValueError for an unknown tag, and for one that is about a lead.
        """
        if tag in FAULTS and FAULTS[tag].kind == "answer":
            raise ValueError(f"the fault {tag!r} is about a lead, not about a question")
        self._question_faults.arm(tag, times)

    def start(self) -> None:
        """Bind the port and serve; returns when requests are being answered."""
        listener = _listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            http=WireProtocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="error",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=3,
        )
        self._leads.stopping = asyncio.Event()  # it belongs to one event loop, and each start has its own
        self._server = _Server(config, self._leads.stopping)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="leadbyte-sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(START_SECONDS):
            raise RuntimeError(f"the sandbox did not start within {START_SECONDS:.0f} s")

    def stop(self) -> None:
        """Stop serving; clients left waiting by a fault are cut off."""
        if self._server is not None:
            self._server.stop()
        if self._thread is not None:
            self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    on_ready: Callable[[str], None],
    rate_limit: float | None = None,
    key: str = SANDBOX_KEY,
    latency: float = 0.0,
    duplicate_check: bool = True,
) -> None:
    """Serve until SIGINT or SIGTERM, then stop cleanly and return. Prints nothing.

    `on_ready` is called once with the base URL. Call it from the main thread: signals arrive nowhere else.
    """
    interrupted = False

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    sandbox = Sandbox(port, host, rate_limit, key, latency, duplicate_check=duplicate_check)
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with sandbox:
            on_ready(sandbox.base_url)
            while not interrupted:
                time.sleep(0.1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and lets go of clients that a fault keeps waiting."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        # uvicorn looks ten times a second whether it is to end: too seldom for hundreds of tests with a sandbox each.
        ends = [asyncio.create_task(one) for one in (super().main_loop(), self._stopping.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for one in ends:
            one.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets=sockets)

    def stop(self) -> None:
        self.should_exit = True
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: only then asyncio turns Nagle off, and no answer waits 40 ms for the client's ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except BaseException:
        listener.close()
        raise
    return listener
