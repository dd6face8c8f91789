"""Orders of authorities, for systems that take them in; what is due, for systems that remind."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, Field

from piepowder.access.visibility import require_whole
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.contract import contract
from piepowder.duties.due import due_before
from piepowder.duties.models import Order
from piepowder.duties.operations import BadOrder, Identifiers, NoSuchOrder, OrderGiven, OrderKnown, receive_order
from piepowder.duties.orders.reading import order_page
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission

router = Router(tags=["duties"])


class IdentifiersGiven(Schema):
    gtins: list[str] = Field([], max_length=100)
    brand: str = Field("", max_length=200)
    model: str = Field("", max_length=200)
    title: str = Field("", max_length=300)


class OrderSent(Schema):
    kind: str = Field(pattern="^(act|information|safety)$")
    reference: str = Field(
        min_length=1, max_length=100, description="the authority's own; with it an order is taken in once"
    )
    authority: str = Field(min_length=1, max_length=200)
    country: str = Field(pattern="^[A-Z]{2}$")
    received_at: AwareDatetime
    language: str = Field("en", max_length=10, description="in which the authority is answered")
    contact_name: str = Field("", max_length=200)
    contact_email: str = Field("", max_length=254)
    legal_basis: str = Field("", max_length=300)
    reasons: str = Field("", max_length=20_000)
    territories: list[str] = Field(default_factory=list, max_length=40)
    redress: str = Field("", max_length=5_000)
    category: str = Field("", max_length=80)
    locations: list[str] = Field(default_factory=list, max_length=1_000, description="exact addresses or ids")
    subject: str = Field("", max_length=200, description="the seller about whom information is asked")
    identifiers: IdentifiersGiven | None = None
    identical_until: date | None = None
    notify_not_before: AwareDatetime | None = None
    acknowledge: bool = Field(True, description="tell the authority at once that it arrived")


class LineShape(Schema):
    location: str
    item: UUID | None
    state: str
    decision: UUID | None
    origin: str


class OrderShape(Schema):
    id: UUID
    kind: str
    reference: str
    authority: str
    country: str
    state: str
    missing: list[str] = Field(description="codes of the elements that the law asks for and the order lacks")
    received_at: datetime
    acknowledged_at: datetime | None
    due_at: datetime | None
    due_rule: str
    effect_at: datetime | None
    replied_at: datetime | None
    lines: list[LineShape]


class DueShape(Schema):
    pack: str
    rule: str
    kind: str
    ref: str
    title: str
    started_at: datetime
    due_at: datetime
    late: bool
    counted: str


class DueAsked(Schema):
    days: int = Field(7, ge=0, le=366)
    limit: int = Field(100, ge=1, le=500)


class OrderPath(Schema):
    order_id: UUID


@router.post(
    "/orders",
    auth=WRITING,
    response={201: OrderShape},
    url_name="receive_order",
    summary="Take in an order of an authority",
    **contract(
        "receive_order",
        permission=Permission.ORDER_EDIT,
        repeating="An order that was taken in before is refused (`order_known`).",
        refuses=(Malformed, BadOrder, OrderKnown),
    ),
)
def take_in(request: HttpRequest, sent: OrderSent) -> Any:
    """Kept even when it lacks elements that the law asks for; `missing` names them (DSA Arts 9, 10; GPSR Art. 22)."""
    told = sent.dict(exclude={"subject", "identifiers", "acknowledge", "territories", "locations"})
    given = OrderGiven(
        **told,
        subject_ref=sent.subject,
        territories=tuple(sent.territories),
        locations=tuple(sent.locations),
        identifiers=_identifiers(sent.identifiers),
    )
    order = receive_order(actor=caller(request), given=given, at=timezone.now(), acknowledge=sent.acknowledge)
    return 201, _shape(order)


@router.get(
    "/orders/{order_id}",
    auth=READING,
    response=OrderShape,
    url_name="order",
    summary="An order of an authority",
    **contract("read_order", permission=Permission.DUTY_VIEW, refuses=(NoSuchOrder,)),
)
def read_order(request: HttpRequest, asked: Path[OrderPath]) -> Any:
    """With its clocks, and what became of each thing that it names."""
    return _shape(order_page(caller(request), asked.order_id).order)


@router.get(
    "/due",
    auth=READING,
    response=list[DueShape],
    url_name="due",
    summary="What is due by law",
    **contract("list_due", permission=Permission.DUTY_VIEW, refuses=(Malformed,)),
)
def list_due(request: HttpRequest, asked: Query[DueAsked]) -> Any:
    """Late things first, then what is due within `days`."""
    actor, now = caller(request), timezone.now()
    require_whole(actor, Permission.DUTY_VIEW)
    return [
        {
            "pack": due.pack,
            "rule": due.rule,
            "kind": due.kind,
            "ref": due.ref,
            "title": str(due.title),
            "started_at": due.started_at,
            "due_at": due.due_at,
            "late": due.is_late(now),
            "counted": due.counted,
        }
        for due in due_before(actor, until=now + timedelta(days=asked.days), limit=asked.limit)
    ]


def _identifiers(sent: IdentifiersGiven | None) -> Identifiers:
    return Identifiers(tuple(sent.gtins), sent.brand, sent.model, sent.title) if sent else Identifiers()


def _shape(order: Order) -> dict[str, Any]:
    names = (
        "id", "kind", "reference", "authority", "country", "state", "missing", "received_at", "acknowledged_at", "due_at",
        "due_rule", "effect_at", "replied_at",
    )  # fmt: skip
    lines = [
        {
            "location": line.location,
            "item": line.item_id,
            "state": line.state,
            "decision": line.decision_id,
            "origin": line.origin,
        }
        for line in order.lines.order_by("position")
    ]
    return {name: getattr(order, name) for name in names} | {"lines": lines}
