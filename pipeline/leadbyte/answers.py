"""What LeadByte's answers mean, as pure functions: a reply to a lead -> a verdict, JSON -> campaigns.

Outcomes go by proof: only an answer that is whole and valid decides a row; everything else that may have arrived
is `unknown`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pipeline.errors import ServiceError
from pipeline.model import (
    RESPONSE_CODES,
    STOPPING_CODES,
    SUPPLIER_CODE,
    SYSTEM_CODES,
    Answer,
    Campaign,
    Field,
    Lost,
    NeverLeft,
    Outcome,
    Reply,
    Selection,
    Verdict,
)

#: Statuses of a taken lead (leadbyte-api.md, "Create a lead"); `Rejected` in `records` is a refusal.
_TAKEN = frozenset({"queued", "quarantined", "approved", "pending"})
#: The longest Retry-After that is believed, in seconds.
MAX_RETRY_AFTER = 600.0
#: So many queueIds are kept of an answer that cannot be trusted.
_NAMED = 5


def judge(reply: Reply, now: datetime) -> Verdict:
    """What `reply` means for its row. `now` (aware) turns a Retry-After date into seconds."""
    match reply:
        case NeverLeft(reason, fatal):
            return Verdict(None, errors=reason, stop=reason if fatal else "")
        case Lost(reason):
            return Verdict(Outcome.UNKNOWN, errors=reason)
        case Answer():
            return _judge_answer(reply, now)


def _judge_answer(answer: Answer, now: datetime) -> Verdict:
    status = answer.http_status
    wait = retry_after_seconds(answer.retry_after, now) if status in (429, 503) else None
    # A 503 that names no time to come back may be anybody's, and come from behind a LeadByte that took the lead.
    if status == 429 or wait is not None:
        told = "" if wait is None else f" {wait:g} s{' (the longest that is believed)' * (wait == MAX_RETRY_AFTER)}"
        return Verdict(None, errors=f"HTTP {status}: told to wait{told}", http_status=status, retry_after=wait)
    if status in (401, 403):
        reason = f"LeadByte refused the API key (HTTP {status})"
        return Verdict(None, errors=reason, http_status=status, stop=reason)
    if status != 200:
        return Verdict(Outcome.UNKNOWN, errors=f"HTTP {status} instead of an answer", http_status=status)
    return _judge_body(answer.body)


def retry_after_seconds(text: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or a date); None when it says nothing usable.

    More than MAX_RETRY_AFTER is taken as that: after so long it is asked again, and may say so again. What is
    negative or no whole number says nothing; a date that has passed means now.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _unclear(why: str, results: object = None) -> Verdict:
    """`results`: LeadByte's, as far as they can be read; what they call their lead is kept, to look it up by."""
    named = _named(results)
    words = f"{why} (queueId {', '.join(named[:_NAMED])})" if named else why
    return Verdict(
        Outcome.UNKNOWN,
        queue_id=named[0] if len(named) == 1 else "",
        errors=f"LeadByte's answer cannot be trusted: {words}",
        http_status=200,
    )


def _named(results: object) -> list[str]:
    """The queueIds that stand in LeadByte's results, whatever else is odd about these."""
    named = [one for one in _listed(results) if isinstance(one, dict) and one.get("queueId")]
    return [as_words(one["queueId"])[:80] for one in named]


def _listed(results: object) -> list[Any]:
    return results if isinstance(results, list) else [results]


def _judge_body(body: bytes) -> Verdict:
    try:
        data = json.loads(body, object_pairs_hook=said_once)
    except KeyTwice:
        return _unclear("a key stands twice in it")
    except (ValueError, RecursionError):
        return _unclear("it is not valid JSON")
    if not isinstance(data, dict):
        return _unclear("it is not a JSON object")
    code = as_code(data.get("code"))
    word = as_words(data.get("status", ""))
    results = data["results"] if data.get("results") is not None else data.get("records")
    if word.casefold() == "error" and code is not None and code < 0:
        # It names a lead, so there may be one: sent again it could be there twice.
        inside = _listed(data.get("results")) + _listed(data.get("records"))
        return _unclear(f"an error ({code}) with a lead", inside) if _named(inside) else _refused(word, code, data)
    if word.casefold() == "success" and isinstance(results, list):
        if len(results) != 1 or not isinstance(results[0], dict):
            return _unclear(f"{len(results)} results for one lead", results)
        if code is not None and code < 0:
            return _unclear(f"a success with the code {code}", results)
        return _judge_result(results[0], code)
    return _unclear("neither a success with a result nor an error with a code")


