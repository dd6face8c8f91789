"""How far an owner's claims can be relied on, and how often a seller infringed: values in, values out.

The share of claims that did not stand is told with its 95 % score interval (Wilson 1927) and its number. A record counts
as abusive only when even the lower bound lies above the house's limit and enough claims were judged: a single wrong claim,
or three of five, says nothing yet (DSA Art. 23(2): frequent, and manifestly unfounded).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from piepowder.intake.accuracy import wilson


@dataclass(frozen=True, slots=True)
class AbuseScore:
    """``failed`` claims were judged unfounded or met an accepted counter-notice, of all ``judged`` ones."""

    failed: int
    judged: int

    @property
    def share(self) -> float | None:
        return self.failed / self.judged if self.judged else None

    @property
    def low(self) -> float:
        return wilson(self.failed, self.judged)[0]

    @property
    def high(self) -> float:
        return wilson(self.failed, self.judged)[1]

    def is_abusive(self, *, limit: float, least: int) -> bool:
        """Whether it is so beyond chance; ``limit`` is a share in 0…1, ``least`` a number of judged claims."""
        return self.judged >= least and self.low > limit


@dataclass(frozen=True, slots=True)
class Infringement:
    """One claim that was found right and still stands; claims of one notice are one incident."""

    owner_ref: str
    batch_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Strikes:
    """What a seller has against one owner: incidents (``strikes``), the claims in them, and the last one."""

    owner_ref: str
    strikes: int
    claims: int
    last_at: datetime


def strikes_from(found: Iterable[Infringement], *, now: datetime, window: timedelta, apart: timedelta) -> list[Strikes]:
    """Strikes by owner within ``window``, those with most first.

    Claims of one notice, and those judged less than ``apart`` after the first of a strike, are one strike: a seller is
    warned before it can strike again.
    """
    by_owner: dict[str, list[Infringement]] = {}
    for one in found:
        if now - window <= one.at <= now:
            by_owner.setdefault(one.owner_ref, []).append(one)
    counted = [_strikes(owner, sorted(ones, key=_in_time), apart) for owner, ones in by_owner.items()]
    return sorted(counted, key=lambda one: (-one.strikes, -one.claims, one.owner_ref))


def _in_time(one: Infringement) -> tuple[datetime, str]:
    return one.at, str(one.batch_id)


def _strikes(owner: str, ones: list[Infringement], apart: timedelta) -> Strikes:
    strikes, began, batches = 0, ones[0].at, set[UUID]()
    for one in ones:
        known = one.batch_id in batches
        batches.add(one.batch_id)
        if not known and (not strikes or one.at - began >= apart):
            strikes, began = strikes + 1, one.at
    return Strikes(owner, strikes, len(ones), ones[-1].at)
