"""Countries as LeadByte writes them ("United Kingdom"; leadbyte-api.md, Read), and their ISO 3166 codes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_NAMES: Final[dict[str, str]] = {
    "GB": "United Kingdom|UK|Britain|Great Britain|Britain (United Kingdom)|England|Scotland|Wales",
    "GG": "Guernsey",
    "JE": "Jersey",
    "IM": "Isle of Man",
    "IE": "Ireland|Republic of Ireland|Eire",
    "US": "United States|United States of America|USA|America",
    "CA": "Canada",
    "AU": "Australia",
    "NZ": "New Zealand",
    "ZA": "South Africa",
    "DE": "Germany|Deutschland",
    "FR": "France",
    "NL": "Netherlands|The Netherlands|Holland",
    "BE": "Belgium",
    "LU": "Luxembourg",
    "AT": "Austria",
    "CH": "Switzerland",
    "ES": "Spain",
    "PT": "Portugal",
    "IT": "Italy",
    "DK": "Denmark",
    "NO": "Norway",
    "SE": "Sweden",
    "FI": "Finland",
    "PL": "Poland",
    "CZ": "Czech Republic|Czechia",
    "GR": "Greece",
    "MT": "Malta",
    "CY": "Cyprus",
    "IN": "India",
    "SG": "Singapore",
    "HK": "Hong Kong",
    "MY": "Malaysia",
    "AE": "United Arab Emirates|UAE",
    "BR": "Brazil",
    "MX": "Mexico",
}
_UNLIKE_NAMES: Final = re.compile(r"[\W_]+")


def _folded(name: str) -> str:
    return _UNLIKE_NAMES.sub("", name).casefold()


_CODES: Final[dict[str, str]] = {
    _folded(name): code for code, names in _NAMES.items() for name in (code, *names.split("|"))
}


@lru_cache(maxsize=256)
def country_code(country: str) -> str:
    """The two-letter code of a country's name or code; a blank one is GB, an unknown one gives ""."""
    return _CODES.get(_folded(country), "") if country.strip() else "GB"
