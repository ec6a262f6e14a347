from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ServiceError
from pipeline.leadbyte.answers import MAX_RETRY_AFTER, campaign_of, campaigns_in, judge, retry_after_seconds
from pipeline.model import RESPONSE_CODES, Answer, Campaign, Field, Lost, NeverLeft, Outcome, Selection, Verdict

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = "ac1e0092-0000"


def judged(body: object, status: int = 200, retry_after: str = "") -> Verdict:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge(Answer(status, raw, retry_after), NOW)


def success(*results: object, code: object = 2, name: str = "results") -> dict[str, object]:
    return {"status": "Success", "code": code, "message": "", name: list(results)}


def queued(**changes: object) -> dict[str, object]:
    return {"queueId": ID, "status": "Queued", "code": 2} | changes


def error(code: object, errors: object = (), message: str = "") -> dict[str, object]:
    return {"status": "Error", "code": code, "message": message, "redirectUrl": "", "errors": errors}


def record(status: str, **response: object) -> dict[str, object]:
    return {"queueId": ID, "status": status, "processed": "", "response": response}


# ---------------------------------------------------------------------- whole answers


@pytest.mark.parametrize("word", ["Queued", "Quarantined", "Approved", "Pending", "queued"])
@pytest.mark.parametrize("code", [2, 1, "2"])
def test_a_taken_lead_is_accepted_with_its_queue_id(word: str, code: object) -> None:
    verdict = judged(success(queued(status=word, code=code), code=code))
    assert verdict == Verdict(Outcome.ACCEPTED, word, ID, int(str(code)), "", 200)


REFUSED = {
    -2: (Outcome.REJECTED, False), -3: (Outcome.FAILED, False), -4: (Outcome.REJECTED, True),
    -5: (Outcome.REJECTED, False), -7: (Outcome.REJECTED, False), -8: (Outcome.REJECTED, False),
    -9: (Outcome.REJECTED, True), -10: (Outcome.REJECTED, False), -11: (Outcome.REJECTED, False),
    -12: (Outcome.REJECTED, False), -13: (Outcome.REJECTED, False), -14: (Outcome.REJECTED, False),
    -15: (Outcome.REJECTED, False), -16: (Outcome.REJECTED, False), -100: (Outcome.FAILED, False),
    -42: (Outcome.REJECTED, False),
}  # fmt: skip


def test_every_code_of_the_table_is_tested_here() -> None:
    assert {code for code in RESPONSE_CODES if code < 0} == set(REFUSED) - {-42}


@pytest.mark.parametrize(("code", "outcome", "stops"), [(code, *what) for code, what in REFUSED.items()])
def test_a_refusal_keeps_its_code_and_decides_what_stops(code: int, outcome: Outcome, stops: bool) -> None:
    verdict = judged(error(code, message="said so"))
    assert (verdict.outcome, verdict.code, verdict.status, verdict.errors) == (outcome, code, "Error", "said so")
    assert bool(verdict.stop) == stops
    assert verdict.stop_supplier == (code == -7)
    assert verdict.http_status == 200
    assert verdict == judged(error(str(code), message="said so"))


def test_the_errors_are_kept_word_for_word_before_the_message() -> None:
    said = ["Email is not a valid email address", "Phone_1 is “short”"]
    assert judged(error(-5, said, "One or more errors occurred")).errors == "; ".join(said)


def test_an_error_inside_a_success_refuses_the_row() -> None:
    inner = {"queueId": "", "status": "Error", "code": -5, "errors": ["Email is bad"]}
    assert judged(success(inner)) == Verdict(Outcome.REJECTED, "Error", "", -5, "Email is bad", 200)


