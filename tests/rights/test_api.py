"""Rights and claims over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from piepowder.access.operations import create_key
from piepowder.http.keys import forget_keys
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from piepowder.rights.models import Claim, Right
from tests.rights.conftest import FIELDS, Desk

BODY: dict[str, Any] = {
    "sender": {"ref": "R-1"},
    "locations": ["L-1", "https://market.example/item/L-2", "L-9"],
    "reason": "Our sign is on it.",
    "good_faith": True,
}


class Caller:
    def __init__(self, *permissions: Permission, **scope: set[str]) -> None:
        now = datetime.now(UTC)
        limits = Scope(**{name: frozenset(values) for name, values in scope.items()})
        made = create_key(
            actor=SYSTEM, name="shop", permissions=permissions, scope=limits, expires_at=now + timedelta(days=1), at=now
        )
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {made.secret}"}
        self.client = Client()

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", **self.headers)

    def post(self, path: str, body: Any, **more: str) -> Any:
        return self.client.post(f"/api/v1{path}", body, "application/json", **self.headers, **more)


@pytest.fixture(autouse=True)
def _keys() -> None:
    forget_keys()


def test_a_right_is_entered_and_read(desk: Desk) -> None:
    shop = Caller(Permission.RIGHT_EDIT, Permission.RIGHT_VIEW)
    made = shop.post("/rights", {**FIELDS, "territories": ["EU"], "categories": []})
    assert (made.status_code, made.json()["state"]) == (201, "submitted")

    read = shop.get(f"/rights/{made.json()['id']}")
    assert read.json()["number"] == "018 123 456"
    assert "owner_email" not in read.json()
    assert [one["id"] for one in shop.get("/rights?owner=R-1").json()["rows"]] == [made.json()["id"]]
    assert shop.post("/rights", {**FIELDS, "territories": [], "categories": []}).json()["code"] == "right_registered"


def test_a_repeated_entry_with_its_key_is_answered_again(desk: Desk) -> None:
    shop = Caller(Permission.RIGHT_EDIT)
    body = {"type": "copyright", "title": "A photograph", "owner_ref": "R-1"}
    first = shop.post("/rights", body, HTTP_IDEMPOTENCY_KEY="once")
    again = shop.post("/rights", body, HTTP_IDEMPOTENCY_KEY="once")
    assert (first.json(), again["Idempotency-Replayed"], Right.objects.count()) == (again.json(), "true", 1)


def test_many_items_are_claimed_in_one_call(desk: Desk) -> None:
    desk.items("L-1", "L-2")
    right, shop = desk.right(), Caller(Permission.REPORT_SUBMIT, Permission.RIGHT_VIEW)

    told = shop.post(f"/rights/{right.pk}/claims", BODY)
    again = shop.post(f"/rights/{right.pk}/claims", BODY)

    assert (told.status_code, again.status_code, Claim.objects.count()) == (201, 200, 2)
    assert [one["result"] for one in told.json()["first_lines"]] == ["filed", "filed", "refused"]
    assert (told.json()["filed"], told.json()["refused"], told.json()["waiting"]) == (2, 1, 0)
    rows = shop.get(f"/rights/{right.pk}/claims").json()["rows"]
    assert {(one["external_id"], one["outcome"]) for one in rows} == {("L-1", "pending"), ("L-2", "pending")}


def test_claims_out_of_reach_are_not_listed(desk: Desk) -> None:
    desk.items("L-1")
    right = desk.right()
    desk.claim(right, "L-1")
    french = Caller(Permission.RIGHT_VIEW, markets={"FR"})
    assert french.get(f"/rights/{right.pk}/claims").json()["rows"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"good_faith": False}, "bad_claims"),
        ({"locations": []}, "malformed"),
        ({"locations": ["x"] * 5_001}, "malformed"),
        ({"reason": ""}, "malformed"),
        ({"sender": {"name": "Nobody"}}, "bad_claims"),
        ({"locations": ["zero\0"]}, "bad_claims"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(desk: Desk, changes: dict[str, Any], code: str) -> None:
    answer = Caller(Permission.REPORT_SUBMIT).post(f"/rights/{desk.right().pk}/claims", {**BODY, **changes})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["problems"]


def test_guessed_rights_and_missing_permissions_are_refused(desk: Desk) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"
    assert Caller(Permission.REPORT_SUBMIT).post(f"/rights/{unknown}/claims", BODY).status_code == 404
    assert Caller(Permission.RIGHT_VIEW).get(f"/rights/{unknown}").status_code == 404
    assert Caller(Permission.RIGHT_VIEW).post("/rights", {**FIELDS, "territories": []}).status_code == 403
    assert Caller(Permission.ITEM_VIEW).get("/rights").status_code == 403
    assert Caller(Permission.RIGHT_VIEW).get("/rights/not-an-id").status_code == 422
