"""Open cases follow what their reporters' word weighs."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from piepowder.intake.events import ReportersWeighed
from piepowder.intake.models import Report
from piepowder.intake.reporters import trust_of
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.operations import Entry, append_rows, fact_row
from piepowder.review.models import Case
from piepowder.review.states import ACTIVE_STATES
from piepowder.review.steps import rank_of


def on_reporters_weighed(event: ReportersWeighed) -> None:
    """Rank the open cases that rest on reports of these reporters anew. In the transaction that weighed them.

    A case counts the reports that came at its opening or later; the most trusted of them speaks for it.
    """
    touched = Report.objects.filter(reporter_id__in=event.reporter_ids, item__cases__state__in=ACTIVE_STATES)
    items = sorted(set(touched.values_list("item_id", flat=True)))
    active = Case.objects.filter(item_id__in=items, state__in=ACTIVE_STATES).order_by("id")
    cases = list(active.select_for_update(no_key=True))
    reports: defaultdict[UUID, list[Report]] = defaultdict(list)
    for report in Report.objects.filter(item_id__in=items).select_related("reporter"):
        reports[report.item_id].append(report)
    changed = []
    for case in cases:
        since = [one for one in reports[case.item_id] if one.received_at >= case.opened_at]
        trust = max((trust_of(one.reporter, one.policy_code, event.at) for one in since), default=case.trust)
        if trust != case.trust:
            case.trust = trust
            case.rank = rank_of(case)
            changed.append(case)
    Case.objects.bulk_update(changed, ["trust", "rank"], batch_size=500)
    facts = [Entry("case.weigh", "case", str(case.pk), {"trust": case.trust}) for case in changed]
    append_rows([fact_row(actor=SYSTEM, at=event.at, entry=fact) for fact in facts])
