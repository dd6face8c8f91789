"""What the console, the seller panel and the API read. Everything starts with what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import scope_q, sees, visible
from piepowder.database.prepared import Prepared
from piepowder.intake.media import NoSuchMedia
from piepowder.intake.models import (
    Detection,
    Item,
    ItemMedia,
    Moment,
    Relation,
    Report,
    ReportEvidence,
    Snapshot,
    StoredMedia,
)
from piepowder.intake.reporters import trust_of
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound
from piepowder.kernel.permissions import Permission


class NoSuchItem(NotFound):
    """There is none, or the actor may not know of it."""

    code = "no_such_item"


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One picture, film or document of a snapshot; ``digest`` is empty until it is stored."""

    id: UUID
    position: int
    role: str
    url: str
    state: str
    problem: str
    digest: str
    content_type: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class DetectionLine:
    model: str
    version: str
    label: str
    policy_code: str
    score: float
    spans: tuple[Mapping[str, Any], ...]
    found_at: datetime


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    id: UUID
    number: int
    submission: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ItemCard:
    """An item as one of its snapshots shows it."""

    id: UUID
    kind: str
    external_id: str
    market: str
    language: str
    state: str
    seller_ref: str
    title: str
    snapshot_id: UUID
    number: int
    newest_number: int
    submission: str
    content: Mapping[str, Any]
    received_at: datetime
    occurred_at: datetime | None
    media: tuple[MediaLine, ...]
    detections: tuple[DetectionLine, ...]
    snapshots: tuple[SnapshotLine, ...]
    """All of them, newest first."""


@dataclass(frozen=True, slots=True)
class ItemLine:
    id: UUID
    kind: str
    external_id: str
    market: str
    language: str
    state: str
    title: str
    updated_at: datetime
    reports: int


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """``outward`` is how it stands in the item's own submission. ``id`` is ``None`` while the other has not arrived, or is
    out of the actor's sight."""

    role: str
    outward: bool
    kind: str
    external_id: str
    id: UUID | None
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class SellerStanding:
    """The seller behind items: their own item, if it has arrived, and what there is of them."""

    ref: str
    item_id: UUID | None
    name: str
    market: str
    items_by_kind: Mapping[str, int]
    reports: int

    @property
    def items(self) -> int:
        return sum(self.items_by_kind.values())


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report without who sent it: the reporter's identity is shown nowhere that the seller's side could reach."""

    id: UUID
    reporter_kind: str
    trust: int
    basis: str
    policy_code: str
    reason: str
    locations: tuple[str, ...]
    evidence: tuple[str, ...]
    language: str
    snapshot_id: UUID
    received_at: datetime


def seen_items(actor: Actor) -> QuerySet[Item]:
    """The items that ``actor`` may see."""
    return visible(Item.objects.all(), scope_q(actor, Permission.ITEM_VIEW, market="market", language="language"))


def item_card(actor: Actor, item_id: UUID, *, number: int | None = None) -> ItemCard:
    """The item with its newest snapshot, or with the one of ``number``; raises ``NoSuchItem``. Five queries."""
    item = _seen_item(actor, item_id)
    snapshots = _snapshots(item_id)
    chosen = next((one for one in snapshots if number in (None, one.number)), None)
    if chosen is None:
        raise NoSuchItem(f"the item has no snapshot {number}")
    detections = _detections(item_id, chosen.id)
    return ItemCard(
        id=item.id,
        kind=item.kind,
        external_id=item.external_id,
        market=item.market,
        language=item.language,
        state=item.state,
        seller_ref=item.seller_ref,
        title=item.title,
        snapshot_id=chosen.id,
        number=chosen.number,
        newest_number=snapshots[0].number,
        submission=chosen.submission,
        content=_content(chosen.id)[0],
        received_at=chosen.received_at,
        occurred_at=chosen.occurred_at,
        media=media_of(chosen.id),
        detections=tuple(_detection_line(one) for one in detections),
        snapshots=tuple(SnapshotLine(one.id, one.number, one.submission, one.received_at) for one in snapshots),
    )


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item as its newest snapshot shows it: what has to be judged, without what came before."""

    id: UUID
    kind: str
    external_id: str
    market: str
    language: str
    state: str
    seller_ref: str
    title: str
    snapshot_id: UUID
    number: int
    content: Mapping[str, Any]
    received_at: datetime
    media: tuple[MediaLine, ...]
    detections: tuple[DetectionLine, ...]


