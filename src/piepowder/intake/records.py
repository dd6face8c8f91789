"""What is known of reporters: how many reports, how many of the judged ones were founded, how much their word weighs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import holds_whole, require_whole, scope_q
from piepowder.intake.accuracy import Accuracy
from piepowder.intake.models import Report, Reporter
from piepowder.intake.reporters import NoSuchReporter
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission


@dataclass(frozen=True, slots=True)
class ReporterFilters:
    kind: str = ""
    text: str = ""
    """Part of the reference, or of the name for those who may see it."""
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class ReporterLine:
    """``name`` and ``email`` are empty for those who may not edit people."""

    id: UUID
    kind: str
    external_ref: str
    name: str
    email: str
    areas: tuple[str, ...]
    reports: int
    accuracy: Accuracy
    trust: int
    suspended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentReport:
    id: UUID
    item_id: UUID
    item_title: str
    item_kind: str
    policy_code: str
    basis: str
    received_at: datetime
    founded: bool | None
    judged_at: datetime | None


def reporters_page(actor: Actor, filters: ReporterFilters, *, offset: int, limit: int) -> list[ReporterLine]:
    """Who reports, those with the most reports first. Two queries."""
    require_whole(actor, Permission.REPORT_VIEW)
    rows: QuerySet[Reporter] = Reporter.objects.all()
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.suspended:
        rows = rows.filter(suspended_at__isnull=False)
    if filters.text:
        meant = Q(external_ref__icontains=filters.text)
        if _may_know(actor):
            meant |= Q(name__icontains=filters.text)
        rows = rows.filter(meant)
    counted = rows.annotate(count=Count("reports")).order_by("-count", "kind", "external_ref", "pk")
    page = list(counted[offset : offset + limit])
    records = accuracies({reporter.pk for reporter in page})
    return [_line(actor, reporter, reporter.count, records) for reporter in page]


def reporter_line(actor: Actor, reporter_id: UUID) -> ReporterLine:
    """One reporter; raises ``NoSuchReporter``. Two queries."""
    require_whole(actor, Permission.REPORT_VIEW)
    reporter = Reporter.objects.filter(pk=reporter_id).annotate(count=Count("reports")).first()
    if reporter is None:
        raise NoSuchReporter(_("there is no such reporter"))
    return _line(actor, reporter, reporter.count, accuracies({reporter.pk}))


def reports_of(actor: Actor, reporter_id: UUID, *, offset: int, limit: int) -> list[SentReport]:
    """What somebody reported, the newest first, about items that ``actor`` may see. One query."""
    scope = scope_q(actor, Permission.REPORT_VIEW, market="item__market", language="item__language")
    rows = Report.objects.filter(scope, reporter_id=reporter_id).select_related("item").order_by("-received_at", "-id")
    return [
        SentReport(
            one.pk, one.item_id, one.item.title or one.item.external_id, one.item.kind, one.policy_code, one.basis,
            one.received_at, one.founded, one.judged_at,
        )
        for one in rows[offset : offset + limit]
    ]  # fmt: skip


def accuracies(reporter_ids: Collection[UUID]) -> dict[UUID, Accuracy]:
    """The record of each over their last judged reports; those without any are left out. One query."""
    if not reporter_ids:
        return {}
    place = Window(RowNumber(), partition_by=[F("reporter_id")], order_by=[F("judged_at").desc(), F("pk").desc()])
    judged = Report.objects.filter(reporter_id__in=reporter_ids, judged_at__isnull=False, founded__isnull=False)
    last = judged.annotate(place=place).filter(place__lte=chosen("reporters.window"))
    total, founded = Counter[UUID](), Counter[UUID]()
    for reporter_id, was in last.values_list("reporter_id", "founded"):
        total[reporter_id] += 1
        founded[reporter_id] += bool(was)
    return {reporter_id: Accuracy(founded[reporter_id], count) for reporter_id, count in total.items()}


def _line(actor: Actor, reporter: Reporter, count: int, records: dict[UUID, Accuracy]) -> ReporterLine:
    known = _may_know(actor)
    # Somebody who is known by nothing but an address has a digest of it for a reference, which says nothing to people.
    return ReporterLine(
        id=reporter.pk,
        kind=reporter.kind,
        external_ref=reporter.external_ref,
        name=reporter.name if known else "",
        email=reporter.email if known else "",
        areas=tuple(reporter.areas),
        reports=count,
        accuracy=records.get(reporter.pk, Accuracy(0, 0)),
        trust=reporter.trust,
        suspended_at=reporter.suspended_at,
    )


def _may_know(actor: Actor) -> bool:
    """Names and addresses are for those who look after people."""
    return holds_whole(actor, Permission.PERSON_EDIT)
