"""Whatever people do in whatever order: nobody hears their own decision, and what is overturned is as if it had not been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piepowder.access.models import User
from piepowder.access.operations import set_manager
from piepowder.access.queries import reporting_line
from piepowder.appeals.models import Appeal, Bar, Restitution
from piepowder.appeals.operations import assign, conclude, give_back, refuse_admission, take, take_next
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.operations import EnforcementOrder, overturn, rule_directly
from piepowder.intake.models import Report
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.review.opening import violations_of
from tests.appeals.conftest import REASONS, Desk, leave
from tests.decisions.conftest import ruling

pytestmark = pytest.mark.django_db

PEOPLE = 4
who = st.integers(0, PEOPLE - 1)
STEPS = st.one_of(
    st.tuples(st.just("manager"), who, st.one_of(st.none(), who)),
    st.tuples(st.just("take"), who, st.none()),
    st.tuples(st.just("next"), who, st.none()),
    st.tuples(st.just("give_back"), who, st.none()),
    st.tuples(st.just("assign"), who, who),
    st.tuples(st.just("refuse"), who, st.none()),
    st.tuples(st.just("conclude"), who, st.sampled_from(["upheld", "overturned", "modified"])),
)


@contextmanager
def forgotten() -> Iterator[None]:
    """What happens within is rolled back, so that each example begins alike."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def staff(desk: Desk) -> list[Actor]:
    """People who decide, hear and assign; each may do everything."""
    return [desk.hearer("house", Permission.APPEAL_ASSIGN) for _person in range(PEOPLE)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(decider=who, before=st.lists(st.tuples(who, who), max_size=3), steps=st.lists(STEPS, max_size=10))
def test_no_sequence_of_operations_lets_somebody_hear_their_own_decision(
    desk: Desk, staff: list[Actor], decider: int, before: list[tuple[int, int]], steps: list[tuple[str, int, Any]]
) -> None:
    with forgotten():
        for user, manager in before:
            manage(staff, user, manager, desk.court.now)
        decision = desk.decision(staff[decider])
        then = {int(staff[decider].ref), *reporting_line(int(staff[decider].ref))}
        appeal = desk.file(decision)
        for verb, user, more in steps:
            before_it = (appeal.hearer_id, appeal.outcome)
            act(desk, staff, appeal, verb, user, more)
            appeal.refresh_from_db()
            barred = set(Bar.objects.filter(appeal=appeal).values_list("user_id", flat=True))
            assert appeal.hearer_id not in then | barred
            if (appeal.hearer_id, appeal.outcome) != before_it:
                # Whoever was let in, or ended it, at this step leads nobody who decided, as things are now.
                assert appeal.hearer_id not in reporting_line(int(staff[decider].ref))


def manage(staff: list[Actor], user: int, manager: int | None, at: datetime) -> None:
    boss = User.objects.get(pk=int(staff[manager].ref)) if manager is not None else None
    attempt(lambda: set_manager(actor=SYSTEM, user=User.objects.get(pk=int(staff[user].ref)), manager=boss, at=at))


def act(desk: Desk, staff: list[Actor], appeal: Appeal, verb: str, user: int, more: Any) -> None:
    """One step, which may be refused. What is refused changes nothing, or puts the appeal back."""
    actor, at, ref = staff[user], desk.later, appeal.pk
    if verb == "manager":
        manage(staff, user, more, at)
    elif verb == "take":
        attempt(lambda: take(actor=actor, appeal_id=ref, at=at))
    elif verb == "next":
        attempt(lambda: take_next(actor=actor, at=at))
    elif verb == "give_back":
        attempt(lambda: give_back(actor=actor, appeal_id=ref, at=at))
    elif verb == "assign":
        attempt(lambda: assign(actor=actor, appeal_id=ref, user_id=int(staff[more].ref), at=at))
    elif verb == "refuse":
        attempt(lambda: refuse_admission(actor=actor, appeal_id=ref, why="moot", reasons=REASONS, at=at))
    else:
        instead = ruling(appeal.decision.item) if more == "modified" else None
        attempt(lambda: conclude(actor=actor, appeal_id=ref, outcome=more, reasons=REASONS, replacement=instead, at=at))


def attempt(step: Any) -> None:
    try:
        step()
    except PiepowderError:
        return


MEASURES = (
    EnforcementOrder("visibility", "content_removed"),
    EnforcementOrder("visibility", "content_labelled", days=30),
    EnforcementOrder("monetary", "suspension", days=10),
    EnforcementOrder("account", "suspended", days=7),
)
ORDERS = st.lists(st.sampled_from(MEASURES), max_size=3, unique=True)
HAPPENED = st.lists(st.tuples(st.integers(0, 1), ORDERS, st.booleans()), min_size=1, max_size=4)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=HAPPENED, chosen=st.integers(0, 3), left=st.booleans())
def test_overturning_leaves_the_state_of_a_world_without_that_decision(
    desk: Desk, staff: list[Actor], happened: list[tuple[int, list[EnforcementOrder], bool]], chosen: int, left: bool
) -> None:
    """Two sellers' items, reports that come before some decisions, and one of the decisions falls.

    Held against a replay of the same history in which that decision was never taken: what is in force, how often each
    seller broke a rule, which reports were judged and how. What remains of it is listed as to be made good.
    """
    fallen = chosen % len(happened)
    with forgotten():
        made = play(desk, staff[0], happened, without=None)
        if left:
            leave(desk.later)
        decision = made[fallen]
        was_in_force = Enforcement.objects.filter(decision=decision, dispatched_at__isnull=False).count()
        done = overturn(actor=staff[1], decision_id=decision.pk, at=desk.later, reason="appeal")
        found = state(desk)
        assert sum(task.kind == "time" for task in done.tasks) == was_in_force
    with forgotten():
        play(desk, staff[0], happened, without=fallen)
        if left:
            leave(desk.later)
        assert found == state(desk)
        assert not Restitution.objects.exists()


def play(
    desk: Desk, actor: Actor, happened: list[tuple[int, list[EnforcementOrder], bool]], *, without: int | None
) -> list[Decision]:
    """The history, each thing at its own moment; a report is about the item decided on next."""
    items = [desk.court.item(external_id=f"X-{number}", seller_ref=f"S-{number}") for number in range(2)]
    made: list[Any] = []
    for number, (which, orders, reported) in enumerate(happened):
        at = desk.court.now + timedelta(hours=number + 1)
        if reported:
            report = desk.court.report(items[which])
            Report.objects.filter(pk=report.pk).update(received_at=at - timedelta(minutes=1), reference=f"n-{number}")
        if number == without:
            made.append(None)
            continue
        wanted = ruling(items[which], enforcements=tuple(orders))
        made.append(rule_directly(actor=actor, item_id=items[which].pk, ruling=wanted, at=at))
    return made


def state(desk: Desk) -> dict[str, Any]:
    """What holds: restrictions by target, violations by seller, and what was said of each report."""
    held = Enforcement.objects.filter(state__in=["scheduled", "dispatched"]).values_list(
        "target_external_id", "family", "measure", "state", "starts_at"
    )
    reports = Report.objects.order_by("reference").values_list("reference", "founded", "judged_at")
    sellers = ["S-0", "S-1"]
    return {
        "restrictions": sorted(held),
        "violations": violations_of(sellers, desk.later),
        "reports": list(reports),
        "standing": Decision.objects.filter(state="issued").count(),
    }
