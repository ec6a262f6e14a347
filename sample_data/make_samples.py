"""Writes leads.csv and leads.xlsx: made-up people with the faults that real lists have. `make samples`.

E-mail addresses are under example.com and phone numbers from Ofcom's drama range (07700 900000-900999), so that
nobody is ever reached. The plus-tags in some addresses make the sandbox give that answer (docs/sandbox.md).
"""

from __future__ import annotations

import csv
import random
from datetime import date, datetime, timedelta
from pathlib import Path

from openpyxl import Workbook

HERE = Path(__file__).parent
FIRST = """
Olivia Amelia Isla Ava Freya Lily Florence Willow Rosie Sophia Zoë Siân Renée Aoife Chloé Priya Fatima Mei
George Arthur Noah Muhammad Leo Oscar Harry Archie Jack Henry Théo José Łukasz Jean-Luc Seán Kwame Arjun Tom
""".split()
LAST = """
Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White
O'Brien O’Neill Smith-Jones Müller Núñez St.John Hughes Green Khan Lewis Harris Clarke Jackson Wood NA Nguyen
""".split()
AREAS = """
LS1 M20 B15 SW1A EC1A CF10 EH3 G12 BT7 NE4 BS8 OX4 CB2 YO31 PL4 IP1 NR2 EX4 SA1 AB10 JE2 IM1
""".split()
CARS = "Ford Vauxhall Toyota Volkswagen BMW Kia Nissan Renault Škoda Mini".split()
MORTGAGES = ["Fixed", "Tracker", "Variable", "", ""]
#: Tags of the sandbox that the lists exercise: every answer of the service, in order of appearance. First what is
#: tried again: the list's last row stops the run, and must not meet it waiting.
ANSWERS_CSV = """
http429 quarantine duplicate system validation hlr paf ipblocked badmail landline ipcountry tps dncr internal unlisted
quarantine code1 reset-accepted tps
""".split()
ANSWERS_XLSX = "quarantine tps hlr badmail duplicate system paf quarantine".split()


class People:
    """Made-up people, each with a phone number and an e-mail address of their own."""

    def __init__(self, seed: int, first_number: int) -> None:
        self.random = random.Random(seed)
        self.number = first_number
        self.made = 0

    def person(self, tag: str = "") -> dict[str, str]:
        first, last = self.random.choice(FIRST), self.random.choice(LAST)
        plain = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter not in "'’ ")
        self.made += 1
        phone = f"07700900{self.number:03d}"
        self.number += 1
        return {
            "first": first,
            "last": last,
            "email": f"{plain}{self.made}{'+' + tag if tag else ''}@example.com",
            "phone": phone,
            "postcode": f"{self.random.choice(AREAS)} {self.random.randint(1, 9)}"
            + "".join(self.random.choices("ABDEFGHJLNPQRSTUWXYZ", k=2)),
            "born": (date(1950, 1, 1) + timedelta(days=self.random.randint(0, 19_500))).strftime("%d/%m/%Y"),
        }


def as_people_write(phone: str, chance: random.Random) -> str:
    """The same number in one of the ways that lists have it."""
    rest = phone[1:]
    return chance.choice(
        [phone] * 4
        + [f"{phone[:5]} {phone[5:]}", f"{phone[:5]}-{phone[5:8]}-{phone[8:]}", f"+44{rest}", f"0044 {rest}"]
        + [f"+44 (0){rest[:4]} {rest[4:]}", f"44{rest}", rest]
    )


HEADER_CSV = """
First name,Surname,E-mail address,Mobile,Date of birth,Sex,Post code,Car,Mortgage,Supplier,Notes
""".strip().split(",")


def csv_row(people: People, tag: str = "") -> list[str]:
    one, chance = people.person(tag), people.random
    return [
        one["first"],
        one["last"],
        one["email"],
        as_people_write(one["phone"], chance),
        one["born"],
        chance.choice(["Male", "Female", "M", "F", "man", "woman", ""]),
        one["postcode"] if chance.random() < 0.8 else one["postcode"].lower().replace(" ", ""),
        chance.choice(CARS),
        chance.choice(MORTGAGES),
        chance.choice(["1", "1", "2"]),
        chance.choice(["", "", "", "call after 6", 'said "maybe"', "prefers e-mail, not phone"]),
    ]


