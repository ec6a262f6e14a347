from __future__ import annotations

import uuid

import pytest
import requests

from pipeline.sandbox import NO_SEARCH_KEY, Sandbox

from .client import Client, lead

SOLAR = lead(
    campid="SOLAR-UK", phone1="07700900123", postcode="SW1A 1AA", data1="OWN", data2="120.50",
    data3="2026-01-31 09:30", optinurl="https://example.com/form?x=1", ipaddress="192.0.2.1", data4="Gable",
)  # fmt: skip


def test_the_campaigns_are_listed_as_specified(client: Client) -> None:
    campaigns = client.get("/restapi/v1.2/campaigns", debug="yes").json()
    assert campaigns[0] == {
        "id": "9",
        "name": "Example Campaign A",
        "reference": "EXAMPLE-CAMPAIGN",
        "description": "",
        "currency": "Britain (United Kingdom), Pounds",
        "country": "United Kingdom",
        "sms_field": "Phone 1",
        "active": "1",
        "sup_visible": "1",
        "archived": "0",
    }
    assert [campaign["id"] for campaign in campaigns] == ["9", 12, "15", "20", "21"]
    assert client.get("/restapi/v1.3/campaigns").json() == campaigns


def test_a_campaign_shows_its_fields_as_specified(client: Client) -> None:
    campaign = client.get("/restapi/v1.2/campaigns/9").json()
    assert campaign["fields"][0] == {
        "name": "data13",
        "label": "make_of_car",
        "required": True,
        "data_type": "Text",
        "selection_labels": "",
        "selection_values": "",
        "category": "",
    }
    shown = [(field["name"], field["label"], field["data_type"]) for field in campaign["fields"]]
    assert shown == [
        ("data13", "make_of_car", "Text"),
        ("data14", "mortgage_type", "Text"),
        ("dob", "DOB", "Date"),
        ("email", "Email", "Email Address"),
        ("firstname", "First_Name", "Alphabetical"),
        ("gender", "Gender", "Text"),
        ("lastname", "Last_Name", "Alphabetical"),
        ("phone1", "Phone_1", "UK Mobile Number"),
        ("postcode", "Postcode", "Postcode"),
        ("sid", "SID", "Text"),
    ]
    required = [field["name"] for field in campaign["fields"] if field["required"] is True]
    assert required == ["data13", "email", "firstname", "lastname", "sid"]
    gender = campaign["fields"][5]
    assert gender["selection_labels"] == gender["selection_values"] == "Male,Female,M,F"


def test_live_variants_are_shown(client: Client) -> None:
    solar = client.get("/restapi/v1.3/campaigns/12").json()
    assert (solar["id"], solar["fields"][0]["required"], solar["fields"][6]["required"]) == (12, "Yes", "No")
    owner = solar["fields"][5]
    assert (owner["selection_labels"], owner["selection_values"]) == ("Yes I own it,No I rent", "OWN,RENT")
    assert "active" not in client.get("/restapi/v1.2/campaigns/15").json()


def test_campaigns_may_come_in_an_envelope(session: requests.Session) -> None:
    with Sandbox(envelope="data") as sandbox:
        body = Client(sandbox, session).get("/restapi/v1.2/campaigns").json()
    assert (body["status"], len(body["data"])) == ("Success", 5)


def test_unknown_things_are_answered_404_in_json(client: Client) -> None:
    for path in ("/restapi/v1.2/campaigns/77", "/restapi/v1.1/campaigns", "/nowhere"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, "Error")
    assert client.get("/restapi/v1.2/leads").status_code == 405


def test_a_good_lead_is_queued(client: Client) -> None:
    body = client.post(lead(nickname="not a field of the campaign", testmode="yes")).json()
    queue_id = body["results"][0]["queueId"]
    assert body == {
        "status": "Success",
        "code": 2,
        "message": "",
        "results": [{"queueId": queue_id, "status": "Queued", "code": 2}],
    }
    assert str(uuid.UUID(queue_id)) == queue_id


def test_v13_takes_the_fields_at_the_top_level(client: Client) -> None:
    assert client.post_v13(lead()).json()["results"][0]["status"] == "Queued"
    assert client.sandbox.record()[0].path == "/restapi/v1.3/leads"
    assert client.post_v13([lead()]).status_code == 400


