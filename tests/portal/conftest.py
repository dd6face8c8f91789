"""Two sellers of one marketplace, decisions about both, and browsers that come in through links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from piepowder.correspondence.operations import load_shipped_letters
from piepowder.decisions.models import Decision
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM
from piepowder.portal.limits import forget_limits
from piepowder.portal.links import Subject, mint
from tests.decisions.conftest import Court, court, court_without_templates

__all__ = ["court", "court_without_templates"]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@dataclass
class Fair:
    """The court, and the time that the pages take it to be."""

    court: Court
    now: datetime

    def link(
        self, ref: str = "S-1", *, kind: str = "seller", language: str = "en", only: str = "", **options: Any
    ) -> str:
        token = mint(Subject(kind, ref, language, only), options.get("at", self.now), timedelta(hours=1))
        return f"/portal/open/{token}"

    def browser(self, ref: str = "S-1", **options: Any) -> Client:
        """A browser that has opened a link."""
        browser = Client()
        assert browser.get(self.link(ref, **options)).status_code == 302
        return browser

    def decided(self, item: Item | None = None, **changes: Any) -> Decision:
        """A decision that is final by now."""
        item = item or self.court.item()
        actor = self.court.person(everywhere=True)
        decision: Decision = self.court.decide(actor, self.court.case(item), **changes)
        return decision


@pytest.fixture
def fair(court: Court, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Fair:
    forget_limits()
    load_shipped_letters(actor=SYSTEM, at=now)
    later = now + timedelta(hours=1)
    fair = Fair(court, later)
    monkeypatch.setattr("django.utils.timezone.now", lambda: fair.now)
    return fair
