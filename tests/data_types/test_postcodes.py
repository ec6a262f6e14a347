from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data_types import TypeOptions
from pipeline.data_types.postcodes import POSTCODE, UK_AREAS

from .cells import canonical, fault

INWARD = st.from_regex(r"[0-9][ABD-HJLNP-UW-Z]{2}", fullmatch=True)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("M1 1AA", "M1 1AA"), ("m11aa", "M1 1AA"), ("M60 1NW", "M60 1NW"), ("cr26xh", "CR2 6XH"),
        ("DN55 1PT", "DN55 1PT"), ("W1A 1HQ", "W1A 1HQ"), ("ec1a1bb", "EC1A 1BB"), (" SW1A  1AA ", "SW1A 1AA"),
        ("SW1A-1AA", "SW1A 1AA"), ("SW1A\u00a01AA", "SW1A 1AA"), ("GY1 1AA", "GY1 1AA"), ("je2 3ab", "JE2 3AB"),
        ("IM1 1AA", "IM1 1AA"), ("gir0aa", "GIR 0AA"), ("bfpo57", "BFPO 57"), ("BF1 3AA", "BF1 3AA"),
        ("BX9 1AS", "BX9 1AS"),
    ],
)  # fmt: skip
def test_a_uk_postcode_is_upper_case_with_one_space(raw: str, code: str) -> None:
    assert canonical(POSTCODE, raw) == code


def test_there_are_121_areas_in_the_uk_and_three_in_the_crown_dependencies() -> None:
    assert len(UK_AREAS) == 121 + 3
    assert {"GY", "JE", "IM"} <= UK_AREAS


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("QQ1 1AA", "no postcode area"),
        ("SW1A", "second half is missing"),
        ("M1", "second half is missing"),
        ("MO 1AA", "letter O or I"),
        ("M1 OAA", "letter O or I"),
        ("M1 1CC", "do not occur in this order"),
        ("AB1C 2DE", "do not occur in this order"),
        ("M1 1AÀ", "contains “À”"),
        ("M1, 1AA", "contains “,”"),
        ("ſW1A 1AA", "only letters and digits"),
        ("hello", "expected a form such as"),
        ("12345", "expected a form such as"),
        ("-", "expected a form such as"),
    ],
)
def test_an_invalid_uk_postcode_is_explained(raw: str, words: str) -> None:
    assert words in fault(POSTCODE, raw)


@given(
    area=st.sampled_from(sorted(UK_AREAS)), district=st.integers(0, 99), inward=INWARD, joint=st.sampled_from(" -")
)
def test_every_real_area_is_accepted_however_it_is_joined(area: str, district: int, inward: str, joint: str) -> None:
    code = f"{area}{district} {inward}"
    for raw in (code, code.lower(), code.replace(" ", ""), code.replace(" ", joint)):
        assert canonical(POSTCODE, raw) == code


@pytest.mark.parametrize(
    ("country", "raw", "code"),
    [
        ("Guernsey", "gy11aa", "GY1 1AA"), ("", "m11aa", "M1 1AA"), ("GB", "m11aa", "M1 1AA"),
        ("United States", "90210", "90210"), ("USA", "20500 0003", "20500-0003"), ("US", "205000003", "20500-0003"),
        ("Canada", "k1a0b1", "K1A 0B1"), ("Ireland", "d02af30", "D02 AF30"), ("Ireland", "D6W XY00", "D6W XY00"),
        ("Australia", "2000", "2000"), ("Germany", "D-10115", "10115"), ("Germany", "01067", "01067"),
        ("France", "75 008", "75008"), ("Netherlands", "1012ab", "1012 AB"), ("Japan", "100-0001", "100-0001"),
        ("Nowhere", "ab  12", "AB 12"),
    ],
)  # fmt: skip
def test_postcodes_of_other_countries_follow_their_pattern(country: str, raw: str, code: str) -> None:
    assert canonical(POSTCODE, raw, TypeOptions(country=country)) == code


@pytest.mark.parametrize(
    ("country", "raw", "words"),
    [
        ("United States", "2134", "dropped a 0"), ("Germany", "1067", "dropped a 0"), ("Australia", "800", "dropped"),
        ("United States", "SW1A 1AA", "5 digits"), ("Canada", "K1A 0O1", "K1A 0B1"), ("Ireland", "D02", "Eircode"),
        ("Netherlands", "0123 AB", "1012 AB"), ("Japan", "1", "2 to 12"), ("Japan", "1234567890123", "2 to 12"),
        ("Japan", "--", "2 to 12"), ("Japan", "ab/12", "2 to 12"),
    ],
)  # fmt: skip
def test_an_invalid_postcode_of_another_country_is_explained(country: str, raw: str, words: str) -> None:
    assert words in fault(POSTCODE, raw, TypeOptions(country=country))
