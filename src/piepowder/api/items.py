"""Items in, one or many, and what is known of one."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Annotated, Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from piepowder.access.visibility import NotPermitted, require
from piepowder.api.auth import READING, WRITING, caller
from piepowder.api.bodies import NotJson, TooLarge, chunks, json_body
from piepowder.api.contract import answer_shape, contract
from piepowder.api.freshness import trust_recent_connection
from piepowder.api.paging import Word
from piepowder.api.repeats import IDEMPOTENCY_KEY, REPEAT_REFUSALS, answered, answered_once
from piepowder.api.together import Gathering
from piepowder.intake.moments import MomentsRefused, NoSuchStream
from piepowder.intake.operations import receive, receive_moments, receive_stream
from piepowder.intake.outcomes import Outcome, Result
from piepowder.intake.queries import NoSuchItem, item_by_external_id, item_card
from piepowder.intake.schemas import MomentGiven, Submitted, parse_moments, parse_submission
from piepowder.intake.stream import LineResult, lines_of
from piepowder.kernel.errors import FieldProblem, Malformed, Refused
from piepowder.kernel.permissions import Permission

router = Router(tags=["items"])
_SPOOL_BYTES = 1024 * 1024
_GATHERING = Gathering()


class ItemRefused(Refused):
    """Well-formed, but it names something that is not here."""

    code = "item_refused"


_RECEIPT: dict[str, Any] = {
    "type": "object",
    "required": ["result", "kind", "id", "item", "snapshot", "number"],
    "properties": {
        "result": {"enum": ["created", "updated", "unchanged"]},
        "kind": {"type": "string"},
        "id": {"type": "string", "description": "the marketplace's own id, as sent"},
        "item": {"type": "string", "format": "uuid"},
        "snapshot": {"type": "string", "format": "uuid", "description": "the newest snapshot of the item"},
        "number": {"type": "integer", "description": "its number, from 1"},
    },
}
_LINE: dict[str, Any] = {
    "oneOf": [
        {
            **_RECEIPT,
            "required": ["line", *_RECEIPT["required"]],
            "properties": {"line": {"type": "integer"}, **_RECEIPT["properties"]},
        },
        {
            "type": "object",
            "required": ["line", "result", "problems"],
            "properties": {
                "line": {"type": "integer", "description": "counted from 1"},
                "result": {"const": "refused"},
                "kind": {"type": "string"},
                "id": {"type": "string"},
                "problems": {"$ref": "#/components/schemas/Problem/properties/problems"},
            },
        },
        {
            "type": "object",
            "description": "the last line",
            "required": ["summary"],
            "properties": {"summary": {"type": "object", "additionalProperties": {"type": "integer"}}},
        },
    ]
}


@router.post(
    "/items",
    auth=WRITING,
    response={200: None, 201: None},
    url_name="submit_item",
    summary="Take in one item",
    **contract(
        "submit_item",
        permission=Permission.ITEM_SUBMIT,
        repeating="The same content again is `unchanged` (200) and leaves nothing; `Idempotency-Key` is optional.",
        refuses=(NotJson, Malformed, TooLarge, ItemRefused, *REPEAT_REFUSALS),
        more={
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SubmittedItem"}}},
            },
            "responses": {
                200: answer_shape("Updated or unchanged", _RECEIPT),
                201: answer_shape("Created", _RECEIPT),
            },
        },
    ),
)
def submit_item(request: HttpRequest) -> HttpResponse:
    """Keep a snapshot of what the item says now and open, join or update its case.

    The answer comes after the commit. Update, withdrawal and deletion are submissions too.
    """
    trust_recent_connection()
    sent, raw = json_body(request)
    given = parse_submission(sent)
    if not isinstance(given, Submitted):
        raise Malformed("the item cannot be read", problems=given)
    actor = caller(request)
    if "HTTP_IDEMPOTENCY_KEY" not in request.META:
        return answered(*_told(given, _GATHERING.receive(actor, given)))

    def store() -> tuple[int, dict[str, Any]]:
        return _told(given, receive(actor=actor, submissions=[given], at=timezone.now())[0])

    return answered_once(request, actor, raw, store)


@router.post(
    "/items/bulk",
    auth=WRITING,
    response={200: None},
    url_name="submit_items",
    summary="Take in many items, one per line",
    **contract(
        "submit_items",
        permission=Permission.ITEM_SUBMIT,
        repeating="Each line repeats like a single item: what is there already is `unchanged`.",
        more={
            "requestBody": {
                "required": True,
                "description": "NDJSON of any length; blank lines are passed over",
                "content": {"application/x-ndjson": {"schema": {"$ref": "#/components/schemas/SubmittedItem"}}},
            },
            "responses": {
                200: answer_shape("One line per line sent, then a summary", _LINE, "application/x-ndjson")
                | {
                    "headers": {
                        "Piepowder-Lines": {"schema": {"type": "integer"}, "description": "lines read"},
                        "Piepowder-Refused": {"schema": {"type": "integer"}, "description": "of them refused"},
                    }
                }
            },
        },
    ),
)
def submit_items(request: HttpRequest) -> StreamingHttpResponse:
    """Take in a stream of items; a bad line is answered with its problems and loses no other line.

    The body is read and stored bit by bit, in transactions of a thousand lines, and answered when it has been read whole.
    When the connection breaks before the answer, send everything again.
    """
    actor = caller(request)
    require(actor, Permission.ITEM_SUBMIT)
    results = receive_stream(actor=actor, lines=lines_of(chunks(request)), at_clock=timezone.now)
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115  # closed with the response
    counts: Counter[str] = Counter()
    for result in results:
        counts[result.outcome.result.value] += 1
        spool.write(orjson.dumps(_line(result), option=orjson.OPT_APPEND_NEWLINE))
    summary = {"lines": counts.total(), **{result.value: counts[result.value] for result in Result}}
    spool.write(orjson.dumps({"summary": summary}, option=orjson.OPT_APPEND_NEWLINE))
    spool.seek(0)
    response = StreamingHttpResponse(_pieces(spool), content_type="application/x-ndjson")
    response["Piepowder-Lines"] = str(counts.total())
    response["Piepowder-Refused"] = str(counts[Result.REFUSED.value])
    return response


_MOMENTS_KEPT: dict[str, Any] = {
    "type": "object",
    "required": ["new", "known"],
    "properties": {
        "new": {"type": "integer", "description": "moments that were stored now"},
        "known": {"type": "integer", "description": "moments whose reference had come before"},
    },
}


@router.post(
    "/items/{kind}/{path:external_id}/moments",
    auth=WRITING,
    response={200: None, 201: None},
    url_name="submit_moments",
    summary="Take in what happens in a livestream",
    **contract(
        "submit_moments",
        permission=Permission.ITEM_SUBMIT,
        repeating="Each `reference` counts once for its stream; what came before is passed over.",
        refuses=(NotJson, Malformed, TooLarge, NoSuchStream, MomentsRefused),
        more={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Moments"}}},
            },
            "responses": {
                200: answer_shape("All of them were known", _MOMENTS_KEPT),
                201: answer_shape("Stored", _MOMENTS_KEPT),
            },
        },
    ),
)
def submit_moments(
    request: HttpRequest, kind: Annotated[Word, Path(...)], external_id: Annotated[Word, Path(...)]
) -> HttpResponse:
    """Keep pictures, lines of speech and of chat, and the end of a stream, each at its place; up to 500 at once.

    A reviewer who watches the stream has them on the timeline within seconds. `kind` is `livestream`.
    """
    sent, _raw = json_body(request)
    given = parse_moments(sent)
    if isinstance(given[0], FieldProblem):
        raise Malformed("the moments cannot be read", problems=[one for one in given if isinstance(one, FieldProblem)])
    moments = [one for one in given if isinstance(one, MomentGiven)]
    kept = receive_moments(
        actor=caller(request), kind=kind, external_id=external_id, moments=moments, at=timezone.now()
    )
    return answered(201 if kept.new else 200, {"new": kept.new, "known": kept.known})


class MediaShape(Schema):
    """A picture, film or document of the snapshot; `digest` is empty until it is stored."""

    position: int
    role: str
    url: str
    state: str
    problem: str
    digest: str
    content_type: str
    width: int | None
    height: int | None


class DetectionShape(Schema):
    model: str
    version: str
    label: str
    policy_code: str
    score: float
    spans: list[dict[str, Any]]
    found_at: datetime


class SnapshotShape(Schema):
    id: UUID
    number: int
    submission: str
    received_at: datetime


class ItemShape(Schema):
    """An item as its newest snapshot shows it, or the one asked for; `external_id` is the marketplace's own id."""

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
    content: dict[str, Any]
    received_at: datetime
    occurred_at: datetime | None
    media: list[MediaShape]
    detections: list[DetectionShape]
    snapshots: list[SnapshotShape] = Field(description="all of them, newest first")


