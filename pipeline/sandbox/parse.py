"""Reading the body of a POST: the two API versions carry the key and the lead in different places."""

from __future__ import annotations

import json
from typing import Any

from pipeline.sandbox.keys import Keys


def json_object(raw: bytes) -> dict[str, Any] | None:
    """Return the body as a JSON object, or None when it is not one."""
    try:
        document = json.loads(raw)
    except ValueError:  # bad JSON and bad UTF-8 alike
        return None
    return document if isinstance(document, dict) else None


def lead_of(document: dict[str, Any] | None, version: str, keys: Keys) -> dict[str, str] | None:
    """Return the submitted fields as text, or None when the body holds no lead.

    v1.2 has them under `lead` [spec], v1.3 at the top level [seen]. Keys are taken out wherever they stand.
    """
    found = document.get("lead") if document is not None and version == "v1.2" else document
    if not isinstance(found, dict):
        return None
    return {name: keys.hide(_as_text(value)) for name, value in found.items() if name.lower() not in {"key", "x_key"}}


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
