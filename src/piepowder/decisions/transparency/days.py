"""Days as the database reads them: strictly for their form, loosely for the bounds that are checked beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

Day = tuple[int, int, int]

_STRICT: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
# What its date parser makes out of other forms, in the order year, month, day of the groups.
_ROLLING: Final = re.compile(r"([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})")
_LOOSE: Final = (
    (_ROLLING, (1, 2, 3)),
    (re.compile(r"([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})[T -].*"), (1, 2, 3)),
    (re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})(?:[T ].*)?"), (1, 2, 3)),
    (re.compile(r"([0-9]{1,2})[-.]([0-9]{1,2})[-.]([0-9]{4})"), (3, 2, 1)),
    (re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"), (3, 1, 2)),
    (re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"), (1, 2, 3)),
)


def strict_day(text: str) -> Day | None:
    """Year, month and day of ``YYYY-MM-DD`` when the calendar has that day; the year 0 counts as one."""
    found = _STRICT.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= _days_in(year, month) else None


def lenient_day(value: Any) -> Day | None:
    """The day that a value in another form would still be taken for, numbers as seconds since 1970; ``None`` for no date."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _moment(value)
    if not isinstance(value, str):
        return None
    for pattern, order in _LOOSE:
        found = pattern.fullmatch(value)
        if found is not None:
            year, month, day = (int(found[group]) for group in order)
            # Written as days are, one that the calendar lacks rolls over into the next month or year instead of failing.
            if (month <= 12 and day <= 31) or pattern is _ROLLING:
                return (year + max(month - 1, 0) // 12, month, day)
    return None


def _moment(seconds: float) -> Day | None:
    try:
        told = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return (told.year, told.month, told.day)


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31
