"""The sandbox's HTTP face: LeadByte's endpoints (leadbyte-api.md) and the sandbox's own record."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.sandbox import answers, campaigns
from pipeline.sandbox.answers import Answer
from pipeline.sandbox.faults import FaultSwitch
from pipeline.sandbox.leads import Leads, as_response
from pipeline.sandbox.parse import json_object, lead_of
from pipeline.sandbox.spoil import FOLLOWED_PATH, spoilt
from pipeline.sandbox.wire import WireResponse

RECORD_PATH: Final = "/sandbox/record"
VERSIONS: Final = ("v1.2", "v1.3")
#: How campaigns are wrapped: bare as specified, or in an envelope as seen in the wild.
Envelope = Literal["", "campaigns", "data"]


@dataclass(slots=True)
class App:
    """The endpoints over one account."""

    leads: Leads
    envelope: Envelope = ""
    question_faults: FaultSwitch = field(default_factory=FaultSwitch)

    def asgi(self) -> ASGIApp:
        """Return the ASGI application; it notes every request before handling it."""
        routes = [
            Route(RECORD_PATH, self._record, methods=["GET", "DELETE"]),
            Route(FOLLOWED_PATH, self._followed, methods=["GET", "POST"]),
        ]
        for version in VERSIONS:
            root = f"/restapi/{version}"
            routes += [
                Route(f"{root}/campaigns", self._campaigns, methods=["GET"]),
                Route(f"{root}/campaigns/{{number}}", self._campaign, methods=["GET"]),
                Route(f"{root}/leads", self._posting(version), methods=["POST"]),
                Route(f"{root}/apiqueue/{{queue_id}}", self._queue, methods=["GET"]),
            ]
        routes.append(Route("/restapi/v1.3/leads/search", self._search, methods=["POST"]))
        inner = Starlette(routes=routes, exception_handlers={HTTPException: _http_problem})
        inner.router.redirect_slashes = False

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] != RECORD_PATH:
                self.leads.record.request(scope["method"], self.leads.keys.hide(scope["path"]))
            await inner(scope, receive, send)

        return noting

    def _posting(self, version: str) -> Callable[[Request], Awaitable[Response]]:
        async def post(request: Request) -> Response:
            return await self.leads.post(request, version)

        return post

    async def _campaigns(self, request: Request) -> Response:
        refusal = self._refusal(request.query_params.get("key"))
        return await self._say(refusal or self._wrapped(campaigns.listing()))

    async def _campaign(self, request: Request) -> Response:
        refusal = self._refusal(request.query_params.get("key"))
        campaign = campaigns.by_id(request.path_params["number"])
        if campaign is None:
            return await self._say(refusal or answers.problem(404, "Campaign not found"))
        return await self._say(refusal or self._wrapped(campaign))

    async def _queue(self, request: Request) -> Response:
        refusal = self._refusal(request.query_params.get("key"), looks_back=True)
        if refusal is not None:
            return await self._say(refusal)
        queue_id = request.path_params["queue_id"]
        return await self._answer_question(lambda: self.leads.account.queue_state(queue_id))

    async def _search(self, request: Request) -> Response:
        try:
            document = json_object(await request.body())
        except ClientDisconnect:
            return Response(status_code=400)
        key = (document or {}).get("key") or request.headers.get("X_KEY")
        refusal = self._refusal(key, looks_back=True)
        if refusal is not None:
            return await self._say(refusal)
        searches = (document or {}).get("searches")
        if not isinstance(searches, list) or not all(isinstance(wanted, dict) for wanted in searches):
            return await self._say(answers.problem(400, "searches is missing"))

        def look_up() -> dict[str, Any]:
            found = [self.leads.account.search(wanted) for wanted in searches]
            total = sum(search["matches"] for search in found)
            return {"status": "Success", "totalMatches": total, "searches": found}

        return await self._answer_question(look_up)

    async def _record(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.leads.record.clear()
            return Response(status_code=204)
        return as_response(Answer(answers.as_json(self.leads.record.as_json())))

    async def _followed(self, request: Request) -> Response:
        """Receive whoever follows a redirect: answers like an accepted lead, which it is not."""
        try:
            raw = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        at = time.monotonic()
        answer = answers.queued(str(uuid.uuid4()))
        if request.method == "POST":
            document = json_object(raw)
            version = "v1.2" if "lead" in (document or {}) else "v1.3"
            self.leads.record.add(
                at=at,
                path=request.url.path,
                lead=lead_of(document, version, self.leads.keys) or {},
                code=None,
                status="",
                queue_id="",
                http_status=200,
                fault="followed",
            )
        return await self._say(answer)

    async def _answer_question(self, look_up: Callable[[], dict[str, Any]]) -> Response:
        """Answer the queue or the search, under the fault that waits for it, if one does."""
        fault = self.question_faults.choose(header=None, email="", identity="")
        if fault is None:
            return await self._say(Answer(answers.as_json(look_up())))
        answer = spoilt(fault, Answer(answers.as_json(look_up())) if fault.judged else None)
        if fault.kind != "wire":
            return await self._say(answer)
        await asyncio.sleep(self.leads.latency)
        return WireResponse(fault, answer, self.leads.stopping)

    def _refusal(self, key: object, *, looks_back: bool = False) -> Answer | None:
        if not isinstance(key, str) or not self.leads.keys.known(key):
            return answers.problem(401, "Invalid API key")
        if looks_back and not self.leads.keys.may_look_back(key):
            return answers.problem(403, "The API key lacks the permission")
        return None

    def _wrapped(self, payload: object) -> Answer:
        wrapped = {"status": "Success", self.envelope: payload} if self.envelope else payload
        return Answer(answers.as_json(wrapped))

    async def _say(self, answer: Answer) -> Response:
        await asyncio.sleep(self.leads.latency)
        return as_response(answer)


async def _http_problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return as_response(answers.problem(status, f"No {request.method} here"))
