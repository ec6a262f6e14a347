"""LeadByte's answers to a lead, in the shapes of leadbyte-api.md ("Create a lead")."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Final

#: Codes and their words (leadbyte-api.md, "Codes"). -42 stands for a code nobody listed.
MEANINGS: Final[dict[int, str]] = {
    -2: "Duplicate or resubmission",
    -3: "Remote system error",
    -4: "Campaign cap reached",
    -5: "One or more errors occurred, see errors array",
    -7: "Supplier not authorised",
    -8: "HLR rejection",
    -9: "Campaign not active",
    -10: "PAF rejection",
    -11: "IP address blocked",
    -12: "Email rejection",
    -13: "Landline rejection",
    -14: "IP address country rejection",
    -15: "Number matched TPS database",
    -16: "Number matched DNCR database",
    -42: "Rejected",
    -100: "Internal error",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer on its way: the body as bytes, and LeadByte's verdict for the record.

    `http_status` None: the client gets no answer. `code` None: LeadByte never judged the lead.
    """

    body: bytes
    code: int | None = None
    status: str = ""
    queue_id: str = ""
    http_status: int | None = 200
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether LeadByte took the lead."""
        return self.code is not None and self.code > 0 and self.status != "Rejected"


def as_json(payload: object) -> bytes:
    """Return the payload as compact JSON."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def queued(queue_id: str, status: str = "Queued", code: int = 2) -> Answer:
    """LeadByte took the lead: `status` is Queued or Quarantined, `code` 2 (or 1)."""
    row = {"queueId": queue_id, "status": status, "code": code}
    return replace(_success(code, "results", [row]), status=status, queue_id=queue_id)


def refused(code: int, errors: list[str] | None = None) -> Answer:
    """LeadByte judged the lead and refused it with a negative code."""
    payload = {
        "status": "Error",
        "code": code,
        "message": MEANINGS[code],
        "redirectUrl": "",
        "errors": errors or [],
    }
    return Answer(as_json(payload), code, "Error")


def problem(http_status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    """LeadByte's door-keeper refused the request itself; nothing was judged. The JSON shape is a guess."""
    body = as_json({"status": "Error", "message": message})
    return Answer(body, http_status=http_status, headers=headers or {})


def buyer_records(queue_id: str, status: str, lead_id: int, when: str) -> Answer:
    """v1.3 with Live Buyer Responses: `records`, status Approved, Rejected or Pending."""
    approved, rejected = status == "Approved", status == "Rejected"
    row = {
        "queueId": queue_id,
        "status": status,
        "processed": "" if status == "Pending" else when,
        "response": {
            "code": 1 if approved else -1 if rejected else 0,
            "response": status,
            "info": "No buyer wanted the lead" if rejected else "",
            "leadId": lead_id if approved else None,
            "rejectionId": lead_id if rejected else None,
        },
    }
    return replace(_success(2, "records", [row]), status=status, queue_id=queue_id)


def two_results(answer: Answer) -> Answer:
    """Answer one lead with two results, as nobody expects."""
    rows = [
        {"queueId": queue_id, "status": answer.status, "code": answer.code}
        for queue_id in (answer.queue_id, str(uuid.uuid4()))
    ]
    return replace(answer, body=_success(2, "results", rows).body)


def without_queue_id(answer: Answer) -> Answer:
    """Answer Success without the queueId."""
    rows = [{"status": answer.status, "code": answer.code}]
    return replace(answer, body=_success(2, "results", rows).body)


def row_error() -> Answer:
    """Answer Success outside, with a result inside that says Error: the lead was not taken."""
    row = {"queueId": "", "status": "Error", "code": -5, "errors": ["Email is not a valid email address"]}
    return replace(_success(2, "results", [row]), code=-5, status="Error")


def _success(code: int, name: str, rows: list[dict[str, Any]]) -> Answer:
    return Answer(as_json({"status": "Success", "code": code, "message": "", name: rows}), code)
