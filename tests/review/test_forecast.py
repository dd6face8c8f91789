"""What is expected to be late: the rule against a little simulation, and the reading of the queues."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from piepowder.review.forecast import HORIZONS, Expected, expected_breaches, forecast
from piepowder.review.models import Case
from tests.review.conftest import LEAD, Court


def simulated(dues: list[float], per_hour: float) -> Expected:
    """The same by working the queue off, case by case, and looking at each clock when it is decided or runs out."""
    clock, late = 0.0, []
    for due in dues:
        clock = clock + 3600 / per_hour if per_hour else float("inf")
        if due > 0 and clock > due:
            late.append(due)
    within = tuple(sum(due <= horizon.total_seconds() for due in late) for horizon in HORIZONS)
    soon = [due for due in late if due <= HORIZONS[-1].total_seconds()]
    return Expected(per_hour, within, min(soon, default=None))


@pytest.mark.parametrize("seed", range(8))
def test_the_rule_says_what_working_the_queue_off_would_show(seed: int) -> None:
    chance = random.Random(seed)
    per_hour = chance.choice([0, 1, 7, 60, 3600])
    dues = [float(chance.randrange(-3600, 30 * 3600)) for _ in range(200)]
    assert expected_breaches(enumerate(dues, 1), per_hour) == simulated(dues, per_hour)


def test_without_any_pace_all_that_becomes_due_is_expected_to_breach() -> None:
    found = expected_breaches([(1, 60.0), (2, 5 * 3600.0), (3, 50 * 3600.0)], 0)
    assert (found.within, found.first_in_s) == ((1, 1, 2), 60.0)


def test_what_is_late_already_and_what_is_in_time_is_not_expected() -> None:
    assert expected_breaches([(1, -5.0), (2, 7200.0)], 60) == Expected(60)


def test_work_in_hand_goes_first_and_graver_work_next(court: Court) -> None:
    court.queue("general", target_s=3600)
    court.queue("idle", position=1)
    mild = [court.case() for _ in range(3)]
    grave = court.case()
    review.reprioritise(
        actor=court.person(permissions=LEAD), case_id=grave.pk, at=court.now, severity=0, reason="dangerous"
    )
    court.claim(court.person())
    lead = court.person(permissions=LEAD)
    found = forecast(lead, court.now, {"general": 3.0})["general"]
    # The fourth of four, at twenty minutes each, is late after an hour; the third is just in time.
    assert (found.within, found.first_in_s) == ((1, 1, 1), 3600.0)
    assert forecast(lead, court.now, {})["general"].within == (4, 4, 4)
    Case.objects.filter(pk=mild[0].pk).update(due_at=court.now - timedelta(seconds=1))
    assert forecast(lead, court.now, {})["general"].within == (3, 3, 3)


def test_a_forecast_counts_only_what_its_reader_may_see(court: Court) -> None:
    court.queue("ours", target_s=3600, vendors=["zenith"])
    court.case()
    assert forecast(court.person(permissions=LEAD, vendor="acme"), court.now, {}) == {}
    stranger = court.person(permissions=frozenset({Permission.CASE_VIEW}))
    with pytest.raises(NotPermitted):
        forecast(stranger, court.now, {})
