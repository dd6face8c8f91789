"""What the IP desk reads: the registry, claims and notices, counter-notices, owners' records, repeat infringers.

Claims are narrowed to the items that the reader may see by ``right:view``; the registry is one for all who hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import require, scope_q, sees, visible
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.rights.countering import NoSuchClaim, NoSuchCounter, standing_decision
from piepowder.rights.evidence import evidence_pack
from piepowder.rights.models import Claim, ClaimBatch, ClaimLine, CounterNotice, Right
from piepowder.rights.owners import (
    OwnerRecord,
    SellerStrikes,
    owner_record,
    owner_records,
    owner_scores,
    repeat_infringers,
    strikes_of,
)
from piepowder.rights.reading import ClaimOutcome, with_outcome
from piepowder.rights.registering import NoSuchRight, number_key
from piepowder.rights.states import LineState, RightState

__all__ = [
    "BatchProgress",
    "ClaimFilters",
    "OwnerRecord",
    "RightFilters",
    "SellerStrikes",
    "claim_batch",
    "claim_page",
    "claims_about",
    "claims_page",
    "counter_page",
    "counters_page",
    "evidence_pack",
    "expiring",
    "lines_of",
    "owner_record",
    "owner_records",
    "owner_scores",
    "progress_of",
    "registry",
    "repeat_infringers",
    "right_by_number",
    "right_page",
    "standing_decision",
    "strikes_of",
]


@dataclass(frozen=True, slots=True)
class RightFilters:
    """``text`` looks in title, number, owner and agent; ``expired_on`` keeps what is over on that day."""

    type: str = ""
    state: str = ""
    owner: str = ""
    text: str = ""
    expired_on: date | None = None


@dataclass(frozen=True, slots=True)
class ClaimFilters:
    outcome: str = ""
    right: UUID | None = None
    owner: str = ""
    seller: str = ""
    warned: bool = False
    """Only claims against which something spoke from the beginning."""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a notice has come: lines by what became of them."""

    total: int
    filed: int
    known: int
    refused: int

    @property
    def done(self) -> int:
        return self.filed + self.known + self.refused

    @property
    def waiting(self) -> int:
        return self.total - self.done


def registry(actor: Actor, filters: RightFilters, *, offset: int, limit: int) -> list[Right]:
    """Rights with the number of their ``claim_count``, the newest first. One query."""
    require(actor, Permission.RIGHT_VIEW)
    rows: QuerySet[Right] = Right.objects.all()
    plain = {"type": filters.type, "state": filters.state, "owner_ref": filters.owner}
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if filters.text:
        looked = ("title", "owner_name", "agent_name", "owner_ref")
        wanted = Q()
        for name in looked:
            wanted |= Q(**{f"{name}__icontains": filters.text})
        if key := number_key(filters.text):
            wanted |= Q(number_key__startswith=key)
        rows = rows.filter(wanted)
    if filters.expired_on is not None:
        rows = rows.filter(expires_on__lt=filters.expired_on).exclude(state=RightState.RETIRED)
    counted = rows.annotate(claim_count=Count("claims")).order_by("-registered_at", "-id")
    return list(counted[offset : offset + limit])


def right_page(actor: Actor, right_id: UUID) -> Right:
    """One right with its files; raises ``NoSuchRight``. Two queries."""
    require(actor, Permission.RIGHT_VIEW)
    found = Right.objects.filter(pk=right_id).select_related("verified_by").prefetch_related("files__stored").first()
    if found is None:
        raise NoSuchRight(_("there is no such right"))
    return found


def right_by_number(right_type: str, number: str) -> Right | None:
    """The right that is entered with this number, whatever its spaces and signs; never one that is retired."""
    key = number_key(number)
    rows = Right.objects.filter(type=right_type, number_key=key).exclude(state=RightState.RETIRED)
    return rows.order_by("-verified_at", "id").first() if key else None


