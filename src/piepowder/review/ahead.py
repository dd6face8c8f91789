"""One case taken ahead of time, so that it stands ready at the moment the one in hand is decided.

It is an honest lease: it counts among what is in hand, ends by itself since nothing renews it, and what it cost is
measured from the moment it comes before somebody's eyes (``mark_viewed``), never from when it was taken. A person has at
most one, and none while urgent work waits or while they are away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor
from piepowder.review.claiming import ExposureSpent, NotAvailable, claim_next
from piepowder.review.hands import HandsFull
from piepowder.review.leases import LeaseLost
from piepowder.review.models import Lease
from piepowder.review.moving import release
from piepowder.review.standing import user_id_of
from piepowder.review.urgent import urgent_for

NOT_NEEDED = "taken ahead and not needed"


def claim_ahead(*, actor: Actor, at: datetime, beside: UUID, starred: Sequence[str] = ()) -> UUID | None:
    """Take the case that comes after the one of the lease ``beside``, and return its lease, or the one taken before.

    ``None`` when nothing waits, hands are full, urgent work waits, or the person is not available. Raises ``LeaseLost``
    when ``beside`` is not theirs.
    """
    user = user_id_of(actor)
    if not Lease.objects.filter(pk=beside, user_id=user, expires_at__gt=at).exists():
        raise LeaseLost(_("this case is no longer yours: the lease has ended"))
    if found := ahead_of(actor, now=at):
        return found
    if urgent_for(actor, now=at) is not None:
        return None
    try:
        claim = claim_next(actor=actor, at=at, starred=starred)
    except (HandsFull, ExposureSpent, NotAvailable):
        return None
    if claim is None:
        return None
    try:
        with transaction.atomic():
            Lease.objects.filter(pk=claim.lease_id).update(ahead=True)
    except IntegrityError:
        # Another tab of theirs took one at this very moment, and one is enough.
        release(actor=actor, at=at, lease_id=claim.lease_id, reason=NOT_NEEDED)
        return ahead_of(actor, now=at)
    return claim.lease_id


def ahead_of(actor: Actor, *, now: datetime) -> UUID | None:
    """The lease of the case that the person has ready, while it lives."""
    return _ahead.first(user_id_of(actor), now)


_ahead = Prepared(
    lambda user, now: Lease.objects.filter(user_id=user, ahead=True, expires_at__gt=now).values_list("pk", flat=True),
    Lease.user,
    Lease.expires_at,
)


def ready_lease(*, actor: Actor, at: datetime) -> UUID | None:
    """The lease of the case that is ready to be shown now. Urgent work goes before it, and then it is given back."""
    found = ahead_of(actor, now=at)
    if found is not None and urgent_for(actor, now=at) is not None:
        give_back_ahead(actor=actor, at=at)
        return None
    return found


def give_back_ahead(*, actor: Actor, at: datetime) -> bool:
    """Let others have the case that was ready and is not needed; returns whether there was one."""
    found = ahead_of(actor, now=at)
    if found is None:
        return False
    try:
        release(actor=actor, at=at, lease_id=found, reason=NOT_NEEDED)
    except LeaseLost:
        return False
    return True
