from __future__ import annotations

import json
import logging
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import CampaignError, ConfigError, ImportFailure, KeyRefused, ServiceError
from pipeline.leadbyte.answers import judge
from pipeline.leadbyte.client import LeadByte, check_open
from pipeline.leadbyte.wire import Meter
from pipeline.model import Answer, Campaign, Lost, NeverLeft, Outcome, Reply
from pipeline.sandbox import Sandbox
from tests.delivery import (
    CERTIFICATE,
    KEY,
    RawServer,
    _clean_environment,  # noqa: F401 - an autouse fixture
    answering,
    everything_said,
    http,
    leadbyte,
    nowhere,
    wait_until,
)
from tests.sandbox.client import lead as a_lead

TAKEN = json.dumps(
    {"status": "Success", "code": 2, "message": "", "results": [{"queueId": "q-1", "status": "Queued", "code": 2}]}
).encode()
REFERENCE = "EXAMPLE-CAMPAIGN"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Sent:
    """What `post` told of the moment of sending."""

    times: list[float] = field(default_factory=list)

    def __call__(self) -> None:
        self.times.append(time.monotonic())


def lead(tag: str = "") -> dict[str, str]:
    one = a_lead(email=f"jane.smith+{tag}@example.com") if tag else a_lead()
    del one["campid"]
    return one


def post(service: LeadByte, tag: str = "") -> tuple[Reply, int]:
    """The reply, and how often `on_sent` was called."""
    sent = Sent()
    return service.post(REFERENCE, lead(tag), sent), len(sent.times)


def lost(reply: tuple[Reply, int]) -> str:
    """The reason, after making sure that the row is unknown and its sending was told once."""
    found, told = reply
    assert isinstance(found, Lost)
    assert told == 1
    return found.reason


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "server.pem"
    path.write_text(CERTIFICATE, encoding="ascii")
    return path


# ---------------------------------------------------------------------- the forms of a request


@pytest.mark.parametrize("version", ["v1.2", "v1.3"])
def test_a_lead_arrives_whole_in_each_version(sandbox: Sandbox, version: str) -> None:
    reply, told = post(leadbyte(sandbox.base_url, api_version=version))
    assert isinstance(reply, Answer)
    assert told == 1
    (received,) = sandbox.record()
    assert received.path == f"/restapi/{version}/leads"
    assert received.lead == a_lead()
    assert json.loads(reply.body)["results"][0]["queueId"] == received.queue_id


def test_v12_has_the_key_in_the_body_and_the_lead_under_its_name() -> None:
    with RawServer(answering(http(TAKEN))) as server:
        assert post(leadbyte(server.url))[0] == Answer(200, TAKEN)
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /restapi/v1.2/leads HTTP/1.1\r\n")
    assert KEY.encode() not in head
    assert json.loads(body) == {"key": KEY, "lead": {"campid": REFERENCE, **lead()}}


def test_v13_has_the_key_in_a_header_and_the_lead_at_the_top() -> None:
    with RawServer(answering(http(TAKEN))) as server:
        post(leadbyte(server.url, api_version="v1.3"))
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"X_KEY: {KEY}".encode() in head.split(b"\r\n")
    assert json.loads(body) == {"campid": REFERENCE, **lead()}


def test_live_buyers_answer_with_records(sandbox: Sandbox) -> None:
    service = leadbyte(sandbox.base_url, api_version="v1.3")
    one = lead() | {"phone1": "07700900123", "postcode": "SW1A 1AA"}
    reply = service.post("BUYERS-LIVE", one, Sent())
    verdict = judge(reply, NOW)
    assert (verdict.outcome, verdict.status) == (Outcome.ACCEPTED, "Approved")
    assert verdict.queue_id == sandbox.record()[0].queue_id


