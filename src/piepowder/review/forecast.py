"""How much of the open work will be late, if it goes on as in the last hour.

The method, so that everybody can argue with it:

- In each queue the work is done in its order of priority: first what is in hand, then what waits, by rank.
- Its pace is that of the last hour: ``n`` decisions by people in the hour before mean one every ``3600 / n`` seconds, so
  the ``k``-th case in order is decided ``k × 3600 / n`` seconds from now.
- A case that is decided after it is due breaches at the moment it is due. Without a decision in the last hour every case
  breaches when it is due.
- Nothing new arrives, nobody comes or goes, and what is on hold or awaits approval stands aside. Cases that arrive
  meanwhile and go first make it worse, so the counts are the least to be expected.

What is late already is not expected any more and is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case as Choice
from django.db.models import F, IntegerField, Q, Value, When, Window
from django.db.models.functions import RowNumber

from piepowder.access.visibility import require
from piepowder.database.moments import Epoch
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.listing import seen_cases
from piepowder.review.reference import reference
from piepowder.review.states import CaseState

HORIZONS: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))


@dataclass(frozen=True, slots=True)
class Expected:
    """How many open cases will breach within each of ``HORIZONS``, and when the first of them does."""

    per_hour: float
    within: tuple[int, ...] = (0,) * len(HORIZONS)
    first_in_s: float | None = None

    def with_that_of(self, other: Expected) -> Expected:
        """Of two queues together."""
        firsts = [first for first in (self.first_in_s, other.first_in_s) if first is not None]
        within = tuple(mine + theirs for mine, theirs in zip(self.within, other.within, strict=True))
        return Expected(self.per_hour + other.per_hour, within, min(firsts, default=None))


NOTHING_EXPECTED = Expected(0)


def expected_breaches(ahead: Iterable[tuple[int, float]], per_hour: float) -> Expected:
    """Of one queue. ``ahead`` has each case's place in the order of work (from 1) and the seconds until it is due.

    >>> expected_breaches([(1, 600), (2, 600), (3, 7200)], per_hour=4)
    Expected(per_hour=4, within=(1, 1, 1), first_in_s=600)
    """
    within, first = [0] * len(HORIZONS), None
    spans = [horizon.total_seconds() for horizon in HORIZONS]
    for place, due_in_s in ahead:
        # place / pace > due, without dividing by a pace of nothing
        if due_in_s <= 0 or place * 3600 <= per_hour * due_in_s:
            continue
        for index, span in enumerate(spans):
            within[index] += due_in_s <= span
        if due_in_s <= spans[-1] and (first is None or due_in_s < first):
            first = due_in_s
    return Expected(per_hour, tuple(within), first)


def forecast(actor: Actor, now: datetime, paces: Mapping[str, float]) -> dict[str, Expected]:
    """What to expect in each queue with work in the actor's scope, by code; ``paces`` are decisions per hour. One query."""
    require(actor, Permission.BOARD_VIEW)
    in_hand_first = Choice(When(state=CaseState.CLAIMED, then=Value(0)), default=Value(1), output_field=IntegerField())
    place = Window(
        RowNumber(), partition_by=[F("queue_id")], order_by=[in_hand_first.asc(), F("rank").asc(), F("id").asc()]
    )
    cases = seen_cases(actor, Permission.BOARD_VIEW).filter(state__in=[CaseState.OPEN, CaseState.CLAIMED])
    soon = Q(due_at__gt=now, due_at__lte=now + HORIZONS[-1])
    # A place counts also those that are due later: joined by "or" with the place itself, the bound is put outside of
    # the numbering and not inside.
    rows = cases.annotate(place=place, due_s=Epoch("due_at")).filter(Q(place__lt=0) | soon)
    ahead: dict[int, list[tuple[int, float]]] = {}
    at = now.timestamp()
    for queue_id, number, due_s in rows.values_list("queue_id", "place", "due_s"):
        ahead.setdefault(queue_id, []).append((number, due_s - at))
    known = reference()
    return {
        queue.code: expected_breaches(ahead.get(queue.id, ()), paces.get(queue.code, 0.0))
        for queue in known.queues.values()
        if queue.id in ahead or queue.code in paces
    }
