"""The pace as the server sees it: the most leads in any second, and the share of the rate that is held.

`python -m benchmarks.pacing [--rate 50/s] [--latency 0.2] [--seconds 60] [--limit LEADS]` sends through the
importer's own client, pacer and journal to a sandbox in a process of its own, and prints what the sandbox recorded.
With `--limit` the sandbox refuses more than so many leads a second; what is held is then a share of that.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from benchmarks.jobs import sandbox
from pipeline.config import Settings
from pipeline.journal import Journal
from pipeline.leadbyte.answers import judge
from pipeline.leadbyte.client import LeadByte
from pipeline.model import PlannedRow
from pipeline.pacing import Pacer, parse_rate
from pipeline.stopping import Stop
from pipeline.submit import Submission


@dataclass(frozen=True, slots=True)
class Pace:
    """What the server saw: its worst second, the leads it took, the requests it refused, seconds from first to last.

    `late_share`: the share of the rate (or of the limit, where that is lower) that was held in the second half.
    """

    worst: int
    taken: int
    refused: int
    seconds: float
    share: float
    late_share: float
    stopped: str


def worst_second(times: list[float]) -> int:
    """The most of these times within any second; they are in order."""
    first, most = 0, 0
    for last, one in enumerate(times):
        while times[first] <= one - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def measured(rate: float, latency: float, seconds: float, limit: float | None) -> Pace:
    """Send for about so many seconds, and look at the server's record."""
    bound = min(rate, limit or rate)
    rows = [
        PlannedRow(row, (), {"email": f"person{row}@example.com", "firstname": "Jane", "lastname": "Quill",
                             "data13": "Saab", "sid": "1"})
        for row in range(2, 2 + int(bound * seconds))
    ]  # fmt: skip
    stop = Stop()
    flags = ["--latency", str(latency), *(["--rate-limit", str(limit)] if limit else [])]
    with sandbox(*flags) as address, tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        service = LeadByte(Settings(base_url=address, api_key=SecretStr("sandbox-key")))
        journal = Journal(Path(folder) / "journal.sqlite3")
        journal.begin("run", datetime.now(UTC).isoformat(), {})
        journal.plan("run", rows, [])
        submission = Submission(
            "run",
            lambda lead, on_sent: service.post("EXAMPLE-CAMPAIGN", lead, on_sent),
            journal,
            Pacer(rate, time.monotonic, time.sleep),
            stop,
            lambda: datetime.now(UTC),
            judge,
        )
        submission.send_all(journal.unsent("run"))
        journal.close()
        with urllib.request.urlopen(f"{address}/sandbox/record", timeout=60) as answer:  # noqa: S310 - loopback
            record = json.load(answer)
    every = sorted(one["at"] for one in record)
    times = sorted(one["at"] for one in record if one["http_status"] == 200)
    late = times[len(times) // 2 :]
    return Pace(
        worst_second(every if limit is None else times),
        len(times),
        len(every) - len(times),
        times[-1] - times[0],
        (len(times) - 1) / (times[-1] - times[0]) / bound,
        (len(late) - 1) / (late[-1] - late[0]) / bound,
        stop.reason,
    )


def main() -> int:
    """Measure and print; 1 when more than the rate was sent in any second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", default="50/s")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds before each answer")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--limit", type=float, help="leads a second that the server takes")
    asked = parser.parse_args()
    rate = parse_rate(asked.rate)
    pace = measured(rate, asked.latency, asked.seconds, asked.limit)
    limit = f", limit {asked.limit:g}/s" if asked.limit else ""
    print(f"asked {asked.rate}, answers after {asked.latency:g} s{limit}")
    print(f"most in any second, as the server sees it: {pace.worst}")
    print(f"held: {pace.share:.2%} over {pace.seconds:.1f} s, {pace.late_share:.2%} in the second half")
    print(f"leads taken: {pace.taken}, refused: {pace.refused}{f'; stopped: {pace.stopped}' if pace.stopped else ''}")
    return int(pace.worst > rate)


if __name__ == "__main__":
    sys.exit(main())
