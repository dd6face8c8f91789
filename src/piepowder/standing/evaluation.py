"""A seller's standing as a function of what happened: the whole of it, worked out anew each time.

Nothing is kept in between, so undoing a decision needs no arithmetic of its own: the standing after it is the evaluation
of everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from piepowder.standing.happenings import Adjustment, Credit, Era, Event, Hold, Span, Violation
from piepowder.standing.outcome import Count, Due, EntryState, Reached, Standing
from piepowder.standing.shape import POINTS, Counter, Ladder, Threshold
from piepowder.standing.valuing import value
from piepowder.standing.walking import Walk, Walked


def evaluate(
    ladder: Ladder,
    events: Sequence[Event],
    now: datetime,
    *,
    market: str = "",
    since: datetime | None = None,
    eras: Sequence[Era] = (),
    live: Sequence[Span] | None = None,
) -> Standing:
    """Where a seller of ``market`` stands at ``now``; events after it and those of other markets are left out.

    ``ladder`` holds from ``since`` on, ``eras`` are the versions before it. Thresholds are acted on while the ladder is
    ``live``; ``None`` is always. The order of ``events`` does not matter.
    """
    versions = _Versions(ladder, since, eras)
    known = [event for event in events if event.at <= now]
    violations = [one for one in known if isinstance(one, Violation) and versions.at(one.at).covers(one.market)]
    walks = [
        (counter, _walk(counter.code, versions, violations, known, now, market, live))
        for counter in ladder.in_market(market).counters
    ]
    entries = tuple(entry for _, walked in walks for entry in walked.entries)
    ends = [entry.until for entry in entries if entry.until and entry.left and entry.until > now]
    changes = [walked.next_change for _, walked in walks if walked.next_change]
    ahead = [event.at for event in events if event.at > now]
    return Standing(
        counts=tuple(_count(counter, walked) for counter, walked in walks),
        entries=entries,
        earnings=tuple(one for _, walked in walks for one in walked.earnings),
        thresholds=tuple(
            Reached(counter.code, threshold, threshold.code in walked.beyond)
            for counter, walked in walks
            for threshold in counter.thresholds
        ),
        sanctions=tuple(sorted((due for _, walked in walks for due in walked.dues), key=_in_order)),
        next_expiry=min(ends, default=None),
        next_change=min([*changes, *ahead], default=None),
    )


def _in_order(due: Due) -> tuple[datetime, str, str]:
    return (due.at, due.counter, due.threshold.code)


class _Versions:
    """Which version of the ladder held when."""

    def __init__(self, ladder: Ladder, since: datetime | None, eras: Sequence[Era]) -> None:
        self.eras = sorted(eras, key=lambda era: era.since)
        self.ladder, self.since = ladder, since if self.eras else None

    def at(self, moment: datetime) -> Ladder:
        """Before the first version there was, the first holds."""
        if self.since is None or moment >= self.since:
            return self.ladder
        begun = [era.ladder for era in self.eras if era.since <= moment]
        return begun[-1] if begun else self.eras[0].ladder

    @property
    def turns(self) -> list[datetime]:
        return [era.since for era in self.eras] + ([self.since] if self.since else [])


def _walk(
    code: str,
    versions: _Versions,
    violations: Sequence[Violation],
    events: Sequence[Event],
    now: datetime,
    market: str,
    live: Sequence[Span] | None,
) -> Walked:
    def applies(violation: Violation) -> tuple[Ladder, Counter] | None:
        ladder = versions.at(violation.at).in_market(violation.market)
        counter = ladder.counter(code)
        return (ladder, counter) if counter else None

    def counter_at(moment: datetime) -> Counter | None:
        return versions.at(moment).in_market(market).counter(code)

    return Walk(
        code,
        counter_at,
        ZoneInfo(versions.ladder.timezone),
        valued=value(violations, applies),
        adjustments=[one for one in events if isinstance(one, Adjustment) and one.counter == code],
        credits=[one for one in events if isinstance(one, Credit) and code == POINTS],
        holds=[one for one in events if isinstance(one, Hold)],
        turns=versions.turns,
        live=live,
        now=now,
    ).run()


def _count(counter: Counter, walked: Walked) -> Count:
    ahead = [one for one in counter.thresholds if counter.burden_of(one.at) > walked.burden]
    nearest: Threshold | None = min(ahead, key=lambda one: (counter.burden_of(one.at), one.code), default=None)
    return Count(
        counter=counter,
        score=counter.score_of(walked.burden),
        burden=walked.burden,
        peak=counter.score_of(walked.peak),
        next_threshold=nearest,
    )


def counting(standing: Standing) -> int:
    """How many entries count now."""
    return sum(entry.state is EntryState.COUNTING and entry.left > 0 for entry in standing.entries)
