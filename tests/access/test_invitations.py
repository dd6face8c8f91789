"""People come in by invitation: who may invite whom, and what the link does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from piepowder.access.invitations import NotOpen, invitation_behind, invitations_visible_to
from piepowder.access.models import Invitation, Role, User
from piepowder.access.operations import (
    Invited,
    LinkDead,
    PersonFields,
    accept_invitation,
    invite,
    invite_again,
    revoke_invitation,
)
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Actor
from piepowder.kernel.errors import Malformed
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Message
from tests.access.conftest import Organisation

PASSWORD = "correct horse battery"
NEW = "a quite different phrase"


def invited(
    organisation: Organisation, actor: Actor, vendor: str = "acme", role: str = "external_moderator"
) -> Invited:
    fields = PersonFields(email=f"new@{vendor}.test", name="Nina", vendor=organisation.vendors[vendor])
    return invite(actor=actor, fields=fields, role=Role.objects.get(code=role), scope=EVERYWHERE, at=organisation.now)


def test_the_link_sets_the_first_password_once(organisation: Organisation, now: datetime) -> None:
    made = invited(organisation, SYSTEM)
    with pytest.raises(Malformed):
        accept_invitation(secret=made.secret, password="short", at=now)
    user = accept_invitation(secret=made.secret, password=NEW, at=now)
    with pytest.raises(LinkDead):
        accept_invitation(secret=made.secret, password=PASSWORD, at=now)
    verbs = Fact.objects.filter(subject_id=str(user.pk)).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["person.add", "grant.give", "invitation.send", "invitation.accept"]
    assert Client().login(email=user.email, password=NEW)


def test_the_link_is_not_kept(organisation: Organisation) -> None:
    made = invited(organisation, SYSTEM)
    assert made.secret not in str(list(Invitation.objects.values()))
    assert made.secret not in str(list(Fact.objects.values()))


def test_a_link_ends(organisation: Organisation, now: datetime) -> None:
    made = invited(organisation, SYSTEM)
    assert invitation_behind(made.secret, at=now + timedelta(days=6, hours=23)).user.email == "new@acme.test"
    with pytest.raises(LinkDead):
        invitation_behind(made.secret, at=now + timedelta(days=7))


def test_a_new_link_replaces_the_old(organisation: Organisation, now: datetime) -> None:
    first = invited(organisation, SYSTEM)
    second = invite_again(actor=SYSTEM, user=first.invitation.user, at=now)
    with pytest.raises(LinkDead):
        invitation_behind(first.secret, at=now)
    assert invitation_behind(second.secret, at=now) == second.invitation


def test_taken_back_it_opens_nothing_and_the_person_is_switched_off(organisation: Organisation, now: datetime) -> None:
    made = invited(organisation, SYSTEM)
    revoke_invitation(actor=SYSTEM, invitation=made.invitation, at=now)
    with pytest.raises(LinkDead):
        accept_invitation(secret=made.secret, password=NEW, at=now)
    assert not User.objects.get(email="new@acme.test").is_active


def test_a_lead_invites_into_their_own_vendor_only(organisation: Organisation) -> None:
    lead = organisation.actor(organisation.person("lead@acme.test", "team_lead", "acme"))
    assert invited(organisation, lead).invitation.user.vendor.code == "acme"
    with pytest.raises(NotPermitted):
        invited(organisation, lead, "zenith")
    house = organisation.actor(organisation.person("lead@house.test", "team_lead"))
    with pytest.raises(NotPermitted):
        invited(organisation, house, "zenith")


def test_nobody_invites_somebody_to_more_than_they_hold(organisation: Organisation) -> None:
    lead = organisation.actor(organisation.person("lead@acme.test", "team_lead", "acme"))
    with pytest.raises(NotPermitted):
        invited(organisation, lead, role="operations_lead")
    moderator = organisation.actor(organisation.person("m@acme.test", "external_moderator", "acme"))
    with pytest.raises(NotPermitted):
        invited(organisation, moderator)
    assert not User.objects.filter(email="new@acme.test").exists()


def test_nobody_gets_the_link_of_somebody_who_holds_more(organisation: Organisation, now: datetime) -> None:
    lead = organisation.actor(organisation.person("lead@acme.test", "team_lead", "acme"))
    made = invited(organisation, SYSTEM, role="operations_lead")
    with pytest.raises(NotPermitted):
        invite_again(actor=lead, user=made.invitation.user, at=now)
    assert invitation_behind(made.secret, at=now) == made.invitation


def test_who_came_in_without_a_password_gets_no_link_to_set_one(organisation: Organisation, now: datetime) -> None:
    user = invited(organisation, SYSTEM).invitation.user
    User.objects.filter(pk=user.pk).update(last_login=now)
    with pytest.raises(NotOpen):
        invite_again(actor=SYSTEM, user=User.objects.get(pk=user.pk), at=now)


def test_open_invitations_are_seen_by_those_who_may_invite_there(organisation: Organisation) -> None:
    made = invited(organisation, SYSTEM)
    own = organisation.actor(organisation.person("lead@acme.test", "team_lead", "acme"))
    other = organisation.actor(organisation.person("lead@zenith.test", "team_lead", "zenith"))
    boss = organisation.actor(organisation.person("boss@house.test", "administrator"))
    assert [list(invitations_visible_to(actor)) for actor in (own, other, boss)] == [
        [made.invitation],
        [],
        [made.invitation],
    ]


def test_without_mail_server_the_link_is_shown_once_and_leads_in(organisation: Organisation, settings: Any) -> None:
    settings.EMAIL_BACKEND = "piepowder.outbox.mail.OutboxBackend"
    settings.PUBLIC_URL = "https://court.example"
    settings.ALLOWED_HOSTS = ["*"]
    organisation.person("lead@acme.test", "team_lead", "acme")
    browser = Client(headers={"host": "evil.example"})
    browser.post("/login/", {"login": "lead@acme.test", "password": PASSWORD})
    form = browser.get("/invitations/add").content.decode()
    assert "Administrator" not in form
    assert "zenith" not in form.lower()
    typed = {
        "email": "new@acme.test",
        "name": "Nina\r\nBcc: all@house.test",
        "place": "acme/acme-1/acme-t",
        "role": "external_moderator",
        "interface_language": "en",
    }
    page = browser.post("/invitations/add", typed)
    link = re.search(r"https://court\.example(/invitation/[\w-]+)", page.content.decode())
    assert link is not None
    assert page["Cache-Control"] == "no-store"
    letter = Message.objects.latest("created_at")
    assert letter.recipient == "new@acme.test"
    assert link[0] in letter.letter.replace("=\n", "")
    assert "evil.example" not in letter.letter
    visitor = Client()
    assert "Welcome, Nina" in visitor.get(link[1]).content.decode()
    assert visitor.post(link[1], {"password1": NEW, "password2": "other"}).status_code == 422
    assert visitor.post(link[1], {"password1": NEW, "password2": NEW})["Location"] == "/login/"
    assert visitor.get(link[1]).status_code == 404
    assert link[1] not in browser.get("/invitations/").content.decode()


@pytest.mark.parametrize("secret", ["x", "a" * 43, "..%2F..", "' or 1=1"])
def test_a_guess_is_answered_like_a_link_that_is_over(organisation: Organisation, secret: str) -> None:
    answer = Client().get(f"/invitation/{secret}")
    assert answer.status_code == 404
    assert "Ask whoever invited you" in answer.content.decode() or "%2F" in secret
