"""Deciding related items together: the same ruling for the case in hand and for others of the same seller, media or title.

Every case is a transaction of its own with facts of its own, so that one that cannot be decided stops no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from piepowder.decisions.hearing import Judged, judge
from piepowder.decisions.models import Decision
from piepowder.decisions.ruling import Ruling
from piepowder.decisions.states import DecisionState
from piepowder.decisions.withdrawing import withdraw
from piepowder.intake.models import Item, ItemMedia
from piepowder.intake.states import MediaState
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.ids import new_id
from piepowder.review.models import Case, Skip
from piepowder.review.operations import claim_case
from piepowder.review.reference import reference
from piepowder.review.standing import reach, valid_skills
from piepowder.review.states import CaseState

MOST_TOGETHER = 20


@dataclass(frozen=True, slots=True)
class Joinable:
    """An open case that could be decided with the one in hand; ``why`` holds ``seller``, ``media``, ``title``."""

    case_id: UUID
    item_id: UUID
    snapshot_id: UUID
    kind: str
    external_id: str
    title: str
    market: str
    language: str
    severity: int
    queue_name: str
    picture: str
    """Digest of its first picture, or nothing."""
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A case to be decided with the one in hand: what was looked at, and what is wrong with this very item."""

    case_id: UUID
    snapshot_id: UUID
    facts: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one case of several: it was judged, or ``error`` says why not."""

    case_id: UUID
    judged: Judged | None = None
    error: PiepowderError | None = None


def cases_to_join(actor: Actor, case_id: UUID, *, at: datetime, limit: int = MOST_TOGETHER) -> list[Joinable]:
    """The open cases that ``actor`` may take and that share seller, media or title with this one, closest first."""
    case = Case.objects.select_related("item").get(pk=case_id)
    digests = _stored([case.snapshot_id]).values_list("stored_id", flat=True)
    same_media = set(ItemMedia.objects.filter(stored_id__in=set(digests)).values_list("snapshot__item_id", flat=True))
    alike = Q(item_id__in=sorted(same_media)[:500])
    if case.seller_ref:
        alike |= Q(seller_ref=case.seller_ref)
    if case.item.title_key:
        same_title = Item.objects.filter(title_key=case.item.title_key).values_list("pk", flat=True)[:500]
        alike |= Q(item_id__in=list(same_title))
    passed_on = Skip.objects.filter(user_id=int(actor.ref), until__gt=at).values("case_id")
    rows = Case.objects.filter(alike, state=CaseState.OPEN).exclude(pk=case_id).exclude(pk__in=passed_on)
    free = Q(reserved_for__isnull=True) | Q(reserved_for_id=int(actor.ref)) | Q(reserved_until__lte=at)
    known = reference()
    within = reach(known, actor, valid_skills(known, int(actor.ref), at))
    found = [
        (row, _why(row, case, same_media))
        for row in rows.filter(free).select_related("item").order_by("rank", "id")[: limit * 5]
        if within.covers(row.lane_id, row.market)
    ]
    found.sort(key=lambda pair: (-len(pair[1]), pair[0].rank))
    kept = found[:limit]
    pictures: dict[UUID, str] = {}
    for media in _stored([row.snapshot_id for row, _why_so in kept]).select_related("stored").order_by("-position"):
        if media.stored is not None and media.stored.content_type.startswith("image/"):
            pictures[media.snapshot_id] = media.stored_id or ""
    return [
        Joinable(
            case_id=row.pk,
            item_id=row.item_id,
            snapshot_id=row.snapshot_id,
            kind=row.kind,
            external_id=row.item.external_id,
            title=row.item.title,
            market=row.market,
            language=row.language,
            severity=row.severity,
            queue_name=known.queues[row.queue_id].name,
            picture=pictures.get(row.snapshot_id, ""),
            why=why,
        )
        for row, why in kept
    ]


def judge_together(
    *, actor: Actor, lease_id: UUID, ruling: Ruling, others: Sequence[Joined], at: datetime, second: bool = False
) -> list[Told]:
    """Judge the case in hand, then each of ``others`` with the same ruling and its own facts; the first is the one in hand.

    What the case in hand raises is raised and nothing happens; what another raises is told with it.
    """
    batch = new_id()
    case_id = Case.objects.filter(lease__pk=lease_id).values_list("pk", flat=True).first()
    first = judge(actor=actor, lease_id=lease_id, ruling=ruling, at=at, second=second, batch=batch)
    assert case_id is not None
    return [Told(case_id, first), *(_joined(actor, one, ruling, at, batch, second) for one in others[:MOST_TOGETHER])]


def _joined(actor: Actor, one: Joined, ruling: Ruling, at: datetime, batch: UUID, second: bool) -> Told:
    own = replace(ruling, snapshot_id=one.snapshot_id, facts=one.facts or ruling.facts, confirm_older_snapshot=False)
    try:
        with transaction.atomic():
            claim = claim_case(actor=actor, case_id=one.case_id, at=at)
            return Told(
                one.case_id,
                judge(actor=actor, lease_id=claim.lease_id, ruling=own, at=at, second=second, batch=batch, timed=False),
            )
    except PiepowderError as error:
        return Told(one.case_id, error=error)


@dataclass(frozen=True, slots=True)
class Undone:
    """The decision that was taken back, and what became of those taken together with it."""

    decision: Decision
    others: int
    stayed: int


def withdraw_together(*, actor: Actor, decision_id: UUID, at: datetime) -> Undone:
    """Take back a decision and all that were taken together with it and still can be; only the first comes back in hand.

    Raises what ``withdraw`` raises for the first; another that has left already stays.
    """
    first = withdraw(actor=actor, decision_id=decision_id, at=at)
    if first.batch is None or actor.kind is not ActorKind.PERSON:
        return Undone(first, 0, 0)
    rest = Decision.objects.filter(batch=first.batch, decider_id=int(actor.ref), state=DecisionState.ISSUED)
    others = stayed = 0
    for pk in rest.order_by("decided_at", "id").values_list("pk", flat=True):
        try:
            withdraw(actor=actor, decision_id=pk, at=at, hand_back=False)
            others += 1
        except PiepowderError:
            stayed += 1
    return Undone(first, others, stayed)


def _stored(snapshots: Sequence[UUID]) -> QuerySet[ItemMedia]:
    return ItemMedia.objects.filter(snapshot_id__in=snapshots, state=MediaState.STORED)


def _why(row: Case, case: Case, same_media: set[UUID]) -> tuple[str, ...]:
    signs = {
        "seller": bool(case.seller_ref) and row.seller_ref == case.seller_ref,
        "media": row.item_id in same_media,
        "title": bool(case.item.title_key) and row.item.title_key == case.item.title_key,
    }
    return tuple(name for name, holds in signs.items() if holds)
