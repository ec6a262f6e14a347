"""The usual way with polars and pandera: batches of 200,000 rows, a lazy schema, failures joined to the rows.

The leanest of the peers: its results hold row, outcome and errors, without the list's own columns.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandera.polars as pa
import polars as pl

BATCH = 200_000
EMAIL = r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"
UK_MOBILE = r"^(?:0|\+44 ?)7[0-9]{3} ?[0-9]{6}$"


def is_date(data: pa.PolarsData) -> pl.LazyFrame:
    """Say of each text whether it is a day that exists, as dd/mm/yyyy."""
    return data.lazyframe.select(pl.col(data.key).str.to_date("%d/%m/%Y", strict=False).is_not_null())


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


def judged(batch: pl.DataFrame, first: int) -> pl.DataFrame:
    """Row, outcome and errors of a batch whose first row is number `first` of the list."""
    rows = pl.DataFrame({"index": pl.int_range(len(batch), dtype=pl.Int32, eager=True)})
    try:
        SCHEMA.validate(batch, lazy=True)
        reasons = pl.DataFrame(schema={"index": pl.Int32, "errors": pl.String})
    except pa.errors.SchemaErrors as found:
        reason = pl.concat_str("column", "check", separator=": ").alias("errors")
        failures = found.failure_cases.select(pl.col("index").cast(pl.Int32), reason)
        reasons = failures.group_by("index").agg(pl.col("errors").str.join("; "))
    outcome = pl.when(pl.col("errors").is_null()).then(pl.lit("valid")).otherwise(pl.lit("invalid")).alias("outcome")
    joined = rows.join(reasons, on="index", how="left", maintain_order="left")
    return joined.select((pl.col("index") + first + 2).alias("row"), outcome, "errors")


def main(listed: str, results: str) -> None:
    """Validate the list and write the results."""
    rows, invalid = 0, 0
    with Path(results).open("wb") as file:
        for batch in pl.scan_csv(listed, infer_schema=False).collect_batches(chunk_size=BATCH, maintain_order=True):
            result = judged(batch, rows)
            result.write_csv(file, include_header=rows == 0)
            rows += len(result)
            invalid += result["errors"].count()
    print(json.dumps({"rows": rows, "invalid": invalid}))


if __name__ == "__main__":
    main(*sys.argv[1:])
