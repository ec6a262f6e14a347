"""The campaigns of the sandbox's account, as LeadByte shows them (leadbyte-api.md, "Read").

EXAMPLE-CAMPAIGN is the specification's example to the letter. The others show what live accounts are seen
to answer: numeric ids, `"Yes"` and `"No"`, `active` absent, a data type that nobody documented.
"""

from __future__ import annotations

from typing import Any, Final

CampaignJson = dict[str, Any]


def _field(
    name: str, label: str, data_type: str, required: bool | str, labels: str = "", values: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "required": required,
        "data_type": data_type,
        "selection_labels": labels,
        "selection_values": values,
        "category": "",
    }


def _campaign(number: str | int, name: str, reference: str, **changes: object) -> CampaignJson:
    campaign: CampaignJson = {
        "id": number,
        "name": name,
        "reference": reference,
        "description": "",
        "currency": "Britain (United Kingdom), Pounds",
        "country": "United Kingdom",
        "sms_field": "Phone 1",
        "active": "1",
        "sup_visible": "1",
        "archived": "0",
    }
    campaign.update(changes)
    return campaign


def _person(yes: bool | str) -> list[dict[str, Any]]:
    return [
        _field("firstname", "First_Name", "Alphabetical", yes),
        _field("lastname", "Last_Name", "Alphabetical", yes),
        _field("email", "Email", "Email Address", yes),
        _field("phone1", "Phone_1", "UK Mobile Number", yes),
        _field("postcode", "Postcode", "Postcode", yes),
    ]


_EXAMPLE = _campaign("9", "Example Campaign A", "EXAMPLE-CAMPAIGN")
_EXAMPLE["fields"] = [
    _field("data13", "make_of_car", "Text", True),
    _field("data14", "mortgage_type", "Text", False),
    _field("dob", "DOB", "Date", False),
    _field("email", "Email", "Email Address", True),
    _field("firstname", "First_Name", "Alphabetical", True),
    _field("gender", "Gender", "Text", False, "Male,Female,M,F", "Male,Female,M,F"),
    _field("lastname", "Last_Name", "Alphabetical", True),
    _field("phone1", "Phone_1", "UK Mobile Number", False),
    _field("postcode", "Postcode", "Postcode", False),
    _field("sid", "SID", "Text", True),
]

_SOLAR = _campaign(12, "Solar UK", "SOLAR-UK", active=1, archived=0)
_SOLAR["fields"] = [
    *_person("Yes"),
    _field("data1", "Home_Owner", "Text", "Yes", "Yes I own it,No I rent", "OWN,RENT"),
    _field("data2", "Monthly_Bill", "Currency", "No"),
    _field("data3", "Call_Back", "Date Time", "No"),
    _field("optinurl", "Optin_URL", "URL", "No"),
    _field("ipaddress", "IP_Address", "IP Address", "No"),
    _field("data4", "Roof_Type", "Roof Shape", "No"),
    _field("sid", "SID", "Text", "Yes"),
]

_BUYERS = _campaign("15", "Buyers live", "BUYERS-LIVE")
del _BUYERS["active"]  # an absent `active` means active [seen]
_BUYERS["fields"] = [*_person(True), _field("sid", "SID", "Text", True)]

_OLD = _campaign("20", "Old campaign", "OLD-CAMPAIGN", active="0")
_OLD["fields"] = [*_person(True), _field("sid", "SID", "Text", True)]

_ARCHIVED = _campaign("21", "Archived campaign", "ARCHIVED-CAMPAIGN", archived="1")
_ARCHIVED["fields"] = [*_person(True), _field("sid", "SID", "Text", True)]

CAMPAIGNS: Final[tuple[CampaignJson, ...]] = (_EXAMPLE, _SOLAR, _BUYERS, _OLD, _ARCHIVED)

#: v1.3 answers leads of this campaign with `records` (Live Buyer Responses on).
LIVE_BUYER_CAMPAIGN: Final = "BUYERS-LIVE"


def listing() -> list[CampaignJson]:
    """Return the campaigns without their fields, as `GET …/campaigns` lists them."""
    return [{key: value for key, value in campaign.items() if key != "fields"} for campaign in CAMPAIGNS]


def by_id(number: str) -> CampaignJson | None:
    """Return the campaign with this id, as text, or None."""
    return next((campaign for campaign in CAMPAIGNS if str(campaign["id"]) == number), None)


def by_reference(reference: str) -> CampaignJson | None:
    """Return the campaign with this reference (a lead's `campid`), or None."""
    return next((campaign for campaign in CAMPAIGNS if campaign["reference"] == reference), None)


def takes_leads(campaign: CampaignJson) -> bool:
    """Say whether the campaign is active and not archived (else code -9)."""
    return str(campaign.get("active", "1")) == "1" and str(campaign["archived"]) == "0"


def is_required(field: dict[str, Any]) -> bool:
    """Say whether the field must be there: `required` is true or "Yes" in this account."""
    return field["required"] in (True, "Yes")
