"""Why sending stops: in words, and as a kind by which the next step is named."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Final

#: The reason of a stop that a person asked for.
INTERRUPTED: Final = "interrupted"
#: The longest sleep, in seconds, of what waits for a stop besides.
NAP: Final = 0.05


class StopKind(StrEnum):
    """What left rows unsent, for whoever names the next step (pipeline.advice)."""

    INTERRUPTED = "interrupted"
    CAP = "cap"
    INACTIVE = "inactive"
    KEY = "key"
    CERTIFICATE = "certificate"
    ERRORS = "errors"
    NOT_TAKEN = "not_taken"
    DAILY_LIMIT = "daily_limit"
    BROKEN = "broken"
    LIMIT = "limit"
    CANARY = "canary"
    SUPPLIER = "supplier"
    INVALID = "invalid"
    NIGHT = "night"


class Stop:
    """Why no further row is sent. Set from any thread or from a signal handler; the first reason stays."""

    def __init__(self) -> None:
        # No lock, and so no Event either: a signal handler would wait for one that its own thread holds. Appending
        # is a single step of the interpreter's.
        self._reasons: list[tuple[str, StopKind]] = []

    @property
    def reason(self) -> str:
        """Why, in words without a person's data; "" until it is set."""
        return self._reasons[0][0] if self._reasons else ""

    @property
    def kind(self) -> StopKind | None:
        """Why, for programs; None until it is set."""
        return self._reasons[0][1] if self._reasons else None

    def set(self, reason: str, kind: StopKind = StopKind.INTERRUPTED) -> None:
        """Stop, for this reason; by itself it is a person who asks for it."""
        self._reasons.append((reason, kind))

    def is_set(self) -> bool:
        """Whether to stop."""
        return bool(self._reasons)

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until the stop."""
        until = time.monotonic() + seconds
        while not self._reasons and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, NAP))
