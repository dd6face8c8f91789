"""Correcting an item and sending it in again: a new submission like any other, and a message to the marketplace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.intake.models import Item
from piepowder.intake.operations import receive
from piepowder.intake.outcomes import Result
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.intake.states import ItemState
from piepowder.kernel.errors import Conflict, Malformed
from piepowder.ledger.operations import record
from piepowder.outbox.operations import enqueue
from piepowder.portal.item_fields import KINDS
from piepowder.portal.limits import spend
from piepowder.portal.links import Subject
from piepowder.portal.models import Resubmission
from piepowder.portal.overview import decisions_listed
from piepowder.portal.theirs import item_of
from piepowder.portal.visits import Guest
from piepowder.review.models import Case
from piepowder.review.states import ACTIVE_STATES

TOPIC: Final = "item.resubmitted"


class BadCorrection(Malformed):
    """The item cannot be taken in as it was corrected; pointers are into the submitted item."""

    code = "bad_correction"


class NothingCorrected(Conflict):
    code = "nothing_corrected"


class NotCorrectable(Conflict):
    code = "not_correctable"


@dataclass(frozen=True, slots=True)
class Again:
    """One correction. ``state`` is ``looked_at``, ``accepted``, ``refused`` or ``received``."""

    at: datetime
    note: str
    state: str
    decision_id: UUID | None


def may_correct(subject: Subject, item: Item) -> bool:
    """Whether the item is of a sort that can be corrected here, and still there."""
    return item.kind in KINDS and item.state != ItemState.DELETED and item.seller_ref == subject.ref


def resubmit(*, guest: Guest, item_id: UUID, content: Mapping[str, Any], note: str, at: datetime) -> Resubmission:
    """Take in what ``item`` says now, for a new review, and tell the marketplace with all that was changed.

    Kind, id, market, language and seller stay what the marketplace said they are. Raises ``NoSuchThing``,
    ``NotCorrectable``, ``BadCorrection`` with the problems of the item's schema, or ``NothingCorrected``.
    """
    spend("send", guest.who)
    with transaction.atomic():
        item = item_of(guest.subject, item_id)
        if not may_correct(guest.subject, item):
            raise NotCorrectable(_("this can be changed only in your account at the marketplace"))
        outcome = receive(actor=guest.actor, submissions=[_submission(item, content)], at=at)[0]
        if outcome.result == Result.REFUSED:
            raise BadCorrection(outcome.problems[0].detail, problems=outcome.problems)
        if outcome.result == Result.UNCHANGED or Resubmission.objects.filter(snapshot=outcome.snapshot_id).exists():
            raise NothingCorrected(_("it says the same as before"))
        assert outcome.snapshot_id is not None, "whatever is stored has a snapshot"
        answered = decisions_listed(guest.subject, at).filter(item=item, state=DecisionState.ISSUED).first()
        row = Resubmission.objects.create(
            item=item,
            snapshot_id=outcome.snapshot_id,
            decision=answered,
            ref=guest.subject.ref,
            note=note.strip(),
            at=at,
        )
        _tell(item, row, outcome.snapshot_number, content, at)
        told: dict[str, Any] = {
            "item": str(item.pk),
            "snapshot": str(outcome.snapshot_id),
            "number": outcome.snapshot_number,
        }
        record(actor=guest.actor, at=at, verb="item.resubmit", subject_kind="item", subject_id=item.pk, **told)
    return row


def _submission(item: Item, content: Mapping[str, Any]) -> Submitted:
    raw: dict[str, Any] = {
        "kind": item.kind,
        "id": item.external_id,
        "market": item.market,
        "language": item.language,
        "seller": item.seller_ref,
        "submission": "updated",
        "content": dict(content),
        "relations": [
            {"role": role, "kind": kind, "id": ref}
            for role, kind, ref in item.relations.order_by("id").values_list("role", "to_kind", "to_external_id")
        ],
    }
    parsed = parse_submission(raw)
    if not isinstance(parsed, Submitted):
        raise BadCorrection(parsed[0].detail, problems=parsed)
    return parsed


def _tell(item: Item, row: Resubmission, number: int | None, content: Mapping[str, Any], at: datetime) -> None:
    body = {
        "resubmission": str(row.pk),
        "item": {"kind": item.kind, "id": item.external_id, "snapshot": number},
        "seller": item.seller_ref,
        "market": item.market,
        "decision": str(row.decision_id) if row.decision_id else None,
        "content": dict(content),
        "note": row.note,
        "at": at.isoformat(),
    }
    enqueue(topic=TOPIC, order_key=str(item.pk), body=body, at=at, not_before=at, group_ref=str(row.pk))


def resubmissions_of(subject: Subject, item: Item, *, at: datetime) -> tuple[Again, ...]:
    """How the corrections of an item went, the newest first. Three queries."""
    rows = list(Resubmission.objects.filter(item=item, ref=subject.ref)[:20])
    snapshots = [row.snapshot_id for row in rows]
    ruled: dict[UUID, Decision] = {}
    for one in Decision.objects.filter(snapshot__in=snapshots, final_at__lte=at).order_by("decided_at", "id"):
        if one.state in (DecisionState.ISSUED, DecisionState.OVERTURNED):
            ruled[one.snapshot_id] = one
    active = set(Case.objects.filter(item=item, state__in=ACTIVE_STATES).values_list("snapshot", flat=True))
    return tuple(_again(row, ruled.get(row.snapshot_id), row.snapshot_id in active) for row in rows)


def _again(row: Resubmission, decision: Decision | None, is_active: bool) -> Again:
    if decision is not None and decision.outcome == Outcome.NO_VIOLATION:
        return Again(row.at, row.note, "accepted", None)
    if decision is not None and decision.state == DecisionState.ISSUED:
        return Again(row.at, row.note, "refused", decision.pk)
    return Again(row.at, row.note, "looked_at" if is_active else "received", None)
