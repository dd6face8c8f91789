"""Who may do what where, and who sees whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from piepowder.access.models import ApiKey, Grant, Role, User
from piepowder.access.operations import (
    PersonFields,
    add_person,
    change_person,
    create_key,
    create_site,
    create_team,
    create_vendor,
    give,
    revoke_key,
    save_role,
    set_password,
    set_person_active,
    take_back,
)
from piepowder.access.queries import actor_for, people_visible_to
from piepowder.access.roles import SHIPPED
from piepowder.access.visibility import NotPermitted, require
from piepowder.http.keys import Bucket, actor_of_key, forget_keys
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Place, Scope
from piepowder.kernel.errors import Conflict, Malformed, Unauthenticated
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation


def test_every_role_of_the_design_is_shipped() -> None:
    wanted = {
        "moderator",
        "team_lead",
        "qa_specialist",
        "appeals_specialist",
        "moc_specialist",
        "policy_manager",
        "trainer",
        "operations_lead",
        "planner",
        "analyst",
        "administrator",
        "external_moderator",
    }
    assert set(SHIPPED) == wanted


def test_a_grant_holds_only_within_its_scope(organisation: Organisation) -> None:
    scope = Scope(queues=frozenset({"listings"}), markets=frozenset({"DE", "FR"}), languages=frozenset({"de"}))
    actor = organisation.actor(organisation.person("m@acme.test", "moderator", "acme", scope))
    require(actor, Permission.CASE_DECIDE, Place(vendor="acme", queue="listings", market="DE", language="de"))
    for elsewhere in (
        Place(vendor="zenith", queue="listings", market="DE", language="de"),
        Place(vendor="acme", queue="videos", market="DE", language="de"),
        Place(vendor="acme", queue="listings", market="IT", language="de"),
        Place(vendor="acme", queue="listings", market="DE", language="fr"),
    ):
        with pytest.raises(NotPermitted):
            require(actor, Permission.CASE_DECIDE, elsewhere)
    with pytest.raises(NotPermitted):
        require(actor, Permission.QUEUE_EDIT)


def test_a_bpo_person_is_narrowed_to_their_vendor_even_when_the_grant_forgets_it(organisation: Organisation) -> None:
    lead = organisation.person("lead@acme.test", "team_lead", "acme", EVERYWHERE)
    organisation.person("canary@zenith.test", "moderator", "zenith")
    organisation.person("mate@acme.test", "moderator", "acme")
    seen = {user.email for user in people_visible_to(organisation.actor(lead))}
    assert seen == {"lead@acme.test", "mate@acme.test"}
    everyone = {
        user.email
        for user in people_visible_to(organisation.actor(organisation.person("o@house.test", "operations_lead")))
    }
    assert everyone == seen | {"canary@zenith.test", "o@house.test"}


def test_an_expired_grant_and_an_inactive_person_may_nothing(organisation: Organisation, now: datetime) -> None:
    user = organisation.person("m@house.test", "moderator")
    Grant.objects.filter(user=user).update(expires_at=now + timedelta(hours=1))
    assert actor_for(user, now=now).may(Permission.CASE_CLAIM)
    assert not actor_for(user, now=now + timedelta(hours=1)).may(Permission.CASE_CLAIM)
    set_person_active(actor=SYSTEM, user=user, active=False, at=now)
    assert not actor_for(user, now=now).may(Permission.CASE_CLAIM)


def test_nobody_gives_what_they_do_not_hold(organisation: Organisation, now: datetime) -> None:
    lead = organisation.actor(organisation.person("ops@house.test", "operations_lead"))
    mate = organisation.person("m@house.test", "moderator")
    give(actor=lead, user=mate, role=Role.objects.get(code="team_lead"), scope=EVERYWHERE, at=now)
    with pytest.raises(NotPermitted, match="cannot give"):
        give(actor=lead, user=mate, role=Role.objects.get(code="administrator"), scope=EVERYWHERE, at=now)
    with pytest.raises(NotPermitted):
        save_role(actor=lead, code="moderator", name="Moderator", permissions=["ledger:view"], at=now)


def test_nobody_takes_over_somebody_who_may_do_more(organisation: Organisation, now: datetime) -> None:
    lead = organisation.actor(organisation.person("ops@house.test", "operations_lead"))
    admin = organisation.person("admin@house.test", "administrator")
    fields = PersonFields(email="mine@house.test", name="Admin", vendor=admin.vendor, site=admin.site)
    with pytest.raises(NotPermitted):
        set_password(actor=lead, user=admin, password="now it is my password", at=now)
    with pytest.raises(NotPermitted):
        change_person(actor=lead, user=admin, fields=fields, at=now)
    with pytest.raises(NotPermitted):
        take_back(actor=lead, grant=admin.grants.get(), at=now)


def test_nobody_comes_back_as_somebody_who_left(organisation: Organisation, now: datetime) -> None:
    lead = organisation.actor(organisation.person("ops@house.test", "operations_lead"))
    admin = organisation.person("admin@house.test", "administrator")
    set_person_active(actor=SYSTEM, user=admin, active=False, at=now)
    fields = PersonFields(email="mine@house.test", name="Admin", vendor=admin.vendor, site=admin.site)
    with pytest.raises(NotPermitted):
        set_password(actor=lead, user=admin, password="now it is my password", at=now)
    with pytest.raises(NotPermitted):
        change_person(actor=lead, user=admin, fields=fields, at=now)
    with pytest.raises(NotPermitted):
        set_person_active(actor=lead, user=admin, active=True, at=now)


def test_a_move_to_another_vendor_gives_nobody_more_than_the_mover_holds(
    organisation: Organisation, now: datetime
) -> None:
    both = Scope(vendors=frozenset({"acme", "house"}))
    lead = organisation.actor(organisation.person("ops@house.test", "operations_lead", scope=both))
    mate = organisation.person("m@acme.test", "team_lead", "acme")
    house = organisation.vendors["house"]
    fields = PersonFields(email="m@acme.test", name="M", vendor=house, site=organisation.sites["house"])
    with pytest.raises(NotPermitted, match="cannot give"):
        change_person(actor=lead, user=mate, fields=fields, at=now)
    assert organisation.actor(mate).vendor == "acme"


def test_roles_and_keys_of_everybody_are_out_of_reach_for_an_administrator_of_one_vendor(
    organisation: Organisation, now: datetime
) -> None:
    admin = organisation.actor(organisation.person("admin@acme.test", "administrator", "acme"))
    with pytest.raises(NotPermitted):
        save_role(actor=admin, code="moderator", name="Moderator", permissions=[], at=now)
    key = create_key(
        actor=SYSTEM, name="shop", permissions=["item:submit"], at=now, expires_at=now + timedelta(days=1)
    ).key
    with pytest.raises(NotPermitted):
        revoke_key(actor=admin, key=key, at=now)
    scope = Scope(vendors=frozenset({"acme"}))
    own = create_key(
        actor=admin,
        name="own",
        permissions=["case:view"],
        scope=scope,
        at=now,
        expires_at=now + timedelta(days=1),
    ).key
    revoke_key(actor=admin, key=own, at=now)


@pytest.mark.parametrize("text", ["x" * 201, "a\x00b"])
def test_a_text_that_the_database_cannot_keep_is_refused_with_its_field(
    organisation: Organisation, now: datetime, text: str
) -> None:
    house, site = organisation.vendors["house"], organisation.sites["house"]
    fields = PersonFields(email="n@house.test", name=text, vendor=house, site=site)
    mate = organisation.person("m@house.test", "moderator")
    end = now + timedelta(days=1)
    attempts: dict[str, Callable[[], object]] = {
        "person": lambda: add_person(actor=SYSTEM, fields=fields, at=now),
        "change": lambda: change_person(actor=SYSTEM, user=mate, fields=fields, at=now),
        "vendor": lambda: create_vendor(actor=SYSTEM, code="new", name=text, kind="bpo", at=now),
        "site": lambda: create_site(
            actor=SYSTEM, vendor=house, code="new", name=text, country="DE", timezone="UTC", at=now
        ),
        "team": lambda: create_team(actor=SYSTEM, site=site, code="new", name=text, at=now),
        "role": lambda: save_role(actor=SYSTEM, code="new", name=text, permissions=["case:view"], at=now),
        "key": lambda: create_key(actor=SYSTEM, name=text, permissions=["case:view"], at=now, expires_at=end),
    }
    for attempt in attempts.values():
        with pytest.raises(Malformed) as refused:
            attempt()
        assert refused.value.problems[0].pointer == "/name"


@pytest.mark.parametrize("rate", [0, -5, 2**31])
def test_a_key_lets_a_sensible_number_of_requests_through(organisation: Organisation, now: datetime, rate: int) -> None:
    end = now + timedelta(days=1)
    with pytest.raises(Malformed) as refused:
        create_key(actor=SYSTEM, name="k", permissions=["case:view"], at=now, expires_at=end, rate_per_minute=rate)
    assert refused.value.problems[0].pointer == "/rate_per_minute"


def test_nobody_locks_themselves_out(organisation: Organisation, now: datetime) -> None:
    user = organisation.person("admin@house.test", "administrator")
    actor = organisation.actor(user)
    with pytest.raises(Conflict):
        set_person_active(actor=actor, user=user, active=False, at=now)
    with pytest.raises(Conflict):
        take_back(actor=actor, grant=user.grants.get(), at=now)


def test_an_edited_role_works_at_once_and_leaves_a_fact(organisation: Organisation, now: datetime) -> None:
    admin = organisation.actor(organisation.person("admin@house.test", "administrator"))
    user = organisation.person("p@house.test", "planner")
    assert not organisation.actor(user).may(Permission.LEDGER_VIEW)
    permissions = [*Role.objects.get(code="planner").permissions, "ledger:view"]
    save_role(actor=admin, code="planner", name="Planner", permissions=permissions, at=now)
    assert organisation.actor(user).may(Permission.LEDGER_VIEW)
    fact = Fact.objects.filter(verb="role.save", subject_id="planner").latest("id")
    assert "ledger:view" in fact.body["permissions"]
    assert "ledger:view" not in fact.body["before"]
    with pytest.raises(Malformed, match="no permission"):
        save_role(actor=admin, code="planner", name="Planner", permissions=["moon:shine"], at=now)


def test_a_key_is_kept_as_a_hash_and_stops_when_revoked_or_expired(organisation: Organisation, now: datetime) -> None:
    admin = organisation.actor(organisation.person("admin@house.test", "administrator"))
    made = create_key(
        actor=admin, name="shop", permissions=["item:submit"], at=now, expires_at=now + timedelta(days=30)
    )
    secret = made.secret.split(".")[1]
    assert secret not in str(ApiKey.objects.filter(pk=made.key.pk).values())
    forget_keys()
    actor = actor_of_key(made.secret, now=now)
    assert (actor.ref, actor.may(Permission.ITEM_SUBMIT), actor.may(Permission.CASE_VIEW)) == (
        made.key.prefix,
        True,
        False,
    )
    for wrong in (made.key.prefix + ".guess", "nobody.guess", "", "."):
        with pytest.raises(Unauthenticated):
            actor_of_key(wrong, now=now)
    with pytest.raises(Unauthenticated, match="expired"):
        actor_of_key(made.secret, now=now + timedelta(days=30))
    revoke_key(actor=admin, key=made.key, at=now)
    forget_keys()
    with pytest.raises(Unauthenticated):
        actor_of_key(made.secret, now=now)


def test_a_bucket_lets_its_rate_through_and_then_says_how_long_to_wait() -> None:
    bucket = Bucket(rate_per_minute=60)
    start = bucket.filled_at
    assert [bucket.take(start) for _ in range(60)] == [0.0] * 60
    assert bucket.take(start) == pytest.approx(1.0)
    assert bucket.take(start + 1.001) == 0.0


def test_personal_data_stays_out_of_the_ledger(organisation: Organisation) -> None:
    organisation.person("canary.person@acme.test", "moderator", "acme")
    assert User.objects.filter(email="canary.person@acme.test").exists()
    told = " ".join(str(fact) for fact in Fact.objects.values_list("body", "subject_id", "actor_ref"))
    assert "canary" not in told.lower()