@pytest.mark.parametrize(
    ("given_record", "expected"),
    [
        (record("Approved", code=1), Verdict(Outcome.ACCEPTED, "Approved", ID, 2, "", 200)),
        (record("Pending", code=0), Verdict(Outcome.ACCEPTED, "Pending", ID, 2, "", 200)),
        (record("Pending"), Verdict(Outcome.ACCEPTED, "Pending", ID, 2, "", 200)),
        (
            record("Rejected", code=-1, info="none"),
            Verdict(Outcome.REJECTED, "Rejected", ID, None, "none; the buyer's code: -1", 200),
        ),
        (record("Rejected", response="Sold"), Verdict(Outcome.REJECTED, "Rejected", ID, None, "Sold", 200)),
        # -4 here is a buyer's word, not LeadByte's: it means nothing of ours, and stops nothing.
        (record("Rejected", code=-4), Verdict(Outcome.REJECTED, "Rejected", ID, None, "the buyer's code: -4", 200)),
        (queued(response=None), Verdict(Outcome.ACCEPTED, "Queued", ID, 2, "", 200)),
    ],
)  # fmt: skip
def test_records_of_live_buyers_are_understood(given_record: object, expected: Verdict) -> None:
    assert judged(success(given_record, name="records")) == expected


# ---------------------------------------------------------------------- answers that prove nothing

UNCLEAR: dict[str, object] = {
    "no queueId": success({"status": "Queued", "code": 2}),
    "an empty queueId": success(queued(queueId="")),
    "a null queueId": success(queued(queueId=None)),
    "two results": success(queued(), queued(queueId="another")),
    "no results": success(),
    "results that are no list": {"status": "Success", "code": 2, "results": queued()},
    "a result that is no object": success("Queued"),
    "a status nobody knows": success(queued(status="Teleported")),
    "no status inside": success({"queueId": ID, "code": 2}),
    "an error inside without a code of its own": success(queued(status="Error")),
    "taken outside, refused inside": success(queued(code=-5)),
    "refused outside, taken inside": success(queued(), code=-5),
    "an error outside, a lead inside": error(-3) | {"results": [queued()]},
    "an error outside, a buyer's lead inside": error(-5) | {"results": [], "records": [record("Pending")]},
    "an error outside, a lead inside that is in no list": error(-3) | {"results": queued()},
    "taken, with a buyer's refusal": success(record("Approved", code=-9), name="records"),
    "a buyer's code for a status nobody knows": success(record("Error", code=-9), name="records"),
    "an error without a code": {"status": "Error", "message": "?"},
    "an error with a good code": error(2),
    "an error whose code is true": error(True),
    "an error whose code is a fraction": error(-5.5),
    "an error whose code fits nowhere": error(-(10**30)),
    "no status": {"code": 2, "results": [queued()]},
    "an array": [success(queued())],
    "a string": "Success",
    "null": None,
    "keys that stand twice": b'{"status":"Error","code":-5,"status":"Success","results":[{"queueId":"1"}]}',
    "keys that stand twice inside": b'{"status":"Success","code":2,"results":[{"queueId":"1","queueId":"2",'
    b'"status":"Queued","code":2}]}',
    "HTML": b"<!doctype html><title>Sign in</title>",
    "nothing": b"",
    "half an answer": json.dumps(success(queued())).encode()[:-5],
    "an answer and more": json.dumps(success(queued())).encode() + b"{}",
    "no text at all": b"\xff\xfe\x00\xd8",
    "brackets without end": b"[" * 100_000,
    "a number without end": b'{"status":"Error","code":-' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", UNCLEAR.values(), ids=UNCLEAR)
def test_an_answer_that_proves_nothing_leaves_the_row_unknown(body: object) -> None:
    verdict = judged(body)
    assert verdict.outcome is Outcome.UNKNOWN
    assert not verdict.stop
    assert verdict.errors
    assert verdict.http_status == 200


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 404, 408, 500, 502, 504, 520])
def test_another_http_status_is_unknown_whatever_the_body_says(status: int) -> None:
    verdict = judged(success(queued()), status, retry_after="1")
    assert (verdict.outcome, verdict.http_status, verdict.stop) == (Outcome.UNKNOWN, status, "")


def test_a_lost_answer_is_unknown_and_what_never_left_is_not() -> None:
    assert judge(Lost("cut off"), NOW) == Verdict(Outcome.UNKNOWN, errors="cut off")
    assert judge(NeverLeft("no route"), NOW) == Verdict(None, errors="no route")
    assert judge(NeverLeft("bad certificate", fatal=True), NOW).stop == "bad certificate"


