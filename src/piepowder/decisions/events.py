"""What decisions tell the packages above, inside the transaction that issues or withdraws one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piepowder.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class DecisionIssued:
    """A decision was issued; until ``final_at`` it can be withdrawn and nothing has left."""

    decision_id: UUID
    case_id: UUID | None
    item_id: UUID
    snapshot_id: UUID
    kind: str
    market: str
    language: str
    seller_ref: str
    outcome: str
    policy_codes: tuple[str, ...]
    supersedes_id: UUID | None
    at: datetime
    final_at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class DecisionWithdrawn:
    """A decision was taken back before anything left."""

    decision_id: UUID
    case_id: UUID | None
    item_id: UUID
    at: datetime
    actor: Actor