def broken_rows(people: People) -> list[list[str]]:
    """One row for each fault that lists have."""
    faults = [
        (2, ""), (2, "jane.example.com"), (2, "jane@@example.com"), (2, "jane doe@example.com"), (2, "j@example,com"),
        (3, "0770090012"), (3, "7.7009E+09"), (3, "01632 960123"), (3, "call me"), (4, "31/02/1980"),
        (4, "1980"), (4, "02/13/1985"), (5, "unknown"), (6, "ZZ1 1AA"), (6, "LS1"), (0, "J4ne"), (0, ""), (1, ""),
        (7, ""), (9, ""), (1, "Smith & Co"),
    ]  # fmt: skip
    rows = []
    for column, value in faults:
        row = csv_row(people)
        row[column] = value
        rows.append(row)
    several = csv_row(people)
    several[2], several[3], several[6] = "n/a", "-", "unknown"
    return [*rows, several]


def make_csv() -> None:
    people = People(seed=20261123, first_number=0)
    rows = [csv_row(people) for _ in range(320)]
    for position, tag in enumerate(ANSWERS_CSV):
        rows.insert(8 + 13 * position, csv_row(people, tag))
    for position, row in enumerate(broken_rows(people)):
        rows.insert(5 + 14 * position, row)
    for position in (40, 120, 200, 260):
        again = list(rows[position])
        again[2] = again[2].upper().replace("EXAMPLE.COM", "example.com")
        rows.insert(position + 25, again)
    unauthorised = csv_row(people)
    unauthorised[9] = "999"
    rows.insert(300, unauthorised)
    rows.insert(150, ["Short", "Row", "short.row@example.com"])
    rows.insert(250, [*csv_row(people), "one cell", "too many"])
    rows.append(csv_row(people, "inactive"))  # the last row: it stops the run, and there is nothing left to stop
    with (HERE / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER_CSV)
        for number, row in enumerate(rows):
            writer.writerow(row)
            if number in (70, 210):
                file.write("\r\n")


def make_xlsx() -> None:
    people, book = People(seed=42, first_number=500), Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Solar leads"
    headers = "Forename,Surname,Email,Mobile no.,Postcode,Owner?,Electricity per month,Call back,Opt-in page,IP,Roof"
    sheet.append(headers.split(","))
    rows = [xlsx_row(people) for _ in range(150)]
    for position, tag in enumerate(ANSWERS_XLSX):
        rows.insert(10 + 15 * position, xlsx_row(people, tag))
    faults = [
        (2, "nobody"),
        (3, 77009),
        (4, "Leeds"),
        (5, "maybe"),
        (6, "lots"),
        (9, "300.1.1.1"),
        (8, "n/a"),
        (1, ""),
    ]
    for position, (column, value) in enumerate(faults):
        row = xlsx_row(people)
        row[column] = value
        rows.insert(7 + 18 * position, row)
    rows.insert(90, list(rows[30]))
    rows.append(xlsx_row(people, "cap"))
    for row in rows:
        sheet.append(row)
    book.save(HERE / "leads.xlsx")


def xlsx_row(people: People, tag: str = "") -> list[object]:
    one, chance = people.person(tag), people.random
    phone: object = int(one["phone"]) if chance.random() < 0.3 else as_people_write(one["phone"], chance)
    return [
        one["first"],
        one["last"],
        one["email"],
        phone,
        one["postcode"],
        chance.choice(["yes", "no", "Yes I own it", "RENT"]),
        chance.choice(["£85.50", "120", "£1,040.00", 95.5, ""]),
        datetime(2026, 12, chance.randint(1, 28), chance.randint(9, 17), 30) if chance.random() < 0.7 else "",  # noqa: DTZ001
        "https://solar.example.com/form?ad=7",
        f"203.0.113.{chance.randint(1, 254)}",
        chance.choice(["Pitched", "Flat", ""]),
    ]


if __name__ == "__main__":
    make_csv()
    make_xlsx()
