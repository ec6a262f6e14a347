"""The lock of a mapping: a file beside it that says what campaign and list it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import ConfigError, MappingError
from pipeline.files import whole_file
from pipeline.model import Campaign, Field

#: What this version writes and reads.
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Lock:
    """What a mapping was made for: the campaign's reference and fields, the list's headers in their order.

    `headers` is empty where no list was looked at; `made_at` is UTC, ISO.
    """

    campaign: str
    fields: tuple[Field, ...]
    headers: tuple[str, ...] = ()
    made_at: str = ""


def lock_now(campaign: Campaign, headers: Sequence[str], now: datetime) -> Lock:
    """The lock of a mapping that fits today."""
    return Lock(campaign.reference, campaign.fields, tuple(headers), now.isoformat(timespec="seconds"))


def lock_of(mapping: Path) -> Path:
    """Where the lock of a mapping is: acme.lock.yaml beside acme.yaml."""
    return mapping.with_suffix(".lock.yaml")


def read_lock(mapping: Path) -> Lock | None:
    """The lock beside a mapping; None where there is none. Raises MappingError where it cannot be read."""
    path = lock_of(mapping)
    cure = f"if nobody knows what it was, make it anew: leadbyte-import accept-changes {mapping}"
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MappingError(f"{path} cannot be read: {error.strerror or error}", "mind its permissions") from None
    except ValueError as error:
        raise MappingError(f"{path} is not as it was written: {error}", cure) from None


def _parsed(text: str) -> Lock:
    """Raises ValueError for what is no lock."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="base", pure=True).load(text)
    except YAMLError:
        raise ValueError("it is not valid YAML") from None
    if not isinstance(data, dict) or "format" not in data:
        raise ValueError("it has no format")
    if (written := data.pop("format")) != str(FORMAT):
        raise ValueError(f"it has the format {written}, and this version reads {FORMAT}")
    try:
        return TypeAdapter(Lock).validate_python(data)
    except ValidationError as error:
        places = {".".join(map(str, one["loc"])) for one in error.errors(include_url=False, include_input=False)}
        raise ValueError(f"{', '.join(sorted(places))}: not understood") from None


def write_lock(mapping: Path, lock: Lock) -> None:
    """Write the lock beside a mapping. Raises ConfigError where it cannot be written."""
    path = lock_of(mapping)
    try:
        with whole_file(path) as file:
            file.write(lock_text(lock, mapping.name).encode())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", "mend the permissions of its folder"
        ) from None


def lock_text(lock: Lock, mapping: str) -> str:
    """The YAML text of a lock: one line for each field and each header, so that a change is a line."""
    from ruamel.yaml import YAML

    data = {
        "format": FORMAT,
        "made_at": _quoted(lock.made_at),
        "campaign": _quoted(lock.campaign),
        "fields": [_field_line(one) for one in lock.fields],
        "headers": [_quoted(one) for one in lock.headers],
    }
    text, yaml = StringIO(), YAML()
    yaml.width = 1 << 30
    yaml.dump(data, text)
    return (
        f"# What {''.join(filter(str.isprintable, mapping))} was made for: `run` stops when it has changed.\n"
        "# Not to be edited: `leadbyte-import accept-changes` renews it (docs/drift.md).\n" + text.getvalue()
    )


def _field_line(field: Field) -> Any:
    from ruamel.yaml.comments import CommentedMap

    line = CommentedMap(
        name=_quoted(field.name),
        label=_quoted(field.label),
        required=field.required,
        data_type=_quoted(field.data_type),
    )
    if field.selections:
        line["selections"] = [
            CommentedMap(label=_quoted(one.label), value=_quoted(one.value)) for one in field.selections
        ]
    line.fa.set_flow_style()
    return line


def _quoted(text: str) -> Any:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return DoubleQuotedScalarString(text)
