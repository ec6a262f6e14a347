"""Mapping stage: which column of the file feeds which field of the campaign (docs/mapping.md).

`read_mapping` parses the YAML file, `resolve` fits it to the file's headers and to the campaign before any
row is read; `cells` and `translate` then turn columns of the file into fields of the campaign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.checks import Asked, Check, Wanted, known_keys
from pipeline.checks import Rule as CheckRule
from pipeline.data_types import TypeOptions, format_problem
from pipeline.errors import MappingError
from pipeline.model import Campaign
from pipeline.model import Field as CampaignField
from pipeline.names import coinciding, did_you_mean, fold
from pipeline.normalise import why_not

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.columns import Texts

#: What stands in the place of a column's header when a field is fed by a constant.
CONSTANT = "(constant)"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Part):
    """What one column does: the field it feeds, and how its values are read and sent."""

    field: str
    date_format: str = ""
    send_format: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class Join(_Part):
    """Several columns that become one field, in this order; empty cells leave no separator behind."""

    columns: list[str] = Field(min_length=2)
    separator: str = " "


def _rules(value: object) -> object:
    listed = value if isinstance(value, list) else [value]
    return [{"field": one} if isinstance(one, str) else one for one in listed]


def _keys(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [[one] if isinstance(one, str) else one for one in value]


_Key = Annotated[list[str], Field(min_length=1)]


class Mapping(_Part):
    """A mapping file, as parsed: nothing is known yet of the list or of the campaign."""

    campaign: str = ""
    columns: dict[str, Annotated[list[Rule], BeforeValidator(_rules)]] = Field(default_factory=dict)
    join: dict[str, Join] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)
    dedupe: Annotated[list[_Key], BeforeValidator(_keys)] = Field(default_factory=list)
    phone_format: Literal["national", "e164"] = "national"
    checks: Wanted = Field(default_factory=Wanted)


@dataclass(frozen=True, slots=True)
class Link:
    """One field of the campaign and what feeds it: columns of the file, or a constant."""

    field: CampaignField
    columns: tuple[str, ...] = ()
    separator: str = " "
    constant: str = ""
    values: dict[str, str] = default(default_factory=dict)
    options: TypeOptions = default(default_factory=TypeOptions)

    @property
    def source(self) -> str:
        """The header(s) a person looks for in the spreadsheet."""
        return " + ".join(self.columns) or CONSTANT


@dataclass(frozen=True, slots=True)
class Links:
    """A mapping that fits: one link per fed field, the dedupe keys as field names, and the checks asked for."""

    links: tuple[Link, ...]
    dedupe: tuple[tuple[str, ...], ...]
    ignored: tuple[str, ...]
    checks: tuple[Check, ...] = ()


def read_mapping(path: Path) -> tuple[Mapping, str]:
    """The mapping in the YAML file at `path`, and its text (kept with the run).

    Raises MappingError: missing, unreadable, not YAML, duplicate or unknown keys.
    """
    if path.suffix.lower() in (".csv", ".tsv", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods"):
        raise MappingError(
            f"mapping file {path} is named like a list",
            "the list comes first: check LIST --mapping FILE",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MappingError(
            f"mapping file {path} does not exist",
            "write a first one with: leadbyte-import map FILE --campaign C",
        ) from None
    except UnicodeDecodeError:
        raise MappingError(
            f"mapping file {path} is not UTF-8 text and cannot be read", "save it again with the encoding UTF-8"
        ) from None
    except OSError as error:
        raise MappingError(
            f"mapping file {path} cannot be read: {error.strerror or type(error).__name__}",
            "name the mapping file itself, and mind its permissions",
        ) from None
    return parse_mapping(text, str(path)), text


def parse_mapping(text: str, name: str) -> Mapping:
    """The mapping in a YAML text; `name` is how messages call it. Every scalar is text: `SID: 01` is "01".

    Raises MappingError with the line of the fault.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        data = YAML(typ="base", pure=True).load(text)
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1
        key = str(error.problem).partition('" with value')[0].partition('"')[2]
        raise MappingError(f"{name}, line {line}: the key {key!r} stands twice", "keep one of the two") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MappingError(
            f"{name}, line {line}: not valid YAML: {error.problem}",
            "check indentation, colons and quotes there",
        ) from None
    except YAMLError:
        raise MappingError(f"{name} is not valid YAML", "see docs/mapping.md for an example") from None
    if not isinstance(data, dict):
        raise MappingError(
            f"{name} is not a mapping file: it has no `columns:`", "see docs/mapping.md for an example"
        )
    # A key with nothing under it (all its lines are comments yet) is as good as absent.
    filled = {key: value for key, value in data.items() if value != ""}
    try:
        return Mapping.model_validate(filled)
    except ValidationError as error:
        faults = [_fault(one) for one in error.errors(include_url=False, include_input=False)]
        raise MappingError(f"{name}: {_listed(faults)}", "docs/mapping.md has every key") from None


