"""What a check is: one rule about the values of one field, or of one column that feeds no field."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from enum import StrEnum
from typing import Final

from pipeline.data_types import TypeOptions
from pipeline.model import Severity


class Rule(StrEnum):
    """The checks by the names that mappings and reports call them (docs/checks.md)."""

    OPTIN_DATE = "optin_date"
    OPTIN_URL = "optin_url"
    OPTIN_IP = "optin_ip"
    SAME_IP = "same_ip"
    SAME_OPTIN = "same_optin"
    AGE = "age"
    FICTITIOUS_PHONE = "fictitious_phone"
    DISPOSABLE_EMAIL = "disposable_email"
    ROLE_EMAIL = "role_email"
    KEYBOARD_NAME = "keyboard_name"


#: Rules that read cells as they stand in the file: the campaign's own form of a date may have lost the time of day.
READ_RAW: Final = frozenset({Rule.OPTIN_DATE, Rule.SAME_OPTIN, Rule.AGE})
#: Rules about the list as a whole, which must be given its rows in order.
IN_ORDER: Final = frozenset({Rule.SAME_IP, Rule.SAME_OPTIN})


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one column of values.

    `field` is the name of the campaign's field that is looked at; "" for a column of the file that feeds none, and
    then `column` is its header. `limit` is the rule's own measure: days (optin_date), rows (same_ip, same_optin),
    years (age); None where the rule has none, or the mapping asks for none.
    """

    rule: Rule
    severity: Severity
    field: str = ""
    column: str = ""
    limit: int | None = None
    options: TypeOptions = default(default_factory=TypeOptions)
