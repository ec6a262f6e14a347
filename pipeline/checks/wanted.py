"""The key `checks:` of a mapping file: which checks a person asks for, of what, and how strictly (docs/checks.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.checks.definition import Rule
from pipeline.model import Severity

_DAYS: Final = re.compile(r"([0-9]{1,5}) ?(?:d|days?)?")
#: What mappings may write for one of them, and for several.
_NAMES: Final = {"field": "fields", "column": "columns"}


def _days(value: object) -> int:
    found = _DAYS.fullmatch(str(value).strip())
    if not found or not int(found[1]):
        raise PydanticCustomError("days", "write a number of days, like 90d")
    return int(found[1])


def _number(value: object) -> int:
    text = str(value).strip()
    if not re.fullmatch("[0-9]{1,9}", text) or not int(text):
        raise PydanticCustomError("number", "write a whole number above 0")
    return int(text)


def _years(value: object) -> int:
    years = _number(value)
    if years > 120:
        raise PydanticCustomError("years", "write a number of years up to 120")
    return years


def _long(value: object) -> object:
    """The long form of a label, of a list of labels, and of one field or column."""
    if isinstance(value, str):
        return {"fields": [value]} if value else {}
    if isinstance(value, list):
        return {"fields": value}
    if not isinstance(value, dict):
        return value
    long = {key: one for key, one in value.items() if key not in _NAMES}
    for one, several in _NAMES.items():
        if one in value:
            named = value[one] if isinstance(value[one], list) else [value[one]]
            more = long.get(several, [])
            long[several] = [*named, *(more if isinstance(more, list) else [more])]
        elif isinstance(long.get(several), str):
            long[several] = [long[several]]
    return long


class Asked(BaseModel):
    """One check, as a mapping asks for it: of which fields (labels or names) and columns (headers).

    A column is one that feeds no field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    usual: ClassVar[Severity] = Severity.WARNING

    fields: list[str] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)
    severity: Severity | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Asked:
        if not (self.fields or self.columns):
            raise PydanticCustomError("nothing", "name the field to look at")
        return self

    @property
    def weight(self) -> Severity:
        """How much it weighs: as the mapping says, or as is usual."""
        return self.severity or self.usual

    @property
    def limit(self) -> int | None:
        """The rule's own measure (`pipeline.checks.definition.Check.limit`)."""
        return None

    @property
    def written(self) -> str:
        """How the field or column writes dates, by strptime's letters; "" where the check does not say."""
        return str(getattr(self, "date_format", ""))


class AskedEvidence(Asked):
    """A check of the evidence of consent."""

    usual = Severity.FAULT


class AskedDate(AskedEvidence):
    """Opt-in dates, how old at most (days), and how the column writes them."""

    max_age: Annotated[int, BeforeValidator(_days)] | None = None
    date_format: str = ""

    @property
    def limit(self) -> int | None:
        """How old at most, in days."""
        return self.max_age


class AskedAge(AskedEvidence):
    """Dates of birth, how old at least (years), and how the column writes them."""

    at_least: Annotated[int, BeforeValidator(_years)] = 18
    date_format: str = ""

    @property
    def limit(self) -> int | None:
        """How old at least, in years."""
        return self.at_least


class AskedSameIp(Asked):
    """In how many rows one IP address may be."""

    rows: Annotated[int, BeforeValidator(_number)] = 20

    @property
    def limit(self) -> int | None:
        """In how many rows at most."""
        return self.rows


class AskedSameOptin(Asked):
    """In how many rows one second may be the opt-in time, and how the column writes it."""

    rows: Annotated[int, BeforeValidator(_number)] = 5
    date_format: str = ""

    @property
    def limit(self) -> int | None:
        """In how many rows at most."""
        return self.rows


#: Every check may be asked for in the short form.
_SHORT: Final = BeforeValidator(_long)


class Wanted(BaseModel):
    """The checks of a mapping, by name (`pipeline.checks.definition.Rule`); None: not asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    optin_date: Annotated[AskedDate | None, _SHORT] = None
    optin_url: Annotated[AskedEvidence | None, _SHORT] = None
    optin_ip: Annotated[AskedEvidence | None, _SHORT] = None
    same_ip: Annotated[AskedSameIp | None, _SHORT] = None
    same_optin: Annotated[AskedSameOptin | None, _SHORT] = None
    age: Annotated[AskedAge | None, _SHORT] = None
    fictitious_phone: Annotated[Asked | None, _SHORT] = None
    disposable_email: Annotated[Asked | None, _SHORT] = None
    role_email: Annotated[Asked | None, _SHORT] = None
    keyboard_name: Annotated[Asked | None, _SHORT] = None

    def asked(self) -> list[tuple[Rule, Asked]]:
        """The checks that are asked for, in the order of the rules."""
        found = ((rule, getattr(self, rule.value)) for rule in Rule)
        return [(rule, one) for rule, one in found if one is not None]


def known_keys(place: Sequence[str]) -> list[str]:
    """The keys that may stand at a place below `checks:`, for messages about one that may not."""
    if not place:
        return list(Wanted.model_fields)
    model, _none = get_args(Wanted.model_fields[place[0]].annotation)
    return [*_NAMES, *model.model_fields]
