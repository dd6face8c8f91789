"""Who holds what, as somebody signs it off."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from piepowder.access.entitlements import difference, holdings, last_review
from piepowder.access.models import AccessReview, Grant, Role, User
from piepowder.access.operations import create_key, give, save_role, save_roles, sign_off, take_back
from piepowder.access.reviews import AccessMoved, mark_of
from piepowder.access.rights import RoleMoved
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Scope
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation


def test_every_grant_and_key_is_listed_with_where_and_until_when(organisation: Organisation, now: datetime) -> None:
    user = organisation.person("m@acme.test", "external_moderator", "acme", Scope(queues=frozenset({"listings"})))
    boss = organisation.actor(organisation.person("boss@house.test", "administrator"))
    soon = now + timedelta(days=3)
    give(actor=SYSTEM, user=user, role=Role.objects.get(code="trainer"), scope=EVERYWHERE, at=now, expires_at=soon)
    create_key(actor=SYSTEM, name="shop", permissions=["item:submit"], at=now, expires_at=now + timedelta(days=90))
    rows = holdings(boss)
    told = [(one.kind, one.role, one.vendors, one.queues, one.expires_soon(now)) for one in rows]
    assert told == [
        ("person", "administrator", (), (), False),
        ("person", "external_moderator", ("acme",), ("listings",), False),
        ("person", "trainer", ("acme",), (), True),
        ("key", "", (), (), False),
    ]
    assert "case:decide" in rows[1].permissions


def test_a_review_shows_what_has_changed_since_the_last(organisation: Organisation, now: datetime) -> None:
    user = organisation.person("m@house.test", "moderator")
    boss = organisation.actor(organisation.person("boss@house.test", "administrator"))
    assert last_review(boss) is None
    review = sign_off(actor=boss, seen=mark_of(holdings(boss)), at=now)
    take_back(actor=SYSTEM, grant=Grant.objects.get(user=user), at=now)
    give(actor=SYSTEM, user=user, role=Role.objects.get(code="trainer"), scope=EVERYWHERE, at=now)
    found = difference(holdings(boss), last_review(boss))
    assert found.since == review
    assert [one.role for one in found.added] == ["trainer"]
    assert [one[2] for one in found.gone] == ["moderator"]
    fact = Fact.objects.get(verb="access.review")
    assert (fact.body["holdings"], fact.body["added"], fact.actor_ref) == (2, 0, boss.ref)


def test_a_changed_role_is_a_change_for_everybody_who_holds_it(organisation: Organisation, now: datetime) -> None:
    organisation.person("m@house.test", "moderator")
    boss = organisation.actor(organisation.person("boss@house.test", "administrator"))
    sign_off(actor=boss, seen=mark_of(holdings(boss)), at=now)
    role = Role.objects.get(code="moderator")
    save_role(actor=SYSTEM, code="moderator", name=role.name, permissions=[*role.permissions, "ledger:view"], at=now)
    found = difference(holdings(boss), last_review(boss))
    assert [one.email for one in found.added] == ["m@house.test"]


def test_nobody_signs_off_what_they_have_not_seen(organisation: Organisation, now: datetime) -> None:
    boss = organisation.actor(organisation.person("boss@house.test", "administrator"))
    seen = mark_of(holdings(boss))
    organisation.person("late@house.test", "moderator")
    with pytest.raises(AccessMoved):
        sign_off(actor=boss, seen=seen, at=now)
    assert not AccessReview.objects.exists()


def test_a_vendors_administrator_reviews_their_own_people_and_leaves_the_houses_review_alone(
    organisation: Organisation, now: datetime
) -> None:
    organisation.person("m@zenith.test", "external_moderator", "zenith")
    house = organisation.actor(organisation.person("boss@house.test", "administrator"))
    acme = organisation.actor(organisation.person("boss@acme.test", "administrator", "acme"))
    assert [one.email for one in holdings(acme)] == ["boss@acme.test"]
    review = sign_off(actor=acme, seen=mark_of(holdings(acme)), at=now)
    assert review.vendors == ["acme"]
    assert last_review(house) is None
    lead = organisation.actor(organisation.person("lead@acme.test", "team_lead", "acme"))
    with pytest.raises(NotPermitted):
        holdings(lead)


def test_a_review_keeps_no_personal_data(organisation: Organisation, now: datetime) -> None:
    organisation.person("m@house.test", "moderator")
    boss = organisation.actor(organisation.person("boss@house.test", "administrator"))
    sign_off(actor=boss, seen=mark_of(holdings(boss)), at=now)
    kept = str(AccessReview.objects.get().holdings)
    assert "@" not in kept
    assert User.objects.get(email="m@house.test").name not in kept


def test_several_roles_change_together_or_not_at_all(organisation: Organisation, now: datetime) -> None:
    roles = {code: list(Role.objects.get(code=code).permissions) for code in ("trainer", "analyst")}
    wanted = {"trainer": [*roles["trainer"], "ledger:view"], "analyst": roles["analyst"][1:]}
    with pytest.raises(RoleMoved):
        save_roles(actor=SYSTEM, wanted=wanted, seen={**roles, "trainer": []}, at=now)
    assert Role.objects.get(code="analyst").permissions == roles["analyst"]
    assert save_roles(actor=SYSTEM, wanted=wanted, seen=roles, at=now) == ["analyst", "trainer"]
    boss = organisation.actor(organisation.person("boss@acme.test", "administrator", "acme"))
    with pytest.raises(NotPermitted):
        save_roles(actor=boss, wanted={"trainer": []}, seen={"trainer": wanted["trainer"]}, at=now)
