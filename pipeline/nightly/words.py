"""What may be told of a failure far and wide: without what it quotes of a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pipeline.errors import Drifted, ImportFailure, InputError, MappingError
from pipeline.mapping import Mapping
from pipeline.names import fold

#: What a message quotes. A possessive (`the campaign's`) opens no quotation.
_QUOTED: Final = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?!\w)""")


def tellable(error: ImportFailure, known: Iterable[str] = ()) -> str:
    """The message in one line. What it quotes is left out, but for `known` names.

    A list that has lost its header has somebody's data where the names of columns are, and those two kinds of
    failures quote them; what they say in full stands beside the list, in why.txt.
    """
    line = " ".join(error.message.split())
    if not isinstance(error, InputError | MappingError):
        return line
    safe = {fold(one) for one in known}
    return _QUOTED.sub(lambda found: found[0] if fold(found[0][1:-1]) in safe else "'…'", line)


def tellable_hint(error: ImportFailure) -> str:
    """What to do next, in one line, without what it quotes of a list."""
    line = " ".join(error.hint.split())
    if isinstance(error, Drifted) or not isinstance(error, InputError | MappingError):
        return line  # the cure of a drift is a command, whose words are quoted
    return _QUOTED.sub("'…'", line)


def names_of(mapping: Mapping) -> list[str]:
    """The names that a mapping file itself has: of columns, of fields and of checks."""
    rules = [rule.field for listed in mapping.columns.values() for rule in listed]
    joined = [name for one in mapping.join.values() for name in one.columns]
    keys = [name for key in mapping.dedupe for name in key]
    return [*mapping.columns, *rules, *joined, *mapping.join, *mapping.constants, *mapping.ignore, *keys]
