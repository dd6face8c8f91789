"""How much came in lately."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from piepowder.access.visibility import require
from piepowder.database.moments import Slot
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.listing import CaseFilters, matching_cases
from piepowder.review.models import AvailabilityEvent, CaseEvent, SetupChange

SLOT = timedelta(minutes=30)
SLOTS = 24


def slots_begin(now: datetime) -> datetime:
    """The first moment of the oldest of the ``SLOTS`` half hours that end with the one ``now`` lies in."""
    return now - timedelta(seconds=now.timestamp() % SLOT.total_seconds()) - SLOT * (SLOTS - 1)


def arrivals(actor: Actor, now: datetime, filters: CaseFilters) -> list[int]:
    """Cases opened in each of the last ``SLOTS`` half hours, the oldest first, the last one still running. One query."""
    require(actor, Permission.BOARD_VIEW)
    begin = slots_begin(now)
    cases = matching_cases(actor, filters, Permission.BOARD_VIEW).filter(opened_at__gte=begin, opened_at__lte=now)
    slot = Slot("opened_at", start_s=int(begin.timestamp()), width_s=int(SLOT.total_seconds()))
    counted = cases.annotate(slot=slot).values_list("slot").annotate(number=Count("id")).order_by("slot")
    found = dict(counted)
    return [found.get(number, 0) for number in range(SLOTS)]


def pulse() -> tuple[int, ...]:
    """Changes whenever a case took a step, a person came or went, or the set-up changed: what a board asks first.

    Three look-ups in indexes, however much there is. Steps that commit out of turn can leave it as it was, so nothing
    may rest on it for long.
    """
    newest = ", ".join(f"(SELECT max(id) FROM {model._meta.db_table})" for model in _TELLING)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {newest}")
        return tuple(number or 0 for number in cursor.fetchone())


_TELLING = (CaseEvent, AvailabilityEvent, SetupChange)
