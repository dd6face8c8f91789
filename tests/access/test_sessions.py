"""Where people are logged in, and how it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from piepowder.access.models import User
from piepowder.access.operations import end_sessions, set_person_active
from piepowder.access.options import choose, forget
from piepowder.access.visibility import NotPermitted
from piepowder.http.sessions import CAME_IN_AT, forget_sessions
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Any:
    forget()
    forget_sessions()
    yield
    forget()


def came_in(email: str, agent: str = FIREFOX) -> Client:
    browser = Client(headers={"user-agent": agent})
    assert browser.post("/login/", {"login": email, "password": PASSWORD}).status_code == 302
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/me/").status_code == 200


def test_a_person_sees_where_they_are_in_and_ends_the_others(organisation: Organisation) -> None:
    organisation.person("m@house.test", "moderator")
    here, there = came_in("m@house.test"), came_in("m@house.test", IPHONE)
    page = here.get("/me/sessions/").content.decode()
    assert "Firefox, Linux" in page
    assert "Safari, iPhone" in page
    assert "127.0.0.1" in page
    here.post("/me/sessions/end")
    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.django_db
def test_a_cookie_that_no_database_can_look_for_is_nobodys() -> None:
    browser = Client(headers={"cookie": 'sessionid="\\000abcdefghijklmnop"'})
    assert browser.get("/me/").status_code == 302


def test_one_session_is_ended_and_nobody_elses_can_be(organisation: Organisation) -> None:
    organisation.person("m@house.test", "moderator")
    organisation.person("n@house.test", "moderator")
    here, there, other = came_in("m@house.test"), came_in("m@house.test"), came_in("n@house.test")
    theirs = UserSession.objects.get(user__email="n@house.test")
    here.post("/me/sessions/end", {"session": theirs.pk})
    assert is_in(other)
    mine = UserSession.objects.get(session_key=there.session.session_key)
    here.post("/me/sessions/end", {"session": mine.pk})
    assert (is_in(here), is_in(there), is_in(other)) == (True, False, True)


def test_a_manager_ends_sessions_in_their_vendor_only(organisation: Organisation, now: datetime) -> None:
    user = organisation.person("m@acme.test", "external_moderator", "acme")
    browser = came_in("m@acme.test")
    stranger = organisation.actor(organisation.person("lead@zenith.test", "operations_lead", "zenith"))
    with pytest.raises(NotPermitted):
        end_sessions(actor=stranger, user=user, at=now)
    assert is_in(browser)
    manager = organisation.actor(organisation.person("lead@acme.test", "operations_lead", "acme"))
    assert end_sessions(actor=manager, user=user, at=now) == 1
    assert not is_in(browser)
    assert Fact.objects.get(verb="person.end_sessions").body["sessions"] == 1


def test_switching_somebody_off_ends_every_session_at_once(organisation: Organisation, now: datetime) -> None:
    user = organisation.person("m@house.test", "moderator")
    browsers = [came_in("m@house.test") for _ in range(3)]
    set_person_active(actor=SYSTEM, user=user, active=False, at=now)
    assert not any(map(is_in, browsers))
    set_person_active(actor=SYSTEM, user=User.objects.get(pk=user.pk), active=True, at=now)
    assert not any(map(is_in, browsers)), "letting them in again revives no session"


def test_a_session_ends_after_the_hours_that_the_organisation_chose(organisation: Organisation, now: datetime) -> None:
    organisation.person("m@house.test", "moderator")
    choose(actor=SYSTEM, at=now, values={"accounts.session_hours": 2})
    browser = came_in("m@house.test")
    _shift(browser, hours=1)
    assert is_in(browser)
    _shift(browser, hours=2)
    assert not is_in(browser)


def _shift(browser: Client, *, hours: int) -> None:
    session = browser.session
    session[CAME_IN_AT] -= hours * 3600
    session.save()


def test_an_idle_session_ends_when_the_organisation_wants_it(organisation: Organisation, now: datetime) -> None:
    organisation.person("m@house.test", "moderator")
    choose(actor=SYSTEM, at=now, values={"accounts.idle_minutes": 30})
    browser = came_in("m@house.test")
    for minutes, stays in ((29, True), (31, False)):
        forget_sessions()
        seen = UserSession.objects.get()
        UserSession.objects.update(last_seen_at=seen.last_seen_at - timedelta(minutes=minutes))
        assert is_in(browser) is stays


def test_being_seen_costs_no_query_within_a_minute(organisation: Organisation) -> None:
    organisation.person("m@house.test", "moderator")
    browser = came_in("m@house.test")
    browser.get("/me/")
    with CaptureQueriesContext(connection) as asked:
        browser.get("/me/")
    assert not [query["sql"] for query in asked.captured_queries if "usersessions" in query["sql"]]


def test_the_session_gets_a_new_name_when_somebody_comes_in(organisation: Organisation) -> None:
    """Otherwise who planted a session in somebody's browser would be in with them."""
    organisation.person("m@house.test", "moderator")
    browser = Client()
    browser.get("/login/")
    planted = browser.session
    planted["mark"] = "planted"
    planted.save()
    browser.cookies["sessionid"] = planted.session_key
    browser.post("/login/", {"login": "m@house.test", "password": PASSWORD})
    assert browser.cookies["sessionid"].value != planted.session_key


def test_logging_out_needs_the_token_and_a_look_does_not_log_out(organisation: Organisation) -> None:
    organisation.person("m@house.test", "moderator")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get())
    assert browser.post("/logout/").status_code == 403
    assert browser.get("/logout/").status_code == 200
    assert is_in(browser)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_login_leads_to_our_own_pages_only(organisation: Organisation, target: str) -> None:
    organisation.person("m@house.test", "moderator")
    answer = Client().post(f"/login/?next={target}", {"login": "m@house.test", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"
