"""Stored calendars as the calendars that clocks count in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from piepowder.kernel.clocks import Calendar, CalendarError, CalendarHistory, Timeline, public_holidays, timeline_of
from piepowder.review.models import CalendarVersion

ROUND_THE_CLOCK = timeline_of(Calendar.always_open())

# A fixed span, so that a case recomputed years later meets the same holidays.
_HOLIDAY_YEARS = range(2020, 2051)


def calendar_of(
    *, timezone: str, weekly: Mapping[str, Any], country: str, region: str, overrides: Mapping[str, Any]
) -> Calendar:
    """A calendar from plain values; raises ``CalendarError`` with the reason when it cannot be one."""
    return Calendar.of(
        tz=timezone,
        weekly=weekly,
        holidays=public_holidays(country, region or None, _HOLIDAY_YEARS) if country else (),
        overrides={date.fromisoformat(day): windows for day, windows in overrides.items()},
    )


def timelines(versions: Iterable[CalendarVersion]) -> dict[str, Timeline]:
    """Each calendar's timeline by its code, from all versions ordered by calendar."""
    found: dict[str, Timeline] = {"": ROUND_THE_CLOCK}
    for code, of_one in groupby(versions, key=lambda version: version.calendar.code):
        history = tuple((version.effective_from, built(version)) for version in of_one)
        found[code] = timeline_of(CalendarHistory(history))
    return found


def holiday_names(country: str, region: str, year: int) -> dict[date, str]:
    """The public holidays of one year by their names; none without a country. Raises ``CalendarError``."""
    if not country:
        return {}
    # Imported here because it takes longer than everything else in this package together.
    import holidays

    try:
        return dict(holidays.country_holidays(country, subdiv=region or None, years=[year]))
    except NotImplementedError as error:
        raise CalendarError(f"no public holidays are known for {country}{f'-{region}' if region else ''}") from error


def holiday_places() -> dict[str, list[str]]:
    """The countries of which public holidays are known, each with its regions."""
    import holidays

    return holidays.list_supported_countries()


def built(version: CalendarVersion) -> Calendar:
    """The calendar of one stored version."""
    return calendar_of(
        timezone=version.timezone,
        weekly=version.weekly,
        country=version.country,
        region=version.region,
        overrides=version.overrides,
    )
