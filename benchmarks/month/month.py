"""The month from its first night to its last, and the figures of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.month.judge import Case, read_results, sha256_of
from benchmarks.month.leaks import AFTER_PURGE, HOLDS_PEOPLE, leaks
from benchmarks.month.place import SHELVES, Place
from benchmarks.month.said import FATES, Seen
from benchmarks.month.servers import servers
from benchmarks.month.story import Story

#: Nights after the last file: what was left is finished, and there is nothing to say.
QUIET: Final = 3
WEEK: Final = 7
KEEP: Final = timedelta(days=7)


@dataclass
class Month:
    """A month while it happens, and what it came to.

    `wrong`: every promise that was not kept, in words; `leaked`: people and keys where none may be; `held`: people
    wherever they were before the last purge.
    """

    place: Place
    story: Story
    case: Case = field(init=False)
    kills: int = 0
    purged: int = 0
    quiet: int = QUIET
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    _filed: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _usual: float = 1.0

    def __post_init__(self) -> None:
        self.case = Case(self.story.lists, self.story.listed, [], {}, self._filed)

    def happen(self, kill: float = 0.5) -> None:
        """All nights; each is killed with the chance `kill`, and then begun again in the same night, or the next."""
        began, story = time.monotonic(), self.story
        for night in range(story.nights + self.quiet):
            if night < story.nights:
                story.before(night)
            else:
                story.nothing_new(night)
            self._night(night, kill if night < story.nights else 0.0)
            if night % WEEK == WEEK - 1:
                self._purge(night)
        self.held = leaks(self.place, self.case, {})
        self.leaked = leaks(self.place, self.case, HOLDS_PEOPLE)
        self._purge(night + KEEP.days + 2, everything=True)
        self.leaked += leaks(self.place, self.case, AFTER_PURGE)
        self.case.final = self.place.runs()
        self.case.results = read_results(self.place.output, list(self.case.final))
        self._look_at_files()
        self.seconds = time.monotonic() - began

    def judge(self) -> list[str]:
        """What is wrong."""
        self.wrong = [*self.case.judge(), *self.leaked]
        return self.wrong

    # ------------------------------------------------------------------ a night

    def _night(self, night: int, kill: float) -> None:
        story, place = self.story, self.place
        trouble = story.troubles.get(night, "")
        if trouble == "away":
            place.servers.away("acme")
        if trouble == "drift":
            place.drift(story.at(night))
        place.wrong_key = {"beta"} if trouble == "key" else set()
        hour = 2
        while story.fate.random() < kill and self._one(night, hour, story.fate.uniform(0.02, self._usual)):
            self.kills += 1
            hour += 1
            if not trouble and story.fate.random() < 0.5:
                break  # nobody begins it again before the next night
        else:
            if not self.case.seen or (self.case.seen[-1].night, self.case.seen[-1].killed) != (night, False):
                self._one(night, hour, None)
        if trouble == "away":
            place.servers.away("acme", back=True)
        if trouble == "drift":
            place.accept(story.at(night, 9))

    def _one(self, night: int, hour: int, kill_after: float | None) -> bool:
        """One launch; whether it was killed."""
        story, place, at = self.story, self.place, self.story.at(night, hour)
        growing = [place.inbox(one.folder) / one.name for one in story.growing]
        before, lay = place.runs(), place.where()
        ended = place.night(at, growing, kill_after)
        killed = ended.code == -9
        if killed:
            time.sleep(0.1)  # what was on its way arrives
        else:
            self._usual = 0.7 * self._usual + 0.3 * ended.seconds
        self._look_at_files()
        self.case.seen.append(
            Seen(
                night, at, killed, ended.code, ended.digest, story.troubled(night),
                {one.name for one in story.growing}, before, place.runs(), lay, place.where(),
                place.servers.record(), place.servers.heard(),
            )
        )  # fmt: skip
        return killed

    # ------------------------------------------------------------------ retention, and what it may take

    def _look_at_files(self) -> None:
        """Where the lists are filed; what a purge has taken since it was seen stays seen."""
        now = self.place.where()
        for one in self.story.lists:
            top = self.place.inbox(one.folder)
            found = [(path.parts[0], sha256_of(top / path)) for path in now.get(one.name, [])]
            if found or one.name not in self._gone:
                self._filed[one.name] = found

    def _purge(self, night: int, *, everything: bool = False) -> None:
        self._look_at_files()
        before = self.place.where()
        self.purged += self.place.purge(self.story.at(night, 12), KEEP, everything=everything)
        now = self.place.where()
        oldest = self.story.at(night, 12) - KEEP
        for one in self.story.lists:
            for path in before.get(one.name, []):
                old = len(path.parts) > 1 and path.parts[0] in SHELVES and path.parts[1] <= f"{oldest:%Y-%m-%d}"
                if one.name not in now and old:
                    self._gone.add(one.name)

    # ------------------------------------------------------------------ figures

    def table(self) -> str:
        """The figures, as lines of a table."""
        case = self.case
        rows: Counter[str] = Counter()
        for run in case.final.values():
            rows.update(run.counts)
        fates = Counter(report["state"] for seen in case.seen for report in seen.reports if report["state"] in FATES)
        kinds = Counter[str](one.kind for one in case.lists)
        digests = [seen.digest for seen in case.seen if seen.digest]
        calls = sum(one["needs_a_person"] for one in digests)
        mails = sum(one["channel"] == "mail" for seen in case.seen for one in seen.heard)
        lines = {
            "seed": str(self.story.seed),
            "nights": f"{self.story.nights} and {self.quiet} quiet ones, {len(case.seen)} launches",
            "kills (SIGKILL)": str(self.kills),
            "troubled nights": _counted(Counter(self.story.troubles.values())),
            "files": f"{len(case.lists)}: {_counted(kinds)}",
            "files by fate": _counted(fates),
            "rows by outcome": f"{sum(rows.values()):,}: {_counted(rows)}",
            "leads that arrived": f"{sum(len(seen.arrivals) for seen in case.seen):,}",
            "digests": f"{len(digests)}, {calls} call somebody; {mails} mails",
            "runs purged": str(self.purged),
            "seconds": f"{self.seconds:.0f}",
            "wrong": str(len(self.wrong)),
        }
        return "\n".join(f"| {name} | {said} |" for name, said in lines.items())


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(found.items()))


def month(folder: Path, *, nights: int, seed: int, kill: float = 0.5, quiet: int = QUIET) -> Month:
    """A month in a new folder, judged."""
    with servers() as others:
        place = Place(folder, others)
        one = Month(place, Story(nights, seed, place), quiet=quiet)
        one.happen(kill)
    one.judge()
    return one
