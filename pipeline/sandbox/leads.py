"""`POST …/leads`: who may, at what rate, under which fault, and what LeadByte says to the lead."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pipeline.sandbox import answers
from pipeline.sandbox.account import Account
from pipeline.sandbox.answers import Answer
from pipeline.sandbox.faults import FAULTS, Fault, FaultSwitch
from pipeline.sandbox.keys import Keys
from pipeline.sandbox.parse import json_object, lead_of
from pipeline.sandbox.rate import RateLimit
from pipeline.sandbox.record import Record
from pipeline.sandbox.spoil import spoilt
from pipeline.sandbox.wire import WireResponse

FAULT_HEADER = "X-Sandbox"


@dataclass(slots=True)
class Leads:
    """The endpoint for leads. Everything is decided and recorded before the answer is on its way."""

    keys: Keys
    account: Account
    rate: RateLimit
    record: Record
    faults: FaultSwitch
    latency: float = 0.0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, request: Request, version: str) -> Response:
        """Take one lead."""
        try:
            raw = await request.body()
        except ClientDisconnect:  # it never arrived in full: nothing to record, nobody to answer
            return Response(status_code=400)
        at = time.monotonic()
        document = json_object(raw)
        lead = lead_of(document, version, self.keys)
        key = request.headers.get("X_KEY") if version == "v1.3" else (document or {}).get("key")

        fault: Fault | None = None
        refusal = self._refusal(request, lead, str(key or ""), at)
        if refusal is not None:
            reason, answer = refusal
        else:
            lead = lead or {}
            fault = self._fault(request, lead)
            reason = fault.tag if fault else ""
            answer = await self._answer(lead, version, fault)
        self.record.add(
            at=at,
            path=request.url.path,
            lead=lead or {},
            code=answer.code,
            status=answer.status,
            queue_id=answer.queue_id,
            http_status=answer.http_status,
            fault=reason,
        )
        await asyncio.sleep(self.latency)
        if fault is not None and fault.kind == "wire":
            return WireResponse(fault, answer, self.stopping)
        return as_response(answer)

    def _refusal(
        self, request: Request, lead: dict[str, str] | None, key: str, at: float
    ) -> tuple[str, Answer] | None:
        if lead is None:
            return "request", answers.problem(400, "The body is not a lead in JSON")
        if not self.keys.known(key):
            return "key", answers.problem(401, "Invalid API key")
        tag = request.headers.get(FAULT_HEADER, "")
        if tag and tag.lower() not in FAULTS:
            return "request", answers.problem(400, f"Unknown fault in {FAULT_HEADER}; see docs/sandbox.md")
        if not self.rate.allows(at):
            return "rate", answers.problem(429, "Too many requests", {"Retry-After": "1"})
        return None

    def _fault(self, request: Request, lead: dict[str, str]) -> Fault | None:
        header = FAULTS.get(request.headers.get(FAULT_HEADER, "").lower())
        identity = json.dumps(lead, sort_keys=True)
        return self.faults.choose(header=header, email=lead.get("email", ""), identity=identity)

    async def _answer(self, lead: dict[str, str], version: str, fault: Fault | None) -> Answer:
        if fault is None:
            return self.account.submit(lead, version=version)
        judged = self.account.submit(lead, version=version, form=fault.tag) if fault.judged else None
        if fault.tag == "gzipbomb":  # takes a moment to make, and others are waiting
            return await asyncio.to_thread(spoilt, fault, judged)
        return spoilt(fault, judged)


def as_response(answer: Answer) -> Response:
    """Return the answer as HTTP."""
    return Response(
        answer.body,
        status_code=answer.http_status or 500,
        headers=answer.headers,
        media_type=answer.media_type,
    )
