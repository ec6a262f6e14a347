from __future__ import annotations

import pytest

from pipeline.errors import ConfigError
from pipeline.retention.person import Person

JANE = Person.of("Jane.Quillfeather@Example.com", "+44 7700 900123")


@pytest.mark.parametrize(
    "text",
    [
        "jane.quillfeather@example.com",
        "JANE.QUILLFEATHER@EXAMPLE.COM",
        " mailto:Jane.Quillfeather@example.com ",
        "Jane <jane.quillfeather@example.com>, her mother",
        "beyond the last column: 'jane.quillfeather@example.com'",
        "write to jane.quillfeather@example.com.",
        "jane.quillfeather @ example.com",
        "jane.quillfeather (at) example.com",
        "jane.quillfeather@example,com",
        "jane.quill\u200bfeather@example.com",
        "list of jane.quillfeather@example.com.csv",
        "jane.quillfeather@example.com.xlsx/report.html",
        "x\0jane.quillfeather@example.com\0y",
        "07700900123",
        "07700 900 123",
        "+447700900123",
        "+44 (0)7700 900123",
        "0044 7700-900-123",
        "447700900123",
        "7700900123",
        "7700900123.0",
        "7.700900123E+09",
        "tel:07700.900.123",
        "07700\u00a0900\u2011123",
        "\uff10\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13",
        "1. 07700 900123",
        "07700900124 / 07700900123",
        "'07700900123",
        "<v>7700900123</v>",
    ],
)
def test_a_person_is_known_however_the_address_or_the_number_is_written(text: str) -> None:
    assert JANE.is_in(text)
    assert not JANE.is_in(JANE.without(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quillfeather@example.com",
        "mary-jane.quillfeather@example.com",
        "o'jane.quillfeather@example.com",
        "jane.quillfeather+news@example.com",
        "jane.quillfeather@example.com.au",
        "jane.quillfeather@example.company",
        "jane.quillfeather@sub.example.com",
        "07700900124",
        "077009001234",
        "177009001230",
        "5507700900123",
        "+49 7700 900123",
        "+7700900123",
        "4929 7700 900123",
        "0770090012\0" + "3",
    ],
)
def test_another_person_is_not_taken_for_them(text: str) -> None:
    assert not JANE.is_in(text)
    assert JANE.without(text) == text


def test_either_is_enough_to_know_somebody() -> None:
    assert Person.of(phone="07700 900123").is_in("07700900123, jane@example.com")
    assert Person.of(email="jane@example.com").is_in("07700900123, jane@example.com")
    assert not Person.of(email="jane@example.com").is_in("07700900123")


def test_only_the_address_and_the_number_are_taken_out_of_a_text() -> None:
    said = "row 7: jane.quillfeather@example.com called from +44 (0)7700 900123, then from 07700 900124"
    assert JANE.without(said) == "row 7: erased called from erased, then from 07700 900124"


@pytest.mark.parametrize("number", ["+49 30 901820", "+1 212 555 0123", "+353 1 679 1234"])
def test_numbers_of_other_countries_are_known_at_home_too(number: str) -> None:
    there = Person.of(phone=number)
    assert there.is_in(number)
    assert there.is_in(number.replace(" ", ""))
    home = number.split(" ", 1)[1]
    assert there.is_in(home if number.startswith("+1") else f"0{home}")


def test_a_number_that_is_in_no_plan_is_known_by_its_digits() -> None:
    wrong = Person.of(phone="07700 90012")
    assert wrong.is_in("0770090012")
    assert not wrong.is_in("07700900123")


@pytest.mark.parametrize(
    ("email", "phone", "said"),
    [
        ("", "", "nobody is named"),
        (" ", "", "nobody is named"),
        ("jane at home", "", "--email is not an e-mail address"),
        ("jane@home", "", "--email is not an e-mail address"),
        ("", "123456", "--phone is not a phone number"),
        ("jane@example.com", "none", "--phone is not a phone number"),
    ],
)
def test_what_names_nobody_is_refused_and_not_repeated(email: str, phone: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Person.of(email, phone)
    assert caught.value.message == said
    assert caught.value.hint
    assert "jane" not in said


def test_a_person_is_never_shown_by_accident() -> None:
    assert "jane" not in repr(JANE).casefold()
    assert "7700" not in f"{JANE}"
