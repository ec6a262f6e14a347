"""Answers that HTTP does not provide for: resets, bytes that trickle, bodies that break off.

They go past Starlette and uvicorn straight to the connection's transport, which `WireProtocol` hands on in
the request's state.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.sandbox.answers import Answer
from pipeline.sandbox.faults import Fault

HANG_SECONDS: Final = 120.0
DRIP_BYTES: Final = 300
DRIP_SECONDS: Final = 0.2


class WireProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which tells each request over which transport it came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note the transport where every request of this connection finds it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class WireResponse(Response):
    """Delivers an answer the way a `wire` fault wants it. `stopping` ends all waiting at once."""

    def __init__(self, fault: Fault, answer: Answer, stopping: asyncio.Event) -> None:
        super().__init__(status_code=200)
        self._fault = fault
        self._answer = answer
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Deliver, and return only when the connection is over (or, for `slow`, answered)."""
        transport: asyncio.Transport = scope["state"]["transport"]
        with _client(receive, self._stopping) as client:
            match self._fault.tag:
                case "slow":
                    await client.stays(1.0)
                case "hang":
                    await client.stays(HANG_SECONDS)
                    transport.abort()
                case "truncated":
                    head = _head(len(self._answer.body) + 100)
                    transport.write(head + self._answer.body[: len(self._answer.body) // 2])
                    transport.close()
                case "drip":
                    body = self._answer.body.rjust(DRIP_BYTES)
                    transport.write(_head(len(body)))
                    await _trickle(transport, client, body)
                    transport.close()
                case "slowheaders":
                    await _trickle(transport, client, _head(len(self._answer.body), DRIP_BYTES))
                    if not client.gone:
                        transport.write(self._answer.body)
                    transport.close()
                case _:
                    _reset(transport)
            if self._fault.tag != "slow":
                await client.leaves()
                return
        response = Response(self._answer.body, media_type=self._answer.media_type)
        await response(scope, receive, send)


class _Client:
    """Waits with an eye on the client: it may go away, or the sandbox may stop."""

    def __init__(self, receive: Receive, stopping: asyncio.Event) -> None:
        self._receive = receive
        self._away = asyncio.ensure_future(self._watch())
        self._stop = asyncio.ensure_future(stopping.wait())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    @property
    def gone(self) -> bool:
        return self._away.done()

    async def stays(self, seconds: float) -> bool:
        """Wait; False as soon as the client is gone or the sandbox stops."""
        watched: set[asyncio.Future[Any]] = {self._away, self._stop}
        done, _ = await asyncio.wait(watched, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return not done

    async def leaves(self) -> None:
        await asyncio.wait({self._away}, timeout=5)

    def let_go(self) -> None:
        self._away.cancel()
        self._stop.cancel()


@contextmanager
def _client(receive: Receive, stopping: asyncio.Event) -> Iterator[_Client]:
    client = _Client(receive, stopping)
    try:
        yield client
    finally:
        client.let_go()


async def _trickle(transport: asyncio.Transport, client: _Client, data: bytes) -> None:
    for place in range(len(data)):
        transport.write(data[place : place + 1])
        if not await client.stays(DRIP_SECONDS):
            transport.abort()
            return


def _head(length: int, padded_to: int = 0) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\nX-Padding: "
    )
    return head.ljust(padded_to - 4, "x").encode() + b"\r\n\r\n"


def _reset(transport: asyncio.Transport) -> None:
    """Close with a TCP reset: no time to linger, whatever is unsent or unread is dropped."""
    layout = "hh" if sys.platform == "win32" else "ii"
    connection = transport.get_extra_info("socket")
    with suppress(OSError):  # the client may have gone first
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(layout, 1, 0))
    transport.abort()
