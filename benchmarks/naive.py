"""The script that people write first: loop, post, try three times, append to a CSV, go on from the CSV.

It is here to be measured beside the importer (docs/reliability.md), not to be used:
`python -m benchmarks.naive leads.csv results.csv http://127.0.0.1:8765 sandbox-key`.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Final

import requests

ATTEMPTS: Final = 3
COLUMNS: Final = ("row", "E-mail", "outcome", "queueId", "attempts")


def main() -> None:
    """Send the list; rows that results.csv has already are left out."""
    leads, results, base_url, key = sys.argv[1:5]
    send_list(Path(leads), Path(results), base_url, key)


def send_list(
    leads: Path, results: Path, base_url: str, key: str, *, timeout: float = 5.0, pause: float = 0.0
) -> int:
    """Send the rows that `results` does not have; returns how many. `timeout` and `pause` are in seconds."""
    done = _done(results)
    sent = 0
    with leads.open(encoding="utf-8", newline="") as file, requests.Session() as session:
        for number, row in enumerate(csv.DictReader(file), 2):
            if str(number) in done:
                continue
            answer, attempts = _send(session, row, base_url, key, timeout, pause)
            outcome, queue_id = _outcome(answer)
            with results.open("a", encoding="utf-8", newline="") as log:
                csv.writer(log).writerow([number, row["E-mail"], outcome, queue_id, attempts])
            sent += 1
    return sent


def _done(results: Path) -> set[str]:
    if not results.exists():
        with results.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(COLUMNS)
    with results.open(encoding="utf-8", newline="") as file:
        return {row["row"] for row in csv.DictReader(file)}


def _send(
    session: requests.Session, row: dict[str, str], base_url: str, key: str, timeout: float, pause: float
) -> tuple[dict[str, object], int]:
    lead = {
        "campid": "EXAMPLE-CAMPAIGN",
        "firstname": row["First name"],
        "lastname": row["Surname"],
        "email": row["E-mail"],
        "data13": row["Car"],
        "sid": row["Supplier"],
    }
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = session.post(f"{base_url}/restapi/v1.2/leads", json={"key": key, "lead": lead}, timeout=timeout)
            answer.raise_for_status()
            return dict(answer.json()), attempt
        except (requests.RequestException, ValueError, TypeError):
            time.sleep(pause)
    return {}, ATTEMPTS


def _outcome(answer: dict[str, object]) -> tuple[str, str]:
    results = answer.get("results")
    if answer.get("status") == "Success":
        first = results[0] if isinstance(results, list) and results else {}
        return "accepted", str(first.get("queueId", ""))
    return ("rejected" if answer.get("status") == "Error" else "failed"), ""


if __name__ == "__main__":
    main()
