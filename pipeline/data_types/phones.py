"""UK Mobile Number, UK Landline Number and Phone Number. libphonenumber is the truth about them.

Added to it are Ofcom's numbers for drama, which no subscriber has and which trial files use: 07700 900000 to
900999 and 01632 960000 to 960999. The number types are LeadByte's (leadbyte-api.md, Read).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pipeline.data_types.cleaning import (
    CACHE_SIZE,
    INVISIBLE,
    SCIENTIFIC,
    is_scientific,
    plural,
    shown,
    stripped,
)
from pipeline.data_types.countries import country_code
from pipeline.data_types.definition import DataType, Plain, TypeOptions

_PREFIX: Final = re.compile(r"(?:'|tel:|\s)+", re.IGNORECASE | re.ASCII)
# A column of numbers with gaps is exported as decimals: 7700900123.0
_FLOAT: Final = re.compile(r"([0-9]{9,14})\.0")
_SEPARATORS: Final = re.compile(rf"[\s()\[\]./\-\u2010-\u2015\u2212{INVISIBLE}]+")
_NUMBER: Final = re.compile(r"\+?[0-9]+")
_EXTENSION: Final = re.compile(r"[0-9]\s*(?:x|ext\.?|extension)\s*[0-9]+\Z", re.IGNORECASE | re.ASCII)
#: So many digits are two numbers.
_TWO_NUMBERS: Final = 18
_ABROAD: Final = re.compile(r"\+(?!44)|00(?!44)")
#: 44 without + is the country code only where enough digits follow it.
_BEFORE_NATIONAL: Final = re.compile(r"\A(?:\+44|0044|44(?=[0-9]{9}))?0?")
_UK: Final = r"(?:\+44|0044|44)?0?"
_UK_MOBILE: Final = re.compile(rf"{_UK}(7[0-9]{{9}})")
_UK_OTHER: Final = re.compile(rf"{_UK}([1-35689][0-9]{{8,9}})")
_CANONICAL_MOBILE: Final = re.compile(r"07[0-9]{9}")
_CANONICAL_OTHER: Final = re.compile(r"0[1-35689][0-9]{8,9}")
_CANONICAL_ANY: Final = re.compile(r"\+[1-9][0-9]{4,14}")
_DRAMA: Final = re.compile(r"\+44(?:7700900|1632960)[0-9]{3}")
_DRAMA_MOBILE: Final = "+447700900"


def _compact(text: str) -> str:
    """A number without its separators, a leading + kept; "" for text that holds anything else."""
    plain = stripped(text)
    if plain.isdigit() and plain.isascii():
        return plain
    prefix = _PREFIX.match(plain)
    plain = plain[prefix.end() :] if prefix else plain
    whole = _FLOAT.fullmatch(plain)
    compact = whole[1] if whole else _SEPARATORS.sub("", plain)
    return compact if _NUMBER.fullmatch(compact) else ""


@lru_cache(maxsize=CACHE_SIZE)
def _kind(e164: str) -> str:
    """What libphonenumber says of a number in E.164: "mobile", "landline", "other", or "" for none in use."""
    if _DRAMA.fullmatch(e164):
        return "mobile" if e164.startswith(_DRAMA_MOBILE) else "landline"
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    kind = phonenumbers.number_type(number)
    if kind == kinds.MOBILE:
        return "mobile"
    return "landline" if kind in {kinds.FIXED_LINE, kinds.UAN, kinds.VOIP} else "other"


def _uk_mobile(text: str, options: TypeOptions) -> str:
    match = _UK_MOBILE.fullmatch(_compact(text))
    return f"0{match[1]}" if match else stripped(text)


def _is_uk_mobile(canonical: str, options: TypeOptions) -> bool:
    return _CANONICAL_MOBILE.fullmatch(canonical) is not None and _kind("+44" + canonical[1:]) == "mobile"


def _plain_mobiles(options: TypeOptions) -> tuple[Plain, ...]:
    from phonenumbers import PhoneMetadata

    # libphonenumber's own pattern, so that it is the truth here as well.
    metadata = PhoneMetadata.metadata_for_region("GB")
    mobile = metadata.mobile.national_number_pattern if metadata and metadata.mobile else None
    known = (rf"(?:{mobile}|7700900\d{{3}})" if mobile else r"7700900\d{3}").replace(r"\d", "[0-9]")
    written = r"(?:\+44|0044|44)?[ -]?(?:\(0\)|0)?[ -]?(7[0-9]{3})[ -]?([0-9]{3})[ -]?([0-9]{3})"
    return Plain(f"0{known}"), Plain(rf"\+44{known}", pieces=("0", slice(3, None))), Plain(written, r"0\1\2\3")


def _uk_landline(text: str, options: TypeOptions) -> str:
    match = _UK_OTHER.fullmatch(_compact(text))
    return f"0{match[1]}" if match else stripped(text)


def _is_uk_landline(canonical: str, options: TypeOptions) -> bool:
    return _CANONICAL_OTHER.fullmatch(canonical) is not None and _kind("+44" + canonical[1:]) == "landline"


def _uk_wire(canonical: str, options: TypeOptions) -> str:
    known = _CANONICAL_MOBILE.fullmatch(canonical) or _CANONICAL_OTHER.fullmatch(canonical)
    return "+44" + canonical[1:] if known and options.phone_format == "e164" else canonical


@lru_cache(maxsize=CACHE_SIZE)
def _international(compact: str, region: str) -> str:
    """A compact number in E.164 where it is valid, seen from a country; otherwise ""."""
    uk = (_UK_MOBILE.fullmatch(compact) or _UK_OTHER.fullmatch(compact)) if region == "GB" else None
    if uk and _kind(f"+44{uk[1]}"):
        return f"+44{uk[1]}"
    if _CANONICAL_ANY.fullmatch(compact) and _kind(compact):
        return compact
    import phonenumbers

    dialled = f"+{compact[2:]}" if compact.startswith("00") and not region else compact
    try:
        number = phonenumbers.parse(dialled, region or None)
    except phonenumbers.NumberParseException:
        return ""
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if _kind(e164) else ""


def _phone(text: str, options: TypeOptions) -> str:
    compact = _compact(text)
    return (_international(compact, country_code(options.country)) if compact else "") or stripped(text)


def _is_phone(canonical: str, options: TypeOptions) -> bool:
    return _CANONICAL_ANY.fullmatch(canonical) is not None and _kind(canonical) != ""


def _phone_wire(canonical: str, options: TypeOptions) -> str:
    region = country_code(options.country)
    if options.phone_format == "e164" or not region or not _is_phone(canonical, options):
        return canonical
    return _national(canonical, region)


@lru_cache(maxsize=CACHE_SIZE)
def _national(e164: str, region: str) -> str:
    """A number as dialled within its own country, in digits; one of another country stays in E.164."""
    import phonenumbers

    number = phonenumbers.parse(e164)
    if number.country_code != phonenumbers.country_code_for_region(region):
        return e164
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    digits = "".join(filter(str.isdigit, national))
    # Some countries dial a number at home in a way that cannot be read back: those are sent in E.164.
    return digits if _international(digits, region) == e164 else e164


def _oddity(text: str) -> str:
    """What is wrong with the characters of a number, or "" when they are all digits and separators."""
    plain = stripped(text)
    prefix = _PREFIX.match(plain)
    rest = _SEPARATORS.sub("", plain[prefix.end() :] if prefix else plain)
    if _EXTENSION.search(plain):
        return "it has an extension; keep the number alone"
    odd = next((ch for ch in rest.removeprefix("+") if ch not in "0123456789"), "")
    digits = sum(ch in "0123456789" for ch in rest)
    if digits >= _TWO_NUMBERS:
        return "there seem to be two numbers in the cell; keep one"
    if odd == "+":
        return "there is a + inside the number"
    return f"it contains {shown(odd)}, only digits, spaces and + ( ) - . are expected" if odd else ""


def _national_digits(compact: str) -> str | None:
    """The digits of a UK number after the first 0; None for a number of another country."""
    if _ABROAD.match(compact):
        return None
    before = _BEFORE_NATIONAL.match(compact)
    return compact[before.end() :] if before else compact


def _explain_uk(text: str, what: str, wanted: str, lengths: tuple[int, ...]) -> str:
    compact = _compact(text)
    if not compact and is_scientific(text):
        return SCIENTIFIC
    reason = "" if compact and len(compact) < _TWO_NUMBERS else _oddity(text)
    digits = _national_digits(compact)
    if reason or not compact:
        reason = reason or "there are no digits"
    elif digits is None:
        reason = "it has the country code of another country"
    elif not digits.startswith(tuple(wanted)):
        start = f", this starts with 0{digits[:1]}" if digits else ""
        reason = f"these start with {' or '.join(f'0{digit}' for digit in wanted)}{start}"
    elif len(digits) not in lengths:
        count = " or ".join(map(str, lengths))
        reason = f"{count} digits after the first 0 are expected, this has {len(digits)}"
    elif digits.startswith(("70", "76")):
        reason = "numbers that start with 070 (personal numbering) or 076 (pagers) are not mobiles"
    else:
        reason = "no network has numbers that start with these digits"
    return f"is not a UK {what} number: {reason}"


def _explain_uk_mobile(text: str, options: TypeOptions) -> str:
    return _explain_uk(text, "mobile", "7", (10,))


def _explain_uk_landline(text: str, options: TypeOptions) -> str:
    return _explain_uk(text, "landline", "1235", (10, 9))


def _explain_phone(text: str, options: TypeOptions) -> str:
    if is_scientific(text):
        return SCIENTIFIC
    compact = _compact(text)
    reason = _oddity(text) or ("" if compact else "there are no digits")
    if not reason and not compact.startswith(("+", "00")) and not country_code(options.country):
        reason = "write it with + and the country code"
    if not reason:
        count = plural(len(compact.removeprefix("+")), "digit")
        reason = f"no number in use has this form ({count}); compare it with the source"
    return f"is not a valid phone number: {reason}"


UK_MOBILE: Final = DataType(
    "UK Mobile Number", "uk_mobile", _uk_mobile, _is_uk_mobile, _explain_uk_mobile, _uk_wire, _plain_mobiles
)
UK_LANDLINE: Final = DataType(
    "UK Landline Number", "uk_landline", _uk_landline, _is_uk_landline, _explain_uk_landline, _uk_wire
)
PHONE: Final = DataType("Phone Number", "phone", _phone, _is_phone, _explain_phone, _phone_wire)
