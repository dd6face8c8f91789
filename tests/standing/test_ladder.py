"""Where a seller stands: the vectors of the requirements, and what holds for every ladder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piepowder.standing.ladder import (
    Adjustment,
    Credit,
    Earned,
    EntryState,
    Era,
    Event,
    Hold,
    Ladder,
    Span,
    Standing,
    Violation,
    evaluate,
    read_ladder,
)
from piepowder.standing.shipping import shipped_ladders

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
T = datetime(2026, 1, 5, 10, tzinfo=UTC)


def shipped(code: str) -> Ladder:
    return read_ladder(code, shipped_ladders()[code])


def ladder(**points: Any) -> Ladder:
    """Adding, one point a violation unless said otherwise, never ending."""
    base: dict[str, Any] = {"rules": [{"code": "any", "reasons": ["*"], "points": 1}]}
    return read_ladder("made", {"title": "Made", "points": base | points})


def at(score: int, code: str = "", **more: Any) -> dict[str, Any]:
    suspended = {"family": "account", "measure": "suspended"}
    given = {"code": code or f"t{score}", "title": "A milestone", "at": score, "measures": [suspended | {"days": 7}]}
    return given | more


def wrong(ref: str, when: datetime = T, code: str = "P-1.1", severity: int = 2, **more: Any) -> Violation:
    return Violation(ref, when, (code,), severity, **more)


def fired(standing: Standing) -> list[tuple[str, datetime]]:
    return [(due.threshold.code, due.at) for due in standing.sanctions]


class TestVectors:
    def test_a_falling_score_loses_fifty_and_orders_earn_it_back_up_to_a_limit(self) -> None:
        rating = shipped("rating-1000")
        grave = wrong("v", severity=1)
        assert evaluate(rating, [], T).score == 200
        assert evaluate(rating, [grave], T).score == 150
        orders = [Credit(f"o{n}", T + n * DAY, Earned.ORDERS, 100) for n in range(1, 6)]
        assert evaluate(rating, [grave, *orders], T + 10 * DAY).score == 158, "five hundred orders are two lots of 200"
        limited = ladder(
            direction="falling", start=200, most=200,
            rules=[{"code": "any", "reasons": ["*"], "points": 50}],
            credits=[{"kind": "orders", "per": 200, "points": 4, "cap": 8, "cap_days": 30}],
        )  # fmt: skip
        many = [Credit(f"o{n}", T + n * DAY, Earned.ORDERS, 200) for n in range(1, 6)]
        assert evaluate(limited, [grave, *many], T + 10 * DAY).score == 158

    @pytest.mark.parametrize(("apart", "score"), [(89 * DAY / 5, 48), (91 * DAY / 5, 40)])
    def test_six_times_eight_is_forty_eight_only_while_none_has_expired(self, apart: timedelta, score: int) -> None:
        points = shipped("adding-48")
        six = [wrong(f"v{n}", T + n * apart, chosen=8) for n in range(6)]
        standing = evaluate(points, six, six[-1].at)
        assert standing.score == score
        assert ("p48" in dict(fired(standing))) == (score == 48)

    @pytest.mark.parametrize(("apart", "strikes"), [(72 * HOUR, 1), (72 * HOUR + timedelta(seconds=1), 2)])
    def test_two_serious_infringements_within_three_days_are_one_strike(self, apart: timedelta, strikes: int) -> None:
        two = [wrong("a", T, "C-1.1", 1), wrong("b", T + apart, "C-2.1", 1)]
        assert evaluate(shipped("yearly-48-strikes"), two, T + 5 * DAY).strikes == {"serious-rights": strikes}

    @pytest.mark.parametrize("checked", ["always", "weekly"])
    def test_a_sanction_of_the_last_day_of_a_quarter_lasts_across_the_reset(self, checked: str) -> None:
        tiers = ladder(expires={"reset": "quarter"}, checked=checked, thresholds=[at(15, measures=[
            {"family": "account", "measure": "suspended", "days": 28}])],
            rules=[{"code": "any", "reasons": ["*"], "points": 15}])  # fmt: skip
        last_day = datetime(2026, 3, 31, 12, tzinfo=UTC)
        begins = last_day if checked == "always" else datetime(2026, 4, 6, tzinfo=UTC)
        (due,) = evaluate(tiers, [wrong("v", last_day)], last_day + 7 * DAY).sanctions
        assert evaluate(tiers, [wrong("v", last_day)], last_day + DAY).score == 0
        assert (due.at, due.ends_at()) == (begins, begins + 28 * DAY)
        assert due.in_force(begins + 28 * DAY - HOUR)
        assert not due.in_force(begins + 28 * DAY)


class TestEntries:
    def test_the_closest_rule_gives_the_points_and_the_gravest_of_a_range_the_most(self) -> None:
        points = shipped("adding-48")
        costs = {
            code: evaluate(points, [wrong("v", T, code, severity)], T).score
            for code, severity in (("C-1.1", 3), ("C-2.1", 3), ("C-1.1", 0), ("L-2", 3), ("O-1", 1))
        }
        assert costs == {"C-1.1": 48, "C-2.1": 1, "L-2": 48, "O-1": 3}
        assert evaluate(points, [wrong("v", T, "C-1.1", 3)], T).score == 4

    def test_repetition_weighs_more_and_severity_multiplies(self) -> None:
        made = ladder(
            severity={1: 2}, repeats={"days": 30, "factors": [1, 1.5, 2]},
            rules=[{"code": "any", "reasons": ["*"], "points": 4}],
        )  # fmt: skip
        times = [wrong("a", T), wrong("b", T + DAY), wrong("c", T + 2 * DAY, severity=1), wrong("d", T + 40 * DAY)]
        assert [one.points for one in evaluate(made, times, T + 41 * DAY).entries] == [4, 6, 16, 4]

    def test_a_batch_is_one_violation_as_grave_as_its_gravest(self) -> None:
        made = ladder(batch_as_one=True, rules=[{"code": "any", "reasons": ["*"], "by_severity": {2: 3, 1: 10}}])
        batch = [wrong(f"v{n}", T, batch="B", severity=1 if n == 2 else 2) for n in range(5)]
        assert evaluate(made, batch, T).score == 10

    def test_only_so_many_points_of_one_kind_count_on_one_day(self) -> None:
        strikes = shipped("yearly-48-strikes")
        general = [wrong(f"v{n}", T + n * HOUR, "C-1.1", 2) for n in range(5)]
        assert evaluate(strikes, general, T + DAY).score == 6
        assert evaluate(strikes, [*general, wrong("w", T + DAY, "C-1.1", 2)], T + DAY).score == 9

    def test_markets_may_have_rules_of_their_own(self) -> None:
        falling = shipped("falling-200")
        in_union = wrong("v", severity=1, market="DE")
        assert evaluate(falling, [in_union], T + 2 * DAY).entries[0].state is EntryState.PENDING
        assert evaluate(falling, [in_union], T + 3 * DAY).score == 150
        assert evaluate(falling, [replace(in_union, market="US")], T).score == 150

    def test_a_ladder_counts_the_violations_of_its_markets_only(self) -> None:
        content = {
            "title": "Made",
            "markets": ["EU"],
            "points": {"rules": [{"code": "a", "reasons": ["*"], "points": 1}]},
        }
        made = read_ladder("made", content)
        assert evaluate(made, [wrong("a", market="FR"), wrong("b", market="US")], T).score == 1

    def test_points_given_before_a_new_version_stay_what_they_were(self) -> None:
        old, new = ladder(), ladder(rules=[{"code": "any", "reasons": ["*"], "points": 5}])
        standing = evaluate(
            new, [wrong("a"), wrong("b", T + 2 * DAY)], T + 3 * DAY, since=T + DAY, eras=[Era(T - DAY, old)]
        )
        assert standing.score == 6


class TestEarning:
    def test_what_is_earned_back_comes_off_what_expires_first_and_is_not_kept_for_later(self) -> None:
        made = ladder(
            expires={"days": 30}, credits=[{"kind": "training", "points": 3}],
            rules=[{"code": "any", "reasons": ["*"], "points": 2}],
        )  # fmt: skip
        events: list[Event] = [wrong("a"), Credit("c", T + DAY, Earned.TRAINING), wrong("b", T + 2 * DAY)]
        assert evaluate(made, events, T + DAY).score == 0
        assert evaluate(made, events, T + 2 * DAY).score == 2, "the third point was lost"

    def test_time_without_violations_earns_points_back(self) -> None:
        made = ladder(
            credits=[{"kind": "clean", "per": 30, "points": 2}],
            rules=[{"code": "any", "reasons": ["*"], "points": 5}],
        )  # fmt: skip
        assert [evaluate(made, [wrong("a")], T + days * DAY).score for days in (29, 30, 60, 90, 120)] == [5, 3, 1, 0, 0]
        again = [wrong("a"), wrong("b", T + 20 * DAY)]
        assert [evaluate(made, again, T + days * DAY).score for days in (30, 50)] == [10, 8]

    def test_a_person_can_give_and_take_points(self) -> None:
        events: list[Event] = [wrong("a"), Adjustment("x", T + DAY, 5, days=2), Adjustment("y", T + 2 * DAY, -1)]
        made = ladder(expires={"days": 90})
        assert [evaluate(made, events, T + days * DAY).score for days in (0, 1, 2, 3)] == [1, 6, 5, 1]


class TestThresholds:
    def test_a_threshold_fires_again_only_after_the_score_had_come_back_far_enough(self) -> None:
        made = ladder(expires={"days": 10}, thresholds=[at(3, hysteresis=1)])
        three = [wrong(f"v{n}", T + n * DAY) for n in range(3)]
        back_to_two = [*three, wrong("w", T + 10.5 * DAY)]
        assert len(evaluate(made, back_to_two, T + 11 * DAY).sanctions) == 1
        back_to_one = [*three, *(wrong(f"w{n}", T + (11.5 + n / 10) * DAY) for n in range(2))]
        assert len(evaluate(made, back_to_one, T + 12 * DAY - HOUR).sanctions) == 2

    def test_several_milestones_at_once_are_one_sanction_the_highest(self) -> None:
        made = ladder(thresholds=[at(3), at(6), at(9)], rules=[{"code": "any", "reasons": ["*"], "points": 7}])
        standing = evaluate(made, [wrong("a")], T)
        assert fired(standing) == [("t6", T)]
        assert standing.next_threshold is not None
        assert standing.next_threshold.code == "t9"

    def test_measures_without_days_hold_until_the_score_has_recovered_and_then_the_lower_ones_do(self) -> None:
        closed = [{"family": "account", "measure": "suspended"}]
        fewer = [{"family": "visibility", "measure": "content_demoted"}]
        made = ladder(
            expires={"days": 10}, thresholds=[at(2, measures=fewer), at(4, measures=closed)],
            rules=[{"code": "any", "reasons": ["*"], "points": 2}],
        )  # fmt: skip
        both = [Adjustment("x", T, 2, days=5), wrong("a")]
        upper, *rest = evaluate(made, both, T + 4 * DAY).sanctions
        assert (upper.threshold.code, upper.in_force(T + 4 * DAY), rest) == ("t4", True, [])
        upper, lower = evaluate(made, both, T + 6 * DAY).sanctions
        assert (upper.recovered_at, lower.at) == (T + 5 * DAY, T + 5 * DAY)
        assert not upper.in_force(T + 6 * DAY)
        assert lower.in_force(T + 6 * DAY)

    def test_whoever_was_not_warned_is_told_before_the_measures_begin_and_spared_when_the_score_recovers(self) -> None:
        made = ladder(expires={"days": 2}, thresholds=[at(1, warn_days=3)])
        (due,) = evaluate(made, [wrong("a")], T + DAY).sanctions
        assert due.starts_at == T + 3 * DAY
        assert not due.dropped
        (due,) = evaluate(made, [wrong("a")], T + 4 * DAY).sanctions
        assert due.dropped
        assert not due.in_force(T + 4 * DAY)

    def test_after_a_warning_that_still_stands_measures_begin_at_once(self) -> None:
        made = ladder(thresholds=[at(1, measures=[], warning=True), at(2, warn_days=3)])
        _, due = evaluate(made, [wrong("a"), wrong("b", T + DAY)], T + DAY).sanctions
        assert due.starts_at == T + DAY

    def test_what_is_for_good_waits_for_a_person_while_the_score_has_not_recovered(self) -> None:
        closed = [{"family": "account", "measure": "terminated", "permanent": True}]
        made = ladder(expires={"days": 10}, thresholds=[at(1, measures=closed)])
        (due,) = evaluate(made, [wrong("a")], T + DAY).sanctions
        assert due.awaits_person(T + DAY)
        assert not due.in_force(T + DAY)
        (due,) = evaluate(made, [wrong("a")], T + 11 * DAY).sanctions
        assert not due.awaits_person(T + 11 * DAY)

    def test_nothing_follows_while_a_ladder_only_counts_and_what_is_reached_follows_when_it_goes_live(self) -> None:
        made = ladder(thresholds=[at(1)])
        live = [Span(T + 5 * DAY)]
        assert fired(evaluate(made, [wrong("a")], T + DAY, live=live)) == []
        assert fired(evaluate(made, [wrong("a")], T + 6 * DAY, live=live)) == [("t1", T + 5 * DAY)]


class TestHolds:
    def test_points_that_are_held_do_not_count_and_reach_nothing(self) -> None:
        made = ladder(pending_days=7, thresholds=[at(1)])
        held = [wrong("a"), Hold("a", T + DAY)]
        standing = evaluate(made, held, T + 8 * DAY)
        assert (standing.score, fired(standing), standing.entries[0].state) == (0, [], EntryState.HELD)
        released = [wrong("a"), Hold("a", T + DAY, T + 20 * DAY)]
        assert fired(evaluate(made, released, T + 21 * DAY)) == [("t1", T + 20 * DAY)]

    def test_whoever_appeals_in_vain_is_not_punished_twice_nor_spared_what_began(self) -> None:
        made = ladder(thresholds=[at(1, measures=[{"family": "account", "measure": "suspended"}])])
        events = [wrong("a"), Hold("a", T + DAY, T + 20 * DAY)]
        for days in (2, 21):
            (due,) = evaluate(made, events, T + days * DAY).sanctions
            assert due.in_force(T + days * DAY)


times = st.integers(0, 60 * 24).map(lambda hours: T + hours * HOUR)
violations = st.builds(
    lambda n, when, code, severity, batch: Violation(f"v{n:03}", when, (code,), severity, "DE", batch),
    st.integers(0, 999), times, st.sampled_from(["P-1.1", "C-1.1", "C-2.1", "O-1"]), st.integers(0, 3),
    st.sampled_from(["", "", "B"]),
)  # fmt: skip
others = st.one_of(
    st.builds(lambda n, when: Credit(f"c{n}", when, Earned.TRAINING), st.integers(0, 99), times),
    st.builds(lambda n, when, q: Credit(f"o{n}", when, Earned.ORDERS, q), st.integers(0, 99), times, st.integers(1, 300)),
    st.builds(lambda n, when, hours: Hold(f"v{n:03}", when, when + hours * HOUR), st.integers(0, 999), times, st.integers(1, 99)),
    st.builds(lambda n, when, p: Adjustment(f"x{n}", when, p), st.integers(0, 99), times, st.integers(-9, 9).filter(bool)),
)  # fmt: skip
lives = st.lists(
    st.one_of(violations, violations, others), max_size=12, unique_by=lambda event: (type(event), event.ref)
)
any_ladder = st.sampled_from(sorted(shipped_ladders())).map(shipped)
END = T + 61 * DAY


def burdens(standing: Standing) -> list[int]:
    return [count.burden for count in standing.counts]


@settings(max_examples=60, deadline=None)
@given(any_ladder, lives, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_told_does_not_matter(made: Ladder, life: list[Event], chance: Any) -> None:
    shuffled = chance.sample(life, len(life))
    assert evaluate(made, shuffled, END, market="DE") == evaluate(made, life, END, market="DE")


@settings(max_examples=60, deadline=None)
@given(any_ladder, lives, violations)
def test_one_more_violation_at_the_end_never_makes_a_standing_better(
    made: Ladder, life: list[Event], last: Violation
) -> None:
    latest = replace(last, ref="zzz", at=END)
    before = evaluate(made, life, END, market="DE")
    after = evaluate(made, [*life, latest], END, market="DE")
    assert all(more >= less for more, less in zip(burdens(after), burdens(before), strict=True))
    assert set(fired(before)) <= set(fired(after))


@settings(max_examples=40, deadline=None)
@given(any_ladder, lives, times)
def test_what_is_past_does_not_change_by_what_comes_later(made: Ladder, life: list[Event], then: datetime) -> None:
    past = [event for event in life if event.at <= then]
    open_holds = [
        replace(one, until=None) if isinstance(one, Hold) and one.until and one.until > then else one for one in past
    ]
    assert burdens(evaluate(made, life, then, market="DE")) == burdens(evaluate(made, open_holds, then, market="DE"))
    later = evaluate(made, life, END, market="DE")
    assert [one for one in fired(later) if one[1] <= then] == fired(evaluate(made, life, then, market="DE"))


@settings(max_examples=40, deadline=None)
@given(any_ladder, lives)
def test_the_next_change_is_the_next_time_that_anything_is_different(made: Ladder, life: list[Event]) -> None:
    now = evaluate(made, life, END, market="DE")
    if now.next_change is not None:
        soon = evaluate(made, life, now.next_change - timedelta(seconds=1), market="DE")
        assert (burdens(soon), fired(soon)) == (burdens(now), fired(now))
        assert now.next_change > END
