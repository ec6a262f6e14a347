from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from pipeline.sandbox import Sandbox

from .client import Client, lead


def test_the_record_shows_what_arrived(client: Client) -> None:
    before = time.monotonic()
    queue_id = client.post(lead()).json()["results"][0]["queueId"]
    client.post(lead(sid="999"))
    client.session.post(client.sandbox.base_url + "/restapi/v1.2/leads", data=b"\xff{", timeout=10)
    client.get("/restapi/v1.2/campaigns")
    first, second, third = client.sandbox.record()
    assert (first.number, second.number, third.number) == (1, 2, 3)
    assert before < first.at < second.at < third.at < time.monotonic()
    assert (first.path, first.lead) == ("/restapi/v1.2/leads", lead())
    assert (first.code, first.status, first.queue_id, first.http_status, first.fault) == (
        2, "Queued", queue_id, 200, "",
    )  # fmt: skip
    assert (second.code, second.status, second.queue_id) == (-7, "Error", "")
    assert (third.lead, third.code, third.http_status, third.fault) == ({}, None, 400, "request")
    path = "/restapi/v1.2/leads"
    assert client.sandbox.requests() == [("POST", path)] * 3 + [("GET", "/restapi/v1.2/campaigns")]


def test_the_record_is_also_had_over_http(client: Client) -> None:
    client.post(lead())
    url = client.sandbox.base_url + "/sandbox/record"
    shown = client.session.get(url, timeout=10).json()
    assert [entry["lead"] for entry in shown] == [lead()]
    names = ["number", "at", "path", "lead", "code", "status", "queue_id", "http_status", "fault"]
    assert list(shown[0]) == names
    assert client.session.delete(url, timeout=10).status_code == 204
    assert client.session.get(url, timeout=10).json() == client.sandbox.record() == []
    assert client.sandbox.requests() == []


def test_no_key_gets_into_the_record(client: Client) -> None:
    key = client.sandbox.key
    client.post(lead(key=key, data14=f"pasted {key} by mistake"))
    client.post_v13({**lead(), "key": key, "X_KEY": key})
    client.get(f"/restapi/v1.2/campaigns/{key}")
    assert key not in repr(client.sandbox.record()) + repr(client.sandbox.requests())
    assert client.sandbox.record()[0].lead["data14"] == "pasted [key] by mistake"


def test_values_are_recorded_as_text(client: Client) -> None:
    client.post_v13({**lead(), "sid": 1, "data14": None, "c1": {"a": [1]}})
    received = client.sandbox.record()[0]
    assert (received.lead["sid"], received.lead["data14"], received.lead["c1"]) == ("1", "", '{"a": [1]}')
    assert received.accepted


def test_many_clients_at_once_lose_nothing() -> None:
    def post(number: int) -> int:
        with requests.Session() as session:
            session.trust_env = False
            code: int = Client(sandbox, session).post(lead(email=f"n{number}@example.com")).json()["code"]
            return code

    with Sandbox() as sandbox, ThreadPoolExecutor(16) as pool:
        assert set(pool.map(post, range(200))) == {2}
        record = sandbox.record()
    assert [received.number for received in record] == list(range(1, 201))
    assert {received.lead["email"] for received in record} == {f"n{n}@example.com" for n in range(200)}
    assert [received.at for received in record] == sorted(received.at for received in record)


def test_a_request_that_breaks_off_never_arrived(sandbox: Sandbox) -> None:
    with socket.create_connection((sandbox.host, sandbox.port)) as connection:
        connection.sendall(b"POST /restapi/v1.2/leads HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
    time.sleep(0.2)
    assert sandbox.record() == []


def test_the_rate_limit_counts_any_window_of_one_second(session: requests.Session) -> None:
    with Sandbox(rate_limit=5) as sandbox:
        client = Client(sandbox, session)
        answers = [client.post(lead(email=f"n{number}@example.com")) for number in range(8)]
        client.get("/restapi/v1.2/campaigns")
        record = sandbox.record()
        passed = [received.at for received in record if received.fault != "rate"]
        for answer, received in zip(answers, record, strict=True):
            assert (answer.status_code == 429) == (received.fault == "rate")
            assert answer.headers.get("Retry-After") == ("1" if received.fault else None)
        assert all(later - earlier >= 1 for earlier, later in zip(passed, passed[5:], strict=False))
        if record[-1].at - record[0].at < 1:
            assert [received.fault for received in record] == [""] * 5 + ["rate"] * 3
        time.sleep(1.01)
        assert client.post(lead(email="later@example.com")).json()["code"] == 2


def test_a_rate_below_one_widens_the_window(session: requests.Session) -> None:
    with Sandbox(rate_limit=0.1) as sandbox:
        client = Client(sandbox, session)
        assert [client.post(lead()).status_code for _ in range(2)] == [200, 429]
    with pytest.raises(ValueError, match="above zero"):
        Sandbox(rate_limit=0)


def test_latency_delays_every_answer(session: requests.Session) -> None:
    with Sandbox(latency=0.3) as sandbox:
        client = Client(sandbox, session)
        start = time.monotonic()
        client.post(lead())
        middle = time.monotonic()
        client.get("/restapi/v1.2/campaigns")
        assert middle - start >= 0.3
        assert time.monotonic() - middle >= 0.3


def test_two_sandboxes_know_nothing_of_each_other(session: requests.Session) -> None:
    with Sandbox() as one, Sandbox() as other:
        assert one.port != other.port
        for sandbox in (one, other):
            assert Client(sandbox, session).post(lead()).json()["code"] == 2
        assert len(one.record()) == len(other.record()) == 1


def test_a_taken_port_is_said_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=sandbox.port).start()


def test_a_stopped_sandbox_refuses_connections_and_may_start_again(session: requests.Session) -> None:
    sandbox = Sandbox()
    client = Client(sandbox, session)
    with sandbox:
        url = sandbox.base_url
        client.post(lead())
    with pytest.raises(requests.exceptions.ConnectionError):
        client.post(lead())
    with sandbox:
        assert sandbox.base_url == url
        assert client.post(lead()).json()["code"] == -2
        assert client.post(lead(email="a+slow@example.com")).json()["code"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT can be sent to another process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_blocks_until_interrupted_and_prints_nothing(number: signal.Signals) -> None:
    program = textwrap.dedent("""
        from pipeline.sandbox import serve
        serve(on_ready=lambda url: print(url, flush=True))
        print("stopped")
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", url)
        assert requests.get(f"{url}/sandbox/record", timeout=10).json() == []
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("stopped\n", "", 0)


def test_it_shares_no_code_with_the_importer() -> None:
    program = textwrap.dedent("""
        import sys, pipeline.sandbox
        names = [name for name in sys.modules if not name.startswith("pipeline.sandbox")]
        print([name for name in names if name.startswith(("pipeline.", "phonenumbers", "email_validator"))])
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
