"""What the client receives under a fault: an answer of LeadByte's, an HTTP error, or a spoilt body."""

from __future__ import annotations

import functools
import gzip
from dataclasses import replace
from typing import Final

from pipeline.sandbox import answers
from pipeline.sandbox.answers import Answer
from pipeline.sandbox.faults import Fault

FOLLOWED_PATH: Final = "/sandbox/followed"
BOMB_BYTES: Final = 50_000_000

_WORDS: Final = {
    401: "Invalid API key",
    403: "The API key lacks the permission",
    429: "Too many requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}
_HTML_PAGE: Final = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"


def spoilt(fault: Fault, judged: Answer | None) -> Answer:
    """Return the answer under this fault; `judged` is LeadByte's verdict where the fault lets it judge."""
    verdict = judged or Answer(b"")
    if fault.kind == "http":
        return _http_error(fault, verdict)
    if fault.kind == "body":
        return _bad_body(fault, verdict)
    if fault.kind == "wire":
        # What of this answer reaches the client is the business of `wire`.
        silent = fault.tag in {"hang", "reset-after", "reset-accepted", "lost-answer"}
        return replace(verdict, http_status=None) if silent else verdict
    if fault.code is not None:
        return answers.refused(fault.code, ["Email is not a valid email address"] if fault.code == -5 else [])
    if fault.tag == "rowerror":
        return answers.row_error()
    if verdict.accepted and fault.tag == "twice":
        return answers.two_results(verdict)
    if verdict.accepted and fault.tag == "noqueueid":
        return answers.without_queue_id(verdict)
    return verdict


def _http_error(fault: Fault, verdict: Answer) -> Answer:
    status = fault.http_status or 500
    headers = {"Retry-After": "1"} if fault.retry_after else {}
    if status < 400:
        headers["Location"] = FOLLOWED_PATH
        return replace(verdict, body=b"", http_status=status, headers=headers)
    if status < 500:
        return answers.problem(status, _WORDS[status], headers)
    page = f"<html><body><h1>{status} {_WORDS[status]}</h1></body></html>".encode()
    return replace(verdict, body=page, http_status=status, media_type="text/html", headers=headers)


def _bad_body(fault: Fault, verdict: Answer) -> Answer:
    match fault.tag:
        case "html":
            return replace(verdict, body=_HTML_PAGE, media_type="text/html")
        case "empty":
            return replace(verdict, body=b"")
        case "badjson":
            return replace(verdict, body=verdict.body[: len(verdict.body) // 2])
        case "nonobject":
            return replace(verdict, body=b"[]")
        case "dupkeys":
            return replace(verdict, body=b'{"status":"Error","code":-5,' + verdict.body[1:])
        case _:
            return replace(verdict, body=_bomb(), headers={"Content-Encoding": "gzip"})


@functools.cache
def _bomb() -> bytes:
    return gzip.compress(bytes(BOMB_BYTES), compresslevel=1, mtime=0)
