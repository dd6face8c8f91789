"""The letters that an appeal writes to its complainant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from piepowder.appeals.appealing import second_until
from piepowder.appeals.kinds_of_letter import CONCLUDED, QUESTION, RECEIVED, WITHDRAWN
from piepowder.appeals.models import Appeal, OutOfCourtBody
from piepowder.appeals.states import AppealOutcome, ComplainantKind
from piepowder.correspondence.operations import Recipient, RecipientKind, send
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.ids import short


def reference_of(appeal_id: UUID) -> str:
    """What complainants call their appeal by."""
    return short(appeal_id)


def tell_received(appeal: Appeal, *, actor: Actor, at: datetime) -> None:
    values = {
        "filed_at": appeal.filed_at.isoformat(),
        "due_on": appeal.due_at.date().isoformat() if appeal.due_at else "",
    }
    _write(RECEIVED.code, appeal, values, actor=actor, at=at)


def tell_question(appeal: Appeal, question: str, *, actor: Actor, at: datetime) -> None:
    _write(QUESTION.code, appeal, {"question": question}, actor=actor, at=at)


def tell_withdrawn(appeal: Appeal, *, actor: Actor, at: datetime) -> None:
    _write(WITHDRAWN.code, appeal, {}, actor=actor, at=at)


def tell_concluded(appeal: Appeal, *, actor: Actor, at: datetime) -> None:
    omitted = appeal.outcome == AppealOutcome.OMITTED
    again_until = second_until(appeal)
    values = {
        "decided_on": appeal.decision.decided_at.date().isoformat(),
        "outcome": "omitted" if omitted else f"{appeal.complainant_kind}_{appeal.outcome}",
        "reasons": appeal.reasons,
        "again": "yes" if again_until else "no",
        "again_until": again_until.isoformat() if again_until else "",
        "bodies": bodies_listed(),
    }
    _write(CONCLUDED.code, appeal, values, actor=actor, at=at)


def bodies_listed() -> str:
    """The certified bodies as a letter lists them, one to a line."""
    rows = OutOfCourtBody.objects.filter(active=True).order_by("member_state", "name")
    return "\n".join(
        f"- {body.name} ({body.member_state})" + (f": {body.url}" if body.url else "") for body in rows[:50]
    )


def recipient_of(appeal: Appeal) -> Recipient:
    """Whom to write to about an appeal; the address is the one that is known at this moment."""
    if appeal.complainant_kind == ComplainantKind.REPORTER and appeal.report is not None:
        reporter = appeal.report.reporter
        ref = reporter.external_ref
        return Recipient(RecipientKind.REPORTER, ref, reporter.email, reporter.name, appeal.language)
    seller = (
        Item.objects.filter(kind=Kind.SELLER, external_id=appeal.complainant_ref).select_related("snapshot").first()
    )
    content = seller.snapshot.content if seller is not None and seller.snapshot is not None else {}
    email = content.get("email", "")
    return Recipient(
        RecipientKind.SELLER,
        appeal.complainant_ref,
        email if isinstance(email, str) else "",
        seller.title if seller else "",
        appeal.language,
    )


def _write(event: str, appeal: Appeal, values: Mapping[str, str], *, actor: Actor, at: datetime) -> None:
    item = appeal.decision.item
    common = {"reference": reference_of(appeal.pk), "item": f"{item.title or item.kind} ({item.external_id})"}
    send(
        actor=actor,
        event=event,
        recipient=recipient_of(appeal),
        about=("appeal", str(appeal.pk)),
        values=common | dict(values),
        at=at,
        item_id=item.pk,
    )
