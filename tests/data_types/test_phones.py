from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data_types import TypeOptions
from pipeline.data_types.phones import PHONE, UK_LANDLINE, UK_MOBILE

from .cells import UNHURRIED, canonical, fault, sent

E164 = TypeOptions(phone_format="e164")
UK_DIGITS = st.from_regex(r"[1-9][0-9]{8,9}", fullmatch=True)
MOBILE_DIGITS = st.from_regex(r"7[0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    "raw",
    [
        "07700900123", "07700 900123", "07700-900-123", "07700.900.123", "(07700) 900123", "+447700900123",
        "+44 7700 900123", "+44 (0)7700 900123", "+44(0) 7700 900 123", "(+44) 7700 900123", "00447700900123",
        "0044 (0) 7700 900123", "447700900123", "4407700900123", "7700900123", "7700900123.0", "'07700900123",
        "tel:+44-7700-900123", " 07700\u00a0900123 ", "\u202a+44 7700 900123\u202c", "07700–900123", "07700/900123",
    ],
)  # fmt: skip
def test_every_way_to_write_a_uk_mobile_is_the_same_number(raw: str) -> None:
    assert canonical(UK_MOBILE, raw) == "07700900123"


@pytest.mark.parametrize("raw", ["07400 123456", "07911 123456", "07624 123456", "07781 123456", "07797 123456"])
def test_mobiles_of_the_uk_and_the_crown_dependencies_are_valid(raw: str) -> None:
    assert canonical(UK_MOBILE, raw) is not None


@pytest.mark.parametrize("number", ["07700900000", "07700900999", "+44 7700 900500"])
def test_ofcoms_numbers_for_drama_are_valid_mobiles(number: str) -> None:
    assert canonical(UK_MOBILE, number) is not None
    assert canonical(PHONE, number) is not None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("0770090012", "10 digits after the first 0 are expected, this has 9"),
        ("077009001234", "10 digits after the first 0 are expected, this has 11"),
        ("+44 7700 90012", "10 digits after the first 0 are expected, this has 9"),
        ("7.7009E+09", "scientific notation"),
        ("4.47701E+11", "scientific notation"),
        ("020 7946 0123", "these start with 07, this starts with 02"),
        ("+33 6 12 34 56 78", "country code of another country"),
        ("0033612345678", "country code of another country"),
        ("07010 123456", "personal numbering"),
        ("07600 123456", "pagers"),
        ("07700 500123", "no network"),
        ("077OO 900123", "contains “O”"),
        ("07700 900123 ext 4", "extension"),
        ("07700 900123 / 07700 900124", "two numbers"),
        ("07700 900123 or 07700 900124", "two numbers"),
        ("07700+900123", "+ inside"),
        ("０7700900123", "contains “０”"),
        ("n/a", "contains “n”"),
        ("-", "no digits"),
        ("0", "these start with 07"),
    ],
)
def test_an_invalid_uk_mobile_is_explained(raw: str, words: str) -> None:
    assert words in fault(UK_MOBILE, raw)


@pytest.mark.parametrize("raw", ["n/a", "0770090012", "+33 6 12 34 56 78", "077OO 900123"])
def test_what_is_not_understood_stays_as_it_is(raw: str) -> None:
    assert UK_MOBILE.normalise(f" {raw} ", TypeOptions()) == raw


@UNHURRIED
@given(digits=MOBILE_DIGITS)
def test_the_mobile_check_agrees_with_libphonenumber(digits: str) -> None:
    number = phonenumbers.parse(f"+44{digits}")
    mobile = phonenumbers.is_valid_number(number) and (
        phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    )
    assert (canonical(UK_MOBILE, f"0{digits}") is not None) == (mobile or digits.startswith("7700900"))


@UNHURRIED
@given(digits=UK_DIGITS)
def test_the_check_of_any_uk_number_agrees_with_libphonenumber(digits: str) -> None:
    valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+44{digits}"))
    drama = len(digits) == 10 and digits.startswith(("7700900", "1632960"))
    assert (canonical(PHONE, f"+44{digits}") is not None) == (valid or drama)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_example_number_of_every_region_is_itself_in_e164(region: str) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    for country in ("United Kingdom", "Nowhere"):
        options = TypeOptions(country=country)
        assert canonical(PHONE, written, options) == e164
        assert PHONE.normalise(sent(PHONE, written, options), options) == e164


@pytest.mark.parametrize(
    ("raw", "number"),
    [("020 7946 0123", "02079460123"), ("+44 20 7946 0123", "02079460123"), ("(01632) 960123", "01632960123"),
     ("0113 496 0123", "01134960123"), ("2079460123", "02079460123"), ("0300 123 4567", "03001234567"),
     ("01534 123456", "01534123456"), ("056 0123 4567", "05601234567")],
)  # fmt: skip
def test_uk_landlines_are_read(raw: str, number: str) -> None:
    assert canonical(UK_LANDLINE, raw) == number


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("07700 900123", "this starts with 07"),
        ("0800 123456", "this starts with 08"),
        ("020 7946", "10 or 9 digits after the first 0 are expected, this has 6"),
        ("01999 999999", "no network"),
        ("2.0795E+09", "scientific notation"),
    ],
)
def test_an_invalid_uk_landline_is_explained(raw: str, words: str) -> None:
    assert words in fault(UK_LANDLINE, raw)


@pytest.mark.parametrize(
    ("raw", "country", "number", "national"),
    [
        ("020 7946 0123", "United Kingdom", "+442079460123", "02079460123"),
        ("447400123456", "United Kingdom", "+447400123456", "07400123456"),
        ("+33 6 12 34 56 78", "United Kingdom", "+33612345678", "+33612345678"),
        ("0033612345678", "United Kingdom", "+33612345678", "+33612345678"),
        ("0033612345678", "Nowhere", "+33612345678", "+33612345678"),
        ("(202) 555-0123", "United States", "+12025550123", "2025550123"),
        ("06 12 34 56 78", "France", "+33612345678", "0612345678"),
        ("030 123456", "Germany", "+4930123456", "030123456"),
    ],
)
def test_any_phone_number_is_read_from_the_campaigns_country(
    raw: str, country: str, number: str, national: str
) -> None:
    options = TypeOptions(country=country)
    assert canonical(PHONE, raw, options) == number
    assert sent(PHONE, raw, options) == national
    assert sent(PHONE, raw, TypeOptions(country=country, phone_format="e164")) == number


@pytest.mark.parametrize(
    ("raw", "country", "words"),
    [
        ("12345", "United Kingdom", "5 digits"),
        ("020 7946 0123", "Nowhere", "country code"),
        ("020 7946 0123 x12", "United Kingdom", "extension"),
        ("0800 FLOWERS", "United Kingdom", "contains “F”"),
        ("1.2E+10", "United Kingdom", "scientific"),
    ],
)
def test_an_invalid_phone_number_is_explained(raw: str, country: str, words: str) -> None:
    assert words in fault(PHONE, raw, TypeOptions(country=country))


def test_a_uk_number_is_sent_in_the_format_that_is_wanted() -> None:
    assert sent(UK_MOBILE, "+44 7700 900123") == "07700900123"
    assert sent(UK_MOBILE, "07700 900123", E164) == "+447700900123"
    assert sent(UK_LANDLINE, "020 7946 0123", E164) == "+442079460123"
