"""Single sign-on by OpenID Connect, with an identity provider that runs beside the test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from piepowder.access.models import Grant, User
from piepowder.access.operations import set_person_active
from piepowder.http.sso import BadSsoFile, read_sso
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from tests.access.conftest import Organisation
from tests.access.identity_provider import Provider, served

PEOPLE = {
    "in": {"email": "m@house.test", "email_verified": True},
    "unverified": {"email": "m@house.test", "email_verified": False},
    "unsaid": {"email": "m@house.test"},
    "spelled": {"email": "m@house.test", "email_verified": "false"},
    "stranger": {"email": "eve@elsewhere.test", "email_verified": True},
    "welcome": {"email": "new@house.test", "email_verified": True, "name": "Nina"},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    known = Provider(PEOPLE)
    with served(known):
        yield known


@pytest.fixture
def provider(running: Provider) -> str:
    running.audience = ""
    return running.issuer


@pytest.fixture
def file(provider: str, settings: Any, tmp_path: Any) -> Any:
    """Write the file of providers and let it count."""

    def write(more: str = "") -> None:
        path = tmp_path / "sso.yaml"
        path.write_text(
            f"oidc:\n- code: corp\n  name: Corp login\n  server_url: {provider}\n"
            f"  client_id: piepowder\n  client_secret: s3cret\n{more}"
        )
        settings.SOCIALACCOUNT_PROVIDERS = dict(read_sso(path, "http://testserver").providers)

    write()
    return write


def through(provider: str, sub: str, browser: Client | None = None, query: str = "") -> tuple[Client, Any]:
    """Walk from the login page through the provider as ``sub`` and back."""
    browser = browser or Client()
    away = browser.post(f"/login/oidc/corp/{query}")
    assert away.status_code == 302, away.content
    assert away["Location"].startswith(provider)
    back = httpx.post(away["Location"], data={"sub": sub}).headers["location"]
    parts = urlsplit(back)
    return browser, browser.get(f"{parts.path}?{parts.query}")


def test_an_invited_person_comes_in_by_the_address_that_the_provider_vouches_for(
    organisation: Organisation, provider: str, file: Any
) -> None:
    user = organisation.person("m@house.test", "moderator")
    assert "Log in through Corp login" in Client().get("/login/").content.decode()
    browser, answer = through(provider, "in")
    assert answer["Location"] == "/"
    assert browser.get("/").wsgi_request.user == user
    assert Fact.objects.get(verb="person.link").subject_id == str(user.pk)
    assert Fact.objects.get(verb="person.login").body["method"] == "socialaccount"


def test_who_is_linked_comes_in_again_even_under_another_address(
    organisation: Organisation, provider: str, file: Any
) -> None:
    user = organisation.person("m@house.test", "moderator")
    through(provider, "in")
    User.objects.filter(pk=user.pk).update(email="renamed@house.test")
    browser, _ = through(provider, "in")
    assert browser.get("/").wsgi_request.user == user
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("sub", ["stranger", "unverified", "unsaid", "spelled"])
def test_nobody_else_gets_in(organisation: Organisation, provider: str, file: Any, sub: str) -> None:
    organisation.person("m@house.test", "moderator")
    browser, answer = through(provider, sub)
    assert answer.status_code == 403
    assert "You are not expected here" in answer.content.decode()
    assert browser.get("/").status_code == 302
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_somebody_switched_off_stays_out(organisation: Organisation, provider: str, file: Any, now: datetime) -> None:
    user = organisation.person("m@house.test", "moderator")
    through(provider, "in")
    set_person_active(actor=SYSTEM, user=user, active=False, at=now)
    browser, answer = through(provider, "in")
    assert answer["Location"] == "/inactive/"
    assert browser.get("/").status_code == 302


def test_the_organisation_may_welcome_a_domain_uninvited(organisation: Organisation, provider: str, file: Any) -> None:
    file("  welcome: {domains: [house.test], role: moderator, vendor: house}\n")
    assert through(provider, "stranger")[1].status_code == 403
    browser, _ = through(provider, "welcome")
    grant = Grant.objects.get(user__email="new@house.test")
    assert (grant.role.code, grant.user.vendor.code) == ("moderator", "house")
    assert browser.get("/").status_code == 200


def test_nobody_links_an_account_elsewhere_to_a_session_that_is_open(
    organisation: Organisation, provider: str, file: Any
) -> None:
    user = organisation.person("boss@house.test", "administrator")
    browser = Client()
    browser.force_login(User.objects.get(pk=user.pk))
    _, answer = through(provider, "stranger", browser, "?process=connect")
    assert answer.status_code == 403
    assert not SocialAccount.objects.exists()


def test_an_answer_counts_only_in_the_browser_that_asked_and_once(
    organisation: Organisation, provider: str, file: Any
) -> None:
    organisation.person("m@house.test", "moderator")
    asking = Client()
    away = asking.post("/login/oidc/corp/")
    parts = urlsplit(httpx.post(away["Location"], data={"sub": "in"}).headers["location"])
    url = f"{parts.path}?{parts.query}"
    assert "could not be accepted" in Client().get(url).content.decode()
    assert asking.get(url).status_code == 302
    assert "could not be accepted" in asking.get(url).content.decode()


def test_a_token_for_somebody_else_is_refused(
    organisation: Organisation, provider: str, running: Provider, file: Any
) -> None:
    organisation.person("m@house.test", "moderator")
    running.audience = "another shop"
    browser, answer = through(provider, "in")
    assert "could not be accepted" in answer.content.decode()
    assert browser.get("/").status_code == 302


def test_a_provider_that_points_elsewhere_is_not_followed(
    organisation: Organisation, provider: str, file: Any, settings: Any
) -> None:
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    apps[0]["settings"]["server_url"] = f"{provider}/detour/.well-known/"
    assert Client().post("/login/oidc/corp/").status_code == 502


def test_the_login_begins_with_a_form_and_uses_pkce(organisation: Organisation, provider: str, file: Any) -> None:
    assert Client(enforce_csrf_checks=True).post("/login/oidc/corp/").status_code == 403
    assert Client().get("/login/oidc/corp/").status_code == 200
    asked = parse_qs(urlsplit(Client().post("/login/oidc/corp/")["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert Client().post("/login/oidc/other/").status_code == 404


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("oidc: [{code: a, name: A, server_url: 'http://id.example', client_id: c, client_secret: s}]", "https://"),
        ("oidc: [{code: a, name: A, server_url: 'https://id.example', client_id: c}]", "client_secret"),
        ("oidc: [{code: a}]", "missing"),
        ("saml: [{code: a, name: A, idp: {metadata_url: 'http://10.0.0.1/'}}]", "'metadata_url' is unknown"),
        ("ldap: []", "nothing else"),
        ("oidc: [", "while parsing"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path: Any, told: str, why: str) -> None:
    path = tmp_path / "sso.yaml"
    path.write_text(told)
    with pytest.raises(BadSsoFile, match=why):
        read_sso(path, "https://court.example")


def test_the_login_form_may_lead_to_the_providers_that_are_set_up_and_nowhere_else(tmp_path: Any) -> None:
    path = tmp_path / "sso.yaml"
    path.write_text(
        "oidc: [{code: a, name: A, server_url: 'https://id.example/realms/x', client_id: c, client_secret: s,"
        " origins: ['https://login.example/']}]"
    )
    assert read_sso(path, "https://court.example").origins == ("https://id.example", "https://login.example")
    assert read_sso(tmp_path / "none.yaml", "https://court.example").providers == {}
