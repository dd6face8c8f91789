"""Keeping a waiting case for one person: assigned by a lead, or back with whoever asked about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.queries import actor_for
from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Conflict, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.review.hands import HANDS, end_hold, let_go, put_back
from piepowder.review.leases import given_reason, locked_case, require_in_scope
from piepowder.review.models import Case, Presence, Skip
from piepowder.review.reference import checked
from piepowder.review.standing import reach, valid_skills
from piepowder.review.states import CASE_FLOW, Availability, CaseEventKind, CaseState, SkipKind
from piepowder.review.steps import take_step

KEPT_FOR = timedelta(hours=2)
"""How long an assigned case waits for its person."""
KEPT_AFTER_ANSWER = timedelta(minutes=30)


class NobodyToAssign(NotFound):
    code = "unknown_person"


class CannotTakeIt(Conflict):
    """The person may not work on this case: language, market, skill, queue, vendor, or they gave their opinion already."""

    code = "cannot_take_it"


def assign(
    *, actor: Actor, at: datetime, case_id: UUID, user_id: int, reason: str, until: datetime | None = None
) -> Case:
    """Keep a case for one person until ``until``, two hours by default: they get it next, and nobody else does.

    It is taken out of others' hands, and a hold ends. Needs ``case:reassign`` over the case and over the person. Raises
    ``CannotTakeIt`` when they may not work on it, ``WrongState`` when the case is over.
    """
    why = given_reason(reason)
    person = User.objects.select_related("vendor", "site", "team").filter(pk=user_id, is_active=True).first()
    if person is None:
        raise NobodyToAssign(_("there is no such person"))
    require(actor, Permission.CASE_REASSIGN, Place(vendor=person.vendor.code))
    with transaction.atomic():
        case = locked_case(case_id)
        require_in_scope(actor, Permission.CASE_REASSIGN, case)
        state = CaseState(case.state)
        CASE_FLOW.step("assign", state)
        if not may_take(person, case, at=at):
            raise CannotTakeIt(
                _("%(name)s may not work on this case: check language, market, skill and queue") % {"name": person.name}
            )
        before = str(case.holder_id) if case.holder_id else ""
        let_go(case, at=at)
        if state is CaseState.HELD:
            end_hold(case, actor=actor, at=at)
        put_back(case)
        case.reserved_for_id, case.reserved_until = person.pk, until or at + KEPT_FOR
        body = {
            "reason": why,
            "person": before,
            "to": str(person.pk),
            "until": case.reserved_until.isoformat(),
        }
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.ASSIGNED, verb="case.assign", body=body)
        case.save(update_fields=HANDS)
    return case


def may_take(person: User, case: Case, *, at: datetime) -> bool:
    """Whether the person could claim this case if it waited for them alone."""
    known = checked()
    there = reach(known, actor_for(person, now=at), valid_skills(known, person.pk, at))
    opined = Skip.objects.filter(case_id=case.pk, user_id=person.pk, kind=SkipKind.OPINED)
    return there.covers(case.lane_id, case.market) and not opined.exists()


def keep_for_asker(case: Case, user_id: int, *, at: datetime) -> bool:
    """Keep a case that waits again for whoever asked, if they are there and may take it; the caller saves it."""
    if not Presence.objects.filter(user_id=user_id, state=Availability.AVAILABLE).exists():
        return False
    person = User.objects.select_related("vendor", "site", "team").filter(pk=user_id, is_active=True).first()
    if person is None or not may_take(person, case, at=at):
        return False
    case.reserved_for_id, case.reserved_until = user_id, at + KEPT_AFTER_ANSWER
    return True


def free_reserved(*, now: datetime, limit: int = 500) -> int:
    """Give back to everybody what was kept for somebody who did not come for it; returns how many."""
    kept = Case.objects.filter(reserved_for__isnull=False, reserved_until__lte=now).order_by("reserved_until", "id")
    ids = list(kept.values_list("pk", flat=True)[:limit])
    late = Case.objects.filter(pk__in=ids, reserved_until__lte=now)
    return late.update(reserved_for=None, reserved_until=None) if ids else 0
