"""What has been read and checked, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class MediaGiven:
    """A picture, film or document that the content names: by ``url``, or by the ``digest`` of an upload."""

    role: str
    url: str
    digest: str


@dataclass(frozen=True, slots=True)
class RelationGiven:
    role: str
    kind: str
    external_id: str


@dataclass(frozen=True, slots=True)
class DetectionGiven:
    model: str
    version: str
    label: str
    policy_code: str
    score: float
    spans: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Submitted:
    """One submission of one item. ``content`` is ``None`` only for a withdrawal or deletion that repeats nothing."""

    kind: str
    external_id: str
    market: str
    language: str
    submission: str
    seller_ref: str
    title: str
    schema_version: int
    content: dict[str, Any] | None
    digest: str
    """SHA-256 over content, market, language, seller and relations: equal means nothing new was said."""
    media: tuple[MediaGiven, ...]
    relations: tuple[RelationGiven, ...]
    detections: tuple[DetectionGiven, ...]
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReporterGiven:
    """Who reports: name and e-mail are personal data and go nowhere but into ``Reporter``."""

    kind: str
    ref: str = ""
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A report about one or several items, each by kind and the marketplace's id."""

    reporter: ReporterGiven
    items: tuple[tuple[str, str], ...]
    basis: str
    reason: str
    good_faith: bool
    reference: str = ""
    policy_code: str = ""
    locations: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    language: str = ""
