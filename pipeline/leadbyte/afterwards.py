"""What LeadByte says of leads that it may have already, as pure functions: a body -> a queue state, the leads found.

Live answers are looser than the documents (leadbyte-api.md, "Afterwards"), so parts may be missing and numbers may be
text. What is odd beyond that is Lost, never a guess: a wrong "not there" could send a person's data twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pipeline.leadbyte.answers import as_code, as_words, said_once
from pipeline.model import Found, Lost, QueueState

#: LeadByte's words for the state of a queued lead, however they are spaced and cased.
_STATES: Final = {"processed": "Processed", "pending": "Pending", "notfound": "Not Found"}
#: So many last digits tell phone numbers apart, whether they begin with 0, with 44 or with +44.
_TELLING_DIGITS: Final = 9


def queue_state(body: bytes) -> QueueState | Lost:
    """What an answer of `GET …/apiqueue/{queueId}` says of the lead."""
    data = _object(body)
    if data is None:
        return Lost("the queue's answer is not a whole JSON object")
    word = _text(data.get("status"))
    status = _STATES.get("".join(word.casefold().replace("_", " ").split()))
    if status is None:
        # Not which: LeadByte's words may quote the person, and this is told and logged.
        return Lost("the queue's answer has a status that nobody knows")
    said = data.get("response")
    response: Mapping[str, Any] = said if isinstance(said, dict) else {}
    done = status == "Processed"
    return QueueState(
        status=status,
        code=as_code(response.get("code")),
        message=_text(response.get("info")) or _text(response.get("response")),
        lead_id=_reference(response.get("leadId")),
        rejection_id=_reference(response.get("rejectionId")),
        processed_at=(_time(data.get("processed")) or _time(response.get("timestamp"))) if done else "",
    )


def leads_found(body: bytes, campaign_id: str, by: str, value: str) -> list[Found] | Lost:
    """The leads that an answer of `POST …/leads/search` shows; it asked for one `value`, `by` email or phone.

    Leads that were not asked for prove nothing, but neither do they make a miss: with no other, the answer is Lost.
    """
    data = _object(body)
    if data is None:
        return Lost("the search's answer is not a whole JSON object")
    searches = data.get("searches")
    if _text(data.get("status")).casefold() not in ("", "success"):
        return Lost("the search did not succeed")
    if not isinstance(searches, list) or len(searches) != 1 or not isinstance(searches[0], dict):
        return Lost("the search's answer is not about one search")
    shown = searches[0].get("results")
    told = as_code(searches[0].get("matches", data.get("totalMatches")))
    shown = [] if shown is None and told == 0 else shown
    if not isinstance(shown, list) or not all(isinstance(one, dict) for one in shown):
        return Lost("the search's answer has no list of leads")
    if told is not None and told != len(shown):
        return Lost(f"the search tells of {told} leads and shows {len(shown)}")
    fitting = [one for one in shown if _fits(one, campaign_id, by, value)]
    if shown and not fitting:
        return Lost("the search shows other leads than were asked for")
    return [
        Found(
            lead_id=_reference(one.get("leadId")),
            queue_id=_reference(one.get("queue_ref")),
            received=_text(one.get("received")),
            by=by,
            email=_text(one.get("email")),
        )
        for one in fitting
    ]


def _fits(hit: Mapping[str, Any], campaign_id: str, by: str, value: str) -> bool:
    """Whether the lead is one that was asked for, as far as it shows."""
    campaign = _reference(hit.get("campaignId"))
    if campaign and campaign != campaign_id:
        return False
    if by == "email":
        return _text(hit.get("email")).casefold() in ("", value.strip().casefold())
    return _digits(_text(hit.get("phone1"))) in ("", _digits(value))


def _digits(phone: str) -> str:
    return "".join(char for char in phone if char in "0123456789")[-_TELLING_DIGITS:]


def _object(body: bytes) -> dict[str, Any] | None:
    """The JSON object, or None when it is none, is cut off, or says something twice."""
    try:
        data = json.loads(body, object_pairs_hook=said_once)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _text(value: object) -> str:
    """LeadByte's words as they can be written down; empty for neither text nor number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return as_words(value).strip()


def _reference(value: object) -> str:
    """An id, as text; empty where LeadByte gives none (null, "", 0)."""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    text = _text(value)
    return "" if text.strip("0") == "" else text


def _time(value: object) -> str:
    """A time in LeadByte's words; empty for what is none: `processed` may be a mere yes, or a zero date."""
    text = _text(value)
    return text if len(text) >= len("20260102") and not text.startswith("0000") else ""
