"""An SLA clock folds its events into a state, the same whenever and in whatever order it hears of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piepowder.kernel.clocks import (
    Calendar,
    ClockEvent,
    ClockRule,
    ClockState,
    ClockStatus,
    EventKind,
    NotStarted,
    PriorityChange,
    Reopen,
    fold,
)

OFFICE = Calendar.of(tz="UTC", weekly={day: [("09:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
HOUR = 3600


def at(clock: str, day: int = 4) -> datetime:
    """A time on a day of March 2026; the fourth is a Wednesday."""
    return datetime.fromisoformat(f"2026-03-{day:02d}T{clock}:00+00:00")


def event(kind: str, clock: str, day: int = 4, **more: Any) -> ClockEvent:
    return ClockEvent(at(clock, day), EventKind(kind), **more)


CREATED = event("created", "10:00")


def state(*events: ClockEvent, now: datetime, hours: int = 4, **choices: Any) -> ClockState:
    return fold([CREATED, *events], target_seconds=hours * HOUR, calendar=OFFICE, now=now, rule=ClockRule(**choices))


def test_a_running_clock_tells_what_is_used_and_what_is_left() -> None:
    clock = state(now=at("11:30"))
    assert clock.status is ClockStatus.RUNNING
    assert clock.due_at == at("14:00")
    assert (clock.current.elapsed_s, clock.current.remaining_s) == (1.5 * HOUR, 2.5 * HOUR)
    assert clock.breached_at is None


def test_a_paused_clock_keeps_what_is_left() -> None:
    clock = state(event("pause", "11:00", reason="seller"), now=at("16:00"))
    assert (clock.status, clock.due_at, clock.current.remaining_s) == (ClockStatus.PAUSED, None, 3 * HOUR)


def test_what_happens_after_now_is_not_yet_known() -> None:
    later = event("pause", "12:00", reason="seller")
    assert state(later, now=at("11:00")) == state(now=at("11:00"))
    with pytest.raises(NotStarted):
        fold([CREATED], target_seconds=60, calendar=OFFICE, now=at("09:00"))


def test_a_stop_at_the_due_instant_is_in_time_and_running_on_is_not() -> None:
    assert state(event("resolved", "14:00"), now=at("15:00")).status is ClockStatus.MET
    running = state(now=at("14:00"))
    assert (running.status, running.breached_at) == (ClockStatus.BREACHED, at("14:00"))


def test_lateness_is_told_in_business_and_in_wall_time() -> None:
    clock = state(event("resolved", "10:00", 5), now=at("12:00", 9))
    assert clock.status is ClockStatus.BREACHED
    assert clock.current.breach_s == 4 * HOUR
    assert clock.current.breach_wall_s == 20 * HOUR


def test_a_case_that_waits_on_others_from_its_due_instant_is_late_only_once_it_goes_on() -> None:
    pause, resume = event("pause", "14:00", reason="seller"), event("resume", "16:00", reason="seller")
    waiting = state(pause, now=at("15:00"))
    assert (waiting.status, waiting.due_at, waiting.breached_at) == (ClockStatus.PAUSED, at("14:00"), None)
    assert state(pause, resume, event("resolved", "16:00"), now=at("17:00")).status is ClockStatus.MET
    assert state(pause, resume, now=at("16:30")).breached_at == at("16:00")


def test_reasons_that_overlap_are_one_pause_and_a_resume_without_reason_ends_all() -> None:
    two = [event("pause", "11:00", reason="seller"), event("pause", "11:30", reason="legal")]
    one_left = state(*two, event("resume", "12:00", reason="seller"), now=at("13:00"))
    assert (one_left.status, one_left.current.remaining_s) == (ClockStatus.PAUSED, 3 * HOUR)
    assert state(*two, event("resume", "12:00"), now=at("13:00")).due_at == at("15:00")


@pytest.mark.parametrize("reason", ["seller", None])
def test_a_pause_and_a_resume_at_one_instant_leave_things_as_they_were(reason: str | None) -> None:
    both = [event("pause", "12:00", reason=reason), event("resume", "12:00", reason=reason)]
    assert state(*both, now=at("13:00")) == state(*reversed(both), now=at("13:00")) == state(now=at("13:00"))
    waiting = event("pause", "11:00", reason=reason)
    assert state(waiting, *both, now=at("13:00")).current == state(waiting, now=at("13:00")).current


def test_a_raise_that_causes_a_breach_is_recorded_at_the_raise() -> None:
    clock = state(event("priority", "13:00", target_s=HOUR), now=at("13:30"), hours=16)
    assert (clock.due_at, clock.breached_at) == (at("11:00"), at("13:00"))
    assert clock.current.breach_s == 0.5 * HOUR
    change = clock.changes[0]
    assert (change.elapsed_s, change.target_s, change.due_before) == (3 * HOUR, HOUR, at("10:00", 6))


def test_a_breach_stays_when_the_target_is_relaxed_afterwards() -> None:
    clock = state(event("priority", "15:00", target_s=16 * HOUR), now=at("16:00"))
    assert (clock.status, clock.breached_at, clock.due_at) == (ClockStatus.BREACHED, at("14:00"), at("10:00", 6))
    assert clock.current.breach_s == HOUR


def test_a_proportional_change_keeps_the_share_that_is_left() -> None:
    clock = state(
        event("priority", "12:00", target_s=2 * HOUR),
        event("priority", "12:30", target_s=8 * HOUR),
        now=at("12:30"),
        priority_change=PriorityChange.PROPORTIONAL,
    )
    assert clock.current.remaining_s == 2 * HOUR, "half was left, then a quarter"


def test_a_budget_that_is_gone_leaves_nothing_to_a_proportional_change() -> None:
    clock = state(
        event("priority", "15:00", target_s=16 * HOUR), now=at("15:00"), priority_change=PriorityChange.PROPORTIONAL
    )
    assert (clock.due_at, clock.breached_at) == (at("15:00"), at("14:00"))


def test_of_two_targets_set_at_one_instant_the_stricter_stands() -> None:
    both = [event("priority", "11:00", target_s=8 * HOUR), event("priority", "11:00", target_s=2 * HOUR)]
    assert state(*both, now=at("11:30")).due_at == state(*reversed(both), now=at("11:30")).due_at == at("12:00")


def test_a_change_while_resolved_counts_from_the_reopening_only() -> None:
    events = [event("resolved", "12:00"), event("priority", "13:00", target_s=HOUR), event("reopened", "15:00")]
    before = state(*events[:2], now=at("14:00"))
    assert (before.status, before.due_at) == (ClockStatus.MET, at("14:00"))
    after = state(*events, now=at("15:30"))
    assert (after.due_at, after.breached_at, after.finished[0].met) == (at("11:00"), at("15:00"), True)


@pytest.mark.parametrize(("reopen", "due"), [(Reopen.CONTINUE, at("16:00", 5)), (Reopen.RESTART, at("17:00", 5))])
def test_a_reopening_goes_on_or_starts_afresh(reopen: Reopen, due: datetime) -> None:
    clock = state(event("resolved", "11:00"), event("reopened", "13:00", 5), now=at("14:00", 5), reopen=reopen)
    assert clock.due_at == due
    assert [cycle.number for cycle in clock.cycles] == [1, 2]
    assert (clock.finished[0].met, clock.finished[0].due_at) == (True, at("14:00"))


def test_a_missed_cycle_stays_missed_after_a_restart() -> None:
    clock = state(event("resolved", "16:00"), event("reopened", "09:00", 5), now=at("10:00", 5), reopen=Reopen.RESTART)
    assert (clock.status, clock.breached_at, clock.ever_breached) == (ClockStatus.RUNNING, None, True)
    assert clock.finished[0].breached_at == at("14:00")


def test_a_clock_that_goes_on_after_a_miss_does_not_count_the_time_it_stood_resolved_as_late() -> None:
    clock = state(event("resolved", "15:00"), event("reopened", "09:00", 5), now=at("10:00", 5))
    assert (clock.breached_at, clock.current.breach_s) == (at("14:00"), 2 * HOUR)


def test_the_first_cycle_is_frozen_against_pauses_that_come_later() -> None:
    early = [event("resolved", "11:00"), event("reopened", "12:00")]
    later = [event("pause", "12:30", reason="seller"), event("resume", "16:00", reason="seller")]
    now = at("16:30")
    assert state(*early, *later, now=now).finished == state(*early, now=now).finished


def test_a_cancelled_clock_is_no_longer_due_but_keeps_its_breach() -> None:
    clock = state(event("cancelled", "15:00"), event("resolved", "16:00"), now=at("17:00"))
    assert (clock.status, clock.due_at, clock.breached_at) == (ClockStatus.CANCELLED, None, at("14:00"))
    assert state(event("cancelled", "12:00"), now=at("17:00")).breached_at is None


def test_the_instants_of_risk_are_when_a_share_of_the_target_is_used() -> None:
    assert dict(state(now=at("10:00")).current.at_risk) == {50: at("12:00"), 75: at("13:00"), 90: at("13:36")}
    paused = state(event("pause", "12:30", reason="seller"), now=at("13:00"))
    assert dict(paused.current.at_risk) == {50: at("12:00"), 75: None, 90: None}


def test_a_change_of_priority_needs_a_target() -> None:
    with pytest.raises(ValueError, match="no target"):
        state(event("priority", "12:00"), now=at("13:00"))


@st.composite
def histories(draw: st.DrawFn) -> list[ClockEvent]:
    """A created event and anything after or even before it, at whole or broken seconds."""
    moments = st.integers(-3_600, 4 * 86_400).map(lambda second: CREATED.at + timedelta(seconds=second))
    others = st.one_of(
        st.builds(ClockEvent, moments, st.just(EventKind.PAUSE), st.sampled_from(["seller", "legal", None])),
        st.builds(ClockEvent, moments, st.just(EventKind.RESUME), st.sampled_from(["seller", "legal", None])),
        st.builds(ClockEvent, moments, st.sampled_from([EventKind.RESOLVED, EventKind.REOPENED])),
        st.builds(ClockEvent, moments, st.just(EventKind.PRIORITY), st.none(), st.sampled_from([900, 14_400, 57_600])),
    )
    return [CREATED, *draw(st.lists(others, max_size=8))]


RULES = st.builds(ClockRule, st.sampled_from(PriorityChange), st.sampled_from(Reopen))
NOW = CREATED.at + timedelta(days=5)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), RULES, st.randoms(use_true_random=False))
def test_late_doubled_and_shuffled_events_give_the_same_state(
    events: list[ClockEvent], rule: ClockRule, shuffler: Any
) -> None:
    mixed = events * 2
    shuffler.shuffle(mixed)
    once = fold(events, target_seconds=4 * HOUR, calendar=OFFICE, now=NOW, rule=rule)
    assert fold(mixed, target_seconds=4 * HOUR, calendar=OFFICE, now=NOW, rule=rule) == once


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), RULES)
def test_hearing_the_events_one_by_one_ends_where_hearing_them_at_once_does(
    events: list[ClockEvent], rule: ClockRule
) -> None:
    in_time = sorted(events, key=lambda event: event.at)
    heard: list[ClockEvent] = []
    for number, now_heard in enumerate(in_time):
        heard.append(now_heard)
        following = in_time[number + 1].at if number + 1 < len(in_time) else NOW
        if now_heard.at < CREATED.at or following == now_heard.at:
            continue
        replayed = fold(heard, target_seconds=4 * HOUR, calendar=OFFICE, now=now_heard.at, rule=rule)
        assert replayed == fold(events, target_seconds=4 * HOUR, calendar=OFFICE, now=now_heard.at, rule=rule)
        assert (
            replayed.finished
            == fold(events, target_seconds=4 * HOUR, calendar=OFFICE, now=NOW, rule=rule).cycles[
                : len(replayed.finished)
            ]
        ), "a finished cycle is never rewritten"


SECONDS = st.integers(0, 5 * 86_400)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), RULES, SECONDS, SECONDS)
def test_a_breach_is_never_back_dated_and_never_taken_back(
    events: list[ClockEvent], rule: ClockRule, one: int, other: int
) -> None:
    first, later = (CREATED.at + timedelta(seconds=seconds) for seconds in sorted((one, other)))
    seen = fold(events, target_seconds=4 * HOUR, calendar=OFFICE, now=first, rule=rule).current
    now_seen = fold(events, target_seconds=4 * HOUR, calendar=OFFICE, now=later, rule=rule)
    same = next(cycle for cycle in now_seen.cycles if cycle.number == seen.number)
    if seen.breached_at is not None:
        assert same.breached_at == seen.breached_at
    elif same.breached_at is not None:
        assert same.breached_at > first


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), RULES, SECONDS)
def test_the_numbers_of_a_cycle_hold_together(events: list[ClockEvent], rule: ClockRule, seconds: int) -> None:
    now = CREATED.at + timedelta(seconds=seconds)
    for cycle in fold(events, target_seconds=4 * HOUR, calendar=OFFICE, now=now, rule=rule).cycles:
        assert 0 <= cycle.breach_s <= cycle.breach_wall_s
        assert (cycle.status is ClockStatus.BREACHED) == (cycle.breached_at is not None)
        assert cycle.breached_at is None or cycle.started_at <= cycle.breached_at <= now
        instants = [at for _, at in cycle.at_risk if at is not None]
        assert instants == sorted(instants)
        if cycle.due_at is not None:
            assert all(at is not None and at <= cycle.due_at for _, at in cycle.at_risk)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(histories(), st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_larger_target_is_never_due_earlier(events: list[ClockEvent], one: int, other: int) -> None:
    plain = [event for event in events if event.kind in (EventKind.CREATED, EventKind.PAUSE, EventKind.RESUME)]
    tight, wide = (
        fold(plain, target_seconds=target, calendar=OFFICE, now=NOW).due_at for target in sorted((one, other))
    )
    assert wide is None or (tight is not None and tight <= wide)


def test_due_times_are_told_in_utc() -> None:
    due = state(now=at("11:00")).due_at
    assert due is not None
    assert due.tzinfo is UTC