@router.get(
    "/items/{kind}/{path:external_id}",
    auth=READING,
    response=ItemShape,
    url_name="item",
    summary="One item",
    **contract("read_item", permission=Permission.ITEM_VIEW, refuses=(Malformed, NoSuchItem)),
)
def read_item(
    request: HttpRequest,
    kind: Annotated[Word, Path(...)],
    external_id: Annotated[Word, Path(...)],
    number: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="default: the newest snapshot")] = None,
) -> Any:
    """What is known of an item, with its media and what was detected in it."""
    actor = caller(request)
    require(actor, Permission.ITEM_VIEW)
    return item_card(actor, item_by_external_id(actor, kind, external_id), number=number)


def _pieces(spool: IO[bytes]) -> Iterator[bytes]:
    with spool:
        while piece := spool.read(64 * 1024):
            yield piece


def _line(result: LineResult) -> dict[str, Any]:
    outcome = result.outcome
    if outcome.result is not Result.REFUSED:
        return {"line": result.line, **_receipt(result.kind, result.external_id, outcome)}
    problems = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in outcome.problems]
    return {
        "line": result.line,
        "result": outcome.result.value,
        "kind": result.kind,
        "id": result.external_id,
        "problems": problems,
    }


def _told(given: Submitted, outcome: Outcome) -> tuple[int, dict[str, Any]]:
    if outcome.result is Result.REFUSED:
        raise _refusal(outcome)
    return 201 if outcome.result is Result.CREATED else 200, _receipt(given.kind, given.external_id, outcome)


def _receipt(kind: str, external_id: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "result": outcome.result.value,
        "kind": kind,
        "id": external_id,
        "item": str(outcome.item_id),
        "snapshot": str(outcome.snapshot_id),
        "number": outcome.snapshot_number,
    }


def _refusal(outcome: Outcome) -> NotPermitted | ItemRefused:
    first = outcome.problems[0]
    family = NotPermitted if first.code == NotPermitted.code else ItemRefused
    return family(first.detail, problems=outcome.problems)
