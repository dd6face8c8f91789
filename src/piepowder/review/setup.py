"""Setting queues up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.lanes import lanes_for
from piepowder.review.models import Case, Lane, Queue
from piepowder.review.moving import UnknownQueue
from piepowder.review.reference import note_change, reference
from piepowder.review.states import ACTIVE_STATES, Reopening


class BadSetup(Malformed):
    code = "bad_setup"


def save_queue(
    *,
    actor: Actor,
    at: datetime,
    code: str,
    name: str,
    purpose: str = "",
    position: int = 0,
    skill: str = "",
    vendors: Sequence[str] = (),
    lease_s: int = 300,
    grace_s: int = 10,
    escalates_to: str = "",
    reopening: str = Reopening.CONTINUE,
    active: bool = True,
) -> Queue:
    """Make or change the queue ``code``. A change of skill takes the waiting cases along to lanes of the new skill."""
    require(actor, Permission.QUEUE_EDIT, Place(queue=code))
    _check_queue(code, name, lease_s, grace_s, reopening)
    with transaction.atomic():
        above = Queue.objects.filter(code=escalates_to).first() if escalates_to else None
        if escalates_to and above is None:
            raise UnknownQueue(_("there is no queue '%(code)s'") % {"code": escalates_to})
        values = {
            "name": name.strip(),
            "purpose": purpose,
            "position": position,
            "skill": skill,
            "vendors": sorted(vendors),
            "lease_s": lease_s,
            "grace_s": grace_s,
            "escalates_to": above,
            "reopening": reopening,
            "active": active,
        }
        queue, _made = Queue.objects.update_or_create(code=code, defaults=values)
        note_change()
        _move_to_skill(queue)
        told: dict[str, Any] = {**values, "escalates_to": escalates_to, "reopening": str(reopening)}
        record(actor=actor, at=at, verb="queue.save", subject_kind="queue", subject_id=code, **told)
    return queue


def _check_queue(code: str, name: str, lease_s: int, grace_s: int, reopening: str) -> None:
    found = []
    if not code or not all(sign.isalnum() or sign in "-_." for sign in code):
        found.append(FieldProblem("/code", "bad_code", _("letters, digits, dots, dashes and underscores")))
    if not name.strip():
        found.append(FieldProblem("/name", "missing", _("a queue has a name")))
    if lease_s < 30:
        found.append(FieldProblem("/lease_s", "out_of_range", _("a lease lasts at least 30 seconds")))
    if grace_s < 0:
        found.append(FieldProblem("/grace_s", "out_of_range", _("a grace period is not negative")))
    if reopening not in Reopening.values:
        found.append(FieldProblem("/reopening", "unknown_value", _("continue or restart")))
    if found:
        raise BadSetup(_("this queue cannot be saved"), problems=found)


def _move_to_skill(queue: Queue) -> None:
    others = Lane.objects.filter(queue=queue).exclude(skill=queue.skill)
    with_work = others.filter(cases__state__in=ACTIVE_STATES).distinct()
    known = reference()
    for lane in with_work:
        new = lanes_for(known, [(known.queues[queue.pk], lane.language)])[queue.pk, lane.language]
        Case.objects.filter(lane=lane, state__in=ACTIVE_STATES).update(lane_id=new.id)
