"""The usual way with pydantic: a model of the row, the list read and judged row by row."""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError

EMAIL = r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"
UK_MOBILE = r"^(?:(?:0|\+44 ?)7[0-9]{3} ?[0-9]{6})?$"


def real_date(text: str) -> str:
    """Return the text when it is empty or a day that exists, as dd/mm/yyyy."""
    if text:
        datetime.strptime(text, "%d/%m/%Y")  # noqa: DTZ007 - a day has no time zone
    return text


Filled = Annotated[str, Field(min_length=1)]


class Row(BaseModel):
    """One row of the list."""

    first: Filled = Field(alias="First name")
    last: Filled = Field(alias="Surname")
    email: str = Field(alias="E-mail address", pattern=EMAIL)
    mobile: str = Field(alias="Mobile", pattern=UK_MOBILE)
    born: Annotated[str, AfterValidator(real_date)] = Field(alias="Date of birth")
    sex: Literal["Male", "Female", "M", "F", ""] = Field(alias="Sex")
    postcode: str = Field(alias="Post code")
    car: Filled = Field(alias="Car")
    mortgage: str = Field(alias="Mortgage")
    supplier: Filled = Field(alias="Supplier")


def faults(row: dict[str, str]) -> str:
    """What is wrong with a row; empty when nothing is."""
    try:
        Row.model_validate(row)
    except ValidationError as found:
        return "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in found.errors(include_url=False))
    return ""


def main(listed: str, results: str) -> None:
    """Validate the list and write the results."""
    rows, invalid = 0, 0
    with Path(listed).open(encoding="utf-8", newline="") as source, Path(results).open("w", encoding="utf-8") as file:
        reader, writer = csv.DictReader(source), csv.writer(file)
        writer.writerow(["row", "outcome", "errors", *(reader.fieldnames or [])])
        for rows, row in enumerate(reader, 1):
            errors = faults(row)
            invalid += bool(errors)
            writer.writerow([rows + 1, "invalid" if errors else "valid", errors, *row.values()])
    print(json.dumps({"rows": rows, "invalid": invalid}))


if __name__ == "__main__":
    main(*sys.argv[1:])
