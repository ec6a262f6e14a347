"""Number, Integer and Currency: written as people and spreadsheets write them, sent as plain digits."""

from __future__ import annotations

import re
from typing import Final

from pipeline.data_types.cleaning import SCIENTIFIC, is_scientific, stripped
from pipeline.data_types.definition import DataType, TypeOptions, send_as_is

_NUMBER: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.([0-9]+))?")
_PLAIN: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_INTEGER: Final = re.compile(r"-?[0-9]+")
_MONEY: Final = re.compile(r"-?[0-9]+(?:\.[0-9]{1,2})?")
_CODES: Final = "GBP|USD|EUR|AUD|CAD|NZD|CHF|ZAR|INR|SEK|NOK|DKK|PLN"
_UNIT: Final = rf"(?:(?:US|A|AU|C|CA|NZ)?\$|£|€|(?i:{_CODES}))"
_BEFORE: Final = re.compile(rf"([+-]?)\s*{_UNIT}\s*([+-]?)(?=[0-9.])", re.ASCII)
_AFTER: Final = re.compile(rf"(?<=[0-9])\s*{_UNIT}\Z", re.ASCII)
_DECIMAL_COMMA: Final = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]{1,2}")


def _plain(text: str) -> str:
    """`+1,234.50` as `1234.50`; leading zeros stay. What is not a number is returned as it came."""
    match = _NUMBER.fullmatch(text.replace("\u2212", "-"))
    if match is None or not (match[2] or match[3]):
        return text
    sign = "-" if match[1] == "-" else ""
    return sign + (match[2] or "0").replace(",", "") + (f".{match[3]}" if match[3] else "")


def _number(text: str, options: TypeOptions) -> str:
    return _plain(stripped(text))


def _is_number(canonical: str, options: TypeOptions) -> bool:
    return _PLAIN.fullmatch(canonical) is not None


def _slip(text: str) -> str:
    """The reason that holds for every kind of number, or ""."""
    plain = stripped(text)
    if is_scientific(plain):
        return SCIENTIFIC
    if _DECIMAL_COMMA.fullmatch(_without_unit(plain)):
        return "has a decimal comma: write the decimals behind a full stop, as in 1234.50"
    if "," in plain:
        return "has a comma in the wrong place: a comma may only separate thousands, as in 1,234,567"
    return ""


def _explain_number(text: str, options: TypeOptions) -> str:
    return _slip(text) or "is not a number: only digits, a full stop for decimals and a minus sign are expected"


def _integer(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    whole, _, decimals = _plain(plain).partition(".")
    return whole if _INTEGER.fullmatch(whole) and not decimals.strip("0") else plain


def _is_integer(canonical: str, options: TypeOptions) -> bool:
    return _INTEGER.fullmatch(canonical) is not None


def _explain_integer(text: str, options: TypeOptions) -> str:
    slip = _slip(text)
    if not slip and _is_number(_number(text, options), options):
        return "has decimals: a whole number is expected"
    return slip or "is not a whole number: only digits are expected"


def _without_unit(text: str) -> str:
    """An amount without its currency: `-£5` and `£-5` both become `-5`, `5 EUR` becomes `5`."""
    amount = text.replace("\u2212", "-")
    match = _BEFORE.match(amount)
    if match is None:
        return _AFTER.sub("", amount, count=1)
    return amount if match[1] and match[2] else match[1] + match[2] + amount[match.end() :]


def _currency(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    amount = _plain(_without_unit(plain))
    return amount if _MONEY.fullmatch(amount) else plain


def _is_currency(canonical: str, options: TypeOptions) -> bool:
    return _MONEY.fullmatch(canonical) is not None


def _explain_currency(text: str, options: TypeOptions) -> str:
    slip = _slip(text)
    if not slip and _PLAIN.fullmatch(_plain(_without_unit(stripped(text)))):
        return "has more than two decimals: an amount of money has at most two"
    return slip or "is not an amount of money: expected digits with at most two decimals, as in 1234.50 or £1,234.50"


NUMBER: Final = DataType("Number", "number", _number, _is_number, _explain_number, send_as_is)
INTEGER: Final = DataType("Integer", "integer", _integer, _is_integer, _explain_integer, send_as_is)
CURRENCY: Final = DataType("Currency", "currency", _currency, _is_currency, _explain_currency, send_as_is)
