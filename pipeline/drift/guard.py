"""The guard: what has changed since a mapping was made is told before any row is read, and accepted by a person."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline.drift.changes import changes
from pipeline.drift.lock import lock_now, lock_of, read_lock, write_lock
from pipeline.errors import Drifted, MappingError
from pipeline.model import Campaign


@dataclass(frozen=True, slots=True)
class Drift:
    """What has changed since the mapping was made, in words: what `stops` a run, and what is only `told`."""

    mapping: Path
    made_at: str = ""
    stops: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What has happened, without the changes; "" where nothing stops a run."""
        day = f", {self.made_at[:10]}" if self.made_at else ""
        made = f"{self.mapping} was made ({lock_of(self.mapping)}{day})"
        return f"the campaign or the list's header has changed since {made}" if self.stops else ""

    def cure(self, file: str, campaign: str = "") -> str:
        """What a person does about it; `campaign` is what they named with the flag, if they did."""
        words = ["leadbyte-import", "accept-changes", str(self.mapping), "--list", file]
        words += ["--campaign", campaign] if campaign else []
        return f"see whether the mapping still holds, mend it if not, then: {shlex.join(words)}"

    def refuse(self, file: str, campaign: str = "") -> None:
        """Raise Drifted where something stops a run."""
        if self.stops:
            lines = "".join(f"\n  - {one}" for one in self.stops)
            raise Drifted(f"{self.words}:{lines}", self.cure(file, campaign), self.stops)


def drift_of(mapping: Path, campaign: Campaign, headers: Sequence[str]) -> Drift:
    """What has changed since the mapping was made, by the lock beside it; nothing where there is none.

    Raises MappingError where the lock cannot be read.
    """
    lock = read_lock(mapping)
    if lock is None:
        return Drift(mapping)
    found = changes(lock, campaign, headers)
    told = [one.words for one in found if not one.stops]
    if lock.campaign != campaign.reference:
        told.append(f"{lock_of(mapping)} is about campaign {lock.campaign}: the fields of this one were not compared")
    return Drift(mapping, lock.made_at, tuple(one.words for one in found if one.stops), tuple(told))


def accept(mapping: Path, campaign: Campaign, headers: Sequence[str], now: datetime) -> list[str]:
    """Renew the lock beside a mapping; what has changed, and what was done, in words.

    Without `headers` those of before stay. Raises ConfigError where it cannot be written.
    """
    path, said = lock_of(mapping), list[str]()
    try:
        before = read_lock(mapping)
    except MappingError as error:
        before = None
        said.append(f"{error.message}: it is made anew")
    kept = tuple(headers) or (before.headers if before else ())
    lock = lock_now(campaign, kept, now)
    if before and before.campaign != campaign.reference:
        said.append(f"it was about campaign {before.campaign}, and is about {campaign.reference} now")
    elif before:
        said += [f"accepted: {one.words}" for one in changes(before, campaign, kept)]
        if replace(lock, made_at=before.made_at) == before:
            return [f"nothing has changed since {before.made_at[:10]}: {path} stays as it is"]
    write_lock(mapping, lock)
    if not headers:
        looked = (
            "the list's header is the one of before" if kept else "no list was looked at, so no header is compared"
        )
        said.append(f"{looked}; --list FILE looks at one")
    return [*said, f"written: {path}"]
