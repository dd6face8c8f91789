"""Health, readiness and metrics."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client as Browser
from prometheus_client import REGISTRY, generate_latest

from piepowder.http import health
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.jobs import seal_facts
from piepowder.ledger.operations import record
from tests.api.conftest import new_key


def test_a_process_is_healthy_without_asking_the_database(client: Browser) -> None:
    # No database fixture: any query would raise.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


ASKING = """
import sys, django; django.setup()
from django.test import RequestFactory
RequestFactory().get("/", headers={"host": sys.argv[1]}).get_host()
"""


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "court.example", "other.example"])
def test_health_is_told_under_loopback_the_public_name_and_those_named(host: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PIEPOWDER_PUBLIC_URL": "https://court.example",
        "PIEPOWDER_HOSTS": "another.example, other.example",
        "DJANGO_SETTINGS_MODULE": "piepowder.settings",
    }
    done = subprocess.run([sys.executable, "-c", ASKING, host], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_method_that_somebody_made_up_is_not_remembered(client: Browser) -> None:
    client.generic("CANARY", "/healthz")
    told = generate_latest(REGISTRY).decode()
    assert "CANARY" not in told
    assert 'method="other"' in told


def test_ready_means_reachable_migrated_and_sealed(http: httpx.Client) -> None:
    seal_facts(now=datetime.now(UTC))
    response = http.get("/readyz")
    body = response.json()
    assert response.status_code == 200
    assert body["ready"] is True
    assert {name: check["ok"] for name, check in body["checks"].items()} == {
        "database": True,
        "migrations": True,
        "ledger": True,
    }


def test_facts_that_nobody_seals_make_it_unready(http: httpx.Client) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    record(actor=SYSTEM, at=long_ago, verb="test.note", subject_kind="test", subject_id="1")
    _let_only(long_ago)
    response = http.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["ledger"] == {
        "ok": False,
        "detail": response.json()["checks"]["ledger"]["detail"],
    }
    assert "is a worker running?" in response.json()["checks"]["ledger"]["detail"]
    seal_facts(now=datetime.now(UTC))
    assert http.get("/readyz").status_code == 200


def _let_only(long_ago: datetime) -> None:
    """Seal whatever came before, so that the old fact is the oldest."""
    from piepowder.ledger.models import Fact, Unsealed

    old = Fact.objects.filter(at=long_ago).values_list("id", flat=True)
    Unsealed.objects.exclude(fact_id__in=list(old)).delete()


def test_a_missing_migration_makes_it_unready(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    MigrationRecorder.Migration.objects.filter(app="ledger", name="0001_initial").delete()
    MigrationRecorder.Migration.objects.filter(app="ledger").delete()
    response = http.get("/readyz")
    assert response.status_code == 503
    assert "piepowder upgrade" in response.json()["checks"]["migrations"]["detail"]
    assert response.json()["ready"] is False


def test_a_lost_database_is_told_without_its_address(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def lost(now: datetime) -> dict[str, Any]:
        raise OperationalError("connection to server at 10.1.2.3 failed: password of user secret")

    monkeypatch.setattr(health, "_CHECKS", {"database": lost})
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == {"ok": False, "detail": "the database cannot be reached"}
    assert b"10.1.2.3" not in response.content


def test_loopback_may_scrape(http: httpx.Client) -> None:
    http.get("/healthz")
    text = http.get("/metrics").text
    assert 'piepowder_http_requests_total{method="GET",route="healthz",status="200"}' in text
    assert "piepowder_ledger_unsealed_facts " in text


def test_the_gauges_count_what_waits(http: httpx.Client) -> None:
    seal_facts(now=datetime.now(UTC))
    at = datetime.now(UTC) - timedelta(seconds=90)
    for number in range(3):
        record(actor=SYSTEM, at=at, verb="test.note", subject_kind="test", subject_id=str(number))
    numbers = _numbers(http.get("/metrics").text)
    assert numbers["piepowder_ledger_unsealed_facts"] == 3
    assert 90 <= numbers["piepowder_ledger_unsealed_seconds"] < 600


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"X-Real-IP": "203.0.113.9"}],
)
def test_what_came_through_a_proxy_needs_a_key(http: httpx.Client, headers: dict[str, str]) -> None:
    assert http.get("/metrics", headers=headers).json()["code"] == "unauthenticated"


def test_a_public_installation_asks_even_loopback_for_a_key(http: httpx.Client, settings: Any) -> None:
    settings.PUBLIC_URL = "https://moderation.example"
    assert http.get("/metrics").status_code == 401
    key = new_key(Permission.BOARD_VIEW)
    assert http.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.parametrize("scope", [Scope(vendors=frozenset({"acme"})), Scope(queues=frozenset({"general"}))])
def test_a_key_with_limits_never_sees_the_numbers_of_the_house(http: httpx.Client, scope: Scope) -> None:
    key = new_key(Permission.BOARD_VIEW, scope=scope)
    response = http.get("/metrics", headers={"X-API-Key": key})
    assert (response.status_code, response.json()["code"]) == (403, "not_permitted")


def test_a_key_without_board_view_may_not_scrape(http: httpx.Client) -> None:
    response = http.get("/metrics", headers={"X-API-Key": new_key(Permission.ITEM_SUBMIT)})
    assert response.status_code == 403


def _numbers(text: str) -> dict[str, float]:
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in rows}
