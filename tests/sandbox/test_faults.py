from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.sandbox import FAULTS, Received, Sandbox

from .client import Client, lead, tagged

CODES = {
    "duplicate": -2, "system": -3, "cap": -4, "validation": -5, "supplier": -7, "hlr": -8, "inactive": -9,
    "paf": -10, "ipblocked": -11, "badmail": -12, "landline": -13, "ipcountry": -14, "tps": -15, "dncr": -16,
    "internal": -100, "unlisted": -42,
}  # fmt: skip
HTTP = {
    "http401": (401, None), "http403": (403, None), "http429": (429, "1"), "http429always": (429, "1"),
    "http429plain": (429, None), "http500": (500, None), "http502": (502, None), "http503": (503, None),
    "http503retry": (503, "1"), "http504": (504, None), "redirect": (302, None), "redirect307": (307, None),
}  # fmt: skip
FORMS = {"quarantine", "rejected-later", "code1", "records", "buyer-rejected", "buyer-pending", "twice",
         "noqueueid", "rowerror"}  # fmt: skip
BODIES = {"html", "empty", "badjson", "nonobject", "dupkeys", "gzipbomb"}
WIRE = {"truncated", "hang", "drip", "slowheaders", "slow", "reset-after", "reset-accepted", "lost-answer"}


def last(client: Client) -> Received:
    return client.sandbox.record()[-1]


def test_every_tag_of_the_table_is_tested_here() -> None:
    assert set(FAULTS) == {*CODES, *HTTP, *FORMS, *BODIES, *WIRE}
    assert all(fault.about for fault in FAULTS.values())


@pytest.mark.parametrize(("tag", "code"), CODES.items())
def test_a_code_comes_as_leadbyte_words_it(client: Client, tag: str, code: int) -> None:
    answer = client.post(tagged(tag))
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["status", "code", "message", "redirectUrl", "errors"]
    assert (body["status"], body["code"], body["redirectUrl"]) == ("Error", code, "")
    assert bool(body["errors"]) == (code == -5)
    received = last(client)
    assert (received.code, received.status, received.queue_id, received.fault) == (code, "Error", "", tag)
    assert not received.accepted


@pytest.mark.parametrize(("tag", "expected"), HTTP.items())
def test_an_http_status_comes_with_or_without_retry_after(
    client: Client, tag: str, expected: tuple[int, str | None]
) -> None:
    answer = client.post(tagged(tag))
    assert (answer.status_code, answer.headers.get("Retry-After")) == expected
    received = last(client)
    assert (received.http_status, received.fault) == (expected[0], tag)
    assert received.accepted == (tag == "http504")


@pytest.mark.parametrize("tag", ["http429", "http503retry"])
def test_some_faults_come_once_per_lead(client: Client, tag: str) -> None:
    first, second = tagged(tag), lead(email=f"joan+{tag}@example.com")
    assert [client.post(each).status_code // 100 for each in (first, second, first, second)] in (
        [4, 4, 2, 2],
        [5, 5, 2, 2],
    )
    assert [received.fault for received in client.sandbox.record()] == [tag, tag, "", ""]
    assert client.sandbox.record()[-1].accepted


def test_some_faults_come_always(client: Client) -> None:
    assert [client.post(tagged("http429always")).status_code for _ in range(3)] == [429, 429, 429]


@pytest.mark.parametrize(("tag", "method"), [("redirect", "GET"), ("redirect307", "POST")])
def test_a_followed_redirect_is_seen(client: Client, tag: str, method: str) -> None:
    client.session.post(
        client.sandbox.base_url + "/restapi/v1.2/leads",
        json={"key": client.sandbox.key, "lead": tagged(tag)},
        timeout=10,
    )
    assert client.sandbox.requests() == [("POST", "/restapi/v1.2/leads"), (method, "/sandbox/followed")]
    followed = [received for received in client.sandbox.record() if received.fault == "followed"]
    assert [received.lead for received in followed] == ([tagged(tag)] if method == "POST" else [])


def test_quarantined_leads_stay_pending_and_hidden(client: Client) -> None:
    row = client.post(tagged("quarantine")).json()["results"][0]
    assert (row["status"], row["code"]) == ("Quarantined", 2)
    states = [client.get(f"/restapi/v1.3/apiqueue/{row['queueId']}").json()["status"] for _ in range(3)]
    assert states == ["Pending"] * 3
    assert client.search({"campaignId": 9, "email": tagged("quarantine")["email"]}).json()["totalMatches"] == 0


def test_a_lead_may_be_rejected_later(client: Client) -> None:
    row = client.post(tagged("rejected-later")).json()["results"][0]
    path = f"/restapi/v1.3/apiqueue/{row['queueId']}"
    assert [client.get(path).json()["status"] for _ in range(2)] == ["Pending", "Processed"]
    response = client.get(path).json()["response"]
    assert (response["response"], response["leadId"]) == ("Rejected", None)
    assert response["rejectionId"]


def test_odd_forms_of_success(client: Client) -> None:
    def ask(tag: str) -> dict[str, Any]:
        body: dict[str, Any] = client.post(tagged(tag)).json()
        assert body["status"] == "Success"
        return body

    body = ask("code1")
    assert (body["code"], body["results"][0]["code"], last(client).code) == (1, 1, 1)
    for tag, status in [("records", "Approved"), ("buyer-rejected", "Rejected"), ("buyer-pending", "Pending")]:
        record = ask(tag)["records"][0]
        assert list(record) == ["queueId", "status", "processed", "response"]
        assert list(record["response"]) == ["code", "response", "info", "leadId", "rejectionId"]
        assert record["status"] == last(client).status == status
        assert last(client).accepted == (tag != "buyer-rejected")
    rows = ask("twice")["results"]
    assert len({row["queueId"] for row in rows}) == 2
    assert ask("noqueueid")["results"] == [{"status": "Queued", "code": 2}]
    assert last(client).accepted
    assert last(client).queue_id  # the record has it all the same
    assert ask("rowerror")["results"][0]["status"] == "Error"
    assert (last(client).code, last(client).accepted) == (-5, False)


