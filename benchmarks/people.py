"""Made-up people in columns, many at a time: what a purchased list holds when nothing is wrong with it.

E-mail addresses lie under the domains reserved for examples (RFC 2606). Phone numbers have the form of every range
of UK mobiles, since the thousand numbers for drama are too few for a list of millions: such a list is for dry runs.
"""

from __future__ import annotations

import re
import string
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.object_]

HEADER: Final = (
    "First name", "Surname", "E-mail address", "Mobile", "Date of birth", "Sex", "Post code", "Car", "Mortgage",
    "Supplier",
)  # fmt: skip
FIRST_NAME, SURNAME, EMAIL, MOBILE, BORN, SEX, POSTCODE, CAR, MORTGAGE, SUPPLIER = range(len(HEADER))

_FIRST: Final = [
    "Olivia",
    "Amelia",
    "Isla",
    "Ava",
    "Freya",
    "Lily",
    "Florence",
    "Willow",
    "Rosie",
    "Sophia",
    "Grace",
    "Ivy",
    "Elsie",
    "Emily",
    "Ella",
    "Evie",
    "Mia",
    "Poppy",
    "Priya",
    "Fatima",
    "George",
    "Arthur",
    "Noah",
    "Muhammad",
    "Leo",
    "Oscar",
    "Harry",
    "Archie",
    "Jack",
    "Henry",
    "Theo",
    "Charlie",
    "Thomas",
    "Finley",
    "Jean-Luc",
    "Kwame",
    "Arjun",
    "Tom",
    "Mei",
]
_LAST: Final = [
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Patel",
    "Robinson",
    "Wright",
    "Thompson",
    "Evans",
    "Walker",
    "White",
    "O'Brien",
    "Smith-Jones",
    "Hughes",
    "Green",
    "Khan",
    "Lewis",
    "Harris",
    "Clarke",
    "Jackson",
    "Wood",
    "Nguyen",
    "Turner",
    "Hill",
    "Scott",
    "Cooper",
    "Morris",
    "Ward",
    "Moore",
    "Bell",
]
_FIRST_ACCENTED: Final = ["Zoë", "Siân", "Renée", "Aoife", "Chloé", "Théo", "José", "Łukasz", "Seán"]
_LAST_ACCENTED: Final = ["Müller", "Núñez", "Ó'Shea", "Gonçalves", "Kowalczyk-Wójcik", "Lefèvre", "Åberg"]
_DOMAINS: Final = ("example.com", "example.com", "example.org", "example.net", "mail.example.com")
_AREAS: Final = [
    "LS1",
    "M20",
    "B15",
    "SW1A",
    "EC1A",
    "CF10",
    "EH3",
    "G12",
    "BT7",
    "NE4",
    "BS8",
    "OX4",
    "CB2",
    "YO31",
    "PL4",
    "IP1",
    "NR2",
    "EX4",
    "SA1",
    "AB10",
    "L18",
    "S10",
    "NG7",
    "LE2",
    "SE15",
    "N16",
    "W1A",
]
_CARS: Final = [
    "Ford",
    "Vauxhall",
    "Toyota",
    "Volkswagen",
    "BMW",
    "Kia",
    "Nissan",
    "Renault",
    "Škoda",
    "Mini",
    "Land Rover",
    "Audi",
]
_CARS_WITH_COMMA: Final = ("Ford Focus, estate", "Volkswagen Golf, automatic", 'Mini "Cooper", red', "Kia, leased")
_MORTGAGES: Final = ("Fixed", "Fixed", "Tracker", "Variable", "", "")
_SEXES: Final = ("Male", "Female", "M", "F", "")
_SUPPLIERS: Final = ("1", "1", "2", "17", "204")
#: The national pattern of UK mobiles by its first four digits, less the ranges that are shared or partly in use.
#: tests/test_benchmarks.py holds every one of them against libphonenumber.
_MOBILE_RANGE: Final = re.compile(r"7(?:[1-3]\d\d|4[0-46-9]\d|5[13-9]\d|7[1-7]\d|8[014]\d|9[024-6]\d)")
#: Prime to every number of ranges times 1,000,000: each row gets a number of its own, scattered over the ranges.
_STRIDE: Final = 48_611_651
ACCENTED_SHARE: Final = 0.02
COMMA_SHARE: Final = 0.02


