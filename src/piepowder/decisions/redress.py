"""Until when a recipient may complain (DSA Art. 20(1)), counted as Regulation (EEC, Euratom) No 1182/71 counts."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from importlib.metadata import version
from typing import Final

import holidays

from piepowder.policy.dsa import MARKET_GROUPS

COMPLAINT_MONTHS: Final = 6

# Midnight comes first in the east of the EEA (UTC+3 in summer): counting from there never takes a day from anyone.
_EASTERNMOST = timezone(timedelta(hours=3))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day, to its last hour, and the rule and calendar it was computed with."""

    on: date
    rule: str


def complaint_deadline(informed_at: datetime, market: str) -> Deadline:
    """The last day for a complaint by somebody who is informed at ``informed_at``.

    The day of the event does not count; six months later the period ends on the same date, or on the month's last day
    when there is no such date; a last day that is a Saturday, a Sunday or a public holiday of ``market`` moves to the next
    working day. A market that is no single country has its week-ends only.
    """
    informed_on = informed_at.astimezone(_EASTERNMOST).date()
    last = months_later(informed_on, COMPLAINT_MONTHS)
    while last.weekday() >= 5 or last in public_holidays(market, last.year):
        last += timedelta(days=1)
    return Deadline(last, f"1182/71 +{COMPLAINT_MONTHS}M {market or '-'} holidays-{_calendar_version()}")


def months_later(day: date, months: int) -> date:
    """The same date ``months`` later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=1)
def _calendar_version() -> str:
    # Read once: looking it up parses the package's metadata, which takes longer than the rest of a decision's statement.
    return version("holidays")


@lru_cache(maxsize=256)
def public_holidays(market: str, year: int) -> frozenset[date]:
    """Nationwide public holidays; none for a market that ``holidays`` does not know as a country."""
    if market in MARKET_GROUPS or not market:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(market, years=year))
    except NotImplementedError:
        return frozenset()
