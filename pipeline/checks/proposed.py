"""Which checks a first mapping offers: those that look at a field of the campaign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.checks.definition import Rule
from pipeline.model import Field
from pipeline.normalise import type_of

#: By the standard names of fields (leadbyte-api.md, "Standard field names").
_BY_NAME: Final[dict[Rule, frozenset[str]]] = {
    Rule.OPTIN_DATE: frozenset({"optindate"}),
    Rule.OPTIN_URL: frozenset({"optinurl"}),
    Rule.OPTIN_IP: frozenset({"ipaddress"}),
    Rule.SAME_IP: frozenset({"ipaddress"}),
    Rule.SAME_OPTIN: frozenset({"optindate"}),
    Rule.AGE: frozenset({"dob"}),
    Rule.KEYBOARD_NAME: frozenset({"firstname", "lastname"}),
}
#: By the short names of data types.
_BY_TYPE: Final[dict[Rule, frozenset[str]]] = {
    Rule.FICTITIOUS_PHONE: frozenset({"uk_mobile", "uk_landline", "phone"}),
    Rule.DISPOSABLE_EMAIL: frozenset({"email"}),
    Rule.ROLE_EMAIL: frozenset({"email"}),
}


def proposed(fields: Sequence[Field]) -> dict[str, list[str]]:
    """For each check that makes sense with these fields its name, and the labels of the fields that it looks at."""
    found = {
        rule.value: [
            one.label
            for one in fields
            if one.name in _BY_NAME.get(rule, ()) or type_of(one).rule in _BY_TYPE.get(rule, ())
        ]
        for rule in Rule
    }
    return {name: labels for name, labels in found.items() if labels}