def item_shown(actor: Actor, item_id: UUID) -> ItemShown:
    """The item with its newest snapshot; raises ``NoSuchItem``. Three queries."""
    item = _item_now.first(item_id)
    if item is None or not sees(actor, Permission.ITEM_VIEW, market=item.market, language=item.language):
        raise NoSuchItem(_("there is no such item"))
    newest = item.snapshot
    assert newest is not None  # an item comes with its first
    return ItemShown(
        id=item.id,
        kind=item.kind,
        external_id=item.external_id,
        market=item.market,
        language=item.language,
        state=item.state,
        seller_ref=item.seller_ref,
        title=item.title,
        snapshot_id=newest.id,
        number=newest.number,
        content=newest.content,
        received_at=newest.received_at,
        media=media_of(newest.id),
        detections=tuple(_detection_line(one) for one in _detections(item_id, newest.id)),
    )


_item_now = Prepared(lambda item: Item.objects.select_related("snapshot").filter(id=item), Item.id)


def _seen_item(actor: Actor, item_id: UUID) -> Item:
    item = _item.first(item_id)
    if item is None or not sees(actor, Permission.ITEM_VIEW, market=item.market, language=item.language):
        raise NoSuchItem(_("there is no such item"))
    return item


_item = Prepared(lambda item: Item.objects.filter(id=item), Item.id)
_snapshots = Prepared(
    lambda item: Snapshot.objects.filter(item_id=item).order_by("-number").defer("content"), Snapshot.item
)
_content = Prepared(
    lambda snapshot: Snapshot.objects.filter(id=snapshot).values_list("content", flat=True), Snapshot.id
)
_detections = Prepared(
    lambda item, snapshot: Detection.objects.filter(item_id=item, snapshot_id=snapshot).order_by("-score", "id"),
    Detection.item,
    Detection.snapshot,
)
_media = Prepared(
    lambda snapshot: ItemMedia.objects.filter(snapshot_id=snapshot).select_related("stored").order_by("position"),
    ItemMedia.snapshot,
)
_reports = Prepared(
    lambda item: Report.objects.filter(item_id=item).select_related("reporter").order_by("-received_at", "id"),
    Report.item,
)


def item_by_external_id(actor: Actor, kind: str, external_id: str) -> UUID:
    """The id of the item that the marketplace calls ``external_id``; raises ``NoSuchItem``."""
    found = seen_items(actor).filter(kind=kind, external_id=external_id).values_list("id", flat=True).first()
    if found is None:
        raise NoSuchItem(f"there is no {kind} with the id '{external_id}'")
    return found


def media_of(snapshot_id: UUID) -> tuple[MediaLine, ...]:
    """The media of a snapshot in their order; one query. The caller has seen to it that the item may be seen."""
    rows = _media(snapshot_id)
    return tuple(
        MediaLine(
            id=row.id,
            position=row.position,
            role=row.role,
            url=row.url,
            state=row.state,
            problem=row.problem,
            digest=row.stored_id or "",
            content_type=row.stored.content_type if row.stored else "",
            width=row.stored.width if row.stored else None,
            height=row.stored.height if row.stored else None,
        )
        for row in rows
    )


def media_seen_by(actor: Actor, digest: str) -> StoredMedia:
    """The stored file, when an item that ``actor`` may see has it, or a report that they may read brings it forward.

    Raises ``NoSuchMedia`` otherwise. One query, or up to three.
    """
    items = scope_q(actor, Permission.ITEM_VIEW, market="snapshot__item__market", language="snapshot__item__language")
    use = ItemMedia.objects.filter(items, stored_id=digest).select_related("stored").first()
    if use is not None and use.stored is not None:
        return use.stored
    streams = scope_q(actor, Permission.ITEM_VIEW, market="item__market", language="item__language")
    moment = Moment.objects.filter(streams, stored_id=digest).select_related("stored").first()
    if moment is not None and moment.stored is not None:
        return moment.stored
    reports = scope_q(actor, Permission.REPORT_VIEW, market="report__item__market", language="report__item__language")
    piece = ReportEvidence.objects.filter(reports, stored_id=digest).select_related("stored").first()
    if piece is None:
        raise NoSuchMedia(_("there is no such picture, film or document"))
    return piece.stored