def test_bodies_that_are_no_answer(client: Client) -> None:
    html = client.post(tagged("html"))
    assert (html.status_code, html.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert client.post(tagged("empty")).content == b""
    broken = client.post(tagged("badjson"))
    assert int(broken.headers["Content-Length"]) == len(broken.content)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        broken.json()
    assert client.post(tagged("nonobject")).json() == []
    doubled = client.post(tagged("dupkeys")).text
    assert doubled.count('"status":"Error"') == doubled.count('"status":"Success"') == 1
    bomb = client.post(tagged("gzipbomb"))
    assert int(bomb.headers["Content-Length"]) < 300_000
    assert len(bomb.content) == 50_000_000
    taken = [received.fault for received in client.sandbox.record() if received.accepted]
    assert taken == ["empty", "badjson", "dupkeys", "gzipbomb"]


def test_a_truncated_body_breaks_off(client: Client) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.post(tagged("truncated"))
    assert last(client).accepted


@pytest.mark.parametrize("tag", ["reset-after", "reset-accepted", "lost-answer"])
def test_a_reset_leaves_no_answer(client: Client, tag: str) -> None:
    with pytest.raises(requests.exceptions.ConnectionError, match="reset"):
        client.post(tagged(tag))
    received = last(client)
    assert (received.http_status, received.accepted) == (None, tag != "reset-after")
    hits = client.search({"campaignId": 9, "email": tagged(tag)["email"]}).json()["totalMatches"]
    assert hits == (1 if received.accepted else 0)
    assert client.post(lead()).json()["status"] == "Success"


def test_a_hanging_answer_ends_when_the_client_goes(client: Client) -> None:
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.post(tagged("hang"), timeout=0.3)
    assert (last(client).http_status, last(client).code) == (None, None)


def test_a_drip_defeats_a_read_timeout(client: Client) -> None:
    start = time.monotonic()
    with client.session.post(
        client.sandbox.base_url + "/restapi/v1.2/leads",
        json={"key": client.sandbox.key, "lead": tagged("drip")},
        timeout=0.6,
        stream=True,
    ) as answer:
        assert time.monotonic() - start < 0.6
        pieces = answer.iter_content(1)
        for _ in range(5):
            next(pieces)
    assert time.monotonic() - start > 0.75
    assert last(client).accepted


def test_headers_may_come_byte_by_byte(client: Client) -> None:
    start = time.monotonic()
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.post(tagged("slowheaders"), timeout=0.1)
    with pytest.raises(requests.exceptions.RequestException):
        client.post(lead(email="a+slowheaders@example.com"), timeout=0.15)
    assert time.monotonic() - start < 5
    assert last(client).accepted


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["drip", "slowheaders"])
def test_slow_answers_end_as_good_ones(client: Client, tag: str) -> None:
    start = time.monotonic()
    assert client.post(tagged(tag), timeout=5).json()["status"] == "Success"
    assert 55 < time.monotonic() - start < 90


def test_a_slow_answer_is_a_good_one(client: Client) -> None:
    start = time.monotonic()
    assert client.post(tagged("slow")).json()["status"] == "Success"
    assert time.monotonic() - start >= 1
    assert client.post(lead()).json()["status"] == "Success"


def test_a_fault_may_come_by_header_or_be_armed(client: Client) -> None:
    assert client.post(lead(), headers={"X-Sandbox": "tps"}).json()["code"] == -15
    client.sandbox.fault_next("dncr", times=2)
    codes = [client.post(lead(), headers={"X-Sandbox": "tps"}).json()["code"] for _ in range(3)]
    assert codes == [-16, -16, -15]
    assert client.post(lead()).json()["code"] == 2


def test_an_unknown_fault_is_an_error_but_an_unknown_plus_tag_is_an_address(client: Client) -> None:
    with pytest.raises(ValueError, match="unknown fault 'nonsense'"):
        client.sandbox.fault_next("nonsense")
    assert client.post(lead(), headers={"X-Sandbox": "nonsense"}).status_code == 400
    assert client.post(tagged("newsletter")).json()["code"] == 2


def test_under_a_fault_leadbyte_still_judges_the_lead(client: Client) -> None:
    assert client.post(tagged("quarantine", sid="")).json()["errors"] == ["SID is required"]
    with pytest.raises(requests.exceptions.ConnectionError):
        client.post(tagged("lost-answer", data13=""))
    assert (last(client).code, last(client).accepted) == (-5, False)


def test_stopping_lets_go_of_a_hanging_client(session: requests.Session) -> None:
    with Sandbox() as sandbox:
        client, ended = Client(sandbox, session), []

        def ask() -> None:
            try:
                client.post(tagged("hang"), timeout=60)
            except requests.exceptions.ConnectionError as error:
                ended.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        while not sandbox.record():
            time.sleep(0.01)
        start = time.monotonic()
    thread.join(10)
    assert ended
    assert time.monotonic() - start < 3


def test_the_documentation_lists_every_fault() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    for fault in FAULTS.values():
        number = "" if fault.code is fault.http_status is None else fault.code or fault.http_status
        line = f"| `{fault.tag}` | {fault.about} | {number} | {'yes' if fault.judged else 'no'} |"
        assert line in text.splitlines()
