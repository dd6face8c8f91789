"""A livestream as its reviewer sees it: where it plays, what happened in it, what was done about it; and the wall of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from piepowder.intake.models import Snapshot
from piepowder.intake.queries import ItemCard
from piepowder.intake.states import MomentKind
from piepowder.intake.streams import MomentLine, StreamSource, heard_in, moments_of, started_at
from piepowder.kernel.actor import Actor
from piepowder.review.models import CaseEvent
from piepowder.review.states import CaseEventKind
from piepowder.review.streams import StreamCase, streams_on_air

MINUTES = (5, 15, 60, 240)
"""For how long a stream can be interrupted, as the console offers it."""
MOST_ON_WALL = 9
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?")
_FILM = re.compile(r"\.(mp4|m4v|webm|mov|ogv)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Intervention:
    """What was done about the stream before, at its place."""

    way: str
    minutes: int | None
    at_ms: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """``marks`` stand elsewhere: films have them too. ``ended`` when the marketplace has said so."""

    item_id: UUID
    on_air: bool
    ended: bool
    started_at: datetime | None
    moments: Sequence[MomentLine]
    interventions: Sequence[Intervention]
    minutes: tuple[int, ...] = MINUTES

    @property
    def length_ms(self) -> int:
        places = [one.at_ms for one in self.moments] + [one.at_ms for one in self.interventions]
        return max(places, default=0)


def live_for(actor: Actor, item: ItemCard) -> Live:
    """What is to be shown of the stream ``item``."""
    moments = moments_of(actor, item.id)
    began = started_at_of(item)
    ended = any(one.kind == MomentKind.ENDED for one in moments)
    return Live(
        item_id=item.id,
        on_air=not ended and item.state == "live",
        ended=ended,
        started_at=began,
        moments=moments,
        interventions=interventions_in(item.id, began),
    )


def started_at_of(item: ItemCard) -> datetime:
    """When the stream began, as its newest snapshot says."""
    return started_at(Snapshot(content=dict(item.content)), item.received_at) or item.received_at


def interventions_in(item_id: UUID, began: datetime) -> list[Intervention]:
    """What was done about a stream in any of its cases, whoever did it; one query."""
    rows = CaseEvent.objects.filter(case__item_id=item_id, kind=CaseEventKind.DECIDED, body__has_key="intervention")
    return [
        _intervention(body["intervention"], at, began) for body, at in rows.order_by("at").values_list("body", "at")
    ]


def _intervention(told: dict[str, Any], at: datetime, began: datetime) -> Intervention:
    return Intervention(told["way"], told.get("minutes"), max(0, int((at - began).total_seconds() * 1000)), at)


@dataclass(frozen=True, slots=True)
class Card:
    """One stream on the wall."""

    case: StreamCase
    title: str
    started_at: datetime | None
    said: tuple[str, ...]
    found: str
    score: int | None
    found_at: datetime | None


def wall_for(actor: Actor, *, now: datetime, places: int) -> tuple[list[Card], int]:
    """The streams for a wall of ``places``, the most pressing first, and how many more there are."""
    cases, all_of_them = streams_on_air(actor, now=now, limit=places)
    heard = heard_in([one.item.pk for one in cases])
    cards = [
        Card(
            case=one,
            title=one.item.title or one.item.external_id,
            started_at=started_at(one.item.snapshot, one.item.received_at) if one.item.snapshot else None,
            said=heard[one.item.pk].said,
            found=heard[one.item.pk].found,
            score=round(100 * (heard[one.item.pk].score or 0)) if heard[one.item.pk].found else None,
            found_at=heard[one.item.pk].found_at,
        )
        for one in cases
    ]
    return cards, all_of_them - len(cards)


def is_film(source: StreamSource) -> bool:
    """Whether the stream is a file that a browser plays by itself rather than an HLS playlist."""
    return bool(source.digest) or bool(_FILM.search(urlsplit(source.url).path))


def origins_of(url: str) -> list[str]:
    """The origins that a page which plays ``url`` must be allowed to load from; none for what is no address."""
    parts = urlsplit(url.lower())
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return [origin, *settings.STREAM_ORIGINS] if _ORIGIN.fullmatch(origin) else []
