"""Working calendars count exactly the seconds whose wall time is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piepowder.kernel.clocks import (
    Calendar,
    CalendarError,
    CalendarHistory,
    NeverDue,
    due_at,
    due_many,
    elapsed_seconds,
    public_holidays,
    timeline_of,
)
from piepowder.kernel.clocks.timeline import SECOND, Timeline, instant, micros
from tests.kernel.clock_cases import CHANGES, calendar
from tests.kernel.clock_oracle import open_seconds

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {day: [("09:00", "17:00")] for day in WEEKDAYS}
UTC_OFFICE = Calendar.of(tz="UTC", weekly=OFFICE)


def built(spec: dict[str, Any]) -> Calendar:
    """The calendar of a JSON specification."""
    return Calendar.of(
        tz=spec["tz"],
        weekly=spec["weekly"],
        holidays=[date.fromisoformat(day) for day in spec["holidays"]],
        overrides={date.fromisoformat(day): windows for day, windows in spec["overrides"].items()},
    )


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[dict[str, Any], datetime]:
    tz, change = draw(st.sampled_from(CHANGES))
    around = datetime.fromisoformat(change)
    return draw(calendar(tz, around)), around


@settings(max_examples=40, deadline=None, derandomize=True)
@given(near_a_change(), st.integers(-7200, 0), st.integers(1, 7200))
def test_every_second_around_a_clock_change_is_counted_if_its_wall_time_is_open(
    drawn: tuple[dict[str, Any], datetime], before: int, after: int
) -> None:
    spec, around = drawn
    start, end = around + timedelta(seconds=before), around + timedelta(seconds=after)
    expected = sum(1 for _ in open_seconds([spec], int(start.timestamp()), int(end.timestamp())))
    assert elapsed_seconds(start, end, built(spec)) == expected


@settings(max_examples=80, deadline=None, derandomize=True)
@given(near_a_change(), st.integers(-300_000, 300_000), st.integers(0, 200_000), st.integers(0, 200_000))
def test_what_is_counted_up_to_the_due_instant_is_the_target(
    drawn: tuple[dict[str, Any], datetime], shift: int, one: int, other: int
) -> None:
    spec, around = drawn
    line = Timeline(CalendarHistory(((None, built(spec)),)))
    start = micros(around + timedelta(seconds=shift))
    smaller, larger = sorted((one * SECOND, other * SECOND))
    try:
        early, late = line.advance(start, smaller), line.advance(start, larger)
    except NeverDue:
        assert not any(spec["weekly"].values())
        return
    assert line.between(start, early) == smaller
    assert line.between(start, late) == larger
    assert start <= early <= late
    if larger:
        assert line.between(late - 1, late) == 1, "the last microsecond before the due instant was open"


@settings(max_examples=30, deadline=None, derandomize=True)
@given(near_a_change(), st.lists(st.integers(-3_000, 3_000), min_size=2, max_size=8))
def test_the_order_in_which_a_timeline_is_asked_does_not_matter(
    drawn: tuple[dict[str, Any], datetime], days: list[int]
) -> None:
    spec, around = drawn
    history = CalendarHistory(((None, built(spec)),))
    asked = Timeline(history)
    base = micros(around)
    for day in days:
        asked.cum(base + day * 86_400 * SECOND)
    for day in days:
        at = base + day * 86_400 * SECOND
        assert asked.between(min(base, at), max(base, at)) == Timeline(history).between(min(base, at), max(base, at))


def test_many_due_instants_are_those_of_each() -> None:
    starts = [
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * number, microseconds=number) for number in range(90)
    ]
    calendar = Calendar.of(tz="America/New_York", weekly=OFFICE)
    assert due_many(starts, 9 * 3600, calendar) == [due_at(start, 9 * 3600, calendar) for start in starts]


def test_calendar_time_is_plain_addition() -> None:
    start = datetime(2026, 3, 7, 23, 59, 59, 250_000, tzinfo=UTC)
    calendar = Calendar.always_open("America/New_York")
    assert calendar.is_always_open
    assert due_at(start, 86_400, calendar) == start + timedelta(days=1)


def test_round_the_clock_but_for_a_holiday_is_not_always_open() -> None:
    whole = {key: [("00:00", "12:00"), ("12:00", "24:00")] for key in (*WEEKDAYS, "sat", "sun")}
    assert Calendar.of(tz="UTC", weekly=whole).is_always_open
    closed = Calendar.of(tz="UTC", weekly=whole, holidays=[date(2026, 3, 5)])
    assert due_at(datetime(2026, 3, 4, 20, tzinfo=UTC), 5 * 3600, closed) == datetime(2026, 3, 6, 1, tzinfo=UTC)


def test_fractions_of_a_second_are_kept() -> None:
    start = datetime(2026, 3, 4, 16, 59, 59, 999_999, tzinfo=UTC)
    assert due_at(start, 1, UTC_OFFICE) == datetime(2026, 3, 5, 9, 0, 0, 999_999, tzinfo=UTC)


def test_no_time_allowed_is_due_at_once_even_at_night() -> None:
    night = datetime(2026, 3, 4, 2, tzinfo=UTC)
    assert due_at(night, 0, UTC_OFFICE) == night


def test_the_date_that_samoa_skipped_has_no_hours() -> None:
    apia = ZoneInfo("Pacific/Apia")
    start = datetime(2011, 12, 29, 23, tzinfo=apia)
    whole = Calendar.of(tz="Pacific/Apia", weekly={"thu": [("00:00", "24:00")], "fri": [("00:00", "24:00")]})
    assert due_at(start, 2 * 3600, whole) == datetime(2012, 1, 5, 1, tzinfo=apia)


def test_equal_calendars_share_one_timeline() -> None:
    first, second = Calendar.of(tz="Asia/Manila", weekly=OFFICE), Calendar.of(tz="Asia/Manila", weekly=OFFICE)
    assert timeline_of(first) is timeline_of(second)
    assert timeline_of(first) is not timeline_of(UTC_OFFICE)


def test_each_instant_follows_the_version_in_force_then() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    history = CalendarHistory(((noon, Calendar.always_open()), (None, UTC_OFFICE)))
    assert due_at(datetime(2026, 3, 4, 8, tzinfo=UTC), 10 * 3600, history) == datetime(2026, 3, 4, 19, tzinfo=UTC)
    assert history.latest == Calendar.always_open()


def test_the_earliest_version_also_governs_what_came_before_it() -> None:
    history = CalendarHistory(((datetime(2026, 3, 4, 12, tzinfo=UTC), UTC_OFFICE),))
    assert due_at(datetime(2026, 3, 3, 9, tzinfo=UTC), 3600, history) == datetime(2026, 3, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize("overrides", [{}, {date(2026, 3, 10): [("09:00", "10:00")]}])
def test_a_calendar_that_never_opens_again_says_so(overrides: dict[date, list[tuple[str, str]]]) -> None:
    closed = Calendar.of(tz="Asia/Tokyo", weekly={}, overrides=overrides)
    with pytest.raises(NeverDue):
        due_at(datetime(2026, 3, 4, tzinfo=UTC), 2 * 3600, closed)


@pytest.mark.parametrize("calendar", [UTC_OFFICE, Calendar.always_open()])
def test_a_target_beyond_the_end_of_time_is_refused(calendar: Calendar) -> None:
    with pytest.raises(NeverDue):
        due_at(datetime(2199, 1, 1, tzinfo=UTC), 10**11, calendar)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(CalendarError, match="time zone"):
        due_at(datetime(2026, 3, 4), 60, UTC_OFFICE)


@pytest.mark.parametrize(
    ("weekly", "complaint"),
    [
        ({"mon": [("22:00", "06:00")]}, "two windows"),
        ({"mon": [("09:00", "09:00")]}, "closes before"),
        ({"mon": [("9:00", "17:00")]}, "time of day"),
        ({"mon": [("09:00", "25:00")]}, "time of day"),
        ({"mon": ["09:00"]}, "opening and a closing"),
        ({"Monday": []}, "Monday"),
    ],
)
def test_hours_that_make_no_sense_are_refused(weekly: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CalendarError, match=complaint):
        Calendar.of(tz="UTC", weekly=weekly)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(CalendarError, match="Olympus"):
        Calendar.of(tz="Mars/Olympus", weekly=OFFICE)


def test_two_versions_cannot_begin_at_once() -> None:
    with pytest.raises(CalendarError, match="same instant"):
        CalendarHistory(((None, UTC_OFFICE), (None, Calendar.always_open())))


def test_an_instant_survives_the_way_there_and_back() -> None:
    at = datetime(2026, 10, 25, 1, 30, 0, 1, tzinfo=ZoneInfo("Europe/Dublin"), fold=1)
    assert instant(micros(at)) == at.astimezone(UTC)


def test_holidays_come_from_the_country_and_the_region_and_the_site() -> None:
    country = public_holidays("DE", None, [2026])
    bavaria = public_holidays("DE", "BY", [2026], added=[date(2026, 12, 24)], dropped=[date(2026, 1, 1)])
    assert date(2026, 1, 6) in bavaria - country
    assert date(2026, 12, 24) in bavaria
    assert date(2026, 1, 1) in country - bavaria
    assert not public_holidays("DE", None, [])


@pytest.mark.parametrize(("country", "region"), [("ZZ", None), ("DE", "ZZ")])
def test_holidays_of_nowhere_are_refused(country: str, region: str | None) -> None:
    with pytest.raises(CalendarError, match=country):
        public_holidays(country, region, [2026])
