"""The forms in which addresses and numbers are compared with a suppression list (docs/suppression.md).

Whatever is compared, a cell of the list to import or an entry of a suppression list, becomes the one form that
`pipeline.people.canonical` gives it. Suppression services hash addresses and numbers in forms of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.data_types import TypeOptions, data_type
from pipeline.data_types.countries import country_code
from pipeline.model import Field
from pipeline.normalise import type_of
from pipeline.people import EMAIL, PHONE, canonical, suppression_digests

if TYPE_CHECKING:
    from pipeline.columns import Texts

UK: Final = "United Kingdom"
#: The rule of each data type that is looked up, and the country of its numbers where that is always the same one.
_LOOKED_UP: Final = {"email": (EMAIL, ""), "uk_mobile": (PHONE, UK), "uk_landline": (PHONE, UK), "phone": (PHONE, "")}
#: LeadByte's own fields for them (leadbyte-api.md, "Standard field names"), whatever type a campaign gives them.
_BY_NAME: Final = {"email": EMAIL, "phone1": PHONE, "phone2": PHONE, "phone3": PHONE}

# Every printable character but the colon, by which `mailto:` is left to the type itself.
_PLAIN_ADDRESS: Final = r"\A[!-9;-~]+@[!-9;-~]+\z"
_PLAIN_NUMBER: Final = r"\A[-+0-9 ()]+\z"
_UK_NUMBER: Final = r"\A(?:\+44|0044|44)?0?(7[0-9]{9}|[1-35689][0-9]{8,9})\z"
_ABROAD: Final = r"\A\+[1-9][0-9]{6,14}\z"
_UK_CODE: Final = "+44"


@dataclass(frozen=True, slots=True)
class Place:
    """A field whose values are looked up: `kind` is EMAIL or PHONE, `country` that of a number without its code."""

    name: str
    label: str
    kind: str
    country: str = UK

    @classmethod
    def of(cls, field: Field, country: str) -> Place | None:
        """The field of a campaign of that country, where it holds addresses or numbers."""
        if field.selections:
            return None
        kind, own = _LOOKED_UP.get(type_of(field).rule, (_BY_NAME.get(field.name, ""), ""))
        return cls(field.name, field.label, kind, own or country or UK) if kind else None


def addresses(values: Texts) -> Texts:
    """E-mail addresses regardless of case; what is none as it stands."""
    return _each(
        values, _matches(values, _PLAIN_ADDRESS), pc.ascii_lower(values), lambda text: canonical(EMAIL, text)
    )


def numbers(values: Texts, country: str = UK) -> Texts:
    """Numbers in E.164, as they are dialled from a country; what is none as it stands, which no fit row has.

    Whether a number is in use is not asked here.
    """
    plain = _matches(values, _PLAIN_NUMBER)
    digits = pc.replace_substring_regex(values, r"[-() ]+", "")
    abroad = _matches(digits, _ABROAD)
    if country_code(country) == "GB":
        home = _matches(digits, _UK_NUMBER)
        digits = pc.replace_substring_regex(digits, _UK_NUMBER, rf"{_UK_CODE}\1")
        abroad = home | (abroad & ~np.asarray(pc.starts_with(digits, _UK_CODE)))
    return _each(values, plain & abroad, digits, lambda text: canonical(PHONE, text, country))


def _matches(values: Texts, pattern: str) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(values, pattern))


def _each(values: Texts, plain: np.ndarray, quick: Texts, slow: Callable[[str], str]) -> Texts:
    """What is known of the plain ones by the column; the others are asked for one by one."""
    left = ~plain & np.asarray(pc.not_equal(values, ""))
    made = pc.if_else(plain, quick, values)
    if not left.any():
        return made
    asked = lru_cache(maxsize=8_192)(slow)
    return pc.replace_with_mask(made, left, pa.array(map(asked, values.filter(left).to_pylist()), pa.large_string()))


def _national(number: str, country: str) -> str:
    """A number in E.164 as it is dialled in its own country, in digits; one of another country stays as it is."""
    phone = data_type("Phone Number")
    return phone.wire(number, TypeOptions(country=country)) if phone else number


class Forms:
    """All forms of one field's values by which a suppression list may know them, each worked out once and at need."""

    def __init__(self, place: Place, values: Texts) -> None:
        self._place, self._values = place, values
        self._keyed: dict[bytes, list[bytes]] = {}

    @cached_property
    def plain(self) -> Texts:
        """The one form that addresses and numbers are compared in."""
        return addresses(self._values) if self._place.kind == EMAIL else numbers(self._values, self._place.country)

    @cached_property
    def _of_services(self) -> list[Texts]:
        """The forms that are hashed: an address in small letters; a number in E.164, that without +, and national."""
        if self._place.kind == EMAIL:
            small = pc.utf8_lower(pc.utf8_trim_whitespace(self._values))
            return [self.plain] if small.equals(self.plain) else [self.plain, small]
        without = pc.replace_substring_regex(self.plain, r"\A\+", "")
        home = _matches(self.plain, r"\A\+44")
        country = self._place.country
        national = _each(
            self.plain, home, pc.replace_substring_regex(self.plain, r"\A\+44", "0"), lambda n: _national(n, country)
        )
        return [self.plain, without, national]

    @cached_property
    def md5(self) -> list[bytes]:
        """The MD5 hashes of each form."""
        return [md5_of(one) for one in self._of_services]

    @cached_property
    def sha256(self) -> list[bytes]:
        """The SHA-256 hashes of each form."""
        return [_hashed(one, hashlib.sha256) for one in self._of_services]

    @cached_property
    def known_plainly(self) -> bytes:
        """The MD5 hashes of the plain form."""
        return self.md5[0] if "md5" in self.__dict__ else md5_of(self.plain)

    def keyed(self, secret: bytes) -> list[bytes]:
        """The hashes by which the journal's list knows them (pipeline.people)."""
        if secret not in self._keyed:
            self._keyed[secret] = suppression_digests(secret, self._place.kind, self.plain.to_pylist())
        return self._keyed[secret]


def md5_of(values: Texts) -> bytes:
    """The MD5 hashes of texts, one behind the other."""
    return _hashed(values, hashlib.md5)


def _hashed(values: Texts, algorithm: Callable[..., hashlib._Hash]) -> bytes:
    # Nothing is kept safe by these hashes: others have chosen them.
    return b"".join([algorithm(text.encode(), usedforsecurity=False).digest() for text in values.to_pylist()])
