"""What a jobs file says (docs/nightly.md), as data. `pipeline.nightly.checking` reads and checks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
)
from pydantic_settings import SettingsConfigDict

from pipeline.advice import parse_duration, parse_share
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.hours import Window, parse_on_cap
from pipeline.load import ReadOptions
from pipeline.nightly import channels
from pipeline.nightly.channels import Security
from pipeline.nightly.digest import When
from pipeline.nightly.keys import Secret
from pipeline.nightly.pattern import Pattern
from pipeline.pacing import parse_rate

#: Seconds that a night may take: it is over before the next one begins.
LONGEST: Final = 23 * 3600.0
#: A job's name is a folder's as well.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _checked(check: Callable[[str], object]) -> AfterValidator:
    """A text that `check` takes, or none; what it says of others, without the flag that it thinks of."""

    def validate(text: str) -> str:
        try:
            if text:
                check(text)
        except ConfigError as error:
            words = re.sub(r"^(--[a-z-]+|this) ", "", error.message)
            raise ValueError(f"{words}; {error.hint}" if error.hint else words) from None
        return text

    return AfterValidator(validate)


def _numbers(value: object) -> object:
    """Texts that are numbers, one or several, as such."""
    listed = value if isinstance(value, list) else [value]
    return [int(str(one)) if re.fullmatch("-?[0-9]+", str(one)) else one for one in listed]


def _seconds(text: object) -> float:
    try:
        return parse_duration(str(text), "this")
    except ConfigError as error:
        raise ValueError(f"{text!r} is not a time; {error.hint}") from None


def _settings(folder: Path) -> type[Settings]:
    """The settings of docs/configuration.md, `.env` of that folder among them."""

    class Here(Settings):
        model_config = SettingsConfigDict(env_file=folder / ".env")

    return Here


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name: letters, digits, dots, - and _, since a folder is called so too")
    return name


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


Rate = Annotated[str, _checked(parse_rate)]
Share = Annotated[str, _checked(lambda text: parse_share(text, "this"))]
Hours = Annotated[str, _checked(Window.parse)]
OnCap = Annotated[str, _checked(parse_on_cap)]
Seconds = Annotated[float, PlainValidator(_seconds)]
Many = Annotated[int, Field(ge=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


@dataclass(frozen=True, slots=True)
class Expect:
    """How many files are expected on which days of the week (0 is Monday)."""

    number: int = 0
    days: frozenset[int] = frozenset(range(7))
    text: str = "none"

    @classmethod
    def parse(cls, value: object) -> Expect:
        """From `none`, `daily`, `weekdays`, days like `Tue-Sat`, or a number per night. Raises ValueError."""
        text = str(value).strip()
        if text.casefold() == "none":
            return cls()
        if text.isascii() and text.isdigit() and int(text) < 1000:
            return cls(int(text), text=f"{text} a night")
        days = {"daily": "Mon-Sun", "weekdays": "Mon-Fri"}.get(text.casefold(), text)
        try:
            return cls(1, Window.parse(f"{days} 00:00-24:00 UTC").days, text)
        except ConfigError:
            raise ValueError(
                f"{text!r} is not understood; write none, daily, weekdays, days like Tue-Sat, or a number"
            ) from None

    def on(self, day: date) -> int:
        """How many are expected in the night of that day."""
        return self.number if day.weekday() in self.days else 0


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


class Account(_Part):
    """An account of LeadByte, by its name or its whole address. `rate` is for all of its jobs together."""

    account: str = ""
    domain: str = ""
    base_url: str = ""
    api_version: Literal["", "v1.2", "v1.3"] = ""
    key: Secret
    rate: Rate = "5/s"
    suppress: Texts = ()

    def settings(self, folder: Path, key: str = "") -> Settings:
        """How it is reached: by this, and where it says nothing, by the variables of docs/configuration.md.

        `.env` is looked for in `folder`. Raises ConfigError where that is not right.
        """

        own = {name: value for name in ("domain", "api_version") if (value := getattr(self, name))}
        try:
            # Both are given, so that neither is taken from a variable: that is about another account.
            return _settings(folder)(account=self.account, base_url=self.base_url, api_key=SecretStr(key), **own)
        except ValidationError as error:
            names = ", ".join(f"LEADBYTE_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise ConfigError(f"the configuration is wrong: {names}", "docs/configuration.md has every variable")


class Mail(_Part):
    """Where the digest goes by e-mail, and through which server."""

    to: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
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


def _address(value: object) -> object:
    return {"text": value} if isinstance(value, str) else {"secret": value}


class Address(_Part):
    """An address on the web: written here, or kept where secrets are, since it may be one."""

    text: str = ""
    secret: Secret | None = None

    def read(self, folder: Path) -> str:
        """The address. Raises ConfigError as `Secret.read` does."""
        return self.secret.read(folder) if self.secret else self.text


class Url(_Part):
    """A channel that is an address alone."""

    url: Annotated[Address, BeforeValidator(_address)]

    def channel(self, folder: Path) -> SecretStr:
        """Its address. Raises ConfigError as `Secret.read` does."""
        return SecretStr(self.url.read(folder))


class Tell(_Part):
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
            certificates=_settings(folder)().certificates(),
        )
        channels.check(found)
        return found


class Job(_Part):
    """One kind of list: where it comes in, and how it is imported. `rate` "" is the account's own.

    Paths are as they are written: relative ones are those of the jobs file's folder. `files`: the folder of working/,
    done/ and failed/, "" for the inbox itself. `settle` and `wait` are seconds.
    """

    name: Annotated[str, AfterValidator(_named)]
    account: str
    mapping: str = Field(min_length=1)
    inbox: Annotated[Address, BeforeValidator(_address)]
    pattern: Annotated[Pattern, PlainValidator(lambda text: Pattern.parse(str(text)))]
    files: str = ""
    campaign: str = ""
    expect: Annotated[Expect, PlainValidator(Expect.parse)] = Expect()
    settle: Seconds = 60.0
    vendor: Annotated[str, AfterValidator(str.strip)] = ""
    rate: Rate = ""
    limit: Many | None = None
    max_invalid: Share = "20%"
    max_errors: Many = 10
    on_unknown: Literal["resolve", "leave"] = "resolve"
    on_cap: OnCap = "stop"
    window: Hours = ""
    daily_limit: Many | None = None
    canary: Many | None = None
    canary_min_accept: Share = ""
    wait: Seconds = 0.0
    ledger_days: Many | None = None
    strict: bool = False
    show_data: bool = False
    fix_me: Literal["auto", "always", "never"] = "auto"
    vendor_note: bool = False
    phone_format: Literal["", "national", "e164"] = ""
    suppress: Texts = ()
    learn_suppression: Annotated[tuple[Literal[-15, -16, -2], ...], BeforeValidator(_numbers)] = ()
    sheet: str = ""
    delimiter: str = ""
    encoding: str = ""
    header_row: Annotated[int, Field(ge=1)] | None = None
    no_header: bool = False

    @property
    def read(self) -> ReadOptions:
        """How its files are read."""
        return ReadOptions(
            sheet=self.sheet, delimiter=self.delimiter, encoding=self.encoding, header_row=self.header_row or 0,
            no_header=self.no_header,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Jobs:
    """A jobs file that was checked whole. Relative paths in it are those of `folder`, where it lies.

    `longest`: seconds that a night may take; then it ends by itself, and the next one goes on.
    """

    path: Path
    output: Path
    accounts: dict[str, Account]
    jobs: tuple[Job, ...]
    tell: Tell
    parallel: int = 1
    longest: float = LONGEST

    @property
    def folder(self) -> Path:
        """Where the file lies."""
        return self.path.parent

    def inbox(self, job: Job) -> str:
        """The job's inbox: an address, or a path. Raises ConfigError where its secret cannot be read."""
        return place_of(self.folder, job)

    def files(self, job: Job) -> Path:
        """The folder that has the job's working/, done/ and failed/."""
        return files_of(self.folder, job)

    def address(self, account: Account) -> str:
        """The one spelling of an account's address."""
        return account.settings(self.folder).address()

    def service_settings(self, account: Account) -> Settings:
        """How an account is reached, its key included. Raises ConfigError where one is wrong or missing."""
        return account.settings(self.folder, account.key.read(self.folder))


def place_of(folder: Path, job: Job) -> str:
    """The inbox of a job in a jobs file of that folder: an address, or a path."""
    from pipeline.load.remote import is_remote

    where = job.inbox.read(folder)
    return where if is_remote(where) else str(folder / Path(where).expanduser())


def files_of(folder: Path, job: Job) -> Path:
    """The folder of working/, done/ and failed/ of a job in a jobs file of that folder."""
    from pipeline.load.remote import is_remote

    if job.files:
        return folder / Path(job.files).expanduser()
    where = place_of(folder, job)
    return folder / "files" / job.name if is_remote(where) else Path(where)


def known_keys(model: type[BaseModel]) -> list[str]:
    """The keys of a part of the file, as they are written."""
    return [str(one.alias or name) for name, one in model.model_fields.items()]
