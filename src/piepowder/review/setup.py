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
from piepowder.review.standing import ADJUDICATION
from piepowder.review.states import ACTIVE_STATES, Reopening

MOST_OPINIONS = 9


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
    opinions: int = 1,
    agreeing: int = 1,
    adjudicates_to: str = "",
    shows_enforcement: bool = True,
    preempts: bool = False,
) -> Queue:
    """Make or change the queue ``code``. A change of skill takes the waiting cases along to lanes of the new skill.

    With ``opinions`` above 1 that many people judge each case independently; ``agreeing`` of them decide it, and what they
    cannot agree on goes to ``adjudicates_to``.
    """
    require(actor, Permission.QUEUE_EDIT, Place(queue=code))
    _check_queue(code, name, lease_s, grace_s, reopening)
    _check_opinions(code, opinions, agreeing, adjudicates_to)
    with transaction.atomic():
        above, judge = _queue_named(escalates_to), _queue_named(adjudicates_to)
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
            "opinions": opinions,
            "agreeing": agreeing,
            "adjudicates_to": judge,
            "shows_enforcement": shows_enforcement,
            "preempts": preempts,
        }
        queue, _made = Queue.objects.update_or_create(code=code, defaults=values)
        note_change()
        _move_to_skill(queue)
        told: dict[str, Any] = {
            **values,
            "escalates_to": escalates_to,
            "adjudicates_to": adjudicates_to,
            "reopening": str(reopening),
        }
        record(actor=actor, at=at, verb="queue.save", subject_kind="queue", subject_id=code, **told)
    return queue


def _queue_named(code: str) -> Queue | None:
    if not code:
        return None
    queue = Queue.objects.filter(code=code).first()
    if queue is None:
        raise UnknownQueue(_("there is no queue '%(code)s'") % {"code": code})
    return queue


def _check_opinions(code: str, opinions: int, agreeing: int, adjudicates_to: str) -> None:
    found = []
    if not 1 <= opinions <= MOST_OPINIONS:
        detail = _("from 1 to %(most)s people") % {"most": MOST_OPINIONS}
        found.append(FieldProblem("/opinions", "out_of_range", detail))
    if not 1 <= agreeing <= opinions:
        found.append(FieldProblem("/agreeing", "out_of_range", _("at least one, and no more than give an opinion")))
    elif opinions > 1 and 2 * agreeing <= opinions:
        found.append(FieldProblem("/agreeing", "no_majority", _("more than half of those who give an opinion")))
    if adjudicates_to and adjudicates_to == code:
        found.append(FieldProblem("/adjudicates_to", "itself", _("another queue than this one")))
    if found:
        raise BadSetup(_("this queue cannot be saved"), problems=found)


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
    others = Lane.objects.filter(queue=queue).exclude(skill__in=[queue.skill, ADJUDICATION])
    with_work = others.filter(cases__state__in=ACTIVE_STATES).distinct()
    known = reference()
    for lane in with_work:
        new = lanes_for(known, [(known.queues[queue.pk], lane.language)])[queue.pk, lane.language]
        Case.objects.filter(lane=lane, state__in=ACTIVE_STATES).update(lane_id=new.id)
