"""One person, and whether a text has their e-mail address or their number in it, however it is written there."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline.data_types.cleaning import INVISIBLE
from pipeline.errors import ConfigError
from pipeline.model import ERASED
from pipeline.people import EMAIL, PHONE, canonical

#: What may stand between the digits of a number.
_BETWEEN: Final = rf"[\s()\[\]./\-\u2010-\u2015\u2212{INVISIBLE}]*"
_SEPARATORS: Final = re.compile(_BETWEEN + r"\Z")
#: An @ as people hide it from machines.
_AT: Final = r"\s*(?:@|[(\[{<]\s*at\s*[)\]}>]|\sat\s)\s*"
_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
#: What may follow an address: not more of its domain, but the ending of a file that is called after somebody.
_END: Final = r"(?![\w-])(?!\.(?!(?:csv|tsv|txt|xls[xmb]?|ods|gz|bz2|xz|zst|zip|html?|json)\b)\w)"
#: Fewer digits are found by chance in what is no number of a phone.
_FEWEST: Final = 7
#: So far before a number its country's code can begin.
_BEFORE: Final = 24
_UNSEEN: Final = dict.fromkeys(map(ord, INVISIBLE))


@dataclass(frozen=True, repr=False)
class Person:
    """Somebody by address, number, or both ("" for none), each in its canonical form (pipeline.people).

    Either of them is enough to know them by. Never shown: it is what must not be written anywhere.
    """

    email: str = ""
    phone: str = ""

    @classmethod
    def of(cls, email: str = "", phone: str = "") -> Person:
        """The person with this address and this number, as anybody writes them; a number without its country is UK.

        Raises ConfigError when there is neither, or one is none; it does not say which.
        """
        if not email.strip() and not phone.strip():
            raise ConfigError("nobody is named", "say who: --email ADDRESS, --phone NUMBER, or both")
        address, number = canonical(EMAIL, email), canonical(PHONE, phone)
        if address and not _ADDRESS.fullmatch(address):
            raise ConfigError("--email is not an e-mail address", "write it as name@example.com")
        if number and len(_digits(number)) < _FEWEST:
            raise ConfigError("--phone is not a phone number", "write it as 07700 900123, or with +44 and the like")
        return cls(address, number)

    def known_by(self) -> dict[str, str]:
        """The address and the number that there are, by kind."""
        return {kind: text for kind, text in ((EMAIL, self.email), (PHONE, self.phone)) if text}

    def is_in(self, text: str) -> bool:
        """Whether the address or the number stands in a text: the whole of it, not a part of a longer one."""
        text = _plain(text)
        return self._has_address(text) or self._has_number(text)

    def without(self, text: str) -> str:
        """A text without them: "erased" stands in the place of an address or a number."""
        if not self.is_in(text):
            return text
        if self.email:
            text = self._address.sub(ERASED, text)
        if self.phone:
            for found in reversed([*self._number.finditer(text)]):
                begin = self._begin(text, found.start())
                text = text if begin is None else f"{text[:begin]}{ERASED}{text[found.end() :]}"
        return ERASED if self.is_in(text) else text  # written in a way that cannot be cut out

    # ------------------------------------------------------------------ addresses

    @cached_property
    def _local(self) -> str:
        return _plain(self.email).rpartition("@")[0]

    @cached_property
    def _address(self) -> re.Pattern[str]:
        domain = r"\s?[.,]\s?".join(map(re.escape, _plain(self.email).rpartition("@")[2].split(".")))
        return re.compile(
            rf"(?<![\w.+-])(?<!\w')(?:mailto:\s*)?{re.escape(self._local)}{_AT}{domain}{_END}",
            re.IGNORECASE,
        )

    def _has_address(self, text: str) -> bool:
        # A plain look first: most texts do not have it.
        return bool(self.email) and self._local in text.casefold() and self._address.search(text) is not None

    # ------------------------------------------------------------------ numbers

    @cached_property
    def _parts(self) -> tuple[str, str]:
        """The country's code and the number within the country, without the 0 that is dialled before it."""
        if self.phone.startswith("+"):
            import phonenumbers

            number = phonenumbers.parse(self.phone)
            return str(number.country_code), phonenumbers.national_significant_number(number)
        return "44", _digits(self.phone).removeprefix("00").removeprefix("44").lstrip("0") or _digits(self.phone)

    @cached_property
    def _number(self) -> re.Pattern[str]:
        # It begins with a digit, by which the search is quick; what stands before it is looked at where it is found.
        return re.compile(_BETWEEN.join(self._parts[1]) + r"(?![0-9])")

    @cached_property
    def _prefix(self) -> re.Pattern[str]:
        code = _BETWEEN.join(self._parts[0])
        return re.compile(rf"(?:(?:\+|00){_BETWEEN})?{code}{_BETWEEN}(?:0{_BETWEEN})?\Z|0{_BETWEEN}\Z")

    def _has_number(self, text: str) -> bool:
        if not self.phone:
            return False
        return any(self._begin(text, found.start()) is not None for found in self._number.finditer(text))

    def _begin(self, text: str, at: int) -> int | None:
        """Where the number begins whose last digits begin at `at`; None where they are the end of another number."""
        before = text[max(0, at - _BEFORE) : at]
        prefix = self._prefix.search(before)
        if prefix:
            left = before[: prefix.start()]
            return None if left[-1:].isdigit() else at - len(before) + len(left)
        left = _SEPARATORS.sub("", before)
        return None if left[-1:].isdigit() or left.endswith("+") else at


def _plain(text: str) -> str:
    """Full-width digits and the like as everyday ones, without what nobody sees."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_UNSEEN)


def _digits(text: str) -> str:
    return "".join(filter("0123456789".__contains__, text))
