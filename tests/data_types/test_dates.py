from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data_types import TypeOptions, format_problem
from pipeline.data_types.dates import DATE, DATE_TIME

from .cells import canonical, fault, sent

UK = TypeOptions(date_format="%d/%m/%Y")
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


@pytest.mark.parametrize(
    "raw",
    [
        "1980-02-13", "1980/02/13", "1980.2.13", "1980-2-13", "19800213", "13/02/1980", "13-2-1980", "13.02.1980",
        "02/13/1980", "2/13/1980", "13 Feb 1980", "13-Feb-1980", "13 february 1980", "13th Feb. 1980",
        "February 13, 1980", "Feb 13 1980", "FEB 13th, 1980", "13Feb1980", " 1980-02-13\n", "1980-02-13 00:00:00",
        "1980-02-13T00:00:00Z", "1980-02-13T00:00:00.000+00:00", "13/02/1980 00:00", "2/13/1980 12:00:00 AM",
    ],
)  # fmt: skip
def test_an_undeclared_date_that_can_mean_one_day_only_is_that_day(raw: str) -> None:
    assert canonical(DATE, raw) == "1980-02-13"


def test_equal_day_and_month_are_not_ambiguous() -> None:
    assert canonical(DATE, "03/03/1980") == "1980-03-03"


@pytest.mark.parametrize("raw", ["01/02/1980", "1-2-1980", "12.11.1980", "01/02/1980 00:00:00"])
def test_an_ambiguous_date_is_invalid_and_says_what_to_declare(raw: str) -> None:
    sentence = fault(DATE, raw)
    assert "ambiguous" in sentence
    assert "date_format" in sentence


def test_the_declaration_that_is_proposed_is_the_one_that_helps() -> None:
    assert '"%d/%m/%Y"' in fault(DATE, "01/02/1980")
    assert '"%d.%m.%Y"' in fault(DATE, "01.02.1980")
    assert '"%d-%b-%y"' in fault(DATE, "1-Feb-80")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("31/02/1980", "no such day"),
        ("1980-02-30", "no such day"),
        ("1981-02-29", "no such day"),
        ("00/00/0000", "no such day"),
        ("20001301", "no such day"),
        ("1/2/80", "two digits"),
        ("25-12-80", "two digits"),
        ("1-Feb-80", "two digits"),
        ("1850-01-01", "outside 1900 to 2100"),
        ("13/02/2980", "outside 1900 to 2100"),
        ("29252", "Excel's inner number"),
        ("29252.5", "Excel's inner number"),
        ("1980-02-13 10:30", "time of day"),
        ("1980-02-13 25:00", "no such time of day"),
        ("1980-02-13T00:00:00+02:00", "time zone"),
        ("yesterday", "YYYY-MM-DD"),
        ("13 Fev 1980", "YYYY-MM-DD"),
        ("13/02-1980", "YYYY-MM-DD"),
        ("１３/02/1980", "YYYY-MM-DD"),
        ("1980-02", "YYYY-MM-DD"),
        ("0" * 5000, "YYYY-MM-DD"),
    ],
)
def test_an_undeclared_date_that_is_invalid_is_explained(raw: str, words: str) -> None:
    assert words in fault(DATE, raw)


@pytest.mark.parametrize(
    ("raw", "day"),
    [("01/02/1980", "1980-02-01"), ("1/2/1980", "1980-02-01"), ("31/12/2000", "2000-12-31"),
     ("1980-02-01", "1980-02-01"), ("1980-02-01 00:00:00", "1980-02-01"), ("01/02/1980 00:00", "1980-02-01")],
)  # fmt: skip
def test_a_declared_format_decides_and_iso_is_understood_beside_it(raw: str, day: str) -> None:
    assert canonical(DATE, raw, UK) == day


@pytest.mark.parametrize("raw", ["02/13/1980", "13-02-1980", "13 Feb 1980", "13/02/80", "31/02/1980", "１3/02/1980"])
def test_what_does_not_fit_the_declared_format_is_told_the_format_in_human_form(raw: str) -> None:
    assert "expected DD/MM/YYYY, as in 25/12/1980" in fault(DATE, raw, UK)


def test_a_declared_format_without_separators_does_not_shift_digits_over_a_lost_zero() -> None:
    options = TypeOptions(date_format="%Y%m%d")
    assert canonical(DATE, "20011101", options) == "2001-11-01"
    assert fault(DATE, "2001111", options)
    assert fault(DATE, "10280", TypeOptions(date_format="%d%m%y"))


def test_a_declared_format_may_have_letters_and_a_time() -> None:
    assert canonical(DATE, "1 february 1980", TypeOptions(date_format="%d %B %Y")) == "1980-02-01"
    assert canonical(DATE, "01/02/1980 10:30", TypeOptions(date_format="%d/%m/%Y %H:%M")) == "1980-02-01"
    assert canonical(DATE, "01/02/99", TypeOptions(date_format="%d/%m/%y")) == "1999-02-01"


