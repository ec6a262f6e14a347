"""A LeadByte account that runs on this machine: the REST API over real HTTP, with faults on demand.

It is a second reading of leadbyte-api.md, written apart from the importer: it shares no code with it, so
that it can catch it out. Needs the extra `sandbox` (Starlette, uvicorn). See docs/sandbox.md.
"""

from __future__ import annotations

from pipeline.sandbox.faults import FAULTS, Fault
from pipeline.sandbox.keys import NO_SEARCH_KEY, SANDBOX_KEY
from pipeline.sandbox.record import Received
from pipeline.sandbox.server import Sandbox, serve

__all__ = ["FAULTS", "NO_SEARCH_KEY", "SANDBOX_KEY", "Fault", "Received", "Sandbox", "serve"]
