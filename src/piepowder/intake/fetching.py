"""Bringing in the media that items and the moments of streams name by address: claimed with a lease, fetched outside of
any transaction, recorded.

A row's ``due_at`` says when somebody may try; whoever takes it moves that into the future, past the time a fetch can take.
A process that dies therefore gives its rows back by doing nothing.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings
from django.db import connection, transaction

from piepowder.intake.guard import WHOLE_FETCH_S, Fetched, NotTaken, Unreachable, fetch
from piepowder.intake.media import incoming_folder, keep, stored_row
from piepowder.intake.models import ItemMedia, Moment
from piepowder.intake.states import MediaState
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.addresses import WEB_PORTS, Resolver, system_resolver
from piepowder.kernel.pinned import pinned_client
from piepowder.ledger.operations import record

THREADS = 8
LEASE = timedelta(seconds=2 * WHOLE_FETCH_S)
BACKOFF = (
    timedelta(seconds=30),
    timedelta(minutes=3),
    timedelta(minutes=20),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""How long to wait after each failed attempt; after one more it is given up."""


@dataclass(frozen=True, slots=True)
class Claimed:
    of: type[ItemMedia] | type[Moment]
    id: UUID
    url: str
    attempts: int
    due_at: datetime
    """The end of the lease, and the sign by which it is still ours."""


def fetch_due(*, now: datetime, limit: int, resolver: Resolver = system_resolver) -> int:
    """Try what is due, at most ``limit`` of it, a few at a time; returns how many were tried."""
    tried, started = 0, time.monotonic()
    attempt = partial(_try, folder=incoming_folder(), most_bytes=settings.MEDIA_LIMIT_BYTES)
    with _client(resolver) as client, ThreadPoolExecutor(THREADS, thread_name_prefix="media") as pool:
        while tried < limit:
            moment = now + timedelta(seconds=time.monotonic() - started)
            claimed = claim(now=moment, limit=min(THREADS, limit - tried))
            if not claimed:
                break
            results = pool.map(partial(attempt, client), claimed)
            for one, result in zip(claimed, results, strict=True):
                _record(one, result, at=now + timedelta(seconds=time.monotonic() - started))
            tried += len(claimed)
    return tried


def claim(*, now: datetime, limit: int) -> list[Claimed]:
    """Take up to ``limit`` rows that are due; nobody else gets them before the lease ends.

    A picture of a stream that is on goes before the media of items: somebody is looking at it.
    """
    with transaction.atomic():
        taken = _claim(Moment, now, limit)
        return [*taken, *_claim(ItemMedia, now, limit - len(taken))] if len(taken) < limit else taken


def _claim(of: type[ItemMedia] | type[Moment], now: datetime, limit: int) -> list[Claimed]:
    skip = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    table, until = of._meta.db_table, now + LEASE
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET due_at = %s, attempts = attempts + 1 WHERE id IN ("  # noqa: S608
            f"SELECT id FROM {table} WHERE state = 'pending' AND due_at <= %s "
            f"ORDER BY due_at, id LIMIT %s {skip}) RETURNING id, url, attempts",
            [_param(until), _param(now), limit],
        )
        rows = cursor.fetchall()
    return [Claimed(of, id_ if isinstance(id_, UUID) else UUID(id_), url, tries, until) for id_, url, tries in rows]


def _try(client: httpx.Client, one: Claimed, *, folder: Path, most_bytes: int) -> Fetched | NotTaken | Unreachable:
    try:
        return fetch(client, one.url, folder=folder, most_bytes=most_bytes)
    except (NotTaken, Unreachable) as error:
        return error
    except OSError as error:
        return Unreachable(f"the file could not be kept ({error.strerror})")


def _record(one: Claimed, result: Fetched | NotTaken | Unreachable, at: datetime) -> None:
    """Write down what came of it, unless the lease has ended and somebody else has it now."""
    size: tuple[int | None, int | None] = (None, None)
    if isinstance(result, Fetched):
        try:
            size = keep(result)
        except NotTaken as error:
            result = error
        except OSError as error:
            result = Unreachable(f"the file could not be kept ({error.strerror})")
    with transaction.atomic():
        if isinstance(result, Fetched):
            stored, _ = stored_row(result, *size, at)
            changes: dict[str, Any] = {"state": MediaState.STORED, "stored": stored, "problem": "", "due_at": None}
        elif isinstance(result, NotTaken):
            changes = {"state": MediaState.REFUSED, "problem": str(result)[:300], "due_at": None}
        elif one.attempts > len(BACKOFF):
            changes = {"state": MediaState.FAILED, "problem": str(result)[:300], "due_at": None}
        else:
            changes = {"problem": str(result)[:300], "due_at": at + BACKOFF[one.attempts - 1]}
        rows = one.of._default_manager
        ours = rows.filter(id=one.id, state=MediaState.PENDING, attempts=one.attempts, due_at=one.due_at)
        if ours.update(**changes) and changes["due_at"] is None:
            body = {"digest": result.digest} if isinstance(result, Fetched) else {}
            item = "item_id" if one.of is Moment else "snapshot__item_id"
            item_id = rows.values_list(item, flat=True).get(id=one.id)
            state = str(changes["state"])
            record(
                actor=SYSTEM, at=at, verb="media.fetch", subject_kind="item", subject_id=item_id,
                media=str(one.id), state=state, **body,
            )  # fmt: skip


def _client(resolver: Resolver) -> httpx.Client:
    private = settings.ALLOW_PRIVATE_ADDRESSES
    return pinned_client(
        allow_private=private,
        ports=None if private else WEB_PORTS,
        resolver=resolver,
        max_connections=THREADS,
        headers={"User-Agent": "Piepowder (media of moderated items)"},
    )


def _param(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def forget_leftovers(*, now: datetime) -> int:
    """Delete the half-written files of processes that died; returns how many."""
    gone = 0
    folder = incoming_folder()
    for path in folder.glob("incoming-*") if folder.is_dir() else ():
        if path.stat().st_mtime < (now - timedelta(days=1)).timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone
