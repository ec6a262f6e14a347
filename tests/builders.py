"""What several tests start from: the specification's campaign, a mapping that fits, lists as frames of text."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from typing import Final

import pandas as pd
import pyarrow as pa
import pytest

from pipeline.columns import Texts
from pipeline.errors import MappingError
from pipeline.load import Chunk
from pipeline.mapping import Links, parse_mapping, resolve
from pipeline.model import Campaign, Field, Selection

GENDERS: Final = tuple(Selection(one, one) for one in ("Male", "Female", "M", "F"))

#: The specification's example campaign (leadbyte-api.md, Read).
EXAMPLE: Final = Campaign(
    id="9",
    name="Example Campaign A",
    reference="EXAMPLE-CAMPAIGN",
    country="United Kingdom",
    currency="Britain (United Kingdom), Pounds",
    fields=(
        Field("data13", "make_of_car", required=True),
        Field("data14", "mortgage_type"),
        Field("dob", "DOB", data_type="Date"),
        Field("email", "Email", required=True, data_type="Email Address"),
        Field("firstname", "First_Name", required=True, data_type="Alphabetical"),
        Field("gender", "Gender", selections=GENDERS),
        Field("lastname", "Last_Name", required=True, data_type="Alphabetical"),
        Field("phone1", "Phone_1", data_type="UK Mobile Number"),
        Field("postcode", "Postcode", data_type="Postcode"),
        Field("sid", "SID", required=True),
    ),
)

#: A list's headers, and a mapping that feeds every field of EXAMPLE from them.
HEADERS: Final = ("First name", "Surname", "E-mail", "Mobile", "Born", "Sex", "Post code", "Car", "Mortgage")
MAPPING: Final = """
campaign: EXAMPLE-CAMPAIGN
columns:
  First name: First_Name
  Surname: Last_Name
  E-mail: Email
  Mobile: Phone_1
  Born: {field: DOB, date_format: "%d/%m/%Y"}
  Sex: {field: Gender, values: {woman: Female, man: Male}}
  Post code: Postcode
  Car: make_of_car
  Mortgage: mortgage_type
constants: {SID: "1"}
dedupe: [Email, Phone_1]
"""

#: Cells of a row that breaks no rule, by header.
GOOD: Final[dict[str, str]] = {
    "First name": "Ann",
    "Surname": "Smith",
    "E-mail": "ann@example.com",
    "Mobile": "07700 900123",
    "Born": "13/02/1980",
    "Sex": "woman",
    "Post code": "sw1a1aa",
    "Car": "Ford",
    "Mortgage": "Fixed",
}


def good_row(number: int = 0, **cells: str) -> list[str]:
    """A valid row in the order of HEADERS; each `number` is another person, `cells` (`E_mail=...`) are changes."""
    mine = GOOD | {"E-mail": f"ann{number}@example.com", "Mobile": f"07700 900{number:03d}"}
    mine |= {name.replace("E_mail", "E-mail").replace("_", " "): text for name, text in cells.items()}
    assert set(mine) == set(HEADERS), "no such column"
    return [mine[header] for header in HEADERS]


def campaign(*fields: Field, country: str = "United Kingdom") -> Campaign:
    return Campaign("9", "Campaign", "CAMP", country=country, fields=fields)


def frame(headers: Sequence[str], rows: Sequence[Sequence[str]], first_row: int = 2) -> pd.DataFrame:
    """Rows as the load stage makes them: text, with the spreadsheet's row numbers as index."""
    return pd.DataFrame(
        {header: pd.array([row[at] for row in rows], dtype="str") for at, header in enumerate(headers)},
        index=pd.Index(range(first_row, first_row + len(rows)), dtype="int64", name="row"),
    )


def chunk(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    faults: Pairs[int, str] | None = None,
    first_row: int = 2,
) -> Chunk:
    return Chunk(frame(headers, rows, first_row), dict(faults or {}), position=0)


def column(*cells: str) -> Texts:
    return pa.array(cells, pa.large_string())


def fitted(text: str, headers: Sequence[str] = HEADERS, to: Campaign = EXAMPLE, phone_format: str = "") -> Links:
    """The mapping in a YAML text, fitted."""
    return resolve(parse_mapping(text, "m.yaml"), headers, to, phone_format)


def misfit(text: str, headers: Sequence[str] = HEADERS, to: Campaign = EXAMPLE) -> str:
    """What is said of a mapping that must not fit."""
    with pytest.raises(MappingError, match="does not fit") as caught:
        fitted(text, headers, to)
    assert caught.value.hint
    return caught.value.message
