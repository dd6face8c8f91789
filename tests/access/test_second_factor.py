"""An authenticator app from setting it up to losing it, and roles that ask for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from piepowder.access.models import User
from piepowder.access.operations import remove_second_factor
from piepowder.access.options import choose, forget
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _nothing_chosen() -> Any:
    forget()
    yield
    forget()


def came_in(email: str, browser: Client | None = None) -> tuple[Client, str]:
    """A browser after the password, and where it was led."""
    browser = browser or Client()
    answer = browser.post("/login/", {"login": email, "password": PASSWORD})
    return browser, answer.headers.get("Location", "")


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def set_up_app(browser: Client) -> tuple[str, list[str]]:
    """Set an app up as the page says; returns its secret and the recovery codes that are shown."""
    browser.post("/me/confirm/", {"password": PASSWORD})
    page = browser.get("/me/factors/app").content.decode()
    found = re.search(r'class="secret mono">(\w+)<', page)
    assert found is not None, page
    answer = browser.post("/me/factors/app", {"code": code_of(found[1])}, follow=True)
    return found[1], re.findall(r"<li>(\d{8})</li>", answer.content.decode())


@pytest.fixture
def fresh_code(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let a code be used although it was just used to set the app up."""

    def forget_use() -> None:
        from django.core.cache import cache

        cache.clear()

    return forget_use


def test_with_an_app_the_password_alone_lets_nobody_in(
    organisation: Organisation, fresh_code: Callable[[], None]
) -> None:
    user = organisation.person("m@house.test", "moderator")
    secret, codes = set_up_app(came_in("m@house.test")[0])
    assert len(codes) == 10
    fresh_code()
    browser, led_to = came_in("m@house.test")
    assert led_to == "/login/factor"
    assert browser.get("/").status_code == 302
    wrong = browser.post("/login/factor", {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    assert browser.post("/login/factor", {"code": code_of(secret)}).status_code == 302
    assert browser.get("/").status_code == 200
    verbs = list(Fact.objects.filter(subject_id=str(user.pk)).order_by("id").values_list("verb", "body__method"))
    assert ("factor.add", "totp") in verbs
    assert ("person.login_failed", "totp") in verbs
    assert ("person.login", "password+mfa") in verbs


def test_whoever_has_the_password_cannot_try_codes_for_ever(
    organisation: Organisation, fresh_code: Callable[[], None]
) -> None:
    organisation.person("m@house.test", "moderator")
    secret, _ = set_up_app(came_in("m@house.test")[0])
    fresh_code()
    waiting, _ = came_in("m@house.test")
    for number in range(8):
        browser, _ = came_in("m@house.test")
        browser.post("/login/factor", {"code": f"00000{number}"})
    assert came_in("m@house.test")[1] == ""
    told = waiting.post("/login/factor", {"code": code_of(secret)})
    assert "too many failed log-ins" in told.content.decode()


def test_a_recovery_code_lets_in_once(organisation: Organisation, fresh_code: Callable[[], None]) -> None:
    organisation.person("m@house.test", "moderator")
    _, codes = set_up_app(came_in("m@house.test")[0])
    for expected in (302, 200):
        browser, _ = came_in("m@house.test")
        assert browser.post("/login/factor", {"code": codes[0]}).status_code == expected


def test_recovery_codes_are_shown_once(organisation: Organisation) -> None:
    organisation.person("m@house.test", "moderator")
    browser, _ = came_in("m@house.test")
    _, codes = set_up_app(browser)
    again = browser.get("/me/factors/codes").content.decode()
    assert codes[0] not in again
    assert "10 codes are left" in again


def test_the_secret_of_an_app_is_not_kept_in_the_clear(organisation: Organisation) -> None:
    organisation.person("m@house.test", "moderator")
    secret, codes = set_up_app(came_in("m@house.test")[0])
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert codes[0] not in kept


def test_changing_how_one_logs_in_asks_for_the_password_again(organisation: Organisation) -> None:
    user = organisation.person("m@house.test", "moderator")
    browser = Client()
    browser.force_login(User.objects.get(pk=user.pk))
    answer = browser.get("/me/factors/app")
    assert answer["Location"].startswith("/me/confirm/")
    refused = browser.post("/me/confirm/", {"password": "not it"})
    assert refused.status_code == 200
    assert browser.post("/me/confirm/", {"password": PASSWORD}).status_code == 302
    assert browser.get("/me/factors/app").status_code == 200


def test_somebody_whose_role_asks_for_a_factor_gets_nowhere_without_one(
    organisation: Organisation, now: datetime
) -> None:
    choose(actor=SYSTEM, at=now, values={"accounts.mfa_required": ["administrator"]})
    organisation.person("boss@house.test", "administrator")
    organisation.person("m@house.test", "moderator")
    browser, _ = came_in("boss@house.test")
    for page in ("/", "/people/", "/me/", "/no/such/page"):
        assert browser.get(page)["Location"] == "/me/factors/", page
    assert browser.get("/api/v1/people").status_code == 401
    assert browser.post("/people/add", {"email": "x@house.test"})["Location"] == "/me/factors/"
    assert browser.get("/board/live", headers={"HX-Request": "true"})["HX-Redirect"] == "/me/factors/"
    assert browser.get("/me/factors/").status_code == 200
    set_up_app(browser)
    assert browser.get("/people/").status_code == 200
    assert browser.get("/api/v1/people").status_code == 200
    other, _ = came_in("m@house.test")
    assert other.get("/").status_code == 200


def test_removing_the_last_factor_leads_back_to_setting_one_up(organisation: Organisation, now: datetime) -> None:
    choose(actor=SYSTEM, at=now, values={"accounts.mfa_required": ["all"]})
    organisation.person("m@house.test", "moderator")
    browser, _ = came_in("m@house.test")
    set_up_app(browser)
    assert browser.get("/").status_code == 200
    assert browser.post("/me/factors/app/remove").status_code == 302
    assert not Authenticator.objects.exists()
    assert browser.get("/")["Location"] == "/me/factors/"


def test_a_manager_frees_somebody_who_lost_the_telephone_and_nobody_frees_their_better(
    organisation: Organisation, now: datetime
) -> None:
    user = organisation.person("m@house.test", "moderator")
    boss = organisation.person("boss@house.test", "administrator")
    browser, _ = came_in("m@house.test")
    set_up_app(browser)
    set_up_app(came_in("boss@house.test")[0])
    lead = organisation.actor(organisation.person("lead@house.test", "operations_lead"))
    with pytest.raises(NotPermitted):
        remove_second_factor(actor=lead, user=boss, at=now)
    remove_second_factor(actor=lead, user=user, at=now)
    assert list(Authenticator.objects.values_list("user", flat=True).distinct()) == [boss.pk]
    assert browser.get("/").status_code == 302, "they are logged out everywhere"
    assert came_in("m@house.test")[1] == "/"
