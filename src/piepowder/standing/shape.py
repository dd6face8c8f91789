"""What a points ladder is, as plain values: counters, the rules that give points, thresholds and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

POINTS: Final = "points"
"""Code of a ladder's own counter; each strike counter has a code of its own."""
EVERYTHING: Final = "*"
"""As a reason: every policy that no other rule names."""


class Direction(StrEnum):
    ADDING = "adding"
    FALLING = "falling"


class Reset(StrEnum):
    """When points that end with a period end: at the start of the next one, or on a quarter's last Monday."""

    MONTH = "month"
    QUARTER = "quarter"
    LAST_MONDAY_OF_QUARTER = "last_monday_of_quarter"
    YEAR = "year"


class Checked(StrEnum):
    """When thresholds are looked at: whenever the score moves, or on Mondays for the week before."""

    ALWAYS = "always"
    WEEKLY = "weekly"


class Earned(StrEnum):
    """What earns points back."""

    TRAINING = "training"
    ORDERS = "orders"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long points count: so many days each, until a period ends, or (neither) for ever."""

    days: int | None = None
    reset: Reset | None = None


@dataclass(frozen=True, slots=True)
class Repeats:
    """The n-th violation within ``days`` weighs the n-th of ``factors``; further ones weigh the last."""

    days: int
    factors: tuple[Fraction, ...]
    any_rule: bool = False
    """Violations of other rules count as earlier ones too."""

    def factor(self, earlier: int) -> Fraction:
        return self.factors[min(earlier, len(self.factors) - 1)]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a violation of some policies costs: the same for each, so much by severity, or within a range.

    ``reasons`` are policy codes or the beginnings of some. Within a range the graver costs more, unless a person chose.
    """

    code: str
    title: Mapping[str, str]
    reasons: tuple[str, ...]
    points: int | None = None
    by_severity: Mapping[int, int] = field(default_factory=dict)
    span: tuple[int, int] | None = None
    expires: Expiry | None = None
    per_day: int | None = None

    def value(self, severity: int, chosen: int | None) -> Fraction:
        """Points before severity factors and repetition; ``chosen`` counts within a range only."""
        if self.span is not None:
            low, high = self.span
            if chosen is not None:
                return Fraction(min(max(chosen, low), high))
            return Fraction(low) + Fraction(high - low) * (3 - severity) / 3
        if self.points is not None:
            return Fraction(self.points)
        return Fraction(self.by_severity.get(severity, 0))

    def fit(self, code: str) -> int:
        """How closely this rule names the policy ``code``: more is closer, -1 is not at all."""
        fits = [len(reason) for reason in self.reasons if reason != EVERYTHING and names(reason, code)]
        return max(fits, default=0 if EVERYTHING in self.reasons else -1)


def names(reason: str, code: str) -> bool:
    """Whether ``reason`` is the policy ``code`` or a family it belongs to."""
    return code == reason or code.startswith((f"{reason}.", f"{reason}-"))


@dataclass(frozen=True, slots=True)
class CreditRule:
    """What is earned back by a training, by each ``per`` orders, or by ``per`` days without a violation."""

    kind: Earned
    points: int
    per: int = 1
    cap: int | None = None
    """At most so many points in ``cap_days``, or ever."""
    cap_days: int | None = None
    days: int | None = None
    """How long a part that goes beyond what was lost stays."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One restriction of a bundle. No ``days``: until the score has recovered. ``permanent``: for good, by a person."""

    family: str
    measure: str
    days: int | None = None
    permanent: bool = False
    description: str = ""

    @property
    def key(self) -> str:
        return f"{self.family}:{self.measure}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What follows when the score reaches ``at``: a warning, measures, or both.

    ``warn_days`` is how long before the measures a seller is warned who was not warned yet. The threshold counts as left
    only when the score has come back by more than ``hysteresis``.
    """

    code: str
    title: Mapping[str, str]
    at: int
    warning: bool = False
    measures: tuple[Measure, ...] = ()
    hysteresis: int = 0
    warn_days: int = 0

    @property
    def automatic(self) -> tuple[Measure, ...]:
        return tuple(one for one in self.measures if not one.permanent)

    @property
    def by_person(self) -> tuple[Measure, ...]:
        return tuple(one for one in self.measures if one.permanent)

    @property
    def days(self) -> int | None:
        """How long the longest of the automatic measures holds; ``None`` while one holds until the score recovers."""
        found = [one.days for one in self.automatic]
        return None if None in found else max((days for days in found if days), default=None)

    @property
    def until_recovered(self) -> bool:
        return any(one.days is None for one in self.automatic)


@dataclass(frozen=True, slots=True)
class Counter:
    """One count of a ladder: its points, or strikes that are counted apart from them."""

    code: str
    title: Mapping[str, str]
    direction: Direction = Direction.ADDING
    start: int = 0
    least: int = 0
    most: int | None = None
    pending_days: int = 0
    """So long points wait for a correction or an appeal before they count."""
    expires: Expiry = Expiry()
    severity: Mapping[int, Fraction] = field(default_factory=dict)
    repeats: Repeats | None = None
    once_hours: int = 0
    """Violations of one rule within so many hours of the first count once, as the gravest of them."""
    batch_as_one: bool = False
    per_day: int | None = None
    """At most so many points of one rule on one day."""
    checked: Checked = Checked.ALWAYS
    rules: tuple[Rule, ...] = ()
    credits: tuple[CreditRule, ...] = ()
    thresholds: tuple[Threshold, ...] = ()

    def burden_of(self, at: int) -> int:
        """How many points lead from the start to the score ``at``."""
        return at - self.start if self.direction is Direction.ADDING else self.start - at

    def score_of(self, burden: int) -> int:
        score = self.start + burden if self.direction is Direction.ADDING else self.start - burden
        return max(self.least, score if self.most is None else min(score, self.most))

    @property
    def room_above(self) -> int:
        """How many points more than at the start somebody can have, where points fall."""
        return max(0, self.most - self.start) if self.direction is Direction.FALLING and self.most is not None else 0

    def credit_rule(self, kind: Earned) -> CreditRule | None:
        return next((rule for rule in self.credits if rule.kind is kind), None)


@dataclass(frozen=True, slots=True)
class Ladder:
    """A whole ladder; ``variants`` are the same for markets with rules of their own."""

    code: str
    title: Mapping[str, str]
    counters: tuple[Counter, ...]
    note: Mapping[str, str] = field(default_factory=dict)
    markets: tuple[str, ...] = ()
    """Whose violations it counts; empty means all."""
    timezone: str = "UTC"
    policy: str = "S-1"
    """The policy that its sanctions cite."""
    variants: Mapping[str, Ladder] = field(default_factory=dict)
    number: int = 0
    """Of the version."""

    def in_market(self, market: str) -> Ladder:
        return self.variants.get(market, self)

    def covers(self, market: str) -> bool:
        return not self.markets or market in self.markets

    def counter(self, code: str) -> Counter | None:
        return next((one for one in self.counters if one.code == code), None)

    def rule_for(self, counter: Counter, codes: tuple[str, ...]) -> Rule | None:
        """The rule that names one of ``codes`` most closely; of two alike, the first of the ladder."""
        best = max(counter.rules, key=lambda rule: max(map(rule.fit, codes), default=-1), default=None)
        return best if best is not None and max(map(best.fit, codes), default=-1) >= 0 else None
