"""Postcode, by the campaign's country: real areas for the United Kingdom, patterns for some other countries.

Sources: the postcode areas and the six formats of Royal Mail's Postcode Address File; leadbyte-api.md for
the type's name. Whether a particular postcode exists is for LeadByte's PAF check to say (code -10).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pipeline.data_types.cleaning import collapsed, plural, shown, stripped
from pipeline.data_types.countries import country_code
from pipeline.data_types.definition import DataType, Plain, TypeOptions, send_as_is

_AREAS: Final = """
    AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH
    EN EX FK FY G GL GU HA HD HG HP HR HS HU HX IG IP IV KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N
    NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD
    TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE GY JE IM
"""
#: The 121 areas of the United Kingdom, then Guernsey, Jersey and the Isle of Man.
UK_AREAS: Final = frozenset(_AREAS.split())
#: Areas without a place: British Forces, banks and tax offices, parcel returns.
UK_SPECIAL_AREAS: Final = frozenset({"BF", "BX", "XX"})

_UK_SHAPE: Final = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?|GIR)([0-9][A-Z]{2})")
_UK_BFPO: Final = re.compile(r"BFPO([0-9]{1,4})")
_UK_CANONICAL: Final = re.compile(
    r"(?P<area>[A-Z]{1,2})(?:[0-9]{1,2}|(?P<central>[0-9][A-HJKMNPR-Y])) [0-9][ABD-HJLNP-UW-Z]{2}"
)
# A district that ends in a letter (EC1A, W1A) exists in central London only.
_CENTRAL: Final = frozenset({"E", "EC", "N", "NW", "SE", "SW", "W", "WC"})
_JOINTS: Final = re.compile(r"[\s-]+")
_ASCII: Final = re.compile(r"[A-Za-z0-9\s-]+")
_ELSEWHERE: Final = re.compile(r"(?=[^A-Z0-9]*[A-Z0-9])[A-Z0-9 -]{2,12}")


def _uk(text: str) -> str:
    joined = _JOINTS.sub("", text)
    if bfpo := _UK_BFPO.fullmatch(joined):
        return f"BFPO {bfpo[1]}"
    match = _UK_SHAPE.fullmatch(joined)
    return f"{match[1]} {match[2]}" if match else ""


def _is_uk(code: str) -> bool:
    if code == "GIR 0AA" or re.fullmatch(r"BFPO [1-9][0-9]{0,3}", code):
        return True
    match = _UK_CANONICAL.fullmatch(code)
    if match is None:
        return False
    area = match["area"]
    return area in _CENTRAL if match["central"] else area in UK_AREAS or area in UK_SPECIAL_AREAS


def _explain_uk(text: str) -> str:
    what = "is not a UK postcode"
    written = _JOINTS.sub("", stripped(text))
    joined = written.upper()
    odd = next((ch for ch in written if not _ASCII.fullmatch(ch)), "")
    if odd:
        return f"{what}: it contains {shown(odd)}, only letters and digits are expected"
    if re.fullmatch(r"[A-Z]{1,2}[0-9][0-9A-Z]?", joined):
        return f"{what}: the second half is missing, as in SW1A 1AA"
    if re.fullmatch(r"[A-Z]{1,2}(?:[0-9]|O|I)[0-9A-Z]?[OI][A-Z]{2}|[A-Z]{1,2}[OI][0-9]?[0-9][A-Z]{2}", joined):
        return f"{what}: there is a letter O or I where a digit 0 or 1 is expected"
    canonical = _uk(joined)
    if not canonical:
        return f"{what}: expected a form such as M1 1AA, CR2 6XH or SW1A 1AA"
    match = re.match(r"[A-Z]+", canonical)
    if match and match[0] not in UK_AREAS:
        return f"{what}: no postcode area begins with these letters"
    return f"{what}: these letters and digits do not occur in this order; compare it with the address"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A country whose postcodes one expression describes; its groups are joined by `joint`."""

    shape: re.Pattern[str]
    joint: str
    expected: str
    digits: int = 0

    def canonical(self, text: str) -> str:
        match = self.shape.fullmatch(text)
        return self.joint.join(filter(None, match.groups())) if match else ""

    def explain(self, text: str) -> str:
        plain = stripped(text)
        hint = ""
        if self.digits and plain.isascii() and plain.isdigit() and len(plain) < self.digits:
            hint = f"; this has {plural(len(plain), 'digit')}: has the spreadsheet dropped a 0 at the start?"
        return f"is not a valid postcode: expected {self.expected}{hint}"


