"""Ending what a decision restricts before its time, because the reason for going on is over; the decision stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.decisions.deciding import NoSuchDecision, locked_item
from piepowder.decisions.ending import Lifted, cancel, facts, lift
from piepowder.decisions.models import Decision
from piepowder.decisions.overturning import place_of_decision
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, record_many


@transaction.atomic
def end_early(*, actor: Actor, decision_id: UUID, at: datetime, reason: str) -> Lifted:
    """Lift those restrictions of a decision that have no end of their own; what has an end keeps it.

    The decision was right and stays issued; its statement still says why there was a restriction. ``reason`` is a code
    for the record. Raises ``NoSuchDecision`` and ``NotPermitted``.
    """
    decision = Decision.objects.select_related("item").filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchDecision(_("there is no such decision"))
    locked_item(decision.item_id)
    require(actor, Permission.DECISION_OVERTURN, place_of_decision(decision))
    # What tells of the restriction may be on its way: it is told first that it began, then that it ended.
    verb = cancel(decision, at) if at < decision.final_at else "reverse"
    lifted = lift(decision, verb, at, without_end=True)
    body = {"reason": reason, "enforcements": len(lifted.rows)}
    entry = Entry("decision.end_early", "decision", str(decision.pk), body, vendor=decision.vendor)
    record_many(actor=actor, at=at, entries=[entry, *facts(lifted)])
    return lifted
