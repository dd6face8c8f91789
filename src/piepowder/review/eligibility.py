"""Who may work on what asks for a skill."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.models import Eligibility
from piepowder.review.reference import note_change


class UnknownPerson(NotFound):
    code = "unknown_person"


def grant_eligibility(
    *,
    actor: Actor,
    at: datetime,
    user_id: int,
    skill: str,
    expires_at: datetime | None = None,
    source: str = "manual",
) -> Eligibility:
    """Let a person work on what asks for ``skill``, until ``expires_at``; granting again replaces."""
    with transaction.atomic():
        vendor = _vendor_of(user_id)
        require(actor, Permission.PERSON_EDIT, Place(vendor=vendor))
        values = {"granted_at": at, "expires_at": expires_at, "source": source}
        eligibility, _made = Eligibility.objects.update_or_create(user_id=user_id, skill=skill, defaults=values)
        note_change()
        record(
            actor=actor,
            at=at,
            verb="eligibility.grant",
            subject_kind="person",
            subject_id=user_id,
            vendor=vendor,
            skill=skill,
            expires_at=expires_at.isoformat() if expires_at else None,
            source=source,
        )
    return eligibility


def revoke_eligibility(*, actor: Actor, at: datetime, user_id: int, skill: str) -> bool:
    """Take an eligibility away; false when there was none. What the person holds already they may finish."""
    with transaction.atomic():
        vendor = _vendor_of(user_id)
        require(actor, Permission.PERSON_EDIT, Place(vendor=vendor))
        gone, _rows = Eligibility.objects.filter(user_id=user_id, skill=skill).delete()
        if gone:
            note_change()
            record(
                actor=actor,
                at=at,
                verb="eligibility.revoke",
                subject_kind="person",
                subject_id=user_id,
                vendor=vendor,
                skill=skill,
            )
    return bool(gone)


def _vendor_of(user_id: int) -> str:
    vendor = User.objects.filter(pk=user_id).values_list("vendor__code", flat=True).first()
    if vendor is None:
        raise UnknownPerson(_("there is no such person"))
    return vendor