def claims_page(actor: Actor, filters: ClaimFilters, *, offset: int, limit: int) -> list[Claim]:
    """Claims with their ``outcome``, right and item, the newest first. One query."""
    rows = with_outcome(_seen(actor))
    plain: dict[str, Any] = {
        "outcome": filters.outcome if filters.outcome in ClaimOutcome.values else "",
        "right_id": filters.right,
        "right__owner_ref": filters.owner,
        "seller_ref": filters.seller,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if filters.warned:
        rows = rows.exclude(warnings=[])
    return list(rows.select_related("right", "item", "report").order_by("-filed_at", "-id")[offset : offset + limit])


def claim_page(actor: Actor, claim_id: UUID) -> Claim:
    """One claim with everything around it; raises ``NoSuchClaim`` also for an item out of sight."""
    rows = with_outcome(_seen(actor)).filter(pk=claim_id)
    found: Claim | None = (
        rows.select_related("right", "item", "report__reporter", "batch").prefetch_related("counters").first()
    )
    if found is None:
        raise NoSuchClaim(_("there is no such claim"))
    return found


def claims_about(actor: Actor, item_id: UUID, *, market: str, language: str, limit: int = 5) -> list[Claim]:
    """The claims on an item for those who may read reports there, the newest first. One query."""
    if not sees(actor, Permission.REPORT_VIEW, market=market, language=language):
        return []
    rows = with_outcome(Claim.objects.filter(item_id=item_id)).select_related("right", "batch")
    return list(rows.order_by("-filed_at", "-id")[:limit])


def claim_batch(actor: Actor, batch_id: UUID) -> ClaimBatch:
    """One notice; raises ``NoSuchClaim`` when the reader may see none of its items and did not send it themselves."""
    require(actor, Permission.RIGHT_VIEW)
    found = ClaimBatch.objects.filter(pk=batch_id).select_related("right").first()
    if found is None:
        raise NoSuchClaim(_("there is no such notice"))
    return found


def progress_of(batch: ClaimBatch) -> BatchProgress:
    """One query."""
    counts = dict(batch.lines.order_by().values_list("state").annotate(count=Count("id")))
    return BatchProgress(
        batch.total,
        counts.get(LineState.FILED.value, 0),
        counts.get(LineState.KNOWN.value, 0),
        counts.get(LineState.REFUSED.value, 0),
    )


def lines_of(actor: Actor, batch: ClaimBatch, *, state: str = "", offset: int, limit: int) -> list[ClaimLine]:
    """The lines as typed, with what became of them; an item out of the reader's sight shows as typed only. One query."""
    rows = ClaimLine.objects.filter(batch=batch).select_related("item", "claim")
    if state in LineState.values:
        rows = rows.filter(state=state)
    found = list(rows.order_by("position")[offset : offset + limit])
    for line in found:
        if line.item is not None and not sees(
            actor, Permission.RIGHT_VIEW, market=line.item.market, language=line.item.language
        ):
            line.item = line.claim = None
    return found


def counters_page(actor: Actor, *, state: str, offset: int, limit: int) -> list[CounterNotice]:
    """Counter-notices, those that wait longest first, else the last answered. One query."""
    scope = scope_q(actor, Permission.RIGHT_VIEW, market="claim__item__market", language="claim__item__language")
    rows = visible(CounterNotice.objects.all(), scope)
    if state:
        rows = rows.filter(state=state)
    rows = rows.select_related("claim__right", "claim__item")
    order = ("filed_at", "id") if state == "filed" else ("-filed_at", "-id")
    return list(rows.order_by(*order)[offset : offset + limit])


def counter_page(actor: Actor, counter_id: UUID) -> CounterNotice:
    """One counter-notice with its claim and files; raises ``NoSuchCounter``."""
    scope = scope_q(actor, Permission.RIGHT_VIEW, market="claim__item__market", language="claim__item__language")
    rows = visible(CounterNotice.objects.filter(pk=counter_id), scope)
    found = (
        rows.select_related("claim__right", "claim__item", "claim__report", "claim__batch")
        .prefetch_related("files__stored")
        .first()
    )
    if found is None:
        raise NoSuchCounter(_("there is no such counter-notice"))
    return found


def expiring(actor: Actor, *, by: date) -> int:
    """How many verified rights are over before ``by``, or have an agent whose authorisation is. One query."""
    require(actor, Permission.RIGHT_VIEW)
    over = Q(expires_on__lt=by) | Q(agent_until__lt=by)
    return Right.objects.filter(over, state=RightState.VERIFIED).count()


def _seen(actor: Actor) -> QuerySet[Claim]:
    scope = scope_q(actor, Permission.RIGHT_VIEW, market="item__market", language="item__language")
    return visible(Claim.objects.all(), scope)
