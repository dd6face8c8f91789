"""Writing to owners, agents and sellers about claims."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from piepowder.correspondence.operations import Recipient, RecipientKind, send
from piepowder.decisions.models import Decision
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.ids import short
from piepowder.rights.kinds_of_letter import CLAIM_COUNTERED, CLAIMS_FILED, COUNTER_ANSWERED, COUNTER_FILED
from piepowder.rights.models import ClaimBatch, CounterNotice, Right
from piepowder.rights.states import CounterState, LineState


def tell_received(*, batch: ClaimBatch, at: datetime) -> None:
    """Once all lines are settled: how many were taken in. A notice about one item has its report's own receipt."""
    if batch.total < 2:
        return
    counts = {state: batch.lines.filter(state=state).count() for state in LineState.values}
    send(
        actor=SYSTEM,
        event=CLAIMS_FILED.code,
        recipient=_sender(batch),
        about=("claim_batch", str(batch.pk)),
        values={
            "right": right_in_words(batch.right, batch.language),
            "received_at": batch.received_at.isoformat(),
            "filed": str(counts[LineState.FILED]),
            "known": str(counts[LineState.KNOWN]),
            "refused": str(counts[LineState.REFUSED]),
            "reference": short(batch.pk),
        },
        at=at,
    )


def tell_counter_filed(*, actor: Actor, counter: CounterNotice, at: datetime) -> None:
    claim = counter.claim
    send(
        actor=actor,
        event=COUNTER_FILED.code,
        recipient=Recipient(RecipientKind.SELLER, counter.seller_ref, language=counter.language),
        about=("counter", str(counter.pk)),
        values={
            "right": right_in_words(claim.right, counter.language),
            "item": item_in_words(claim.item),
            "reference": short(counter.pk),
        },
        at=at,
        item_id=claim.item_id,
    )


def tell_counter_answered(*, actor: Actor, counter: CounterNotice, decision: Decision | None, at: datetime) -> None:
    """Both sides, each with the reasons. ``decision`` is the one that restricted the item, undone if it was accepted."""
    claim = counter.claim
    accepted = counter.state == CounterState.ACCEPTED
    statement = getattr(decision, "statement", None)
    until = statement.complaint_until.isoformat() if statement is not None and statement.complaint_until else "–"
    common = {
        "item": item_in_words(claim.item),
        "answer": counter.answer,
        "reference": short(counter.pk),
    }
    outcome = ("restored" if decision is not None else "accepted") if accepted else "rejected"
    send(
        actor=actor,
        event=COUNTER_ANSWERED.code,
        recipient=Recipient(RecipientKind.SELLER, counter.seller_ref, language=counter.language),
        about=("counter", str(counter.pk)),
        values={
            **common,
            "right": right_in_words(claim.right, counter.language),
            "outcome": outcome,
            "complaint_until": until,
        },
        at=at,
        item_id=claim.item_id,
    )
    send(
        actor=actor,
        event=CLAIM_COUNTERED.code,
        recipient=_sender(claim.batch),
        about=("claim", str(claim.pk)),
        values={
            **common,
            "right": right_in_words(claim.right, claim.batch.language),
            "outcome": "accepted" if accepted else "rejected",
            "ground": counter.ground,
        },
        at=at,
        item_id=claim.item_id,
    )


def right_in_words(right: Right, language: str) -> str:
    """Such as ``Lumière (trade mark 018 123 456)``, in the language of whoever reads it."""
    with translation.override(language.lower()):
        what = f"{right.get_type_display()} {right.number}".strip()
        return _("%(title)s (%(what)s)") % {"title": right.title, "what": what}


def item_in_words(item: Item) -> str:
    return f"{item.title} ({item.external_id})" if item.title else item.external_id


def _sender(batch: ClaimBatch) -> Recipient:
    return Recipient(
        RecipientKind.RIGHTS_OWNER, batch.sender_ref, batch.sender_email, batch.sender_name, batch.language
    )
