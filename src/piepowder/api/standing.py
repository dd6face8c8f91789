"""How sellers stand on points ladders, and what they earn back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone, translation
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.contract import contract
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.standing import operations as standing
from piepowder.standing.queries import Health, health, may_see_seller

router = Router(tags=["standing"])

SellerRef = Annotated[str, Path(min_length=1, max_length=200, description="the marketplace's id of the seller")]


class CreditGiven(Schema):
    seller: str = Field(min_length=1, max_length=200, description="the marketplace's id of the seller")
    kind: Literal["training", "orders"]
    quantity: int = Field(1, ge=1, le=1_000_000, description="of orders fulfilled; 1 for a training")
    reference: str = Field(min_length=1, max_length=100, description="your own id of it, used once")


class CreditShape(Schema):
    id: UUID
    result: Literal["created", "unchanged"]
    at: datetime


class ThresholdShape(Schema):
    code: str
    title: str
    at: int
    reached: bool


class CountShape(Schema):
    counter: str = Field(description="`points`, or the code of a strike counter")
    title: str
    direction: Literal["adding", "falling"]
    score: int
    start: int
    least: int
    most: int | None
    next_threshold: int | None = Field(description="the score at which the next milestone is reached")
    thresholds: list[ThresholdShape]


class EntryShape(Schema):
    counter: str
    decision: UUID | None = Field(description="empty for points that a person gave")
    policy: str
    points: int
    left: int = Field(description="after what was earned back")
    state: Literal["pending", "held", "counting", "expired"]
    since: datetime
    until: datetime | None
    why: list[str]


class SanctionShape(Schema):
    id: UUID
    threshold: str
    title: str
    part: Literal["warning", "measures", "for_good"]
    state: str
    at: datetime
    starts_at: datetime
    ends_at: datetime | None
    decision: UUID | None


class AheadShape(Schema):
    at: datetime
    counter: str
    score: int


class LadderShape(Schema):
    ladder: str
    title: str
    version: int
    counts: list[CountShape]
    entries: list[EntryShape]
    sanctions: list[SanctionShape]
    ahead: list[AheadShape] = Field(description="what the score becomes by itself if nothing new happens")


class StandingShape(Schema):
    seller: str
    ladders: list[LadderShape] = Field(description="those in force; empty while none is")


class Asked(Schema):
    language: str = Field("en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="of titles and reasons")


@router.post(
    "/standing/credits",
    auth=WRITING,
    response={200: CreditShape, 201: CreditShape},
    url_name="standing_credit",
    summary="Note what a seller earned back",
    **contract(
        "credit_standing",
        permission=Permission.POINTS_ADJUST,
        repeating="The same `reference` counts once: the first answer is given again (200); with other values it is refused.",
        refuses=(Malformed, standing.BadCredit, standing.CreditDiffers, standing.NoSuchSeller),
    ),
)
def credit_standing(request: HttpRequest, given: CreditGiven) -> Any:
    """A training passed, or orders fulfilled; each ladder says itself what that is worth."""
    row, created = standing.credit(
        actor=caller(request),
        seller_ref=given.seller,
        kind=given.kind,
        quantity=given.quantity,
        reference=given.reference,
        at=timezone.now(),
    )
    told = {"id": row.pk, "result": "created" if created else "unchanged", "at": row.at}
    return Status(201 if created else 200, told)


@router.get(
    "/standing/{path:seller_ref}",
    auth=READING,
    response=StandingShape,
    url_name="standing",
    summary="Where a seller stands",
    **contract("read_standing", permission=Permission.STANDING_VIEW, refuses=(Malformed, standing.NoSuchSeller)),
)
def read_standing(request: HttpRequest, seller_ref: SellerRef, asked: Query[Asked]) -> Any:
    """Every ladder in force: the score, each entry with its reasons and its end, sanctions, and what time alone changes.

    A seller of whom nothing is known stands at the start.
    """
    actor = caller(request)
    if not may_see_seller(actor, seller_ref):
        raise standing.NoSuchSeller("nothing is known of a seller with this id")
    with translation.override(asked.language.lower()):
        found = health(seller_ref, timezone.now(), language=asked.language)
    return {"seller": seller_ref, "ladders": [_ladder(one) for one in found]}


def _ladder(one: Health) -> dict[str, Any]:
    return {
        "ladder": one.ladder,
        "title": one.title,
        "version": one.number,
        "counts": [
            {
                "counter": count.counter,
                "title": count.title,
                "direction": count.direction,
                "score": count.score,
                "start": count.start,
                "least": count.least,
                "most": count.most,
                "next_threshold": count.next_at,
                "thresholds": [
                    {"code": t.code, "title": t.title, "at": t.at, "reached": t.reached} for t in count.thresholds
                ],
            }
            for count in one.counts
        ],
        "entries": [
            {
                "counter": entry.counter,
                "decision": entry.decision_id,
                "policy": entry.policy,
                "points": entry.points,
                "left": entry.left,
                "state": entry.state,
                "since": entry.since,
                "until": entry.until,
                "why": list(entry.why),
            }
            for entry in one.entries
        ],
        "sanctions": [
            {
                "id": row.id,
                "threshold": row.threshold,
                "title": row.title,
                "part": row.part,
                "state": row.state,
                "at": row.at,
                "starts_at": row.starts_at,
                "ends_at": row.ends_at,
                "decision": row.decision_id,
            }
            for row in one.sanctions
        ],
        "ahead": [{"at": step.at, "counter": step.counter, "score": step.score} for step in one.ways_back],
    }
