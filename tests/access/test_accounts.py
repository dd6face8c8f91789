"""Coming in, and the link with which a password is set."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from piepowder.access.models import User
from piepowder.access.operations import PersonFields, change_person
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Message
from tests.access.conftest import Organisation

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _every_host(settings: Any) -> None:
    """As an installation behind a proxy may have it: whatever name a request carries is taken."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://court.example"
    settings.EMAIL_BACKEND = "piepowder.outbox.mail.OutboxBackend"


def login(email: str) -> bool:
    answer = Client().post("/login/", {"login": email, "password": PASSWORD})
    return answer.status_code == 302


def letters_after_asking(email: str, host: str = "testserver") -> list[Message]:
    before = set(Message.objects.values_list("pk", flat=True))
    Client().post("/password/reset/", {"email": email}, headers={"host": host})
    return list(Message.objects.exclude(pk__in=before))


def test_an_address_that_was_given_up_opens_nothing_any_more(organisation: Organisation, now: datetime) -> None:
    user = organisation.person("old@house.test", "moderator")
    assert login("old@house.test")
    fields = PersonFields(email="new@house.test", name=user.name, vendor=user.vendor, site=user.site)
    change_person(actor=SYSTEM, user=User.objects.get(pk=user.pk), fields=fields, at=now)
    assert not login("old@house.test")
    assert letters_after_asking("old@house.test") == []
    assert login("new@house.test")
    assert [letter.recipient for letter in letters_after_asking("new@house.test")] == ["new@house.test"]


def test_the_link_in_a_letter_leads_to_the_public_address_whatever_the_request_claims(
    organisation: Organisation,
) -> None:
    organisation.person("m@house.test", "moderator")
    (letter,) = letters_after_asking("m@house.test", host="evil.example")
    assert "https://court.example/password/reset/" in letter.letter
    assert "evil.example" not in letter.letter


def test_nobody_is_written_to_who_has_no_account(organisation: Organisation) -> None:
    assert letters_after_asking("stranger@elsewhere.test") == []


def test_a_password_set_through_the_letter_lets_in_and_leaves_a_fact(organisation: Organisation) -> None:
    user = organisation.person("m@house.test", "moderator")
    Client().post("/password/reset/", {"email": user.email})
    letter = Message.objects.latest("created_at").letter
    link = re.search(r"https?://[^/\s]+(/password/reset/\S+)", letter.replace("=\n", ""))
    assert link is not None
    browser = Client()
    form = browser.get(link[1], follow=True)
    new = "a quite different phrase"
    browser.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert Fact.objects.filter(verb="person.set_password", subject_id=str(user.pk), actor_ref=str(user.pk)).count() == 1
    assert Client().login(email=user.email, password=new)


def test_guessing_at_one_account_locks_that_one_and_nobody_else_at_the_same_address(organisation: Organisation) -> None:
    for name in ("guessed", "neighbour"):
        organisation.person(f"{name}@house.test", "moderator")
    for number in range(12):
        Client().post("/login/", {"login": "guessed@house.test", "password": f"guess {number}"})
    assert not login("guessed@house.test")
    assert login("neighbour@house.test")
