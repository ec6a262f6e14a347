"""The ways by which people hear of a night: a mail, a webhook, a watch that is pinged. Each may be left out.

What is sent is words that others have made (pipeline.nightly.digest); here they are only brought. A channel that
fails says why, in words that hold no password and no address: the address of a webhook or of a ping is a secret,
since whoever has it can use it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from pipeline.config import is_loopback
from pipeline.errors import ConfigError
from pipeline.nightly.digest import When

Security = Literal["none", "starttls", "tls"]
#: The port of each kind of connection, where none is named.
PORTS: Final[dict[Security, int]] = {"none": 25, "starttls": 587, "tls": 465}
#: Seconds until the next word of a server's must have come, and seconds that one channel may take in all, its
#: repetitions included: a server that drips holds no night up.
TIMEOUT: Final = 20.0
DEADLINE: Final = 120.0
#: A channel is tried three times. The seconds between, and the longest wait that a server may ask for.
PAUSES: Final = (2.0, 10.0)
LONGEST_PAUSE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server and who gets mail. `port` 0 is the usual one of `security`; "tls" is TLS from the first byte."""

    to: tuple[str, ...]
    sender: str
    host: str = "localhost"
    port: int = 0
    security: Security = "none"
    user: str = ""
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of a jobs file, their secrets read; None is a channel that nobody wants.

    `when`: which nights are told by mail and webhook; the ping is for every night. `certificates` is what TLS is
    verified against, as `Settings.certificates` has it.
    """

    mail: Mail | None = None
    webhook: SecretStr | None = None
    ping: SecretStr | None = None
    when: When = "problems"
    certificates: str | bool = True


@dataclass(frozen=True, slots=True)
class Ways:
    """How servers are reached: `certificates` as in `Channels`, time as in `pipeline.world.World`.

    `timeout`: seconds until a server's next word must have come; `deadline`: seconds that a channel may take in all.
    """

    certificates: str | bool
    timeout: float
    deadline: float
    sleep: Callable[[float], object]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt came to: `why` it failed ("" when it did not), and whether another may help.

    `wait`: the seconds that the server asked for before the next; None where it asked for none.
    """

    why: str = ""
    again: bool = False
    wait: float | None = None


def check(channels: Channels) -> None:
    """Raises ConfigError when a channel cannot work as it is told; no secret is shown."""
    if channels.mail is not None:
        _check_mail(channels.mail)
    for name, url in (("webhook", channels.webhook), ("ping", channels.ping)):
        if url is not None and not _is_safe(url.get_secret_value()):
            raise ConfigError(
                f"tell: {name}: its address is not an https address",
                "copy it whole from where it was made; plain http is for this machine only",
            )


def _check_mail(mail: Mail) -> None:
    if not mail.to:
        raise ConfigError("tell: mail: nobody is named in `to`", "write to: [somebody@yourcompany.com]")
    for place, address in (("from", mail.sender), *(("to", one) for one in mail.to)):
        if not _is_address(address):
            raise ConfigError(
                f"tell: mail: {address!r} in `{place}` is not an e-mail address", "write it like ops@example.com"
            )
    if mail.user and mail.security == "none" and not is_loopback(mail.host):
        raise ConfigError(
            f"tell: mail: the password would go to {mail.host} in clear text",
            "write security: starttls (usual on port 587) or security: tls (port 465)",
        )


def _is_address(text: str) -> bool:
    try:
        return bool(Address(addr_spec=text).domain)
    except (MessageError, ValueError, IndexError):  # the last is the standard library's way with half an address
        return False


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is none
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.scheme == "http" and is_loopback(host)
    return bool(host) and (plain or parts.scheme == "https") and url.isprintable() and " " not in url


def tried(attempt: Callable[[], Attempt], ways: Ways) -> str:
    """Why it could not be done after all attempts; "" when it was. Never raises, and is over by the deadline."""
    said: list[str] = []
    # A daemon: what is still under way when time is over ends with this process.
    thread = threading.Thread(target=lambda: said.append(_repeated(attempt, ways.sleep)), daemon=True)
    thread.start()
    thread.join(ways.deadline)
    return said[0] if said else f"it took longer than {ways.deadline:g} s"


def _repeated(attempt: Callable[[], Attempt], sleep: Callable[[float], object]) -> str:
    try:
        for pause in PAUSES:
            came_to = attempt()
            wait = pause if came_to.wait is None else came_to.wait
            if not came_to.again:
                return came_to.why
            if wait > LONGEST_PAUSE:
                return f"{came_to.why}, and asks to be left alone for {wait:g} s"
            sleep(wait)
        return attempt().why
    except Exception as error:  # noqa: BLE001  # a night is not lost by what tells of it; the text may hold a secret
        return f"a fault of this program ({type(error).__name__})"
