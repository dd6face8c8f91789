"""What the organisation switches on before anybody complains: who leads whom, bodies of law, points ladders."""

from __future__ import annotations

from datetime import timedelta

from piepowder.access.models import User
from piepowder.access.operations import set_manager
from piepowder.intake.operations import register_flagger
from piepowder.policy.operations import switch_pack
from piepowder.policy.states import LadderMode
from piepowder.simulate.outside import FLAGGERS
from piepowder.simulate.plan import PersonPlan
from piepowder.simulate.redress.bench import Bench
from piepowder.standing.jobs import sweep
from piepowder.standing.operations import switch_ladder

PACKS = ("eu_dsa", "gpsr", "p2b")
LADDERS = (("yearly-48-strikes", LadderMode.LIVE), ("falling-200", LadderMode.SHADOW))
"""One in force, and one that only counts."""
_SINCE_DAYS = 4.0
_COUNTED_DAYS = 30
_HEARD = timedelta(seconds=15)
"""The past is counted to its end only once every process must have heard of a switch."""
_SWEEPS = 5
"""Enough for a small marketplace; of a large one the worker does the rest."""
_COORDINATOR = "Coimisiún na Meán"


def set_up(bench: Bench) -> None:
    """Some days before the end of the history."""
    at = bench.ago(_SINCE_DAYS)
    _managers(bench)
    for code in PACKS:
        switch_pack(actor=bench.person("policy_manager"), code=code, on=True, at=at)
    for ref, (name, areas) in FLAGGERS.items():
        register_flagger(
            actor=bench.person("operations_lead"),
            external_ref=ref,
            name=name,
            email=f"{ref.lower()}@flaggers.example",
            areas=areas,
            awarded_by=_COORDINATOR,
            valid_until=(bench.now + timedelta(days=700)).date(),
            at=at,
        )


def count_points(bench: Bench) -> None:
    """Switch ladders on, count what happened before, and impose what follows from it."""
    at = bench.now - _HEARD
    for code, mode in LADDERS:
        switch_ladder(actor=bench.person("policy_manager"), code=code, mode=mode, at=at, count_past_days=_COUNTED_DAYS)
    for _ in range(_SWEEPS):
        sweep(now=bench.now)


def _managers(bench: Bench) -> None:
    """Moderators report to the lead of their team; everybody else of the house to the operations lead."""
    users = {user.email: user for user in User.objects.select_related("vendor")}
    for plan in bench.plans:
        above = _above(plan, bench.plans)
        if above is not None:
            actor = bench.person("administrator")
            set_manager(actor=actor, user=users[plan.email], manager=users[above.email], at=bench.ago(_SINCE_DAYS))


def _above(plan: PersonPlan, plans: list[PersonPlan]) -> PersonPlan | None:
    leads = [one for one in plans if one.role == "team_lead" and one.vendor == plan.vendor and one.key != plan.key]
    if plan.role != "team_lead" and plan.team:
        return next((one for one in leads if one.team == plan.team), leads[0] if leads else None)
    top = next(one for one in plans if one.role == "operations_lead")
    return top if plan.vendor == top.vendor and plan.key != top.key else None
