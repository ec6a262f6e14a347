"""What a purge or an erasure came to, as data. No text in it is a person's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PurgedRun:
    """A run that lost its data: when it ended (UTC, ISO), its rows, its files that went or were written without them.

    `others`: what somebody else has put into its folder, which is left alone.
    """

    run_id: str
    ended: str
    rows: int
    files: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that is old enough and keeps its data: why, and the command that mends it."""

    run_id: str
    why: str
    command: str


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge came to, or (`dry_run`) would come to. `filed`: filed lists that were removed."""

    before: str
    dry_run: bool
    runs: tuple[PurgedRun, ...]
    kept: tuple[KeptRun, ...]
    filed: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AtLeadByte:
    """A row of the person's that LeadByte was sent, by what it is known there: this program cannot erase it there."""

    run_id: str
    row: int
    account: str
    campaign: str
    outcome: str
    queue_ids: tuple[str, ...]
    lead_id: str


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to, or (`dry_run`) would come to. No text in it is the person's.

    `rows`: by run; `waiting` of them were not sent yet, and never will be. `files`: by run those that were removed or
    written anew. `elsewhere`: files that hold the person and were left alone; `unread`: those that could not be
    searched. `person`: by kind the keyed hashes that are on the suppression list, as hex digits.
    """

    erasure: str
    dry_run: bool
    rows: dict[str, tuple[int, ...]]
    waiting: int
    files: dict[str, tuple[str, ...]]
    at_leadbyte: tuple[AtLeadByte, ...]
    elsewhere: tuple[str, ...]
    unread: tuple[str, ...]
    person: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return asdict(self)
