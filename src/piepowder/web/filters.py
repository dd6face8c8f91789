"""What the address of a list says, as values."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date


def typed(query: QueryDict, *names: str) -> dict[str, str]:
    """The named parameters without blanks around them; one that is missing is empty."""
    return {name: query.get(name, "").strip() for name in names}


def day(text: str) -> date | None:
    """A date such as 2026-03-04; ``None`` when there is none or it is not one."""
    try:
        found = parse_date(text.strip())
    except ValueError:
        return None
    # At the ends of the calendar another time zone, or the day after, is no date any more.
    return found if found and 1900 <= found.year <= 2200 else None


def start_of(text: str) -> datetime | None:
    """The first moment of the day in the reader's time zone."""
    found = day(text)
    return timezone.make_aware(datetime.combine(found, time.min)) if found else None


def end_of(text: str) -> datetime | None:
    """The first moment after the day in the reader's time zone."""
    found = day(text)
    return timezone.make_aware(datetime.combine(found + timedelta(days=1), time.min)) if found else None


def number(text: str) -> int | None:
    """A whole number as typed; ``None`` when there is none or it is not one."""
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < 10 else None
