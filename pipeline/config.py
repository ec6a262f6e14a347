"""Configuration: environment variables, then `.env`. The API key has no flag: argv is there for everyone to see."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import ConfigError


class Settings(BaseSettings):
    """`LEADBYTE_…` variables (docs/configuration.md). `base_url` outranks `account` and `domain`."""

    model_config = SettingsConfigDict(env_prefix="LEADBYTE_", env_file=".env", extra="ignore", env_ignore_empty=True)

    account: str = ""
    domain: str = "leadbyte.com"
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    api_version: Literal["v1.2", "v1.3"] = "v1.2"
    ca_bundle: str = ""
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 90.0

    @field_validator("api_key")
    @classmethod
    def _stripped(cls, value: SecretStr) -> SecretStr:
        return SecretStr(value.get_secret_value().strip())

    def address(self) -> str:
        """The base address, without a path. Raises ConfigError when none is set or it is not safe."""
        if not self.base_url and not self.account:
            raise ConfigError(
                "no LeadByte account is configured",
                "set LEADBYTE_ACCOUNT=yourcompany (of yourcompany.leadbyte.com) in the environment or in .env",
            )
        return checked_address(self.base_url or f"https://{self.account}.{self.domain}")

    def key(self) -> str:
        """The API key. Raises ConfigError when none is set."""
        if not self.api_key.get_secret_value():
            raise ConfigError(
                "no API key is configured",
                "set LEADBYTE_API_KEY in the environment or in .env (it has no flag)",
            )
        return self.api_key.get_secret_value()


def load_settings() -> Settings:
    """The settings of this process. Raises ConfigError naming the variable that is wrong, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = ", ".join(f"LEADBYTE_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise ConfigError(
            f"the configuration is wrong: {wrong}", "docs/configuration.md has every variable"
        ) from None


def checked_address(url: str) -> str:
    """`url` without a trailing slash, when leads may be sent there: https, or http to a loopback address."""
    parts = urlsplit(url.strip().rstrip("/"))
    host = parts.hostname or ""
    if parts.scheme == "https" and host and not (parts.query or parts.fragment or parts.username):
        return parts.geturl()
    if parts.scheme == "http" and _loopback(host):
        return parts.geturl()
    shown = f"{parts.scheme}://{host}" if host else "(no host)"
    raise ConfigError(
        f"the base URL {shown} is not an https address",
        "write LEADBYTE_BASE_URL=https://yourcompany.leadbyte.com; plain http is for a sandbox on this machine only",
    )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
