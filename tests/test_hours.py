from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.hours import Calendar, DailyLimit, OnCap, Window, parse_on_cap, zone_named

LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)
#: Clocks go forward and back there in 2026, by an hour or, on Lord Howe, by half an hour; Kathmandu's stay.
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "UTC"]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


#: Days on which the clocks change in one of these zones.
CHANGES = [utc(2026, month, day) for month, day in
           [(3, 29), (10, 25), (3, 8), (11, 1), (4, 5), (10, 4), (9, 6), (4, 4)]]  # fmt: skip
YEAR = st.integers(0, 333 * 24 * 60).map(lambda minutes: utc(2026, 1, 1) + minutes * MINUTE)


# ---------------------------------------------------------------------- hours


@pytest.mark.parametrize(
    ("text", "start", "end", "days"),
    [
        ("09:00-18:00 Europe/London", 540, 1080, range(7)),
        ("9:00-18:00 Europe/London", 540, 1080, range(7)),
        ("  09:00 - 18:00   Europe/London ", 540, 1080, range(7)),
        ("00:00-24:00 Europe/London", 0, 1440, range(7)),
        ("Mon-Fri 09:00-18:00 Europe/London", 540, 1080, range(5)),
        ("mon - fri 09:00–18:00 Europe/London", 540, 1080, range(5)),
        ("Sat-Mon 22:00-06:00 Europe/London", 1320, 360, (5, 6, 0)),
        ("Mon, Wed,Fri-Sat 09:30-17:15 Europe/London", 570, 1035, (0, 2, 4, 5)),
        ("Sun 09:00-18:00 Europe/London", 540, 1080, (6,)),
    ],
)
def test_hours_are_times_of_day_a_zone_and_perhaps_days(
    text: str, start: int, end: int, days: tuple[int, ...]
) -> None:
    window = Window.parse(text)
    assert (window.start, window.end, window.days, window.zone) == (start, end, frozenset(days), LONDON)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not hours and a time zone"),
        ("09:00-18:00", "not hours and a time zone"),
        ("9-18 Europe/London", "not hours and a time zone"),
        ("09:00 Europe/London", "not hours and a time zone"),
        ("٠٩:00-18:00 Europe/London", "not hours and a time zone"),
        ("09:60-18:00 Europe/London", "no such time of day"),
        ("09:00-24:01 Europe/London", "no such time of day"),
        ("24:00-06:00 Europe/London", "no such time of day"),
        ("09:00-09:00 Europe/London", "begins when it ends"),
        ("Mon-Fry 09:00-18:00 Europe/London", "mon-fry is no day or days"),
        ("Mon- 09:00-18:00 Europe/London", "mon- is no day or days"),
        ("Mon,,Tue 09:00-18:00 Europe/London", "nothing is no day or days"),
        ("Mon-Wed-Fri 09:00-18:00 Europe/London", "no day or days"),
        ("09:00-18:00 Europe/Londn", "no time zone Europe/Londn.*Europe/London"),
        ("09:00-18:00 Europe", "no time zone Europe"),
        ("09:00-18:00 ../../etc/passwd", "no time zone"),
        ("09:00-18:00 /etc/passwd", "no time zone"),
    ],
)
def test_nonsense_is_no_hours(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Window.parse(text)
    assert "Europe/London" in caught.value.hint


def open_by_the_clock(text: str, at: datetime) -> bool:
    """The law, told another way: what a clock on the wall shows, and on which day those hours began."""
    days, hours, zone = text.split()
    opens, closes = ([int(part) for part in one.split(":")] for one in hours.split("-"))
    wall = at.astimezone(ZoneInfo(zone))
    shows = [wall.hour, wall.minute]
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    chosen = set(days.split(","))
    today, yesterday = names[wall.weekday()], names[wall.weekday() - 1]
    if opens < closes:
        return today in chosen and opens <= shows < closes
    return (today in chosen and shows >= opens) or (yesterday in chosen and shows < closes)


_MINUTES = st.integers(0, 1439).map(lambda one: f"{one // 60:02}:{one % 60:02}") | st.sampled_from(
    ["00:00", "01:00", "01:30", "02:00", "02:15", "02:30", "03:00"]
)
_WEEK = st.sets(st.sampled_from(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]), min_size=1).map(",".join)


