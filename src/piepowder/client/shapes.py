"""What the API takes and gives, as it stands on the wire. Times are ISO 8601 in UTC; ``None`` means not there (yet)."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Result = Literal["created", "updated", "unchanged", "refused"]


class ItemReceipt(TypedDict):
    """What became of one item. ``id`` is the marketplace's own, ``item`` and ``snapshot`` are Piepowder's."""

    result: Result
    kind: str
    id: str
    item: str
    snapshot: str
    number: int


class BadField(TypedDict):
    pointer: str
    code: str
    detail: str


class LineResult(TypedDict):
    """What became of one item of many; ``line`` counts from 1. A refused one has ``problems`` and no ``item``."""

    line: int
    result: Result
    kind: str
    id: str
    item: NotRequired[str]
    snapshot: NotRequired[str]
    number: NotRequired[int]
    problems: NotRequired[list[BadField]]


class ReportReceipt(TypedDict):
    """What became of a notice."""

    result: Literal["created", "duplicate"]
    reference: str
    reports: list[dict[str, Any]]


class UploadedMedia(TypedDict):
    """Cite it in an item's content as ``sha256:<digest>``."""

    digest: str
    content_type: str
    size: int


class EnforcementOrder(TypedDict):
    """A restriction as ordered: no ``territories`` means everywhere, no ``days`` means no end."""

    family: Literal["visibility", "monetary", "provision", "account"]
    measure: str
    territories: NotRequired[list[str]]
    days: NotRequired[int | None]
    description: NotRequired[str]
