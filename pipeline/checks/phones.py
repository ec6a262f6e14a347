"""Phone numbers that regulators set aside for film and drama: nobody has one, so nobody gave it.

Sources: Ofcom (numbers for drama), the North American Numbering Plan (555-0100 to 555-0199), ACMA (creative works),
ComReg, ARCEP (fiction) and the Bundesnetzagentur (drama numbers).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow.compute as pc

from pipeline.checks.definition import Check
from pipeline.checks.found import Found, Look, saying, where
from pipeline.data_types.countries import country_code

if TYPE_CHECKING:
    from pipeline.columns import Texts

_ACMA_MOBILES: Final = """
    570006 570156 570157 570158 570159 570110 570313 570737 571266 571491 571804 572549 572665 572983 573770 573087
    574118 574632 575254 575789 576398 576801 577426 577644 578957 578148 578888 579212 579760 579455
"""


class _Plan(NamedTuple):
    """A numbering plan: country code, what is dialled before a national number, the numbers set aside (all RE2).

    A spreadsheet may have taken a leading 0 away.
    """

    code: str
    trunk: str
    numbers: tuple[str, ...]


_UK: Final = _Plan(
    "44",
    "0?",
    (
        "(?:11[3-8]|1[2-6]1)4960[0-9]{3}",  # Leeds to Reading, Birmingham to Manchester
        "1914980[0-9]{3}",  # Tyneside, Durham, Sunderland
        "2079460[0-9]{3}",  # London
        "28(?:96496|90180)[0-9]{3}",  # Northern Ireland: today's range and that of older lists
        "2920180[0-9]{3}",  # Cardiff
        "1632960[0-9]{3}",  # no area
        "7700900[0-9]{3}",  # mobiles
        "8081570[0-9]{3}",  # freephone
        "9098790[0-9]{3}",  # premium rate
        "3069990[0-9]{3}",  # the whole of the United Kingdom
    ),
)
_NORTH_AMERICA: Final = _Plan("1", "1?", ("[2-9][0-9]{2}55501[0-9]{2}",))
_AUSTRALIA: Final = _Plan(
    "61", "0?", ("[2378](?:5550|7010)[0-9]{4}", f"491(?:{'|'.join(_ACMA_MOBILES.split())})")
)  # fmt: skip
_IRELAND: Final = _Plan("353", "0?", ("2091[0-9]{5}",))
_FRANCE: Final = _Plan("33", "0?", ("(?:19900|26191|35301|46571|53649|63998)[0-9]{4}",))
_GERMANY: Final = _Plan("49", "0?", ("(?:3023125|6990009|4066969|2214710|8999998)[0-9]{3}",))

_PLANS: Final[dict[str, _Plan]] = {
    "GB": _UK, "GG": _UK, "JE": _UK, "IM": _UK, "US": _NORTH_AMERICA, "CA": _NORTH_AMERICA, "AU": _AUSTRALIA,
    "IE": _IRELAND, "FR": _FRANCE, "DE": _GERMANY,
}  # fmt: skip
#: What people put between digits.
_BETWEEN: Final = "[^0-9+]"


def fictitious_phone(check: Check, _today: date) -> Look:
    """Numbers set aside for film and drama, in international form or as the campaign's country dials them."""
    pattern = _pattern(country_code(check.options.country))

    def look(cells: Texts) -> Found:
        digits = pc.replace_substring_regex(cells, _BETWEEN, "")
        return saying(
            "is a number set aside for film and drama: nobody has it",
            where(pc.match_substring_regex(digits, pattern)),
        )

    return look


def _pattern(country: str) -> str:
    """A pattern (RE2) of all the numbers set aside; national forms are those of the country alone."""
    ways = [rf"(?:\+|00){plan.code}0?(?:{'|'.join(plan.numbers)})" for plan in dict.fromkeys(_PLANS.values())]
    if home := _PLANS.get(country):
        ways.append(rf"(?:{home.code}0?|{home.trunk})(?:{'|'.join(home.numbers)})")
    return rf"\A(?:{'|'.join(ways)})\z"
