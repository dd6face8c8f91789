"""Writes that may be repeated: the first answer to an ``Idempotency-Key`` is the answer to all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from piepowder.intake.idempotency import IdempotencyKeyReused, answer_once
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Malformed

KEY_LENGTH = 200
IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": KEY_LENGTH},
    "description": "Any text that is new for each intended write and the same for its repetitions.",
}


class BadIdempotencyKey(Malformed):
    code = "bad_idempotency_key"


REPEAT_REFUSALS = (BadIdempotencyKey, IdempotencyKeyReused)


def answered_once(
    request: HttpRequest, actor: Actor, raw: bytes, work: Callable[[], tuple[int, dict[str, Any]]]
) -> HttpResponse:
    """``work``'s status and body as the response; with an idempotency key the work is done at most once.

    A stored answer carries ``Idempotency-Replayed: true``. A refusal is not stored: the same request may succeed later.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not key:
        return answered(*work())
    if len(key) > KEY_LENGTH or not key.isprintable():
        detail = f"at most {KEY_LENGTH} printable characters"
        problem = FieldProblem("/header/Idempotency-Key", BadIdempotencyKey.code, detail)
        raise BadIdempotencyKey("this idempotency key cannot be used", problems=[problem])
    status, body, replayed = answer_once(
        owner=f"{actor.kind.value}:{actor.ref}"[:80],
        key=key,
        request_digest=hashlib.sha256(f"{request.method} {request.path}\n".encode() + raw).hexdigest(),
        at=timezone.now(),
        work=work,
    )
    response = answered(status, body)
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def answered(status: int, body: Any) -> HttpResponse:
    """``body`` as JSON; sorted, because a database may give a stored answer back in another order."""
    return HttpResponse(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), status=status, content_type="application/json")
