"""Whether this process is up, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from piepowder.ledger.queries import oldest_unsealed_at

_UNSEALED_LIMIT = timedelta(seconds=60)
_migrated = False


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nobody else, so that a lost database restarts no web process."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, is at this version, and the ledger is being sealed; else 503, with what is amiss.

    It tells no addresses, names or numbers of the house, so that a load balancer may ask without a key.
    """
    now = timezone.now()
    checks: dict[str, dict[str, Any]] = {}
    for name, check in _CHECKS.items():
        try:
            checks[name] = {"ok": True, **check(now)}
        except _Amiss as amiss:
            checks[name] = {"ok": False, "detail": str(amiss)}
        except DatabaseError:
            checks[name] = {"ok": False, "detail": "the database cannot be reached"}
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


class _Amiss(Exception):
    """A check that failed, in words."""


def _reached(now: datetime) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return {"engine": connection.vendor}


def _at_this_version(now: datetime) -> dict[str, Any]:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            raise _Amiss(f"{len(missing)} migrations are missing: run piepowder upgrade")
        # Migrations are only ever added by another version, which is another process.
        _migrated = True
    return {}


def _sealed(now: datetime) -> dict[str, Any]:
    oldest = oldest_unsealed_at()
    age = now - oldest if oldest else timedelta(0)
    if age > _UNSEALED_LIMIT:
        raise _Amiss(f"facts have been waiting {int(age.total_seconds())} s to be sealed: is a worker running?")
    return {"oldest_unsealed_s": round(max(0.0, age.total_seconds()), 1)}


_CHECKS: dict[str, Callable[[datetime], dict[str, Any]]] = {
    "database": _reached,
    "migrations": _at_this_version,
    "ledger": _sealed,
}
