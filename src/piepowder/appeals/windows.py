"""Until when somebody may complain: pure rules on plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from piepowder.decisions.redress import complaint_deadline
from piepowder.kernel.clocks.periods import LegalCalendar, Period, ends
from piepowder.policy.dsa import MARKET_GROUPS

COMPLAINT_MONTHS: Final = 6
"""The least that DSA Art. 20(1) gives; nobody can choose less."""

_EASTERNMOST: Final = timezone(timedelta(hours=3))
_EVERYWHERE: Final = timezone(timedelta(hours=-12))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the organisation chose; see ``options.py``."""

    months: int = COMPLAINT_MONTHS
    days_elsewhere: int = 180
    second_stage_days: int = 30


@dataclass(frozen=True, slots=True)
class Window:
    """The last day, to its last hour, and how it was counted."""

    until: date
    rule: str


def first_window(informed_at: datetime, market: str, chosen: Chosen, *, promised: date | None = None) -> Window:
    """The window of a first complaint by somebody informed at ``informed_at``.

    Where the DSA applies never less than six months, counted as Regulation 1182/71 counts; a market that is not known is
    taken to be one of those. A later day that a statement has ``promised`` is kept anywhere.
    """
    found = _in_the_eu(informed_at, market, chosen) if is_eu(market) else _elsewhere(informed_at, chosen)
    if promised is not None and promised > found.until:
        return Window(promised, "as promised")
    return found


def second_window(answered_at: datetime, chosen: Chosen) -> Window | None:
    """The window of a second complaint after the first was answered; none where there is no second stage."""
    if chosen.second_stage_days == 0:
        return None
    on = answered_at.astimezone(_EASTERNMOST).date() + timedelta(days=chosen.second_stage_days)
    return Window(on, f"second stage +{chosen.second_stage_days}D")


def is_over(until: date, at: datetime) -> bool:
    """Whether the day ``until`` has ended, everywhere on earth."""
    return at.astimezone(_EVERYWHERE).date() > until


def is_eu(market: str) -> bool:
    """Whether the DSA applies to decisions for ``market``: the EEA, a group of markets, or one that nobody named."""
    return not market or market in MARKET_GROUPS or any(market in group for group in MARKET_GROUPS.values())


def _in_the_eu(informed_at: datetime, market: str, chosen: Chosen) -> Window:
    least = complaint_deadline(informed_at, market)
    if chosen.months <= COMPLAINT_MONTHS:
        return Window(least.on, least.rule)
    country = "" if market in MARKET_GROUPS else market
    longer = ends(informed_at, Period(chosen.months, "months"), LegalCalendar(country), _EASTERNMOST)
    return Window(max(least.on, longer.on), longer.rule)


def _elsewhere(informed_at: datetime, chosen: Chosen) -> Window:
    on = informed_at.astimezone(UTC).date() + timedelta(days=chosen.days_elsewhere)
    return Window(on, f"+{chosen.days_elsewhere}D")
