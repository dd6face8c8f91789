"""All of it, in the order of who needs whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from piepowder.appeals.models import Appeal
from piepowder.appeals.states import AppealOutcome, ComplainantKind
from piepowder.interop.operations import queue_past
from piepowder.simulate.redress.authorities import order, recall, threat
from piepowder.simulate.redress.bench import Bench
from piepowder.simulate.redress.complaints import appeal
from piepowder.simulate.redress.house import count_points, set_up
from piepowder.simulate.redress.owners import claim
from piepowder.simulate.redress.traders import end_and_keep, tell_buyers, trade

_QUEUED_DAYS = 2.0


@dataclass(frozen=True, slots=True)
class Visitors:
    """Who can be shown the portal: a seller whose appeal was right, and somebody who complains about nothing done."""

    seller_ref: str
    reporter: str
    report: str


@transaction.atomic
def play_redress(*, seed: int, now: datetime) -> None:
    """Give an installation that a seeded history has just filled its other side. Once per database."""
    bench = Bench(seed, now)
    set_up(bench)
    appeal(bench)
    claim(bench)
    order(bench)
    threat(bench)
    recall(bench)
    trade(bench)
    end_and_keep(bench)
    tell_buyers(bench)
    count_points(bench)
    # They wait: submitting them is switched off until the organisation has a token.
    queue_past(actor=bench.person("operations_lead"), since=bench.ago(_QUEUED_DAYS), at=now)


def visitors() -> Visitors | None:
    """Those of this database, or ``None`` when nothing of this was played here."""
    right = Appeal.objects.filter(complainant_kind=ComplainantKind.RECIPIENT, outcome=AppealOutcome.OVERTURNED)
    seller = right.order_by("filed_at").first()
    complained = Appeal.objects.filter(complainant_kind=ComplainantKind.REPORTER, report__isnull=False)
    other = complained.select_related("report").order_by("filed_at").first()
    if seller is None or other is None or other.report is None:
        return None
    report = other.report
    return Visitors(seller.complainant_ref, str(report.reporter_id), str(report.pk))
