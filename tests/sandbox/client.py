"""A plain client of the sandbox, over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from pipeline.sandbox import Sandbox

LEAD = {
    "campid": "EXAMPLE-CAMPAIGN",
    "sid": "1",
    "data13": "Saab",
    "email": "jane.smith@example.com",
    "firstname": "Jane",
    "lastname": "O'Neill-Smith",
}


def lead(**changes: str) -> dict[str, str]:
    return {**LEAD, **changes}


def tagged(tag: str, **changes: str) -> dict[str, str]:
    return lead(email=f"jane.smith+{tag}@example.com", **changes)


@dataclass
class Client:
    sandbox: Sandbox
    session: requests.Session

    def get(self, path: str, key: str | None = None, **query: str) -> requests.Response:
        params = {"key": key or self.sandbox.key, **query}
        return self.session.get(self.sandbox.base_url + path, params=params, timeout=10)

    def post(
        self, lead: dict[str, str], *, timeout: float = 10, headers: dict[str, str] | None = None
    ) -> requests.Response:
        return self.session.post(
            self.sandbox.base_url + "/restapi/v1.2/leads",
            json={"key": self.sandbox.key, "lead": lead},
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        )

    def post_v13(self, lead: object, key: str | None = None) -> requests.Response:
        return self.session.post(
            self.sandbox.base_url + "/restapi/v1.3/leads",
            json=lead,
            headers={"X_KEY": key or self.sandbox.key},
            timeout=10,
        )

    def search(self, *searches: dict[str, Any], key: str | None = None) -> requests.Response:
        return self.session.post(
            self.sandbox.base_url + "/restapi/v1.3/leads/search",
            json={"key": key or self.sandbox.key, "searches": list(searches)},
            timeout=10,
        )
