from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import KeyRefused
from pipeline.leadbyte.afterwards import leads_found, queue_state
from pipeline.leadbyte.client import LeadByte
from pipeline.model import Answer, Found, Lost, QueueState
from pipeline.sandbox import Sandbox
from pipeline.sandbox.keys import NO_SEARCH_KEY
from tests.delivery import (
    KEY,
    RawServer,
    _clean_environment,  # noqa: F401 - an autouse fixture
    answering,
    everything_said,
    http,
    leadbyte,
    nowhere,
)
from tests.sandbox.client import lead as a_lead

WRONG_KEY = "wr0ng-k3y"
EMAIL = "jane.smith@example.com"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def taken(sandbox: Sandbox, tag: str = "", **fields: str) -> str:
    """A lead that the sandbox has; its queueId."""
    one = a_lead(**fields) if not tag else a_lead(email=f"jane.smith+{tag}@example.com", **fields)
    leadbyte(sandbox.base_url).post(one.pop("campid"), one, lambda: None)
    return sandbox.record()[-1].queue_id


def queue_body(status: object = "Processed", **changes: Any) -> bytes:
    response = {"code": 1, "response": "Accepted", "info": "", "leadId": 77, "rejectionId": None, "timestamp": "t"}
    whole = {"queueRef": "q-1", "status": status, "processed": "2026-01-02 03:04:05", "response": response}
    return json.dumps(whole | changes).encode()


def hit(**changes: Any) -> dict[str, Any]:
    return {
        "email": EMAIL,
        "phone1": "07700900123",
        "c1": "",
        "queue_ref": "q-1",
        "leadId": 77,
        "campaignId": 9,
        "received": "2026-01-02 03:04:05",
    } | changes


def search_body(*hits: object, **changes: Any) -> bytes:
    one = {"campaignId": 9, "email": EMAIL, "matches": len(hits), "results": list(hits)} | changes
    return json.dumps({"status": "Success", "totalMatches": len(hits), "searches": [one]}).encode()


def shown(body: bytes, by: str = "email", value: str = EMAIL) -> list[Found]:
    found = leads_found(body, "9", by, value)
    assert not isinstance(found, Lost), found.reason
    return found


# ---------------------------------------------------------------------- what the queue says


def test_a_sold_lead_has_its_lead_id_and_time() -> None:
    assert queue_state(queue_body()) == QueueState("Processed", 1, "Accepted", "77", "", "2026-01-02 03:04:05")


def test_a_refused_lead_has_its_rejection_id_and_leadbytes_words() -> None:
    response = {"code": "-1", "response": "Rejected", "info": "No buyer", "leadId": 0, "rejectionId": "12"}
    assert queue_state(queue_body(response=response)) == QueueState(
        "Processed", -1, "No buyer", "", "12", "2026-01-02 03:04:05"
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Processed", "Processed"),
        ("processed", "Processed"),
        ("PENDING", "Pending"),
        ("Not Found", "Not Found"),
        ("not_found", "Not Found"),
        ("NotFound", "Not Found"),
    ],
)
def test_the_words_for_a_state_may_be_spelt_in_any_way(word: str, status: str) -> None:
    found = queue_state(queue_body(word))
    assert isinstance(found, QueueState)
    assert (found.status, found.is_last) == (status, status == "Processed")


def test_what_leadbyte_says_of_a_person_is_not_told_when_its_answer_is_odd() -> None:
    found = queue_state(queue_body(f"No buyer for {EMAIL}"))
    assert isinstance(found, Lost)
    assert found.reason == "the queue's answer has a status that nobody knows"


@pytest.mark.parametrize("response", [None, "", [], "none"])
def test_a_missing_response_leaves_its_parts_empty(response: object) -> None:
    assert queue_state(queue_body("Pending", response=response)) == QueueState("Pending")
    assert queue_state(b'{"status": "Pending"}') == QueueState("Pending")


@pytest.mark.parametrize("none", [None, "", 0, "0", False, True, [], {}, 0.5])
def test_what_is_no_id_is_none(none: object) -> None:
    found = queue_state(queue_body(response={"leadId": none, "rejectionId": none}))
    assert isinstance(found, QueueState)
    assert (found.lead_id, found.rejection_id) == ("", "")


@pytest.mark.parametrize("given_id", [77, "77", " 77 ", 77.0])
def test_ids_may_be_numbers_or_text(given_id: object) -> None:
    found = queue_state(queue_body(response={"leadId": given_id}))
    assert isinstance(found, QueueState)
    assert found.lead_id == "77"


