"""Counted time along one calendar history, as a table of open intervals in UTC with running sums.

Instants and durations here are whole microseconds (instants since 1970 UTC), so nothing is ever rounded. The table
grows on demand in pages of four weeks and is replaced, never changed, so that threads can share it without a lock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from piepowder.kernel.clocks.calendars import DAY_S, Calendar, CalendarError, CalendarHistory, merged, zone

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_PAGE_S = 28 * DAY_S
_PAGE = _PAGE_S * SECOND
# Fixed bounds, so that an absurd date fails alike for everybody and cannot make the shared table huge.
_END_PAGE = 3000  # the year 2199


class NeverDue(CalendarError):
    """The calendar does not open enough to use up the target, or a clock leaves the years 1970 to 2199."""

    code = "never_due"


def micros(at: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC."""
    if at.tzinfo is None:
        raise CalendarError(f"{at!r} has no time zone")
    since = at - _EPOCH
    return (since.days * DAY_S + since.seconds) * SECOND + since.microseconds


def instant(at: int) -> datetime:
    """Microseconds since 1970 as a UTC datetime."""
    return _EPOCH + timedelta(microseconds=at)


@dataclass(frozen=True, slots=True)
class _Table:
    """Open intervals between two page borders; ``before[i]`` is the time counted from the origin to ``starts[i]``."""

    first_page: int
    end_page: int
    starts: list[int]
    ends: list[int]
    before: list[int]
    counted_to_first: int
    counted_to_end: int


