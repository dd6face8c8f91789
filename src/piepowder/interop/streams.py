"""Noticing that a stream of statements says something else than before; pure functions on counts.

An integration that turns a flag round, or names the wrong source, goes on for years before anybody sees it in single
statements; in shares it is seen at once. Two shares are compared by the interval of their difference (Newcombe's hybrid of
two score intervals), which holds for small counts and for shares of 0 and 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

MEASURES: Final = ("automated_detection", "automated_decision", "source_type", "category")
FAMILY_RISK: Final = 0.01
"""Chance that a quiet day shows any flag at all; shared out among everything that is compared."""
LEAST_CHANGE: Final = 0.1
"""Smaller changes of a share are not worth a look, however certain."""
LEAST_RECENT: Final = 10
LEAST_BASELINE: Final = 50


@dataclass(frozen=True, slots=True)
class Share:
    """``k`` of ``n``."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How often one value was said lately and before, in one stream."""

    stream: str
    measure: str
    value: str
    recent: Share
    baseline: Share
    low: float
    high: float
    """Interval of the difference, recent minus baseline."""
    flag: str = ""
    """``flip`` when most of a stream became few of it or the other way round, ``shift`` for another clear change."""


def wilson(share: Share, z: float) -> tuple[float, float]:
    """Score interval of a proportion; everything when nothing was counted."""
    if not share.n:
        return (0.0, 1.0)
    p, square = share.k / share.n, z * z / share.n
    middle = p + square / 2
    half = z * sqrt(p * (1 - p) / share.n + square / (4 * share.n))
    return (max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square)))


def difference(recent: Share, baseline: Share, z: float) -> tuple[float, float]:
    """Interval of the difference of two independent proportions."""
    if not recent.n or not baseline.n:
        return (-1.0, 1.0)
    p, q = recent.k / recent.n, baseline.k / baseline.n
    (low_p, high_p), (low_q, high_q) = wilson(recent, z), wilson(baseline, z)
    low = p - q - sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    high = p - q + sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return (max(-1.0, low), min(1.0, high))


Counts = Mapping[tuple[str, str, str], int]
"""How many statements, by stream, measure and value."""


def compare(recent: Counts, baseline: Counts) -> tuple[Comparison, ...]:
    """Every stream, measure and value that was said in either time, flagged ones first.

    The more is compared, the surer a single change must be, so that looking at everything raises no alarm by itself. Each
    measure has an equal part of the risk: the many categories do not make it harder to see that a flag was turned round.
    """
    keys = sorted({*recent, *baseline})
    risks = _risks([key for key in keys if _enough(_of(recent, key), _of(baseline, key))])
    found = []
    for key in keys:
        z = NormalDist().inv_cdf(1 - risks.get(key[1], FAMILY_RISK) / 2)
        found.append(_compared(key, _of(recent, key), _of(baseline, key), z))
    return tuple(sorted(found, key=lambda one: (not one.flag, one.stream, one.measure, -one.recent.k, one.value)))


def _risks(tested: Sequence[tuple[str, str, str]]) -> dict[str, float]:
    """The risk of a single comparison of each measure; of values that add up to all, one follows from the others."""
    measures = {measure for _stream, measure, _value in tested}
    risks = {}
    for measure in measures:
        values = Counter(stream for stream, which, _value in tested if which == measure)
        free = sum(max(1, count - 1) for count in values.values())
        risks[measure] = FAMILY_RISK / len(measures) / free
    return risks


def _of(counts: Counts, key: tuple[str, str, str]) -> Share:
    stream, measure, _value = key
    total = sum(count for (other, which, _), count in counts.items() if (other, which) == (stream, measure))
    return Share(counts.get(key, 0), total)


def _enough(recent: Share, baseline: Share) -> bool:
    return recent.n >= LEAST_RECENT and baseline.n >= LEAST_BASELINE


def _compared(key: tuple[str, str, str], recent: Share, baseline: Share, z: float) -> Comparison:
    stream, measure, value = key
    low, high = difference(recent, baseline, z)
    flag = _flag(recent, baseline, low, high, z) if _enough(recent, baseline) else ""
    return Comparison(stream, measure, value, recent, baseline, low, high, flag)


def _flag(recent: Share, baseline: Share, low: float, high: float, z: float) -> str:
    change = recent.k / recent.n - baseline.k / baseline.n
    if low <= 0 <= high or abs(change) < LEAST_CHANGE:
        return ""
    (low_now, high_now), (low_then, high_then) = wilson(recent, z), wilson(baseline, z)
    turned = (low_now > 0.5 and high_then < 0.5) or (high_now < 0.5 and low_then > 0.5)
    return "flip" if turned else "shift"


def flagged(found: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Those that somebody should look at."""
    return tuple(one for one in found if one.flag)
