"""The court of the decisions' tests, with people who look after what the law asks."""

from __future__ import annotations

import pytest

from piepowder.correspondence.operations import load_shipped_letters
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from tests.decisions.conftest import Court, court, court_without_templates

__all__ = ["clerk", "court", "court_without_templates", "letters"]

LAW = (
    Permission.DUTY_VIEW,
    Permission.ORDER_EDIT,
    Permission.DECISION_ISSUE_DIRECT,
    Permission.DECISION_WITHDRAW_ANY,
    Permission.REPORT_SUBMIT,
)


@pytest.fixture
def letters(court: Court) -> None:
    load_shipped_letters(actor=SYSTEM, at=court.now)


@pytest.fixture
def clerk(court: Court) -> Actor:
    """Somebody in-house who follows orders."""
    return court.person("house", *LAW, everywhere=True)