# ---------------------------------------------------------------------- refused before the row was looked at


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_the_run_and_leaves_the_row_planned(status: int) -> None:
    verdict = judged(b"no", status)
    assert verdict.outcome is None
    assert str(status) in verdict.stop


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("1", 1.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 400, MAX_RETRY_AFTER),
        ("Fri, 02 Jan 2026 03:04:35 GMT", 30.0),
        ("Fri, 02 Jan 2026 04:04:35 +0100", 30.0),
        ("Fri, 02 Jan 2026 03:04:35 -0000", 30.0),
        ("Thu, 01 Jan 2026 03:04:35 GMT", 0.0),
        ("Fri, 02 Jan 2099 03:04:35 GMT", MAX_RETRY_AFTER),
        ("Fri, 02 Jan 99999 03:04:35 GMT", None),
        ("Fri, 02 Jan 2026 03:04:35 +" + "9" * 20, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_absurd(text: str, seconds: float | None) -> None:
    verdict = judged(b"", 429, text)
    assert verdict.outcome is None
    assert not verdict.stop
    assert verdict.retry_after == seconds


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\w{3}, \d{1,2} \w{3} \d{1,9} \d\d:\d\d:\d\d [-+]\d{1,20}", fullmatch=True))
def test_no_retry_after_breaks_anything(text: str) -> None:
    seconds = retry_after_seconds(text, NOW)
    assert seconds is None or 0.0 <= seconds <= MAX_RETRY_AFTER


def test_503_is_retried_only_with_a_retry_after_that_names_a_time() -> None:
    for text in ("", "soon", "-5", "1.5"):
        assert judged(b"", 503, text).outcome is Outcome.UNKNOWN
    later = (NOW + timedelta(seconds=7)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    for text, seconds in (("3", 3.0), (later, 7.0)):
        verdict = judged(b"", 503, text)
        assert (verdict.outcome, verdict.retry_after) == (None, seconds)


def test_a_wait_that_is_cut_short_is_said() -> None:
    assert judged(b"", 429, "1000000000").errors == "HTTP 429: told to wait 600 s (the longest that is believed)"
    assert judged(b"", 429, "7").errors == "HTTP 429: told to wait 7 s"
    assert judged(b"", 429, "-7").errors == "HTTP 429: told to wait"


def test_what_an_unclear_answer_calls_its_lead_is_kept_to_look_it_up_by() -> None:
    named = [queued(queueId=f"q-{number}") for number in range(7)]
    assert judged(success(*named[:2])).errors.endswith("2 results for one lead (queueId q-0, q-1)")
    assert judged(success(*named)).errors.endswith("(queueId q-0, q-1, q-2, q-3, q-4)")
    assert judged(success(*named[:2], name="records")).errors.endswith("(queueId q-0, q-1)")
    assert judged(success(queued(status="Teleported"))).errors.endswith(f"'Teleported' (queueId {ID})")
    assert judged(success(queued(), code=-5)).errors.endswith(f"(queueId {ID})")
    assert judged(success(queued(code=-5))).errors.endswith(f"(queueId {ID})")
    assert judged(error(-3) | {"results": [queued()]}).queue_id == ID
    assert (judged(success(queued(code=-5))).queue_id, judged(success(*named[:2])).queue_id) == (ID, "")
    assert judged(success(queued(), "odd", {"queueId": None})).errors.endswith(
        f"3 results for one lead (queueId {ID})"
    )
    assert len(judged(success(queued(queueId="x" * 5000), queued())).errors) < 300


_NAMES = ["status", "code", "message", "errors", "results", "records", "queueId", "response", "info"]
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["Success", "Error", "Queued"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(_JSON, st.sampled_from([200, 200, 200, 401, 429, 500, 503]))
def test_whatever_comes_is_judged_and_can_be_written_down(body: Any, status: int) -> None:
    verdict = judged(body, status)
    for text in (verdict.status, verdict.queue_id, verdict.errors, verdict.stop):
        text.encode()
    assert verdict.code is None or abs(verdict.code) < 2**63
    assert verdict.outcome is not Outcome.ACCEPTED or verdict.queue_id


def test_half_a_character_in_an_answer_can_be_written_down() -> None:
    cut = "\ud83d"  # half an emoji, as JSON allows it
    for verdict in (
        judged(error(-5, [cut])),
        judged(success(queued(queueId=cut))),
        judged(success(queued(status=cut))),
    ):
        f"{verdict.errors}{verdict.queue_id}{verdict.status}".encode()


# ---------------------------------------------------------------------- campaigns

LISTED = {"id": "9", "name": "Example", "reference": "EX", "country": "United Kingdom", "currency": "Pounds"}


@pytest.mark.parametrize("wrapped", [[LISTED], {"status": "Success", "campaigns": [LISTED]}, {"data": [LISTED]}])
def test_campaigns_come_bare_or_in_an_envelope(wrapped: object) -> None:
    assert campaigns_in(wrapped) == [Campaign("9", "Example", "EX", "United Kingdom", "Pounds")]


@pytest.mark.parametrize("nonsense", [{}, None, "x", 3, {"campaigns": {}}, [3], [{}], [{"reference": ""}], [None]])
def test_what_is_no_list_of_campaigns_is_refused(nonsense: object) -> None:
    with pytest.raises(ServiceError, match="cannot be understood"):
        campaigns_in(nonsense)


@pytest.mark.parametrize("value", ["1", 1, True, "Yes", "yes", "true", None, ""])
def test_a_campaign_is_active_in_every_way_of_saying_so(value: object) -> None:
    assert campaign_of(LISTED | {"active": value}).active
    assert campaign_of(LISTED).active


@pytest.mark.parametrize("value", ["0", 0, False, "No", "no", "false"])
def test_a_campaign_is_not_active_in_every_way_of_saying_so(value: object) -> None:
    assert not campaign_of(LISTED | {"active": value}).active
    assert not campaign_of(LISTED | {"archived": value}).archived


def test_a_campaign_is_archived_only_when_it_says_so() -> None:
    assert not campaign_of(LISTED).archived
    assert campaign_of(LISTED | {"archived": "Yes"}).archived


@pytest.mark.parametrize("envelope", ["campaign", "data", ""])
def test_a_campaign_with_its_fields_in_their_loose_forms(envelope: str) -> None:
    loose = LISTED | {
        "id": 12,
        "country": None,
        "fields": [
            {"name": "data1", "label": "Home", "required": "Yes", "data_type": "Text",
             "selection_labels": "Yes I own it, No", "selection_values": "OWN,RENT"},
            {"name": "data2", "required": 0, "selection_labels": "A,B", "selection_values": ""},
            {"name": "data3", "label": "Uneven", "selection_labels": "A,B", "selection_values": "X,Y,Z"},
            {"name": "data4", "label": "", "required": True, "data_type": None, "selection_labels": None},
            {"label": "nameless"},
            "no field",
        ],
    }  # fmt: skip
    found = campaign_of({"status": "Success", envelope: loose} if envelope else loose)
    assert (found.id, found.country) == ("12", "")
    assert found.fields == (
        Field("data1", "Home", True, "Text", (Selection("Yes I own it", "OWN"), Selection("No", "RENT"))),
        Field("data2", "data2", False, "Text", (Selection("A", "A"), Selection("B", "B"))),
        Field("data3", "Uneven", False, "Text", tuple(Selection(one, one) for one in "XYZ")),
        Field("data4", "data4", True, "Text"),
    )


def test_selections_pair_by_position_even_where_one_is_empty() -> None:
    field = {"name": "f", "label": "F", "selection_labels": "A,,C,D", "selection_values": "1,2,,4"}
    (found,) = campaign_of({"id": 1, "reference": "R", "fields": [field]}).fields
    assert [(one.label, one.value) for one in found.selections] == [("A", "1"), ("D", "4")]


def test_a_campaign_without_reference_does_not_hide_the_others() -> None:
    assert [one.reference for one in campaigns_in([{"id": 1, "reference": "A"}, {"id": 2, "name": "x"}])] == ["A"]
