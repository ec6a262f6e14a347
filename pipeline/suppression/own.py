"""The output folder's own list as a person keeps it: who is put on it, who is taken from it, and what is on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.errors import ConfigError, RunError
from pipeline.journal import Journal
from pipeline.journal.retention import Suppressed
from pipeline.journal.suppressed import Listed
from pipeline.people import secret_of, suppression_digest

#: Why somebody is on the list, in a few words. No address and no number fits: the list names nobody.
_WHY: Final = re.compile(r"[^\W\d_][^\W\d_]*(?:[ ,.'-]+[^\W\d_]+){0,9}")


class Count(NamedTuple):
    """How many entries of one kind are on the list for one reason, and since when (UTC, ISO)."""

    why: str
    kind: str
    entries: int
    first: str
    last: str


def put_on(journal: Journal, output: Path, known_by: Mapping[str, str], why: str, now: datetime) -> int:
    """Put somebody on the list; `known_by`: their address and number, by kind. How many of the two were not on it.

    Raises ConfigError for a reason that is not a few words, RunError where the hashes have lost their key.
    """
    if not _WHY.fullmatch(why):
        raise ConfigError("--why is not a few words", "write it like: objected; who it is must not stand in it")
    new = journal.ledger.is_empty() and journal.suppressed.is_empty()
    secret = _secret(output, new=new)
    people = [Suppressed(suppression_digest(secret, kind, text), kind, why) for kind, text in known_by.items()]
    return journal.suppressed.add(people, now.isoformat(timespec="seconds"))


def take_off(journal: Journal, output: Path, known_by: Mapping[str, str]) -> int:
    """Take somebody from the list; how many of their address and number were on it.

    Raises RunError where nobody is on it, or the hashes have lost their key.
    """
    if journal.suppressed.is_empty():
        raise RunError(f"nobody is on the suppression list of {output}", "is --output right?")
    secret = _secret(output, new=False)
    return journal.suppressed.remove([suppression_digest(secret, kind, text) for kind, text in known_by.items()])


def _secret(output: Path, *, new: bool) -> bytes:
    try:
        return secret_of(output / "ledger.key", new=new)
    except RunError as error:
        raise RunError(error.message, f"restore {output / 'ledger.key'} from a backup") from None


def counted(people: Iterable[Listed]) -> list[Count]:
    """The entries by reason and kind, in the order in which the first of each came."""
    counts: dict[tuple[str, str], Count] = {}
    for one in people:
        before = counts.get((one.why, one.kind)) or Count(one.why, one.kind, 0, one.at, one.at)
        counts[one.why, one.kind] = before._replace(entries=before.entries + 1, last=one.at)
    return list(counts.values())


def as_json(people: Iterable[Listed]) -> dict[str, Any]:
    """The list for a program: counts, and every entry as a hash."""
    known = list(people)
    return {
        "entries": len(known),
        "counts": [one._asdict() for one in counted(known)],
        "people": [{"hash": one.digest.hex(), "kind": one.kind, "since": one.at, "why": one.why} for one in known],
    }
