"""The usual way with frictionless: a Table Schema with constraints, one validate, the report joined to the rows."""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

from frictionless import Schema, system, validate

EMAIL = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
UK_MOBILE = r"(?:0|\+44 ?)7[0-9]{3} ?[0-9]{6}"
REQUIRED = {"required": True}
SCHEMA = Schema.from_descriptor(
    {
        "fields": [
            {"name": "First name", "type": "string", "constraints": REQUIRED},
            {"name": "Surname", "type": "string", "constraints": REQUIRED},
            {"name": "E-mail address", "type": "string", "constraints": {"required": True, "pattern": EMAIL}},
            {"name": "Mobile", "type": "string", "constraints": {"pattern": UK_MOBILE}},
            {"name": "Date of birth", "type": "date", "format": "%d/%m/%Y"},
            {"name": "Sex", "type": "string", "constraints": {"enum": ["Male", "Female", "M", "F"]}},
            {"name": "Post code", "type": "string"},
            {"name": "Car", "type": "string", "constraints": REQUIRED},
            {"name": "Mortgage", "type": "string"},
            {"name": "Supplier", "type": "string", "constraints": REQUIRED},
        ]
    }
)


def main(listed: str, results: str) -> None:
    """Validate the list and write the results."""
    with system.use_context(trusted=True):  # the list's path may be absolute
        report = validate(listed, schema=SCHEMA, encoding="utf-8", limit_errors=sys.maxsize)
    errors: dict[int, list[str]] = defaultdict(list)
    for number, field, note in report.flatten(["rowNumber", "fieldName", "note"]):
        errors[number].append(f"{field}: {note}")
    rows = 0
    with Path(listed).open(encoding="utf-8", newline="") as source, Path(results).open("w", encoding="utf-8") as file:
        reader, writer = csv.reader(source), csv.writer(file)
        writer.writerow(["row", "outcome", "errors", *next(reader)])
        for rows, cells in enumerate(reader, 2):
            found = errors.get(rows)
            writer.writerow([rows, "invalid" if found else "valid", "; ".join(found or ()), *cells])
    print(json.dumps({"rows": rows - 1, "invalid": len(errors)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
