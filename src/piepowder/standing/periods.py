"""Until when points count, and which day and week an instant belongs to, in a ladder's own time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from piepowder.standing.shape import Expiry, Reset

_MONTHS = {Reset.MONTH: 1, Reset.QUARTER: 3, Reset.YEAR: 12}


def expires_at(expiry: Expiry, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant from which points of ``at`` no longer count; ``None`` when they count for ever.

    A period that begins at ``at`` is the one they belong to.
    """
    if expiry.days is not None:
        return at + timedelta(days=expiry.days)
    return next_reset(expiry.reset, at, zone) if expiry.reset is not None else None


def next_reset(reset: Reset, at: datetime, zone: ZoneInfo) -> datetime:
    """The first reset after ``at``, at midnight in ``zone``."""
    today = at.astimezone(zone).date()
    if reset is Reset.LAST_MONDAY_OF_QUARTER:
        this = last_monday_of_quarter(today)
        return _midnight(this if this > today else last_monday_of_quarter(_next_start(today, 3)), zone)
    return _midnight(_next_start(today, _MONTHS[reset]), zone)


def last_monday_of_quarter(day: date) -> date:
    last = _next_start(day, 3) - timedelta(days=1)
    return last - timedelta(days=last.weekday())


def next_monday(at: datetime, zone: ZoneInfo) -> datetime:
    """The first Monday's midnight after ``at``."""
    today = at.astimezone(zone).date()
    return _midnight(today + timedelta(days=7 - today.weekday()), zone)


def day_in(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _next_start(day: date, months: int) -> date:
    """The first day of the next period of so many months, counted from January."""
    begun = (day.month - 1) // months * months
    year, month = divmod(day.year * 12 + begun + months, 12)
    return date(year, month + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
