"""A score explained: each entry, why it costs what it costs, when it ends, and what time alone will change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from piepowder.standing.catalogue import Known
from piepowder.standing.gathering import Happened, stand
from piepowder.standing.ladder import Standing
from piepowder.standing.wording import said, why

MOST_STEPS: Final = 6


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry as it is shown. An adjustment has no decision."""

    ref: str
    counter: str
    points: int
    left: int
    state: str
    since: datetime
    until: datetime | None
    why: tuple[str, ...]
    rule: str
    severity: int | None
    decision_id: UUID | None
    decided_at: datetime | None
    policy: str
    item_id: UUID | None
    item_kind: str
    item_external_id: str
    item_title: str
    span: tuple[int, int] | None
    """The range that the rule leaves to a person, if it does."""
    reason: str
    """Of an adjustment; a person's words, for our eyes."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The score from a time on, if nothing new happens."""

    at: datetime
    counter: str
    score: int


def entry_lines(standing: Standing, happened: Happened, language: str) -> tuple[EntryLine, ...]:
    """The entries that cost something, newest first."""
    entries = {str(one.pk): one for one in happened.entries}
    adjusted = {str(one.pk): one for one in happened.adjustments}
    lines = []
    for one in standing.entries:
        entry, adjustment = entries.get(one.ref), adjusted.get(one.ref)
        if one.points == 0 and one.valued is not None and not one.valued.counts_with and not one.valued.capped:
            continue
        decision, item = (entry.decision, entry.decision.item) if entry else (None, None)
        lines.append(
            EntryLine(
                ref=one.ref,
                counter=one.counter,
                points=one.points,
                left=one.left,
                state=one.state.value,
                since=one.since,
                until=one.until,
                why=tuple(why(one, language)),
                rule=said(one.valued.rule.title, language) or one.valued.rule.code if one.valued else "",
                severity=entry.severity if entry else None,
                decision_id=decision.pk if decision else None,
                decided_at=decision.decided_at if decision else None,
                policy=entry.reasons[0] if entry else "",
                item_id=item.pk if item else None,
                item_kind=item.kind if item else "",
                item_external_id=item.external_id if item else "",
                item_title=item.title if item else "",
                span=one.valued.rule.span if one.valued else None,
                reason=adjustment.reason if adjustment else "",
            )
        )
    return tuple(sorted(lines, key=lambda line: (line.since, line.ref), reverse=True))


def forecast(known: Known, happened: Happened, standing: Standing, at: datetime) -> tuple[Forecast, ...]:
    """The next steps of the scores, at most six."""
    steps: list[Forecast] = []
    scores = {one.counter.code: one.score for one in standing.counts}
    now, looks = standing, 0
    while now.next_change is not None and len(steps) < MOST_STEPS and looks < 3 * MOST_STEPS:
        at, looks = now.next_change, looks + 1
        later = stand(known, happened, at)
        if later is None:
            break
        for one in later.counts:
            if scores.get(one.counter.code) != one.score:
                scores[one.counter.code] = one.score
                steps.append(Forecast(at, one.counter.code, one.score))
        now = later
    return tuple(steps[:MOST_STEPS])
