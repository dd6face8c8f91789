"""Who is at work when: shifts in the local time of each site, around the clock, seven days a week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from piepowder.simulate.chance import Chance
from piepowder.simulate.plan import SITES, PersonPlan

_STARTS = (time(6), time(14), time(22), time(9))
_LENGTH = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift, with what happens in it besides work, as (from, until, state)."""

    starts_at: datetime
    ends_at: datetime
    pauses: tuple[tuple[datetime, datetime, str], ...]


def shifts_of(person: PersonPlan, number: int, *, chance: Chance, start: datetime, end: datetime) -> list[Shift]:
    """The shifts of the ``number``-th person that touch [start, end)."""
    site = next(one for one in SITES if one.code == person.site)
    zone = ZoneInfo(site.timezone)
    # A quarter of the people at each site work early, late, at night and in the middle of the day.
    begins = _STARTS[number % len(_STARTS)]
    free = (number % 7, (number + 1 + number % 3) % 7)
    found = []
    for day in _days(start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()):
        late = timedelta(seconds=chance.whole(-240, 420))
        if day.weekday() in free:
            continue
        starts_at = datetime.combine(day, begins, zone).astimezone(UTC) + late
        ends_at = starts_at + _LENGTH + timedelta(seconds=chance.whole(-300, 600))
        shift = Shift(starts_at, ends_at, _pauses(starts_at, chance))
        if starts_at < end and ends_at > start:
            found.append(shift)
    return found


def _pauses(starts_at: datetime, chance: Chance) -> tuple[tuple[datetime, datetime, str], ...]:
    meal = starts_at + timedelta(minutes=chance.whole(210, 260))
    pauses = [(meal, meal + timedelta(minutes=chance.whole(25, 40)), "break")]
    if chance.happens(0.35):
        other = starts_at + timedelta(minutes=chance.whole(60, 150))
        state = chance.weighted(("meeting", "training", "technical", "break"), (4, 2, 1, 3))
        pauses.append((other, other + timedelta(minutes=chance.whole(10, 45)), state))
    return tuple(sorted(pauses))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
