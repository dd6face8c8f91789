"""The registry of trusted flaggers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.intake.accuracy import Accuracy
from piepowder.intake.models import Reporter
from piepowder.intake.records import accuracies
from piepowder.intake.reporters import NoSuchReporter
from piepowder.intake.states import ReporterKind
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission


@dataclass(frozen=True, slots=True)
class FlaggerLine:
    """``standing`` is ``stands``, ``suspended`` or ``lapsed``; only the first gives priority."""

    reporter: Reporter
    standing: str
    reports: int
    accuracy: Accuracy


def flaggers(actor: Actor, *, today: date, offset: int, limit: int) -> list[FlaggerLine]:
    """By name. Two queries."""
    require_whole(actor, Permission.DUTY_VIEW)
    rows = Reporter.objects.filter(kind=ReporterKind.TRUSTED_FLAGGER).annotate(count=Count("reports"))
    page = list(rows.order_by("name", "external_ref", "pk")[offset : offset + limit])
    records = accuracies({one.pk for one in page})
    return [_line(one, one.count, records.get(one.pk, Accuracy(0, 0)), today) for one in page]


def flagger_line(actor: Actor, reporter_id: UUID, today: date) -> FlaggerLine:
    """One of them; raises ``NoSuchReporter``."""
    require_whole(actor, Permission.DUTY_VIEW)
    rows = Reporter.objects.filter(kind=ReporterKind.TRUSTED_FLAGGER, pk=reporter_id).annotate(count=Count("reports"))
    one = rows.first()
    if one is None:
        raise NoSuchReporter(_("there is no such trusted flagger"))
    return _line(one, one.count, accuracies({one.pk}).get(one.pk, Accuracy(0, 0)), today)


def standing_of(reporter: Reporter, today: date) -> str:
    if reporter.suspended_at is not None:
        return "suspended"
    if reporter.valid_until is not None and reporter.valid_until < today:
        return "lapsed"
    return "stands"


def _line(reporter: Reporter, reports: int, accuracy: Accuracy, today: date) -> FlaggerLine:
    return FlaggerLine(reporter, standing_of(reporter, today), reports, accuracy)
