"""Somebody outside with a browser, and a marketplace that they look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from piepowder.portal.limits import forget_limits
from piepowder.portal.links import Subject, mint
from tests.rights.conftest import Desk, claimed, desk

__all__ = ["claimed", "desk"]

Visit = Callable[..., Client]


@pytest.fixture
def now() -> datetime:
    """An hour ago: pages read the clock themselves."""
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    forget_limits()
    yield
    forget_limits()


@pytest.fixture
def visit(desk: Desk) -> Visit:
    """A browser that came in by a link for this subject."""

    def come(kind: str, ref: str, only: str = "", language: str = "en") -> Client:
        browser = Client()
        token = mint(Subject(kind, ref, language, only), datetime.now(UTC), timedelta(hours=1))
        assert browser.get(f"/portal/open/{token}").status_code == 302
        return browser

    return come


def typed(**changes: Any) -> dict[str, Any]:
    """A report as it is filled in."""
    return {
        "where": "L-1",
        "reason": "The plug has no earth and the case gets hot.",
        "name": "Ann Reader",
        "email": "ann@reader.example",
        "good_faith": "on",
        "once": "0" * 31 + "1",
        **changes,
    }


def words(response: HttpResponse) -> str:
    return response.content.decode()