@pytest.mark.parametrize("processed", [True, "1", "Yes", None, "0000-00-00 00:00:00"])
def test_the_time_is_the_responses_where_processed_is_none(processed: object) -> None:
    found = queue_state(queue_body(processed=processed, response={"timestamp": "2026-01-02T03:04:05"}))
    assert isinstance(found, QueueState)
    assert found.processed_at == "2026-01-02T03:04:05"


def test_a_pending_lead_was_not_processed_at_any_time() -> None:
    found = queue_state(queue_body("Pending"))
    assert isinstance(found, QueueState)
    assert found.processed_at == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        queue_body()[:-1],
        queue_body("Success"),
        queue_body(None),
        b'{"status": "Pending", "status": "Processed"}',
        b"[" * 100_000,
    ],
)
def test_an_odd_answer_of_the_queue_is_lost(body: bytes) -> None:
    assert isinstance(queue_state(body), Lost)


# ---------------------------------------------------------------------- what the search shows


def test_a_hit_has_its_ids_and_what_it_was_found_by() -> None:
    assert shown(search_body(hit())) == [Found("77", "q-1", "2026-01-02 03:04:05", "email", "jane.smith@example.com")]


def test_no_lead_is_a_miss() -> None:
    assert shown(search_body()) == []
    assert shown(search_body(results=None)) == []
    assert shown(search_body(matches="0")) == []


def test_numbers_may_be_text_and_parts_may_be_missing() -> None:
    loose = {"leadId": "77", "queue_ref": None}
    assert shown(search_body(loose, matches="1")) == [Found("77", "", "", "email")]


def test_numbers_are_the_same_however_they_begin() -> None:
    body = search_body(hit(phone1="+44 7700 900123"))
    assert len(shown(body, "phone", "07700900123")) == 1


def test_letters_of_an_address_may_be_of_any_case() -> None:
    assert len(shown(search_body(hit(email="Jane.Smith@EXAMPLE.com")))) == 1


@pytest.mark.parametrize(
    "other", [{"email": "another@example.com"}, {"campaignId": 12}, {"email": "jane.smith@example.co"}]
)
def test_leads_that_were_not_asked_for_are_neither_a_hit_nor_a_miss(other: dict[str, Any]) -> None:
    assert isinstance(leads_found(search_body(hit(**other)), "9", "email", EMAIL), Lost)
    found = Found("78", "q-1", "2026-01-02 03:04:05", "email", "jane.smith@example.com")
    assert shown(search_body(hit(**other), hit(leadId=78))) == [found]


def test_anothers_number_is_not_asked_for() -> None:
    assert isinstance(leads_found(search_body(hit(phone1="07700900124")), "9", "phone", "07700900123"), Lost)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        search_body()[:-1],
        b'{"status": "Success", "searches": []}',
        b'{"status": "Success", "searches": [[]]}',
        b'{"status": "Error", "searches": [{"matches": 0, "results": []}]}',
        search_body(results={}),
        search_body(results=None, matches=None),
        search_body(matches=3),
        search_body(hit(), matches=0),
        search_body("text"),
        json.dumps({"status": "Success", "searches": [{"matches": 0, "results": []}] * 2}).encode(),
        b'{"status": "Success", "searches": [{"results": [], "results": []}]}',
    ],
)
def test_an_odd_answer_of_the_search_is_never_a_miss(body: bytes) -> None:
    assert isinstance(leads_found(body, "9", "email", EMAIL), Lost)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(response=_json, processed=_json, results=_json, matches=_json)
def test_no_answer_whatever_breaks_the_reading(response: Any, processed: Any, results: Any, matches: Any) -> None:
    state = queue_state(queue_body(response=response, processed=processed))
    assert isinstance(state, QueueState)
    state.message.encode()
    found = leads_found(search_body(results=results, matches=matches), "9", "email", EMAIL)
    assert isinstance(found, Lost | list)


# ---------------------------------------------------------------------- over HTTP


def test_the_queue_is_asked_by_get_under_v13_whatever_the_accounts_version() -> None:
    with RawServer(answering(http(queue_body()))) as server:
        told: list[int] = []
        assert isinstance(leadbyte(server.url).queue("q/1", lambda: told.append(1)), QueueState)
    (request,) = server.requests
    assert request.startswith(b"GET /restapi/v1.3/apiqueue/q%2F1?key=" + KEY.encode())
    assert told == [1]


def test_the_search_asks_one_question_with_the_key_in_its_body() -> None:
    with RawServer(answering(http(search_body(hit())))) as server:
        told: list[int] = []
        assert isinstance(leadbyte(server.url).search("565", "email", EMAIL, lambda: told.append(1)), Lost)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /restapi/v1.3/leads/search HTTP/1.1\r\n")
    assert KEY.encode() not in head
    assert json.loads(body) == {"key": KEY, "searches": [{"campaignId": 565, "email": EMAIL}]}
    assert told == [1]


