"""What comes in, and what goes wrong, night by night: drawn from a seed, and noted for the judge."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from benchmarks.month.lists import REFUSED, Kind, List, Person, content_of, mended
from benchmarks.month.place import ACCOUNT_OF, START, Place

#: Answers and faults that rows meet; the last two come again in a second, by LeadByte's own wish.
TAGS: Final = (
    "http504", "badjson", "lost-answer", "reset-after", "html", "tps", "system", "validation", "quarantine",
    "rejected-later", "http429", "http503retry",
)  # fmt: skip
#: The share of nights in which one good list comes for each daily job, and nobody need be called.
CALM: Final = 0.3
ENDINGS: Final[dict[str, str]] = {"workbook": ".xlsx"}
KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "cars": ("good", "good", "good", "packed", "workbook", "copy", "growing", "strange", "empty", "dates", "invalid"),
    "quotes": ("good", "good", "good", "packed", "copy", "growing", "invalid", "dates"),
    "buyers": ("good", "packed", "copy"),
}


@dataclass
class Story:
    """A month of `nights`. `lists`: all that came. `listed`: by account, entry and the night from which it holds."""

    nights: int
    seed: int
    place: Place
    lists: list[List] = field(default_factory=list)
    listed: dict[tuple[str, str], int] = field(default_factory=dict)
    #: Night -> what is wrong in it: away (of acme), key (of beta), drift (of the quotes).
    troubles: dict[int, str] = field(default_factory=dict)
    growing: list[List] = field(default_factory=list)
    _people: int = 0
    _phones: int = 0
    _calm: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - a seed that says which month it was
        # Kills have dice of their own: where they fall is up to the machine, and what comes in is not.
        self.fate = random.Random(self.seed + 1)  # noqa: S311 - the same
        wanted = ["away", "drift", "key"] * max(1, self.nights // 12)
        nights = self.dice.sample(range(min(1, self.nights - 1), self.nights), min(len(wanted), self.nights - 1))
        self.troubles = dict(zip(sorted(nights), wanted, strict=False))

    def at(self, night: int, hour: int = 2) -> datetime:
        """When a night begins."""
        return START + timedelta(days=night, hours=hour - 2)

    def before(self, night: int) -> None:
        """The evening before: files come in, lists grow, people have corrected what they were told of yesterday."""
        self.nothing_new(night)
        self._calm = night not in self.troubles and self.dice.random() < CALM
        if not self._calm:
            self._mend(night)
        for job, kinds in KINDS.items():
            for number in range(self._many(job, night)):
                self._come(job, number, night, kinds)
        self._suppress(night)

    def nothing_new(self, night: int) -> None:
        """What was still growing is whole now; no other file comes."""
        for one in self.growing:
            self.place.put(one, self.at(night))
        self.growing = []

    def troubled(self, night: int) -> set[str]:
        """The jobs that cannot be done in a night."""
        kind = self.troubles.get(night, "")
        if kind == "away":
            return {job for job, account in ACCOUNT_OF.items() if account == "acme"}
        return {"quotes"} if kind else set()

    # ------------------------------------------------------------------ files

    def _many(self, job: str, night: int) -> int:
        if self._calm:
            return int(job != "buyers")
        if job == "quotes" and self.troubles.get(night) == "drift":
            return 1
        if job == "buyers":
            return int(self.dice.random() < 0.4)
        return self.dice.choice((0, 1, 1, 1, 2, 2, 3))

    def _come(self, job: str, number: int, night: int, kinds: tuple[Kind, ...]) -> None:
        drifts = self.troubles.get(night) == "drift" and job == "quotes"
        kind = kinds[0] if drifts or self._calm else self.dice.choice(kinds)
        late = self.dice.random() < 0.15
        day = self.at(night - late)
        ending = ENDINGS.get(kind) or (self.dice.choice((".csv.gz", ".zip")) if kind == "packed" else ".csv")
        name = f"{job}_{night:02d}{chr(97 + number)}_{day:%Y%m%d}{ending}"
        if kind == "copy":
            earlier = [one for one in self.lists if one.folder == job and one.kind == "good" and one.night < night]
            if not earlier:
                kind = "good"
            else:
                first = self.dice.choice(earlier)
                self._put(List(name, job, kind, night, first.people, first.content))
                return
        people = self._some(job, kind, night)
        self._put(List(name, job, kind, night, people, content_of(kind, name, people)))

    def _put(self, one: List) -> None:
        self.lists.append(one)
        if one.kind == "growing":
            self.growing.append(one)
            self.place.put(one, self.at(one.night), one.content[: len(one.content) // 2])
        else:
            self.place.put(one, self.at(one.night))

    def _mend(self, night: int) -> None:
        """Yesterday's faulty rows of a list of cars, corrected in the workbook that stands beside it."""
        for one in [one for one in self.lists if one.night == night - 1 and one.folder == "cars"]:
            shelf = "failed" if one.kind == "invalid" else "done"
            book = self.place.inbox("cars") / shelf / f"{self.at(night - 1):%Y-%m-%d}" / f"{one.name}.fix-me.xlsx"
            lazy = self.dice.random() < 0.3
            if one.kind in ("copy", "growing") or not book.exists() or lazy:
                continue
            rows = [row for row, person in enumerate(one.people, 2) if person.bad]
            if not rows:
                continue
            people = [Person(one.people[row - 2].number) for row in rows]
            content = mended(book, {row: person.email for row, person in zip(rows, people, strict=True)})
            name = f"mended_{one.name.split('.')[0]}.xlsx"
            self._put(List(name, "mended", "mended", night, people, content, mends=one.name, rows=rows))

    # ------------------------------------------------------------------ people

    def _some(self, job: str, kind: Kind, night: int) -> list[Person]:
        bad = 0.0 if kind in REFUSED else 0.4
        people = [self._somebody(job, bad) for _ in range(self.dice.randint(4, 14 if job != "buyers" else 7))]
        if kind not in REFUSED:  # never too many for max_invalid
            people = [replace(one, bad=one.bad and at % 4 == 0) for at, one in enumerate(people)]
        if kind in ("good", "packed", "workbook"):
            people += [*self._seen_before(job, night), *self._who_is_listed(job, night)]
            if job != "buyers" and not self._calm and self.dice.random() < 0.08:
                people.insert(2, Person(self._next(), "cap"))
        if kind == "invalid":  # more than max_invalid, whatever the dice say
            people = [Person(self._next(), bad=at % 3 != 0) for at in range(6)]
        return people

    def _somebody(self, job: str, bad: float) -> Person:
        odd = job != "buyers" and not self._calm and self.dice.random() < 0.14
        tag = self.dice.choice(TAGS) if odd else ""
        phone = self._new_phone() if job == "buyers" or tag == "tps" else None
        return Person(self._next(), tag, phone, bad=not tag and self.dice.random() < bad)

    def _next(self) -> int:
        self._people += 1
        return self._people

    def _earlier(self, job: str, night: int) -> Iterator[Person]:
        for one in self.lists:
            if one.folder == job and one.night < night and one.kind in ("good", "packed", "workbook"):
                yield from one.people

    def _seen_before(self, job: str, night: int) -> list[Person]:
        """Somebody who was sent once, and somebody new whose number LeadByte has refused (TPS)."""
        earlier = list(self._earlier(job, night))
        good = [one for one in earlier if not one.tag and not one.bad]
        tps = [one for one in earlier if one.tag == "tps"]
        again = [self.dice.choice(good)] if good else []
        return again + ([Person(self._next(), phone=self.dice.choice(tps).phone)] if tps else [])

    def _who_is_listed(self, job: str, night: int) -> list[Person]:
        """Two new people, of whom one is put on the account's list before this night."""
        two = [Person(self._next(), phone=self._new_phone() if job == "buyers" else None) for _ in range(2)]
        self._list(ACCOUNT_OF[job], two[0].email, night)
        return two

    def _new_phone(self) -> int:
        self._phones += 1
        return self._phones

    def _suppress(self, night: int) -> None:
        """Lists grow by somebody who was sent already."""
        for job in ("cars", "quotes"):
            if earlier := [one for one in self._earlier(job, night) if not one.bad]:
                self._list(ACCOUNT_OF[job], self.dice.choice(earlier).email, night)

    def _list(self, account: str, entry: str, night: int) -> None:
        if (account, entry) not in self.listed:
            self.listed[account, entry] = night
            self.place.suppress(account, entry)
