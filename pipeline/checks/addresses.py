"""Where consent was given: the web page, and the visitor's IP address."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import numpy as np
import pyarrow.compute as pc

from pipeline.checks.definition import Check
from pipeline.checks.found import Found, Look, asked, saying, together, where
from pipeline.data_types import TypeOptions
from pipeline.model import Field
from pipeline.normalise import type_of

if TYPE_CHECKING:
    from pipeline.columns import Texts

_URL: Final = type_of(Field("", "", data_type="URL"))
_IP: Final = type_of(Field("", "", data_type="IP Address"))
_OPTIONS: Final = TypeOptions()

#: Ends of names that no public web page has (RFC 2606, RFC 6761, RFC 6762, RFC 8375, and habit).
_PRIVATE_ENDS: Final = (
    "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost",
    "onion", "test",
)  # fmt: skip
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: Most opt-in pages, which need not be looked at one by one; short enough for every limit.
_PLAIN_URL: Final = rf"\A(?i:https?)://(?:{_LABEL}\.){{1,3}}[A-Za-z]{{2,24}}(?:[/?#][!-\[\]-~]{{0,999}})?\z"
_PRIVATE_URL: Final = rf"\A[A-Za-z]+://[^/?#]*\.(?i:{'|'.join(_PRIVATE_ENDS)})(?:[/?#]|\z)"

_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#: First numbers of IPv4 networks that have parts which are not public.
_MIXED: Final = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203, *range(224, 256)})
_PUBLIC: Final = "|".join(str(first) for first in range(256) if first not in _MIXED)
#: IPv4 addresses as they are compared, and those of them that are surely public.
PLAIN_IP: Final = rf"\A{_OCTET}(?:\.{_OCTET}){{3}}\z"
_PUBLIC_IP: Final = rf"\A(?:{_PUBLIC})(?:\.{_OCTET}){{3}}\z"


def optin_url(_check: Check, _today: date) -> Look:
    """Opt-in pages that are missing, or no address of a page that the public can reach."""

    def look(cells: Texts) -> Found:
        plain = _matching(cells, _PLAIN_URL)
        plain[plain] = ~_matching(cells.filter(plain), _PRIVATE_URL)
        return _missing_or(cells, plain, "is empty: nothing shows where consent was given", _not_a_page)

    return look


def optin_ip(_check: Check, _today: date) -> Look:
    """Opt-in IP addresses that are missing, or not of the public internet."""

    def look(cells: Texts) -> Found:
        public = _matching(cells, _PUBLIC_IP)
        return _missing_or(cells, public, "is empty: nothing shows from where consent was given", _not_public)

    return look


def as_ip(cell: str) -> str:
    """An IP address as it is compared; "" for what is none."""
    address = _IP.normalise(cell, _OPTIONS)
    return address if _IP.check(address, _OPTIONS) else ""


def _matching(cells: Texts, pattern: str) -> np.ndarray:
    return np.array(pc.match_substring_regex(cells, pattern), dtype=bool)


def _missing_or(cells: Texts, good: np.ndarray, missing: str, why_not: Callable[[str], str]) -> Found:
    empty = np.asarray(pc.equal(cells, ""), dtype=bool)
    return together(saying(missing, where(empty)), asked(why_not, cells, where(~empty & ~good)))


def _not_a_page(cell: str) -> str:
    address = _URL.normalise(cell, _OPTIONS)
    if not _URL.check(address, _OPTIONS):
        return _URL.explain(cell, _OPTIONS)
    host = (urlsplit(address).hostname or "").removesuffix(".")
    if as_ip(host):
        return "is no web page that people can know by its name: there are numbers in place of the name"
    ending = host.rpartition(".")[2].lower()
    if ending in _PRIVATE_ENDS or ending.isdigit():
        return "is no public web page: names that end like this are for private networks and trials"
    return ""


@lru_cache(maxsize=8_192)
def _not_public(cell: str) -> str:
    address = as_ip(cell)
    if not address:
        return _IP.explain(cell, _OPTIONS)
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_global and not found.is_multicast:
        return ""
    return "is not a public IP address: it is of a private network, or set aside, and no visitor has it"
