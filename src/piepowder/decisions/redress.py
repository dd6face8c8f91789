"""Until when a recipient may complain (DSA Art. 20(1)), counted as Regulation (EEC, Euratom) No 1182/71 counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from piepowder.kernel.clocks.calendars import CalendarError
from piepowder.kernel.clocks.calendars import public_holidays as published
from piepowder.kernel.clocks.periods import LegalCalendar, Period, ends, months_later
from piepowder.policy import packs
from piepowder.policy.dsa import MARKET_GROUPS

__all__ = ["Deadline", "complaint_deadline", "complaint_window", "months_later", "public_holidays"]

AT_LEAST: Final = Period(6, "months")
"""What the law gives; an organisation can only give more."""

# Midnight comes first in the east of the EEA (UTC+3 in summer): counting from there never takes a day from anyone.
_EASTERNMOST: Final = timezone(timedelta(hours=3))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day, to its last hour, and the rule and calendar it was computed with."""

    on: date
    rule: str


def complaint_deadline(informed_at: datetime, market: str, window: Period = AT_LEAST) -> Deadline:
    """The last day for a complaint by somebody who is informed at ``informed_at``.

    A last day that is a Saturday, a Sunday or a public holiday of ``market`` moves to the next working day; a market that
    is no single country has its week-ends only.
    """
    return _deadline(informed_at.astimezone(_EASTERNMOST).date(), market, window)


def complaint_window(informed_at: datetime) -> Period:
    """Six months, or longer if the organisation chose so."""
    window = packs.period_of("eu_dsa", "complaint_window", informed_at.astimezone(UTC).date())
    assert window is not None, "the window has a limit"
    return window


@lru_cache(maxsize=2_048)
def _deadline(informed_on: date, market: str, window: Period) -> Deadline:
    # Kept, because every decision of a day in a market has the same.
    noon = datetime(informed_on.year, informed_on.month, informed_on.day, 12, tzinfo=_EASTERNMOST)
    end = ends(noon, window, _calendar(market), _EASTERNMOST)
    return Deadline(end.on, end.rule)


@lru_cache(maxsize=256)
def _calendar(market: str) -> LegalCalendar:
    if market in MARKET_GROUPS or not market:
        return LegalCalendar()
    try:
        published(market, None, [2026])
    except CalendarError:
        return LegalCalendar()
    return LegalCalendar(market)


def public_holidays(market: str, year: int) -> frozenset[date]:
    """Nationwide public holidays; none for a market that ``holidays`` does not know as a country."""
    country = _calendar(market).country
    return published(country, None, [year]) if country else frozenset()
