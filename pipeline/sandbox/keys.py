"""The API keys that the sandbox takes, and where each call must carry its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SANDBOX_KEY: Final = "sandbox-key"
#: Lacks the permissions Leads > Search and API queue (leadbyte-api.md, "Afterwards").
NO_SEARCH_KEY: Final = "sandbox-key-no-search"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of this account; `full` may do everything."""

    full: str = SANDBOX_KEY

    def known(self, key: str) -> bool:
        """Say whether LeadByte knows this key at all (else 401)."""
        return key in {self.full, NO_SEARCH_KEY}

    def may_look_back(self, key: str) -> bool:
        """Say whether the key may search leads and read the API queue (else 403)."""
        return key == self.full

    def hide(self, text: str) -> str:
        """Return the text without any key in it: nothing that is recorded may show one."""
        for key in (NO_SEARCH_KEY, self.full):
            text = text.replace(key, "[key]") if key else text
        return text
