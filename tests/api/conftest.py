"""A small marketplace and the client that talks to it, through WSGI in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from piepowder import wiring
from piepowder.access.operations import create_key
from piepowder.client import Client
from piepowder.http.keys import forget_keys
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Scope
from piepowder.kernel.permissions import Permission

MakeClient = Callable[..., Client]


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    forget_keys()
    yield
    forget_keys()


@pytest.fixture
def marketplace(db: None) -> Iterator[None]:
    """Roles, policies and templates as shipped; requests share the test's connection, as with Django's own client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    wiring.load_shipped(at=datetime.now(UTC))
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def new_key(*permissions: Permission, scope: Scope = EVERYWHERE, **more: Any) -> str:
    """An API key that holds ``permissions`` (all of them when none is named)."""
    at = datetime.now(UTC)
    wanted = [permission.value for permission in permissions or Permission]
    lasting = {"expires_at": at + timedelta(days=1), **more}
    return create_key(actor=SYSTEM, name="test", permissions=wanted, at=at, scope=scope, **lasting).secret


@pytest.fixture
def connect(marketplace: None) -> Iterator[MakeClient]:
    """Make clients for keys with the permissions named; the empty key is nobody's."""
    from piepowder.wsgi import application

    made: list[Client] = []

    def make(*permissions: Permission, key: str | None = None, **more: Any) -> Client:
        transport = httpx.WSGITransport(app=application)
        presented = new_key(*permissions, **more) if key is None else key
        made.append(Client("http://testserver", presented, transport=transport, attempts=1))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def http(marketplace: None) -> Iterator[httpx.Client]:
    """Bare HTTP, for what the client would never send."""
    from piepowder.wsgi import application

    with httpx.Client(base_url="http://testserver", transport=httpx.WSGITransport(app=application)) as client:
        yield client


def listing(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A listing as the marketplace sends it."""
    return {
        "kind": "listing",
        "id": f"L-{number}",
        "market": "DE",
        "language": "de",
        "seller": "S-1",
        "content": {"title": f"Lamp {number}", "price": {"amount": 1299, "currency": "EUR"}},
        **changes,
    }
