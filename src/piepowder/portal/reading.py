"""That somebody has read what was decided about them: kept once, the first time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from piepowder.decisions.models import Decision
from piepowder.kernel.actor import Actor
from piepowder.ledger.operations import record
from piepowder.portal.links import Subject
from piepowder.portal.models import FirstReading


def note_reading(
    *, actor: Actor, subject: Subject, decision: Decision, language: str, through: str, at: datetime
) -> datetime:
    """When ``subject`` first read the decision, which is now if they never did."""
    known = {"decision": decision, "kind": subject.kind, "ref": subject.ref}
    there = FirstReading.objects.filter(**known).values_list("at", flat=True).first()
    if there is not None:
        return there
    with transaction.atomic():
        told = {"language": language[:10], "through": through, "at": at}
        reading, is_new = FirstReading.objects.get_or_create(**known, defaults=told)
        if is_new:
            body = {"reader": subject.kind, "through": through, "language": language}
            record(actor=actor, at=at, verb="decision.read", subject_kind="decision", subject_id=decision.pk, **body)
    return reading.at


def first_read_at(decision_id: UUID, kind: str) -> datetime | None:
    """When the decision was first read by whom it concerns; for whoever counts from knowledge of it."""
    return (
        FirstReading.objects.filter(decision=decision_id, kind=kind).order_by("at").values_list("at", flat=True).first()
    )
