"""One step of a sanction along its flow, with its fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piepowder.kernel.actor import Actor
from piepowder.ledger.operations import record
from piepowder.standing.models import Sanction
from piepowder.standing.states import SANCTION_FLOW, SanctionState


def move(row: Sanction, verb: str, *, actor: Actor, at: datetime, **changes: Any) -> None:
    """Compare-and-swap; somebody who was faster raises ``WrongState`` like any other wrong state."""
    target: SanctionState = SANCTION_FLOW.step(verb, SanctionState(row.state))
    moved = Sanction.objects.filter(pk=row.pk, state__in=SANCTION_FLOW.sources(verb)).update(state=target, **changes)
    if not moved:
        row.refresh_from_db(fields=["state"])
        SANCTION_FLOW.step(verb, SanctionState(row.state))
    row.state = target
    for name, value in changes.items():
        setattr(row, name, value)
    record(
        actor=actor,
        at=at,
        verb=f"sanction.{verb}",
        subject_kind="sanction",
        subject_id=row.pk,
        decision=str(row.decision_id) if row.decision_id else None,
    )
