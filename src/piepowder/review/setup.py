"""Setting review up: queues, promises, calendars, routing, and who is eligible for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.clocks import CalendarError
from piepowder.kernel.errors import FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.models import Policy
from piepowder.review.calendars import calendar_of
from piepowder.review.lanes import lanes_for
from piepowder.review.leases import locked_case
from piepowder.review.models import (
    Calendar,
    CalendarVersion,
    Case,
    CaseClock,
    Eligibility,
    Lane,
    Queue,
    RoutingVersion,
    SlaTarget,
)
from piepowder.review.moving import UnknownQueue
from piepowder.review.reference import note_change, reference
from piepowder.review.routing import problems_in
from piepowder.review.states import ACTIVE_STATES, ClockState, Reopening
from piepowder.review.steps import write_clock


class BadSetup(Malformed):
    code = "bad_setup"


class BadRouting(Malformed):
    code = "bad_routing"


class UnknownPerson(NotFound):
    code = "unknown_person"


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


def set_target(
    *,
    actor: Actor,
    at: datetime,
    queue_code: str,
    severity: int,
    target_s: int,
    calendar_code: str = "",
    at_risk_share: float = 0.75,
) -> SlaTarget:
    """Promise that cases of ``severity`` opened in the queue from now on are decided within ``target_s``.

    Without a calendar every hour counts. Cases that are open already keep the promise they were opened with.
    """
    require(actor, Permission.QUEUE_EDIT, Place(queue=queue_code))
    found = []
    if severity not in (0, 1, 2, 3):
        found.append(FieldProblem("/severity", "out_of_range", _("a severity is 0, 1, 2 or 3")))
    if target_s <= 0:
        found.append(FieldProblem("/target_s", "out_of_range", _("a target is longer than nothing")))
    if not 0 < at_risk_share < 1:
        found.append(FieldProblem("/at_risk_share", "out_of_range", _("a share between 0 and 1")))
    if found:
        raise BadSetup(_("this target cannot be kept"), problems=found)
    with transaction.atomic():
        queue = Queue.objects.filter(code=queue_code).first()
        if queue is None:
            raise UnknownQueue(_("there is no queue '%(code)s'") % {"code": queue_code})
        calendar = Calendar.objects.filter(code=calendar_code).first() if calendar_code else None
        if calendar_code and calendar is None:
            problem = FieldProblem(
                "/calendar",
                "unknown_calendar",
                _("there is no calendar '%(code)s'") % {"code": calendar_code},
            )
            raise BadSetup(_("this target cannot be kept"), problems=[problem])
        values = {"target_s": target_s, "calendar": calendar, "at_risk_share": at_risk_share}
        target, _made = SlaTarget.objects.update_or_create(queue=queue, severity=severity, defaults=values)
        note_change()
        record(
            actor=actor,
            at=at,
            verb="target.set",
            subject_kind="queue",
            subject_id=queue_code,
            severity=severity,
            target_s=target_s,
            calendar=calendar_code,
            at_risk_share=at_risk_share,
        )
    return target


def publish_calendar(
    *,
    actor: Actor,
    at: datetime,
    code: str,
    name: str,
    timezone: str,
    weekly: Mapping[str, Any],
    country: str = "",
    region: str = "",
    overrides: Mapping[str, Any] | None = None,
    effective_from: datetime | None = None,
) -> CalendarVersion:
    """Add a version of the calendar, in force from ``effective_from`` on, and recompute the open clocks that count in it.

    The first version governs everything before it as well.
    """
    require(actor, Permission.QUEUE_EDIT)
    overrides = overrides or {}
    try:
        built = calendar_of(timezone=timezone, weekly=weekly, country=country, region=region, overrides=overrides)
    except (CalendarError, ValueError, TypeError) as error:
        raise BadSetup(str(error), problems=[FieldProblem("", "invalid_calendar", str(error))]) from error
    if not built.opens_weekly:
        problem = FieldProblem("/weekly", "never_open", _("a week has at least one open hour"))
        raise BadSetup(_("nothing could ever fall due in this calendar"), problems=[problem])
    with transaction.atomic():
        calendar, _made = Calendar.objects.update_or_create(code=code, defaults={"name": name})
        last = calendar.versions.aggregate(last=Max("number"))["last"] or 0
        version = CalendarVersion.objects.create(
            calendar=calendar,
            number=last + 1,
            effective_from=(effective_from or at) if last else effective_from,
            timezone=timezone,
            weekly=dict(weekly),
            country=country,
            region=region,
            overrides=dict(overrides),
        )
        note_change()
        _recompute_open(code, at)
        record(
            actor=actor, at=at, verb="calendar.publish", subject_kind="calendar", subject_id=code, number=version.number
        )
    return version


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


def recompute_clock(*, case_id: Any, now: datetime) -> Case:
    """Tell the clock of a case from its events once more, and store what comes out; the same unless something was amiss."""
    with transaction.atomic():
        case = locked_case(case_id)
        write_clock(case, now=now)
        case.save(update_fields=["due_at", "at_risk_at", "rank"])
    return case


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


def _recompute_open(calendar: str, at: datetime) -> None:
    open_clocks = CaseClock.objects.filter(calendar=calendar, ended_at__isnull=True).exclude(
        state__in=[ClockState.MET, ClockState.CANCELLED]
    )
    for case_id in sorted(set(open_clocks.values_list("case_id", flat=True))):
        recompute_clock(case_id=case_id, now=at)


def _vendor_of(user_id: int) -> str:
    vendor = User.objects.filter(pk=user_id).values_list("vendor__code", flat=True).first()
    if vendor is None:
        raise UnknownPerson(_("there is no such person"))
    return vendor
