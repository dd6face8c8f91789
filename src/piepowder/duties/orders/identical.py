"""Finding what is identical to an ordered product, by nothing but what the order itself says (GPSR Art. 22(5)).

No judgement is made: an item is identical when its number, its brand and model, or its title are the order's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.duties.models import IdenticalSearch, Order, OrderLine
from piepowder.duties.orders.elements import Identifiers
from piepowder.duties.orders.receiving import BadOrder, identifiers_of, locked_order
from piepowder.duties.products import Product, live_products, text_key
from piepowder.duties.states import LineOrigin
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

AT_ONCE = 2_000


def matched_on(wanted: Identifiers, product: Product) -> list[str]:
    """By which of the order's identifiers ``product`` is the same; empty when by none."""
    found = []
    if product.gtin and product.gtin in {gtin.lstrip("0") for gtin in wanted.gtins}:
        found.append("gtin")
    if wanted.brand and wanted.model:
        named = text_key(wanted.model) in product.models or f" {text_key(wanted.model)} " in f" {product.title} "
        if product.brand == text_key(wanted.brand) and named:
            found += ["brand", "model"]
    if wanted.title and product.title == text_key(wanted.title):
        found.append("title")
    return found


@transaction.atomic
def search_identical(*, actor: Actor, order_id: UUID, at: datetime) -> IdenticalSearch:
    """Hold everything that is on offer against the order, once; what is new becomes an open line. Logged either way."""
    require_whole(actor, Permission.ORDER_EDIT)
    order = locked_order(order_id)
    wanted = identifiers_of(order)
    if order.identical_until is None or not wanted:
        raise BadOrder(_("this order does not ask to look for identical products, or does not say what they are"))
    looked_at, hits = 0, []
    for products in live_products(AT_ONCE):
        looked_at += len(products)
        hits += [(product, on) for product in products if (on := matched_on(wanted, product))]
    added = _add(order, hits, at)
    return _log(actor, order, at, looked_at, added)


def hold_against_orders(products: Sequence[Product], at: datetime) -> int:
    """Hold new or changed items against the orders that still ask for it; returns how many lines were added."""
    total = 0
    for order in standing_orders(at):
        wanted = identifiers_of(order)
        hits = [(product, on) for product in products if (on := matched_on(wanted, product))]
        if hits:
            with transaction.atomic():
                added = _add(locked_order(order.pk), hits, at)
                if added:
                    _log(SYSTEM, order, at, len(products), added)
                total += added
    return total


def standing_orders(at: datetime) -> list[Order]:
    """The orders for which identical products are looked for at that time."""
    rows = Order.objects.filter(identical_until__gte=at.date()).exclude(state="declined").order_by("id")
    return [order for order in rows if identifiers_of(order)]


def _add(order: Order, hits: Iterable[tuple[Product, list[str]]], at: datetime) -> int:
    taken = set(order.lines.exclude(item=None).values_list("item_id", flat=True))
    last = order.lines.aggregate(last=Max("position"))["last"] or 0
    rows = []
    for product, on in hits:
        if product.item_id not in taken:
            taken.add(product.item_id)
            last += 1
            rows.append(
                OrderLine(
                    order=order, position=last, origin=LineOrigin.IDENTICAL, location=product.named,
                    item_id=product.item_id, matched_on=on, added_at=at,
                )
            )  # fmt: skip
    OrderLine.objects.bulk_create(rows)
    return len(rows)


def _log(actor: Actor, order: Order, at: datetime, looked_at: int, found: int) -> IdenticalSearch:
    asked: dict[str, Any] = order.identifiers
    search = IdenticalSearch.objects.create(order=order, at=at, identifiers=asked, looked_at=looked_at, found=found)
    record(
        actor=actor,
        at=at,
        verb="order.search",
        subject_kind="order",
        subject_id=order.pk,
        looked_at=looked_at,
        found=found,
    )
    return search
