"""What a jobs file says (docs/nightly.md), as data. `pipeline.nightly.checking` reads and checks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PlainValidator, SecretStr, ValidationError

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.load import ReadOptions
from pipeline.nightly.keys import Secret
from pipeline.nightly.parts import (
    Address,
    Expect,
    Hours,
    Many,
    OnCap,
    Part,
    Rate,
    Seconds,
    Share,
    Texts,
    as_address,
    as_name,
    as_numbers,
    settings_in,
)
from pipeline.nightly.pattern import Pattern
from pipeline.nightly.told import Tell

#: Seconds that a night may take: it is over before the next one begins.
LONGEST: Final = 23 * 3600.0


class Account(Part):
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
            return settings_in(folder)(account=self.account, base_url=self.base_url, api_key=SecretStr(key), **own)
        except ValidationError as error:
            names = ", ".join(f"LEADBYTE_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise ConfigError(f"the configuration is wrong: {names}", "docs/configuration.md has every variable")


class Job(Part):
    """One kind of list: where it comes in, and how it is imported. `rate` "" is the account's own.

    Paths are as they are written: relative ones are those of the jobs file's folder. `files`: the folder of working/,
    done/ and failed/, "" for the inbox itself. `settle` and `wait` are seconds.
    """

    name: Annotated[str, AfterValidator(as_name)]
    account: str
    mapping: str = Field(min_length=1)
    inbox: Annotated[Address, BeforeValidator(as_address)]
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
    learn_suppression: Annotated[tuple[Literal[-15, -16, -2], ...], BeforeValidator(as_numbers)] = ()
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
