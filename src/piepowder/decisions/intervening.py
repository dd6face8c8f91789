"""Stepping into a livestream while it is on: warn, interrupt, end. Each is a decision, and after the first two it goes on.

The order of things: the decision closes the case, its message leaves at once, and the stream's next case is in the same
hands (``review/watching.py``). Nothing of it can be undone, because the viewers have seen it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.decisions.models import Decision
from piepowder.decisions.operations import BadRuling, judge
from piepowder.decisions.ruling import EnforcementOrder, Ruling
from piepowder.decisions.states import Family, Outcome
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Refused
from piepowder.review.models import Lease
from piepowder.review.operations import Claim, StreamOver, watch_on


class NotAStream(Refused):
    code = "not_a_stream"


class Way(StrEnum):
    """How far a person steps in."""

    WARN = "warn"
    """A violation is noted; the stream is left as it is."""
    INTERRUPT = "interrupt"
    """Nobody sees the stream for some minutes."""
    END = "end"
    """The stream is over."""


@dataclass(frozen=True, slots=True)
class Intervened:
    """The decision, and the claim by which the stream is watched on, if it is."""

    decision: Decision
    claim: Claim | None


@transaction.atomic
def intervene(
    *, actor: Actor, lease_id: UUID, way: str, ruling: Ruling, at: datetime, minutes: int | None = None
) -> Intervened:
    """Step into the stream of the case in hand with ``ruling``'s policy, ground and facts.

    Its visibility follows from ``way``: untouched, disabled for ``minutes``, or removed, in which case the ruling's other
    restrictions hold too. The messages carry ``intervention``. Raises ``NotAStream`` and whatever ``judge`` raises.
    """
    chosen = _way(way)
    lease = Lease.objects.filter(pk=lease_id).select_related("case").first()
    if lease is not None and lease.case.kind != Kind.LIVESTREAM:
        raise NotAStream(_("only a livestream can be warned, interrupted or ended while it is on"))
    orders = _orders(chosen, ruling, minutes)
    told = {"way": chosen.value, "minutes": minutes if chosen is Way.INTERRUPT else None}
    ruled = replace(ruling, outcome=Outcome.VIOLATION.value, enforcements=orders)
    decision = judge(actor=actor, lease_id=lease_id, ruling=ruled, at=at, intervention=told).decision
    assert decision is not None, "an intervention never waits"
    if chosen is Way.END or decision.case_id is None:
        return Intervened(decision, None)
    try:
        with transaction.atomic():
            return Intervened(decision, watch_on(actor=actor, case_id=decision.case_id, at=at))
    except StreamOver:
        # It ended while the ruling was written: what was ruled stands, and there is nothing left to watch.
        return Intervened(decision, None)


def _way(way: str) -> Way:
    try:
        return Way(way)
    except ValueError:
        problem = FieldProblem("/way", "unknown_value", _("must be 'warn', 'interrupt' or 'end'"))
        raise BadRuling(_("the ruling cannot stand as it is"), problems=[problem]) from None


def _orders(way: Way, ruling: Ruling, minutes: int | None) -> tuple[EnforcementOrder, ...]:
    if way is Way.WARN:
        return ()
    where = next((one.territories for one in ruling.enforcements if one.territories), ())
    if way is Way.INTERRUPT:
        if minutes is None:
            problem = FieldProblem("/minutes", "required", _("say for how many minutes"))
            raise BadRuling(_("the ruling cannot stand as it is"), problems=[problem])
        return (EnforcementOrder(Family.VISIBILITY, "content_disabled", territories=where, minutes=minutes),)
    others = tuple(one for one in ruling.enforcements if one.family != Family.VISIBILITY)
    return (EnforcementOrder(Family.VISIBILITY, "content_removed", territories=where), *others)
