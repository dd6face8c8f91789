"""Taking a decision back, and what is in force."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted
from piepowder.decisions.deciding import NoSuchDecision, locked_item
from piepowder.decisions.ending import move, uncount
from piepowder.decisions.events import DecisionWithdrawn
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.panels import on_withdrawn
from piepowder.decisions.states import DECISION_FLOW, ENFORCEMENT_FLOW, DecisionState
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Place
from piepowder.kernel.events import publish
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.events import DeliveryTaken
from piepowder.outbox.operations import KEPT, TooLate, cancel_group
from piepowder.review.operations import reopen


@transaction.atomic
def withdraw(*, actor: Actor, decision_id: UUID, at: datetime, hand_back: bool = True) -> Decision:
    """Take a decision back before anything of it has left: restrictions and messages are cancelled, the case reopens.

    For the decider within the grace period, or for whoever may withdraw any. Raises ``TooLate`` from ``final_at`` on and
    as soon as a single message was taken; then nothing changes. The decision stays in the record as withdrawn. A person
    who takes their own decision back has the case in hand again: ``decision.case.lease``; without ``hand_back`` it waits for
    anybody.
    """
    decision = Decision.objects.select_related("item").filter(pk=decision_id).first()
    if decision is None:
        raise NoSuchDecision(_("there is no such decision"))
    locked_item(decision.item_id)
    _require_withdrawal(actor, decision)
    if at >= decision.final_at:
        raise TooLate(_("the time to undo is over"))
    DECISION_FLOW.step("withdraw", DecisionState(decision.state))
    # Deliveries first: the sender locks them before it touches the restrictions, and so does this.
    cancel_group(group_ref=str(decision.pk), at=at)
    move(decision, "withdraw", withdrawn_at=at)
    cancelled = Enforcement.objects.filter(decision=decision, state__in=ENFORCEMENT_FLOW.sources("cancel")).update(
        state=ENFORCEMENT_FLOW.target("cancel")
    )
    if decision.case_id is not None:
        decision.case = reopen(
            actor=actor, case_id=decision.case_id, at=at, reason=_("the decision was withdrawn"), hand_back=hand_back
        )
    on_withdrawn(decision, actor=actor, at=at)
    uncount(decision)
    record(
        actor=actor,
        at=at,
        verb="decision.withdraw",
        subject_kind="decision",
        subject_id=decision.pk,
        vendor=decision.vendor,
        case=str(decision.case_id) if decision.case_id else None,
        item=str(decision.item_id),
        enforcements=cancelled,
    )
    publish(DecisionWithdrawn(decision.pk, decision.case_id, decision.item_id, at, actor))
    return decision


def on_delivery_taken(event: DeliveryTaken) -> None:
    """A restriction is in force from the moment its message is first taken to be sent.

    A message that no endpoint subscribes to is taken at the same time by the place that keeps it; the fact then says
    that nobody was told.
    """
    if event.topic != "enforcement.applied":
        return
    # A restriction and the message about it have one id.
    moved = Enforcement.objects.filter(pk=event.message_id, state__in=ENFORCEMENT_FLOW.sources("dispatch")).update(
        state=ENFORCEMENT_FLOW.target("dispatch"), dispatched_at=event.at
    )
    if not moved:
        return
    row = Enforcement.objects.select_related("decision").get(pk=event.message_id)
    record(
        actor=SYSTEM,
        at=event.at,
        verb="enforcement.dispatch",
        subject_kind="enforcement",
        subject_id=row.pk,
        vendor=row.decision.vendor,
        decision=str(row.decision_id),
        told=event.endpoint != KEPT,
    )


def _require_withdrawal(actor: Actor, decision: Decision) -> None:
    place = Place(vendor=decision.vendor, queue=decision.queue, market=decision.market, language=decision.language)
    own = actor.kind is ActorKind.PERSON and str(decision.decider_id) == actor.ref
    if own and actor.may(Permission.CASE_DECIDE, place):
        return
    if not actor.may(Permission.DECISION_WITHDRAW_ANY, place):
        raise NotPermitted(_("only the person who decided, or who may withdraw any decision, can take this one back"))
