"""YAML as plain data, every scalar a text, that remembers its lines: a fault is told with the line that it is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

#: Where something is: keys of mappings and numbers of entries, from the top.
Place = tuple[str | int, ...]


@dataclass
class Lines:
    """The data of a YAML text, the line (from 1) of everything in it, and the keys that stand twice."""

    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    twice: list[tuple[int, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of what is there, or of the nearest thing around it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def with_lines(text: str, name: str) -> Lines:
    """What is in a YAML text; `name` is how messages call it. Raises ConfigError with the line where it is none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        top = YAML(typ="base", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(
            f"{name}, line {line}: not valid YAML: {error.problem}", "check indentation, colons and quotes there"
        ) from None
    except YAMLError:
        raise ConfigError(f"{name} is not valid YAML", "see examples/jobs.yaml") from None
    found = Lines()
    found.data = _plain(top, (), found) if top is not None else None
    return found


def _plain(node: Node, place: Place, found: Lines) -> Any:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    found.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, SequenceNode):
        return [_plain(one, (*place, number), found) for number, one in enumerate(node.value)]
    if not isinstance(node, MappingNode):
        return node.value
    data: dict[str, Any] = {}
    for key_node, value in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in data:
            found.twice.append((line, f"the key {key!r} stands twice"))
        found.lines[*place, key] = line
        data[key] = _plain(value, (*place, key), found)
    return data
