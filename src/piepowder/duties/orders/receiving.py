"""Taking in an order: what it names, what it lacks, until when it is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.database.fitting import refuse_unfit
from piepowder.duties.models import Order, OrderLine
from piepowder.duties.orders import telling
from piepowder.duties.orders.elements import Identifiers, OrderGiven, missing_elements
from piepowder.duties.states import ORDER_FLOW, OrderKind, OrderState
from piepowder.intake.locations import items_at
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.policy.dsa import CATEGORY_KEYWORDS, EEA_MARKETS
from piepowder.policy.packs import deadline

LINES_AT_MOST = 1_000


class BadOrder(Malformed):
    code = "bad_order"


class OrderKnown(Conflict):
    """This authority's order with this reference is there already."""

    code = "order_known"


class NoSuchOrder(NotFound):
    code = "no_such_order"


@transaction.atomic
def receive_order(*, actor: Actor, given: OrderGiven, at: datetime, acknowledge: bool = False) -> Order:
    """Take in an order. It is kept even when it lacks elements: ``Order.missing`` names them, and the authority is asked.

    With ``acknowledge`` the authority is told at once that it arrived. Raises ``BadOrder`` for what cannot be an order at
    all, ``OrderKnown`` when the same authority sent this reference before.
    """
    require_whole(actor, Permission.ORDER_EDIT)
    if found := list(_problems(given, at)):
        raise BadOrder(_("this cannot be taken in as an order"), problems=found)
    rule = ("gpsr" if given.kind == OrderKind.SAFETY else "eu_dsa", "order_effect")
    due = deadline(*rule, given.received_at)
    order = Order(due_at=due.at, due_rule=due.rule, entered_by=actor.ref, entered_at=at)
    _fill(order, given)
    refuse_unfit(order)
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError:
        raise OrderKnown(_("this order was taken in before")) from None
    add_lines(order, given.locations, at)
    record(
        actor=actor,
        at=at,
        verb="order.receive",
        subject_kind="order",
        subject_id=order.pk,
        kind=order.kind,
        country=order.country,
        category=order.category,
        missing=order.missing,
        lines=len(given.locations),
        received_at=given.received_at.isoformat(),
        due_at=due.at.isoformat(),
        due_rule=due.rule,
    )
    if acknowledge:
        acknowledge_order(actor=actor, order_id=order.pk, at=at)
        order.refresh_from_db()
    return order


@transaction.atomic
def acknowledge_order(*, actor: Actor, order_id: UUID, at: datetime) -> Order:
    """Tell the authority that its order arrived; said once, it stays said."""
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    if order.acknowledged_at is None:
        order.acknowledged_at = at
        order.save(update_fields=["acknowledged_at"])
        telling.receipt(actor, order, at)
        _fact(actor, at, "order.acknowledge", order)
    return order


@transaction.atomic
def ask_authority(*, actor: Actor, order_id: UUID, at: datetime) -> Order:
    """Ask the authority for what the order lacks; that counts as its receipt, too. The clock goes on."""
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    if not order.missing:
        raise BadOrder(_("this order lacks nothing"))
    move(order, "ask")
    order.acknowledged_at = order.acknowledged_at or at
    order.save(update_fields=["state", "acknowledged_at"])
    telling.question(actor, order, at)
    _fact(actor, at, "order.ask", order, missing=order.missing)
    return order


@transaction.atomic
def complete_order(*, actor: Actor, order_id: UUID, given: OrderGiven, at: datetime) -> Order:
    """Write what the authority added or corrected. Kind, reference, authority and receipt stay; places are only added."""
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    given = replace(
        given,
        kind=order.kind,
        reference=order.reference,
        country=order.country,
        authority=order.authority,
        received_at=order.received_at,
    )
    move(order, "complete")
    known = set(order.lines.values_list("location", flat=True))
    fresh = tuple(one for one in given.locations if one not in known)
    everything = replace(given, locations=(*known, *fresh))
    if found := list(_problems(everything, at)):
        raise BadOrder(_("this cannot be taken in as an order"), problems=found)
    _fill(order, everything)
    refuse_unfit(order)
    order.save()
    add_lines(order, fresh, at)
    _fact(actor, at, "order.complete", order, missing=order.missing, lines=len(fresh))
    return order