def _fault(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"] if not isinstance(part, int))
    if error["type"] == "extra_forbidden":
        *above, key = map(str, error["loc"])
        if above[:1] == ["checks"]:
            known = known_keys(above[1:])
        else:
            models: tuple[type[BaseModel], ...] = (Rule, Join) if above else (Mapping,)
            known = [name for model in models for name in model.model_fields]
        return f"unknown key {place!r}{did_you_mean(key, known)}"
    return f"{place}: {error['msg']}"


def _listed(faults: Sequence[str]) -> str:
    return faults[0] if len(faults) == 1 else "\n" + "\n".join(f"  - {fault}" for fault in faults)


def resolve(mapping: Mapping, headers: Sequence[str], campaign: Campaign, phone_format: str = "") -> Links:
    """Fit `mapping` to the file's `headers` and the campaign's fields; every fault is found, not only the first.

    `phone_format` outranks the mapping's own. Raises MappingError: a header the file lacks, a label the campaign
    lacks, a column neither mapped nor ignored, a field fed twice, a required field that nothing feeds.
    """
    resolver = _Resolver(headers, campaign, phone_format or mapping.phone_format)
    for header, rules in mapping.columns.items():
        for rule in rules:
            resolver.link_column(header, rule)
    for label, join in mapping.join.items():
        resolver.link_join(label, join)
    for label, value in mapping.constants.items():
        resolver.link_constant(label, value)
    ignored = tuple(filter(None, (resolver.header(name, "ignore") for name in mapping.ignore)))
    dedupe = tuple(tuple(resolver.dedupe_field(label) for label in key) for key in mapping.dedupe)
    checks = tuple(check for rule, asked in mapping.checks.asked() for check in resolver.checks(rule, asked))
    resolver.check_complete(mapping, ignored)
    if resolver.faults:
        raise MappingError(
            f"the mapping does not fit: {_listed(resolver.faults)}",
            f"mend it; `leadbyte-import fields {campaign.reference}` lists the labels, docs/mapping.md has every key",
        )
    return Links(tuple(resolver.links.values()), dedupe, ignored, checks)


class _Resolver:
    """Collects links and faults while a mapping is fitted."""

    def __init__(self, headers: Sequence[str], campaign: Campaign, phone_format: str) -> None:
        self.campaign = campaign
        self.phone_format = phone_format
        self.headers = {fold(header): header for header in headers}
        self.fields = {fold(one.name): one for one in campaign.fields}
        self.fields |= {fold(one.label): one for one in campaign.fields}
        self.links: dict[str, Link] = {}
        self.used: set[str] = set()
        self.faults: list[str] = []
        for first, second in coinciding(one.label for one in campaign.fields):
            self.faults.append(f"the campaign's labels {first!r} and {second!r} cannot be told apart")

    def header(self, name: str, where: str) -> str:
        found = self.known_header(name, where)
        self.used.add(found)
        return found

    def known_header(self, name: str, where: str) -> str:
        found = self.headers.get(fold(name), "")
        if not found:
            near = did_you_mean(name, self.headers.values())
            self.faults.append(f"{where}: the file has no column {name!r}{near}")
        return found

    def field(self, label: str, where: str) -> CampaignField | None:
        found = self.fields.get(fold(label))
        if found is None:
            near = did_you_mean(label, [one.label for one in self.campaign.fields])
            self.faults.append(f"{where}: campaign {self.campaign.reference} has no field {label!r}{near}")
        return found

    def add(self, target: CampaignField, link: Link) -> None:
        if (other := self.links.get(target.name)) is not None:
            self.faults.append(
                f"field {target.label!r} is fed twice: by {other.source} and by {link.source}; "
                "to put columns together use `join:`"
            )
        else:
            self.links[target.name] = link

    def options(self, rule: Rule | None = None) -> TypeOptions:
        return TypeOptions(
            date_format=rule.date_format if rule else "",
            send_format=rule.send_format if rule else "",
            phone_format=self.phone_format,
            country=self.campaign.country or TypeOptions().country,
        )

    def link_column(self, name: str, rule: Rule) -> None:
        header = self.header(name, "columns")
        target = self.field(rule.field, f"columns, {name!r}")
        if problem := rule.date_format and format_problem(rule.date_format):
            self.faults.append(
                f"columns, {name!r}: date_format {rule.date_format!r}: {problem}; write it like %d/%m/%Y"
            )
        if rule.send_format and "%" not in rule.send_format:
            self.faults.append(
                f"columns, {name!r}: send_format {rule.send_format!r} has no date in it, like %d/%m/%Y"
            )
        for first, second in coinciding(rule.values, _as_value):
            self.faults.append(f"columns, {name!r}, values: {first!r} and {second!r} cannot be told apart")
        if header and target:
            values = {_as_value(old): new for old, new in rule.values.items()}
            self.add(target, Link(target, (header,), values=values, options=self.options(rule)))

    def link_join(self, label: str, join: Join) -> None:
        headers = tuple(self.header(name, f"join, {label!r}") for name in join.columns)
        target = self.field(label, "join")
        if target and all(headers):
            self.add(target, Link(target, headers, separator=join.separator, options=self.options()))

    def link_constant(self, label: str, value: str) -> None:
        if target := self.field(label, "constants"):
            if problem := why_not(value, target, self.options()):
                self.faults.append(f"constants: {label!r} {problem}")
            self.add(target, Link(target, constant=value, options=self.options()))

    def dedupe_field(self, label: str) -> str:
        link = self.fed_field(label, "dedupe")
        return link.field.name if link else ""

    def fed_field(self, label: str, where: str) -> Link | None:
        target = self.field(label, where)
        if target and target.name not in self.links:
            self.faults.append(f"{where}: nothing feeds the field {label!r}")
        return self.links.get(target.name) if target else None

    def checks(self, rule: CheckRule, asked: Asked) -> Iterator[Check]:
        """One check of each field and column that `checks:` names under one of its rules."""
        place = f"checks, {rule.value}"
        if problem := asked.written and format_problem(asked.written):
            self.faults.append(f"{place}: date_format {asked.written!r}: {problem}; write it like %d/%m/%Y")
        for first, second in [*coinciding(asked.fields), *coinciding(asked.columns)]:
            self.faults.append(f"{place}: {first!r} and {second!r} are the same")
        for label in asked.fields:
            if link := self.fed_field(label, place):
                options = replace(link.options, date_format=asked.written or link.options.date_format)
                yield Check(rule, asked.weight, link.field.name, "", asked.limit, options)
        for name in asked.columns:
            header = self.known_header(name, place)
            if feeds := next((link.field.label for link in self.links.values() if header in link.columns), ""):
                self.faults.append(f"{place}: column {header!r} feeds the field {feeds!r}; write `field: {feeds}`")
            options = replace(self.options(), date_format=asked.written)
            yield Check(rule, asked.weight, "", header, asked.limit, options)

    def check_complete(self, mapping: Mapping, ignored: Iterable[str]) -> None:
        for where, names in (("columns", mapping.columns), ("ignore", mapping.ignore)):
            for first, second in coinciding(names):
                self.faults.append(f"{where}: {first!r} and {second!r} are the same column")
        for header in self.headers.values():
            if header not in self.used:
                self.faults.append(
                    f"column {header!r} is neither mapped nor ignored; add it to `columns:` or `ignore:`"
                )
        mapped = {column for link in self.links.values() for column in link.columns}
        for header in sorted(mapped.intersection(ignored)):
            self.faults.append(f"column {header!r} is mapped and ignored at once")
        for one in self.campaign.fields:
            if one.required and one.name not in self.links:
                near = did_you_mean(one.label, [h for h in self.headers.values() if h not in mapped])
                self.faults.append(f"required field {one.label!r} is fed by nothing{near}")


def _as_value(cell: str) -> str:
    """A cell as a value map knows it; unlike in names, a hyphen or a space inside makes another value."""
    return cell.strip().casefold()


def cells(link: Link, frame: pd.DataFrame) -> Texts:
    """The cells that feed one field, as they stand in the file (joined, where the mapping joins columns)."""
    import pyarrow as pa

    from pipeline.columns import texts

    if len(link.columns) == 1:
        return texts(frame[link.columns[0]])
    if not link.columns:
        return pa.array([link.constant] * len(frame), pa.large_string())
    rows = zip(*(frame[column].str.strip() for column in link.columns), strict=True)
    return pa.array([link.separator.join(filter(None, parts)) for parts in rows], pa.large_string())


def translate(link: Link, cells: Texts) -> Texts:
    """The cells of one field after the mapping's value map, which matches regardless of case and outer spaces."""
    import pyarrow as pa

    if not link.values:
        return cells
    coded = cells.dictionary_encode()
    mapped = [link.values.get(_as_value(cell), cell) for cell in coded.dictionary.to_pylist()]
    return pa.array(mapped, pa.large_string()).take(coded.indices)
