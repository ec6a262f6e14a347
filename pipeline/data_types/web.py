"""Email Address, URL and IP Address. email-validator is the truth; nothing asks the network."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from pipeline.data_types.cleaning import CACHE_SIZE, shown, stripped
from pipeline.data_types.definition import DataType, Plain, TypeOptions, send_as_is

_MAILTO: Final = re.compile(r"(?:mailto:\s*)+", re.IGNORECASE | re.ASCII)
#: What no address has: white space, a comma, a second @, no full stop behind the @.
_NO_EMAIL: Final = re.compile(r"[\s,]|@.*@|@[^.]*\Z")
_WHITE: Final = re.compile(r"\s")
_SEVERAL: Final = re.compile(r"@.*[,;\s/]+.*@", re.DOTALL)
_URL: Final = re.compile(r"([Hh][Tt][Tt][Pp][Ss]?)://((?:[^/?#\\\s]*@)?)([^/?#\\\s@]+)([^\\\s]*)")
_HOST_LABEL: Final = re.compile(r"(?!-)[^\W_](?:[\w-]{0,61}[^\W_])?")
_LONGEST_URL: Final = 2_048


def _email(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    address = stripped(_MAILTO.sub("", plain, count=1)) if _MAILTO.match(plain) else plain
    local, at, domain = address.rpartition("@")
    return local + at + domain.lower() if at else address


@lru_cache(maxsize=CACHE_SIZE)
def _library_fault(address: str) -> str:
    """What email-validator has against an address, in its words; "" for a valid one."""
    from email_validator import validate_email

    try:
        # test_environment admits the reserved domain .test, which trial files use, but a bare "test" too.
        validate_email(address, check_deliverability=False, test_environment=True)
    except ValueError as fault:
        return str(fault) or "it is not valid"
    return "" if "." in address.rpartition("@")[2] else "The part after the @-sign should have a period."


def _is_email(canonical: str, options: TypeOptions) -> bool:
    # The library takes its time over what one look settles.
    return "@" in canonical and not _NO_EMAIL.search(canonical) and not _library_fault(canonical)


def _plain_emails(options: TypeOptions) -> tuple[Plain, ...]:
    # Short parts keep every length limit; hyphens one by one keep to names without IDNA; two or three letters at the
    # end keep away from the reserved names (.invalid, .local, .onion).
    part, label = r"[A-Za-z0-9_+-]{1,20}", r"[a-z0-9]{1,20}(?:-[a-z0-9]{1,20})?"
    return (Plain(rf"{part}(?:\.{part}){{0,2}}@(?:{label}\.){{1,3}}[a-z]{{2,3}}"),)


def _explain_email(text: str, options: TypeOptions) -> str:
    address = _email(text, options)
    local, at, domain = address.rpartition("@")
    if not at:
        reason = "the @ is missing"
    elif _SEVERAL.search(address):
        reason = "there is more than one address in the cell; keep one"
    elif "@" in local:
        reason = "there is more than one @"
    elif _WHITE.search(address):
        reason = "there is a space inside"
    elif "," in domain:
        reason = "there is a comma behind the @ where a full stop is expected"
    elif domain and "." not in domain:
        reason = "the part behind the @ has no full stop, as in example.com"
    else:
        reason = _library_fault(address) or "it is not valid"
    return f"is not a valid e-mail address: {reason.rstrip('.')}"


def _url(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    match = _URL.fullmatch(plain)
    return f"{match[1].lower()}://{match[2]}{match[3].lower()}{match[4]}" if match else plain


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        return len(host) <= 253 and len(labels) > 1 and all(map(_HOST_LABEL.fullmatch, labels))
    return True


def _is_url(canonical: str, options: TypeOptions) -> bool:
    if len(canonical) > _LONGEST_URL or not canonical.isprintable() or not _URL.fullmatch(canonical):
        return False
    try:
        parts = urlsplit(canonical)
        return parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:  # a port that is no number, brackets that hold no address
        return False


def _explain_url(text: str, options: TypeOptions) -> str:
    address = _url(text, options)
    if not address.lower().startswith(("http://", "https://")):
        return "is not a web address: it must begin with http:// or https://"
    if re.search(r"\s", address):
        return "is not a web address: there is a space inside"
    if len(address) > _LONGEST_URL:
        return f"is not a web address: it is longer than {_LONGEST_URL} characters"
    odd = next((ch for ch in address if not ch.isprintable() or ch == "\\"), "")
    if odd:
        return f"is not a web address: it contains {shown(odd)}"
    return "is not a web address: after http:// or https:// a name such as www.example.com is expected"


def _ip(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    try:
        return str(ipaddress.ip_address(plain)) if "%" not in plain else plain
    except ValueError:
        return plain


def _is_ip(canonical: str, options: TypeOptions) -> bool:
    try:
        ipaddress.ip_address(canonical)
    except ValueError:
        return False
    return "%" not in canonical


def _explain_ip(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    if re.search(r"[,;\s]", plain):
        return "is not an IP address: there is more than one entry in the cell; keep the visitor's"
    if re.fullmatch(r"[0-9.]+:[0-9]+", plain):
        return "is not an IP address: leave out the port, the colon and what follows it"
    return "is not an IP address: expected four numbers from 0 to 255, as in 203.0.113.7, or IPv6"


EMAIL: Final = DataType("Email Address", "email", _email, _is_email, _explain_email, send_as_is, _plain_emails)
URL: Final = DataType("URL", "url", _url, _is_url, _explain_url, send_as_is)
IP_ADDRESS: Final = DataType("IP Address", "ip_address", _ip, _is_ip, _explain_ip, send_as_is)
