"""The routing rules by API: read, tried, replaced only by whoever knows what is in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from tests.api.conftest import new_key

RULES = [{"name": "All", "when": {}, "then": {"queue": "general"}}]


@pytest.fixture
def api(marketplace: None) -> Client:
    review.save_queue(actor=SYSTEM, at=datetime.now(UTC), code="general", name="General")
    return Client(headers={"Authorization": f"Bearer {new_key(Permission.QUEUE_VIEW, Permission.QUEUE_EDIT)}"})


def put(api: Client, **body: Any) -> Any:
    return api.put("/api/v1/routing", body, content_type="application/json")


def test_rules_are_replaced_by_whoever_knows_what_is_in_force(api: Client) -> None:
    assert api.get("/api/v1/routing").json() == {"number": 0, "published_at": None, "rules": []}
    assert put(api, based_on=0, rules=RULES).json()["number"] == 1
    again = put(api, based_on=0, rules=RULES)
    assert (again.status_code, again.json()["code"]) == (409, "routing_moved_on")
    assert api.get("/api/v1/routing").json()["rules"] == RULES


def test_what_is_wrong_is_told_with_its_place(api: Client) -> None:
    answer = put(api, based_on=0, rules=[{"name": "x", "then": {"queue": "nowhere"}}])
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["problems"]] == ["/0/then/queue"]
    for body in ({"rules": RULES}, {"based_on": 0}, {"based_on": 0, "rules": RULES, "force": True}):
        assert put(api, **body).status_code == 422


def test_rules_are_tried_without_being_published(api: Client) -> None:
    def tried(**body: Any) -> Any:
        return api.post("/api/v1/routing/try", body, content_type="application/json")

    answer = tried(rules=RULES)
    assert answer.status_code == 200
    assert (answer.json()["tried"], answer.json()["moves"]) == (0, [])
    assert api.get("/api/v1/routing").json()["number"] == 0
    assert tried(rules="all").status_code == 422
    assert tried(rules=RULES, since="yesterday").status_code == 422
    assert tried(rules=RULES, since="2020-01-01T00:00:00Z").status_code == 422


def test_a_key_bound_to_a_vendor_neither_reads_nor_replaces_them(marketplace: None) -> None:
    key = new_key(Permission.QUEUE_VIEW, Permission.QUEUE_EDIT, scope=Scope(vendors=frozenset({"acme"})))
    bound = Client(headers={"Authorization": f"Bearer {key}"})
    assert bound.get("/api/v1/routing").status_code == 403
    assert put(bound, based_on=0, rules=RULES).status_code == 403
