"""How many past cases would have met other targets, and how the targets came to be what they are; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from piepowder.ledger.models import Fact
from piepowder.review.case_clocks import Terms
from piepowder.review.dry_run import MOST, QueueTally, promise_of
from piepowder.review.past_work import past_steps
from piepowder.review.promises import WantedTarget
from piepowder.review.reference import Reference
from piepowder.review.replay import Kept, kept, promised_anew
from piepowder.review.states import CaseEventKind

Cell = tuple[str, int]
"""Queue and severity."""


@dataclass(slots=True)
class CellTrial:
    """The cases that were opened in one cell of the matrix, under today's targets and under those to be tried."""

    before: QueueTally = field(default_factory=QueueTally)
    after: QueueTally = field(default_factory=QueueTally)


def trial_of_targets(
    known: Reference,
    wanted: Mapping[Cell, WantedTarget | None],
    since: datetime,
    until: datetime,
    *,
    now: datetime,
    limit: int = MOST,
) -> dict[Cell, CellTrial]:
    """The cases opened in ``[since, until)`` by the cell they were opened in; cells that ``wanted`` leaves out stay."""

    def promise(queue: str, severity: int) -> Terms | None:
        target = wanted.get((queue, severity), _UNCHANGED)
        if target is _UNCHANGED:
            return promise_of(known, queue, severity)
        entry = known.by_code.get(queue)
        if not isinstance(target, WantedTarget) or entry is None:
            return None
        return Terms(target.target_s, target.calendar, round(target.at_risk_share * 100), entry.reopening)

    found: dict[Cell, CellTrial] = {}
    for chunk in past_steps(since, until, limit=limit):
        for _case_id, steps in chunk:
            if not steps or steps[0].kind != CaseEventKind.OPENED:
                continue
            cell = steps[0].body["queue"], steps[0].body["severity"]
            trial = found.setdefault(cell, CellTrial())
            today = promised_anew(steps, lambda queue, severity: promise_of(known, queue, severity))
            _count(trial.before, kept(today, calendars=known.calendars, now=now))
            _count(trial.after, kept(promised_anew(steps, promise), calendars=known.calendars, now=now))
    return found


_UNCHANGED = object()


def _count(tally: QueueTally, how: Kept) -> None:
    tally.cases += 1
    tally.in_time += how is Kept.IN_TIME
    tally.late += how is Kept.LATE
    tally.open += how is Kept.OPEN


@dataclass(frozen=True, slots=True)
class TargetChange:
    """One change of a promise as the ledger holds it; ``target_s`` is ``None`` when it was taken away."""

    at: datetime
    actor_kind: str
    actor_ref: str
    queue: str
    severity: int
    target_s: int | None
    calendar: str
    at_risk_share: float | None


def target_history(*, limit: int = 100) -> list[TargetChange]:
    """What was promised when and by whom, the newest first. One query."""
    facts = Fact.objects.filter(verb__in=("target.set", "target.clear")).order_by("-id")[:limit]
    return [_change(fact, fact.body) for fact in facts]


def _change(fact: Fact, body: Mapping[str, Any]) -> TargetChange:
    return TargetChange(
        at=fact.at,
        actor_kind=fact.actor_kind,
        actor_ref=fact.actor_ref,
        queue=fact.subject_id,
        severity=body["severity"],
        target_s=body.get("target_s"),
        calendar=body.get("calendar", ""),
        at_risk_share=body.get("at_risk_share"),
    )
