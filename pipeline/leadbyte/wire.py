"""Proof of what left: connections that note when the first byte of a request was handed to the socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Meter:
    """Watches the one request that a session has under way. One meter per worker, as one session per worker.

    `touched`: bytes of it were handed to the socket; `over`: its total time was over before it ended; `number` tells
    it from those before it.
    """

    def __init__(self) -> None:
        self.touched = self.over = False
        self._connecting = self.number = 0
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._on_sent: Callable[[], None] = _nothing

    def begin(self, on_sent: Callable[[], None]) -> None:
        """A new request starts; `on_sent` is called once its first bytes are with the socket."""
        with self._lock:
            self.touched = self.over = False
            self.number += 1
            self._sock = None
            self._on_sent = on_sent

    @contextmanager
    def within(self, seconds: float, on_sent: Callable[[], None]) -> Iterator[None]:
        """A new request, cut off when it is not done within so many seconds: a slow drip defeats timeouts."""
        self.begin(on_sent)
        timer = threading.Timer(seconds, self.cut, [self.number])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def connecting(self, entering: bool) -> None:
        """Bytes of connecting (a proxy's CONNECT) are not bytes of the request."""
        self._connecting += 1 if entering else -1

    def sending(self, connection: HTTPConnection) -> bool:
        """About to hand bytes to the socket: from here on, nothing proves that the request did not arrive."""
        # The socket, not the connection: that forgets it once an answer says `Connection: close`.
        self._sock = connection.sock
        if self.over and not self.touched:
            raise TimeoutError("the total time was over before the request could leave")
        first = not self._connecting and not self.touched
        self.touched = self.touched or first
        return first

    def sent(self) -> None:
        """The first bytes are with the socket."""
        self._on_sent()

    def cut(self, number: int | None = None) -> None:
        """End the connection under the request: its total time is over. Called from another thread.

        `number`: only when this request is still under way, and not the next one already.
        """
        with self._lock:
            if number not in (None, self.number):
                return
            self.over = True
            if self._sock is not None:
                # Not the TLS socket's own shutdown: it would let the reader go on with what is still encrypted.
                with suppress(OSError):  # gone already, which is what was wanted
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


def _nothing() -> None:
    return


class _Metered:
    """Mixed into urllib3's connections; `meter` is set by the adapter's subclass of each."""

    meter: Meter

    def connect(self) -> None:
        self.meter.connecting(True)
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self.meter.connecting(False)

    def send(self, data: Any) -> None:
        # http.client opens the connection from within send: nothing of the request has left before that succeeds.
        if getattr(self, "sock", None) is None:
            self.connect()
        first = self.meter.sending(self)  # type: ignore[arg-type]
        super().send(data)  # type: ignore[misc]
        if first:
            self.meter.sent()


class MeteredAdapter(HTTPAdapter):
    """An adapter without retries (they re-send a POST after a post-send TLS error) whose connections are metered."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """requests' own pool manager, with metered connections in its pools."""
        super().init_poolmanager(*args, **kwargs)
        self._meter_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The same for a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._meter_pools(manager)
        return manager

    def _meter_pools(self, manager: Any) -> None:
        plain = type("Plain", (_Metered, HTTPConnection), {"meter": self._meter})
        secure = type("Secure", (_Metered, HTTPSConnection), {"meter": self._meter})
        manager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
