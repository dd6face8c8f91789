"""Lists of what is left to do, and of the disputes out of court."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, visible
from piepowder.appeals.listing import appeal_scope
from piepowder.appeals.models import AuditRequest, OutOfCourtBody, OutOfCourtCase, Restitution
from piepowder.appeals.out_of_court import NoSuchCase
from piepowder.appeals.proportions import Share
from piepowder.appeals.states import TO_IMPLEMENT, CaseState, TaskState
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission


@dataclass(frozen=True, slots=True)
class OutOfCourtCount:
    """The cases of a span: by outcome, how long they took, and how much of what was reversed we have done."""

    open: int
    late: int
    confirmed: int
    reversed: int
    partly: int
    other: int
    median_days: float | None
    implemented: Share


def restitution_list(actor: Actor, *, state: str = TaskState.OPEN, kind: str = "") -> QuerySet[Restitution]:
    """What is left to be made good by hand, oldest first."""
    require(actor, Permission.APPEAL_VIEW)
    rows = visible(Restitution.objects.all(), appeal_scope(actor))
    rows = rows.filter(**{name: value for name, value in (("state", state), ("kind", kind)) if value})
    return rows.select_related("decision__item", "appeal", "done_by__vendor").order_by("created_at", "id")


def audit_requests(actor: Actor, *, state: str = "") -> QuerySet[AuditRequest]:
    """The decisions that did not stand, for those who audit, newest first."""
    require(actor, Permission.APPEAL_VIEW)
    rows = visible(AuditRequest.objects.all(), appeal_scope(actor))
    rows = rows.filter(state=state) if state else rows
    return rows.select_related("decision__item", "decision__decider", "appeal").order_by("-asked_at", "-id")


def bodies() -> QuerySet[OutOfCourtBody]:
    """The register of certified bodies; it is public."""
    return OutOfCourtBody.objects.annotate(open_cases=Count("cases", filter=Q(cases__state=CaseState.OPEN))).order_by(
        "-active", "member_state", "name"
    )


def out_of_court_cases(actor: Actor, *, state: str = "", text: str = "") -> QuerySet[OutOfCourtCase]:
    """The disputes that ``actor`` may see, newest first."""
    require(actor, Permission.APPEAL_VIEW)
    rows = visible(OutOfCourtCase.objects.all(), appeal_scope(actor))
    rows = rows.filter(state=state) if state else rows
    if text:
        rows = rows.filter(Q(reference__icontains=text) | Q(body__name__icontains=text))
    return rows.select_related("body", "decision__item", "appeal").order_by("-received_on", "-id")


def out_of_court_case(actor: Actor, case_id: UUID) -> OutOfCourtCase:
    """One dispute; raises ``NoSuchCase`` also for one that ``actor`` may not see."""
    found = out_of_court_cases(actor).filter(pk=case_id).first()
    if found is None:
        raise NoSuchCase(_("there is no such case"))
    return found


def out_of_court_count(actor: Actor, *, since: date, until: date, now: datetime) -> OutOfCourtCount:
    """The cases that a body received from ``since`` on and before ``until``."""
    rows = list(out_of_court_cases(actor).filter(received_on__gte=since, received_on__lt=until))
    outcomes = [one.outcome for one in rows]
    took = [(one.ended_on - one.received_on).days for one in rows if one.outcome and one.ended_on]
    to_do = [one for one in rows if one.outcome in TO_IMPLEMENT]
    still = [one for one in rows if one.state == CaseState.OPEN]
    return OutOfCourtCount(
        open=len(still),
        late=sum(one.due_on < now.date() for one in still),
        confirmed=outcomes.count("confirmed"),
        reversed=outcomes.count("reversed"),
        partly=outcomes.count("partly"),
        other=sum(one.state in (CaseState.REFUSED, CaseState.CLOSED) for one in rows),
        median_days=median(took) if took else None,
        implemented=Share(sum(bool(one.implemented) for one in to_do), len(to_do)),
    )