@settings(deadline=None, max_examples=150)
@given(
    st.tuples(_MINUTES, _MINUTES).filter(lambda pair: pair[0] != pair[1]),
    st.just("Mon,Tue,Wed,Thu,Fri,Sat,Sun") | _WEEK,
    st.sampled_from(ZONES),
    st.sampled_from(CHANGES) | YEAR,
    st.integers(-1440, 1440),
    st.integers(0, 59_999_999),
)
@example(("01:30", "05:00"), "Mon,Tue,Wed,Thu,Fri,Sat,Sun", "Europe/London", utc(2026, 3, 29), 0, 0)
@example(("01:15", "01:45"), "Sun", "Europe/London", utc(2026, 3, 29), 0, 1)
@example(("01:30", "01:45"), "Sun", "Europe/London", utc(2026, 10, 25), 40, 0)
@example(("23:30", "01:30"), "Sat", "Europe/London", utc(2026, 10, 24, 23), 170, 0)
def test_it_opens_at_the_first_minute_that_the_clock_on_the_wall_shows(
    hours: tuple[str, str], days: str, zone: str, day: datetime, minutes: int, microseconds: int
) -> None:
    text = f"{days} {hours[0]}-{hours[1]} {zone}"
    window = Window.parse(text)
    start = day + minutes * MINUTE
    asked = start + timedelta(microseconds=microseconds)
    assert window.is_open(asked) == open_by_the_clock(text, asked)
    opens = window.opens_at(asked)
    if open_by_the_clock(text, asked):
        assert opens == asked
        return
    # Closed: then at the first whole minute that is open. The search is by hand, and ends after two weeks.
    first = next(
        start + ahead * MINUTE for ahead in range(1, 20_160) if open_by_the_clock(text, start + ahead * MINUTE)
    )
    assert opens == first


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    window = Window.parse("Fri 22:00-06:00 Europe/London")
    assert not window.is_open(utc(2026, 1, 2, 21, 59))  # a Friday
    assert window.is_open(utc(2026, 1, 2, 22, 0))
    assert window.is_open(utc(2026, 1, 3, 5, 59))
    assert not window.is_open(utc(2026, 1, 3, 6, 0))
    assert not window.is_open(utc(2026, 1, 2, 5, 0))


# ---------------------------------------------------------------------- a time of day


@pytest.mark.parametrize(
    ("after", "goes_on"),
    [
        (utc(2026, 1, 2, 7, 59), utc(2026, 1, 2, 8, 0)),
        (utc(2026, 1, 2, 8, 0), utc(2026, 1, 3, 8, 0)),
        (utc(2026, 7, 2, 6, 59), utc(2026, 7, 2, 7, 0)),
        (utc(2026, 3, 28, 12, 0), utc(2026, 3, 29, 7, 0)),
    ],
)
def test_a_cap_is_waited_for_until_the_next_such_time(after: datetime, goes_on: datetime) -> None:
    assert OnCap(time(8), LONDON).goes_on(after) == goes_on


def test_a_time_that_the_clocks_skip_is_waited_for_all_the_same() -> None:
    at = OnCap(time(1, 30), LONDON).goes_on(utc(2026, 3, 28, 23, 0))
    assert at == utc(2026, 3, 29, 1, 30)


@settings(deadline=None)
@given(
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.sampled_from([ZoneInfo(zone) for zone in ZONES]),
    YEAR,
)
def test_the_next_time_of_day_is_within_a_day_and_the_hours_of_a_change(
    wall: time, zone: ZoneInfo, after: datetime
) -> None:
    assert after < OnCap(wall, zone).goes_on(after) <= after + timedelta(hours=25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stop", None),
        (" Stop ", None),
        ("wait:08:00", OnCap(time(8))),
        ("wait:8:05", OnCap(time(8, 5))),
        ("wait:08:00 Europe/London", OnCap(time(8), LONDON)),
    ],
)
def test_what_to_do_at_a_cap_is_stop_or_wait(text: str, expected: OnCap | None) -> None:
    assert parse_on_cap(text) == expected


