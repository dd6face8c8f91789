"""What ``piepowder doctor`` looks at. Every finding that is not ok says how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from piepowder.access.models import Role, User
from piepowder.ledger.queries import oldest_unsealed_at
from piepowder.outbox.models import Delivery, Endpoint
from piepowder.outbox.states import Channel, DeliveryState
from piepowder.policy.models import PolicyVersion
from piepowder.review.models import Queue, RoutingVersion

_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    level: str
    told: str
    mend: str = ""

    OK: ClassVar[str] = "ok"
    WARN: ClassVar[str] = "warn"
    FAIL: ClassVar[str] = "fail"
    LEVELS: ClassVar[tuple[str, ...]] = ("ok", "warn", "fail")


def checkup(*, now: datetime) -> Iterator[Finding]:
    """All findings, from the ground up; what needs the database is left out when it cannot be reached."""
    yield from _machine()
    yield from _home(Path(settings.HOME))
    try:
        reached = _database()
        yield reached
        pending = MigrationExecutor(connection)
        missing = pending.migration_plan(pending.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Finding(
            Finding.FAIL,
            f"the database cannot be reached: {str(error).strip()}",
            "check DATABASE_URL and that the server runs; empty means SQLite in PIEPOWDER_HOME",
        )
        return
    if missing:
        yield Finding(Finding.FAIL, f"{len(missing)} migrations are missing", "run: piepowder upgrade")
        return
    yield Finding(Finding.OK, "the database is at this version")
    yield from _content()
    yield from _worker(now)
    yield from _outbox()
    yield from _media()
    yield from _exposure()


def _machine() -> Iterator[Finding]:
    told = f"Python {sys.version.split()[0]}"
    if sys.version_info < (3, 11):  # noqa: UP036  # run by hand with another interpreter
        yield Finding(Finding.FAIL, told, "install Python 3.11 or newer")
    else:
        yield Finding(Finding.OK, told)


def _home(home: Path) -> Iterator[Finding]:
    if not os.access(home, os.W_OK):
        yield Finding(Finding.FAIL, f"{home} cannot be written to", "set PIEPOWDER_HOME to a folder of this user's own")
        return
    free = shutil.disk_usage(home).free
    if free < _GIB:
        yield Finding(
            Finding.FAIL, f"{free // 2**20} MiB free in {home}", "free some space: below 1 GiB media cannot be kept"
        )
    else:
        yield Finding(Finding.OK, f"home is {home}, {free // _GIB} GiB free")
    key = home / "secret_key"
    if key.exists() and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(Finding.WARN, "others can read the secret key", f"run: chmod 600 {key}")


def _database() -> Finding:
    if connection.vendor == "sqlite":
        told = f"SQLite {sqlite3.sqlite_version} in {settings.DATABASES['default']['NAME']}"
        connection.ensure_connection()
        if sqlite3.sqlite_version_info < (3, 37):
            return Finding(Finding.FAIL, told, "SQLite 3.37 or newer is needed (RETURNING, upsert)")
        return Finding(Finding.OK, told)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        number = int(cursor.fetchone()[0])
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        idle = cursor.fetchone()[0]
    if number < 150000:
        return Finding(Finding.FAIL, f"PostgreSQL {number // 10000}", "PostgreSQL 15 or newer is needed")
    if idle == "0":
        return Finding(
            Finding.WARN,
            f"PostgreSQL {number // 10000} keeps idle transactions for ever, which slows claiming down",
            "ALTER DATABASE … SET idle_in_transaction_session_timeout = '60s'",
        )
    return Finding(Finding.OK, f"PostgreSQL {number // 10000}")


def _content() -> Iterator[Finding]:
    counts = {
        "roles": Role.objects.count(),
        "policies in force": PolicyVersion.objects.count(),
        "queues": Queue.objects.count(),
        "routing rules published": RoutingVersion.objects.count(),
        "people who can log in": User.objects.filter(is_active=True).count(),
    }
    mends = {
        "roles": "run: piepowder upgrade",
        "policies in force": "run: piepowder upgrade",
        "people who can log in": "run: piepowder user add you@example.org --name You --role administrator",
        "queues": "make one under Queues → Set-up, or fill in a demonstration: piepowder simulate",
        "routing rules published": "publish rules (docs/how-to/call-an-operation.md): until then everything waits in one queue",
    }
    for what, count in counts.items():
        level = Finding.OK if count else Finding.WARN
        yield Finding(level, f"{count} {what}", "" if count else mends[what])


def _worker(now: datetime) -> Iterator[Finding]:
    oldest = oldest_unsealed_at()
    if oldest is not None and now - oldest > timedelta(seconds=30):
        yield Finding(
            Finding.WARN,
            f"facts wait to be sealed since {oldest:%Y-%m-%d %H:%M:%S} UTC: no worker seems to run",
            "run: piepowder worker (or piepowder serve --with-worker)",
        )
    else:
        yield Finding(Finding.OK, "the ledger is sealed")


def _outbox() -> Iterator[Finding]:
    dead = Delivery.objects.filter(state=DeliveryState.DEAD).count()
    if dead:
        yield Finding(
            Finding.WARN, f"{dead} dead letters", "mend the receiver, then replay them under Admin → Dead letters"
        )
    if not Endpoint.objects.filter(active=True, channel=Channel.WEBHOOK).exists():
        yield Finding(
            Finding.WARN, "no endpoint receives enforcements", "add a webhook (docs/how-to/call-an-operation.md)"
        )
    else:
        yield Finding(Finding.OK, "enforcements have where to go")


def _media() -> Iterator[Finding]:
    try:
        name = default_storage.save("doctor/probe", ContentFile(b"probe"))
        default_storage.delete(name)
    except Exception as error:  # a storage raises whatever its backend raises
        yield Finding(
            Finding.FAIL, f"media cannot be stored: {error}", "check PIEPOWDER_HOME or the PIEPOWDER_S3_ settings"
        )
    else:
        yield Finding(Finding.OK, "media can be stored")


def _exposure() -> Iterator[Finding]:
    local = "127.0.0.1" in settings.PUBLIC_URL or "localhost" in settings.PUBLIC_URL
    if not local and not settings.PUBLIC_URL.startswith("https://"):
        yield Finding(
            Finding.WARN, f"{settings.PUBLIC_URL} is not https", "put a TLS proxy in front and set PIEPOWDER_PUBLIC_URL"
        )
    if settings.DEBUG:
        yield Finding(Finding.WARN, "debug mode shows internals to everybody", "unset PIEPOWDER_DEBUG")
    if settings.ALLOW_PRIVATE_ADDRESSES:
        yield Finding(
            Finding.WARN, "media and webhooks may reach private addresses", "unset PIEPOWDER_ALLOW_PRIVATE_ADDRESSES"
        )
    if not settings.SMTP_URL:
        yield Finding(
            Finding.WARN, f"mail is written to {Path(settings.HOME) / 'mail'}, not sent", "set PIEPOWDER_SMTP_URL"
        )
