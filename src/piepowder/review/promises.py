"""What queues promise: targets, the calendars they count in, and the clocks that follow from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, require_whole
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.clocks import Calendar as KernelCalendar
from piepowder.kernel.clocks import CalendarError
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.calendars import calendar_of
from piepowder.review.leases import locked_case
from piepowder.review.models import Calendar, CalendarVersion, Case, CaseClock, Queue, SlaTarget
from piepowder.review.moving import UnknownQueue
from piepowder.review.reference import note_change
from piepowder.review.setup import BadSetup
from piepowder.review.states import ClockState
from piepowder.review.steps import write_clock


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


def clear_target(*, actor: Actor, at: datetime, queue_code: str, severity: int) -> bool:
    """Promise nothing more for that severity to what the queue gets from now on; false when nothing was promised."""
    require(actor, Permission.QUEUE_EDIT, Place(queue=queue_code))
    with transaction.atomic():
        gone, _rows = SlaTarget.objects.filter(queue__code=queue_code, severity=severity).delete()
        if gone:
            note_change()
            record(
                actor=actor,
                at=at,
                verb="target.clear",
                subject_kind="queue",
                subject_id=queue_code,
                severity=severity,
            )
    return bool(gone)


@dataclass(frozen=True, slots=True)
class WantedTarget:
    """What one cell of the matrix is to promise."""

    target_s: int
    calendar: str = ""
    at_risk_share: float = 0.75


def set_targets(*, actor: Actor, at: datetime, wanted: Mapping[tuple[str, int], WantedTarget | None]) -> int:
    """Set or clear (``None``) the promises of several queues and severities at once, all or none; returns how many changed."""
    changed = 0
    with transaction.atomic():
        rows = SlaTarget.objects.select_related("queue", "calendar").select_for_update(of=("self",))
        now = {
            (row.queue.code, row.severity): WantedTarget(
                row.target_s, row.calendar.code if row.calendar else "", row.at_risk_share
            )
            for row in rows
        }
        for (queue, severity), target in sorted(wanted.items()):
            if now.get((queue, severity)) == target:
                continue
            changed += 1
            if target is None:
                clear_target(actor=actor, at=at, queue_code=queue, severity=severity)
                continue
            set_target(
                actor=actor,
                at=at,
                queue_code=queue,
                severity=severity,
                target_s=target.target_s,
                calendar_code=target.calendar,
                at_risk_share=target.at_risk_share,
            )
    return changed


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
    require_whole(actor, Permission.QUEUE_EDIT)
    overrides = overrides or {}
    check_calendar(timezone=timezone, weekly=weekly, country=country, region=region, overrides=overrides)
    if not code or not all(sign.isalnum() or sign in "-_." for sign in code):
        problem = FieldProblem("/code", "bad_code", _("letters, digits, dots, dashes and underscores"))
        raise BadSetup(_("this calendar cannot be published"), problems=[problem])
    if (
        effective_from is not None
        and CalendarVersion.objects.filter(calendar__code=code, effective_from=effective_from).exists()
    ):
        problem = FieldProblem("/effective_from", "same_moment", _("another version takes effect at that very moment"))
        raise BadSetup(_("this calendar cannot be published"), problems=[problem])
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


def check_calendar(
    *, timezone: str, weekly: Mapping[str, Any], country: str, region: str, overrides: Mapping[str, Any]
) -> KernelCalendar:
    """The calendar that these values make; raises ``BadSetup`` with the reason when they make none."""
    try:
        built = calendar_of(timezone=timezone, weekly=weekly, country=country, region=region, overrides=overrides)
    except (CalendarError, ValueError, TypeError) as error:
        raise BadSetup(str(error), problems=[FieldProblem("", "invalid_calendar", str(error))]) from error
    if not built.opens_weekly:
        problem = FieldProblem("/weekly", "never_open", _("a week has at least one open hour"))
        raise BadSetup(_("nothing could ever fall due in this calendar"), problems=[problem])
    return built


def recompute_clock(*, case_id: Any, now: datetime) -> Case:
    """Tell the clock of a case from its events once more, and store what comes out; the same unless something was amiss."""
    with transaction.atomic():
        case = locked_case(case_id)
        write_clock(case, now=now)
        case.save(update_fields=["due_at", "at_risk_at", "rank"])
    return case


def _recompute_open(calendar: str, at: datetime) -> None:
    open_clocks = CaseClock.objects.filter(calendar=calendar, ended_at__isnull=True).exclude(
        state__in=[ClockState.MET, ClockState.CANCELLED]
    )
    for case_id in sorted(set(open_clocks.values_list("case_id", flat=True))):
        recompute_clock(case_id=case_id, now=at)
