"""Seeded lists: people whose e-mail addresses call the sandbox's faults (docs/sandbox.md)."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HEADERS: Final = ("First name", "Surname", "E-mail", "Car", "Supplier")
EMAIL: Final = "E-mail"
MAPPING: Final = """\
campaign: EXAMPLE-CAMPAIGN
columns: {First name: First_Name, Surname: Last_Name, E-mail: Email, Car: make_of_car, Supplier: SID}
dedupe: [Email]
"""
#: Faults that cost no time; a killed run meets some of them besides.
QUICK_FAULTS: Final = (
    "http504", "badjson", "lost-answer", "reset-after", "html", "tps", "system", "quarantine", "buyer-rejected",
)  # fmt: skip
#: Refused, with the wish to come again in a second: the one case in which a second arrival is right.
COME_AGAIN: Final = ("http429", "http503retry")


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a list; `tag` is the fault that the sandbox meets it with."""

    number: int
    tag: str = ""
    sid: str = "1"

    @property
    def email(self) -> str:
        tag = f"+{self.tag}" if self.tag else ""
        return f"person{self.number}{tag}@example.com"


def some_people(seed: int, rows: int, *, faults: float = 0.1, again: float = 0.0) -> list[Person]:
    """`rows` people nobody else has: a share of `faults` that cost no time, and of `again` that cost a second."""
    dice = random.Random(seed)  # noqa: S311 - a seed that says which list it was
    people = []
    for number in range(rows):
        luck = dice.random()
        tag = dice.choice(QUICK_FAULTS) if luck < faults else dice.choice(COME_AGAIN) if luck > 1 - again else ""
        people.append(Person(seed * 1_000_000 + number, tag))
    return people


def write_list(folder: Path, people: Sequence[Person]) -> tuple[Path, Path]:
    """Write leads.csv and mapping.yaml into `folder`. Row 2 is the first person."""
    folder.mkdir(parents=True, exist_ok=True)
    path, mapping = folder / "leads.csv", folder / "mapping.yaml"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(["Jane", "Quillfeather", one.email, "Saab", one.sid] for one in people)
    mapping.write_text(MAPPING, encoding="utf-8")
    return path, mapping


def read_results(output: Path) -> list[dict[str, str]]:
    """The rows of the one results.csv in `output`; none when none was written."""
    found = sorted(output.glob("*/results.csv"))
    if not found:
        return []
    with found[-1].open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
