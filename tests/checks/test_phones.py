from __future__ import annotations

import pytest

from pipeline.checks import Rule

from .looking import flagged, said

#: Ofcom's ranges for drama: a thousand numbers behind each of these beginnings.
OFCOM = (
    "01134960", "01144960", "01154960", "01164960", "01174960", "01184960", "01214960", "01314960", "01414960",
    "01514960", "01614960", "02079460", "01914980", "02896496", "02920180", "01632960", "07700900", "08081570",
    "09098790", "03069990",
)  # fmt: skip
WORDS = "is a number set aside for film and drama: nobody has it"


@pytest.mark.parametrize("start", OFCOM)
def test_the_thousand_numbers_of_each_of_ofcoms_ranges_are_fictitious(start: str) -> None:
    first, last = int(start + "000"), int(start + "999")
    assert said(Rule.FICTITIOUS_PHONE, f"0{first}", f"0{last}") == [WORDS, WORDS]
    assert flagged(Rule.FICTITIOUS_PHONE, f"0{first - 1}", f"0{last + 1}") == []


@pytest.mark.parametrize(
    "phone",
    [
        "07700 900123", "07700-900-123", "+447700900123", "+44 (0)7700 900123", "0044 7700 900123", "447700900123",
        "(020) 7946 0123", "7700900123",
    ],
)  # fmt: skip
def test_it_is_the_same_number_however_it_is_written(phone: str) -> None:
    assert said(Rule.FICTITIOUS_PHONE, phone) == [WORDS]


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "07911 123456",
        "07700 90012",
        "07700 9001234",
        "+17700900123",
        "none",
        "+4407700900",
        "07700 900123 07700 900124",
    ],
)
def test_other_numbers_are_let_be(phone: str) -> None:
    assert said(Rule.FICTITIOUS_PHONE, phone) == [""]


@pytest.mark.parametrize(
    ("country", "national", "international", "neighbour"),
    [
        ("United States", "(212) 555-0123", "+1 212 555 0123", "212 555 0200"),
        ("Canada", "1-416-555-0199", "+14165550100", "416 555 1234"),
        ("Australia", "(02) 5550 1234", "+61 491 570 006", "0491 570 007"),
        ("Ireland", "020 913 4567", "+353 20 913 4567", "020 923 4567"),
        ("France", "06 39 98 12 34", "+33639981234", "06 39 99 12 34"),
        ("Germany", "030 23125 123", "+49 30 23125123", "030 23126 123"),
    ],
)
def test_other_countries_have_such_numbers_too(
    country: str, national: str, international: str, neighbour: str
) -> None:
    cells = (national, international, neighbour)
    assert flagged(Rule.FICTITIOUS_PHONE, *cells, country=country) == [national, international]
    assert flagged(Rule.FICTITIOUS_PHONE, *cells) == [international], "in Britain the national form is another number"
    assert flagged(Rule.FICTITIOUS_PHONE, *cells, country="Atlantis") == [international]