def test_one_connection_serves_many_leads(sandbox: Sandbox) -> None:
    def behave(server: RawServer, connection: socket.socket) -> None:
        while server.read(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with RawServer(behave) as server:
        service = leadbyte(server.url)
        assert [post(service)[0] for _ in range(3)] == [Answer(200, b"{}")] * 3
        assert (server.connections, len(server.requests)) == (1, 3)


# ---------------------------------------------------------------------- proven: it never left


def test_a_refused_connection_never_left() -> None:
    reply, told = post(leadbyte(nowhere()))
    assert isinstance(reply, NeverLeft)
    assert not reply.fatal
    assert told == 0


def test_a_name_that_does_not_exist_never_left() -> None:
    reply, told = post(leadbyte("https://leadbyte-import-test.invalid"))
    assert isinstance(reply, NeverLeft)
    assert not reply.fatal
    assert told == 0


def test_a_certificate_that_nobody_vouches_for_never_left_and_is_fatal(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The variable would outrank the session's own verification, did requests look at it.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with RawServer(answering(http(TAKEN)), certificate) as server:
        reply, told = post(leadbyte(server.url))
        with pytest.raises(ServiceError, match="TLS"):
            leadbyte(server.url).campaigns()
    assert isinstance(reply, NeverLeft)
    assert reply.fatal
    assert told == 0
    assert server.requests == []


def test_a_certificate_for_another_name_is_fatal(certificate: Path) -> None:
    with RawServer(answering(http(TAKEN)), certificate) as server:
        reply, _ = post(leadbyte(f"https://localhost:{server.port}", ca_bundle=str(certificate)))
    assert isinstance(reply, NeverLeft)
    assert reply.fatal
    assert server.requests == []


def test_a_certificate_that_is_vouched_for_is_taken(certificate: Path) -> None:
    with RawServer(answering(http(TAKEN)), certificate) as server:
        assert post(leadbyte(server.url, ca_bundle=str(certificate))) == (Answer(200, TAKEN), 1)


def _closes(_server: RawServer, _connection: socket.socket) -> None:
    return


def _speaks_plainly(_server: RawServer, connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(http(b"this is no TLS"))


@pytest.mark.parametrize("behave", [_closes, _speaks_plainly])
def test_a_tls_handshake_that_fails_never_left(behave: Callable[[RawServer, socket.socket], None]) -> None:
    with RawServer(behave) as server:
        reply, told = post(leadbyte(server.url.replace("http:", "https:")))
    assert isinstance(reply, NeverLeft)
    assert not reply.fatal
    assert told == 0


def test_a_proxy_that_refuses_never_let_it_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answering(http(b"", status="403 Forbidden"))) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        reply, told = post(leadbyte("https://leads.example.com"))
    assert isinstance(reply, NeverLeft)
    assert told == 0
    (request,) = proxy.requests
    assert request.startswith(b"CONNECT leads.example.com:443")
    assert KEY.encode() not in request


def test_a_missing_ca_bundle_is_said_and_nothing_leaves(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"LEADBYTE_CA_BUNDLE: there is no file .*none.pem"):
        leadbyte("https://127.0.0.1:9", ca_bundle=str(tmp_path / "none.pem"))


# ---------------------------------------------------------------------- it may have arrived


def test_a_reset_after_the_request_is_lost() -> None:
    def reset(server: RawServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with RawServer(reset) as server:
        lost(post(leadbyte(server.url)))
        assert len(server.requests) == 1


def test_a_close_before_the_request_was_read_is_lost_too() -> None:
    with RawServer(_closes) as server:
        lost(post(leadbyte(server.url)))


@pytest.mark.parametrize(
    "tag", ["reset-after", "reset-accepted", "lost-answer", "truncated", "empty", "badjson", "gzipbomb", "html",
            "nonobject", "dupkeys", "twice", "noqueueid", "http500", "http502", "http503", "http504", "redirect",
            "redirect307"]
)  # fmt: skip
def test_every_untrustworthy_answer_leaves_the_row_unknown_and_is_asked_for_once(sandbox: Sandbox, tag: str) -> None:
    reply, told = post(leadbyte(sandbox.base_url), tag)
    assert judge(reply, NOW).outcome is Outcome.UNKNOWN
    assert told == 1
    (received,) = sandbox.record()
    assert received.fault == tag


@pytest.mark.parametrize("head", ["Content-Length: 500", "Transfer-Encoding: chunked"])
def test_a_truncated_answer_is_lost_even_when_what_came_is_valid(head: str) -> None:
    body = b"%x\r\n%s\r\n" % (len(TAKEN), TAKEN) if "chunked" in head else TAKEN
    with RawServer(answering(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)) as server:
        lost(post(leadbyte(server.url)))


def test_a_server_that_hangs_is_left_by_the_read_timeout(sandbox: Sandbox) -> None:
    reason = lost(post(leadbyte(sandbox.base_url, read_timeout=0.3, deadline=60), "hang"))
    assert "no answer in time" in reason


@pytest.mark.parametrize("tag", ["drip", "slowheaders"])
def test_a_slow_drip_is_ended_by_the_deadline(sandbox: Sandbox, tag: str) -> None:
    # No single byte is late: the read timeout never comes, and the whole drip would take a minute.
    before = time.monotonic()
    reason = lost(post(leadbyte(sandbox.base_url, read_timeout=30, deadline=0.6), tag))
    assert "the total time (0.6 s) was over" in reason
    assert time.monotonic() - before < 20


def _drips(server: RawServer, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n")
    while not server.over.wait(0.05):
        connection.sendall(b" ")


def test_a_slow_drip_over_tls_is_ended_by_the_deadline(certificate: Path) -> None:
    with RawServer(_drips, certificate) as server:
        before = time.monotonic()
        lost(post(leadbyte(server.url, ca_bundle=str(certificate), read_timeout=30, deadline=0.6)))
        assert time.monotonic() - before < 20


def test_a_deadline_that_comes_late_does_not_cut_the_next_request() -> None:
    meter = Meter()
    meter.begin(lambda: None)
    first = meter.number
    meter.begin(lambda: None)
    cuts: list[Callable[[], None]] = [
        lambda: meter.cut(first),
        lambda: meter.cut(meter.number),
        lambda: meter.begin(lambda: None),
    ]
    seen = []
    for cut in cuts:
        cut()
        seen.append(meter.over)
    assert seen == [False, True, False]


def test_the_deadline_of_a_request_ends_with_it(sandbox: Sandbox) -> None:
    assert isinstance(post(leadbyte(sandbox.base_url, deadline=60))[0], Answer)
    # A timer left behind would cut the next request's connection.
    wait_until(lambda: not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()))


def _bomb(times: int = 60) -> bytes:
    """So many megabytes of spaces, in some kilobytes of gzip."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b" " * 1_000_000) for _ in range(times)) + packer.flush()


@pytest.mark.parametrize("status", ["200 OK", "500 Oh no", "302 Found"])
def test_a_gzip_bomb_is_lost_in_little_memory(status: str) -> None:
    bomb = http(_bomb(), "Content-Encoding: gzip", "Location: /elsewhere", status=status)
    with RawServer(answering(bomb)) as server:
        service = leadbyte(server.url)
        tracemalloc.start()
        try:
            reason = lost(post(service))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert "larger" in reason
    assert peak < 20_000_000


def test_an_idle_connection_that_was_closed_is_replaced_and_nothing_is_sent_twice() -> None:
    closed = threading.Event()

    def behave(server: RawServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        connection.close()
        closed.set()

    with RawServer(behave) as server:
        service = leadbyte(server.url)
        for number in range(1, 4):
            closed.clear()
            assert post(service) == (Answer(200, b"{}"), 1)
            assert closed.wait(10)
            assert (server.connections, len(server.requests)) == (number, number)


# ---------------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("version", ["v1.2", "v1.3"])
def test_no_redirect_is_followed_and_the_key_stays_here(status: str, version: str) -> None:
    with RawServer(answering(http(TAKEN))) as elsewhere:
        onward = answering(http(b"", f"Location: {elsewhere.url}/restapi/{version}/leads", status=status))
        with RawServer(onward) as server:
            service = leadbyte(server.url, api_version=version)
            reply, _ = post(service)
            assert isinstance(reply, Answer)
            assert reply.http_status == int(status[:3])
            assert judge(reply, NOW).outcome is Outcome.UNKNOWN
            with pytest.raises(ServiceError, match=status[:3]):
                service.campaigns()
        assert elsewhere.connections == 0


def test_a_redirect_of_the_sandbox_is_not_followed(sandbox: Sandbox) -> None:
    service = leadbyte(sandbox.base_url)
    for tag in ("redirect", "redirect307"):
        post(service, tag)
    assert [path for _, path in sandbox.requests()] == ["/restapi/v1.2/leads"] * 2


@pytest.mark.parametrize("location", ["http://[", "\xff\xfe", "http://" + "a" * 300, "//"])
def test_a_location_that_is_nonsense_breaks_nothing(location: str) -> None:
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode("latin-1") + b"\r\n\r\n"
    with RawServer(answering(answer)) as server:
        assert judge(post(leadbyte(server.url))[0], NOW).outcome is Outcome.UNKNOWN


# ---------------------------------------------------------------------- the key shows nowhere


def test_a_netrc_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(answering(http(TAKEN))) as server:
        post(leadbyte(server.url))
    assert b"authorization" not in server.requests[0].lower()


def _echoes(server: RawServer, connection: socket.socket) -> None:
    """Says back what it was asked, key and all, as badly built servers do."""
    request = server.read(connection)
    connection.sendall(http(request, status=f"418 {request[:200]!r}"))


def _echoes_with_200(server: RawServer, connection: socket.socket) -> None:
    connection.sendall(http(server.read(connection)))


def _hangs(server: RawServer, connection: socket.socket) -> None:
    server.read(connection)
    server.over.wait(30)


def _refuses_the_key(server: RawServer, connection: socket.socket) -> None:
    connection.sendall(http(server.read(connection), status="401 Unauthorized"))


@pytest.mark.parametrize("behave", [_closes, _echoes, _echoes_with_200, _hangs, _refuses_the_key, _speaks_plainly])
@pytest.mark.parametrize("version", ["v1.2", "v1.3"])
def test_the_key_is_in_nothing_that_is_said(
    behave: Callable[[RawServer, socket.socket], None], version: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    with RawServer(behave) as server:
        for address in (server.url, server.url.replace("http:", "https:"), nowhere()):
            service = leadbyte(address, api_version=version, connect_timeout=0.3, read_timeout=0.3, deadline=5)
            reply, _ = post(service)
            said += [repr(service), str(service)]
            if not isinstance(reply, Answer):
                said += [repr(reply), str(reply)]
            said.append(repr(judge(reply, NOW)))
            for ask in (service.campaigns, lambda service=service: service.campaign("9")):
                with pytest.raises(ImportFailure) as caught:
                    ask()
                said.append(everything_said(caught.value))
                said += [caught.value.message, caught.value.hint]
    said += [record.getMessage() + repr(record.args) for record in caplog.records] + [caplog.text]
    assert KEY not in "\n".join(said)


@pytest.mark.parametrize("key", ["clé-of-ours", "a\nb-of-ours", "ключ-of-ours"])
@pytest.mark.parametrize("version", ["v1.2", "v1.3"])
def test_a_key_that_no_header_can_hold_breaks_nothing(sandbox: Sandbox, key: str, version: str) -> None:
    service = leadbyte(sandbox.base_url, key, api_version=version)
    with pytest.raises(KeyRefused):
        service.campaigns()
    assert "of-ours" not in repr(judge(post(service)[0], NOW))


# ---------------------------------------------------------------------- reading campaigns


@pytest.mark.parametrize("key", ["another-key", "sandbox-key"])
def test_a_refused_key_is_told_apart(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        leadbyte(sandbox.base_url, key).campaigns()
    assert "401" in caught.value.message
    assert "LEADBYTE_API_KEY" in caught.value.hint
    assert key not in everything_said(caught.value)
    verdict = judge(post(leadbyte(sandbox.base_url, key))[0], NOW)
    assert (verdict.outcome, verdict.http_status) == (None, 401)
    assert verdict.stop


@pytest.mark.parametrize("envelope", ["", "campaigns", "data"])
def test_campaigns_are_read_in_every_envelope(envelope: Any) -> None:
    with Sandbox(key=KEY, envelope=envelope) as sandbox:
        service = leadbyte(sandbox.base_url)
        assert [one.reference for one in service.campaigns()][:2] == ["EXAMPLE-CAMPAIGN", "SOLAR-UK"]
        found = service.campaign("EXAMPLE-CAMPAIGN")
    assert [one.name for one in found.fields][:3] == ["data13", "data14", "dob"]


@pytest.mark.parametrize("wanted", ["SOLAR-UK", "solar-uk", " 12 ", "Solar UK"])
def test_a_campaign_is_found_by_reference_id_or_name(sandbox: Sandbox, wanted: str) -> None:
    found = leadbyte(sandbox.base_url).campaign(wanted)
    assert (found.id, found.reference, bool(found.fields)) == ("12", "SOLAR-UK", True)


def test_an_unknown_campaign_comes_with_the_nearest_name(sandbox: Sandbox) -> None:
    with pytest.raises(CampaignError, match="SOLAR-UK"):
        leadbyte(sandbox.base_url).campaign("SOLER-UK")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (http(b"<html>Sign in</html>"), "not JSON"),
        (http(b"{}"), "cannot be understood"),
        (http(b"[" * 100_000), "not JSON"),
        (http(b"no", status="500 Oh no"), "HTTP 500"),
        (http(b"[]")[:-1], "could not be asked"),
    ],
)
def test_a_read_that_is_no_list_of_campaigns_is_said(answer: bytes, said: str) -> None:
    with RawServer(answering(answer)) as server, pytest.raises(ServiceError, match=said):
        leadbyte(server.url).campaigns()


def test_campaigns_that_take_no_leads_are_refused() -> None:
    check_open(Campaign("1", "One", "ONE"))
    with pytest.raises(CampaignError, match="not active"):
        check_open(Campaign("1", "One", "ONE", active=False))
    with pytest.raises(CampaignError, match="archived"):
        check_open(Campaign("1", "One", "ONE", archived=True))


def test_a_service_on_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Sandbox(key=KEY) as sandbox:
        assert leadbyte(sandbox.base_url).campaigns()


def test_a_deadline_that_passes_while_connecting_lets_nothing_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def slow_look_up(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.6)
        return look_up(*args, **kwargs)

    with Sandbox(key=KEY) as sandbox:
        monkeypatch.setattr(socket, "getaddrinfo", slow_look_up)
        assert isinstance(post(leadbyte(sandbox.base_url, deadline=0.2))[0], NeverLeft)
        assert sandbox.record() == []
