"""What the sandbox's LeadByte checks in a lead before it takes it, in simple rules of its own.

Deliberately no library and nothing of the importer: where both sides shared their rules, a fault in them
would go unseen. How strict LeadByte is in detail is not published; these rules take what the data type's name
promises, in the form that is sent: no spaces in numbers, real calendar dates.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Final

from pipeline.sandbox.campaigns import CampaignJson, is_required

_EMAIL: Final = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{2,59})"
)
_MOBILE: Final = re.compile(r"(?:07|\+447|447)[0-9]{9}")
_POSTCODE: Final = re.compile(
    r"(?:GIR ?0AA|BFPO ?[0-9]{1,4}|"
    r"(?:[A-Z][0-9]{1,2}|[A-Z][A-HJ-Y][0-9]{1,2}|[A-Z][0-9][A-Z]|[A-Z][A-HJ-Y][0-9][A-Z])"
    r" ?[0-9][ABD-HJLNP-UW-Z]{2})",
    re.IGNORECASE,
)
_CURRENCY: Final = re.compile(r"-?£?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,2})?")
_URL: Final = re.compile(r"https?://[^\s/?#.]+(?:\.[^\s/?#.]+)*(?::[0-9]+)?(?:[/?#]\S*)?", re.IGNORECASE)
_DATES: Final = ((re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "%Y-%m-%d"),
                 (re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}"), "%d/%m/%Y"))  # fmt: skip
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?")


def _is_alphabetical(value: str) -> bool:
    marks = {char for char in value if not char.isalpha()}
    return len(marks) < len(set(value)) and all(
        char in " -'.’\u2010" or unicodedata.category(char).startswith("M") for char in marks
    )


def _is_date(value: str) -> bool:
    for shape, form in _DATES:
        if shape.fullmatch(value):
            try:
                datetime.strptime(value, form)  # noqa: DTZ007 a birthday has no time zone
            except ValueError:
                return False
            return True
    return False


def _is_date_time(value: str) -> bool:
    date, separator, time = value.replace("T", " ", 1).partition(" ")
    return bool(separator) and _is_date(date) and _TIME.fullmatch(time.removesuffix("Z")) is not None


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value  # a scope names an interface of somebody's own machine


def _matches(pattern: re.Pattern[str], longest: int = 2048) -> Callable[[str], bool]:
    return lambda value: len(value) <= longest and pattern.fullmatch(value) is not None


#: Data type -> its check and the words of the refusal. A type that is not here is taken as Text.
_TYPES: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "Alphabetical": (_is_alphabetical, "may only contain letters"),
    "Currency": (_matches(_CURRENCY), "is not a valid currency amount"),
    "Date": (_is_date, "is not a valid date"),
    "Date Time": (_is_date_time, "is not a valid date and time"),
    "Email Address": (_matches(_EMAIL, 254), "is not a valid email address"),
    "IP Address": (_is_ip, "is not a valid IP address"),
    "Postcode": (_matches(_POSTCODE), "is not a valid postcode"),
    "UK Mobile Number": (_matches(_MOBILE), "is not a valid UK mobile number"),
    "URL": (_matches(_URL), "is not a valid URL"),
}


def faults_of(lead: dict[str, str], campaign: CampaignJson) -> list[str]:
    """Return what is wrong with the lead, one sentence per field, label first; empty when it may pass.

    What the lead carries beyond the campaign's fields is ignored.
    """
    messages = []
    for field in campaign["fields"]:
        label, value = field["label"], lead.get(field["name"], "")
        if not value.strip():
            if is_required(field):
                messages.append(f"{label} is required")
            continue
        allowed = field["selection_values"]
        if allowed:
            if value not in allowed.split(","):
                messages.append(f"{label} is not one of the allowed values")
            continue
        check, words = _TYPES.get(field["data_type"], (None, ""))
        if check is not None and not check(value):
            messages.append(f"{label} {words}")
    return messages
