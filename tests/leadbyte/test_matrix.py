"""The whole matrix of what may become of a request, over a real socket: what the row ends as, how often it was sent,
and whether that agrees with what the server has.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from pipeline.journal import Journal
from pipeline.leadbyte.answers import judge
from pipeline.leadbyte.client import LeadByte
from pipeline.model import JournalRow, PlannedRow
from pipeline.pacing import Pacer
from pipeline.sandbox import FAULTS, Sandbox
from pipeline.stopping import Stop, StopKind
from pipeline.submit import Policy, Submission
from tests.delivery import (
    CERTIFICATE,
    KEY,
    RawServer,
    _clean_environment,  # noqa: F401 - an autouse fixture
    answering,
    http,
    journal_of,
    leadbyte,
    nowhere,
)
from tests.sandbox.client import lead as a_lead

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ATTEMPTS: Final = 3
Behaviour = Callable[[RawServer, socket.socket], None]


@dataclass(frozen=True)
class Ends:
    """How a row ends: its state or outcome, how often its lead was posted, what stops the run, words that are said.

    `waited`: the least seconds that were spent on pauses that the server asked for.
    """

    outcome: str
    attempts: int = 1
    stop: StopKind | None = None
    words: str = ""
    code: int | None = None
    waited: float = 0.0


ACCEPTED: Final = Ends("accepted", code=2)
UNKNOWN: Final = Ends("unknown")
#: Proven not taken, every time: the attempts are used up, and the run stops.
NOT_TAKEN: Final = Ends("planned", ATTEMPTS, StopKind.NOT_TAKEN)


class Time:
    """A time of its own, that goes on by every sleep."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Sent:
    row: JournalRow
    stop: Stop
    waited: float

    def check(self, ends: Ends) -> None:
        ended = self.row.outcome or self.row.state
        told = f"{self.row.errors} {self.stop.reason}"
        assert (ended, self.row.attempts, self.stop.kind) == (ends.outcome, ends.attempts, ends.stop), told
        assert ends.words in told
        assert self.row.code == ends.code
        assert ends.waited <= self.waited <= ends.waited + 1
        assert self.row.outcome != "accepted" or self.row.queue_id
        assert KEY not in told


def send(folder: Path, service: LeadByte, tag: str = "") -> Sent:
    """One lead through the whole way: intent, post, judgement, journal; pauses in a time of their own."""
    lead = a_lead(email=f"jane.smith+{tag}@example.com") if tag else a_lead()
    del lead["campid"]
    own, stop = Time(), Stop()
    with journal_of(folder, [PlannedRow(2, (), lead)]) as journal:
        submission = Submission(
            "run",
            lambda lead, on_sent: service.post("EXAMPLE-CAMPAIGN", lead, on_sent),
            journal,
            Pacer(1000.0, lambda: own.now, own.sleep),
            stop,
            lambda: NOW,
            judge,
            Policy(attempts=ATTEMPTS, max_errors=2),
            jitter=lambda _low, _high: 0.0,
        )
        submission.send_all(journal.unsent("run"), 1)
        return Sent(_row(journal), stop, own.now)


def _row(journal: Journal) -> JournalRow:
    (row,) = journal.rows("run")
    return row


# ---------------------------------------------------------------------- everything that the sandbox can do

