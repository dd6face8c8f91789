"""How a decision ends: its state moves along the flow, what it restricts is cancelled or reversed, its counts go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from piepowder.decisions.logic import sums_up
from piepowder.decisions.models import Decision, Enforcement, Proposal
from piepowder.decisions.states import DECISION_FLOW, ENFORCEMENT_FLOW, DecisionState, EnforcementState, Outcome
from piepowder.intake.operations import note_outcome
from piepowder.kernel.actor import Actor
from piepowder.ledger.operations import Entry, record_many
from piepowder.outbox.models import Message
from piepowder.outbox.operations import Outgoing, TooLate, cancel_group, enqueue_many
from piepowder.review.operations import note_violation


@dataclass(frozen=True, slots=True)
class Lifted:
    """What a decision restricted until now. ``messages`` say so; there are none when it had never left."""

    rows: tuple[Enforcement, ...]
    messages: tuple[Message, ...]
    verb: str


def supersede(actor: Actor, former: Decision, at: datetime) -> None:
    """End a decision in favour of the next: what never left is cancelled, what is in force is reversed."""
    verb = cancel(former, at)
    move(former, "supersede")
    lifted = lift(former, verb, at)
    record_many(actor=actor, at=at, entries=[Entry("decision.supersede", "decision", str(former.pk)), *facts(lifted)])
    uncount(former)


def cancel(former: Decision, at: datetime) -> str:
    """Stop what has not left yet; says which way its restrictions go: ``cancel``, or ``reverse`` when any message left.

    Before the restrictions are touched: the sender locks deliveries first, too.
    """
    try:
        cancel_group(group_ref=str(former.pk), at=at)
    except TooLate:
        return "reverse"
    return "cancel"


def lift(former: Decision, verb: str, at: datetime, *, without_end: bool = False) -> Lifted:
    """Cancel or reverse the restrictions of ``former``, all or those ``without_end``; the message about each names what
    still restricts its target."""
    held = Enforcement.objects.select_for_update(no_key=True).filter(
        decision=former, state__in=ENFORCEMENT_FLOW.sources(verb)
    )
    rows = list((held.filter(ends_at__isnull=True) if without_end else held).order_by("id"))
    target: EnforcementState = ENFORCEMENT_FLOW.target(verb)
    reversed_at = at if verb == "reverse" else None
    Enforcement.objects.filter(pk__in=[row.pk for row in rows]).update(state=target, reversed_at=reversed_at)
    for row in rows:
        row.state, row.reversed_at = target, reversed_at
    messages: list[Message] = []
    if reversed_at:
        standing = _standing(former, rows, at)
        messages = enqueue_many(outgoing=[_reversal(row, former, at, standing) for row in rows], at=at)
    return Lifted(tuple(rows), tuple(messages), verb)


def _standing(former: Decision, rows: Sequence[Enforcement], at: datetime) -> list[Enforcement]:
    """What other decisions restrict of the same targets."""
    held = Enforcement.objects.filter(
        target_external_id__in={row.target_external_id for row in rows},
        state__in=[EnforcementState.SCHEDULED, EnforcementState.DISPATCHED],
    )
    return list(held.exclude(decision=former).exclude(ends_at__lte=at).order_by("id"))


def facts(lifted: Lifted) -> list[Entry]:
    return [
        Entry(f"enforcement.{lifted.verb}", "enforcement", str(row.pk), {"decision": str(row.decision_id)})
        for row in lifted.rows
    ]


def uncount(former: Decision) -> None:
    """Take back what the decision said of the seller's violations and of the reports about the item."""
    if former.outcome == Outcome.VIOLATION and former.item.seller_ref and is_counted(former):
        note_violation(seller_ref=former.item.seller_ref, at=former.decided_at, count=-1)
    note_outcome(item_id=former.item_id, founded=None, at=former.decided_at)


def is_counted(decision: Decision) -> bool:
    """Whether it counts as a violation of its own: what was approved beside an urgent decision is about the same one, and
    what a points ladder led to is about others."""
    if sums_up(decision.machine):
        return False
    if decision.case_id is not None or decision.machine:
        return True
    return not Proposal.objects.filter(decision=decision).exists()


def _reversal(row: Enforcement, former: Decision, at: datetime, standing: Sequence[Enforcement]) -> Outgoing:
    target = (row.family, row.measure, row.target_kind, row.target_external_id)
    body = {
        "decision": str(former.pk),
        "enforcement": str(row.pk),
        "family": row.family,
        "measure": row.measure,
        "target": {"kind": row.target_kind, "id": row.target_external_id},
        "reversed_at": at.isoformat(),
        "still": [
            str(other.pk)
            for other in standing
            if (other.family, other.measure, other.target_kind, other.target_external_id) == target
        ],
    }
    return Outgoing("enforcement.reversed", str(former.item_id), body, not_before=at)


def move(
    decision: Decision, verb: str, withdrawn_at: datetime | None = None, overturned_at: datetime | None = None
) -> None:
    """Compare-and-swap along the flow; somebody who was faster raises ``WrongState`` like any other wrong state."""
    target = DECISION_FLOW.target(verb)
    moved = Decision.objects.filter(pk=decision.pk, state__in=DECISION_FLOW.sources(verb)).update(
        state=target, withdrawn_at=withdrawn_at, overturned_at=overturned_at
    )
    if not moved:
        decision.refresh_from_db(fields=["state"])
        DECISION_FLOW.step(verb, DecisionState(decision.state))
    decision.state, decision.withdrawn_at, decision.overturned_at = target, withdrawn_at, overturned_at
