"""Whether items wait for a decision."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from piepowder.review.models import Case
from piepowder.review.states import ACTIVE_STATES


def pending_cases(item_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The active case of each of these items that has one. One query.

    Told to everybody who may see the item: that it waits says nothing about who works on it.
    """
    ids = list(item_ids)
    if not ids:
        return {}
    return dict(Case.objects.filter(item_id__in=ids, state__in=ACTIVE_STATES).values_list("item_id", "pk"))
