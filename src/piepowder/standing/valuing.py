"""How many points each violation costs. Pure: the order in which violations are given does not matter.

What is worked out for one violation depends on itself and on what came before it, never on what came later: a past score
does not change because of something new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from piepowder.standing.happenings import Violation
from piepowder.standing.periods import day_in, expires_at
from piepowder.standing.shape import Counter, Ladder, Rule


@dataclass(frozen=True, slots=True)
class Valued:
    """One violation on one counter, and how its points came about."""

    violation: Violation
    rule: Rule
    points: int
    """What it adds in the end."""
    alone: int
    """What it would cost by itself, with severity and repetition."""
    base: Fraction
    severity_factor: Fraction
    repeat_factor: Fraction
    earlier: int
    """How many violations before it weighed on it."""
    counts_with: str = ""
    """Ref of an earlier violation that it counts as one with."""
    same_batch: bool = False
    capped: bool = False
    since: datetime = field(kw_only=True)
    until: datetime | None = field(kw_only=True)


@dataclass(slots=True)
class _Lead:
    """A violation that counts for itself, and the most that any of its group costs."""

    valued: Valued
    most: int


Applies = Callable[[Violation], tuple[Ladder, Counter] | None]


def value(violations: Iterable[Violation], applies: Applies) -> list[Valued]:
    """The violations that a counter counts, earliest first. ``applies`` says which ladder and counter held for each."""
    leads: list[_Lead] = []
    spent: dict[tuple[date, str], int] = {}
    found = []
    for violation in sorted(violations, key=lambda one: (one.at, one.ref)):
        known = applies(violation)
        rule = known[0].rule_for(known[1], violation.reasons) if known else None
        if known is None or rule is None:
            continue
        valued = _value(violation, known[1], rule, leads, spent, ZoneInfo(known[0].timezone))
        found.append(valued)
    return found


def _value(
    violation: Violation,
    counter: Counter,
    rule: Rule,
    leads: list[_Lead],
    spent: dict[tuple[date, str], int],
    zone: ZoneInfo,
) -> Valued:
    lead = _lead_of(violation, counter, rule, leads)
    earlier = lead.valued.earlier if lead else _earlier(violation, counter, rule, leads)
    repeat = counter.repeats.factor(earlier) if counter.repeats else Fraction(1)
    base = rule.value(violation.severity, violation.chosen)
    grave = counter.severity.get(violation.severity, Fraction(1))
    alone = _rounded(base * grave * repeat)
    points = max(0, alone - lead.most) if lead else alone
    cap = rule.per_day if rule.per_day is not None else counter.per_day
    capped = False
    if cap is not None:
        day = (day_in(violation.at, zone), rule.code)
        allowed = max(0, cap - spent.get(day, 0))
        capped, points = points > allowed, min(points, allowed)
        spent[day] = spent.get(day, 0) + points
    valued = Valued(
        violation,
        rule,
        points,
        alone,
        base,
        grave,
        repeat,
        earlier,
        lead.valued.violation.ref if lead else "",
        bool(lead and violation.batch and lead.valued.violation.batch == violation.batch),
        capped,
        since=violation.at + timedelta(days=counter.pending_days),
        until=expires_at(rule.expires or counter.expires, violation.at, zone),
    )
    if lead:
        lead.most = max(lead.most, alone)
    else:
        leads.append(_Lead(valued, alone))
    return valued


def _lead_of(violation: Violation, counter: Counter, rule: Rule, leads: list[_Lead]) -> _Lead | None:
    """The earlier violation that this one counts as one with: the same batch, or the same rule shortly before."""
    for lead in reversed(leads):
        first = lead.valued.violation
        if counter.batch_as_one and violation.batch and first.batch == violation.batch:
            return lead
        soon = violation.at - first.at <= timedelta(hours=counter.once_hours)
        if counter.once_hours and lead.valued.rule.code == rule.code and soon:
            return lead
    return None


def _earlier(violation: Violation, counter: Counter, rule: Rule, leads: list[_Lead]) -> int:
    if counter.repeats is None:
        return 0
    since = violation.at - timedelta(days=counter.repeats.days)
    return sum(
        1
        for lead in leads
        if lead.valued.violation.at >= since and (counter.repeats.any_rule or lead.valued.rule.code == rule.code)
    )


def _rounded(points: Fraction) -> int:
    """To the nearest whole point, halves up."""
    return int((points * 2 + 1) // 2)
