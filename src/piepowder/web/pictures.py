"""What a picture can be held against: the item as it was judged last, and the items that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState
from piepowder.intake.models import Item, ItemMedia, Relation
from piepowder.intake.queries import ItemCard, media_of, seen_items
from piepowder.kernel.actor import Actor

MOST = 24
_ABOUT = ("claims_against", "about", "promotes", "document_of", "variant_of")


@dataclass(frozen=True, slots=True)
class Comparable:
    """A stored picture from elsewhere. ``item_id`` is whose it is, because looking at it is recorded there."""

    digest: str
    item_id: UUID
    label: str


def comparable_with(actor: Actor, item: ItemCard) -> tuple[Comparable, ...]:
    """Pictures beside which those of ``item`` can be laid, none that it shows itself. Five queries, none without pictures."""
    own = {one.digest for one in item.media if one.content_type.startswith("image/")}
    if not own:
        return ()
    found = [*_judged_before(item), *_of_related(actor, item)]
    return tuple({one.digest: one for one in found if one.digest not in own}.values())[:MOST]


def _judged_before(item: ItemCard) -> Iterable[Comparable]:
    last = Decision.objects.filter(item_id=item.id).exclude(state=DecisionState.WITHDRAWN).order_by("-decided_at")
    snapshot_id = last.values_list("snapshot_id", flat=True).first()
    if snapshot_id is None or snapshot_id == item.snapshot_id:
        return ()
    pictures = [one for one in media_of(snapshot_id) if one.content_type.startswith("image/")]
    said = _("as judged last: picture %(number)d")
    return [Comparable(one.digest, item.id, said % {"number": place}) for place, one in enumerate(pictures, 1)]


def _of_related(actor: Actor, item: ItemCard) -> Iterable[Comparable]:
    named = Relation.objects.filter(item_id=item.id, role__in=_ABOUT).values_list("to_kind", "to_external_id")
    wanted = Q(relations__to_kind=item.kind, relations__to_external_id=item.external_id, relations__role__in=_ABOUT)
    for kind, external_id in named[:MOST]:
        wanted |= Q(kind=kind, external_id=external_id)
    others: list[Item] = list(seen_items(actor).filter(wanted).exclude(pk=item.id).distinct().order_by("id")[:MOST])
    rows = ItemMedia.objects.filter(
        snapshot_id__in=[one.snapshot_id for one in others], stored__content_type__startswith="image/"
    ).order_by("snapshot_id", "position")
    names = {one.snapshot_id: one for one in others}
    for row in rows[:MOST]:
        other = names[row.snapshot_id]
        label = f"{other.get_kind_display()} {other.title or other.external_id}"
        yield Comparable(row.stored_id or "", other.pk, label[:80])
