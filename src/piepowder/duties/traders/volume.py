"""When a seller is a high-volume seller of the INFORM Consumers Act: sliding windows over daily totals, as pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from piepowder.kernel.clocks.periods import months_later

SALES_AT_LEAST = 200
GROSS_AT_LEAST = 5_000_00
"""Cents; both must be reached in one window (15 USC 45f(f)(3)(A))."""
DISCLOSED_FROM = 20_000_00
"""Cents of annual gross from which buyers are told who sells (15 USC 45f(b)(1)(A))."""
WINDOW_MONTHS = 12
LOOKED_BACK_MONTHS = 24


@dataclass(frozen=True, slots=True)
class DayOfSales:
    sales: int
    gross_cents: int


@dataclass(frozen=True, slots=True)
class Window:
    """Twelve months without a break: ``last`` is its last day."""

    first: date
    last: date
    sales: int
    gross_cents: int


def windows(days: Mapping[date, DayOfSales], today: date) -> list[Window]:
    """The totals of every window of twelve months within the last twenty-four that ends on a day with sales.

    Totals only grow on days with sales, so whatever any window reaches, one of these reaches first.
    """
    first = months_later(today, -LOOKED_BACK_MONTHS) + timedelta(days=1)
    seen = sorted(day for day in days if first <= day <= today)
    found, start, sales, gross = [], 0, 0, 0
    for last in seen:
        sales, gross = sales + days[last].sales, gross + days[last].gross_cents
        opens = months_later(last, -WINDOW_MONTHS) + timedelta(days=1)
        while seen[start] < opens:
            sales, gross = sales - days[seen[start]].sales, gross - days[seen[start]].gross_cents
            start += 1
        found.append(Window(max(opens, first), last, sales, gross))
    return found


def high_volume_since(days: Mapping[date, DayOfSales], today: date) -> date | None:
    """The first day on which 200 sales and 5,000 dollars were reached within one window; none when they never were."""
    return next(
        (one.last for one in windows(days, today) if one.sales >= SALES_AT_LEAST and one.gross_cents >= GROSS_AT_LEAST),
        None,
    )


def disclosed_since(days: Mapping[date, DayOfSales], today: date) -> date | None:
    """The first day on which a high-volume seller reached 20,000 dollars within one window."""
    since = high_volume_since(days, today)
    if since is None:
        return None
    return next(
        (
            max(one.last, since)
            for one in windows(days, today)
            if one.gross_cents >= DISCLOSED_FROM and one.last >= since
        ),
        None,
    )
