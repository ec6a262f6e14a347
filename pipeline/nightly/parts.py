"""What the parts of a jobs file are made of: texts that are checked, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator
from pydantic_settings import SettingsConfigDict

from pipeline.advice import parse_duration, parse_share
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.hours import Window, parse_on_cap
from pipeline.nightly.keys import Secret
from pipeline.pacing import parse_rate

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


def as_numbers(value: object) -> object:
    """Texts that are numbers, one or several, as such."""
    listed = value if isinstance(value, list) else [value]
    return [int(str(one)) if re.fullmatch("-?[0-9]+", str(one)) else one for one in listed]


def _seconds(text: object) -> float:
    try:
        return parse_duration(str(text), "this")
    except ConfigError as error:
        raise ValueError(f"{text!r} is not a time; {error.hint}") from None


def as_name(name: str) -> str:
    """The name of a job. Raises ValueError where it is none."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name: letters, digits, dots, - and _, since a folder is called so too")
    return name


def as_list(value: object) -> object:
    """One thing is a list of one."""
    return [value] if isinstance(value, str | dict) else value


Rate = Annotated[str, _checked(parse_rate)]
Share = Annotated[str, _checked(lambda text: parse_share(text, "this"))]
Hours = Annotated[str, _checked(Window.parse)]
OnCap = Annotated[str, _checked(parse_on_cap)]
Seconds = Annotated[float, PlainValidator(_seconds)]
Many = Annotated[int, Field(ge=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(as_list)]


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


class Part(BaseModel):
    """A part of a jobs file: it has no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


def as_address(value: object) -> object:
    """An address that is written, or the place where it is kept."""
    return {"text": value} if isinstance(value, str) else {"secret": value}


class Address(Part):
    """An address on the web: written here, or kept where secrets are, since it may be one."""

    text: str = ""
    secret: Secret | None = None

    def read(self, folder: Path) -> str:
        """The address. Raises ConfigError as `Secret.read` does."""
        return self.secret.read(folder) if self.secret else self.text


def settings_in(folder: Path) -> type[Settings]:
    """The settings of docs/configuration.md, `.env` of that folder among them."""

    class Here(Settings):
        model_config = SettingsConfigDict(env_file=folder / ".env")

    return Here
