"""A new version's permissions reach the roles that nobody edited, and never get out of everybody's reach."""

from __future__ import annotations

from datetime import datetime

import pytest

from piepowder.access.models import Role
from piepowder.access.operations import load_shipped_roles, save_role
from piepowder.access.roles import SHIPPED
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation

NEW = {Permission.DECISION_APPROVE.value, Permission.SETTINGS_EDIT.value}


def earlier(code: str, at: datetime) -> None:
    """Write the shipped role as a version would have that did not know the permissions in ``NEW``."""
    name, permissions = SHIPPED[code]
    save_role(actor=SYSTEM, code=code, name=name, permissions={one.value for one in permissions} - NEW, at=at)


def allows(code: str) -> set[str]:
    return set(Role.objects.get(code=code).permissions)


@pytest.mark.django_db
def test_a_role_that_nobody_edited_gets_what_it_ships_with(now: datetime) -> None:
    for code in SHIPPED:
        earlier(code, now)
    told = load_shipped_roles(actor=SYSTEM, at=now)
    assert told.created == ()
    assert told.left == {}
    assert told.widened["team_lead"] == ("decision:approve",)
    assert all(allows(code) == {one.value for one in permissions} for code, (_, permissions) in SHIPPED.items())
    assert load_shipped_roles(actor=SYSTEM, at=now).widened == {}


def test_a_role_that_was_edited_stays_as_it_was_edited(organisation: Organisation, now: datetime) -> None:
    fewer = sorted(allows("team_lead") - {"decision:approve"})
    save_role(actor=SYSTEM, code="team_lead", name="Team lead", permissions=fewer, at=now)
    told = load_shipped_roles(actor=SYSTEM, at=now)
    assert told.widened == {}
    assert told.left == {"team_lead": ("decision:approve",)}
    assert allows("team_lead") == set(fewer)


@pytest.mark.django_db
def test_administrators_get_what_no_role_ever_had_even_when_theirs_was_edited(now: datetime) -> None:
    for code in SHIPPED:
        earlier(code, now)
    fewer = sorted(allows("administrator") - {"ledger:view"})
    save_role(actor=SYSTEM, code="administrator", name="Administrator", permissions=fewer, at=now)
    told = load_shipped_roles(actor=SYSTEM, at=now)
    assert set(told.widened["administrator"]) == NEW
    assert told.left["administrator"] == ("ledger:view",)
    again = load_shipped_roles(actor=SYSTEM, at=now)
    assert "administrator" not in again.widened
    assert Fact.objects.filter(verb="role.save", body__shipped=True, subject_id="administrator").count() == 0
