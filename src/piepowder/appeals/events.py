"""What appeals tell the packages above, inside the transaction of the step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piepowder.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class AppealFiled:
    appeal_id: UUID
    decision_id: UUID
    complainant_kind: str
    stage: int
    at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class AppealConcluded:
    """A person has ended it; ``outcome`` is upheld, overturned, modified or omitted."""

    appeal_id: UUID
    decision_id: UUID
    outcome: str
    replacement_id: UUID | None
    at: datetime
    actor: Actor
    complainant_kind: str


@dataclass(frozen=True, slots=True)
class AppealWithdrawn:
    """The complainant took it back; the decision stands as before."""

    appeal_id: UUID
    decision_id: UUID
    at: datetime
    actor: Actor
    complainant_kind: str
