from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data_types.numbers import CURRENCY, INTEGER, NUMBER

from .cells import canonical, fault


@pytest.mark.parametrize(
    ("raw", "number"),
    [("12", "12"), ("-12", "-12"), ("+12", "12"),
     ("\u221212", "-12"), ("1,234", "1234"), ("1,234,567.89", "1234567.89"),
     (".5", "0.5"), ("007", "007"), ("1.50", "1.50")],
)  # fmt: skip
def test_numbers_are_read(raw: str, number: str) -> None:
    assert canonical(NUMBER, raw) == number


@pytest.mark.parametrize(
    ("raw", "words"),
    [("1,5", "decimal comma"), ("1.234,56", "decimal comma"),
     ("12,34,567", "wrong place"), ("1,2345", "wrong place"),
     ("1E+05", "scientific"), ("abc", "only digits"),
     ("1 2", "only digits"), ("１２", "only digits"), ("5.", "only digits"),
     ("-", "only digits"), (".", "only digits"), ("--5", "only digits")],
)  # fmt: skip
def test_an_invalid_number_is_explained(raw: str, words: str) -> None:
    assert words in fault(NUMBER, raw)


@pytest.mark.parametrize(
    ("raw", "number"), [("12", "12"), ("12.0", "12"), ("1,000", "1000"), ("-3", "-3"), ("0", "0")]
)
def test_whole_numbers_are_read(raw: str, number: str) -> None:
    assert canonical(INTEGER, raw) == number


@pytest.mark.parametrize(
    ("raw", "words"), [("1.5", "has decimals"), ("ten", "whole number"), ("1,5", "decimal comma")]
)
def test_an_invalid_whole_number_is_explained(raw: str, words: str) -> None:
    assert words in fault(INTEGER, raw)


@pytest.mark.parametrize(
    ("raw", "amount"),
    [("1234.5", "1234.5"), ("£1,234.50", "1234.50"), ("£ 5", "5"), ("-£5", "-5"), ("£-5", "-5"), ("5 EUR", "5"),
     ("usd 5", "5"), ("GBP5", "5"), ("US$5", "5"), ("5€", "5"), ("\u2212£5.10", "-5.10"),
     ("£.50", "0.50"), ("0", "0")],
)  # fmt: skip
def test_amounts_lose_their_currency(raw: str, amount: str) -> None:
    assert canonical(CURRENCY, raw) == amount


@pytest.mark.parametrize(
    ("raw", "words"),
    [("12.345", "more than two decimals"), ("£5,50", "decimal comma"), ("1.234,50 EUR", "decimal comma"),
     ("£1,23", "decimal comma"), ("£", "amount of money"), ("five", "amount of money"),
     ("5 XYZ", "amount of money"),
     ("-£-5", "amount of money"), ("££5", "amount of money"), ("£1E+05", "amount of money"),
     ("1E+05", "scientific")],
)  # fmt: skip
def test_an_invalid_amount_is_explained(raw: str, words: str) -> None:
    assert words in fault(CURRENCY, raw)


@given(pence=st.integers(-(10**12), 10**12))
def test_every_amount_survives_being_written_for_people(pence: int) -> None:
    sign, pounds, rest = "-" if pence < 0 else "", abs(pence) // 100, abs(pence) % 100
    assert canonical(CURRENCY, f"{sign}£{pounds:,}.{rest:02}") == f"{sign}{pounds}.{rest:02}"
    assert canonical(NUMBER, f"{pence:,}") == str(pence)