def test_live_buyer_responses_come_as_records_under_v13_only(client: Client) -> None:
    live = lead(campid="BUYERS-LIVE", phone1="07700900123", postcode="M1 1AE")
    record = client.post_v13(live).json()["records"][0]
    assert (record["status"], record["response"]["response"]) == ("Approved", "Approved")
    other = {**live, "email": "other@example.com", "phone1": "07700900124"}
    assert "results" in client.post(other).json()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email": "jane.smith@example"}, "Email is not a valid email address"),
        ({"email": "jane smith@example.com"}, "Email is not a valid email address"),
        ({"email": "jane..smith@example.com"}, "Email is not a valid email address"),
        ({"email": "  "}, "Email is required"),
        ({"firstname": "J4ne"}, "First_Name may only contain letters"),
        ({"phone1": "0770090012"}, "Phone_1 is not a valid UK mobile number"),
        ({"phone1": "07700 900123"}, "Phone_1 is not a valid UK mobile number"),
        ({"phone1": "02079460000"}, "Phone_1 is not a valid UK mobile number"),
        ({"phone1": "07700900123\n"}, "Phone_1 is not a valid UK mobile number"),
        ({"phone1": "0770090012３"}, "Phone_1 is not a valid UK mobile number"),
        ({"postcode": "SW1A"}, "Postcode is not a valid postcode"),
        ({"dob": "31/02/1980"}, "DOB is not a valid date"),
        ({"dob": "1/2/1980"}, "DOB is not a valid date"),
        ({"gender": "male"}, "Gender is not one of the allowed values"),
        ({"campid": "9"}, "campid is not a valid campaign"),
        ({"campid": ""}, "campid is required"),
    ],
)
def test_a_bad_lead_is_refused_label_first(client: Client, changes: dict[str, str], message: str) -> None:
    body = client.post(lead(**changes)).json()
    assert body == {
        "status": "Error",
        "code": -5,
        "message": "One or more errors occurred, see errors array",
        "redirectUrl": "",
        "errors": [message],
    }


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("phone1", "+447700900123", True),
        ("phone1", "447700900123", True),
        ("data1", "RENT", True),
        ("data1", "No I rent", False),
        ("data2", "£1,200", True),
        ("data2", "12O", False),
        ("data3", "31/01/2026 23:59:59", True),
        ("data3", "2026-01-31T09:30:00", True),
        ("data3", "2026-01-31", False),
        ("data3", "2026-01-31 24:00", False),
        ("optinurl", "example.com", False),
        ("optinurl", "http://localhost:8000/x", True),
        ("ipaddress", "2001:db8::1", True),
        ("ipaddress", "192.0.2.256", False),
        ("data4", "anything \u2713", True),
        ("lastname", "D’Arcy-Müller", True),
        ("lastname", "-", False),
        ("lastname", "प्रिया", True),
        ("data2", "-12.50", True),
        ("data2", "1,20", False),
        ("postcode", "gir0aa", True),
        ("postcode", "BFPO 57", True),
        ("postcode", "QQ1 1AV", False),
    ],
)
def test_data_types_of_live_accounts(client: Client, field: str, value: str, good: bool) -> None:
    assert (client.post({**SOLAR, field: value}).json()["code"] == 2) == good


def test_every_fault_of_a_lead_is_named(client: Client) -> None:
    errors = client.post({"campid": "EXAMPLE-CAMPAIGN", "email": "x"}).json()["errors"]
    assert errors == [
        "make_of_car is required",
        "Email is not a valid email address",
        "First_Name is required",
        "Last_Name is required",
        "SID is required",
    ]


@pytest.mark.parametrize("reference", ["OLD-CAMPAIGN", "ARCHIVED-CAMPAIGN"])
def test_a_campaign_out_of_use_takes_nothing(client: Client, reference: str) -> None:
    assert client.post(lead(campid=reference)).json()["code"] == -9


def test_an_unauthorised_supplier_is_refused(client: Client) -> None:
    assert client.post(lead(sid="999")).json()["code"] == -7


def test_the_same_email_or_phone_is_a_duplicate_within_a_campaign(client: Client) -> None:
    assert client.post(lead(phone1="07700900123")).json()["code"] == 2
    assert client.post(lead(email="JANE.SMITH@example.com")).json()["code"] == -2
    assert client.post(lead(email="other@example.com", phone1="+447700900123")).json()["code"] == -2
    assert client.post(SOLAR).json()["code"] == 2
    client.sandbox.clear()
    assert client.post(lead()).json()["code"] == -2
    client.sandbox.reset()
    assert client.post(lead()).json()["code"] == 2