SANDBOX: Final[dict[str, Ends]] = {
    "quarantine": ACCEPTED, "rejected-later": ACCEPTED, "code1": Ends("accepted", code=1),
    "records": Ends("accepted", code=2), "buyer-pending": Ends("accepted", code=2),
    "buyer-rejected": Ends("rejected", words="No buyer wanted the lead; the buyer's code: -1"),
    "twice": Ends("unknown", words="2 results for one lead (queueId "),
    "noqueueid": Ends("unknown", words="without a queueId"),
    "rowerror": Ends("rejected", code=-5, words="Email is not a valid email address"),
    "duplicate": Ends("rejected", code=-2), "system": Ends("failed", code=-3),
    "cap": Ends("rejected", stop=StopKind.CAP, code=-4, words="Campaign cap reached"),
    "validation": Ends("rejected", code=-5), "supplier": Ends("rejected", code=-7), "hlr": Ends("rejected", code=-8),
    "inactive": Ends("rejected", stop=StopKind.INACTIVE, code=-9, words="Campaign not active"),
    "paf": Ends("rejected", code=-10), "ipblocked": Ends("rejected", code=-11), "badmail": Ends("rejected", code=-12),
    "landline": Ends("rejected", code=-13), "ipcountry": Ends("rejected", code=-14),
    "tps": Ends("rejected", code=-15), "dncr": Ends("rejected", code=-16),
    "internal": Ends("failed", code=-100), "unlisted": Ends("rejected", code=-42),
    "http401": Ends("planned", stop=StopKind.KEY, words="refused the API key (HTTP 401)"),
    "http403": Ends("planned", stop=StopKind.KEY, words="refused the API key (HTTP 403)"),
    "http429": Ends("accepted", 2, code=2, waited=1.0), "http503retry": Ends("accepted", 2, code=2, waited=1.0),
    "http429always": Ends("planned", ATTEMPTS, StopKind.NOT_TAKEN, "HTTP 429: told to wait 1 s", waited=2.0),
    "http429plain": Ends("planned", ATTEMPTS, StopKind.NOT_TAKEN, "HTTP 429: told to wait"),
    "http500": UNKNOWN, "http502": UNKNOWN, "http503": UNKNOWN, "http504": UNKNOWN,
    "redirect": Ends("unknown", words="HTTP 302"), "redirect307": Ends("unknown", words="HTTP 307"),
    "html": Ends("unknown", words="not valid JSON"), "empty": Ends("unknown", words="not valid JSON"),
    "badjson": Ends("unknown", words="not valid JSON"), "nonobject": Ends("unknown", words="not a JSON object"),
    "dupkeys": Ends("unknown", words="a key stands twice"),
    "gzipbomb": Ends("unknown", words="larger than any answer"), "truncated": Ends("unknown", words="cut off"),
    "hang": Ends("unknown", words="no answer in time"),
    "drip": Ends("unknown", words="the total time (0.8 s) was over"),
    "slowheaders": Ends("unknown", words="the total time (0.8 s) was over"),
    "slow": ACCEPTED,
    "reset-after": UNKNOWN, "reset-accepted": UNKNOWN, "lost-answer": UNKNOWN,
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def test_every_fault_of_the_sandbox_has_its_end_here() -> None:
    assert set(SANDBOX) == set(FAULTS)


@pytest.mark.parametrize(("tag", "ends"), SANDBOX.items())
def test_a_row_ends_as_is_proven_and_as_the_server_has_it(
    sandbox: Sandbox, tmp_path: Path, tag: str, ends: Ends
) -> None:
    sandbox.reset()
    read_timeout, deadline = 0.4 if tag == "hang" else 30, 0.8 if tag in ("drip", "slowheaders") else 30
    sent = send(tmp_path, leadbyte(sandbox.base_url, read_timeout=read_timeout, deadline=deadline), tag)
    sent.check(ends)
    record = sandbox.record()
    assert len(record) == ends.attempts
    # What is said to be taken was taken, once; what is said not to be was not; only the unknown may be either.
    taken = [one for one in record if one.accepted]
    if ends.outcome == "accepted":
        assert [one.queue_id for one in taken] == [sent.row.queue_id]
    elif ends.outcome != "unknown":
        assert taken == []
    assert ("POST", "/sandbox/followed") not in sandbox.requests()
    if tag == "twice":
        assert taken[0].queue_id in sent.row.errors


# ---------------------------------------------------------------------- before a byte leaves


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "server.pem"
    path.write_text(CERTIFICATE, encoding="ascii")
    return path


def _resets(_server: RawServer, connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _hears_and_resets(server: RawServer, connection: socket.socket) -> None:
    connection.recv(65536)
    _resets(server, connection)


def _hears_and_closes(_server: RawServer, connection: socket.socket) -> None:
    connection.recv(65536)


def _speaks_plainly(_server: RawServer, connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(http(b"this is no TLS"))


def test_a_refused_connection_is_tried_again_and_then_stops_the_run(tmp_path: Path) -> None:
    send(tmp_path, leadbyte(nowhere())).check(NOT_TAKEN)


def test_a_name_that_does_not_exist_is_tried_again_and_then_stops_the_run(tmp_path: Path) -> None:
    send(tmp_path, leadbyte("https://leadbyte-import-test.invalid")).check(NOT_TAKEN)


@pytest.mark.parametrize("behave", [_hears_and_resets, _hears_and_closes, _speaks_plainly])
def test_a_tls_handshake_that_fails_is_tried_again(tmp_path: Path, behave: Behaviour) -> None:
    with RawServer(behave) as server:
        send(tmp_path, leadbyte(server.url.replace("http:", "https:"))).check(NOT_TAKEN)
        assert server.connections == ATTEMPTS


def test_a_certificate_that_does_not_verify_stops_the_run_at_once(tmp_path: Path, certificate: Path) -> None:
    with RawServer(answering(http(b"{}")), certificate) as server:
        sent = send(tmp_path, leadbyte(server.url))
        sent.check(Ends("planned", stop=StopKind.CERTIFICATE, words="TLS"))
        assert server.requests == []


@contextmanager
def _deaf() -> Iterator[str]:
    """An address where somebody listens, but nobody is ever let in: connecting takes for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        crowd = [socket.socket() for _ in range(3)]
        try:
            for one in crowd:
                one.setblocking(False)
                one.connect_ex(listener.getsockname())
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for one in crowd:
                one.close()


def test_a_connection_that_takes_too_long_is_tried_again(tmp_path: Path) -> None:
    with _deaf() as address:
        sent = send(tmp_path, leadbyte(address, connect_timeout=0.2))
    sent.check(Ends("planned", ATTEMPTS, StopKind.NOT_TAKEN, "connecting took too long"))


def test_a_deadline_that_passes_while_connecting_is_named_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, slow = socket.getaddrinfo, threading.Event()

    def slow_look_up(*args: Any, **kwargs: Any) -> Any:
        slow.wait(0.3)
        return look_up(*args, **kwargs)

    with Sandbox(key=KEY) as sandbox:
        monkeypatch.setattr(socket, "getaddrinfo", slow_look_up)
        sent = send(tmp_path, leadbyte(sandbox.base_url, deadline=0.1))
        assert sandbox.record() == []
    sent.check(Ends("planned", ATTEMPTS, StopKind.NOT_TAKEN, "the total time (0.1 s) was over"))


# ---------------------------------------------------------------------- after the first byte

TAKEN: Final = {"status": "Success", "code": 2, "results": [{"queueId": "q-1", "status": "Queued", "code": 2}]}
BODY: Final = json.dumps(TAKEN).encode()
GONE: Final = (NOW - timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
SOON: Final = (NOW + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
LATER: Final = (NOW + timedelta(days=9999)).strftime("%a, %d %b %Y %H:%M:%S GMT")
BELIEVED: Final = "told to wait 600 s (the longest that is believed)"


def _success(**changes: Any) -> bytes:
    return http(json.dumps(TAKEN | changes).encode())


def _says(status: str, *headers: str, body: bytes = b"") -> bytes:
    return http(body, *headers, status=status)


def _again(words: str, waited: float) -> Ends:
    """Tried again as often as may be, with a pause each time but the last."""
    return Ends("planned", ATTEMPTS, StopKind.NOT_TAKEN, words, waited=(ATTEMPTS - 1) * waited)


ANSWERS: Final[dict[str, tuple[bytes, Ends]]] = {
    "a good answer": (_success(), ACCEPTED),
    "a good answer in gzip": (http(gzip.compress(BODY), "Content-Encoding: gzip"), ACCEPTED),
    "a good answer that ends with the connection": (b"HTTP/1.1 200 OK\r\n\r\n" + BODY, ACCEPTED),
    "records": (_success(results=None, records=[{"queueId": "q-1", "status": "Pending", "response": {}}]), ACCEPTED),
    "results and records": (_success(records=[{"queueId": "q-2", "status": "Approved"}]), ACCEPTED),
    "429 with seconds": (_says("429 No", "Retry-After: 7"), _again("told to wait 7 s", 7.0)),
    "429 with a date": (_says("429 No", f"Retry-After: {SOON}"), _again("told to wait 30 s", 30.0)),
    "429 with a date gone by": (_says("429 No", f"Retry-After: {GONE}"), _again("told to wait 0 s", 0.0)),
    "429 with a far date": (_says("429 No", f"Retry-After: {LATER}"), _again(BELIEVED, 600.0)),
    "429 with a negative time": (_says("429 No", "Retry-After: -5"), _again("told to wait", 0.0)),
    "429 with 99999 days": (_says("429 No", "Retry-After: 8639913600"), _again(BELIEVED, 600.0)),
    "429 with 1e9": (_says("429 No", "Retry-After: 1e9"), _again("told to wait", 0.0)),
    "429 with a thousand million": (_says("429 No", "Retry-After: 1000000000"), _again(BELIEVED, 600.0)),
    "429 with nonsense": (_says("429 No", "Retry-After: soon"), _again("told to wait", 0.0)),
    "429 with two times": (_says("429 No", "Retry-After: 3", "Retry-After: 4"), _again("told to wait", 0.0)),
    "429 plain": (_says("429 No"), _again("told to wait", 0.0)),
    "429 with a success": (_says("429 No", body=BODY), _again("told to wait", 0.0)),
    "503 with seconds": (_says("503 No", "Retry-After: 7"), _again("HTTP 503: told to wait 7 s", 7.0)),
    "503 with a date": (_says("503 No", f"Retry-After: {SOON}"), _again("HTTP 503: told to wait 30 s", 30.0)),
    "503 with a far date": (_says("503 No", f"Retry-After: {LATER}"), _again(BELIEVED, 600.0)),
    # No time is named at which to come back: nothing says that LeadByte itself turned the lead away.
    "503 with a negative time": (_says("503 No", "Retry-After: -5"), Ends("unknown", words="HTTP 503")),
    "503 with nonsense": (_says("503 No", "Retry-After: soon"), Ends("unknown", words="HTTP 503")),
    "503 plain": (_says("503 No"), Ends("unknown", words="HTTP 503")),
    "500 with a time": (_says("500 No", "Retry-After: 7"), Ends("unknown", words="HTTP 500")),
    "502": (_says("502 No"), Ends("unknown", words="HTTP 502")),
    "504 with a time": (_says("504 No", "Retry-After: 7"), Ends("unknown", words="HTTP 504")),
    "401": (_says("401 No"), Ends("planned", stop=StopKind.KEY, words="HTTP 401")),
    "403": (_says("403 No"), Ends("planned", stop=StopKind.KEY, words="HTTP 403")),
    "407": (_says("407 No"), Ends("unknown", words="HTTP 407")),
    **{
        str(status): (_says(f"{status} Away", "Location: /elsewhere"), Ends("unknown", words=f"HTTP {status}"))
        for status in (301, 302, 303, 307, 308)
    },
    "204": (b"HTTP/1.1 204 Nothing\r\n\r\n", Ends("unknown", words="HTTP 204")),
    "HTML with 200": (http(b"<!doctype html>"), Ends("unknown", words="not valid JSON")),
    "nothing with 200": (http(b""), Ends("unknown", words="not valid JSON")),
    "half a JSON": (http(BODY[:-4]), Ends("unknown", words="not valid JSON")),
    "an array": (http(b"[]"), Ends("unknown", words="not a JSON object")),
    "keys twice": (http(b'{"status":"Error","code":-5,' + BODY[1:]), Ends("unknown", words="a key stands twice")),
    "fewer bytes than told": (http(BODY)[:-4], Ends("unknown", words="cut off")),
    "a bomb": (
        http(gzip.compress(bytes(50_000_000), 1), "Content-Encoding: gzip"),
        Ends("unknown", words="larger than any answer"),
    ),
    "half a gzip": (http(gzip.compress(BODY)[:-20], "Content-Encoding: gzip"), UNKNOWN),
    "a gzip that is none": (http(BODY, "Content-Encoding: gzip"), Ends("unknown", words="compression is broken")),
    "no HTTP": (b"what?\r\n\r\n", UNKNOWN),
    "a head that breaks off": (b"HTTP/1.1 200 OK\r\nContent-Le", UNKNOWN),
    "nothing at all": (b"", UNKNOWN),
    "no queueId": (_success(results=[{"status": "Queued", "code": 2}]), Ends("unknown", words="without a queueId")),
    "several results": (
        _success(results=[{"queueId": "q-1", "status": "Queued"}, {"queueId": "q-2", "status": "Queued"}]),
        Ends("unknown", words="2 results for one lead (queueId q-1, q-2)"),
    ),
    "no results": (_success(results=[]), Ends("unknown", words="0 results")),
    "an error inside a success": (
        _success(results=[{"queueId": "", "status": "Error", "code": -5, "errors": ["Email is bad"]}]),
        Ends("rejected", words="Email is bad", code=-5),
    ),
    "taken outside, refused inside": (
        _success(results=[{"queueId": "q-1", "status": "Queued", "code": -5}]),
        Ends("unknown", words="Queued with the code -5 (queueId q-1)"),
    ),
    "refused outside, taken inside": (_success(code=-5), Ends("unknown", words="the code -5 (queueId q-1)")),
    "a status that nobody knows": (
        _success(results=[{"queueId": "q-1", "status": "Teleported"}]),
        Ends("unknown", words="'Teleported' (queueId q-1)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "ends"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_decides_as_far_as_it_can_be_trusted(tmp_path: Path, answer: bytes, ends: Ends) -> None:
    with RawServer(answering(answer)) as server:
        send(tmp_path, leadbyte(server.url)).check(ends)
        assert len(server.requests) == ends.attempts


def _resets_after_the_request(server: RawServer, connection: socket.socket) -> None:
    server.read(connection)
    _resets(server, connection)


def _hangs(server: RawServer, connection: socket.socket) -> None:
    server.read(connection)
    server.over.wait(30)


def _drips(head: bytes, body: bytes = b"") -> Behaviour:
    """`body`, then a space every 50 ms: no read is ever late, and the answer never ends."""

    def behave(server: RawServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(head + body)
        while not server.over.wait(0.05):
            connection.sendall(b" ")

    return behave


def _hears_one_byte_and_resets(server: RawServer, connection: socket.socket) -> None:
    connection.recv(1)
    _resets(server, connection)


_OVER: Final = Ends("unknown", words="sent, but no whole answer came back: the total time (0.8 s) was over")
_HEAD: Final = b"HTTP/1.1 200 OK\r\n"

BEHAVIOURS: Final[dict[str, tuple[Behaviour, Ends]]] = {
    "reset after the request": (_resets_after_the_request, Ends("unknown", words="sent, but no whole answer")),
    "reset before the request was read": (
        _hears_one_byte_and_resets,
        Ends("unknown", words="sent, but no whole answer"),
    ),
    "silence": (_hangs, _OVER),
    "a head that drips": (_drips(b"HTTP/1.1 200 OK\r\nX-Slow: "), _OVER),
    "a body that drips": (_drips(_HEAD + b"Content-Length: 600\r\n\r\n"), _OVER),
    "a good body that drips on": (_drips(_HEAD + b"Content-Length: 600\r\n\r\n", BODY), _OVER),
    "a body of no told length that drips": (_drips(_HEAD + b"\r\n"), _OVER),
    "a good body of no told length that drips on": (_drips(_HEAD + b"\r\n", BODY), _OVER),
    "a chunk that drips": (_drips(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1f4\r\n"), _OVER),
}


@pytest.mark.parametrize(("behave", "ends"), BEHAVIOURS.values(), ids=BEHAVIOURS)
@pytest.mark.parametrize("secure", [False, True])
def test_what_has_left_and_is_not_answered_in_time_is_unknown(
    tmp_path: Path, certificate: Path, behave: Behaviour, ends: Ends, secure: bool
) -> None:
    with RawServer(behave, certificate if secure else None) as server:
        service = leadbyte(server.url, read_timeout=30, deadline=0.8, ca_bundle=str(certificate) if secure else "")
        send(tmp_path, service).check(ends)
        assert server.connections == 1


def test_a_read_timeout_is_told_from_the_total_time(tmp_path: Path) -> None:
    with RawServer(_hangs) as server:
        sent = send(tmp_path, leadbyte(server.url, read_timeout=0.2, deadline=30))
    sent.check(Ends("unknown", words="sent, but no whole answer came back: no answer in time"))
