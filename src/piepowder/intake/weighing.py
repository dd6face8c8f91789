"""Working out anew how much a reporter's word weighs, after reports of theirs were judged.

Judging only notes that it happened; a sweep does the rest. So a decision never waits for arithmetic about reporters, and
a hundred decisions about one reporter's reports are one calculation.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from piepowder.access.options import chosen
from piepowder.intake.accuracy import Accuracy, trust_from
from piepowder.intake.events import ReportersWeighed
from piepowder.intake.models import Report, Reporter
from piepowder.intake.reporters import TRUST
from piepowder.intake.states import ReporterKind
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.events import publish
from piepowder.ledger.operations import Entry, record_many

EARNS = (ReporterKind.USER.value, ReporterKind.RIGHTS_HOLDER.value)
"""The kinds whose trust follows from their record; that of the others is given, or there is nobody to give it to."""


def note_judged(*, item_id: UUID, at: datetime) -> None:
    """Reports about the item were judged, or their judgement was taken back: whoever sent them is to be weighed anew.

    Called in the transaction that judges, after the reports were written.
    """
    senders = Reporter.objects.filter(kind__in=EARNS, reports__item_id=item_id)
    ids = sorted(set(senders.values_list("pk", flat=True)))
    if len(ids) > 1:
        # In one order for everybody: two decisions may concern the same people.
        list(Reporter.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    if ids:
        Reporter.objects.filter(pk__in=ids).update(weigh_at=at)


def weigh_due(*, now: datetime, limit: int = 200) -> int:
    """Weigh the reporters that are due, and tell the packages above whose trust changed; returns how many were weighed."""
    with transaction.atomic():
        due = Reporter.objects.filter(weigh_at__isnull=False).order_by("weigh_at", "pk")
        reporters = list(due.select_for_update(skip_locked=True, no_key=True)[:limit])
        facts, changed = [], []
        for reporter in reporters:
            accuracy = accuracy_of(reporter.pk)
            trust = earned_trust(reporter.kind, accuracy)
            if trust != reporter.trust:
                reporter.trust = trust
                changed.append(reporter.pk)
                body = {"kind": reporter.kind, "trust": trust, "founded": accuracy.founded, "judged": accuracy.judged}
                facts.append(Entry("reporter.weigh", "reporter", str(reporter.pk), body))
            reporter.weigh_at = None
        Reporter.objects.bulk_update(reporters, ["trust", "weigh_at"])
        record_many(actor=SYSTEM, at=now, entries=facts)
        if changed:
            publish(ReportersWeighed(tuple(changed), now))
    return len(reporters)


def accuracy_of(reporter_id: UUID) -> Accuracy:
    """The record over the last judged reports, as many as the organisation chose. One query."""
    judged = Report.objects.filter(reporter_id=reporter_id, judged_at__isnull=False, founded__isnull=False)
    last = list(judged.order_by("-judged_at", "-pk").values_list("founded", flat=True)[: chosen("reporters.window")])
    return Accuracy(sum(1 for founded in last if founded), len(last))


def earned_trust(kind: str, accuracy: Accuracy) -> int:
    """The trust of a reporter of ``kind`` with that record; unchanging for kinds that do not earn it."""
    start = TRUST[kind]
    if kind not in EARNS:
        return start
    return trust_from(accuracy, prior=start / 100, strength=chosen("reporters.prior"), most=chosen("reporters.most"))
