"""However violations are issued, withdrawn and overturned, the stored standing is that of what still stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piepowder.decisions.models import Decision, Enforcement
from piepowder.standing import catalogue
from piepowder.standing.ladder import Span, Violation, evaluate, read_ladder
from piepowder.standing.models import Sanction
from tests.standing.conftest import CONTENT, Market

step = st.one_of(
    st.tuples(st.just("violation"), st.sampled_from(["P-1.1", "M-1", "C-1.1"])),
    st.tuples(st.just("violation"), st.sampled_from(["P-1.1"])),
    st.tuples(st.just("undo"), st.integers(0, 9)),
    st.tuples(st.just("later"), st.sampled_from([0.001, 1.0, 20.0, 60.0])),
)
GONE = ("undone", "dropped")


def play(market: Market, steps: list[tuple[str, object]]) -> list[UUID]:
    """The ids of the decisions that stand in the end."""
    standing: list[UUID] = []
    for what, how in steps:
        if what == "violation":
            standing.append(market.violation(code=str(how)).pk)
        elif what == "undo" and standing:
            market.undo(standing.pop(int(str(how)) % len(standing)))
        elif what == "later":
            market.later(float(str(how)))
        market.now += timedelta(seconds=1)
    market.later(0.001)
    return standing


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, min_size=4, max_size=14))
def test_the_standing_is_the_evaluation_without_what_was_undone(
    market: Market, now: datetime, steps: list[tuple[str, object]]
) -> None:
    with transaction.atomic():
        catalogue.forget()
        market.now = now
        market.switch()
        alive = play(market, [("violation", "P-1.1"), *steps])
        check(market, alive, since=now)
        transaction.set_rollback(True)
    catalogue.forget()


def check(market: Market, alive: list[UUID], since: datetime) -> None:
    decisions = Decision.objects.filter(pk__in=alive).prefetch_related("citations__version__policy", "entry")
    events = [
        Violation(
            str(one.entry.pk),
            one.final_at,
            tuple(cited.version.policy.code for cited in one.citations.all()),
            2,
            "DE",
        )
        for one in decisions
    ]
    expected = evaluate(read_ladder("test", CONTENT), events, market.now, market="DE", live=[Span(since)])
    assert market.score() == expected.score

    rows = list(Sanction.objects.select_related("decision"))
    wanted = {(due.threshold.code, due.by, "measures") for due in expected.sanctions if due.in_force(market.now)} | {
        (due.threshold.code, due.by, "for_good") for due in expected.sanctions if due.awaits_person(market.now)
    }
    assert {(row.threshold, row.by_ref, row.part) for row in rows if row.state in ("in_force", "waiting")} == wanted
    known = {(due.threshold.code, due.by) for due in expected.sanctions}
    assert {(row.threshold, row.by_ref) for row in rows if row.state not in GONE} <= known

    for row in rows:
        if row.decision is not None:
            assert (row.decision.state == "issued") == (row.state != "undone")
            active = Enforcement.objects.filter(decision=row.decision, state__in=["scheduled", "dispatched"])
            assert not (row.state in ("undone", "lifted") and active.exists())
