"""When sending may go on by the clock on the wall: hours of the week, a limit per day, the end of a cap.

Instants are aware; what is read off them is local time in a zone, so the hours hold when the clocks change.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from pipeline.errors import ConfigError
from pipeline.names import did_you_mean

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME: Final = r"([0-9]{1,2}):([0-9]{2})"
_WINDOW: Final = re.compile(rf"(?:([a-z][a-z, –-]*?)\s+)?{_TIME}\s*[-–]\s*{_TIME}\s+(\S+)", re.IGNORECASE)
_ON_CAP: Final = re.compile(rf"wait:{_TIME}(?:\s+(\S+))?", re.IGNORECASE)
_WHOLE_DAY: Final = 24 * 60
#: When to ask again while the answers under way decide whether there is room for another lead today.
_SOON: Final = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of sending: from `start` up to, not including, `end`, in minutes of the day, on the `days` of the week.

    An `end` not after `start` is on the next day. Days count from 0, Monday. What counts is what a clock in `zone`
    shows: hours that it skips are not there, hours that it shows twice are there twice.
    """

    start: int
    end: int
    days: frozenset[int]
    zone: ZoneInfo
    text: str

    @classmethod
    def parse(cls, text: str) -> Window:
        """From `09:00-18:00 Europe/London` or `Mon-Fri 22:00-06:00 Europe/London`. Raises ConfigError."""
        found = _WINDOW.fullmatch(text.strip())
        if not found:
            raise _no_window(text, "it is not hours and a time zone")
        days, h1, m1, h2, m2, zone = found.groups()
        start, end = _minutes(h1, m1), _minutes(h2, m2)
        if start is None or end is None or start == _WHOLE_DAY:
            raise _no_window(text, "there is no such time of day")
        if start == end:
            raise _no_window(text, "it begins when it ends (00:00-24:00 is the whole day)")
        return cls(start, end, _days(days, text), zone_named(zone, f"--window {text!r}"), text.strip())

    def is_open(self, at: datetime) -> bool:
        """Whether leads may be sent at this instant."""
        wall = at.astimezone(self.zone)
        minute, today = wall.hour * 60 + wall.minute, wall.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        return (today in self.days and minute >= self.start) or ((today - 1) % 7 in self.days and minute < self.end)

    def opens_at(self, at: datetime) -> datetime:
        """The first instant from `at` on at which it is open: `at` itself when it is open then."""
        while not self.is_open(at):
            at = at.astimezone(UTC)
            start = at + self._until_start(at.astimezone(self.zone).replace(tzinfo=None))
            # Where the clocks change before that, it may be open earlier, or the start may not be there at all.
            at = start if self._offset(at) == self._offset(start) else self._change_of_clocks(at, start)
        return at

    def _until_start(self, wall: datetime) -> timedelta:
        midnight = datetime.combine(wall.date(), time())
        starts = (
            midnight + timedelta(days=ahead, minutes=self.start)
            for ahead in range(8)
            if (wall.weekday() + ahead) % 7 in self.days
        )
        return next(start for start in starts if start > wall) - wall

    def _offset(self, at: datetime) -> timedelta | None:
        return at.astimezone(self.zone).utcoffset()

    def _change_of_clocks(self, before: datetime, after: datetime) -> datetime:
        """The instant, to the second, at which the clocks are changed between these two."""
        first, old = before.replace(microsecond=0), self._offset(before)
        low, high = 0, -int((first - after).total_seconds() // 1)
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(first + timedelta(seconds=middle)) == old:
                low = middle
            else:
                high = middle
        return first + timedelta(seconds=high)


@dataclass(frozen=True, slots=True)
class OnCap:
    """What to do when the campaign's cap is reached (-4): go on at the next `wait_until` in `zone`.

    `zone` None: this machine's own time.
    """

    wait_until: time
    zone: tzinfo | None = None

    def goes_on(self, after: datetime) -> datetime:
        """The next instant after `after` at which a clock in the zone shows that time."""
        return _next_at(self.wait_until, after, self.zone)


def parse_on_cap(text: str, zone: tzinfo | None = None) -> OnCap | None:
    """From `stop` (None) or `wait:08:00`, in `zone` unless it is named: `wait:08:00 Europe/London`.

    Raises ConfigError for anything else.
    """
    if text.strip().casefold() == "stop":
        return None
    found = _ON_CAP.fullmatch(text.strip())
    minutes = _minutes(found[1], found[2]) if found else None
    if not found or minutes is None or minutes == _WHOLE_DAY:
        raise ConfigError(f"--on-cap {text!r} is not understood", "write stop, or wait:08:00 to go on at that time")
    return OnCap(time(*divmod(minutes, 60)), zone_named(found[3], f"--on-cap {text!r}") if found[3] else zone)


class DailyLimit:
    """At most `most` leads per day of `zone` (None: this machine's own). Not safe for threads: `Calendar` is.

    A lead counts on the day on which it was sent, whatever came of it, unless it is proven that it was not taken.
    `already_sent` is asked once per day, for those of other launches. `wait`: at the limit wait for the next day;
    otherwise sending stops. Raises ConfigError for a limit below one.
    """

    def __init__(
        self, most: int, already_sent: Callable[[date], int], zone: tzinfo | None = None, *, wait: bool = False
    ) -> None:
        if most < 1:
            raise ConfigError(f"--daily-limit {most} lets nothing be sent", "write a number of leads, 1 or more")
        self.most, self.zone, self.wait = most, zone, wait
        self._already_sent = already_sent
        self._day: date | None = None
        self._sent = self._under_way = 0

    def left(self, at: datetime) -> int:
        """How many leads may yet be sent on the day of `at`, as far as the answers say that have come."""
        today = at.astimezone(self.zone).date()
        if today != self._day:
            self._day, self._sent = today, self._already_sent(today)
        return self.most - self._sent

    @property
    def under_way(self) -> int:
        """How many leads are under way: each may count, or turn out not to have been taken."""
        return self._under_way

    def begin(self) -> None:
        """A lead is under way."""
        self._under_way += 1

    def end(self, sent_at: datetime | None) -> None:
        """It is not any more. `sent_at` None: it was not taken, and does not count."""
        self._under_way -= 1
        if sent_at is not None and sent_at.astimezone(self.zone).date() == self._day:
            self._sent += 1

    def next_day(self, at: datetime) -> datetime:
        """The instant at which the day after that of `at` begins."""
        return _next_at(time(), at, self.zone)


class Calendar:
    """Window, daily limit and cap together: says before each lead whether it may go, or how long it has to wait.

    May be used from any thread. `tell` is told once per wait, in words for people; times are told in the window's
    zone, else in `zone`, else in the limit's or this machine's own.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        window: Window | None = None,
        daily: DailyLimit | None = None,
        tell: Callable[[str], object] = lambda _words: None,
        zone: tzinfo | None = None,
    ) -> None:
        self._now, self._window, self._daily, self._tell = now, window, daily, tell
        self._zone = window.zone if window else zone or (daily.zone if daily else None)
        self._lock = threading.Lock()
        self._held = datetime.min.replace(tzinfo=UTC)
        self._held_why = ""
        self._told: datetime | None = None
        #: Why sending has to stop for today, once it has to: the daily limit is reached, and nobody asked to wait.
        self.full = ""

    def admit(self) -> float:
        """0: one lead may go now, and counts as under way until `end`. Else the seconds to wait."""
        with self._lock:
            at = self._now()
            until, why = self._closed_until(at)
            if until <= at:
                if self._daily:
                    self._daily.begin()
                return 0.0
            if why and until != self._told and not self.full:
                self._told = until
                self._tell(f"{why}: sending goes on at {until.astimezone(self._zone):%Y-%m-%d %H:%M %Z}")
            return (until - at).total_seconds()

    def end(self, sent_at: datetime | None) -> None:
        """The lead that was admitted is not under way any more. `sent_at` None: it was not taken."""
        with self._lock:
            if self._daily:
                self._daily.end(sent_at)

    def hold_until(self, at: datetime, why: str) -> None:
        """Nothing may go before that instant."""
        with self._lock:
            if at > self._held:
                self._held, self._held_why = at, why

    def _closed_until(self, at: datetime) -> tuple[datetime, str]:
        until, why = at, ""
        if self._held > until:
            until, why = self._held, self._held_why
        left = self._daily.left(at) if self._daily else 1
        if self._daily and left <= 0:
            reached = f"the daily limit ({self._daily.most}) is reached"
            self.full = "" if self._daily.wait else reached
            until, why = max((until, why), (self._daily.next_day(at), reached))
        elif self._daily and left <= self._daily.under_way:
            until = max(until, at + _SOON)
        if self._window and not self._window.is_open(until):
            until, why = self._window.opens_at(until), why or f"outside of the hours {self._window.text}"
        return until, why


def zone_named(name: str, where: str) -> ZoneInfo:
    """The time zone of that name. Raises ConfigError with the nearest names; `where` says what named it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of zones, like Europe
        near = did_you_mean(name, sorted(available_timezones()))
        raise ConfigError(f"{where}: there is no time zone {name}{near}", "write it like Europe/London") from None


def _next_at(time_of_day: time, after: datetime, zone: tzinfo | None) -> datetime:
    """The next instant after `after` at which a clock in the zone shows this time, or would but for a change."""
    today = after.astimezone(zone).date()
    days = (datetime.combine(today + timedelta(days=ahead), time_of_day, zone) for ahead in range(3))
    return next(at for at in (day.astimezone(UTC) for day in days) if at > after)


def _minutes(hours: str, minutes: str) -> int | None:
    """Minutes of the day, 24:00 included; None when there is no such time."""
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= _WHOLE_DAY else None


def _days(text: str | None, whole: str) -> frozenset[int]:
    """From `Mon-Fri` or `Mon,Wed,Sat-Sun`; every day when there is no text."""
    found: set[int] = set()
    for part in (text or "mon-sun").replace("–", "-").replace(" ", "").casefold().split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS or part.endswith("-"):
            raise _no_window(whole, f"{part or 'nothing'} is no day or days")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found.update((begin + ahead) % 7 for ahead in range((end - begin) % 7 + 1))
    return frozenset(found)


def _no_window(text: str, why: str) -> ConfigError:
    return ConfigError(
        f"--window {text!r}: {why}",
        "write it like '09:00-18:00 Europe/London' or 'Mon-Fri 09:00-18:00 Europe/London'",
    )
