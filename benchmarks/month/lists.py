"""The lists that come in: people with cells of their own, and files in the forms in which vendors send them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import openpyxl

HEADERS: Final = ("First name", "Surname", "E-mail", "Mobile", "Born", "Post code", "Car", "Supplier")
MAPPING: Final = """\
campaign: EXAMPLE-CAMPAIGN
columns:
  First name: First_Name
  Surname: Last_Name
  E-mail: Email
  Mobile: Phone_1
  Born: DOB
  Post code: Postcode
  Car: make_of_car
  Supplier: SID
dedupe: [Email]
"""
BUYERS_MAPPING: Final = """\
campaign: BUYERS-LIVE
columns:
  {First name: First_Name, Surname: Last_Name, E-mail: Email, Mobile: Phone_1, Post code: Postcode, Supplier: SID}
ignore: [Born, Car]
dedupe: [Email]
"""
#: In every cell that tells who somebody is, so that it can be looked for afterwards.
FIRST: Final = "Jocasta"
LAST: Final = "Quillfeather"
MAILBOX: Final = "jocasta"
CAR: Final = "Zephyrella"
POSTCODE: Final = "ZE1 0AA"
#: What the judge looks for in what must be free of people. Phones: Ofcom's numbers for drama.
PERSONAL: Final = (LAST, FIRST, f"{MAILBOX}.", "@example.com", CAR, "07700 900", "07700900", "447700900", POSTCODE)

#: refused: nothing of it is sent, and it lies under failed/.
Kind = Literal["good", "packed", "workbook", "mended", "copy", "growing", "strange", "empty", "dates", "invalid"]
REFUSED: Final = frozenset({"strange", "empty", "dates", "invalid"})


@dataclass(frozen=True, slots=True)
class Person:
    """One row. `tag`: the fault or the answer that the sandbox meets it with; `bad`: its address is none."""

    number: int
    tag: str = ""
    phone: int | None = None
    bad: bool = False

    @property
    def email(self) -> str:
        tag = f"+{self.tag}" if self.tag else ""
        at = " at " if self.bad else "@"
        return f"{MAILBOX}.{self.number}{tag}{at}example.com"

    @property
    def mobile(self) -> str:
        return "" if self.phone is None else f"07700 {900_000 + self.phone:06d}"

    @property
    def cells(self) -> tuple[str, ...]:
        return (FIRST, LAST, self.email, self.mobile, "1980-02-29", POSTCODE, CAR, "1")


@dataclass
class List:
    """A file as it was put into an inbox in a night (from 0). `people`: its rows, from row 2 on.

    `folder`: that of its job. `cap`: one of its rows meets the campaign's cap. `mends`: the list of which it is the
    mended workbook. `rows`: the numbers that its people have in their run.
    """

    name: str
    folder: str
    kind: Kind
    night: int
    people: Sequence[Person]
    content: bytes = b""
    mends: str = ""
    rows: Sequence[int] = field(default_factory=tuple)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def cap(self) -> bool:
        return any(one.tag == "cap" for one in self.people)


def content_of(kind: Kind, name: str, people: Sequence[Person]) -> bytes:
    """A list's bytes, in the form that its name's ending says."""
    if kind == "empty":
        return b""
    if kind == "strange":
        return f"Name,Colour,Remark\n{FIRST} {LAST},red,{people[0].email}\n".encode()
    rows = [one.cells for one in people]
    if kind == "dates":  # each can be the day or the month
        rows = [(*cells[:4], f"0{at % 9 + 1}/0{(at + 2) % 7 + 1}/1980", *cells[5:]) for at, cells in enumerate(rows)]
    if kind == "workbook":
        return _workbook([HEADERS, *rows])
    text = io.StringIO()
    csv.writer(text).writerows([HEADERS, *rows])
    data = text.getvalue().encode()
    if name.endswith(".gz"):
        return gzip.compress(data, mtime=0)
    if name.endswith(".zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(name.removesuffix(".zip") + ".csv"), data)
        return packed.getvalue()
    return data


def mended(workbook: Path, cures: dict[int, str]) -> bytes:
    """fix-me.xlsx as a person saves it who has corrected the addresses: by row of the list, the right one.

    What they could not correct (LeadByte itself has refused it), they have deleted.
    """
    from pipeline import mending

    book = openpyxl.load_workbook(workbook)
    sheet = book[mending.ROWS]
    column = next(cell.column for cell in sheet[1] if cell.value == "E-mail")
    for at in range(sheet.max_row, 1, -1):
        row = int(str(sheet.cell(at, 1).value))
        if row in cures:
            sheet.cell(at, column).value = cures[row]
        else:
            sheet.delete_rows(at)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    for cells in rows:
        sheet.append(list(cells))
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
