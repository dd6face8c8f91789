"""The same request twice gets the same answer and does its work once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from piepowder.intake.models import Reply
from piepowder.kernel.errors import Conflict


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"


@transaction.atomic
def answer_once(
    *, owner: str, key: str, request_digest: str, at: datetime, work: Callable[[], tuple[int, Any]]
) -> tuple[int, Any, bool]:
    """Do ``work`` unless ``owner`` sent ``key`` before; returns status, body (JSON) and whether it is a stored answer.

    The answer is stored in the transaction of the work, so that there is never one without the other; when ``work`` raises,
    neither is there and the key is free. A second request with the same key waits until the first has ended. Raises
    ``IdempotencyKeyReused`` when the key came with another request before.
    """
    if not _reserve(owner, key, request_digest, at):
        reply = Reply.objects.get(owner=owner, key=key)
        if reply.request_digest != request_digest:
            raise IdempotencyKeyReused(
                "this idempotency key was used for another request; use a new one for each request"
            )
        return reply.status, reply.body, True
    status, body = work()
    with connection.cursor() as cursor:
        stored = orjson.dumps(body).decode()
        cursor.execute(
            "UPDATE intake_reply SET status = %s, body = %s WHERE owner = %s AND key = %s", [status, stored, owner, key]
        )
    return status, body, False


def _reserve(owner: str, key: str, request_digest: str, at: datetime) -> bool:
    """Put the key down; ``False`` when it is there. On PostgreSQL this waits for whoever is putting the same one down."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO intake_reply (owner, key, request_digest, status, body, created_at) "
            "VALUES (%s, %s, %s, 0, 'null', %s) ON CONFLICT (owner, key) DO NOTHING",
            [owner, key, request_digest, connection.ops.adapt_datetimefield_value(at)],
        )
        return bool(cursor.rowcount == 1)