def test_a_campaign_id_that_is_no_number_is_sent_as_it_is() -> None:
    with RawServer(answering(http(search_body()))) as server:
        assert leadbyte(server.url).search("c-9", "phone", "07700900123") == []
    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2])["searches"] == [
        {"campaignId": "c-9", "phone": "07700900123"}
    ]


def test_the_sandboxs_queue_is_understood(sandbox: Sandbox) -> None:
    service = leadbyte(sandbox.base_url)
    sold, refused = taken(sandbox), taken(sandbox, "rejected-later")
    quarantined = taken(sandbox, "quarantine")
    assert [state_of(service, one).status for one in (sold, refused, quarantined, "none")] == [
        "Pending",
        "Pending",
        "Pending",
        "Not Found",
    ]
    sold_now, refused_now = state_of(service, sold), state_of(service, refused)
    assert (sold_now.is_last, sold_now.lead_id, sold_now.rejection_id) == (True, "1001", "")
    assert (refused_now.code, refused_now.message, refused_now.rejection_id) == (
        -1,
        "No buyer wanted the lead",
        "1002",
    )
    assert state_of(service, quarantined).status == "Pending"


def state_of(service: LeadByte, queue_id: str) -> QueueState:
    found = service.queue(queue_id)
    assert isinstance(found, QueueState)
    return found


def test_the_sandboxs_search_is_understood(sandbox: Sandbox) -> None:
    service = leadbyte(sandbox.base_url)
    queue_id = taken(sandbox, phone1="07700900123")
    for by, value in (("email", EMAIL), ("phone", "07700900123")):
        found = service.search("9", by, value)
        assert isinstance(found, list)
        assert [(one.queue_id, one.lead_id, one.by) for one in found] == [(queue_id, "1001", by)]
    assert service.search("12", "email", EMAIL) == []


def test_a_quarantined_lead_is_not_found_by_search(sandbox: Sandbox) -> None:
    taken(sandbox, "quarantine")
    assert leadbyte(sandbox.base_url).search("9", "email", "jane.smith+quarantine@example.com") == []


QUESTIONS: dict[str, Callable[[LeadByte], object]] = {
    "queue": lambda service: service.queue("q-1"),
    "search": lambda service: service.search("9", "email", EMAIL),
}


@pytest.mark.parametrize(("question", "needed"), [("queue", '"API queue"'), ("search", "Leads > Search")])
def test_a_key_without_the_permission_is_told_which_it_needs(question: str, needed: str) -> None:
    with Sandbox() as sandbox, pytest.raises(KeyRefused) as refused:
        QUESTIONS[question](leadbyte(sandbox.base_url, NO_SEARCH_KEY))
    assert "403" in refused.value.message
    assert needed in refused.value.hint
    assert NO_SEARCH_KEY not in everything_said(refused.value)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_wrong_key_is_refused_and_never_shown(sandbox: Sandbox, question: str) -> None:
    with pytest.raises(KeyRefused) as refused:
        QUESTIONS[question](leadbyte(sandbox.base_url, WRONG_KEY))
    assert "401" in refused.value.message
    assert WRONG_KEY not in everything_said(refused.value)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    ("tag", "status", "retry_after"),
    [("http429always", 429, "1"), ("http429plain", 429, ""), ("http503retry", 503, "1"), ("http503", 503, "")],
)
def test_told_to_wait_comes_back_for_the_back_off(
    sandbox: Sandbox, question: str, tag: str, status: int, retry_after: str
) -> None:
    sandbox.fault_next_question(tag)
    answer = QUESTIONS[question](leadbyte(sandbox.base_url))
    assert isinstance(answer, Answer)
    assert (answer.http_status, answer.retry_after) == (status, retry_after)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "tag",
    [
        "http500",
        "http502",
        "http504",
        "redirect",
        "redirect307",
        "html",
        "empty",
        "badjson",
        "nonobject",
        "dupkeys",
        "gzipbomb",
        "truncated",
        "reset-after",
        "drip",
        "slowheaders",
        "hang",
    ],
)
def test_whatever_else_happens_the_answer_is_lost_and_nothing_is_followed(
    sandbox: Sandbox, question: str, tag: str
) -> None:
    sandbox.fault_next_question(tag)
    answer = QUESTIONS[question](leadbyte(sandbox.base_url, deadline=0.5))
    assert isinstance(answer, Lost)
    assert KEY not in answer.reason
    assert len(sandbox.requests()) == 1


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_server_that_is_not_there_loses_the_answer_without_showing_the_key(question: str) -> None:
    answer = QUESTIONS[question](leadbyte(nowhere()))
    assert isinstance(answer, Lost)
    assert KEY not in answer.reason
