"""The account behind the API: which leads it has taken, what became of them, and what it refuses."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pipeline.sandbox import answers
from pipeline.sandbox.answers import Answer
from pipeline.sandbox.campaigns import LIVE_BUYER_CAMPAIGN, by_reference, takes_leads
from pipeline.sandbox.checks import faults_of

#: Leads of this supplier are answered with -7.
UNAUTHORISED_SID: Final = "999"
_SHOWN: Final = ("email", "phone1", "c1", "c2", "c3")


@dataclass(slots=True)
class _Taken:
    """A lead that the account has."""

    lead: dict[str, str]
    campaign_id: str | int
    queue_id: str
    lead_id: int
    form: str
    received: str
    asked: bool = False

    @property
    def quarantined(self) -> bool:
        return self.form == "quarantine"

    @property
    def rejected(self) -> bool:
        return self.form in {"buyer-rejected", "rejected-later"}


class Account:
    """LeadByte's memory. Every method may be called from any thread."""

    def __init__(self, *, duplicate_check: bool = True) -> None:
        self._duplicate_check = duplicate_check
        self._lock = threading.Lock()
        self._taken: dict[str, _Taken] = {}
        self._seen: set[tuple[str, str, str]] = set()

    def submit(self, lead: dict[str, str], *, version: str, form: str = "") -> Answer:
        """Judge the lead as LeadByte does, and keep it when it passes.

        `form` is the tag of a fault that changes how a good lead is kept or answered: "quarantine",
        "rejected-later", "code1", "records", "buyer-rejected", "buyer-pending" (see the table in `faults`); any
        other is taken as none. BUYERS-LIVE always answers in the form of "records" under v1.3.
        """
        with self._lock:
            refusal = self._refusal(lead)
            if refusal is not None:
                return refusal
            taken = self._keep(lead, form)
        if taken.quarantined:
            return answers.queued(taken.queue_id, "Quarantined")
        if form == "code1":
            return answers.queued(taken.queue_id, code=1)
        live = version == "v1.3" and lead["campid"] == LIVE_BUYER_CAMPAIGN
        if live or form in {"records", "buyer-rejected", "buyer-pending"}:
            status = {"buyer-rejected": "Rejected", "buyer-pending": "Pending"}.get(form, "Approved")
            return answers.buyer_records(taken.queue_id, status, taken.lead_id, taken.received)
        return answers.queued(taken.queue_id)

    def queue_state(self, queue_id: str) -> dict[str, Any]:
        """Return what `GET …/apiqueue/{queueId}` shows: Pending when first asked, Processed afterwards.

        A quarantined lead stays Pending; an unknown queueId is Not Found.
        """
        with self._lock:
            taken = self._taken.get(queue_id)
            if taken is None:
                return _queue_answer(queue_id, "Not Found")
            if taken.quarantined or not taken.asked:
                taken.asked = True
                return _queue_answer(queue_id, "Pending")
            return _queue_answer(queue_id, "Processed", taken)

    def search(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Answer one of the `searches`: by `email` or `phone`, within `campaignId` where given.

        Quarantined leads do not show up: a miss proves nothing (leadbyte-api.md, "Afterwards").
        """
        email, phone = str(wanted.get("email") or "").lower(), str(wanted.get("phone") or "")
        campaign_id = str(wanted.get("campaignId") or "")
        with self._lock:
            hits = [
                taken
                for taken in self._taken.values()
                if not taken.quarantined
                and campaign_id in {"", str(taken.campaign_id)}
                and (
                    (email and taken.lead.get("email", "").lower() == email)
                    or (phone and _digits(taken.lead.get("phone1", "")) == _digits(phone))
                )
            ]
            results: list[dict[str, Any]] = [
                {name: taken.lead.get(name, "") for name in _SHOWN}
                | {
                    "queue_ref": taken.queue_id,
                    "leadId": taken.lead_id,
                    "campaignId": taken.campaign_id,
                    "received": taken.received,
                }
                for taken in hits
            ]
        return {**wanted, "matches": len(results), "results": results}

    def forget(self) -> None:
        """Forget every lead: no duplicates, an empty queue."""
        with self._lock:
            self._taken.clear()
            self._seen.clear()

    def _refusal(self, lead: dict[str, str]) -> Answer | None:
        campaign = by_reference(lead.get("campid", ""))
        if campaign is None:
            known = "is not a valid campaign" if lead.get("campid") else "is required"
            return answers.refused(-5, [f"campid {known}"])
        if not takes_leads(campaign):
            return answers.refused(-9)
        if lead.get("sid") == UNAUTHORISED_SID:
            return answers.refused(-7)
        messages = faults_of(lead, campaign)
        if messages:
            return answers.refused(-5, messages)
        if self._duplicate_check and not self._seen.isdisjoint(_marks(lead)):
            return answers.refused(-2)
        return None

    def _keep(self, lead: dict[str, str], form: str) -> _Taken:
        campaign = by_reference(lead["campid"])
        taken = _Taken(
            lead=dict(lead),
            campaign_id=campaign["id"] if campaign else "",
            queue_id=str(uuid.uuid4()),
            lead_id=1001 + len(self._taken),
            form=form,
            received=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        )
        self._taken[taken.queue_id] = taken
        self._seen.update(_marks(lead))
        return taken


def _marks(lead: dict[str, str]) -> set[tuple[str, str, str]]:
    """Return what makes a second lead of this campaign a duplicate: the same e-mail or the same phone."""
    marks = set()
    if lead.get("email"):
        marks.add((lead["campid"], "email", lead["email"].lower()))
    if lead.get("phone1"):
        marks.add((lead["campid"], "phone1", _digits(lead["phone1"])))
    return marks


def _digits(phone: str) -> str:
    digits = "".join(char for char in phone if char in "0123456789")
    return "0" + digits[2:] if digits.startswith("447") else digits


def _queue_answer(queue_id: str, status: str, taken: _Taken | None = None) -> dict[str, Any]:
    rejected = taken is not None and taken.rejected
    when = taken.received if taken else ""
    response = {
        "code": None if taken is None else -1 if rejected else 1,
        "response": "" if taken is None else "Rejected" if rejected else "Accepted",
        "info": "No buyer wanted the lead" if rejected else "",
        "leadId": taken.lead_id if taken and not rejected else None,
        "rejectionId": taken.lead_id if taken and rejected else None,
        "processTime": 0.1 if taken else None,
        "timestamp": when,
    }
    return {"queueRef": queue_id, "status": status, "processed": when, "response": response}
