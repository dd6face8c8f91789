"""Working calendars: when a site is open, in its own local time, and which version of that was in force when.

The rule (``meta.semantics`` of the reference cases): a UTC second counts if and only if its local wall time lies in
an open window ``[open, close)`` of its local date. Windows belong to a date, so work past midnight is two windows.
For one date, an override beats a holiday and a holiday beats the week.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_S = 86_400

Window = tuple[int, int]
"""Opening and closing in seconds after local midnight, the closing excluded; a day ends at 86400."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


class CalendarError(ValueError):
    """A calendar that cannot be built or used, with the reason."""

    code = "invalid_calendar"


def second_of_day(text: str) -> int:
    """``"09:30"`` or ``"09:30:15"`` as seconds after midnight; ``"24:00"`` is the end of the day."""
    if text in ("24:00", "24:00:00"):
        return DAY_S
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise CalendarError(f"{text!r} is not a time of day such as 09:30 or 24:00")
    hour, minute, second = found.groups()
    return int(hour) * 3600 + int(minute) * 60 + int(second or 0)


def windows_of(pairs: Iterable[Sequence[str]]) -> tuple[Window, ...]:
    """Windows of one date, sorted and merged. One that would cross midnight is refused: it is two windows."""
    spans: list[Window] = []
    for pair in pairs:
        if isinstance(pair, str) or len(pair) != 2:
            raise CalendarError(f"a window is an opening and a closing, not {pair!r}")
        opening, closing = second_of_day(pair[0]), second_of_day(pair[1])
        if opening >= closing:
            raise CalendarError(f"window {pair[0]}-{pair[1]} closes before it opens; work past midnight is two windows")
        spans.append((opening, closing))
    return merged(spans)


def merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The union of half-open spans: sorted, disjoint, adjacent ones joined, empty ones gone."""
    union: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return tuple(union)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The time zone called ``name``; an unknown one is a :class:`CalendarError`."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarError(f"{name!r} is not a known time zone") from error


@dataclass(frozen=True, slots=True)
class Calendar:
    """One version of a site's opening hours. Build it with :meth:`of`; equal calendars share their timeline."""

    tz: str
    weekly: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()
    overrides: tuple[tuple[date, tuple[Window, ...]], ...] = ()
    _by_date: dict[date, tuple[Window, ...]] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zone(self.tz)
        if len(self.weekly) != len(WEEKDAYS):
            raise CalendarError(f"a week has seven days, not {len(self.weekly)}")
        by_date: dict[date, tuple[Window, ...]] = dict.fromkeys(self.holidays, ())
        by_date.update(self.overrides)
        object.__setattr__(self, "_by_date", by_date)
        object.__setattr__(self, "_hash", hash((self.tz, self.weekly, self.holidays, self.overrides)))

    def __hash__(self) -> int:
        # Kept, because intake looks the timeline up by its calendar for every single item.
        return self._hash

    @classmethod
    def of(
        cls,
        *,
        tz: str,
        weekly: Mapping[str, Iterable[Sequence[str]]],
        holidays: Collection[date] = (),
        overrides: Mapping[date, Iterable[Sequence[str]]] | None = None,
    ) -> Calendar:
        """A calendar from ``{"mon": [("09:00", "12:00"), ("13:00", "24:00")]}``; a day left out is closed.

        ``overrides`` maps a date to its own windows, none of them meaning closed.
        """
        unknown = sorted(set(weekly) - set(WEEKDAYS))
        if unknown:
            raise CalendarError(f"{unknown[0]!r} is not one of {', '.join(WEEKDAYS)}")
        return cls(
            tz=tz,
            weekly=tuple(windows_of(weekly.get(day, ())) for day in WEEKDAYS),
            holidays=frozenset(holidays),
            overrides=tuple(sorted((day, windows_of(pairs)) for day, pairs in (overrides or {}).items())),
        )

    @classmethod
    def always_open(cls, tz: str = "UTC") -> Calendar:
        """Round the clock on every day: calendar time."""
        return cls(tz=tz, weekly=(((0, DAY_S),),) * len(WEEKDAYS))

    @property
    def is_always_open(self) -> bool:
        """Whether every second counts, so that business time is calendar time."""
        whole = ((0, DAY_S),)
        return all(day == whole for day in self.weekly) and all(day == whole for day in self._by_date.values())

    @property
    def last_exception_on(self) -> date | None:
        """The last date that is not simply its weekday."""
        return max(self._by_date, default=None)

    @property
    def opens_weekly(self) -> bool:
        """Whether an ordinary week has any open second."""
        return any(self.weekly)

    def windows(self, day: date) -> tuple[Window, ...]:
        """The open windows of one local date."""
        special = self._by_date.get(day)
        return self.weekly[day.weekday()] if special is None else special


@dataclass(frozen=True, slots=True)
class CalendarHistory:
    """Calendar versions, each in force from its instant until the next one's.

    The earliest version also governs everything before it: a case never falls outside its calendar.
    """

    versions: tuple[tuple[datetime | None, Calendar], ...]

    def __post_init__(self) -> None:
        if not self.versions:
            raise CalendarError("a calendar history needs at least one version")
        starts = [start for start, _ in self.versions]
        if any(start is not None and start.utcoffset() is None for start in starts):
            raise CalendarError("effective_from needs a UTC offset")
        if len(set(starts)) != len(starts):
            raise CalendarError("two calendar versions take effect at the same instant")
        ordered = sorted(self.versions, key=lambda version: version[0] or datetime.min.replace(tzinfo=UTC))
        object.__setattr__(self, "versions", tuple(ordered))

    @property
    def latest(self) -> Calendar:
        """The newest version: alone, it is what a retroactive calendar change applies to the whole life of a case."""
        return self.versions[-1][1]


def public_holidays(
    country: str,
    region: str | None,
    years: Iterable[int],
    *,
    added: Collection[date] = (),
    dropped: Collection[date] = (),
) -> frozenset[date]:
    """Public holidays of a country, and of its region if given, with a site's own days added and dropped.

    ``country`` is ISO 3166-1 alpha-2 and ``region`` a subdivision as the ``holidays`` library knows it. A dropped day
    is a working day even if it is also added.
    """
    return (_published(country, region, tuple(sorted(set(years)))) | frozenset(added)) - frozenset(dropped)


@lru_cache(maxsize=256)
def _published(country: str, region: str | None, years: tuple[int, ...]) -> frozenset[date]:
    # Imported here because it takes longer than everything else in this package together.
    import holidays

    try:
        return frozenset(holidays.country_holidays(country, subdiv=region, years=years)) if years else frozenset()
    except NotImplementedError as error:
        raise CalendarError(f"no public holidays are known for {country}{f'-{region}' if region else ''}") from error
