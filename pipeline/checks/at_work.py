"""The checks of one list at work: which function each rule has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from pipeline.checks.addresses import optin_ip, optin_url
from pipeline.checks.dates import age, optin_date
from pipeline.checks.definition import Check, Rule
from pipeline.checks.emails import disposable_email, role_email
from pipeline.checks.found import Look
from pipeline.checks.names import keyboard_name
from pipeline.checks.phones import fictitious_phone

#: Checks of each value by itself; adding one is adding a row, its key in `wanted` and its tests.
_RULES: Final[dict[Rule, Callable[[Check, date], Look]]] = {
    Rule.OPTIN_DATE: optin_date,
    Rule.OPTIN_URL: optin_url,
    Rule.OPTIN_IP: optin_ip,
    Rule.AGE: age,
    Rule.FICTITIOUS_PHONE: fictitious_phone,
    Rule.DISPOSABLE_EMAIL: disposable_email,
    Rule.ROLE_EMAIL: role_email,
    Rule.KEYBOARD_NAME: keyboard_name,
}


def look_for(check: Check, now: datetime) -> Look:
    """The check as a function over the values of its field or column, "" where a cell is empty.

    It is none of `IN_ORDER`, which count (pipeline.checks.counted).
    """
    return _RULES[check.rule](check, now.astimezone(UTC).date())
