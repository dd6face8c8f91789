"""What became of reports: whether the decision that followed found what they said."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from piepowder.database.prepared import Change
from piepowder.intake.models import Report
from piepowder.intake.weighing import note_judged

_judge = Change(
    lambda founded, at, item, until: (
        Report.objects.filter(item_id=item, judged_at__isnull=True, received_at__lte=until),
        {"founded": founded, "judged_at": at},
    ),
    *(Report.founded, Report.judged_at, Report.item, Report.received_at),
)


def note_outcome(*, item_id: UUID, founded: bool | None, at: datetime) -> int:
    """Say of the reports that nobody has judged yet whether they were founded; returns how many.

    Decisions call it with the time of the decision; reports that come later wait for the next one. ``founded=None`` takes
    back what the decision of that very moment said: its reports are unjudged again.
    """
    with transaction.atomic(savepoint=False):
        reports = Report.objects.filter(item_id=item_id)
        if founded is None:
            changed = reports.filter(judged_at=at).update(founded=None, judged_at=None)
        else:
            changed = _judge(founded, at, item_id, at)
        if changed:
            note_judged(item_id=item_id, at=at)
    return changed
