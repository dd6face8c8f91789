"""Signing off an access review."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from piepowder.access.entitlements import Holding, coverage, difference, holdings, last_review
from piepowder.access.models import AccessReview, User
from piepowder.kernel.actor import Actor
from piepowder.kernel.canonical import canonical_json
from piepowder.kernel.errors import Conflict
from piepowder.ledger.operations import record


class AccessMoved(Conflict):
    code = "access_moved"


def mark_of(rows: Sequence[Holding]) -> str:
    """What a page carries to say which rows were looked at."""
    return hashlib.sha256(canonical_json([one.kept() for one in rows])).hexdigest()[:32]


@transaction.atomic
def sign_off(*, actor: Actor, seen: str, at: datetime) -> AccessReview:
    """Stand by who holds what now; raises ``AccessMoved`` when that is no longer what was ``seen``."""
    rows = holdings(actor)
    if mark_of(rows) != seen:
        raise AccessMoved("somebody's access has changed since the page was loaded")
    found = difference(rows, last_review(actor))
    review = AccessReview.objects.create(
        reviewed_at=at,
        reviewed_by=User.objects.get(pk=actor.ref),
        vendors=coverage(actor),
        holdings=[one.kept() for one in rows],
    )
    record(
        actor=actor,
        at=at,
        verb="access.review",
        subject_kind="access_review",
        subject_id=review.pk,
        vendors=review.vendors,
        holdings=len(rows),
        added=len(found.added),
        gone=len(found.gone),
        digest=mark_of(rows),
    )
    return review