def test_the_zone_of_a_wait_is_the_one_handed_in_unless_it_is_named() -> None:
    assert parse_on_cap("wait:08:00", LONDON) == OnCap(time(8), LONDON)
    assert parse_on_cap("wait:08:00 UTC", LONDON) == OnCap(time(8), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    "text", ["", "wait", "wait:", "wait:25:00", "wait:24:00", "wait:08", "go", "wait:08:00 Nowhere"]
)
def test_nonsense_is_nothing_to_do_at_a_cap(text: str) -> None:
    with pytest.raises(ConfigError, match="--on-cap"):
        parse_on_cap(text)


def test_an_unknown_zone_comes_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"here: there is no time zone europe/londom.*Europe/London"):
        zone_named("europe/londom", "here")


# ---------------------------------------------------------------------- how many a day


class Now:
    """An instant that moves when told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def nothing_sent(_day: date) -> int:
    return 0


@pytest.mark.parametrize("most", [0, -1])
def test_a_limit_that_lets_nothing_go_is_refused(most: int) -> None:
    with pytest.raises(ConfigError, match="--daily-limit"):
        DailyLimit(most, nothing_sent)


def test_a_daily_limit_counts_what_was_sent_before_and_what_is_under_way() -> None:
    now = Now(utc(2026, 1, 2, 12))
    asked: list[date] = []

    def before(day: date) -> int:
        asked.append(day)
        return 7

    calendar = Calendar(now, daily=DailyLimit(10, before, LONDON, wait=True))
    assert [calendar.admit() for _ in range(3)] == [0.0] * 3
    assert 0 < calendar.admit() < 1  # the answers under way decide
    calendar.end(None)  # one of them was not taken
    assert calendar.admit() == 0.0
    for _ in range(3):
        assert 0 < calendar.admit() < 1
        calendar.end(now.at)
    assert calendar.admit() == 12 * 3600
    assert asked == [date(2026, 1, 2)]
    assert not calendar.full


def test_the_day_of_a_limit_is_that_of_its_zone_and_begins_anew() -> None:
    now = Now(utc(2026, 7, 1, 22, 30))  # 23:30 in London
    calendar = Calendar(now, daily=DailyLimit(1, nothing_sent, LONDON, wait=True))
    assert calendar.admit() == 0.0
    calendar.end(now.at)
    assert calendar.admit() == 1800
    now.at = utc(2026, 7, 1, 23, 0)
    assert calendar.admit() == 0.0


def test_a_lead_that_ends_after_midnight_counts_on_the_day_on_which_it_was_sent() -> None:
    now = Now(utc(2026, 1, 1, 23, 59))
    calendar = Calendar(now, daily=DailyLimit(1, nothing_sent, LONDON, wait=True))
    assert calendar.admit() == 0.0
    sent_at = now.at
    now.at = utc(2026, 1, 2)
    assert calendar.admit() > 0  # still under way: it may yet be today's
    calendar.end(sent_at)
    assert calendar.admit() == 0.0


def test_a_limit_that_does_not_wait_says_so() -> None:
    now, told = Now(utc(2026, 1, 2, 12)), list[str]()
    calendar = Calendar(now, daily=DailyLimit(1, nothing_sent, LONDON), tell=told.append)
    said = [calendar.full]
    for end in (False, True, False):
        if end:
            calendar.end(now.at)
        calendar.admit()
        said.append(calendar.full)
    assert said == ["", "", "the daily limit (1) is reached", "the daily limit (1) is reached"]
    assert told == []


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 25), st.lists(st.sampled_from(["go", "took", "not", "day"]), max_size=80))
def test_no_day_sees_more_than_its_limit(most: int, before: int, moves: list[str]) -> None:
    now = Now(utc(2026, 1, 2, 12))
    sent: Counter[date] = Counter({date(2026, 1, 2): before})
    calendar = Calendar(now, daily=DailyLimit(most, lambda day: sent[day], ZoneInfo("UTC"), wait=True))
    under_way: list[datetime] = []
    for move in moves:
        if move == "go" and calendar.admit() == 0.0:
            under_way.append(now.at)
        elif move == "day":
            now.at += timedelta(days=1)
        elif move in ("took", "not") and under_way:
            at = under_way.pop()
            calendar.end(at if move == "took" else None)
            sent[at.date()] += move == "took"
        assert all(number <= max(most, before) for number in sent.values())


def test_threads_share_one_limit() -> None:
    calendar = Calendar(Now(utc(2026, 1, 2, 12)), daily=DailyLimit(100, nothing_sent, LONDON, wait=True))
    admitted: list[float] = []

    def ask() -> None:
        for _ in range(50):
            admitted.append(calendar.admit())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admitted.count(0.0) == 100


# ---------------------------------------------------------------------- all of it together


def test_without_any_of_them_it_is_always_open() -> None:
    assert Calendar(Now(utc(2026, 1, 2, 3))).admit() == 0.0


def test_a_wait_is_told_once_and_again_when_it_is_another_wait() -> None:
    now, told = Now(utc(2026, 1, 2, 3)), list[str]()
    calendar = Calendar(now, Window.parse("09:00-18:00 Europe/London"), tell=told.append)
    for _ in range(3):
        assert calendar.admit() == (utc(2026, 1, 2, 9) - now.at).total_seconds()
        now.at += MINUTE
    assert told == [
        "outside of the hours 09:00-18:00 Europe/London: sending goes on at 2026-01-02 09:00 GMT",
    ]
    now.at = utc(2026, 1, 2, 9)
    assert calendar.admit() == 0.0
    now.at = utc(2026, 7, 2, 20)
    calendar.admit()
    assert told[1:] == ["outside of the hours 09:00-18:00 Europe/London: sending goes on at 2026-07-03 09:00 BST"]


def test_without_hours_the_time_is_told_in_the_zone_of_the_cap_or_of_the_limit() -> None:
    now, told = Now(utc(2026, 7, 1, 12)), list[str]()
    capped = Calendar(now, tell=told.append, zone=ZoneInfo("Asia/Kathmandu"))
    capped.hold_until(utc(2026, 7, 1, 13), "the cap")
    capped.admit()
    limited = Calendar(now, daily=DailyLimit(1, lambda _day: 1, LONDON, wait=True), tell=told.append)
    limited.admit()
    assert told == [
        "the cap: sending goes on at 2026-07-01 18:45 +0545",
        "the daily limit (1) is reached: sending goes on at 2026-07-02 00:00 BST",
    ]


def test_after_a_limit_or_a_cap_the_hours_still_count() -> None:
    now = Now(utc(2026, 1, 2, 12))  # a Friday
    window = Window.parse("Mon-Fri 09:00-18:00 Europe/London")
    limited = Calendar(now, window, DailyLimit(1, nothing_sent, LONDON, wait=True))
    assert limited.admit() == 0.0
    limited.end(now.at)
    assert limited.admit() == (utc(2026, 1, 5, 9) - now.at).total_seconds()
    told: list[str] = []
    capped = Calendar(now, window, tell=told.append)
    capped.hold_until(utc(2026, 1, 2, 20), "the cap is reached")
    assert capped.admit() == (utc(2026, 1, 5, 9) - now.at).total_seconds()
    assert told == ["the cap is reached: sending goes on at 2026-01-05 09:00 GMT"]


def test_a_hold_ends_and_a_shorter_one_changes_nothing() -> None:
    now = Now(utc(2026, 1, 2, 12))
    calendar = Calendar(now)
    calendar.hold_until(utc(2026, 1, 2, 13), "why")
    calendar.hold_until(utc(2026, 1, 2, 12, 30), "why not")
    assert calendar.admit() == 3600
    now.at = utc(2026, 1, 2, 13)
    assert calendar.admit() == 0.0
