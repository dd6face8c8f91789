"""A small town, and people who walk in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from piepowder.access import options
from piepowder.access.models import User
from piepowder.access.queries import actor_for
from piepowder.intake import custom_schemas
from piepowder.kernel.actor import Actor
from piepowder.review.reference import forget
from piepowder.standing import catalogue
from piepowder.web import kept
from tests.web import town as towns

LogIn = Callable[[str], Client]
ActorOf = Callable[[str], Actor]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    forget()
    kept.forget()
    options.forget()
    custom_schemas.forget()
    catalogue.forget()
    yield
    forget()


@pytest.fixture
def town(db: None, django_capture_on_commit_callbacks: Any) -> datetime:
    """The town as it was built and committed five minutes ago; screens read the clock themselves."""
    built_at = datetime.now(UTC) - timedelta(minutes=5)
    with django_capture_on_commit_callbacks(execute=True):
        towns.build(built_at)
    connection.run_on_commit = []
    return built_at


@pytest.fixture
def log_in(town: datetime) -> LogIn:
    def walk_in(login: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(email=f"{login}@market.example"))
        return client

    return walk_in


@pytest.fixture
def actor_of(town: datetime) -> ActorOf:
    def known(login: str) -> Actor:
        return actor_for(User.objects.get(email=f"{login}@market.example"), now=datetime.now(UTC))

    return known
