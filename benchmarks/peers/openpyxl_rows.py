"""openpyxl in read-only mode alone: reads every row of a workbook, does nothing with it, writes nothing."""

from __future__ import annotations

import json
import sys

from openpyxl import load_workbook


def main(listed: str, _results: str) -> None:
    """Read the workbook."""
    book = load_workbook(listed, read_only=True)
    rows = sum(1 for _ in book.worksheets[0].iter_rows(min_row=2, values_only=True))
    print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
