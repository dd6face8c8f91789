"""Putting routing rules in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import Policy
from piepowder.review.models import Queue, RoutingVersion
from piepowder.review.reference import note_change
from piepowder.review.routing import problems_in


class BadRouting(Malformed):
    code = "bad_routing"


def publish_routing(*, actor: Actor, at: datetime, rules: list[dict[str, Any]]) -> RoutingVersion:
    """Put a set of routing rules in force for everything that arrives from now on; raises ``BadRouting`` with pointers."""
    require(actor, Permission.QUEUE_EDIT)
    queues = set(Queue.objects.filter(active=True).values_list("code", flat=True))
    policies = set(Policy.objects.filter(is_leaf=True).values_list("code", flat=True))
    found = problems_in(rules, queues=queues, policies=policies)
    if found:
        raise BadRouting(_("these rules cannot be published"), problems=found)
    with transaction.atomic():
        last = RoutingVersion.objects.select_for_update().order_by("-number").first()
        version = RoutingVersion.objects.create(
            number=last.number + 1 if last else 1, rules=rules, published_at=at, published_by=actor.ref
        )
        note_change()
        record(
            actor=actor,
            at=at,
            verb="routing.publish",
            subject_kind="routing",
            subject_id=version.number,
            rules=rules,
        )
    return version