def test_the_duplicate_check_can_be_off(session: requests.Session) -> None:
    with Sandbox(duplicate_check=False) as sandbox:
        client = Client(sandbox, session)
        assert [client.post(lead()).json()["code"] for _ in range(2)] == [2, 2]


def test_the_queue_is_pending_first_and_processed_afterwards(client: Client) -> None:
    queue_id = client.post(lead()).json()["results"][0]["queueId"]
    first, second = (client.get(f"/restapi/v1.3/apiqueue/{queue_id}").json() for _ in range(2))
    assert list(first) == ["queueRef", "status", "processed", "response"]
    assert (first["queueRef"], first["status"], first["response"]["leadId"]) == (queue_id, "Pending", None)
    assert (second["status"], second["response"]["leadId"]) == ("Processed", 1001)
    shown = ["code", "response", "info", "leadId", "rejectionId", "processTime", "timestamp"]
    assert list(second["response"]) == shown
    assert client.get("/restapi/v1.3/apiqueue/none-such").json()["status"] == "Not Found"


def test_leads_are_found_by_email_or_phone(client: Client) -> None:
    queue_id = client.post(lead(phone1="07700900123", c1="batch 7")).json()["results"][0]["queueId"]
    body = client.search(
        {"campaignId": 9, "email": "jane.smith@example.com"},
        {"campaignId": "9", "phone": "07700900123"},
        {"campaignId": 12, "phone": "07700900123"},
        {"campaignId": 9},
    ).json()
    assert (body["status"], body["totalMatches"]) == ("Success", 2)
    assert [search["matches"] for search in body["searches"]] == [1, 1, 0, 0]
    assert body["searches"][0]["campaignId"] == 9
    hit = body["searches"][0]["results"][0]
    shown = ["email", "phone1", "c1", "c2", "c3", "queue_ref", "leadId", "campaignId", "received"]
    assert list(hit) == shown
    assert (hit["queue_ref"], hit["c1"]) == (queue_id, "batch 7")
    bare = {"key": client.sandbox.key}
    url = client.sandbox.base_url + "/restapi/v1.3/leads/search"
    assert client.session.post(url, json=bare, timeout=10).status_code == 400


def test_a_wrong_or_misplaced_key_is_401(client: Client) -> None:
    base, key, session = client.sandbox.base_url, client.sandbox.key, client.session
    answers = [
        client.get("/restapi/v1.2/campaigns", key="wrong"),
        session.get(f"{base}/restapi/v1.3/campaigns", headers={"X_KEY": key}, timeout=10),
        client.get("/restapi/v1.2/campaigns/9", key="wrong"),
        client.get("/restapi/v1.3/apiqueue/x", key="wrong"),
        client.search(key="wrong"),
        client.post_v13(lead(), key="wrong"),
        session.post(f"{base}/restapi/v1.3/leads", json={**lead(), "key": key}, timeout=10),
        session.post(f"{base}/restapi/v1.2/leads", json={"lead": lead()}, headers={"X_KEY": key}, timeout=10),
    ]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert {answer.json()["status"] for answer in answers} == {"Error"}
    assert [received.fault for received in client.sandbox.record()] == ["key"] * 3


def test_the_second_key_may_not_look_back(client: Client) -> None:
    assert client.get("/restapi/v1.2/campaigns", key=NO_SEARCH_KEY).status_code == 200
    assert client.post_v13(lead(), key=NO_SEARCH_KEY).json()["code"] == 2
    assert client.search({"email": "x"}, key=NO_SEARCH_KEY).status_code == 403
    assert client.get("/restapi/v1.3/apiqueue/x", key=NO_SEARCH_KEY).status_code == 403


def test_a_key_of_ones_own(session: requests.Session) -> None:
    with Sandbox(key="another") as sandbox:
        client = Client(sandbox, session)
        assert sandbox.key == "another"
        assert client.get("/restapi/v1.2/campaigns").status_code == 200
        assert client.get("/restapi/v1.2/campaigns", key="sandbox-key").status_code == 401
