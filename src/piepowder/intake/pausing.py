"""Whose notices or complaints are not looked at for a time, because they misused them (DSA Art. 23(2)).

Why is known further up; here stands only whose, what and until when, for those who receive.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from piepowder.intake.models import Pause
from piepowder.intake.states import PausedWhat, PausedWhose
from piepowder.kernel.actor import Actor
from piepowder.ledger.operations import record


@transaction.atomic
def pause(*, actor: Actor, whose: PausedWhose, ref: str, what: PausedWhat, until: datetime, at: datetime) -> Pause:
    """Set notices or complaints of somebody aside until then; a later pause replaces an earlier one.

    It asks for no permission of its own: whoever may suspend for misuse may cause it.
    """
    row, _created = Pause.objects.update_or_create(
        whose=whose, ref=ref, what=what, defaults={"since": at, "until": until}
    )
    record(
        actor=actor, at=at, verb="pause.begin", subject_kind="pause", subject_id=row.pk, whose=whose, what=what,
        until=until.isoformat(),
    )  # fmt: skip
    return row


@transaction.atomic
def end_pause(*, actor: Actor, whose: PausedWhose, ref: str, what: PausedWhat, at: datetime) -> bool:
    """Look at their notices or complaints again from now on; returns whether they were set aside."""
    row = Pause.objects.select_for_update().filter(whose=whose, ref=ref, what=what, until__gt=at).first()
    if row is None:
        return False
    row.until = at
    row.save(update_fields=["until"])
    record(actor=actor, at=at, verb="pause.end", subject_kind="pause", subject_id=row.pk, whose=whose, what=what)
    return True


def paused_until(whose: str, ref: object, what: str, at: datetime) -> datetime | None:
    """Until when somebody's notices or complaints are set aside; ``None`` when they are looked at."""
    rows = Pause.objects.filter(whose=whose, ref=str(ref), what=what, since__lte=at, until__gt=at)
    return rows.values_list("until", flat=True).first()
