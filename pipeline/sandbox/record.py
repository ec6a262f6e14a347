"""What arrived at the sandbox: every lead and every request, exact and safe to read from any thread."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Received:
    """One POST of a lead that arrived in full, and what the sandbox made of it.

    `number` counts from 1 since the record was cleared; `at` is `time.monotonic()` when the last byte of the
    request had been read. `lead` holds what was submitted, without the key. `code` and `status` are LeadByte's
    verdict, also where a fault kept it from the client; `code` is None and `status` empty where it never judged
    the lead. `http_status` is None where no answer was given at all. `fault` is the tag that was at work, or
    "rate" for the rate limit, "key" for a refused key, "request" for a body that is no lead, "followed" for a
    lead that went after a redirect; else it is empty.
    """

    number: int
    at: float
    path: str
    lead: dict[str, str]
    code: int | None
    status: str
    queue_id: str
    http_status: int | None
    fault: str

    @property
    def accepted(self) -> bool:
        """Whether LeadByte has the lead now, whatever the client was told."""
        return self.code is not None and self.code > 0 and self.status != "Rejected"


class Record:
    """The log of one sandbox. Written by the server's thread, read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leads: list[Received] = []
        self._requests: list[tuple[str, str]] = []

    def add(
        self,
        *,
        at: float,
        path: str,
        lead: dict[str, str],
        code: int | None,
        status: str,
        queue_id: str,
        http_status: int | None,
        fault: str,
    ) -> None:
        """Append one lead; it is given the next number."""
        with self._lock:
            number = len(self._leads) + 1
            self._leads.append(Received(number, at, path, dict(lead), code, status, queue_id, http_status, fault))

    def request(self, method: str, path: str) -> None:
        """Append one request of any kind; the path comes without its query, which may hold the key."""
        with self._lock:
            self._requests.append((method, path))

    def leads(self) -> list[Received]:
        """Return the leads in the order of their arrival."""
        with self._lock:
            return list(self._leads)

    def requests(self) -> list[tuple[str, str]]:
        """Return (method, path) of every request in the order of arrival."""
        with self._lock:
            return list(self._requests)

    def as_json(self) -> list[dict[str, object]]:
        """Return the leads as plain JSON objects, for `GET /sandbox/record`."""
        return [asdict(lead) for lead in self.leads()]

    def clear(self) -> None:
        """Forget the leads and the requests; numbers begin at 1 again."""
        with self._lock:
            self._leads.clear()
            self._requests.clear()