def _judge_result(result: Mapping[str, Any], code: int | None) -> Verdict:
    """The one result of a Success: `results` [spec] or, with Live Buyer Responses, `records` [help]."""
    word = as_words(result.get("status", ""))
    queue_id = as_words(result.get("queueId") or "")
    said = result.get("response")
    response: Mapping[str, Any] = said if isinstance(said, dict) else {}
    own, buyers = as_code(result.get("code")), as_code(response.get("code"))
    if word.casefold() == "rejected" and own is None:
        # The buyers' verdict: its code is not LeadByte's, so it means and stops nothing here.
        info = as_words(response.get("info") or response.get("response") or "")
        told = "" if buyers is None else f"the buyer's code: {buyers}"
        return Verdict(Outcome.REJECTED, word, queue_id, None, "; ".join(filter(None, (info, told))), 200)
    decided = code if own is None else own
    taken = word.casefold() in _TAKEN
    if taken and min(decided or 0, buyers or 0) < 0:
        return _unclear(f"{word} with the code {min(decided or 0, buyers or 0)}", [result])
    if decided is not None and decided < 0:
        return _refused(word, decided, result, queue_id)
    if word.casefold() == "rejected":
        return Verdict(Outcome.REJECTED, word, queue_id, decided, "", 200)
    if not taken:
        return _unclear(f"the unknown status {word[:40]!r}", [result])
    if not queue_id:
        return _unclear("a success without a queueId")
    return Verdict(Outcome.ACCEPTED, word, queue_id, decided, "", 200)


def _refused(word: str, code: int, data: Mapping[str, Any], queue_id: str = "") -> Verdict:
    listed = data.get("errors")
    said = [as_words(one) for one in listed] if isinstance(listed, list) else []
    errors = "; ".join(said) or as_words(data.get("message") or "")
    outcome = Outcome.FAILED if code in SYSTEM_CODES else Outcome.REJECTED
    stop = f"LeadByte answered {code}: {RESPONSE_CODES[code]}" if code in STOPPING_CODES else ""
    return Verdict(outcome, word, queue_id, code, errors, 200, stop=stop, stop_supplier=code == SUPPLIER_CODE)


def as_words(value: object) -> str:
    """LeadByte's words as text that can be written down: JSON may hold half a character (a lone surrogate)."""
    return str(value).encode("utf-8", "replace").decode()


class KeyTwice(ValueError):
    """JSON that says two things under one name."""


def said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object of these pairs. Raises KeyTwice: which of the two were meant?"""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise KeyTwice
    return found


def as_code(value: object) -> int | None:
    """A response code from a number or its text; None for anything else (true is not a code, nor a giant)."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        code = int(value)
    except ValueError:
        return None
    return code if abs(code) < 2**31 else None


# ---------------------------------------------------------------------- campaigns


def campaigns_in(data: object) -> list[Campaign]:
    """The campaigns of an answer: a bare array, or one inside an envelope (leadbyte-api.md, "Live answers")."""
    if isinstance(data, dict):
        data = next((data[key] for key in ("campaigns", "data") if isinstance(data.get(key), list)), data)
    if not isinstance(data, list):
        raise ServiceError("LeadByte's list of campaigns cannot be understood", "is the base URL LeadByte's?")
    # A campaign without a reference cannot be posted to; it must not hide the others.
    usable = [one for one in data if isinstance(one, dict) and one.get("reference")]
    if data and not usable:
        raise ServiceError("LeadByte's list of campaigns cannot be understood", "is the base URL LeadByte's?")
    return [campaign_of(one) for one in usable]


def campaign_of(data: object) -> Campaign:
    """One campaign, with its fields when the answer has them. Raises ServiceError when it is none."""
    if isinstance(data, dict):
        data = next((data[key] for key in ("campaign", "campaigns", "data") if isinstance(data.get(key), dict)), data)
    if not isinstance(data, dict) or not str(data.get("reference") or ""):
        raise ServiceError("LeadByte's answer about a campaign cannot be understood", "is the base URL LeadByte's?")
    listed = data.get("fields") or []
    return Campaign(
        id=str(data.get("id", "")),
        name=str(data.get("name", "")),
        reference=str(data["reference"]),
        country=str(data.get("country") or ""),
        currency=str(data.get("currency") or ""),
        active=_yes(data.get("active"), absent=True),
        archived=_yes(data.get("archived"), absent=False),
        fields=tuple(_field_of(one) for one in listed if isinstance(one, dict) and one.get("name")),
    )


def _field_of(data: Mapping[str, Any]) -> Field:
    labels = _split(data.get("selection_labels"))
    values = _split(data.get("selection_values"))
    values = values if any(values) else labels
    if len(labels) != len(values):
        # They pair up by position (leadbyte-api.md); where they do not, only the values are certain.
        labels = values
    return Field(
        name=str(data["name"]),
        label=str(data.get("label") or data["name"]),
        required=_yes(data.get("required"), absent=False),
        data_type=str(data.get("data_type") or "Text"),
        selections=tuple(
            Selection(label, value) for label, value in zip(labels, values, strict=True) if label and value
        ),
    )


def _split(text: object) -> list[str]:
    """The parts of a comma-separated list, empty ones included: they hold the place of their pair."""
    return [part.strip() for part in str(text or "").split(",")]


def _yes(value: object, *, absent: bool) -> bool:
    if value is None or value == "":
        return absent
    return str(value).strip().casefold() in {"1", "true", "yes", "y", "active"}
