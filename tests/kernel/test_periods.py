"""Periods of law, to the rules of Regulation (EEC, Euratom) No 1182/71."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.kernel.clocks import CalendarError
from piepowder.kernel.clocks.periods import (
    Ends,
    LegalCalendar,
    Period,
    PeriodError,
    counted_back,
    ends,
    is_working_day,
    never_later,
    plain_ends,
)

BERLIN = ZoneInfo("Europe/Berlin")
GERMANY = LegalCalendar("DE")


def end_of(start: str, period: str, place: LegalCalendar = GERMANY, zone: ZoneInfo = BERLIN) -> Ends:
    return ends(datetime.fromisoformat(start).replace(tzinfo=zone), Period.read(period), place, zone)


@pytest.mark.parametrize(
    ("start", "period", "place", "last", "why"),
    [
        ("2026-04-03T09:00", "2 working_days", "DE", "2026-04-08", "an order on Good Friday: Tuesday and Wednesday"),
        ("2026-04-03T09:00", "3 working_days", "DE", "2026-04-09", "a notice on Good Friday"),
        ("2026-03-27T23:59", "2 working_days", "DE", "2026-03-31", "the Friday a week before: the day does not count"),
        (
            "2026-04-02T10:00",
            "2 days",
            "DE",
            "2026-04-08",
            "Maundy Thursday: over Easter two working days must be held",
        ),
        ("2026-04-02T10:00", "2 days", "SE", "2026-04-08", "and Sweden keeps the same Easter"),
        ("2026-04-02T10:00", "1 days", "DE", "2026-04-07", "one day has no two working days to hold"),
        ("2026-08-31T12:00", "6 months", "DE", "2027-03-01", "28 February 2027 is a Sunday"),
        ("2027-08-31T12:00", "6 months", "DE", "2028-02-29", "the last day of a leap year's February"),
        ("2024-02-29T12:00", "1 years", "DE", "2025-02-28", "a year after a leap day, the month's last day"),
        ("2024-02-29T12:00", "4 years", "DE", "2028-02-29", "and the leap day where there is one"),
        (
            "2026-12-24T16:00",
            "2 working_days",
            "DE",
            "2026-12-29",
            "Christmas Eve is a working day, the two after are not",
        ),
        ("2026-12-23T16:00", "3 days", "DE", "2026-12-28", "Christmas, Boxing Day, Sunday"),
        ("2026-12-24T16:00", "1 weeks", "DE", "2026-12-31", "the same day of the week"),
        ("2026-12-24T16:00", "8 days", "DE", "2027-01-04", "New Year's Day, Saturday, Sunday"),
        ("2026-12-24T16:00", "2 working_days", "GB", "2026-12-30", "and a substitute day on the 28th in Britain"),
        ("2026-06-03T12:00", "1 days", "DE-BY", "2026-06-05", "Corpus Christi in Bavaria"),
        ("2026-06-03T12:00", "1 days", "DE-BE", "2026-06-04", "not in Berlin"),
        ("2026-10-30T12:00", "1 working_days", "DE-NW", "2026-11-02", "All Saints' falls on a Sunday"),
        ("2025-10-30T12:00", "1 days", "DE-BB", "2025-11-03", "Reformation Day in Brandenburg is a Friday"),
        ("2025-10-30T12:00", "1 days", "DE-HE", "2025-10-31", "a working day in Hesse"),
        ("2026-01-31T12:00", "1 months", "", "2026-03-02", "28 February 2026 is a Saturday"),
        ("2026-04-30T12:00", "30 days", "", "2026-06-01", "30 May is a Saturday"),
    ],
)
def test_the_last_day(start: str, period: str, place: str, last: str, why: str) -> None:
    country, _, region = place.partition("-")
    found = end_of(start, period, LegalCalendar(country, region))
    assert found.on.isoformat() == last, why
    assert found.at == datetime.combine(found.on + timedelta(days=1), datetime.min.time(), BERLIN)


@pytest.mark.parametrize(
    ("start", "period", "end", "why"),
    [
        ("2026-03-04T10:20", "24 hours", "2026-03-05T11:00", "the hour of the event does not count"),
        ("2026-03-04T10:00", "1 hours", "2026-03-04T12:00", "nor when it has just begun"),
        ("2026-04-03T10:20", "24 hours", "2026-04-04T11:00", "no holiday and no Saturday moves it"),
        (
            "2026-03-28T23:30",
            "3 hours",
            "2026-03-29T04:00",
            "the clocks go forward: the hour that is left out is no hour",
        ),
        ("2026-10-24T23:30", "3 hours", "2026-10-25T02:00", "the clocks go back: one hour comes twice and is two"),
    ],
)
def test_periods_in_hours_are_never_moved(start: str, period: str, end: str, why: str) -> None:
    found = end_of(start, period)
    assert found.at.astimezone(BERLIN).replace(tzinfo=None) == datetime.fromisoformat(end), why


def test_the_day_of_the_event_is_the_one_in_the_zone_where_the_period_is_counted() -> None:
    late = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    assert ends(late, Period(1, "days"), GERMANY, ZoneInfo("UTC")).on == date(2026, 3, 4)
    assert ends(late, Period(1, "days"), GERMANY, BERLIN).on == date(2026, 3, 5)


def test_a_day_on_which_the_clocks_change_ends_at_its_own_midnight() -> None:
    found = end_of("2026-03-27T12:00", "2 days", LegalCalendar())
    assert (found.on, found.at) == (date(2026, 3, 31), datetime(2026, 3, 31, 22, tzinfo=UTC))


def test_what_is_stored_names_the_rule_and_the_version_of_the_calendar() -> None:
    assert end_of("2026-03-04T10:00", "2 working_days").rule.startswith("1182/71 +2WD DE holidays-")
    assert end_of("2026-03-04T10:00", "6 months", LegalCalendar("DE", "BY")).rule.startswith("1182/71 +6M DE-BY holid")
    own = LegalCalendar("DE", added=frozenset({date(2026, 3, 5)}))
    assert end_of("2026-03-04T10:00", "1 days", own).on == date(2026, 3, 6)
    assert "+own" in own.name


def test_an_unknown_country_is_no_silent_calendar_without_holidays() -> None:
    with pytest.raises(CalendarError):
        end_of("2026-03-04T10:00", "1 days", LegalCalendar("XX"))


def test_back_from_an_event_nothing_is_moved() -> None:
    event = datetime(2026, 8, 31, 15, tzinfo=BERLIN)
    assert counted_back(event, Period(6, "months"), BERLIN).astimezone(BERLIN).date() == date(2026, 2, 28)
    with pytest.raises(PeriodError):
        counted_back(event, Period(2, "working_days"), BERLIN)


def test_plain_days_are_not_moved_either() -> None:
    found = plain_ends(datetime(2026, 4, 23, 12, tzinfo=BERLIN), Period(10, "days"), BERLIN)
    assert (found.on, found.rule) == (date(2026, 5, 3), "plain +10D")


@pytest.mark.parametrize("text", ["", "two days", "0 days", "3 fortnights", "-1 days", "2", "2 working days"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        Period.read(text)


@pytest.mark.parametrize("text", ["1 hours", "2 working_days", "6 months"])
def test_a_period_reads_what_it_writes(text: str) -> None:
    assert str(Period.read(text)) == text


PERIODS = st.builds(
    Period, st.integers(1, 40), st.sampled_from(["hours", "days", "working_days", "weeks", "months", "years"])
)
PLACES = st.sampled_from(
    [LegalCalendar(), GERMANY, LegalCalendar("FR"), LegalCalendar("ES", "CT"), LegalCalendar("PL")]
)
STARTS = st.datetimes(datetime(2023, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))


@given(start=STARTS, period=PERIODS.filter(lambda period: period.unit != "hours"), place=PLACES)
def test_a_last_day_is_always_a_working_day_after_the_event(
    start: datetime, period: Period, place: LegalCalendar
) -> None:
    found = ends(start, period, place, BERLIN)
    event_on = start.astimezone(BERLIN).date()
    assert is_working_day(found.on, place)
    assert found.at > start
    days = [event_on + timedelta(days=n) for n in range(1, (found.on - event_on).days + 1)]
    worked = sum(is_working_day(day, place) for day in days)
    assert worked >= (1 if period == Period(1, "days") else min(2, period.n) if period.unit == "working_days" else 2)
    if period.unit == "working_days":
        assert worked == period.n


@given(start=STARTS, period=PERIODS, place=PLACES, later=st.integers(0, 200))
def test_what_begins_later_never_ends_earlier(
    start: datetime, period: Period, place: LegalCalendar, later: int
) -> None:
    first = ends(start, period, place, BERLIN)
    assert first.at <= ends(start + timedelta(hours=later), period, place, BERLIN).at


@given(start=STARTS, one=PERIODS, other=PERIODS, place=PLACES)
def test_a_period_that_is_never_later_never_is(
    start: datetime, one: Period, other: Period, place: LegalCalendar
) -> None:
    if never_later(one, other):
        assert ends(start, one, place, BERLIN).at <= ends(start, other, place, BERLIN).at


@pytest.mark.parametrize(
    ("one", "other", "sure"),
    [
        ("6 months", "7 months", True),
        ("6 months", "180 days", False),
        ("6 months", "186 days", True),
        ("23 hours", "1 working_days", True),
        ("24 hours", "1 working_days", False),
        ("1 days", "2 working_days", True),
        ("1 working_days", "2 days", False),
        ("2 weeks", "15 days", True),
    ],
)
def test_which_of_two_periods_is_surely_no_later(one: str, other: str, sure: bool) -> None:
    assert never_later(Period.read(one), Period.read(other)) is sure
