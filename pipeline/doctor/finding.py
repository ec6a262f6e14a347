"""What a check has found: how it stands, in words, and what mends it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pipeline.errors import ImportFailure


class State(StrEnum):
    """How a check has ended; `skip`: it could not be made, and says nothing."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's: `check` is its stable name (docs/operations.md), `cure` what a person does."""

    check: str
    state: State
    says: str
    cure: str = ""

    def as_json(self) -> dict[str, Any]:
        """The finding for a program."""
        return asdict(self)


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, State.OK, says)


def warn(check: str, says: str, cure: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, State.WARN, says, cure)


def fail(check: str, says: str, cure: str) -> Finding:
    """An import would fail, or harm somebody."""
    return Finding(check, State.FAIL, says, cure)


def failed(check: str, error: ImportFailure) -> Finding:
    """What an import would be told."""
    return Finding(check, State.FAIL, error.message, error.hint)


def skip(check: str, says: str) -> Finding:
    """It could not be made."""
    return Finding(check, State.SKIP, says)
