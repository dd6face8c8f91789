"""How much of the grave one person sees in a day, and when it is enough: rules on plain values.

What is counted is time with a case before one's eyes, by severity. It says how much somebody was exposed to, never how
they bear it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from piepowder.review.states import ExposureState

SEVERITIES = (0, 1, 2, 3)
GRAVE = (0, 1)
"""The severities of which one after the other asks for a break."""
NEAR = 0.8
"""The share of a budget from which on it counts as nearly spent."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds a day for each severity; ``None`` sets no limit."""

    seconds: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)

    @classmethod
    def of_minutes(cls, everybody: Mapping[str, float | None], own: Mapping[str, float | None]) -> Budget:
        """The organisation's minutes by severity ("0" to "3"), overridden where the person has minutes of their own."""
        minutes = [own.get(str(one), everybody.get(str(one))) for one in SEVERITIES]
        first, second, third, fourth = [None if one is None else one * 60 for one in minutes]
        return cls((first, second, third, fourth))


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that somebody had cases of each severity before them on one of their days."""

    seconds: tuple[float, float, float, float] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Share:
    """How one severity stands. ``share`` is of the budget; ``None`` where there is none."""

    severity: int
    spent_s: float
    budget_s: float | None
    share: float | None
    state: ExposureState


def shares(budget: Budget, spent: Spent) -> tuple[Share, ...]:
    """How each severity stands, the gravest first. A budget of nothing is over from the start."""
    return tuple(_share(one, spent.seconds[one], budget.seconds[one]) for one in SEVERITIES)


def _share(severity: int, spent_s: float, budget_s: float | None) -> Share:
    if budget_s is None:
        return Share(severity, spent_s, None, None, ExposureState.FINE)
    share = spent_s / budget_s if budget_s else 1.0
    return Share(severity, spent_s, budget_s, share, _state(share))


def _state(share: float) -> ExposureState:
    if share >= 1:
        return ExposureState.OVER
    return ExposureState.NEAR if share >= NEAR else ExposureState.FINE


def allowed(budget: Budget, spent: Spent) -> tuple[int, ...]:
    """The severities that may still be given to somebody today."""
    return tuple(one.severity for one in shares(budget, spent) if one.state is not ExposureState.OVER)


def runs(severities: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Severities as ranges without gaps, which an index can look through: (0, 2, 3) is 0…0 and 2…3."""
    found: list[tuple[int, int]] = []
    for one in sorted(set(severities)):
        if found and found[-1][1] == one - 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return tuple(found)


def seconds_at(*, taken_at: datetime, shown_at: datetime | None, shown_s: float, until: datetime, acted: bool) -> float:
    """How long a case was before somebody's eyes when it leaves their hands at ``until``.

    ``shown_s`` is what was counted before it was last put aside, ``shown_at`` since when it is before them again. A case
    that was never shown counts from when it was taken if they acted on it, and not at all if it only ran out.
    """
    if shown_at is not None:
        return shown_s + max(0.0, (until - shown_at).total_seconds())
    if shown_s or not acted:
        return shown_s
    return max(0.0, (until - taken_at).total_seconds())


def stretch_s(spans: Iterable[tuple[datetime, datetime]], *, now: datetime, rest: timedelta) -> float:
    """Seconds of grave work without a rest until ``now``: the spans of work, latest first, back to a gap of ``rest``."""
    total, later = 0.0, now
    for start, end in sorted(spans, key=lambda span: span[1], reverse=True):
        if later - end >= rest:
            break
        end = min(end, later)
        total += max(0.0, (end - start).total_seconds())
        later = min(start, end)
    return total


def local_day(at: datetime, timezone: str) -> date:
    """Which day it is for somebody who lives by that time zone."""
    return at.astimezone(ZoneInfo(timezone)).date()


def midnight(at: datetime, timezone: str) -> datetime:
    """When that day began."""
    return at.astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
