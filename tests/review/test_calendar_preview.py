"""What a calendar looks like over a year, and what another version of it would change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from piepowder.kernel.actor import SYSTEM
from piepowder.review import operations as review
from piepowder.review.calendar_preview import preview_of, year_of
from piepowder.review.calendars import calendar_of
from piepowder.review.models import Case
from piepowder.review.reference import forget, reference
from tests.review.conftest import Court

OFFICE: dict[str, Any] = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def publish(court: Court, weekly: dict[str, Any] = OFFICE, **values: Any) -> None:
    review.publish_calendar(
        actor=SYSTEM, at=court.now, code="office", name="Office", timezone="UTC", weekly=weekly, **values
    )
    forget()


def test_a_year_shows_holidays_by_name_and_overrides_in_their_place() -> None:
    overrides = {"2026-12-24": [["09:00", "12:00"]]}
    calendar = calendar_of(timezone="Europe/Berlin", weekly=OFFICE, country="DE", region="BY", overrides=overrides)
    days = {day.on: day for day in year_of(calendar, 2026, country="DE", region="BY", overrides=overrides)}
    assert len(days) == 365
    epiphany, eve = days[date(2026, 1, 6)], days[date(2026, 12, 24)]
    assert (bool(epiphany.name), epiphany.open_s) == (True, 0)
    assert (eve.special, eve.open_s) == (True, 3 * 3600)
    assert (days[date(2026, 3, 4)].open_s, days[date(2026, 3, 7)].open_s) == (8 * 3600, 0)


def test_the_preview_says_what_publishing_then_does(court: Court) -> None:
    publish(court)
    court.queue("general", target_s=10 * 3600, calendar="office")
    court.route_all({"name": "All", "when": {}, "then": {"queue": "general"}})
    case = court.case()
    longer = {**OFFICE, "wed": [["09:00", "21:00"]]}
    calendar = calendar_of(timezone="UTC", weekly=longer, country="", region="", overrides={})
    forget()
    told = preview_of(reference(), "office", calendar, None, now=court.now)
    assert (told.open, told.earlier, told.later, told.newly_late) == (1, 1, 0, 0)
    (sample,) = told.samples
    assert Case.objects.get(pk=case.pk).due_at == sample.before == datetime(2026, 3, 5, 12, tzinfo=UTC)
    publish(court, longer)
    assert Case.objects.get(pk=case.pk).due_at == sample.after == datetime(2026, 3, 4, 20, tzinfo=UTC)


def test_a_version_for_later_leaves_what_is_due_before_it(court: Court) -> None:
    publish(court)
    court.queue("general", target_s=3600, calendar="office")
    court.case()
    calendar = calendar_of(timezone="UTC", weekly={"mon": [["09:00", "10:00"]]}, country="", region="", overrides={})
    told = preview_of(reference(), "office", calendar, court.now + timedelta(days=30), now=court.now)
    assert (told.open, told.changed) == (1, 0)
