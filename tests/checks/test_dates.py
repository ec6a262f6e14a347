from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import Rule
from pipeline.checks.dates import latest_birthday

from .looking import NOW, flagged, said

NO_DATE = "is empty: nothing shows when consent was given"


def test_an_opt_in_date_must_be_there_and_be_a_date() -> None:
    assert said(Rule.OPTIN_DATE, "", "2026-06-01", "yesterday") == [
        NO_DATE,
        "",
        "is not a date in a form that is known: write YYYY-MM-DD, or declare date_format in the mapping",
    ]


def test_an_opt_in_date_of_tomorrow_may_be_another_time_zone_and_one_after_that_is_in_the_future() -> None:
    cells = ("2026-06-15", "2026-06-16 23:59:59", "2026-06-17", "2062-06-15")
    assert flagged(Rule.OPTIN_DATE, *cells) == ["2026-06-17", "2062-06-15"]
    assert said(Rule.OPTIN_DATE, "2026-06-17") == ["is in the future"]


def test_an_opt_in_date_may_be_so_many_days_old_and_no_more() -> None:
    oldest = NOW.date() - timedelta(days=90)
    cells = (f"{oldest} 00:00:01", f"{oldest}", f"{oldest - timedelta(days=1)} 23:59:59")
    assert said(Rule.OPTIN_DATE, *cells, limit=90) == ["", "", "is more than 90 days ago"]
    assert flagged(Rule.OPTIN_DATE, *cells, "1999-01-01") == [], "without a limit any age will do"


def test_an_opt_in_date_is_read_by_its_columns_format() -> None:
    assert flagged(Rule.OPTIN_DATE, "07/06/2026", "06/07/2026 10:00", date_format="%d/%m/%Y") == ["06/07/2026 10:00"]
    assert flagged(Rule.OPTIN_DATE, "07/06/2026", "06/07/2026 10:00", date_format="%m/%d/%Y") == ["07/06/2026"]
    assert "ambiguous" in said(Rule.OPTIN_DATE, "07/06/2026")[0]


def test_today_is_that_of_utc() -> None:
    evening = datetime(2026, 6, 15, 23, 30, tzinfo=timezone(timedelta(hours=-5)))  # the 16th, in UTC
    assert said(Rule.OPTIN_DATE, "2026-06-17", now=evening) == [""]
    assert said(Rule.OPTIN_DATE, "2026-06-18", now=evening) == ["is in the future"]


def test_who_turns_18_today_is_old_enough_and_who_does_tomorrow_is_not() -> None:
    cells = ("", "2008-06-15", "2008-06-16", "2030-01-01", "1940-01-01")
    words = "is the date of birth of somebody under 18"
    assert said(Rule.AGE, *cells, limit=18) == ["", "", words, words, ""]


def test_a_date_of_birth_that_nobody_can_read_is_told() -> None:
    assert said(Rule.AGE, "31/02/1980", limit=18, date_format="%d/%m/%Y") == [
        "is not a valid date: expected DD/MM/YYYY, as in 25/12/1980, and a day that exists"
    ]


@pytest.mark.parametrize(
    ("today", "old_enough"),
    [
        ("2026-02-28", False),  # no 29 February this year: the birthday is on 1 March
        ("2026-03-01", True),
        ("2028-02-29", True),
    ],
)
def test_who_was_born_on_29_february_has_a_birthday_in_every_year(today: str, old_enough: bool) -> None:
    now = datetime.fromisoformat(today).replace(tzinfo=UTC)
    assert (said(Rule.AGE, "2008-02-29", limit=18, now=now) == [""]) is old_enough


def test_on_29_february_those_are_old_enough_who_were_born_by_28_february() -> None:
    cells = ("2010-02-28", "2010-03-01")
    now = datetime(2028, 2, 29, tzinfo=UTC)
    assert [bool(one) for one in said(Rule.AGE, *cells, limit=18, now=now)] == [False, True]


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)), st.integers(1, 80), st.dates(date(1900, 1, 1)))
def test_age_is_counted_by_the_calendar(today: date, years: int, born: date) -> None:
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    assert (born <= latest_birthday(today, years)) is (today.year - born.year - (not had_birthday) >= years)