def related_items(actor: Actor, item_id: UUID, *, limit: int = 50) -> list[RelatedItem]:
    """Items that this one names, its seller first, then those that name it; four queries at most."""
    item = seen_items(actor).filter(id=item_id).first()
    if item is None:
        raise NoSuchItem(_("there is no such item"))
    named = list(Relation.objects.filter(item_id=item_id).order_by("role", "to_kind", "to_external_id")[:limit])
    outward = [(one.role, one.to_kind, one.to_external_id) for one in named]
    if item.seller_ref and item.kind != Kind.SELLER:
        outward.insert(0, ("sold_by", Kind.SELLER.value, item.seller_ref))
    known = _by_key(seen_items(actor), [(kind, external_id) for role, kind, external_id in outward])
    inward = (
        Relation.objects.filter(to_kind=item.kind, to_external_id=item.external_id, item__in=seen_items(actor))
        .select_related("item")
        .order_by("role", "-item__updated_at", "item_id")[:limit]
    )
    return [
        *(_related(role, True, kind, ref, known.get((kind, ref))) for role, kind, ref in outward),
        *(_related(one.role, False, one.item.kind, one.item.external_id, one.item) for one in inward),
    ]


def seller_items(actor: Actor, seller_ref: str, *, kind: str = "", limit: int = 50) -> list[ItemLine]:
    """A seller's items, the last changed first, with how often each was reported; one query."""
    rows = seen_items(actor).filter(seller_ref=seller_ref).exclude(kind=Kind.SELLER)
    if kind:
        rows = rows.filter(kind=kind)
    counted = rows.annotate(report_count=Count("reports")).order_by("-updated_at", "id")[:limit]
    return [
        ItemLine(
            one.id, one.kind, one.external_id, one.market, one.language, one.state, one.title, one.updated_at,
            one.report_count,
        )
        for one in counted
    ]  # fmt: skip


def seller_standing(actor: Actor, seller_ref: str) -> SellerStanding:
    """What is known of a seller, counted over what ``actor`` may see; three queries."""
    theirs = seen_items(actor).filter(seller_ref=seller_ref)
    counts = theirs.values("kind").annotate(count=Count("id")).order_by("kind")
    own = seen_items(actor).filter(kind=Kind.SELLER, external_id=seller_ref).first()
    return SellerStanding(
        ref=seller_ref,
        item_id=own.id if own else None,
        name=own.title if own else "",
        market=own.market if own else "",
        items_by_kind={row["kind"]: row["count"] for row in counts if row["kind"] != Kind.SELLER},
        reports=Report.objects.filter(item__in=theirs).count(),
    )


def reports_about(actor: Actor, item_id: UUID) -> list[ReportLine]:
    """The reports about an item, the weightiest first, for those who may read reports there; two queries."""
    item = _seen_item(actor, item_id)
    if not actor.may(Permission.REPORT_VIEW, Place(market=item.market, language=item.language)):
        return []
    lines = [_report_line(one) for one in _reports(item_id)]
    return sorted(lines, key=lambda line: -line.trust)


def _report_line(one: Report) -> ReportLine:
    return ReportLine(
        id=one.id,
        reporter_kind=one.reporter.kind,
        trust=trust_of(one.reporter, one.policy_code, one.received_at),
        basis=one.basis,
        policy_code=one.policy_code,
        reason=one.reason,
        locations=tuple(one.locations),
        evidence=tuple(one.evidence),
        language=one.language,
        snapshot_id=one.snapshot_id,
        received_at=one.received_at,
    )


def _detection_line(one: Detection) -> DetectionLine:
    return DetectionLine(one.model, one.version, one.label, one.policy_code, one.score, tuple(one.spans), one.found_at)


def _by_key(items: QuerySet[Item], keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    if not keys:
        return {}
    wanted = Q(pk__in=[])
    for kind in {key[0] for key in keys}:
        wanted |= Q(kind=kind, external_id__in=[ref for other, ref in keys if other == kind])
    return {(item.kind, item.external_id): item for item in items.filter(wanted)}


def _related(role: str, outward: bool, kind: str, external_id: str, item: Item | None) -> RelatedItem:
    return RelatedItem(
        role,
        outward,
        kind,
        external_id,
        item.id if item else None,
        item.title if item else "",
        item.state if item else "",
    )
