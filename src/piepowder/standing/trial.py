"""What a ladder would have done to the past, before it is switched on. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from piepowder.decisions.models import Citation
from piepowder.standing.adopting import violations
from piepowder.standing.ladder import Ladder, Span, Violation, evaluate

SAMPLES: Final = 5
_REPORT_EACH: Final = 500
_SELLER, _DECISION, _AT, _MARKET, _BATCH, _PRIMARY, _CODE, _SEVERITY = range(8)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many sellers would have reached a threshold, how often, and some of them."""

    counter: str
    threshold: str
    sellers: int
    times: int
    awaiting: int
    """How many of them would wait for a person now."""
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """The result for the days from ``since`` to ``until``."""

    since: datetime
    until: datetime
    sellers: int
    violations: int
    counted: int
    """Violations that cost at least a point."""
    reached: tuple[Reach, ...]
    by_week: tuple[tuple[datetime, int], ...]
    """How many thresholds were reached in each week, by its first day."""


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    expected: int


@dataclass(slots=True)
class _Reached:
    sellers: list[str] = field(default_factory=list)
    times: int = 0
    awaiting: int = 0


def try_ladder(ladder: Ladder, since: datetime, until: datetime) -> Iterator[Progress | Trial]:
    """Evaluate every seller's violations of these days and count who would have reached what; the last value is the result.

    Points of before ``since`` are not known to a ladder that begins then; what is reached counts from the first day.
    """
    rows = violations(since, until)
    expected, done, sellers, counted = rows.count(), 0, 0, 0
    found: dict[tuple[str, str], _Reached] = {}
    weeks: dict[datetime, int] = {}
    told = 0
    for ref, events in _by_seller(since, until):
        done += len(events)
        sellers += 1
        standing = evaluate(ladder, events, until, market=events[0].market, live=[Span(since)])
        counted += sum(entry.points > 0 for entry in standing.entries)
        for due in standing.sanctions:
            one = found.setdefault((due.counter, due.threshold.code), _Reached())
            if not one.sellers or one.sellers[-1] != ref:
                one.sellers.append(ref)
            one.times += 1
            one.awaiting += due.awaits_person(until)
            week = since + (due.at - since) // timedelta(days=7) * timedelta(days=7)
            weeks[week] = weeks.get(week, 0) + 1
        if done - told >= _REPORT_EACH:
            told = done
            yield Progress(done, max(expected, done))
    yield Trial(
        since=since,
        until=until,
        sellers=sellers,
        violations=done,
        counted=counted,
        reached=tuple(
            _reach(counter.code, one.code, found) for counter in ladder.counters for one in counter.thresholds
        ),
        by_week=tuple(
            (since + timedelta(weeks=n), weeks.get(since + timedelta(weeks=n), 0))
            for n in range(-(-(until - since) // timedelta(weeks=1)))
        ),
    )


def _reach(counter: str, threshold: str, found: dict[tuple[str, str], _Reached]) -> Reach:
    one = found.get((counter, threshold), _Reached())
    return Reach(counter, threshold, len(one.sellers), one.times, one.awaiting, tuple(one.sellers[:SAMPLES]))


def _by_seller(since: datetime, until: datetime) -> Iterator[tuple[str, list[Violation]]]:
    """Each seller with the violations of these days, one seller in memory at a time."""
    cited = (
        Citation.objects.filter(decision__in=violations(since, until).order_by())
        .order_by("decision__item__seller_ref", "decision", "-primary", "id")
        .values_list(
            "decision__item__seller_ref", "decision", "decision__final_at", "decision__market", "decision__batch",
            "primary", "version__policy__code", "version__severity",
        )
    )  # fmt: skip
    for ref, rows in groupby(cited.iterator(chunk_size=2_000), key=itemgetter(_SELLER)):
        yield ref, [_violation(list(of_one)) for _, of_one in groupby(rows, key=itemgetter(_DECISION))]


def _violation(rows: list[tuple[Any, ...]]) -> Violation:
    first = rows[0]
    return Violation(
        ref=str(first[_DECISION]),
        at=first[_AT],
        reasons=tuple(row[_CODE] for row in rows),
        severity=min(row[_SEVERITY] for row in rows),
        market=first[_MARKET],
        batch=str(first[_BATCH]) if first[_BATCH] else "",
    )
