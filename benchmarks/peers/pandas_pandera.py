"""The usual way with pandas and pandera: read the list whole, one lazy schema, failures joined to the rows."""

from __future__ import annotations

import json
import sys

import pandas as pd
import pandera.pandas as pa

EMAIL = r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"
UK_MOBILE = r"^(?:0|\+44 ?)7[0-9]{3} ?[0-9]{6}$"


def is_date(values: pd.Series) -> pd.Series:
    """Say of each text whether it is a day that exists, as dd/mm/yyyy."""
    return pd.to_datetime(values, format="%d/%m/%Y", errors="coerce").notna()


SCHEMA = pa.DataFrameSchema(
    {
        "First name": pa.Column(str),
        "Surname": pa.Column(str),
        "E-mail address": pa.Column(str, pa.Check.str_matches(EMAIL, error="not an e-mail address")),
        "Mobile": pa.Column(str, pa.Check.str_matches(UK_MOBILE, error="not a UK mobile number"), nullable=True),
        "Date of birth": pa.Column(str, pa.Check(is_date, error="not a date as dd/mm/yyyy"), nullable=True),
        "Sex": pa.Column(str, pa.Check.isin(["Male", "Female", "M", "F"]), nullable=True),
        "Post code": pa.Column(str, nullable=True),
        "Car": pa.Column(str),
        "Mortgage": pa.Column(str, nullable=True),
        "Supplier": pa.Column(str),
    }
)


def main(listed: str, results: str) -> None:
    """Validate the list and write the results."""
    frame = pd.read_csv(listed, dtype=str, keep_default_na=False, na_values=[""])
    errors = pd.Series(dtype=str)
    try:
        SCHEMA.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        failures = found.failure_cases
        reasons = failures["column"] + ": " + failures["check"]
        errors = reasons.groupby(failures["index"].astype("int64")).agg("; ".join)
    judged = pd.DataFrame({"row": frame.index + 2, "outcome": "valid", "errors": errors.reindex(frame.index)})
    judged.loc[errors.index, "outcome"] = "invalid"
    pd.concat([judged, frame], axis=1).to_csv(results, index=False)
    print(json.dumps({"rows": len(frame), "invalid": len(errors)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
