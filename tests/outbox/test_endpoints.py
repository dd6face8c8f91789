"""Who may set receivers up, and what a receiver's address may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from piepowder.access.visibility import NotPermitted
from piepowder.kernel import addresses
from piepowder.ledger.models import Fact
from piepowder.outbox.endpoints import (
    BadEndpoint,
    NoSuchEndpoint,
    NothingToRotate,
    rotate_secret,
    save_endpoint,
    secrets_in_force,
)
from piepowder.outbox.models import Delivery, Endpoint
from tests.outbox.conftest import ADMINISTRATOR, NOBODY, ONE_VENDORS_LEAD

pytestmark = pytest.mark.django_db
PUBLIC = "https://93.184.216.34/hook"


def save(now: datetime, **options: Any) -> Any:
    options = {"actor": ADMINISTRATOR, "code": "shop", "name": "Shop", "url": PUBLIC, **options}
    return save_endpoint(at=now, **options)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/hook",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3:8080/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/hook",
        "ftp://93.184.216.34/",
        "https://user:secret@93.184.216.34/",
        "https:///nowhere",
        "not an address",
        "https://93.184.216.34/" + "a" * 2000,
    ],
)
def test_private_and_odd_addresses_are_refused(now: datetime, url: str) -> None:
    with pytest.raises(BadEndpoint) as refused:
        save(now, url=url)
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/url", "address_refused")]
    assert Endpoint.objects.count() == 0


def test_a_private_address_is_taken_where_it_is_allowed(now: datetime, settings: Any) -> None:
    url = "http://127.0.0.1:9000/hook"
    assert save(now, url=url, allow_private=True).endpoint.url == url
    settings.ALLOW_PRIVATE_ADDRESSES = True
    assert save(now, code="second", url=url).endpoint.url == url


def test_a_name_without_an_address_can_be_saved_because_it_may_get_one(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise addresses.NoSuchHost(host)

    monkeypatch.setattr(addresses.resolve_public, "__defaults__", (False, nowhere))
    assert save(now, url="https://hooks.example.test/").endpoint.pk


def test_nobody_waits_for_a_slow_name_server(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    around, inside = len(connection.savepoint_ids), []

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        inside.append(len(connection.savepoint_ids) - around)
        return [(0, 0, 0, "", ("93.184.216.34", port))]

    monkeypatch.setattr("socket.getaddrinfo", answer)
    save(now, url="https://shop.example/hook")
    assert inside == [0], "the name was asked for inside the transaction"


def test_every_bad_field_is_pointed_at(now: datetime) -> None:
    with pytest.raises(BadEndpoint) as refused:
        save(now, code="No Spaces", name=" ", topics=["ok.topic", "NOT OK"], timeout_s=0, concurrency=1000)
    pointers = [problem.pointer for problem in refused.value.problems]
    assert pointers == ["/code", "/name", "/topics/1", "/timeout_s", "/concurrency"]


def test_the_secret_is_shown_once_and_never_written_to_the_ledger(now: datetime) -> None:
    first = save(now)
    again = save(now, name="Shop, renamed")
    assert first.secret.startswith("pps_")
    assert again.secret == ""
    assert first.secret not in repr(first)
    assert secrets_in_force(again.endpoint, now) == (first.secret,)
    assert not any(first.secret in str(body) for body in Fact.objects.values_list("body", flat=True))
    assert list(Fact.objects.values_list("verb", flat=True)) == ["endpoint.save", "endpoint.save"]


def test_a_secret_rotated_twice_keeps_the_earliest_end(now: datetime) -> None:
    first = save(now).secret
    day = timedelta(days=1)
    second = rotate_secret(actor=ADMINISTRATOR, endpoint_code="shop", overlap=day, at=now).secret
    third = rotate_secret(actor=ADMINISTRATOR, endpoint_code="shop", overlap=7 * day, at=now)
    endpoint = third.endpoint
    assert secrets_in_force(endpoint, now) == (third.secret, second, first)
    assert secrets_in_force(endpoint, now + day) == (third.secret, second)
    assert secrets_in_force(endpoint, now + 7 * day) == (third.secret,)
    assert [entry["id"] for entry in endpoint.secrets] == [3, 2, 1]


def test_what_cannot_be_rotated_says_so(now: datetime) -> None:
    save(now, code="email", channel="email", url="")
    day = timedelta(days=1)
    with pytest.raises(NothingToRotate):
        rotate_secret(actor=ADMINISTRATOR, endpoint_code="email", overlap=day, at=now)
    with pytest.raises(NoSuchEndpoint):
        rotate_secret(actor=ADMINISTRATOR, endpoint_code="nowhere", overlap=day, at=now)
    with pytest.raises(BadEndpoint):
        rotate_secret(actor=ADMINISTRATOR, endpoint_code="email", overlap=31 * day, at=now)


def test_the_endpoints_that_the_house_makes_keep_their_codes(now: datetime, post: Callable[..., Any]) -> None:
    post()
    for code, channel in [("shop", "email"), ("email", "webhook"), ("kept", "webhook")]:
        with pytest.raises(BadEndpoint) as refused:
            save(now, code=code, channel=channel)
        assert [problem.code for problem in refused.value.problems] == ["reserved_code"]


@pytest.mark.parametrize("actor", [NOBODY, ONE_VENDORS_LEAD])
def test_only_somebody_who_answers_for_all_vendors_sets_receivers_up(now: datetime, actor: Any) -> None:
    with pytest.raises(NotPermitted):
        save(now, actor=actor)
    save(now)
    with pytest.raises(NotPermitted):
        rotate_secret(actor=actor, endpoint_code="shop", overlap=timedelta(0), at=now)


def test_an_endpoint_gets_the_topics_it_asked_for_and_never_mail(now: datetime, post: Callable[..., Any]) -> None:
    save(now, code="all")
    save(now, code="some", topics=["statement.issued"])
    save(now, code="off", active=False)
    save(now, code="email", channel="email", url="", topics=["statement.issued"])
    post(topic="statement.issued")
    post(topic="enforcement.applied")
    post(topic="mail", recipient="a@example.org", body={"subject": "Hello", "text": "There"})
    rows = Delivery.objects.order_by("message_id", "endpoint_id").values_list("endpoint__code", "message__topic")
    assert list(rows) == [
        ("all", "statement.issued"),
        ("some", "statement.issued"),
        ("all", "enforcement.applied"),
        ("email", "mail"),
    ]
