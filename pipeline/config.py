"""Configuration: environment variables, then `.env`. The API key has no flag: argv is there for everyone to see."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import ConfigError

_PORTS: Final = {"https": 443, "http": 80}
_Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Settings(BaseSettings):
    """`LEADBYTE_…` variables (docs/configuration.md). `base_url` outranks `account` and `domain`."""

    model_config = SettingsConfigDict(env_prefix="LEADBYTE_", env_file=".env", extra="ignore", env_ignore_empty=True)

    account: str = ""
    domain: str = "leadbyte.com"
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    api_version: Literal["v1.2", "v1.3"] = "v1.2"
    ca_bundle: str = ""
    connect_timeout: _Seconds = 10.0
    read_timeout: _Seconds = 60.0
    deadline: _Seconds = 90.0
    log_format: Literal["text", "json"] = "text"
    log: str = ""

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
        if not self.base_url and not re.fullmatch(r"[A-Za-z0-9-]+", self.account):
            raise ConfigError(
                "LEADBYTE_ACCOUNT is not an account's name",
                "write yourcompany for https://yourcompany.leadbyte.com, or the whole of it as LEADBYTE_BASE_URL",
            )
        return checked_address(self.base_url or f"https://{self.account}.{self.domain}")

    def certificates(self) -> str | bool:
        """What TLS is verified against: the file of LEADBYTE_CA_BUNDLE, or True for the usual certificates."""
        return _file(self.ca_bundle) if self.ca_bundle else True

    def key(self) -> str:
        """The API key. Raises ConfigError when none is set."""
        if not self.api_key.get_secret_value():
            raise ConfigError(
                "no API key is configured",
                "set LEADBYTE_API_KEY in the environment or in .env (it has no flag)",
            )
        return self.api_key.get_secret_value()


def _file(name: str) -> str:
    if not Path(name).is_file():
        raise ConfigError(f"LEADBYTE_CA_BUNDLE: there is no file {name}", "name a file of certificates, or unset it")
    return name


def load_settings() -> Settings:
    """The settings of this process. Raises ConfigError naming the variable that is wrong, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = ", ".join(f"LEADBYTE_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        failure = ConfigError(f"the configuration is wrong: {wrong}", "docs/configuration.md has every variable")
    except UnicodeDecodeError:
        failure = ConfigError(
            "the file .env is not text in UTF-8", "save it anew as UTF-8 (PowerShell: Set-Content -Encoding utf8)"
        )
    # Raised here, apart from the original: that holds the values.
    raise failure


def checked_address(url: str) -> str:
    """The one spelling of `url`, when leads may be sent there: https, or http to a loopback address.

    An account is known by it: to the journal, to the lock of a campaign, in the hashes of people.
    """
    shown = "(not an address)"
    try:
        parts = urlsplit(url.strip().rstrip("/"))
        host = (parts.hostname or "").removesuffix(".")  # in small letters
        shown = f"{parts.scheme}://{host}" if host else "(no host)"
        port = parts.port  # raises ValueError when it is none
    except ValueError:
        safe = False
    else:
        plain = parts.scheme == "http" and is_loopback(host)
        extras = parts.path or parts.query or parts.fragment or "@" in parts.netloc
        safe = bool(host) and (plain or parts.scheme == "https") and not extras
    if safe:
        name = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{name}" + (f":{port}" if port not in (None, _PORTS[parts.scheme]) else "")
    raise ConfigError(
        f"the base URL {shown} is not an https address, or has more in it than host and port",
        "write LEADBYTE_BASE_URL=https://yourcompany.leadbyte.com; plain http is for a sandbox on this machine only",
    )


def is_loopback(host: str) -> bool:
    """Whether `host` (name or address) is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
