"""Owners' records and sellers' strikes, as queries; the rules are in ``scores.py``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.access.visibility import require_whole
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.rights import options
from piepowder.rights.models import Claim, Right
from piepowder.rights.reading import FAILED, ClaimOutcome, with_outcome
from piepowder.rights.registering import NoSuchRight
from piepowder.rights.scores import AbuseScore, Infringement, Strikes, strikes_from
from piepowder.rights.states import SenderKind

# What strangers claim on somebody's right says nothing about its owner.
_THEIRS = ~Q(batch__sender_kind=SenderKind.OTHER)
_MEDIAN_OF = 5_000
_MOST_SELLERS = 500


@dataclass(frozen=True, slots=True)
class OwnerRecord:
    """What became of the claims of an owner and their agents.

    ``median_time`` is from filing to the decision, over the last 5,000.
    """

    owner_ref: str
    name: str
    rights: int
    claims: int
    pending: int
    founded: int
    unfounded: int
    countered: int
    overturned: int
    is_abusive: bool
    median_time: timedelta | None = None

    @property
    def score(self) -> AbuseScore:
        failed = self.unfounded + self.countered + self.overturned
        return AbuseScore(failed, failed + self.founded)


@dataclass(frozen=True, slots=True)
class SellerStrikes:
    """A seller's strikes within the window, of each owner and altogether."""

    seller_ref: str
    by_owner: tuple[Strikes, ...]

    @property
    def strikes(self) -> int:
        return sum(one.strikes for one in self.by_owner)

    @property
    def claims(self) -> int:
        return sum(one.claims for one in self.by_owner)

    @property
    def last_at(self) -> datetime | None:
        return max((one.last_at for one in self.by_owner), default=None)


def owner_records(actor: Actor, *, text: str = "", offset: int, limit: int) -> list[OwnerRecord]:
    """Owners, those with the most claims first. Three queries."""
    require_whole(actor, Permission.RIGHT_VIEW)
    rows = Right.objects.exclude(owner_ref="")
    if text:
        rows = rows.filter(Q(owner_ref__icontains=text) | Q(owner_name__icontains=text))
    theirs = ~Q(claims__batch__sender_kind=SenderKind.OTHER)
    counted = rows.values("owner_ref").annotate(count=Count("claims", filter=theirs), name=Max("owner_name"))
    page = list(counted.order_by("-count", "owner_ref")[offset : offset + limit])
    return _records([row["owner_ref"] for row in page])


def owner_record(actor: Actor, owner_ref: str) -> OwnerRecord:
    """One owner; raises ``NoSuchRight`` when nothing is registered for them. Three queries."""
    require_whole(actor, Permission.RIGHT_VIEW)
    found = _records([owner_ref], with_median=True)
    if not found:
        raise NoSuchRight(_("no right is registered for this owner"))
    return found[0]


def owner_scores(owner_refs: Collection[str]) -> dict[str, AbuseScore]:
    """How far the claims of these owners failed; for ``duties``, which looks after misuse. Two queries."""
    return {one.owner_ref: one.score for one in _records(list(owner_refs))}


def own_record(owner_ref: str) -> OwnerRecord | None:
    """What an owner is told of themselves."""
    return next(iter(_records([owner_ref], with_median=True)), None)


def strikes_of(seller_refs: Collection[str], *, now: datetime) -> dict[str, SellerStrikes]:
    """The strikes of each of these sellers that has any. One query."""
    window = timedelta(days=int(chosen(options.STRIKE_DAYS)))
    apart = timedelta(hours=int(chosen(options.STRIKE_HOURS)))
    rows = with_outcome(Claim.objects.filter(seller_ref__in=[ref for ref in seller_refs if ref]))
    rows = rows.filter(outcome=ClaimOutcome.FOUNDED, report__judged_at__gte=now - window)
    found: dict[str, list[Infringement]] = {}
    for seller, owner, batch, at in rows.values_list("seller_ref", "right__owner_ref", "batch_id", "report__judged_at"):
        found.setdefault(seller, []).append(Infringement(owner, batch, at))
    return {
        seller: SellerStrikes(seller, tuple(strikes_from(ones, now=now, window=window, apart=apart)))
        for seller, ones in found.items()
    }


def repeat_infringers(actor: Actor, *, now: datetime) -> list[SellerStrikes]:
    """Sellers with as many strikes as the house allows none to have, those with most first. Two queries."""
    require_whole(actor, Permission.RIGHT_VIEW)
    least = int(chosen(options.REPEAT_AFTER))
    since = now - timedelta(days=int(chosen(options.STRIKE_DAYS)))
    founded = Claim.objects.filter(report__founded=True, report__judged_at__gte=since).exclude(seller_ref="")
    sellers = founded.values("seller_ref").annotate(notices=Count("batch", distinct=True)).filter(notices__gte=least)
    refs = [row["seller_ref"] for row in sellers.order_by("-notices", "seller_ref")[:_MOST_SELLERS]]
    found = [one for one in strikes_of(refs, now=now).values() if one.strikes >= least] if refs else []
    return sorted(found, key=lambda one: (-one.strikes, -one.claims, one.seller_ref))


def _records(owner_refs: Collection[str], *, with_median: bool = False) -> list[OwnerRecord]:
    if not owner_refs:
        return []
    rights = {
        row["owner_ref"]: row
        for row in Right.objects.filter(owner_ref__in=owner_refs)
        .values("owner_ref")
        .annotate(count=Count("id"), name=Max("owner_name"))
    }
    claims = with_outcome(Claim.objects.filter(_THEIRS, right__owner_ref__in=owner_refs))
    counts: dict[str, dict[str, int]] = {}
    for row in claims.order_by().values("right__owner_ref", "outcome").annotate(count=Count("pk")):
        counts.setdefault(row["right__owner_ref"], {})[row["outcome"]] = row["count"]
    return [_record(ref, rights[ref], counts.get(ref, {}), with_median) for ref in owner_refs if ref in rights]


def _record(ref: str, row: Mapping[str, Any], counts: dict[str, int], with_median: bool) -> OwnerRecord:
    failed = sum(counts.get(one.value, 0) for one in FAILED)
    score = AbuseScore(failed, failed + counts.get(ClaimOutcome.FOUNDED.value, 0))
    limit, least = int(chosen(options.ABUSE_SHARE)) / 100, int(chosen(options.ABUSE_LEAST))
    return OwnerRecord(
        owner_ref=ref,
        name=row["name"] or "",
        rights=row["count"],
        claims=sum(counts.values()),
        **{one.value: counts.get(one.value, 0) for one in ClaimOutcome},
        is_abusive=score.is_abusive(limit=limit, least=least),
        median_time=_median(ref) if with_median else None,
    )


def _median(ref: str) -> timedelta | None:
    judged = Claim.objects.filter(_THEIRS, right__owner_ref=ref, report__judged_at__isnull=False).order_by(
        "-filed_at", "-id"
    )
    pairs = judged.values_list("filed_at", "report__judged_at")[:_MEDIAN_OF]
    seconds = [(at - filed).total_seconds() for filed, at in pairs if at is not None]
    return timedelta(seconds=median(seconds)) if seconds else None