def add_lines(order: Order, locations: Sequence[str], at: datetime) -> None:
    """A line for each place, with the item that is found there; two places of one item are one."""
    last = order.lines.aggregate(last=Max("position"))["last"] or 0
    taken = set(order.lines.exclude(item=None).values_list("item_id", flat=True))
    rows = []
    for location, item in zip(locations, items_at(locations), strict=True):
        if item is not None and item.pk in taken:
            continue
        if item is not None:
            taken.add(item.pk)
        last += 1
        rows.append(OrderLine(order=order, position=last, location=location, item=item, added_at=at))
    OrderLine.objects.bulk_create(rows)


def locked_order(order_id: UUID) -> Order:
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise NoSuchOrder(_("there is no such order"))
    return order


def move(order: Order, verb: str) -> None:
    """Set the state after ``verb``; raises ``WrongState``. The caller saves."""
    order.state = ORDER_FLOW.step(verb, OrderState(order.state))


def identifiers_of(order: Order) -> Identifiers:
    kept = order.identifiers
    return Identifiers(
        gtins=tuple(kept.get("gtins", ())),
        brand=kept.get("brand", ""),
        model=kept.get("model", ""),
        title=kept.get("title", ""),
    )


def _fill(order: Order, given: OrderGiven) -> None:
    for name in (
        "kind", "reference", "country", "authority", "contact_name", "contact_email", "language", "legal_basis", "reasons",
        "redress", "category", "identical_until", "subject_ref", "notify_not_before", "received_at",
    ):  # fmt: skip
        value = getattr(given, name)
        setattr(order, name, value.strip() if isinstance(value, str) else value)
    order.territories = list(given.territories)
    known = given.identifiers
    order.identifiers = {
        "gtins": list(known.gtins),
        "brand": known.brand.strip(),
        "model": known.model.strip(),
        "title": known.title.strip(),
    }
    order.missing = list(missing_elements(given))


def _problems(given: OrderGiven, at: datetime) -> Iterator[FieldProblem]:
    if given.kind not in OrderKind.values:
        yield FieldProblem("/kind", "unknown_value", _("must be one of the kinds of order"))
        return
    if given.country not in EEA_MARKETS:
        yield FieldProblem("/country", "unknown_country", _("a country of the European Economic Area, such as DE"))
    for name in ("reference", "authority"):
        if not getattr(given, name).strip():
            yield FieldProblem(f"/{name}", "required", _("is needed to tell orders apart"))
    if given.received_at > at:
        yield FieldProblem("/received_at", "in_the_future", _("cannot lie in the future"))
    if given.category and given.category not in CATEGORY_KEYWORDS:
        yield FieldProblem("/category", "unknown_value", _("there is no such category of content"))
    if len(given.locations) > LINES_AT_MOST:
        yield FieldProblem("/locations", "too_many", _("at most %(count)d") % {"count": LINES_AT_MOST})
    for index, location in enumerate(given.locations):
        if not location.strip() or len(location) > 2_000:
            yield FieldProblem(f"/locations/{index}", "bad_location", _("an address or an id, at most 2000 characters"))
    for index, code in enumerate(given.territories):
        if len(code) != 2 or not code.isupper():
            yield FieldProblem(f"/territories/{index}", "unknown_country", _("two capital letters such as DE"))


def _fact(actor: Actor, at: datetime, verb: str, order: Order, **body: Any) -> None:
    record(actor=actor, at=at, verb=verb, subject_kind="order", subject_id=order.pk, state=order.state, **body)
