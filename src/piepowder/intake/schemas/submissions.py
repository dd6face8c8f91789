"""Reading one submitted item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
from pydantic_core import ValidationError

from piepowder.intake.schemas.fields import parse_moment
from piepowder.intake.schemas.kinds import ITEMS, MEDIA_FIELDS, RELATION_FIELDS, SCHEMA_VERSIONS, TITLE_FIELDS
from piepowder.intake.schemas.values import DetectionGiven, MediaGiven, RelationGiven, Submitted
from piepowder.intake.schemas.wording import field_problems, pointer_to
from piepowder.kernel.errors import FieldProblem

MOST_BYTES = 512 * 1024
"""Of one item's content as JSON."""
MOST_MEDIA = 100
_WITHOUT_CONTENT = frozenset({"withdrawn", "deleted"})


def parse_submission(raw: Any, pointer: str = "") -> Submitted | list[FieldProblem]:
    """``raw`` (a decoded JSON value) as a ``Submitted``, or what is wrong with it; never raises.

    ``pointer`` is where ``raw`` stands in what was sent.
    """
    try:
        item = ITEMS.validate_python(raw)
    except ValidationError as error:
        return field_problems(error, ITEMS, pointer, tagged=True)
    kind, content = item["kind"], item.get("content")
    submission = item.get("submission", "submitted")
    if content is None and submission not in _WITHOUT_CONTENT:
        return [FieldProblem(f"{pointer}/content", "missing", f"'content' is missing in an item that is {submission}")]
    seller = item["id"] if kind == "seller" else item.get("seller", "")
    relations = _relations(kind, content or {}, item.get("relations", ()))
    said = [SCHEMA_VERSIONS[kind], item["market"], item["language"], seller, content, [*map(_pair, relations)]]
    try:
        encoded = orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
        found = orjson.dumps(item["detections"]) if "detections" in item else b""
    except TypeError as error:
        return [FieldProblem(f"{pointer}/content", "not_json", f"'content' holds what JSON cannot hold: {error}")]
    if len(encoded) + len(found) > MOST_BYTES:
        return [FieldProblem(f"{pointer}/content", "too_long", f"the item is larger than {MOST_BYTES // 1024} KB")]
    if (b"\\u0000" in encoded or b"\\u0000" in found) and (place := _zero(item)) is not None:
        return [FieldProblem(pointer_to(pointer, place), "bad_text", "a text must not hold the character zero")]
    media = tuple(_media(kind, content or {}))
    if len(media) > MOST_MEDIA:
        return [FieldProblem(f"{pointer}/content", "too_many", f"the item names more than {MOST_MEDIA} media")]
    occurred_at = item.get("occurred_at")
    return Submitted(
        kind=kind,
        external_id=item["id"],
        market=item["market"],
        language=item["language"],
        submission=submission,
        seller_ref=seller,
        title=title_of(kind, content or {}),
        schema_version=SCHEMA_VERSIONS[kind],
        content=content,
        digest=hashlib.sha256(encoded).hexdigest(),
        media=media,
        relations=relations,
        detections=tuple(map(_detection, item["detections"])) if "detections" in item else (),
        occurred_at=parse_moment(occurred_at) if occurred_at else None,
    )


def title_of(kind: str, content: dict[str, Any]) -> str:
    """What an item is called in lists: one line, at most 300 characters."""
    title = str(content.get(TITLE_FIELDS[kind], ""))[:300]
    return " ".join(title.split()) if "\n" in title or "\t" in title else title


def _media(kind: str, content: dict[str, Any]) -> Iterator[MediaGiven]:
    for field, role in MEDIA_FIELDS[kind]:
        value = content.get(field)
        if value is not None:
            for address in value if isinstance(value, list) else (value,):
                yield _given(role, address)
    for paper in content.get("documents", ()):
        if "file" in paper:
            yield _given("document", paper["file"])


def _given(role: str, address: str) -> MediaGiven:
    if address.startswith("sha256:"):
        return MediaGiven(role, "", address[7:])
    return MediaGiven(role, address, "")


def _relations(kind: str, content: dict[str, Any], more: Any) -> tuple[RelationGiven, ...]:
    fields = RELATION_FIELDS.get(kind, ())
    if not fields and not more:
        return ()
    found = [RelationGiven(relation["role"], relation["kind"], relation["id"]) for relation in more]
    for field, role in fields:
        value = content.get(field)
        if value is not None:
            for other in value if isinstance(value, list) else (value,):
                bare = isinstance(other, str)
                found.append(
                    RelationGiven(role, "listing", other) if bare else RelationGiven(role, other["kind"], other["id"])
                )
    return tuple(dict.fromkeys(found))


def _pair(relation: RelationGiven) -> tuple[str, str, str]:
    return relation.role, relation.kind, relation.external_id


def _detection(given: dict[str, Any]) -> DetectionGiven:
    return DetectionGiven(
        given["model"],
        given["version"],
        given["label"],
        given.get("policy", ""),
        float(given["score"]),
        tuple(given.get("spans", ())),
    )


def _zero(value: Any, place: tuple[str | int, ...] = ()) -> tuple[str | int, ...] | None:
    """Where a text with the character zero stands, which PostgreSQL cannot hold."""
    if isinstance(value, str):
        return place if "\0" in value else None
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for step, inner in steps:
        if isinstance(step, str) and "\0" in step:
            return place
        if (found := _zero(inner, (*place, step))) is not None:
            return found
    return None
