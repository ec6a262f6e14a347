"""One table: LeadByte's data types, and what each makes of a cell's text.

The six types of the specification come first; the others are LeadByte's too, by its help pages
(leadbyte-api.md, Read). A type that is not in the table is None here, and the caller treats it as `TEXT`.
Adding a type is adding a row, its aliases and its tests; docs/data-types.md is the table for users.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.data_types.date_formats import format_problem
from pipeline.data_types.dates import DATE, DATE_TIME
from pipeline.data_types.definition import DataType, Plain, TypeOptions
from pipeline.data_types.numbers import CURRENCY, INTEGER, NUMBER
from pipeline.data_types.phones import PHONE, UK_LANDLINE, UK_MOBILE
from pipeline.data_types.postcodes import POSTCODE
from pipeline.data_types.text import ALPHABETICAL, TEXT, YES_NO
from pipeline.data_types.web import EMAIL, IP_ADDRESS, URL

__all__ = ["ALIASES", "DATA_TYPES", "TEXT", "DataType", "Plain", "TypeOptions", "data_type", "format_problem"]

DATA_TYPES: Final[tuple[DataType, ...]] = (
    TEXT,
    DATE,
    EMAIL,
    ALPHABETICAL,
    UK_MOBILE,
    POSTCODE,
    DATE_TIME,
    NUMBER,
    INTEGER,
    CURRENCY,
    UK_LANDLINE,
    PHONE,
    URL,
    IP_ADDRESS,
    YES_NO,
)

#: Other names that are understood, by the name of the type.
ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "Text": ("String", "Text Area", "Free Text"),
    "Date": ("Date of Birth", "DOB"),
    "Email Address": ("Email",),
    "Alphabetical": ("Alphabetic", "Alpha"),
    "UK Mobile Number": ("UK Mobile", "UK Mobile Phone", "UK Mobile Phone Number"),
    "Postcode": ("Postal Code", "Zip Code", "Zip"),
    "Date Time": ("Date/Time", "Date and Time", "Timestamp"),
    "Number": ("Numeric", "Numerical", "Decimal"),
    "Integer": ("Whole Number",),
    "Currency": ("Money", "Amount"),
    "UK Landline Number": ("UK Landline", "UK Landline Phone Number"),
    "Phone Number": ("Phone", "Telephone", "Telephone Number", "International Phone Number"),
    "URL": ("Website", "Web Address"),
    "IP Address": ("IP",),
    "Yes/No": ("Boolean", "Yes or No"),
}

_UNLIKE_NAMES: Final = re.compile(r"[\s_-]+")


def _folded(name: str) -> str:
    return _UNLIKE_NAMES.sub("", name).casefold()


_BY_NAME: Final[dict[str, DataType]] = {
    _folded(name): kind for kind in DATA_TYPES for name in (kind.name, *ALIASES[kind.name])
}


def data_type(name: str) -> DataType | None:
    """The type of a LeadByte name or alias, whatever its case, spaces, `_` and `-`; None for an unknown."""
    return _BY_NAME.get(_folded(name))
