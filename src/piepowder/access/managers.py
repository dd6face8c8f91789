"""Whom people report to: set by whoever manages them, read as a reporting line."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from piepowder.access.giving import bad, check_managing
from piepowder.access.models import User
from piepowder.access.queries import reporting_line
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict
from piepowder.ledger.operations import record


class ManagerCircle(Conflict):
    """Nobody leads themselves, not even by way of others."""

    code = "manager_circle"


@transaction.atomic
def set_manager(*, actor: Actor, user: User, manager: User | None, at: datetime) -> None:
    """Say whom ``user`` reports to; ``None`` is nobody. Raises ``ManagerCircle``.

    Manager and managed are of one vendor, so that no name of another vendor's people shows on anybody's page.
    """
    check_managing(actor, user)
    if manager is not None:
        if manager.vendor_id != user.vendor_id:
            raise bad("/manager", "other_vendor", "a manager is of the same vendor")
        if user.pk in (manager.pk, *reporting_line(manager.pk)):
            raise ManagerCircle("this person would lead themselves")
    new = manager.pk if manager else None
    if user.manager_id == new:
        return
    User.objects.filter(pk=user.pk).update(manager_id=new)
    user.manager = manager
    record(
        actor=actor,
        at=at,
        verb="person.set_manager",
        subject_kind="person",
        subject_id=user.pk,
        vendor=user.vendor.code,
        manager=str(new) if new else None,
    )


def part_from_line(*, actor: Actor, user: User, at: datetime) -> None:
    """Somebody has moved to another vendor: they neither lead nor follow anybody at the one they left."""
    led = User.objects.filter(manager_id=user.pk).exclude(vendor_id=user.vendor_id)
    moved = list(led.values_list("pk", flat=True))
    if user.manager is not None and user.manager.vendor_id != user.vendor_id:
        user.manager = None
        moved.append(user.pk)
    User.objects.filter(pk__in=moved).update(manager_id=None)
    for ref in sorted(moved):
        record(
            actor=actor,
            at=at,
            verb="person.set_manager",
            subject_kind="person",
            subject_id=ref,
            manager=None,
        )
