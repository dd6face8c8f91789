"""Seller accounts that share a trait, and items that are alike or belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from piepowder.intake.models import Item, ItemMedia, Trait
from piepowder.intake.queries import RelatedItem, related_items, seen_items
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor

COMMON_ABOVE: Final = 50
"""A trait that more accounts share than this says nothing about any two of them."""
MOST_LINKS: Final = 20


@dataclass(frozen=True, slots=True)
class SharedTrait:
    """A trait and how many accounts have it, the seller's own among them; ``is_common`` when too many to mean anything."""

    kind: str
    shown: str
    accounts: int
    is_common: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """Another account, and through what it is linked."""

    ref: str
    name: str
    item_id: UUID
    market: str
    state: str
    received_at: datetime
    through: tuple[SharedTrait, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """``accounts`` share most first; ``common`` are traits that too many share to be listed; ``more`` was cut off."""

    accounts: tuple[Linked, ...] = ()
    common: tuple[SharedTrait, ...] = ()
    more: bool = False


def linked_accounts(actor: Actor, seller_ref: str, *, limit: int = MOST_LINKS) -> Links:
    """The sellers whom ``actor`` may see that share a trait with this one. Two queries."""
    if not seller_ref:
        return Links()
    sellers = seen_items(actor).filter(kind=Kind.SELLER)
    # Counting stops as soon as a trait is known to be common, however many share it.
    counted = RawSQL(
        "(SELECT COUNT(*) FROM (SELECT 1 FROM intake_trait o WHERE o.kind = intake_trait.kind"
        " AND o.digest = intake_trait.digest LIMIT %s) AS few)",
        [COMMON_ABOVE + 1],
    )
    own = Trait.objects.filter(item__in=sellers.filter(external_id=seller_ref)).annotate(accounts=counted)
    traits = {
        (one.kind, one.digest): SharedTrait(one.kind, one.shown, one.accounts, one.accounts > COMMON_ABOVE)
        for one in own.order_by("kind", "id")
    }
    telling = {key for key, one in traits.items() if 1 < one.accounts <= COMMON_ABOVE}
    found: dict[UUID, tuple[Item, list[SharedTrait]]] = {}
    if telling:
        shared = Q(pk__in=[])
        for kind in sorted({kind for kind, _ in telling}):
            shared |= Q(kind=kind, digest__in=[digest for other, digest in telling if other == kind])
        rows = Trait.objects.filter(shared, item__in=sellers).exclude(item__external_id=seller_ref)
        for row in rows.select_related("item").order_by("item_id", "kind", "id"):
            found.setdefault(row.item_id, (row.item, []))[1].append(traits[row.kind, row.digest])
    ranked = sorted(found.values(), key=lambda pair: (-len(pair[1]), pair[0].external_id))
    return Links(
        accounts=tuple(
            Linked(
                item.external_id, item.title, item.pk, item.market, item.state, item.received_at, tuple(through)
            )
            for item, through in ranked[:limit]
        ),
        common=tuple(one for one in traits.values() if one.is_common),
        more=len(ranked) > limit,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SellerSaid:
    """What a seller says of itself, and since when it is known here."""

    content: Mapping[str, Any]
    received_at: datetime


def seller_said(actor: Actor, seller_ref: str) -> SellerSaid | None:
    """The seller's own newest snapshot, if it has arrived and may be seen. One query."""
    own = seen_items(actor).filter(kind=Kind.SELLER, external_id=seller_ref)
    row = own.values_list("snapshot__content", "received_at").first()
    return SellerSaid(row[0] or {}, row[1]) if row else None


@dataclass(frozen=True, slots=True)
class Alike:
    """An item near another one. ``why`` is ``same_words``, ``same_media``, ``same_seller`` or the role of a relation."""

    item: Item
    why: tuple[str, ...]
    thumbnail: str
    """Digest of its first stored picture, or nothing."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Items near one. ``missing`` are named by it but have not arrived, or are out of sight."""

    alike: tuple[Alike, ...] = ()
    missing: tuple[RelatedItem, ...] = ()


_MOST_USES = 200


def surroundings_of(actor: Actor, item_id: UUID, *, limit: int = 12) -> Surroundings:
    """Items that belong to this one, are named alike, show the same media, or come from the same seller.

    At most ``limit`` of each sort, the last changed first. Ten queries.
    """
    related = related_items(actor, item_id, limit=limit)
    item = Item.objects.get(pk=item_id)
    seen = seen_items(actor).exclude(pk=item_id)
    why: dict[UUID, list[str]] = {}
    for relation in related:
        if relation.id is not None and relation.id != item_id:
            _add(why, [relation.id], relation.role)
    if item.title_key:
        _add(why, _newest(seen.filter(title_key=item.title_key), limit), "same_words")
    digests = list(_digests(item.snapshot_id)) if item.snapshot_id else []
    if digests and item.snapshot_id:
        uses = ItemMedia.objects.filter(stored_id__in=digests).exclude(snapshot_id=item.snapshot_id)
        snapshots = list(uses.values_list("snapshot_id", flat=True)[:_MOST_USES])
        _add(why, _newest(seen.filter(snapshot_id__in=snapshots), limit), "same_media")
    if item.seller_ref:
        _add(why, _newest(seen.filter(seller_ref=item.seller_ref).exclude(kind=Kind.SELLER), limit), "same_seller")
    items = seen.in_bulk(list(why))
    pictures = _thumbnails([one.snapshot_id for one in items.values() if one.snapshot_id])
    return Surroundings(
        alike=tuple(
            Alike(items[pk], tuple(reasons), pictures.get(items[pk].snapshot_id, ""))  # type: ignore[arg-type]
            for pk, reasons in why.items()
            if pk in items
        ),
        missing=tuple(one for one in related if one.id is None),
    )


def _add(why: dict[UUID, list[str]], ids: Iterable[UUID], reason: str) -> None:
    for pk in ids:
        reasons = why.setdefault(pk, [])
        if reason not in reasons:
            reasons.append(reason)


def _newest(items: QuerySet[Item], limit: int) -> Sequence[UUID]:
    return list(items.order_by("-updated_at", "id").values_list("id", flat=True)[:limit])


def _digests(snapshot_id: UUID) -> Iterable[str]:
    rows = ItemMedia.objects.filter(snapshot_id=snapshot_id, stored_id__isnull=False).order_by("position")
    return [digest for digest in rows.values_list("stored_id", flat=True) if digest]


def _thumbnails(snapshot_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The first stored picture of each snapshot. One query."""
    rows = ItemMedia.objects.filter(snapshot_id__in=snapshot_ids, stored__content_type__startswith="image/").order_by(
        "snapshot_id", "-position"
    )
    return {snapshot_id: digest or "" for snapshot_id, digest in rows.values_list("snapshot_id", "stored_id")}
