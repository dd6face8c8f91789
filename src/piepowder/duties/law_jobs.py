"""What the worker sweeps for the half about content."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from piepowder.duties.misuse.proceeding import end_what_is_over
from piepowder.duties.models import IdenticalSearch, Looked, RandomCheck, Recall
from piepowder.duties.orders.identical import hold_against_orders, search_identical, standing_orders
from piepowder.duties.products import products_of
from piepowder.duties.safety.comparing import compare_lists, hold_against_recalls, random_check
from piepowder.intake.models import Snapshot
from piepowder.kernel.actor import SYSTEM
from piepowder.policy.packs import deadline, in_force

AT_ONCE: Final = 2_000
_NEW: Final = "new_offers"
_OVERLAP: Final = timedelta(seconds=30)
"""How far back each look reaches again: a slow transaction can commit a snapshot older than the newest one."""


def look_at_new_offers(*, now: datetime) -> int:
    """Hold offers that are new or changed since the last look against the standing orders and the lists of recalls.

    Nothing is read of them while there is neither.
    """
    orders, recalls = standing_orders(now), Recall.objects.exists()
    reached = Looked.objects.filter(name=_NEW).first()
    newest = Snapshot.objects.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return 0
    if reached is None or not (orders or recalls):
        # What was there before an order or a list came is looked through when it comes.
        _note(newest, now)
        return 0
    found, cursor = 0, _back(reached.reached)
    while cursor < newest:
        rows = Snapshot.objects.filter(pk__gt=cursor, pk__lte=newest).order_by("pk").values_list("pk", "item_id")
        lot = list(rows[:AT_ONCE])
        if not lot:
            break
        products = products_of(sorted({item_id for _, item_id in lot}))
        found += hold_against_orders(products, now) + hold_against_recalls(products, now)
        cursor = lot[-1][0]
    _note(newest, now)
    return found


def search_new_orders(*, now: datetime) -> int:
    """Look through everything on offer for orders for which nobody has done it yet."""
    searched = set(
        IdenticalSearch.objects.filter(order__identical_until__gte=now.date()).values_list("order", flat=True)
    )
    fresh = [order for order in standing_orders(now) if order.pk not in searched]
    for order in fresh:
        search_identical(actor=SYSTEM, order_id=order.pk, at=now)
    return len(fresh)


def compare_recalls(*, now: datetime) -> int:
    return compare_lists(at=now)


def check_at_random(*, now: datetime) -> int:
    """Draw the next random check when it is due, while a law that asks for it is kept and there is a list."""
    if not (in_force("eu_dsa", now.date()) or in_force("gpsr", now.date())) or not Recall.objects.exists():
        return 0
    with transaction.atomic():
        last = RandomCheck.objects.order_by("-at").values_list("at", flat=True).first()
        if last is not None and now < deadline("eu_dsa", "random_checks", last).at - timedelta(days=3):
            return 0
        # The moment is as good a seed as any, and stands in the record.
        return random_check(actor=SYSTEM, at=now, seed=int(now.timestamp())).looked_at


def _note(reached: UUID, now: datetime) -> None:
    Looked.objects.update_or_create(name=_NEW, defaults={"reached": reached, "at": now})


def _back(reached: UUID) -> UUID:
    """The id a while before ``reached``: the first 48 bits of a UUID version 7 are its time in milliseconds."""
    milliseconds = (reached.int >> 80) - int(_OVERLAP.total_seconds() * 1000)
    return UUID(int=(max(milliseconds, 0) << 80) | (7 << 76) | (2 << 62))


def end_suspensions(*, now: datetime) -> int:
    return end_what_is_over(now=now)
