"""Streams of statements as a picture: for each line the share before as a band, the share lately as a point with its band."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from piepowder.interop.streams import Comparison, Share, wilson

WIDTH, LEFT, RIGHT, ROW = 720, 300, 40, 30
_Z = 1.96
_MOST = 14
_SHOWN_WHEN_QUIET = ("automated_detection", "automated_decision")


@dataclass(frozen=True, slots=True)
class Mark:
    """A share on the axis: its point and its 95 % interval, in units of the picture."""

    x: float
    low: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    stream: str
    said: str
    flag: str
    y: int
    recent: Mark | None
    baseline: Mark | None


@dataclass(frozen=True, slots=True)
class Chart:
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    height: int
    width: int = WIDTH


def chart(found: Iterable[Comparison]) -> Chart:
    """The changed lines; where nothing changed, those about automation that are said in most statements."""
    found = list(found)
    chosen = [one for one in found if one.flag] or [
        one for one in found if one.measure in _SHOWN_WHEN_QUIET and _mostly(one)
    ]
    lines = tuple(
        Line(one.stream, one.value, one.flag, 30 + number * ROW, _mark(one.recent), _mark(one.baseline))
        for number, one in enumerate(chosen[:_MOST])
    )
    ticks = tuple((_x(share / 100), f"{share} %") for share in (0, 25, 50, 75, 100))
    return Chart(lines, ticks, 40 + ROW * len(lines))


def _mostly(one: Comparison) -> bool:
    share = one.recent.value if one.recent.n else one.baseline.value
    return share is not None and share >= 0.5


def _mark(share: Share) -> Mark | None:
    if share.value is None:
        return None
    low, high = wilson(share, _Z)
    return Mark(_x(share.value), _x(low), round(max(2.0, _x(high) - _x(low)), 1))


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)
