"""When items come: more by day than by night, fewer on Sundays, growing, with one wave and a busy end."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from piepowder.simulate.chance import Chance

_WAVE_SHARE = 0.035
_WAVE_FROM, _WAVE_HOURS = 0.754, 34
"""The wave comes after that share of the time (of three weeks: in the third), over a night and the day after."""


def arrival_times(items: int, *, chance: Chance, since: datetime, until: datetime) -> list[tuple[datetime, bool]]:
    """The times of ``items`` arrivals in order, each with whether it belongs to the wave."""
    wave = round(items * _WAVE_SHARE)
    length = (until - since).total_seconds()
    last = int(length // 3600)
    weights = np.array([_weight(since + timedelta(hours=hour), hour, last) for hour in range(last)])
    hours = chance.numbers.choice(last, size=items - wave, p=weights / weights.sum())
    offsets = (hours + chance.numbers.random(items - wave)) * 3600
    strokes = (_WAVE_FROM * last + chance.numbers.beta(1.3, 2.2, size=wave) * _WAVE_HOURS) * 3600
    both = [(float(offset), False) for offset in offsets] + [(float(offset), True) for offset in strokes]
    found = [
        (since + timedelta(milliseconds=int(offset * 1000)), is_wave) for offset, is_wave in both if offset < length
    ]
    return sorted(found)


def _weight(at: datetime, hour: int, last: int) -> float:
    by_day = 0.45 + 0.55 * max(0.0, float(np.sin((at.hour - 4) / 24 * 2 * np.pi)))
    sunday = 0.7 if at.weekday() == 6 else 1.0
    growing = 1 + 0.2 * hour / last
    busy_end = 1.5 if hour > last - 48 else 1.0
    return by_day * sunday * growing * busy_end
