"""What decisions tell the packages above, inside the transaction that issues, withdraws or overturns one."""

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


@dataclass(frozen=True, slots=True)
class DecisionOverturned:
    """A final decision was undone; ``replacement_id`` is the decision that stands in its place, if any."""

    decision_id: UUID
    case_id: UUID | None
    item_id: UUID
    kind: str
    seller_ref: str
    market: str
    outcome: str
    """What the undone decision had found."""
    replacement_id: UUID | None
    at: datetime
    actor: Actor
