"""Who may call: keys, sessions, and what each of them opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.test import Client as Browser

from piepowder.access.models import ApiKey, Role, Vendor
from piepowder.access.operations import PersonFields, add_person, give, revoke_key
from piepowder.client import Problem
from piepowder.http import keys
from piepowder.http.keys import forget_keys
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from tests.api.conftest import MakeClient, listing, new_key


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic cHA6c2VjcmV0"},
        {"Authorization": "Bearer pp0123456789.wrong"},
        {"Authorization": "Bearer nonsense"},
    ],
)
def test_without_a_key_that_is_known_nothing_opens(http: httpx.Client, headers: dict[str, str]) -> None:
    for response in (
        http.get("/api/v1/policies", headers=headers),
        http.post("/api/v1/items", json=listing(1), headers=headers),
    ):
        assert response.status_code == 401
        assert response.json()["code"] == "unauthenticated"
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.headers["Content-Type"] == "application/problem+json"


def test_the_right_prefix_with_another_secret_is_refused(connect: MakeClient) -> None:
    prefix, _, _ = new_key().partition(".")
    with pytest.raises(Problem) as caught:
        connect(key=f"{prefix}.guess").policies()
    assert caught.value.status == 401


def test_an_expired_key_is_refused_with_its_date(connect: MakeClient) -> None:
    secret = new_key()
    ended = datetime.now(UTC) - timedelta(hours=1)
    ApiKey.objects.filter(prefix=secret.partition(".")[0]).update(expires_at=ended)
    with pytest.raises(Problem) as caught:
        connect(key=secret).policies()
    assert (caught.value.status, caught.value.code) == (401, "unauthenticated")
    assert f"{ended:%Y-%m-%d}" in caught.value.detail


def test_a_revoked_key_is_refused_once_it_is_looked_up_again(connect: MakeClient) -> None:
    secret = new_key()
    api = connect(key=secret)
    api.policies()
    revoke_key(actor=SYSTEM, key=ApiKey.objects.get(prefix=secret.partition(".")[0]), at=datetime.now(UTC))
    forget_keys()
    with pytest.raises(Problem) as caught:
        api.policies()
    assert caught.value.status == 401


def test_beyond_its_rate_a_key_is_told_how_long_to_wait(connect: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    standing_still = 1000.0
    monkeypatch.setattr(keys.time, "monotonic", lambda: standing_still)
    api = connect(rate_per_minute=2)
    api.policies()
    api.policies()
    with pytest.raises(Problem) as caught:
        api.policies()
    assert (caught.value.status, caught.value.code) == (429, "rate_limited")


def test_the_client_waits_as_long_as_it_is_asked_and_keeps_its_idempotency_key() -> None:
    from piepowder.client import Client

    asked: list[httpx.Request] = []
    waited: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 1:
            return httpx.Response(429, headers={"Retry-After": "7"}, json={"code": "rate_limited", "detail": "later"})
        if len(asked) == 2:
            return httpx.Response(503, text="a proxy's page")
        if len(asked) == 3:
            raise httpx.ConnectError("gone")
        return httpx.Response(201, json={"result": "created"})

    with Client("http://market", "k", transport=httpx.MockTransport(answer), sleep=waited.append) as api:
        assert api.submit(listing(1))["result"] == "created"
        api.submit(listing(2))
    sent = [request.headers["Idempotency-Key"] for request in asked]
    assert len(set(sent[:4])) == 1
    assert sent[4] != sent[0]
    assert waited[0] == 7
    assert len(waited) == 3


def test_the_client_gives_up_after_its_attempts() -> None:
    from piepowder.client import Client

    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503, json={"code": "unavailable", "detail": "not now"})

    transport = httpx.MockTransport(answer)
    api = Client("http://market", "k", transport=transport, attempts=3, sleep=lambda _: None)
    with api, pytest.raises(Problem) as caught:
        api.policies()
    assert (caught.value.code, len(asked)) == ("unavailable", 3)


def test_the_client_does_not_repeat_what_was_refused() -> None:
    from piepowder.client import Client

    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(409, json={"code": "case_taken", "detail": "somebody is working on this case"})

    with Client("http://market", "k", transport=httpx.MockTransport(answer)) as api, pytest.raises(Problem):
        api.decide({})
    assert len(asked) == 1


def _person(browser: Browser, role: str, scope: Scope = EVERYWHERE) -> None:
    at = datetime.now(UTC)
    house, _ = Vendor.objects.get_or_create(code="house", defaults={"name": "House", "kind": "in_house"})
    fields = PersonFields(email=f"{role}@house.example", name=role, vendor=house)
    user = add_person(actor=SYSTEM, fields=fields, at=at, password="a fair trial at the market")
    give(actor=SYSTEM, user=user, role=Role.objects.get(code=role), scope=scope, at=at)
    browser.force_login(user)


def test_somebody_logged_in_may_read_what_their_role_lets_them(marketplace: None, client: Browser) -> None:
    _person(client, "moderator")
    assert client.get("/api/v1/policies").status_code == 200
    refused = client.get("/api/v1/people")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")


def test_a_session_never_writes(marketplace: None, client: Browser) -> None:
    _person(client, "administrator")
    for path in ("/api/v1/items", "/api/v1/items/bulk", "/api/v1/reports", "/api/v1/media", "/api/v1/decisions"):
        response = client.post(path, b"{}", content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated"), path


def test_a_bad_key_is_not_made_up_for_by_a_session(marketplace: None, client: Browser) -> None:
    _person(client, "administrator")
    response = client.get("/api/v1/policies", headers={"Authorization": "Bearer pp0000000000.nothing"})
    assert response.status_code == 401


def test_somebody_who_was_let_out_reads_no_more(marketplace: None, client: Browser) -> None:
    _person(client, "administrator")
    from piepowder.access.models import User

    User.objects.update(is_active=False)
    assert client.get("/api/v1/policies").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/", 404, "no_such_operation"),
        ("GET", "/api/v1", 404, "no_such_operation"),
        ("GET", "/api/v1/nothing", 404, "no_such_operation"),
        ("GET", "/api/v2/items", 404, "no_such_operation"),
        ("GET", "/api/v1/decisions/not-a-uuid", 404, "no_such_operation"),
        ("GET", "/api/v1/items", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/policies", 405, "method_not_allowed"),
        ("PUT", "/api/v1/items/listing/L-1", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_is_told_as_a_problem(
    http: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    response = http.request(method, path, headers={"Authorization": f"Bearer {new_key()}"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert status != 405 or response.headers["Allow"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("cursor=abc", "/query/cursor"),
        ("cursor=2026-01-01~x", "/query/cursor"),
        ("outcome=guilty", "/query/outcome"),
        ("since=yesterday", "/query/since"),
        ("since=2026-01-01T00:00:00", "/query/since"),
        ("text=a%00b", "/query/text"),
        ("decider_id=99999999999999999999", "/query/decider_id"),
        ("item=" + "x" * 201, "/query/item"),
    ],
)
def test_a_bad_parameter_is_pointed_at(http: httpx.Client, query: str, pointer: str) -> None:
    response = http.get(f"/api/v1/decisions?{query}", headers={"Authorization": f"Bearer {new_key()}"})
    assert response.status_code == 422, response.text
    assert [field["pointer"] for field in response.json()["problems"]] == [pointer]


def test_our_own_mistakes_are_told_without_their_insides(
    marketplace: None, client: Browser, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the password of the database is swordfish")

    monkeypatch.setattr("piepowder.api.policies.policy_tree", fail)
    response = client.get("/api/v1/policies", headers={"Authorization": f"Bearer {new_key(Permission.POLICY_VIEW)}"})
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert b"swordfish" not in response.content
    assert "swordfish" in caplog.text


def test_a_database_that_does_not_answer_asks_to_come_back(
    marketplace: None, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("server closed the connection at 10.1.2.3")

    monkeypatch.setattr("piepowder.api.policies.policy_tree", fail)
    response = client.get("/api/v1/policies", headers={"Authorization": f"Bearer {new_key()}"})
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.headers["Retry-After"] == "1"
    assert b"10.1.2.3" not in response.content


def test_an_answer_that_is_no_page_runs_nothing_when_shown_as_one(http: httpx.Client) -> None:
    for path in ("/api/v1/policies", "/api/v1/nothing", "/api/openapi.json"):
        response = http.get(path, headers={"X-API-Key": new_key()})
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'", path
    assert "script-src 'self'" in http.get("/api/docs").headers["Content-Security-Policy"]
