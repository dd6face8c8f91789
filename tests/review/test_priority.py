"""The rank: what comes first, and that nothing has to be touched for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from piepowder.review.priority import rank

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))
SEVERITY, TRUST, REPORTS = st.integers(0, 3), st.integers(0, 100), st.integers(0, 10_000)


@given(
    due=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=400)), severity=SEVERITY, trust=TRUST, reports=REPORTS
)
def test_what_is_due_earlier_comes_no_later(
    due: datetime, later: timedelta, severity: int, trust: int, reports: int
) -> None:
    assert rank(due, due, severity, trust, reports) <= rank(due + later, due, severity, trust, reports)


@given(due=MOMENTS, severity=st.integers(0, 2), trust=TRUST, reports=REPORTS)
def test_what_is_graver_comes_first(due: datetime, severity: int, trust: int, reports: int) -> None:
    assert rank(due, due, severity, trust, reports) < rank(due, due, severity + 1, trust, reports)


@given(due=MOMENTS, severity=SEVERITY, trust=st.integers(0, 99), reports=REPORTS)
def test_what_a_more_trusted_person_reports_comes_first(due: datetime, severity: int, trust: int, reports: int) -> None:
    assert rank(due, due, severity, trust + 1, reports) < rank(due, due, severity, trust, reports)


@given(due=MOMENTS, severity=SEVERITY, trust=TRUST, reports=st.integers(0, 1_000))
def test_more_reports_never_put_a_case_back(due: datetime, severity: int, trust: int, reports: int) -> None:
    assert rank(due, due, severity, trust, reports + 1) <= rank(due, due, severity, trust, reports)


@given(due=MOMENTS, trust=TRUST, reports=REPORTS)
def test_a_crowd_alone_never_brings_a_harmless_item_before_a_dangerous_one(
    due: datetime, trust: int, reports: int
) -> None:
    assert rank(due, due, 0) < rank(due, due, 3, trust, reports)


@given(opened=MOMENTS, severity=SEVERITY, waited=st.timedeltas(timedelta(days=6), timedelta(days=60)))
def test_whatever_waits_long_enough_comes_before_everything_new(
    opened: datetime, severity: int, waited: timedelta
) -> None:
    new = opened + waited
    assert (
        rank(opened + timedelta(hours=72), opened, 3) < rank(new + timedelta(hours=24), new, severity) or severity < 1
    )
    assert rank(None, opened, 3) < rank(None, new, 0, 100, 10_000)


@given(opened=MOMENTS, severity=st.integers(0, 2))
def test_without_a_promise_the_graver_still_comes_first(opened: datetime, severity: int) -> None:
    assert rank(None, opened, severity) < rank(None, opened, severity + 1)


@given(due=MOMENTS, severity=SEVERITY)
def test_an_item_that_is_gone_waits_unless_it_is_grave(due: datetime, severity: int) -> None:
    there, gone = rank(due, due, severity), rank(due, due, severity, item_gone=True)
    assert gone == there if severity <= 1 else gone > there
