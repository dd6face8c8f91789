"""What is known of a livestream: whether it is on, and its moments at their places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, OuterRef, Subquery

from piepowder.intake.models import Detection, ItemMedia, Moment, Snapshot
from piepowder.intake.queries import NoSuchItem, seen_items
from piepowder.intake.schemas.fields import parse_moment
from piepowder.intake.states import Kind, MomentKind
from piepowder.kernel.actor import Actor

SHOWN_MOMENTS = 400
"""Of a long stream the newest so many are shown."""


@dataclass(frozen=True, slots=True)
class MomentLine:
    """``spans`` are the stretches of ``text`` in which something was found, ``labels`` what."""

    id: UUID
    kind: str
    reference: str
    at_ms: int
    text: str
    digest: str
    state: str
    spans: tuple[Mapping[str, int], ...]
    labels: tuple[str, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StreamSource:
    """Where a stream plays from: a live ``url``, or the ``digest`` of a film that was uploaded whole."""

    item_id: UUID
    title: str
    url: str
    digest: str
    content_type: str
    started_at: datetime | None


def stream_source(actor: Actor, item_id: UUID) -> StreamSource:
    """Where the newest snapshot of a livestream says that it plays; raises ``NoSuchItem``. Two queries."""
    item = seen_items(actor).filter(id=item_id, kind=Kind.LIVESTREAM).select_related("snapshot").first()
    if item is None or item.snapshot is None:
        raise NoSuchItem("there is no such livestream")
    media = ItemMedia.objects.filter(snapshot=item.snapshot, role="stream").select_related("stored").first()
    stored = media.stored if media else None
    return StreamSource(
        item_id=item.pk,
        title=item.title or item.external_id,
        url=media.url if media else "",
        digest=stored.digest if stored else "",
        content_type=stored.content_type if stored else "",
        started_at=started_at(item.snapshot, item.received_at),
    )


def started_at(snapshot: Snapshot, else_at: datetime) -> datetime:
    """When the stream began, as its sender says, else when it was first heard of."""
    said = snapshot.content.get("started_at")
    return parse_moment(said) if isinstance(said, str) else else_at


def moments_of(actor: Actor, item_id: UUID) -> tuple[MomentLine, ...]:
    """The newest moments of a stream in their order, with what was found in them; raises ``NoSuchItem``. Three queries."""
    item = seen_items(actor).filter(id=item_id).first()
    if item is None:
        raise NoSuchItem("there is no such livestream")
    newest = list(Moment.objects.filter(item_id=item_id).order_by("-at_ms", "-id")[:SHOWN_MOMENTS])
    if not newest:
        return ()
    found = _found(Detection.objects.filter(item_id=item_id).order_by("-score", "id"))
    return tuple(_line(one, found.get(one.reference, ())) for one in reversed(newest))


def _found(rows: Iterable[Detection]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Label and span by the moment they name; spans come from outside, so strange ones are passed over."""
    by_moment: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for row in rows:
        for span in row.spans:
            if isinstance(span, Mapping) and isinstance(span.get("moment"), str):
                by_moment.setdefault(span["moment"], []).append((row.label, span))
    return by_moment


def _line(one: Moment, found: Collection[tuple[str, Mapping[str, Any]]]) -> MomentLine:
    spans = tuple(
        {"start": span["start"], "end": span["end"]}
        for _, span in found
        if isinstance(span.get("start"), int) and isinstance(span.get("end"), int)
    )
    return MomentLine(
        id=one.id,
        kind=one.kind,
        reference=one.reference,
        at_ms=one.at_ms,
        text=one.text,
        digest=one.stored_id or "",
        state=one.state,
        spans=spans,
        labels=tuple(dict.fromkeys(label for label, _ in found)),
        received_at=one.received_at,
    )


def ended_among(item_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the streams that are over; one query."""
    rows = Moment.objects.filter(item_id__in=item_ids, kind=MomentKind.ENDED)
    return frozenset(rows.values_list("item_id", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest of a stream: what was said last, and what was found last."""

    said: tuple[str, ...]
    found: str
    found_at: datetime | None
    score: float | None
    last_ms: int | None


def heard_in(item_ids: Collection[UUID], *, lines: int = 3) -> dict[UUID, Heard]:
    """The newest of each stream, for the wall; a fixed number of queries for any number of streams."""
    last = dict(Moment.objects.filter(item_id__in=item_ids).values_list("item_id").annotate(Max("at_ms")).order_by())
    said: dict[UUID, list[str]] = {}
    for offset in range(lines):
        spoken = Moment.objects.filter(item_id=OuterRef("item_id"), kind__in=[MomentKind.TRANSCRIPT, MomentKind.CHAT])
        nth = spoken.order_by("-at_ms", "-id").values("id")[offset : offset + 1]
        one_each = Moment.objects.filter(item_id__in=item_ids, id=Subquery(nth)).values_list("item_id", "text")
        for item_id, text in one_each:
            said.setdefault(item_id, []).insert(0, text)
    newest = Detection.objects.filter(item_id=OuterRef("item_id")).order_by("-found_at", "-score", "-id").values("id")
    found = {row.item_id: row for row in Detection.objects.filter(item_id__in=item_ids, id=Subquery(newest[:1]))}
    return {
        item_id: Heard(
            said=tuple(said.get(item_id, ())),
            found=found[item_id].label if item_id in found else "",
            found_at=found[item_id].found_at if item_id in found else None,
            score=found[item_id].score if item_id in found else None,
            last_ms=last.get(item_id),
        )
        for item_id in item_ids
    }