@pytest.mark.parametrize("date_format", ["%m/%Y", "%d/%m", "dd/mm/yyyy", "%Y", "%Y-%d-%m", "%d%d%Y", "%", "\ud800%Y"])
def test_a_format_that_would_change_or_invent_a_day_is_refused_with_all_its_values(date_format: str) -> None:
    assert format_problem(date_format)
    assert "date_format" in fault(DATE, "1980-01-02", TypeOptions(date_format=date_format))


@pytest.mark.parametrize("date_format", ["%d/%m/%Y", "%m/%d/%y", "%Y%m%d", "%d %b %Y", "%d.%m.%Y %H:%M:%S", "%x"])
def test_a_format_that_holds_a_whole_date_is_usable(date_format: str) -> None:
    assert format_problem(date_format) == ""


def test_a_date_is_sent_in_the_format_that_the_campaign_wants() -> None:
    assert sent(DATE, "13/02/1980") == "1980-02-13"
    assert sent(DATE, "13/02/1980", TypeOptions(send_format="%d.%m.%Y")) == "13.02.1980"
    assert sent(DATE_TIME, "13/02/1980 10:30", TypeOptions(send_format="%d/%m/%Y %H:%M")) == "13/02/1980 10:30"


@pytest.mark.parametrize(
    "text", ["1980-02-13\n", "1980-2-13", "13/02/1980", "1980-02-30", "１980-02-13", "1899-12-31"]
)
def test_only_canonical_text_passes_the_check(text: str) -> None:
    assert not DATE.check(text, TypeOptions())


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2024-05-06 10:11:12", "2024-05-06 10:11:12"),
        ("2024-05-06T10:11:12Z", "2024-05-06 10:11:12"),
        ("2024-05-06T10:11:12.345+0000", "2024-05-06 10:11:12"),
        ("2024-05-06 10:11", "2024-05-06 10:11:00"),
        ("2024-05-06", "2024-05-06 00:00:00"),
        ("13/05/2024 3:04 pm", "2024-05-13 15:04:00"),
        ("13/05/2024 12:04 AM", "2024-05-13 00:04:00"),
        ("13 May 2024, 10:00", "2024-05-13 10:00:00"),
    ],
)
def test_a_date_time_is_read(raw: str, moment: str) -> None:
    assert canonical(DATE_TIME, raw) == moment


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("05/06/2024 10:00", "ambiguous"),
        ("2024-05-06 24:00:00", "no such time"),
        ("2024-05-06 13:00 pm", "no such time"),
        ("2024-05-06 10:00:00+01:00", "time zone"),
        ("noon", "YYYY-MM-DD hh:mm:ss"),
    ],
)
def test_an_invalid_date_time_is_explained(raw: str, words: str) -> None:
    assert words in fault(DATE_TIME, raw)


def test_a_declared_date_time_is_read_by_its_format() -> None:
    options = TypeOptions(date_format="%d/%m/%Y %H:%M")
    assert canonical(DATE_TIME, "05/06/2024 10:00", options) == "2024-06-05 10:00:00"
    assert canonical(DATE_TIME, "05/06/2024 10:00", UK) == "2024-06-05 10:00:00"
    zoned = TypeOptions(date_format="%d/%m/%Y %H:%M %z")
    assert canonical(DATE_TIME, "05/06/2024 10:00 +0000", zoned) == "2024-06-05 10:00:00"
    assert fault(DATE_TIME, "05/06/2024 10:00 +0200", zoned)


@given(day=DAYS, date_format=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d %B %Y", "%Y%m%d", "%d-%b-%Y"]))
def test_every_day_survives_its_declared_format(day: dt.date, date_format: str) -> None:
    options = TypeOptions(date_format=date_format, send_format=date_format)
    assert canonical(DATE, day.strftime(date_format), options) == day.isoformat()
    assert sent(DATE, day.isoformat(), options) == day.strftime(date_format)


@given(day=DAYS, date_format=st.sampled_from(["%d/%m/%Y", "%m-%d-%Y", "%d.%m.%Y"]))
def test_an_undeclared_numeric_date_is_the_right_day_or_no_day(day: dt.date, date_format: str) -> None:
    assert canonical(DATE, day.strftime(date_format)) in {day.isoformat(), None}


@given(day=DAYS)
def test_forms_that_name_their_parts_are_always_that_day(day: dt.date) -> None:
    eight_digits = ("%Y%m%d",) if day.year < 2100 else ()
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%B %d, %Y", *eight_digits):
        assert canonical(DATE, day.strftime(form)) == day.isoformat()
