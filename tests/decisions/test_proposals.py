"""What the console proposes, and how repetition escalates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.decisions.logic import Proposal, facts_problem, grace, propose_enforcement
from piepowder.decisions.operations import EnforcementOrder
from piepowder.decisions.queries import proposed_enforcement
from piepowder.policy.dsa import FOR_GOOD
from piepowder.policy.models import PolicyVersion
from tests.decisions.conftest import REMOVED, Court, policy

REMOVE = {"family": "visibility", "measure": "content_removed", "duration_days": None}
SUSPEND_30 = {"family": "account", "measure": "suspended", "duration_days": 30}


def proposed(severity: int, earlier: int, *defaults: dict[str, Any], kind: str = "listing") -> Proposal:
    version = PolicyVersion(severity=severity, default_enforcement=list(defaults or (REMOVE,)))
    return propose_enforcement(version, earlier, kind)


@pytest.mark.parametrize(
    ("severity", "earlier", "account"),
    [
        (0, 0, None),
        (0, 1, ("suspended", 30)),
        (0, 2, ("terminated", None)),
        (1, 1, ("suspended", 7)),
        (1, 4, ("terminated", None)),
        (2, 1, None),
        (2, 2, ("suspended", 7)),
        (2, 4, ("suspended", 30)),
        (2, 8, ("terminated", None)),
        (3, 3, None),
        (3, 50, ("suspended", 30)),
    ],
)
def test_repetition_reaches_the_account_sooner_the_graver_it_is(
    severity: int, earlier: int, account: tuple[str, int | None] | None
) -> None:
    orders = proposed(severity, earlier).enforcements
    assert orders[0] == REMOVED
    found = [(order.measure, order.days) for order in orders if order.family == "account"]
    assert found == ([account] if account else [])


def test_a_default_that_is_as_strong_is_left_as_it_is_and_a_weaker_one_replaced() -> None:
    assert proposed(2, 2, SUSPEND_30).enforcements == (EnforcementOrder("account", "suspended", days=30),)
    assert proposed(2, 8, SUSPEND_30).enforcements == (EnforcementOrder("account", "terminated"),)
    for_now = {"family": "account", "measure": "suspended", "duration_days": None}
    assert proposed(2, 4, for_now).enforcements == (EnforcementOrder("account", "suspended"),)


def test_a_claimant_is_not_escalated_against() -> None:
    assert proposed(0, 9, kind="ip_claim").enforcements == (REMOVED,)


def test_the_reason_counts_in_words() -> None:
    assert proposed(2, 0).reason == "The default of this policy. The seller has no violation in the last 90 days."
    assert "1 violation in the last 90 days" in proposed(2, 1).reason
    reason = proposed(2, 3).reason
    assert reason == (
        "The seller has 3 violations in the last 90 days. At this severity that many suspend the account for 7 days."
    )
    assert "close the account" in proposed(0, 2).reason


@given(severity=st.integers(0, 3), earlier=st.integers(0, 40))
def test_more_violations_never_propose_less(severity: int, earlier: int) -> None:
    def strength(count: int) -> tuple[int, int]:
        orders = [order for order in proposed(severity, count).enforcements if order.family == "account"]
        return (int(orders[0].measure in FOR_GOOD), orders[0].days or 0) if orders else (0, 0)

    assert strength(earlier) <= strength(earlier + 1)


@given(severity=st.integers(0, 3), earlier=st.integers(0, 40), default=st.sampled_from([REMOVE, SUSPEND_30]))
def test_what_is_proposed_could_be_ordered(severity: int, earlier: int, default: dict[str, Any]) -> None:
    orders = proposed(severity, earlier, REMOVE, default).enforcements
    families = [order.family for order in orders if order.family != "visibility"]
    assert len(families) == len(set(families))
    assert not any(order.days for order in orders if order.measure in FOR_GOOD)


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ("Picture 2 shows a vape.", ""),
        ("图二展示荧光笔造型电子烟", ""),
        ("Picture 2 vape", "too_short"),
        ("     Picture 2 vape       ", "too_short"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "not_about_item"),
        ("Vapes may not be OFFERED here.", "not_about_item"),
        ("x1y2z3 " * 800, "too_long"),
    ],
)
def test_facts_are_about_this_item(facts: str, problem: str) -> None:
    assert facts_problem(facts, ["Vapes may not be offered here. Ever.", "short"]) == problem


def test_the_queues_grace_holds_for_everything_that_is_not_urgent() -> None:
    ten = timedelta(seconds=10)
    nothing_found = grace(outcome="no_violation", restricts=False, severity=0, kind="livestream", queue_grace=ten)
    assert nothing_found == ten
    assert grace(outcome="violation", restricts=True, severity=2, kind="livestream", queue_grace=ten) == timedelta(0)


@pytest.mark.django_db
def test_the_proposal_counts_what_stands_against_the_seller(court: Court) -> None:
    version = policy("P-1")
    actor = court.person()
    for _ in range(2):
        court.decide(actor)
    found = proposed_enforcement(version, seller_ref="S-1", kind="listing", at=court.now)
    assert [order.measure for order in found.enforcements] == ["content_removed", "suspended"]
    other = proposed_enforcement(version, seller_ref="S-2", kind="listing", at=court.now)
    assert [order.measure for order in other.enforcements] == ["content_removed"]
