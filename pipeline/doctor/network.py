"""Can LeadByte be reached: the name, the connection, the certificate, the proxy; and is the clock right?

One connection, and one HEAD of the address itself on it, without the key.
"""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import requests
from urllib3.util.ssl_ import create_urllib3_context

from pipeline.config import Settings, is_loopback
from pipeline.doctor.finding import Finding, fail, ok, skip, warn

#: A certificate that is valid for fewer days should be looked after.
EXPIRES_SOON: Final = 14
#: So many seconds may a clock be wrong: hours of sending, caps and the search for unknown rows go by it.
CLOCK_OFF: Final = 60.0
_SET_CLOCK: Final = "let the machine set its clock by the network: timedatectl set-ntp true (Windows: Date & time)"


def network(settings: Settings, now: Callable[[], datetime]) -> Iterator[Finding]:
    """What is found on the way to the account's address, up to where it ends."""
    address = urlsplit(settings.address())
    proxy = _proxy(address)
    if proxy is not None:
        yield ok("proxy", f"{proxy.scheme}://{proxy.hostname}:{proxy.port or _port(proxy)}, by the environment")
        if proxy.scheme not in ("http", "https"):
            yield skip("connection", f"a {proxy.scheme} proxy: nothing here can look through it")
            return
    try:
        connection = _connection(settings, address, proxy)
    except (OSError, ValueError):
        yield fail(
            "certificate", f"{settings.ca_bundle} is not a file of certificates",
            "name one in LEADBYTE_CA_BUNDLE (PEM), or unset it",
        )  # fmt: skip
        return
    try:
        began = now()
        broken = _connect(connection, settings, address, proxy)
        if broken:
            yield from broken
            return
        yield ok("connection", f"{_where(address, proxy)}, {(now() - began).total_seconds() * 1000:.0f} ms")
        if isinstance(connection.sock, ssl.SSLSocket):
            yield certificate(connection.sock.getpeercert() or {}, now())
        yield clock(*_date(connection, now))
    finally:
        connection.close()


def _proxy(address: SplitResult) -> SplitResult | None:
    if is_loopback(address.hostname or ""):
        return None
    found = requests.utils.get_environ_proxies(address.geturl())
    chosen = requests.utils.select_proxy(address.geturl(), found)
    return urlsplit(chosen if "://" in chosen else f"http://{chosen}") if chosen else None


def _port(address: SplitResult) -> int:
    return address.port or (443 if address.scheme == "https" else 80)


def _where(address: SplitResult, proxy: SplitResult | None) -> str:
    return f"{address.hostname}:{_port(address)}" + (f" through {proxy.hostname}" if proxy else "")


def _connection(settings: Settings, address: SplitResult, proxy: SplitResult | None) -> HTTPConnection:
    """A connection, not opened yet; certificates are verified as by the client that sends leads."""
    peer = proxy or address
    host, port, patience = peer.hostname or "", _port(peer), settings.connect_timeout
    if address.scheme == "http":
        return HTTPConnection(host, port, timeout=patience)
    trusted = settings.certificates()
    context = create_urllib3_context()
    context.load_verify_locations(trusted if isinstance(trusted, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH)
    connection = HTTPSConnection(host, port, timeout=patience, context=context)
    if proxy is not None:
        connection.set_tunnel(address.hostname or "", _port(address), _sign_in(proxy))
    return connection


def _sign_in(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    words = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}


def _connect(
    connection: HTTPConnection, settings: Settings, address: SplitResult, proxy: SplitResult | None
) -> list[Finding]:
    """Why there is no connection; nothing when there is one. Errors' own texts are told only where they are known."""
    where = _where(address, proxy)
    try:
        connection.connect()
    except socket.gaierror:
        name = (proxy or address).hostname
        which = "the proxy in HTTPS_PROXY" if proxy else "LEADBYTE_ACCOUNT, LEADBYTE_DOMAIN or LEADBYTE_BASE_URL"
        return [
            fail("connection", f"nobody knows the name {name}", f"check its spelling in {which}, and the DNS here")
        ]
    except ssl.SSLCertVerificationError as error:
        return [
            ok("connection", where),
            fail(
                "certificate", f"the certificate of {address.hostname} does not verify: {error.verify_message}",
                "where a company's own proxy looks into TLS, name its certificates in LEADBYTE_CA_BUNDLE; else check "
                "the address and the clock, and send nothing",
            ),
        ]  # fmt: skip
    except ssl.SSLError as error:
        why = f"no secure connection with {address.hostname}: {error.reason or 'TLS failed'}"
        return [ok("connection", where), fail("certificate", why, "check the port in the address, and the proxy")]
    except TimeoutError:
        why = f"{where} did not answer within {settings.connect_timeout:g} s"
        return [fail("connection", why, "a firewall may be in the way: let this machine reach it")]
    except (OSError, HTTPException) as error:
        why = "the proxy refused" if proxy else getattr(error, "strerror", None) or type(error).__name__
        return [fail("connection", f"{where}: {why}", "check the address, the firewall and the proxy")]
    return []


def certificate(peer: dict[str, Any], now: datetime) -> Finding:
    """How long the server's certificate is valid; `peer` as `SSLSocket.getpeercert` has it."""
    if "notAfter" not in peer:
        return skip("certificate", "the certificate does not say how long it is valid")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(peer["notAfter"]), UTC)
    left = until - now
    says = f"valid until {until:%Y-%m-%d}, for {left.days} days"
    if left < timedelta(days=EXPIRES_SOON):
        return warn("certificate", says, "tell whoever renews it: LeadByte, or the owner of the proxy in between")
    return ok("certificate", says)


def _date(connection: HTTPConnection, now: Callable[[], datetime]) -> tuple[str, datetime]:
    """What the server says its time is, and the time here, halfway between question and answer."""
    asked = now()
    try:
        connection.request("HEAD", "/", headers={"Connection": "close"})
        said = connection.getresponse().getheader("Date", "")
    except (OSError, HTTPException):
        said = ""
    return said, asked + (now() - asked) / 2


def clock(said: str, here: datetime) -> Finding:
    """Whether this machine's clock agrees with the server's `Date`, which is in whole seconds."""
    try:
        there = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return skip("clock", "LeadByte's answer did not say the time")
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    off = (here - there).total_seconds()
    if abs(off) > CLOCK_OFF:
        return warn("clock", f"{abs(off):,.0f} s {'fast' if off > 0 else 'slow'}, by LeadByte's", _SET_CLOCK)
    return ok("clock", f"right within {max(abs(off), 1.0):.0f} s")
