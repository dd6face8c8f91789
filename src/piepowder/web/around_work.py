"""What stands around the case in hand: urgent work, a break that is due, answers that came, and what is left of skips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piepowder.kernel.actor import Actor
from piepowder.review.allowances import limits_of, skips_left
from piepowder.review.desk import (
    OpenLease,
    ReachedQueue,
    WaitingLine,
    assigned_to,
    left_behind,
    open_leases,
    reached_queues,
)
from piepowder.review.exposure import Share, shares
from piepowder.review.questions import QuestionLine, questions_of
from piepowder.review.states import Asked
from piepowder.review.urgent import UrgentCase, urgent_for
from piepowder.review.wellness import Rest, rest_of


@dataclass(frozen=True, slots=True)
class Around:
    urgent: UrgentCase | None
    rest: Rest
    questions: Sequence[QuestionLine]
    skips_left: int
    asked: Sequence[tuple[str, Any]]


def around(actor: Actor, case_id: UUID, *, now: datetime) -> Around:
    """What a person is told while they judge the case."""
    return Around(
        urgent=urgent_for(actor, now=now, beside=case_id),
        rest=rest_of(actor, now),
        questions=questions_of(actor, case_id),
        skips_left=skips_left(int(actor.ref), now),
        asked=Asked.choices,
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """Where work begins."""

    leases: Sequence[OpenLease]
    in_hand_at_most: int
    assigned: Sequence[WaitingLine]
    left: Sequence[WaitingLine]
    queues: Sequence[tuple[ReachedQueue, bool]]
    """Each with whether it is starred."""
    shares: Sequence[Share]
    lifted: bool
    rest: Rest
    urgent: UrgentCase | None

    @property
    def full(self) -> bool:
        return len(self.leases) >= self.in_hand_at_most


def desk(actor: Actor, starred: Sequence[str], *, now: datetime) -> Desk:
    """What is in hand, what waits for the person, and where they can take from."""
    limits = limits_of(int(actor.ref), now)
    queues = [(queue, queue.code in starred) for queue in reached_queues(actor, now)]
    return Desk(
        leases=open_leases(actor, now=now),
        in_hand_at_most=limits.in_hand,
        assigned=assigned_to(actor, now),
        left=left_behind(actor),
        queues=sorted(queues, key=lambda pair: not pair[1]),
        shares=[one for one in shares(limits.budget, limits.spent) if one.budget_s is not None or one.spent_s],
        lifted=limits.lifted,
        rest=rest_of(actor, now),
        urgent=urgent_for(actor, now=now),
    )
