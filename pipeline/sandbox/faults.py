"""The one table of answers and faults on demand (docs/sandbox.md lists it for people).

A fault is called by a plus-tag in the lead's e-mail address (`jane.smith+tps@example.com`), by the request
header `X-Sandbox: tps`, or by `Sandbox.fault_next("tps")`. Where several are named, the last of these wins.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

#: What the client receives: `answer` LeadByte's words, `http` an HTTP status, `body` a spoilt body under
#: HTTP 200, `wire` a broken connection or one that keeps the client waiting.
Kind = Literal["answer", "http", "body", "wire"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the table.

    `judged`: LeadByte judges the lead as ever, and keeps it when it is good, whatever the client then sees.
    `code`: LeadByte refuses the lead with this code. `http_status`: the status of an `http` fault;
    `retry_after`: it carries Retry-After: 1. `once`: only a lead's first attempt meets it.
    """

    tag: str
    kind: Kind
    about: str
    judged: bool = False
    code: int | None = None
    http_status: int | None = None
    retry_after: bool = False
    once: bool = False


def _code(tag: str, code: int, about: str) -> Fault:
    return Fault(tag, "answer", about, code=code)


def _form(tag: str, about: str) -> Fault:
    return Fault(tag, "answer", about, judged=True)


def _http(
    tag: str,
    status: int,
    about: str,
    *,
    retry_after: bool = False,
    once: bool = False,
    judged: bool = False,
) -> Fault:
    return Fault(tag, "http", about, judged, None, status, retry_after, once)


_TABLE: Final = (
    _form("quarantine", "accepted with status Quarantined; stays Pending in the queue, not found by search"),
    _form("rejected-later", "accepted and Queued; the queue later says Processed, with a rejectionId"),
    _form("code1", "accepted with code 1 instead of 2"),
    _form("records", "accepted, answered in the form of Live Buyer Responses: Approved"),
    _form("buyer-rejected", "the same form: the buyers rejected the lead"),
    _form("buyer-pending", "the same form: still Pending"),
    _form("twice", "accepted, with two results for the one lead"),
    _form("noqueueid", "accepted, but the result lacks its queueId"),
    Fault("rowerror", "answer", "Success outside, a result with status Error and code -5 inside; not taken"),
    _code("duplicate", -2, "Duplicate or resubmission"),
    _code("system", -3, "Remote system error"),
    _code("cap", -4, "Campaign cap reached"),
    _code("validation", -5, "Validation error, with a message in errors"),
    _code("supplier", -7, "Supplier not authorised"),
    _code("hlr", -8, "HLR rejection"),
    _code("inactive", -9, "Campaign not active"),
    _code("paf", -10, "PAF rejection"),
    _code("ipblocked", -11, "IP address blocked"),
    _code("badmail", -12, "Email rejection"),
    _code("landline", -13, "Landline rejection"),
    _code("ipcountry", -14, "IP address country rejection"),
    _code("tps", -15, "Number matched TPS database"),
    _code("dncr", -16, "Number matched DNCR database"),
    _code("internal", -100, "Internal error"),
    _code("unlisted", -42, "a code that no document lists"),
    _http("http401", 401, "the key is refused"),
    _http("http403", 403, "the key lacks a permission"),
    _http("http429", 429, "too many requests, Retry-After: 1; once per lead", retry_after=True, once=True),
    _http("http429always", 429, "too many requests, Retry-After: 1; every time", retry_after=True),
    _http("http429plain", 429, "too many requests, no Retry-After; every time"),
    _http("http500", 500, "internal server error, an HTML page"),
    _http("http502", 502, "bad gateway, an HTML page"),
    _http("http503", 503, "unavailable, no Retry-After"),
    _http("http503retry", 503, "unavailable, Retry-After: 1; once per lead", retry_after=True, once=True),
    _http("http504", 504, "gateway time-out, although LeadByte behind it took the lead", judged=True),
    _http("redirect", 302, "sent on to /sandbox/followed, where nobody may turn up"),
    _http("redirect307", 307, "the same with 307, under which clients repeat the body"),
    Fault("html", "body", "an HTML page instead of JSON; not taken"),
    Fault("empty", "body", "no body at all; the lead was taken", judged=True),
    Fault("badjson", "body", "JSON that breaks off, its length right; the lead was taken", judged=True),
    Fault("nonobject", "body", "the JSON document []; not taken"),
    Fault("dupkeys", "body", "JSON that says Error and Success under the same names; taken", judged=True),
    Fault("gzipbomb", "body", "50 MB of zeros in 50 kB of gzip; the lead was taken", judged=True),
    Fault("truncated", "wire", "fewer bytes than Content-Length says, then closed; taken", judged=True),
    Fault("hang", "wire", "no answer until the client goes away (at most 120 s); not taken"),
    Fault("drip", "wire", "a good answer, headers at once, then a byte per 0.2 s (60 s)", judged=True),
    Fault("slowheaders", "wire", "a good answer, a header byte per 0.2 s (60 s)", judged=True),
    Fault("slow", "wire", "a good answer after one second", judged=True),
    Fault("reset-after", "wire", "connection reset after the whole request was read; not taken"),
    Fault("reset-accepted", "wire", "the lead is taken, then the connection is reset", judged=True),
    Fault("lost-answer", "wire", "the same as reset-accepted", judged=True),
)

#: Tag -> fault.
FAULTS: Final[dict[str, Fault]] = {fault.tag: fault for fault in _TABLE}


def by_email(email: str) -> Fault | None:
    """Return the fault that the address asks for by its plus-tag; any other tag is just an address."""
    local, _, _ = email.partition("@")
    _, plus, tag = local.rpartition("+")
    return FAULTS.get(tag.lower()) if plus else None


class FaultSwitch:
    """Decides which fault, if any, the next lead meets. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: deque[Fault] = deque()
        self._met: set[tuple[str, str]] = set()

    def arm(self, tag: str, times: int = 1) -> None:
        """Let the next `times` leads meet the fault. Raises ValueError for an unknown tag."""
        if tag not in FAULTS:
            raise ValueError(f"unknown fault {tag!r}; known are: {', '.join(FAULTS)}")
        with self._lock:
            self._armed.extend([FAULTS[tag]] * times)

    def choose(self, *, header: Fault | None, email: str, identity: str) -> Fault | None:
        """Return the fault for this attempt. `identity` tells leads apart, for faults met once per lead."""
        with self._lock:
            if self._armed:
                return self._armed.popleft()
            fault = header or by_email(email)
            if fault is None or not fault.once:
                return fault
            if (fault.tag, identity) in self._met:
                return None
            self._met.add((fault.tag, identity))
            return fault

    def forget(self) -> None:
        """Disarm, and let faults that come once per lead come again."""
        with self._lock:
            self._armed.clear()
            self._met.clear()
