"""What is claimed first, as one number that never has to be touched while a case ages.

    rank = due − severity lead − trust lead − statutory lead − reports lead + delay of an item that is gone
                                                                                          (milliseconds since 1970)

The smallest rank is claimed first. ``due`` is the instant at which the case is due, so a case that waits overtakes newer
ones by itself: everything that could outrank it has a due instant that lies ever further ahead. A rank that depended on
the current time would have to be rewritten for every waiting case, every minute.

The leads are times by which a case is treated as if it were due earlier. Severity weighs most: a SEV0 goes before
anything that is not a day and more overdue. Trust counts in proportion, and reports by their logarithm, so that the
hundredth report says less than the second and a crowd alone cannot bring a harmless item before a dangerous one. Notices
of trusted flaggers and authorities have a lead of their own, since the law gives them priority (DSA Art. 22): a day, which
brings them before everything of their severity that has not waited a day longer, and before nothing graver. A case
without a target is ranked as if it had the nominal one of its severity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log2

NOMINAL_TARGET = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24), timedelta(hours=72))
SEVERITY_LEAD = (timedelta(hours=36), timedelta(hours=12), timedelta(hours=3), timedelta(0))
TRUST_LEAD = timedelta(hours=2)
"""The lead of full trust (100)."""
STATUTORY_TRUST = 90
"""From this trust on a reporter's priority is given by law; what others can earn ends below it."""
STATUTORY_LEAD = timedelta(hours=24)
REPORTS_LEAD = timedelta(minutes=30)
"""The lead of each doubling of the number of reports."""
REPORTS_LEAD_AT_MOST = timedelta(hours=5)
GONE_DELAY = timedelta(hours=24)
"""Delay of a case whose item was withdrawn or deleted: nobody is exposed to it any more."""
GONE_STILL_URGENT = 1
"""Up to this severity a case loses nothing when its item is gone: the seller can still do harm."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a rank is made of; ``base`` is the due instant, or the nominal one of a case without a promise."""

    base: datetime
    promised: bool
    severity_lead: timedelta
    trust_lead: timedelta
    statutory_lead: timedelta
    reports_lead: timedelta
    gone_delay: timedelta

    @property
    def ranked_at(self) -> datetime:
        """The instant by which the case is ordered."""
        lead = self.severity_lead + self.trust_lead + self.statutory_lead + self.reports_lead
        return self.base - lead + self.gone_delay


def parts_of(
    due_at: datetime | None,
    opened_at: datetime,
    severity: int,
    trust: int = 0,
    reports: int = 0,
    item_gone: bool = False,
) -> Parts:
    """The parts of the rank of a case; ``trust`` lies in 0…100, ``severity`` in 0…3."""
    return Parts(
        base=due_at if due_at is not None else opened_at + NOMINAL_TARGET[severity],
        promised=due_at is not None,
        severity_lead=SEVERITY_LEAD[severity],
        trust_lead=TRUST_LEAD * trust / 100,
        statutory_lead=STATUTORY_LEAD if trust >= STATUTORY_TRUST else timedelta(0),
        reports_lead=min(REPORTS_LEAD * log2(1 + reports), REPORTS_LEAD_AT_MOST),
        gone_delay=GONE_DELAY if item_gone and severity > GONE_STILL_URGENT else timedelta(0),
    )


def rank(
    due_at: datetime | None,
    opened_at: datetime,
    severity: int,
    trust: int = 0,
    reports: int = 0,
    item_gone: bool = False,
) -> int:
    """The place of a case among all that wait, the smallest first; ``trust`` lies in 0…100, ``severity`` in 0…3."""
    parts = parts_of(due_at, opened_at, severity, trust, reports, item_gone)
    return (parts.ranked_at - _EPOCH) // _MILLISECOND
