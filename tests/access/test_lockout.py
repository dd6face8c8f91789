"""Too many failures lock, calmly, and tell nobody which accounts there are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from piepowder.access.lockout import Failures, after_failure, locks_visible_to, tidy_locks
from piepowder.access.models import LoginLock
from piepowder.access.operations import unlock
from piepowder.access.options import choose, forget
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation

PASSWORD = "correct horse battery"
LATER = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nothing_chosen() -> Any:
    forget()
    yield
    forget()


def attempt(email: str, password: str, **headers: str) -> str:
    answer = Client().post("/login/", {"login": email, "password": password}, headers=headers)
    return "in" if answer.status_code == 302 else answer.content.decode()


def fail(email: str, times: int, **headers: str) -> str:
    page = ""
    for number in range(times):
        page = attempt(email, f"guess {number}", **headers)
    return page


def test_failures_add_up_only_when_they_come_close_together(now: datetime) -> None:
    state = None
    for number in range(2):
        state = after_failure(state, at=now + number * LATER, limit=3, minutes=15)
    assert state == Failures(2, now, now + LATER, None)
    late = after_failure(state, at=now + timedelta(hours=1), limit=3, minutes=15)
    assert late == Failures(1, now + timedelta(hours=1), now + timedelta(hours=1), None)


def test_the_last_failure_allowed_locks_and_after_the_lock_counting_begins_anew(now: datetime) -> None:
    state = None
    for _ in range(3):
        state = after_failure(state, at=now, limit=3, minutes=15)
    assert state is not None
    assert state.locked_until == now + timedelta(minutes=15)
    assert after_failure(state, at=now + timedelta(minutes=15), limit=3, minutes=15).count == 1


def test_a_locked_account_stays_shut_for_the_right_password_and_its_neighbour_does_not(
    organisation: Organisation,
) -> None:
    user = organisation.person("m@house.test", "moderator")
    organisation.person("n@house.test", "moderator")
    fail("m@house.test", 8)
    assert "too many failed log-ins" in attempt("m@house.test", PASSWORD)
    assert attempt("n@house.test", PASSWORD) == "in"
    assert Fact.objects.filter(verb="account.lock", subject_id=str(user.pk)).count() == 1


def test_an_address_that_nobody_has_is_answered_word_for_word_like_one_that_somebody_has(
    organisation: Organisation,
) -> None:
    organisation.person("real@house.test", "moderator")
    before = [_words(fail(email, 1), email) for email in ("real@house.test", "nobody@house.test")]
    locked = [_words(fail(email, 9), email) for email in ("real@house.test", "nobody@house.test")]
    assert before[0] == before[1]
    assert locked[0] == locked[1]
    assert "too many failed log-ins" in locked[0]


def _words(page: str, email: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(email, "")


def test_coming_in_forgives_the_failures_before(organisation: Organisation) -> None:
    organisation.person("m@house.test", "moderator")
    for _ in range(3):
        fail("m@house.test", 5)
        assert attempt("m@house.test", PASSWORD) == "in"


def test_what_was_typed_is_not_kept(organisation: Organisation) -> None:
    fail("my secret typed into the wrong field", 1)
    assert "secret" not in str(list(LoginLock.objects.values()))


def test_an_address_is_locked_for_everybody_behind_it(organisation: Organisation, settings: Any, now: datetime) -> None:
    settings.TRUSTED_PROXIES = 1
    choose(actor=SYSTEM, at=now, values={"accounts.lock_address_after": 10})
    organisation.person("m@house.test", "moderator")
    for number in range(10):
        fail(f"guess{number}@house.test", 1, x_forwarded_for="203.0.113.9")
    assert "too many failed log-ins" in attempt("m@house.test", PASSWORD, x_forwarded_for="203.0.113.9")
    assert attempt("m@house.test", PASSWORD, x_forwarded_for="203.0.113.10") == "in"


def test_a_manager_unlocks_and_a_manager_elsewhere_cannot(organisation: Organisation, now: datetime) -> None:
    organisation.person("m@acme.test", "external_moderator", "acme")
    manager = organisation.actor(organisation.person("lead@acme.test", "operations_lead", "acme"))
    stranger = organisation.actor(organisation.person("lead@zenith.test", "operations_lead", "zenith"))
    fail("m@acme.test", 8)
    lock = LoginLock.objects.get(kind="account")
    assert lock.locked_until is not None
    at = lock.last_at
    assert list(locks_visible_to(stranger, at=at)) == []
    with pytest.raises(NotPermitted):
        unlock(actor=stranger, lock=lock, at=at)
    assert list(locks_visible_to(manager, at=at)) == [lock]
    unlock(actor=manager, lock=lock, at=at)
    assert attempt("m@acme.test", PASSWORD) == "in"
    assert Fact.objects.filter(verb="account.unlock", actor_ref=manager.ref).count() == 1


def test_addresses_are_for_those_who_manage_everybody(organisation: Organisation, now: datetime) -> None:
    lock = LoginLock.objects.create(
        kind="address", subject="a" * 64, failures=100, first_at=now, last_at=now, locked_until=now + LATER
    )
    bpo = organisation.actor(organisation.person("lead@acme.test", "operations_lead", "acme"))
    house = organisation.actor(organisation.person("boss@house.test", "administrator"))
    assert list(locks_visible_to(bpo, at=now)) == []
    with pytest.raises(NotPermitted):
        unlock(actor=bpo, lock=lock, at=now)
    unlock(actor=house, lock=lock, at=now)
    assert not LoginLock.objects.exists()


def test_old_failures_are_forgotten(organisation: Organisation, now: datetime) -> None:
    for subject, last in (("old", now - timedelta(hours=1)), ("new", now)):
        LoginLock.objects.create(kind="account", subject=subject, failures=2, first_at=last, last_at=last)
    assert tidy_locks(at=now) == 1
    assert [lock.subject for lock in LoginLock.objects.all()] == ["new"]
