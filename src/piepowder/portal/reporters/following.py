"""What those who reported, and owners of rights, may see: their own notices, what became of them, what they can do.

Nothing here names the seller, whoever judged, or anybody else who reported the same item. What belongs to somebody else is
answered like what does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.appeals.appealing import Complainant, appealable
from piepowder.appeals.models import Appeal
from piepowder.appeals.states import OPEN_STATES, ComplainantKind
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.states import DecisionState, EnforcementState, Outcome
from piepowder.intake.models import Item, Report
from piepowder.intake.states import ReporterKind
from piepowder.kernel.ids import short
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.visits import NoSuchThing
from piepowder.rights.states import SenderKind

MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class AppealShown:
    id: UUID
    stage: int
    filed_at: datetime
    is_open: bool
    outcome: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Followed:
    """One reported item. ``state`` is ``waiting``, ``restricted``, ``noted``, ``no_violation`` or ``undone``."""

    report_id: UUID
    title: str
    place: str
    state: str
    decided_at: datetime | None = None
    by_machine: bool = False
    may_complain: bool = False
    complain_until: date | None = None
    appeals: tuple[AppealShown, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice with its items; ``reference`` is what people read out to each other."""

    reference: str
    received_at: datetime
    reason: str
    basis: str
    files: int
    items: tuple[Followed, ...]

    @property
    def waiting(self) -> int:
        return sum(one.state == "waiting" for one in self.items)


def reports_of(subject: Subject) -> QuerySet[Report]:
    """The subject's own reports: those they sent, and for an owner those that an agent sent for them.

    What a stranger sent about an owner's right is the stranger's.
    """
    rows = Report.objects.all()
    if not subject.ref:
        return rows.none()
    if subject.kind == SubjectKind.RIGHTS_OWNER:
        for_them = Q(claim__right__owner_ref=subject.ref, claim__batch__sender_kind=SenderKind.AGENT)
        sent = Q(reporter__kind=ReporterKind.RIGHTS_HOLDER, reporter__external_ref=subject.ref)
        return _only(rows.filter(sent | for_them), subject)
    if subject.kind == SubjectKind.BUYER:
        return _only(rows.filter(reporter__kind=ReporterKind.USER, reporter__external_ref=subject.ref), subject)
    if subject.kind == SubjectKind.REPORTER and (reporter := as_id(subject.ref)) is not None:
        return _only(rows.filter(reporter_id=reporter), subject)
    return rows.none()


def report_of(subject: Subject, report_id: UUID) -> Report:
    """One report of the subject's own; raises ``NoSuchThing``."""
    found = reports_of(subject).select_related("reporter", "item").filter(pk=report_id).first()
    if found is None:
        raise NoSuchThing(_("there is no such report"))
    return found


def notice_of(subject: Subject, report_id: UUID, at: datetime) -> Notice:
    """The notice that a report belongs to, with all its items. Eight queries, and three more for each decision."""
    one = report_of(subject, report_id)
    same = reports_of(subject).filter(digest=one.digest, reporter_id=one.reporter_id, source=one.source)
    rows = list(same.select_related("reporter", "item").order_by("item__title", "pk")[:MOST_ITEMS])
    decisions = _decisions(rows, at)
    return Notice(
        reference=short(min(row.pk for row in rows)),
        received_at=one.received_at,
        reason=one.reason,
        basis=one.basis,
        files=one.files.count(),
        items=tuple(_followed(row, decisions.get(row.pk), at) for row in rows),
    )


def decision_on(report: Report, at: datetime) -> Decision:
    """The decision that a report led to, once it is final; raises ``NoSuchThing``."""
    found = _decisions([report], at).get(report.pk)
    if found is None:
        raise NoSuchThing(_("nothing has been decided yet"))
    return found


def complainant_of(report: Report) -> Complainant:
    return Complainant(ComplainantKind.REPORTER.value, report.reporter.external_ref, report.pk)


def place_of(report: Report) -> str:
    """Where the reporter said that it is."""
    places = [one for one in report.locations if isinstance(one, str)]
    ref = report.item.external_id
    return next((one for one in places if ref in one), ref)


def title_of(item: Item) -> str:
    return item.title or item.external_id


def _only(rows: QuerySet[Report], subject: Subject) -> QuerySet[Report]:
    """For a link to one notice: its reports, which say the same and came from the same hand."""
    if not subject.only:
        return rows
    wanted = as_id(subject.only)
    one = rows.filter(pk=wanted).first() if wanted is not None else None
    if one is None:
        return rows.none()
    return rows.filter(digest=one.digest, reporter_id=one.reporter_id, source=one.source)


def _decisions(rows: list[Report], at: datetime) -> dict[UUID, Decision]:
    """By report: the final decision that judged it, else the last one that was undone after it. One query."""
    items = {row.item_id for row in rows}
    final = Decision.objects.filter(item__in=items, final_at__lte=at).exclude(state=DecisionState.WITHDRAWN)
    known: dict[UUID, list[Decision]] = {}
    for decision in final.select_related("item").order_by("-decided_at", "-id"):
        known.setdefault(decision.item_id, []).append(decision)
    found = {}
    for row in rows:
        fits = (
            one
            for one in known.get(row.item_id, ())
            if one.decided_at == row.judged_at
            or (row.judged_at is None and one.state == DecisionState.OVERTURNED and one.decided_at >= row.received_at)
        )
        if (first := next(fits, None)) is not None:
            found[row.pk] = first
    return found


def _followed(row: Report, decision: Decision | None, at: datetime) -> Followed:
    one = Followed(row.pk, title_of(row.item), place_of(row), "waiting")
    if decision is None:
        return one
    may = appealable(decision, complainant_of(row), at)
    filed = Appeal.objects.filter(
        decision=decision, complainant_kind=ComplainantKind.REPORTER, complainant_ref=row.reporter.external_ref
    )
    return replace(
        one,
        state=_state(decision),
        decided_at=decision.decided_at,
        by_machine=bool(decision.machine),
        may_complain=may.allowed,
        complain_until=may.until,
        appeals=tuple(_appeal(one) for one in filed.order_by("stage")),
    )


def _appeal(one: Appeal) -> AppealShown:
    is_open = one.state in OPEN_STATES
    return AppealShown(one.pk, one.stage, one.filed_at, is_open, one.outcome, "" if is_open else one.reasons)


def _state(decision: Decision) -> str:
    if decision.state == DecisionState.OVERTURNED:
        return "undone"
    if decision.outcome == Outcome.NO_VIOLATION:
        return "no_violation"
    ended = (EnforcementState.CANCELLED, EnforcementState.REVERSED)
    holds = Enforcement.objects.filter(decision=decision).exclude(state__in=ended).exists()
    return "restricted" if holds else "noted"


def as_id(text: str) -> UUID | None:
    """``text`` as one of our ids; ``None`` when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
