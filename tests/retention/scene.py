"""A folder full of runs of people with names of their own, and a search of its disk for them that trusts nobody."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from pipeline.report import Summary
from pipeline.run import import_list
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World
from tests.delivery import leadbyte

HEADERS = ("First name", "Surname", "E-mail", "Mobile", "Post code", "Car", "Supplier", "Notes")
MAPPING = """\
campaign: EXAMPLE-CAMPAIGN
columns:
  First name: First_Name
  Surname: Last_Name
  E-mail: Email
  Mobile: Phone_1
  Post code: Postcode
  Car: make_of_car
  Supplier: SID
ignore: [Notes]
dedupe: [Email, Phone_1]
"""


@dataclass(frozen=True)
class Somebody:
    """A person as a list has them; `tag` makes the sandbox answer, and is part of the address."""

    first: str
    last: str
    number: int
    postcode: str
    tag: str = ""
    phone: str = ""
    notes: str = ""

    @property
    def email(self) -> str:
        return f"{self.first}.{self.last}{'+' + self.tag if self.tag else ''}@Example.com"

    @property
    def mobile(self) -> str:
        return self.phone or f"07700 900{self.number:03d}"

    def cells(self) -> list[str]:
        note = self.notes or f"met {self.first} {self.last}"
        return [self.first, self.last, self.email, self.mobile, self.postcode, "Saab", "1", note]

    def traces(self) -> list[str]:
        """All that must not be found, in every spelling that matters."""
        national = f"7700900{self.number:03d}"
        numbers = [f"0{national}", f"+44{national}", national, f"07700 900{self.number:03d}", self.mobile]
        postcodes = [self.postcode, self.postcode.replace(" ", "")]
        local = self.email.partition("@")[0]
        return [self.first, self.last, self.email, local, *numbers, *postcodes, self.cells()[-1]]


#: One for each way of a row; the names occur nowhere else.
QUILL = Somebody("Ottoline", "Quillfeather", 123, "SW1A 2HB")
ACCEPTED = Somebody("Peregrine", "Marchbanks", 201, "CF10 9BX")
REJECTED = Somebody("Wilhelmina", "Stoatsworth", 202, "IP1 2TH", "validation")
UNKNOWN = Somebody("Barnabas", "Thistlewood", 203, "M1 1AE", "reset-accepted")
FAILED = Somebody("Clementine", "Underhill", 204, "B33 8TH", "system")
INVALID = Somebody("Ignatius", "Wetherby", 205, "WX99 NOPE", phone="07700 90055")
LATER = Somebody("Rosalind", "Featherstone", 206, "EC1A 1BB", "rejected-later")
EVERYBODY = (ACCEPTED, REJECTED, FAILED, INVALID, LATER)


class At:
    """A time that stands still where it is put."""

    def __init__(self, days: float = 0.0) -> None:
        self.days = days

    def __call__(self) -> datetime:
        return datetime(2026, 3, 2, 9, 30, tzinfo=UTC) + timedelta(days=self.days)


def world(at: At, **changes: Any) -> World:
    return World(now=at, **changes)


def write_list(path: Path, people: Iterable[Somebody], more: Sequence[Sequence[str]] = ()) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows([*(one.cells() for one in people), *more])
    return path


def order(
    folder: Path, people: Iterable[Somebody], name: str = "leads", more: Sequence[Sequence[str]] = (), **changes: Any
) -> Order:
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    # Whatever holds the data in clear: it must go as well.
    wanted: dict[str, Any] = {"rate": "1000/s", "max_invalid": "100%", "show_data": True, "vendor_note": True}
    path = write_list(folder / f"{name}.csv", people, more)
    return replace(Order(str(path), mapping, folder / "output"), **(wanted | {"fix_me": "always"} | changes))


def imported(sandbox: Sandbox, wanted: Order, at: At) -> Summary:
    return import_list(wanted, leadbyte(sandbox.base_url), world(at))


# ---------------------------------------------------------------------- the disk


def everything(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every byte below a folder, by file; what is zipped as it stands, and unzipped."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield path, content
            if content.startswith(b"PK"):
                with zipfile.ZipFile(BytesIO(content)) as archive:
                    for name in archive.namelist():
                        yield path, archive.read(name)


def found_on_disk(folder: Path, words: Iterable[str]) -> set[str]:
    """Which of the words are anywhere below a folder, as "file: word", whatever the case and the encoding."""
    forms = {
        word: [word.casefold().encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")] for word in words
    }
    found = set[str]()
    for path, content in everything(folder):
        small = content.lower()
        found.update(
            f"{path.relative_to(folder)}: {word}"
            for word, some in forms.items()
            if any(map(small.__contains__, some))
        )
    return found


def words_of(*people: Somebody) -> list[str]:
    return [word for one in people for word in one.traces()]


def without_times(text: str) -> str:
    return re.sub(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}", "RUN", text)