_PATTERNS: Final[dict[str, _Pattern]] = {
    "US": _Pattern(re.compile(r"([0-9]{5})(?:[- ]?([0-9]{4}))?"), "-", "5 digits, or ZIP+4 as in 20500-0003", 5),
    "CA": _Pattern(
        re.compile(r"([ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z])[ -]?([0-9][ABCEGHJ-NPRSTV-Z][0-9])"),
        " ",
        "a form such as K1A 0B1",
    ),
    "IE": _Pattern(
        re.compile(r"([AC-FHKNPRTV-Y][0-9][0-9W])[ -]?([0-9AC-FHKNPRTV-Y]{4})"),
        " ",
        "an Eircode such as D02 AF30",
    ),
    "AU": _Pattern(re.compile(r"([0-9]{4})"), "", "4 digits", 4),
    "DE": _Pattern(re.compile(r"(?:DE?[ -])?([0-9]{5})"), "", "5 digits", 5),
    "FR": _Pattern(re.compile(r"(?:FR?[ -])?([0-9]{2}) ?([0-9]{3})"), "", "5 digits", 5),
    "NL": _Pattern(re.compile(r"([1-9][0-9]{3})[ -]?([A-Z]{2})"), " ", "4 digits and 2 letters, as in 1012 AB"),
}


def _is_british(code: str) -> bool:
    return code in {"GB", "GG", "JE", "IM"}


def _canonical(code: str) -> Callable[[str], str]:
    """The function that gives a country's canonical postcode, or "" for text that is not one."""
    if _is_british(code):
        return _uk
    pattern = _PATTERNS.get(code)
    return pattern.canonical if pattern else lambda text: text if _ELSEWHERE.fullmatch(text) else ""


def _postcode(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    # Only plain letters are raised: upper() of some others gives two characters, or a plain letter.
    if not _ASCII.fullmatch(plain):
        return plain
    return _canonical(country_code(options.country))(collapsed(plain).upper()) or plain


def _is_postcode(canonical: str, options: TypeOptions) -> bool:
    code = country_code(options.country)
    return _is_uk(canonical) if _is_british(code) else _canonical(code)(canonical) == canonical != ""


def _plain_postcodes(options: TypeOptions) -> tuple[Plain, ...]:
    if not _is_british(country_code(options.country)):
        return ()
    areas, central = "|".join(sorted(UK_AREAS)), "|".join(sorted(_CENTRAL))
    known = rf"(?:(?:{areas})[0-9]{{1,2}}|(?:{central})[0-9][A-HJKMNPR-Y]) [0-9][ABD-HJLNP-UW-Z]{{2}}"
    return Plain(known), Plain(r"([A-Z]{1,2}[0-9][0-9A-Z]?)[ -]?([0-9][A-Z]{2})", r"\1 \2")


def _explain_postcode(text: str, options: TypeOptions) -> str:
    code = country_code(options.country)
    if _is_british(code):
        return _explain_uk(text)
    if code in _PATTERNS:
        return _PATTERNS[code].explain(text)
    return "is not a valid postcode: expected 2 to 12 letters, digits, spaces or hyphens"


POSTCODE: Final = DataType(
    "Postcode", "postcode", _postcode, _is_postcode, _explain_postcode, send_as_is, _plain_postcodes
)
