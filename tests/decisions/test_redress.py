"""The last day for a complaint, to the rule of Regulation 1182/71."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.decisions.redress import complaint_deadline, months_later, public_holidays


def at(day: str, time: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("informed", "market", "last", "why"),
    [
        ("2026-03-04", "DE", "2026-09-04", "the same date, a Friday"),
        ("2026-03-05", "DE", "2026-09-07", "a Saturday moves to Monday"),
        ("2026-08-31", "DE", "2027-03-01", "28 February 2027 is a Sunday"),
        ("2025-08-31", "DE", "2026-03-02", "28 February 2026 is a Saturday"),
        ("2027-08-31", "DE", "2028-02-29", "a leap year's last day"),
        ("2026-04-03", "DE", "2026-10-05", "3 October is a holiday and a Saturday"),
        ("2026-06-25", "DE", "2026-12-28", "Christmas Day, Boxing Day, Sunday"),
        ("2026-06-25", "GB", "2026-12-29", "and a substitute day in the United Kingdom"),
        ("2025-10-03", "DE", "2026-04-07", "Good Friday to Easter Monday"),
        ("2025-10-03", "EU", "2026-04-03", "a group of countries has its week-ends only"),
        ("2025-10-03", "US", "2026-04-03", "no holiday there"),
    ],
)
def test_the_last_day(informed: str, market: str, last: str, why: str) -> None:
    assert complaint_deadline(at(informed), market).on.isoformat() == last, why


def test_late_in_the_evening_the_next_day_counts_because_it_has_begun_in_the_east() -> None:
    assert complaint_deadline(at("2026-03-03", "20:59"), "DE").on == date(2026, 9, 3)
    assert complaint_deadline(at("2026-03-03", "21:00"), "DE").on == date(2026, 9, 4)


def test_the_rule_and_its_calendar_are_named() -> None:
    assert complaint_deadline(at("2026-03-04"), "DE").rule.startswith("1182/71 +6M DE holidays-")


@given(day=st.dates(date(2000, 1, 1), date(2090, 1, 1)), months=st.integers(0, 60))
def test_months_later_lands_in_the_right_month_on_the_same_date_or_its_last_day(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    longest = calendar.monthrange(later.year, later.month)[1]
    assert later.day == min(day.day, longest)


@given(
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    market=st.sampled_from(["DE", "FR", "ES", "IT", "GB", "US", "GR", "EEA", ""]),
)
def test_nobody_ever_gets_less_than_six_months_and_the_last_day_is_a_working_day(moment: datetime, market: str) -> None:
    last = complaint_deadline(moment, market).on
    assert last >= months_later(moment.date(), 6)
    assert last - moment.date() <= timedelta(days=196)
    assert last.weekday() < 5
    assert last not in public_holidays(market, last.year)


@given(first=st.dates(date(2024, 1, 1), date(2059, 1, 1)), gap=st.integers(0, 90))
def test_whoever_is_informed_later_never_has_an_earlier_last_day(first: date, gap: int) -> None:
    earlier = datetime(first.year, first.month, first.day, 12, tzinfo=UTC)
    assert complaint_deadline(earlier, "FR").on <= complaint_deadline(earlier + timedelta(days=gap), "FR").on