class Timeline:
    """Counts open time along a calendar history. Get one from :func:`timeline_of`, which keeps them."""

    def __init__(self, history: CalendarHistory) -> None:
        """Prepare an empty table; open intervals are worked out when they are first needed."""
        starts = [0 if start is None else micros(start) // SECOND for start, _ in history.versions]
        calendars = [calendar for _, calendar in history.versions]
        starts[0] = 0
        self._versions = list(zip(starts, [*starts[1:], _END_PAGE * _PAGE_S], calendars, strict=True))
        self.always_open = all(calendar.is_always_open for calendar in calendars)
        self._closed_from_s = _closed_for_good_from(calendars[-1], starts[-1])
        self._table: _Table | None = None

    def cum(self, at: int) -> int:
        """Time counted from a fixed origin of this timeline to ``at``; only differences mean anything."""
        if self.always_open:
            return at
        page = at // _PAGE
        table = self._table
        if table is None or not table.first_page <= page < table.end_page:
            table = self._covering(page)
        index = bisect_right(table.starts, at) - 1
        if index < 0:
            return table.counted_to_first
        return table.before[index] + min(at, table.ends[index]) - table.starts[index]

    def invert(self, counted: int) -> int:
        """The first instant at which :meth:`cum` reaches ``counted``: a closing time rather than the next opening."""
        if self.always_open:
            if counted >= _END_PAGE * _PAGE:
                raise NeverDue("the due time lies after the year 2199")
            return counted
        table = self._table or self._covering(0)
        while counted > table.counted_to_end:
            if self._closed_from_s is not None and table.end_page * _PAGE_S >= self._closed_from_s:
                raise NeverDue("the calendar does not open again")
            table = self._covering(table.end_page)
        while counted <= table.counted_to_first:
            table = self._covering(table.first_page - 1)
        index = bisect_left(table.before, counted) - 1
        return table.starts[index] + counted - table.before[index]

    def between(self, start: int, end: int) -> int:
        """Time counted in ``[start, end)``; nothing if it ends before it starts."""
        return self.cum(end) - self.cum(start) if end > start else 0

    def advance(self, start: int, counted: int) -> int:
        """The instant at which ``counted`` microseconds after ``start`` are used up; ``start`` itself if none."""
        return self.invert(self.cum(start) + counted) if counted > 0 else start

    def _covering(self, page: int) -> _Table:
        """Extend the table so that it holds ``page``, by at least as much again as it holds, to keep copying rare."""
        old = self._table
        if not 0 <= page < _END_PAGE:
            raise NeverDue("the clock leaves the years 1970 to 2199")
        if old is None:
            table = self._built(page, page + 2, 0)
        elif page >= old.end_page:
            grown = min(max(page + 1, old.end_page + min(old.end_page - old.first_page, 26)), _END_PAGE)
            more = self._built(old.end_page, grown, old.counted_to_end)
            table = _joined(old, more)
        else:
            wanted = min(page, old.first_page - min(old.end_page - old.first_page, 26))
            less = self._built(max(wanted, 0), old.first_page, 0)
            table = _joined(_shifted(less, old.counted_to_first - less.counted_to_end), old)
        self._table = table
        return table

    def _built(self, first_page: int, end_page: int, counted: int) -> _Table:
        low, high = first_page * _PAGE_S, end_page * _PAGE_S
        starts, ends, before, total = [], [], [], counted
        for start, end in merged(self._open_seconds(low, high)):
            starts.append(start * SECOND)
            ends.append(end * SECOND)
            before.append(total)
            total += (end - start) * SECOND
        return _Table(first_page, end_page, starts, ends, before, counted, total)

    def _open_seconds(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        for version_from, version_to, calendar in self._versions:
            begin, end = max(low, version_from), min(high, version_to)
            if begin < end:
                yield from _open_intervals(calendar, begin, end)


def _open_intervals(calendar: Calendar, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Open UTC seconds of one calendar within ``[begin, end)``.

    Within a stretch of constant offset, local time is UTC plus that offset, so every window cut to the stretch is
    exactly the set of UTC seconds whose wall time lies in it: hours that do not exist are not there, hours that come
    twice count twice, and no rule about folds is needed.
    """
    for start, stop, offset in _constant_offsets(zone(calendar.tz), begin, end):
        local_start, local_stop = start + offset, stop + offset
        for day in range(local_start // DAY_S, (local_stop - 1) // DAY_S + 1):
            midnight = day * DAY_S
            for opening, closing in calendar.windows(date.fromordinal(day + _EPOCH_ORDINAL)):
                first, last = max(midnight + opening, local_start), min(midnight + closing, local_stop)
                if first < last:
                    yield first - offset, last - offset


def _constant_offsets(tz: tzinfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Cut ``[begin, end)`` where the UTC offset changes.

    Looking once a day is enough: since 1970 no zone in the database changed its offset twice within six days.
    """
    start, offset = begin, _offset(tz, begin)
    known = begin
    while known < end:
        probe = min(known + DAY_S, end)
        if _offset(tz, probe) != offset:
            low, high = known, probe
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(tz, middle) == offset else (low, middle)
            if high < end:
                yield start, high, offset
                start, offset = high, _offset(tz, high)
        known = probe
    yield start, end, offset


def _offset(tz: tzinfo, at: int) -> int:
    shift = (_EPOCH + timedelta(seconds=at)).astimezone(tz).utcoffset()
    assert shift is not None
    return shift.days * DAY_S + shift.seconds


def _closed_for_good_from(calendar: Calendar, effective_from: int) -> int | None:
    """The UTC second after which the newest version never opens again, or nothing if it has an open week."""
    if calendar.opens_weekly:
        return None
    last = calendar.last_exception_on
    if last is None:
        return effective_from
    return max(effective_from, (last.toordinal() - _EPOCH_ORDINAL + 2) * DAY_S)


def _shifted(table: _Table, by: int) -> _Table:
    return _Table(
        table.first_page,
        table.end_page,
        table.starts,
        table.ends,
        [value + by for value in table.before],
        table.counted_to_first + by,
        table.counted_to_end + by,
    )


def _joined(earlier: _Table, later: _Table) -> _Table:
    return _Table(
        earlier.first_page,
        later.end_page,
        earlier.starts + later.starts,
        earlier.ends + later.ends,
        earlier.before + later.before,
        earlier.counted_to_first,
        later.counted_to_end,
    )


@lru_cache(maxsize=1024)
def timeline_of(calendar: Calendar | CalendarHistory) -> Timeline:
    """The shared timeline of a calendar, or of a history in which each instant follows the version in force then."""
    return Timeline(calendar if isinstance(calendar, CalendarHistory) else CalendarHistory(((None, calendar),)))