def people(chance: np.random.Generator, first: int, rows: int) -> Cells:
    """`rows` good rows, from number `first` of the list on, as an array of text with the columns of HEADER.

    E-mail address and phone number follow from the number of the row, so that no two rows share one.
    """
    cells: Cells = np.empty((rows, len(HEADER)), dtype=object)
    numbers = range(first, first + rows)
    cells[:, FIRST_NAME] = _drawn(chance, _FIRST, rows)
    cells[:, SURNAME] = _drawn(chance, _LAST, rows)
    domains = _drawn(chance, _DOMAINS, rows)
    named = zip(cells[:, FIRST_NAME], cells[:, SURNAME], numbers, domains, strict=True)
    cells[:, EMAIL] = [f"{name}.{last.replace(chr(39), '')}{n}@{at}".lower() for name, last, n, at in named]
    cells[:, MOBILE] = _as_written(chance, mobiles(first, rows))
    cells[:, BORN] = _drawn(chance, _days(), rows)
    cells[:, SEX] = _drawn(chance, _SEXES, rows)
    cells[:, POSTCODE] = _drawn(chance, _postcodes(), rows)
    cells[:, CAR] = _drawn(chance, _CARS, rows)
    cells[:, MORTGAGE] = _drawn(chance, _MORTGAGES, rows)
    cells[:, SUPPLIER] = _drawn(chance, _SUPPLIERS, rows)
    _sprinkle(chance, cells, FIRST_NAME, _FIRST_ACCENTED, ACCENTED_SHARE)
    _sprinkle(chance, cells, SURNAME, _LAST_ACCENTED, ACCENTED_SHARE)
    _sprinkle(chance, cells, CAR, _CARS_WITH_COMMA, COMMA_SHARE)
    return cells


def mobiles(first: int, rows: int) -> npt.NDArray[np.int64]:
    """The mobile numbers of the rows from `first` on: ten digits without the 0, a different one for every row."""
    ranges = mobile_ranges()
    places = np.arange(first, first + rows, dtype=np.int64) * _STRIDE % (len(ranges) * 1_000_000)
    return ranges[places // 1_000_000] * 1_000_000 + places % 1_000_000


@cache
def mobile_ranges() -> npt.NDArray[np.int64]:
    """The first four digits (without the 0) of the ranges that the numbers are drawn from."""
    return np.array([n for n in range(7000, 8000) if _MOBILE_RANGE.fullmatch(str(n))], dtype=np.int64)


def _as_written(chance: np.random.Generator, numbers: npt.NDArray[np.int64]) -> list[str]:
    """Mobile numbers the way lists have them: most as 07…, some with spaces, some with the country code."""
    forms = chance.choice(4, size=len(numbers), p=[0.75, 0.10, 0.10, 0.05]).tolist()
    written = []
    for number, form in zip(map(str, numbers.tolist()), forms, strict=True):
        if form == 0:
            written.append("0" + number)
        elif form == 1:
            written.append("+44" + number)
        elif form == 2:
            written.append(f"0{number[:4]} {number[4:]}")
        else:
            written.append(f"+44 {number[:4]} {number[4:]}")
    return written


def _drawn(chance: np.random.Generator, values: tuple[str, ...] | list[str], rows: int) -> Cells:
    return np.array(values, dtype=object)[chance.integers(len(values), size=rows)]


def _sprinkle(
    chance: np.random.Generator, cells: Cells, column: int, values: list[str] | tuple[str, ...], share: float
) -> None:
    places = np.flatnonzero(chance.random(len(cells)) < share)
    cells[places, column] = _drawn(chance, values, len(places))


@cache
def _days() -> list[str]:
    start = date(1940, 1, 1)
    return [(start + timedelta(days=n)).strftime("%d/%m/%Y") for n in range((date(2006, 12, 31) - start).days)]


@cache
def _postcodes() -> list[str]:
    letters = [one for one in string.ascii_uppercase if one not in "CIKMOV"]
    return [f"{area} {digit}{a}{b}" for area in _AREAS for digit in range(1, 10) for a in letters for b in letters]
