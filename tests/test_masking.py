"""What is masked cannot be learnt, and can be recognised beside the list."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.masking import mask, masked, scrubbed, without_cells

from .builders import column

#: Texts as they stand in lists: addresses, phones, dates, names, and what becomes of them.
PIECES = ("ann", "Smith", "07700", "900123", "@", "(at)", " at ", ".com", ".", "-", " ", "/", "+44", "31", "02", "19",
          "E", "é", "e\u0301", "Я", "٣", "O'", ":", ",", "\u200d", "名")  # fmt: skip
TEXTS = st.text() | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
LISTS = st.lists(TEXTS, max_size=8)
#: The end of an address's domain, which stays.
ENDING = re.compile(r"(?<=\*\*\*)\.[A-Za-z]{2,6}\Z")


def runs(text: str) -> list[str]:
    """Letters and digits (with their accents) that follow each other."""
    kinds = groupby(text, key=lambda one: unicodedata.category(one)[0] in "LNM")
    return ["".join(run) for is_word, run in kinds if is_word]


@settings(deadline=None)
@given(values=LISTS)
def test_no_run_of_more_than_three_letters_or_digits_survives_but_the_end_of_a_domain(values: list[str]) -> None:
    for value, shown in zip(values, masked(column(*values)).to_pylist(), strict=True):
        rest = ENDING.sub("", shown) if "@" in shown or "at" in shown.lower() else shown
        assert all(len(run) <= 3 for run in runs(rest)), (value, shown)


@settings(deadline=None)
@given(
    digits=st.text("0123456789", min_size=9, max_size=15), gaps=st.lists(st.sampled_from(["", " ", "-"]), max_size=9)
)
def test_of_a_phone_at_most_two_digits_in_front_and_three_behind_survive(digits: str, gaps: list[str]) -> None:
    cut = zip(digits, [*gaps, *[""] * len(digits)], strict=False)
    for phone in (digits, f"+{digits}", "".join(digit + gap for digit, gap in cut)):
        shown = "".join(filter(str.isdigit, mask(phone)))
        assert shown == digits[:2] + digits[-3:]


@settings(deadline=None, max_examples=40)
@given(values=LISTS)
@example(values=[])
def test_a_value_alone_is_masked_like_a_value_in_a_column(values: list[str]) -> None:
    assert masked(column(*values)).to_pylist() == [mask(value) for value in values]


@given(value=st.text(" \t\n.,-", max_size=5))
def test_what_shows_nothing_stays_as_it_is(value: str) -> None:
    assert mask(value) == value


@given(
    spelt=st.lists(st.sampled_from("JOHNSMITH0123456789李é"), min_size=2),
    by=st.text(" .-_/:,|;@\t\n&+'\"()#", min_size=1, max_size=3),
)
@example(spelt=["李", "明"], by=" ")
@example(spelt=list("07700900123"), by=":")
@example(spelt=list("123456"), by="|")
def test_a_word_that_is_spelt_out_is_one_word(spelt: list[str], by: str) -> None:
    shown = "".join(runs(mask(by.join(spelt))))
    assert len(shown) < len(spelt)
    # A number that is taken for a phone shows as much as a phone does.
    assert len(shown) <= 5, shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("john.smith@mail.example.com", "j***@m***.com"),
        (" Ann@example.com ", "A***@e***.com"),
        ("o'neill+x@example.co.uk", "o***@e***.uk"),
        ("07700 900123", "07*** ***123"),
        ("+44 7700 900123", "+44*** ***123"),
        ("(07700) 900-123", "07*** ***123"),
        ("13/02/1980", "**/**/19**"),
        ("1980-02-13", "19**-**-**"),
        ("1980-02-13 09:15:00", "19**-**-** 09:15:00"),
        ("1980-02-13T09:15:00.123Z", "19**-**-**T09:15:00"),
        ("13/02/1980 9:15", "**/**/19** 9:15"),
        ("13/02/1980 09:15:07700900123", "**/**/19** 09:15"),
        ("13/02/1980 09:07700900123", "**/**/19**"),
        ("29.2.80", "**.**.**"),
        ("203.0.113.195", "203.***.***.***"),
        ("Ann-Marie O'Neill", "A***-M*** O'N***"),
        ("J. R. Smith", "J***. S***"),
        ("J o hnny", "J*** h***"),
        ("x@y.z", "x***"),
        ("12 A High Street", "1*** A H*** S***"),
        ("SW1A 1AA", "S*** 1***"),
        ("Zoe\u0301", "Z***"),
        ("Иван", "И***"),
        ("M", "M"),
        ("", ""),
    ],
)
def test_a_value_can_be_recognised(value: str, shown: str) -> None:
    assert mask(value) == shown


@pytest.mark.parametrize(
    ("damaged", "shown"),
    [
        ("john.smith(at)example.com", "j***(at)e***.com"),
        ("john [AT] example.com", "j*** [AT] e***.com"),
        ("john.smith at example.com", "j*** at e***.com"),
        ("ann smith@example.com", "a*** s***@e***.c***"),
        ("ann@@example.com", "a***@@e***.c***"),
        ("ann@example", "a***@e***"),
        ("ann.example.com", "a***.e***.c***"),
        ("john@example,com", "j***@e***,c***"),
        ("7.7009E+09", "7.7***E+09"),
        ("7700900123.0", "7***.0"),
        ("O7700900123", "O***"),
        ("31/02/1980", "31/02/19**"),
        ("02/31/80", "02/31/**"),
        ("13/13/1990", "13/13/19**"),
        ("31.4.1980", "31.4.19**"),
        ("1980-00-10", "19**-00-10"),
        ("45/01/1980 00:00", "45/01/19** 00:00"),
    ],
)
def test_what_is_wrong_with_a_value_stays_in_sight(damaged: str, shown: str) -> None:
    assert mask(damaged) == shown


def test_no_birthday_is_shown() -> None:
    first = date(1980, 1, 1)
    days = [first + timedelta(number) for number in range(366)]
    pairs = [(day.day, day.month) for day in days] + [(day.month, day.day) for day in days]
    written = [f"{one:0{width}}{by}{two:0{width}}" for one, two in pairs for by in "/-." for width in (1, 2)]
    dates = [text for pair in written for text in (f"{pair}/1980", f"1980-{pair}")]
    assert {tuple(runs(shown)) for shown in masked(column(*dates)).to_pylist()} == {("19",)}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Phone_1 07700 900123 is on a list", "Phone_1 0*** is on a list"),
        ("ann.smith@example.com: refused (-5)", "a***@e***: refused (-5)"),
        ("12345 is no title, 1234 is none either", "1*** is no title, 1234 is none either"),
        ("is required and empty", "is required and empty"),
    ],
)
def test_leadbytes_words_are_scrubbed_of_what_may_be_a_persons(words: str, shown: str) -> None:
    assert scrubbed(words) == shown


@given(cells=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3), more=st.booleans())
def test_no_cell_beyond_the_last_column_is_quoted(cells: list[str], *, more: bool) -> None:
    quoted = ", ".join(map(repr, cells)) + (", …" if more else "")
    sentences = [f"has 9 cells; beyond the last column: {quoted}; a cell holds 3 lines", "is empty", ""]
    shown = ["has 9 cells; beyond the last column: ***; a cell holds 3 lines", "is empty", ""]
    assert without_cells(column(*sentences)).to_pylist() == shown


@given(text=st.lists(st.sampled_from(["ann@example.com", "07700 900123", "is", "Phone_1", "-5", "12/12/1980"])))
def test_no_address_and_no_long_number_is_left_in_leadbytes_words(text: list[str]) -> None:
    shown = scrubbed(" ".join(text))
    assert "ann" not in shown
    assert not re.search(r"[0-9]{5}|[0-9]{2}/[0-9]", shown)
