"""What may come in: a typed, versioned schema per kind of item, and one for notices.

The fields are told once, as pydantic types. pydantic's core checks an item in a few microseconds, which a table of our
own in Python does not reach, and the same types give the JSON schema that the reference documentation shows.

One item on the wire::

    {"kind": "listing", "id": "L-1", "market": "DE", "language": "de", "seller": "S-1",
     "content": {"title": "…", "price": {"amount": 1299, "currency": "EUR"}, "images": ["https://…"]},
     "submission": "submitted", "relations": [{"role": "variant_of", "kind": "listing", "id": "L-0"}],
     "detections": [{"model": "m", "version": "1", "label": "weapon", "score": 0.9, "policy": "A-1"}],
     "occurred_at": "2026-03-04T10:00:00Z"}

Pictures, films and documents stand in the content, where their meaning is, as an ``http(s)`` address or as
``sha256:<digest>`` of something uploaded before; there is no second list of media beside it. Relations that a kind knows
(a video's ``promotes``, a text's ``about``, a claim's ``claimed_items``, a document's ``document_of``) are read from the
content too; ``relations`` is for all others. Whatever has no field goes into ``content.attributes``.
"""

from piepowder.intake.schemas.kinds import SCHEMA_VERSIONS, json_schema
from piepowder.intake.schemas.moments import MomentGiven, parse_moments
from piepowder.intake.schemas.notices import parse_notice
from piepowder.intake.schemas.submissions import parse_submission
from piepowder.intake.schemas.values import (
    DetectionGiven,
    MediaGiven,
    Notice,
    RelationGiven,
    ReporterGiven,
    Submitted,
)

__all__ = [
    "SCHEMA_VERSIONS",
    "DetectionGiven",
    "MediaGiven",
    "MomentGiven",
    "Notice",
    "RelationGiven",
    "ReporterGiven",
    "Submitted",
    "json_schema",
    "parse_moments",
    "parse_notice",
    "parse_submission",
]
