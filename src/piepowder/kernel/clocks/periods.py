"""When a period set by law ends: Regulation (EEC, Euratom) No 1182/71, as a pure function of plain values.

A period in hours begins with the hour after that of the event and ends with its last hour, on whatever day that is. Any
other period leaves out the day of the event, ends with the last hour of its last day, moves from a Saturday, a Sunday
or a public holiday to the next working day, and holds at least two working days once it is two days or longer
(Art. 3(1) to (5)). A period that is counted back from an event is never moved.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib.metadata import version
from typing import Final

from piepowder.kernel.clocks.calendars import public_holidays

UNITS: Final = ("hours", "days", "working_days", "weeks", "months", "years")
_SIGNS: Final = {"hours": "h", "days": "D", "working_days": "WD", "weeks": "W", "months": "M", "years": "Y"}
_DAYS: Final = {"days": (1, 1), "weeks": (7, 7), "months": (28, 31), "years": (365, 366)}
"""The fewest and the most days that one of a unit can have."""
_WRITTEN: Final = re.compile(r"\s*(\d{1,5})\s*([a-z_]+)\s*")

HolidayCheck = Callable[[date], bool]


class PeriodError(ValueError):
    """A period that cannot be counted, with the reason."""

    code = "invalid_period"


@dataclass(frozen=True, slots=True)
class Period:
    """So many hours, days, working days, weeks, months or years."""

    n: int
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise PeriodError(f"{self.unit!r} is not one of {', '.join(UNITS)}")
        if not 1 <= self.n <= 99_999:
            raise PeriodError("a period is of 1 to 99999 units")

    @classmethod
    def read(cls, text: str) -> Period:
        """``"2 working_days"``, as ``str`` writes it; raises ``PeriodError``."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise PeriodError(f"{text!r} is no period such as '2 working_days'")
        return cls(int(found[1]), found[2] if found[2] in UNITS else f"{found[2]}s")

    def __str__(self) -> str:
        return f"{self.n} {self.unit}"

    @property
    def sign(self) -> str:
        """Short, for the rule that is stored with a date: ``+2WD``."""
        return f"+{self.n}{_SIGNS[self.unit]}"


@dataclass(frozen=True, slots=True)
class Ends:
    """``at`` is the first moment that is too late, ``on`` the last day, ``rule`` how it was counted and by which calendar."""

    at: datetime
    on: date
    rule: str


@dataclass(frozen=True, slots=True)
class LegalCalendar:
    """The public holidays of a country, and of a subdivision of it, with days of one's own. Call it with a date.

    ``country`` is ISO 3166-1 alpha-2, empty for none but Saturdays and Sundays; ``region`` is a subdivision as the
    ``holidays`` library knows it, such as ``BY``. An unknown one is a ``CalendarError`` at the first question.
    """

    country: str = ""
    region: str = ""
    added: frozenset[date] = frozenset()

    def __call__(self, day: date) -> bool:
        return day in self.added or (bool(self.country) and day in _holidays(self.country, self.region, day.year))

    @property
    def name(self) -> str:
        """Which calendar, and in which version: stored with every date that was computed with it."""
        place = f"{self.country}-{self.region}" if self.region else self.country or "-"
        return f"{place}{'+own' if self.added else ''} holidays-{_calendar_version()}"


@lru_cache(maxsize=512)
def _holidays(country: str, region: str, year: int) -> frozenset[date]:
    return public_holidays(country, region or None, [year])


@lru_cache(maxsize=1)
def _calendar_version() -> str:
    # Read once: looking it up parses the package's metadata, which takes longer than the rest of a decision's statement.
    return version("holidays")


def is_working_day(day: date, holidays: HolidayCheck) -> bool:
    """Whether ``day`` is neither a Saturday, a Sunday nor a public holiday (Art. 2(2))."""
    return day.weekday() < 5 and not holidays(day)


def ends(start: datetime, period: Period, holidays: HolidayCheck, zone: tzinfo) -> Ends:
    """When ``period`` ends that an event at ``start`` sets off, in the time of ``zone``."""
    rule = f"1182/71 {period.sign} {getattr(holidays, 'name', '-')}"
    if period.unit == "hours":
        at = _hour_after(start, zone) + timedelta(hours=period.n)
        return Ends(at, (at - timedelta(microseconds=1)).astimezone(zone).date(), rule)
    event_on = start.astimezone(zone).date()
    last = _last_day(event_on, period, holidays)
    return Ends(midnight_after(last, zone), last, rule)


def plain_ends(start: datetime, period: Period, zone: tzinfo) -> Ends:
    """The same where the law at hand knows no moving: the day of the event is left out, every other day counts."""
    if period.unit in ("hours", "working_days"):
        raise PeriodError("only days and longer are counted plainly")
    last = _shifted(start.astimezone(zone).date(), period, 1)
    return Ends(midnight_after(last, zone), last, f"plain {period.sign}")


def midnight_after(day: date, zone: tzinfo) -> datetime:
    """The first moment after ``day`` in ``zone``, in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def counted_back(event: datetime, period: Period, zone: tzinfo) -> datetime:
    """Where a period begins that is counted back from ``event``: never moved for a holiday (Art. 3(4)).

    A period in days or longer begins with the first hour of its first day; working days cannot be counted back.
    """
    if period.unit == "hours":
        return event - timedelta(hours=period.n)
    if period.unit == "working_days":
        raise PeriodError("a period in working days is not counted back")
    return midnight_after(_shifted(event.astimezone(zone).date(), period, -1) - timedelta(days=1), zone)


def months_later(day: date, months: int) -> date:
    """The same date ``months`` later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def never_later(one: Period, other: Period) -> bool:
    """Whether ``one`` is sure to end no later than ``other`` for every event and every calendar.

    False also when that depends: twenty-nine days and a month end in either order.
    """
    if one.unit == other.unit:
        return one.n <= other.n
    if other.unit == "hours" or one.unit == "working_days":
        # Holidays can move the one as far as they like.
        return False
    if other.unit == "working_days":
        # Of n working days each is a day of its own; the first hour and the shift of the clocks are the day's margin.
        return one.n < 24 * other.n if one.unit == "hours" else one.unit == "days" and one.n <= other.n
    fewest = _DAYS[other.unit][0] * other.n
    return one.n < 24 * fewest if one.unit == "hours" else _DAYS[one.unit][1] * one.n <= fewest


def _hour_after(start: datetime, zone: tzinfo) -> datetime:
    local = start.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return start.astimezone(UTC) - into + timedelta(hours=1)


def _last_day(event_on: date, period: Period, holidays: HolidayCheck) -> date:
    if period.unit == "working_days":
        return _nth_working_day(event_on, period.n, holidays)
    last = _shifted(event_on, period, 1)
    while not is_working_day(last, holidays):
        last += timedelta(days=1)
    two_days_or_more = period.unit != "days" or period.n >= 2
    return max(last, _nth_working_day(event_on, 2, holidays)) if two_days_or_more else last


def _nth_working_day(after: date, n: int, holidays: HolidayCheck) -> date:
    day, left = after, n
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, holidays)
    return day


def _shifted(day: date, period: Period, sign: int) -> date:
    if period.unit in ("days", "weeks"):
        return day + timedelta(days=sign * period.n * (7 if period.unit == "weeks" else 1))
    return months_later(day, sign * period.n * (12 if period.unit == "years" else 1))
