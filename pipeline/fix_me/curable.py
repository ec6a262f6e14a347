"""Rows that LeadByte rejected: by which of its codes a mended row may do better, and which cells are to blame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pipeline.fix_me.columns import Column
from pipeline.model import RESPONSE_CODES, Field
from pipeline.normalise import type_of


class Curable(NamedTuple):
    """What a person does about a code, and which fields it is about: by the rule of their type, or by their name."""

    cure: str
    rules: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


_BETWEEN: Final = re.compile(r"[\s_:,.\-]+")
_ADDRESS: Final = frozenset({"street1", "street2", "street3", "towncity", "county", "postcode"})

#: The codes that mending the row's data can cure; all others are about the person, the supplier or the campaign.
CURABLE: Final[dict[int, Curable]] = {
    -5: Curable("correct what it names"),
    -8: Curable("the mobile number is not in use", frozenset({"uk_mobile", "phone"})),
    -10: Curable("address and postcode do not belong together", frozenset({"postcode"}), _ADDRESS),
    -12: Curable("the e-mail address does not take mail", frozenset({"email"})),
    -13: Curable("the landline is not in use", frozenset({"uk_landline", "phone"})),
}
CODES: Final = tuple(CURABLE)


def said_by_leadbyte(code: int, errors: str) -> str:
    """Why LeadByte rejected a row: its own words, its code, and what may be done."""
    cure = CURABLE[code].cure
    said = f": {errors}" if errors else ""
    return f"LeadByte answered {RESPONSE_CODES.get(code, '')} ({code}){said} – {cure}"


def blamed(code: int, errors: str, columns: Sequence[Column]) -> list[int]:
    """The places of the columns that LeadByte's answer is about, as far as its code and words say."""
    about, words = CURABLE[code], [_spaced(one) for one in errors.split("; ")]

    def is_about(field: Field) -> bool:
        names = [_spaced(one) for one in (field.label, field.name) if one]
        named = any(word == name or word.startswith(f"{name} ") for word in words for name in names)
        return named or type_of(field).rule in about.rules or field.name in about.names

    return [at for at, column in enumerate(columns) if any(map(is_about, column.fields))]


def _spaced(words: str) -> str:
    """Words with single blanks between them, whatever stood there, and in small letters."""
    return _BETWEEN.sub(" ", words).strip().casefold()
