"""What the journal costs: leads per second with the journal on and off, through the same client, side by side.

`python -m benchmarks.journal` (in the environment of the importer). A server of its own process answers every lead at
once; the pacer's rate is out of reach. Prints the median of each and their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from pipeline.config import Settings
from pipeline.journal import Journal
from pipeline.leadbyte.answers import judge
from pipeline.leadbyte.client import LeadByte
from pipeline.model import Outcome, PlannedRow, Verdict
from pipeline.pacing import Pacer
from pipeline.stopping import Stop
from pipeline.submit import Submission

_BODY: Final = b'{"status":"Success","code":2,"message":"","results":[{"queueId":"q","status":"Queued","code":2}]}'
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)


class _AtOnce(asyncio.Protocol):
    """Answers whole requests, however they come, as soon as their last byte is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, mark, body = self._read.partition(b"\r\n\r\n")
        if not mark:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) >= length:
            self._read = body[length:]
            self._transport.write(_ANSWER)  # type: ignore[attr-defined]


def _serve(told: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_AtOnce, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


class _Nothing:
    """A journal that notes nothing."""

    def sending(self, run_id: str, row: int, at: str) -> None:
        """Nothing."""

    def release(self, run_id: str, row: int, errors: str, http_status: int | None) -> None:
        """Nothing."""

    def finish(self, run_id: str, row: int, verdict: Verdict, seconds: float | None = None) -> None:
        """Nothing."""


def _rows(number: int) -> list[PlannedRow]:
    return [
        PlannedRow(row, (f"person{row}@example.com",), {"email": f"person{row}@example.com", "sid": "1"})
        for row in range(2, number + 2)
    ]


def _send(service: LeadByte, journal: Journal | _Nothing, rows: list[PlannedRow], threads: int) -> float:
    """Leads per second."""
    accepted: list[Outcome] = []
    submission = Submission(
        run_id="run",
        post=lambda lead, on_sent: service.post("C", lead, on_sent),
        journal=journal,
        pacer=Pacer(1e6, time.monotonic, time.sleep),
        stop=Stop(),
        now=lambda: datetime.now(UTC),
        judge=judge,
        on_outcome=accepted.append,
        most_workers=threads,
    )
    began = time.perf_counter()
    submission.send_all(rows, threads)
    seconds = time.perf_counter() - began
    if accepted != [Outcome.ACCEPTED] * len(rows):
        raise RuntimeError(f"only {len(accepted)} of {len(rows)} leads were taken")
    return len(rows) / seconds


def _with_journal(folder: Path, service: LeadByte, rows: list[PlannedRow], threads: int) -> float:
    journal = Journal(folder / "journal.sqlite3")
    try:
        journal.begin("run", "2026-01-01T00:00:00+00:00", {})
        journal.plan("run", rows, [])
        return _send(service, journal, rows, threads)
    finally:
        journal.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=8)
    words = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    server.start()
    service = LeadByte(Settings(base_url=f"http://127.0.0.1:{here.recv()}", api_key=SecretStr("k")))
    on, off = [], []
    for _ in range(words.runs):
        rows = _rows(words.rows)
        off.append(_send(service, _Nothing(), rows, words.threads))
        with tempfile.TemporaryDirectory() as folder:
            on.append(_with_journal(Path(folder), service, rows, words.threads))
    server.kill()
    print(f"off {statistics.median(off):,.0f}/s, on {statistics.median(on):,.0f}/s")
    print(f"on / off = {statistics.median(on) / statistics.median(off):.2f} ({words.threads} threads)")


if __name__ == "__main__":
    main()
