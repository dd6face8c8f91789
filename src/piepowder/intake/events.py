"""What intake tells the packages above, inside the transaction that stores it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piepowder.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one call of ``receive`` made of one item: its newest snapshot, and everything found in the call."""

    item_id: UUID
    snapshot_id: UUID
    snapshot_number: int
    kind: str
    external_id: str
    market: str
    language: str
    seller_ref: str
    submission: str
    is_new_item: bool
    content_changed: bool
    """False when only detections arrived for a snapshot that was there already."""
    detections: tuple[tuple[str, str, float], ...]
    """Label, policy code (empty when the model names none), score."""
    title: str


@dataclass(frozen=True, slots=True)
class ItemsReceived:
    """Items were stored; each item stands here once, however often it came in the call."""

    arrivals: tuple[Arrival, ...]
    at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class ReportArrived:
    """One report about one item. It is about the snapshot that was the newest then."""

    report_id: UUID
    item_id: UUID
    snapshot_id: UUID
    policy_code: str
    basis: str
    reporter_kind: str
    trust: int
    """In 0…100; a trusted flagger's own counts only in their areas and while they are not suspended."""
    kind: str
    market: str
    language: str
    seller_ref: str


@dataclass(frozen=True, slots=True)
class ReportsReceived:
    reports: tuple[ReportArrived, ...]
    at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class ReportersWeighed:
    """The word of these reporters weighs more or less than before."""

    reporter_ids: tuple[UUID, ...]
    at: datetime
