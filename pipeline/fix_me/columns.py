"""What each column of the list is for, in words and choices that a person sees in the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.model import Field


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: its header, and the campaign's fields that it feeds (`joined`: with other columns)."""

    header: str
    fields: tuple[Field, ...] = ()
    joined: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """What may stand in its cells; none where anything may, or where several fields ask for different things."""
        if self.joined or len(self.fields) != 1:
            return ()
        return tuple(dict.fromkeys(one.label for one in self.fields[0].selections))

    def wants(self) -> str:
        """What the campaign wants of its cells, in words."""
        if not self.fields:
            return "This column is not sent."
        together = ", together with other columns" if self.joined else ""
        return "\n".join(f"For {one.label}{together}: {_kind(one)}" for one in self.fields)


def _kind(field: Field) -> str:
    kind = "one of the campaign's choices" if field.selections else field.data_type
    return f"{kind}; {'required' if field.required else 'may be empty'}"


def columns_of(headers: Sequence[str], feeding: Iterable[tuple[Field, Sequence[str]]]) -> tuple[Column, ...]:
    """The list's columns; `feeding` has each field that is fed by columns, and their headers."""
    fed: dict[str, list[Field]] = {header: [] for header in headers}
    joined = set[str]()
    for field, sources in feeding:
        for header in sources:
            fed[header].append(field)
        joined.update(sources if len(sources) > 1 else ())
    return tuple(Column(header, tuple(fields), header in joined) for header, fields in fed.items())
