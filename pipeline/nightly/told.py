"""Who is told of a night, as a jobs file says it (docs/telling.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from pipeline.nightly import channels
from pipeline.nightly.channels import Security
from pipeline.nightly.digest import When
from pipeline.nightly.keys import Secret
from pipeline.nightly.parts import Address, Part, as_address, as_list, settings_in


class Mail(Part):
    """Where the digest goes by e-mail, and through which server."""

    to: Annotated[tuple[str, ...], BeforeValidator(as_list), Field(min_length=1)]
    sender: str = Field(alias="from", min_length=1)
    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Security = "none"
    user: str = ""
    password: Secret | None = None

    def channel(self, folder: Path) -> channels.Mail:
        """The channel, its password read. Raises ConfigError as `Secret.read` does."""
        password = SecretStr(self.password.read(folder) if self.password else "")
        return channels.Mail(
            to=self.to, sender=self.sender, host=self.host, port=self.port or 0, security=self.security,
            user=self.user, password=password,
        )  # fmt: skip


class Url(Part):
    """A channel that is an address alone."""

    url: Annotated[Address, BeforeValidator(as_address)]

    def channel(self, folder: Path) -> SecretStr:
        """Its address. Raises ConfigError as `Secret.read` does."""
        return SecretStr(self.url.read(folder))


class Tell(Part):
    """Who is told of a night, how, and when; a channel that is not there is not used."""

    mail: Mail | None = None
    webhook: Url | None = None
    ping: Url | None = None
    when: When = "problems"

    def channels(self, folder: Path) -> channels.Channels:
        """The channels, ready to be used. Raises ConfigError where a secret is missing or a channel cannot work."""
        found = channels.Channels(
            mail=self.mail.channel(folder) if self.mail else None,
            webhook=self.webhook.channel(folder) if self.webhook else None,
            ping=self.ping.channel(folder) if self.ping else None,
            when=self.when,
            certificates=settings_in(folder)().certificates(),
        )
        channels.check(found)
        return found
