"""What is claimed first, as one number that never has to be touched while a case ages.

    rank = due − severity lead − trust lead − reports lead + delay of an item that is gone      (milliseconds since 1970)

The smallest rank is claimed first. ``due`` is the instant at which the case is due, so a case that waits overtakes newer
ones by itself: everything that could outrank it has a due instant that lies ever further ahead. A rank that depended on
the current time would have to be rewritten for every waiting case, every minute.

The leads are times by which a case is treated as if it were due earlier. Severity weighs most: a SEV0 goes before
anything that is not a day and more overdue. Trust counts in proportion, and reports by their logarithm, so that the
hundredth report says less than the second and a crowd alone cannot bring a harmless item before a dangerous one. A case
without a target is ranked as if it had the nominal one of its severity.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log2

NOMINAL_TARGET = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24), timedelta(hours=72))
SEVERITY_LEAD = (timedelta(hours=36), timedelta(hours=12), timedelta(hours=3), timedelta(0))
TRUST_LEAD = timedelta(hours=2)
"""The lead of full trust (100)."""
REPORTS_LEAD = timedelta(minutes=30)
"""The lead of each doubling of the number of reports."""
REPORTS_LEAD_AT_MOST = timedelta(hours=5)
GONE_DELAY = timedelta(hours=24)
"""Delay of a case whose item was withdrawn or deleted: nobody is exposed to it any more."""
GONE_STILL_URGENT = 1
"""Up to this severity a case loses nothing when its item is gone: the seller can still do harm."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def rank(
    due_at: datetime | None,
    opened_at: datetime,
    severity: int,
    trust: int = 0,
    reports: int = 0,
    item_gone: bool = False,
) -> int:
    """The place of a case among all that wait, the smallest first; ``trust`` lies in 0…100, ``severity`` in 0…3."""
    base = due_at if due_at is not None else opened_at + NOMINAL_TARGET[severity]
    lead = SEVERITY_LEAD[severity] + TRUST_LEAD * trust / 100 + _reports_lead(reports)
    if item_gone and severity > GONE_STILL_URGENT:
        lead -= GONE_DELAY
    return (base - lead - _EPOCH) // _MILLISECOND


def _reports_lead(reports: int) -> timedelta:
    return min(REPORTS_LEAD * log2(1 + reports), REPORTS_LEAD_AT_MOST)
