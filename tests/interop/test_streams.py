"""A stream that turns round is noticed, one that only wavers is not."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.interop.jobs import watch_streams
from piepowder.interop.monitor import compared_streams
from piepowder.interop.streams import Share, compare, difference, flagged, wilson
from piepowder.outbox.models import Message
from tests.interop.conftest import Desk

Z95 = 1.959964


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
        (Share(0, 10), Share(0, 20), -0.1611, 0.2775),
        (Share(10, 10), Share(0, 20), 0.6791, 1.0),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(one: Share, other: Share, low: float, high: float) -> None:
    found = difference(one, other, Z95)
    assert [round(bound, 4) for bound in found] == pytest.approx([low, high], abs=1.1e-4)


@given(n=st.integers(1, 400), data=st.data())
def test_intervals_hold_their_share_and_stay_within_bounds(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = wilson(Share(k, n), Z95)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1
    other = Share(data.draw(st.integers(0, 50)), 50)
    low, high = difference(Share(k, n), other, Z95)
    assert -1 <= low <= k / n - other.k / other.n + 1e-9
    assert k / n - other.k / other.n - 1e-9 <= high <= 1


def told(stream: str, **counts: int) -> dict[tuple[str, str, str], int]:
    return {(stream, "automated_detection", value): count for value, count in counts.items()}


def test_a_flag_that_is_turned_round_is_a_flip() -> None:
    found = compare(told("machine:eye", Yes=2, No=28), told("machine:eye", Yes=280, No=20))
    assert {(one.value, one.flag) for one in found} == {("Yes", "flip"), ("No", "flip")}


def test_a_clear_change_without_turning_is_a_shift_and_a_new_value_is_one() -> None:
    found = compare(told("m", Yes=140, No=60), told("m", Yes=1900, No=100))
    assert {one.flag for one in found} == {"shift"}
    fresh = compare(told("m", Yes=30, Maybe=30), told("m", Yes=600))
    assert {(one.value, bool(one.flag)) for one in fresh} == {("Yes", True), ("Maybe", True)}


@pytest.mark.parametrize(
    ("recent", "baseline"),
    [
        (told("m", Yes=0, No=9), told("m", Yes=500)),
        (told("m", Yes=0, No=40), told("m", Yes=49)),
        (told("m", Yes=1900, No=100), told("m", Yes=19_200, No=800)),
        (told("m", Yes=12, No=8), told("m", Yes=40, No=20)),
        ({}, told("m", Yes=500)),
        (told("m", Yes=500), {}),
    ],
)
def test_too_little_or_too_small_a_change_is_none(
    recent: dict[tuple[str, str, str], int], baseline: dict[tuple[str, str, str], int]
) -> None:
    assert flagged(compare(recent, baseline)) == ()


def test_quiet_days_stay_quiet_however_many_streams_are_watched() -> None:
    chance = Random(7)
    alarms = 0
    for _day in range(40):
        recent: dict[tuple[str, str, str], int] = {}
        baseline: dict[tuple[str, str, str], int] = {}
        for stream in range(12):
            share = chance.choice([0.02, 0.3, 0.5, 0.9])
            for counts, n in ((recent, 40), (baseline, 300)):
                yes = sum(chance.random() < share for _ in range(n))
                counts.update(told(str(stream), Yes=yes, No=n - yes))
        alarms += bool(flagged(compare(recent, baseline)))
    assert alarms <= 2


@pytest.mark.django_db
def test_a_changed_stream_is_told_once_a_day(desk: Desk) -> None:
    desk.many(60, timedelta(days=10), automated_detection="Yes")
    desk.many(12, timedelta(days=1), automated_detection="No")
    desk.many(12, timedelta(days=1), automated_detection="No", state="not_needed", why="no_eea")
    recent = {one.value: one for one in compared_streams(now=desk.now) if one.measure == "automated_detection"}
    assert (recent["No"].recent, recent["No"].baseline) == (Share(12, 12), Share(0, 60))
    assert [watch_streams(now=desk.now + timedelta(hours=hours)) for hours in (0, 1, 25)] == [1, 0, 1]
    body = Message.objects.filter(topic="submissions.stream_changed").first().body  # type: ignore[union-attr]
    assert {"stream": "people:house", "measure": "automated_detection", "value": "Yes", "flag": "flip"} in body[
        "changed"
    ]
