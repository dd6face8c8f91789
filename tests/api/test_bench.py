"""A person works from a console of the marketplace's own: take, judge, go on, take back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from piepowder.access.models import Role, User
from piepowder.access.operations import PersonFields, add_person, create_vendor, give
from piepowder.decisions.models import Decision, Enforcement
from piepowder.intake.operations import receive
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.kernel.actor import EVERYWHERE, SYSTEM
from piepowder.review import operations as review
from piepowder.review.models import Case, CaseEvent, Lease, Presence
from tests.api.conftest import listing

PASSWORD = "a long enough password"
FACTS = "The lamp is offered under the name of a brand that did not make it, as its label shows."


@pytest.fixture
def people(marketplace: None) -> list[User]:
    at = datetime.now(UTC)
    house = create_vendor(actor=SYSTEM, code="house", name="House", kind="in_house", at=at)
    review.save_queue(actor=SYSTEM, at=at, code="listings", name="Listings")
    rules = [{"name": "All", "when": {}, "then": {"queue": "listings"}}]
    review.publish_routing(actor=SYSTEM, at=at, rules=rules)
    made = []
    for name in ("ann", "bob"):
        fields = PersonFields(email=f"{name}@market.test", name=name.title(), vendor=house, languages=["de"])
        user = add_person(actor=SYSTEM, fields=fields, at=at, password=PASSWORD)
        give(actor=SYSTEM, user=user, role=Role.objects.get(code="moderator"), scope=EVERYWHERE, at=at)
        made.append(user)
    items = [parse_submission(listing(number)) for number in (1, 2, 3)]
    receive(actor=SYSTEM, submissions=[one for one in items if isinstance(one, Submitted)], at=at)
    return made


def logged_in(user: User) -> Client:
    """Logged in as a browser is, with the token that its writes need."""
    client = Client(enforce_csrf_checks=True)
    client.get("/login/")
    token = client.cookies["csrftoken"].value
    sent = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/login/", sent).status_code == 302
    client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["csrftoken"].value
    return client


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(f"/api/v1/bench/{path}", body or {}, content_type="application/json", headers=headers)


def violation(case: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "snapshot_id": case["item"]["snapshot_id"],
        "outcome": "violation",
        "policy_codes": ["C-2.1"],
        "ground": "terms",
        "facts": FACTS,
        "enforcements": [{"family": "visibility", "measure": "content_removed"}],
        **more,
    }


def clear(case: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"snapshot_id": case["item"]["snapshot_id"], "outcome": "no_violation", **more}


def test_one_case_after_the_other_is_judged_and_the_next_comes_with_the_answer(people: list[User]) -> None:
    client = logged_in(people[0])
    case = post(client, "next").json()["next"]
    assert case["item"]["content"]["title"] == "Lamp 1"
    assert case["case"]["queue"] == "listings"
    judged = post(client, f"{case['lease_id']}/judge", violation(case, next=True))
    assert judged.status_code == 201
    told = judged.json()
    assert Enforcement.objects.get().decision_id == Decision.objects.get(pk=told["decision"]["id"]).pk
    second = told["next"]
    assert second["item"]["content"]["title"] == "Lamp 2"
    seen = CaseEvent.objects.filter(case_id=second["case"]["id"]).order_by("id").values_list("kind", flat=True)
    assert list(seen)[-3:] == ["offered", "claimed", "viewed"]
    assert Lease.objects.get(pk=second["lease_id"]).shown_at is not None
    assert Case.objects.get(pk=second["case"]["id"]).first_viewed_at is not None
    third = post(client, f"{second['lease_id']}/judge", clear(second, next=True)).json()["next"]
    assert post(client, f"{third['lease_id']}/judge", clear(third, next=True)).json()["next"] is None
    assert post(client, "next").json() == {"next": None}


def test_it_is_read_kept_given_back_and_taken_back(people: list[User]) -> None:
    client = logged_in(people[0])
    case = post(client, "next").json()["next"]
    assert client.get(f"/api/v1/bench/{case['lease_id']}").json() == case
    assert post(client, f"{case['lease_id']}/beat").json()["expires_at"] >= case["expires_at"]
    assert post(client, f"{case['lease_id']}/release").json() == {"released": case["lease_id"]}
    assert client.get(f"/api/v1/bench/{case['lease_id']}").json()["code"] == "lease_lost"
    case = post(client, "next").json()["next"]
    decision = post(client, f"{case['lease_id']}/judge", clear(case)).json()["decision"]
    assert post(client, f"decisions/{decision['id']}/withdraw").json()["state"] == "withdrawn"
    assert post(client, f"decisions/{uuid4()}/withdraw").json()["code"] == "no_such_decision"


def test_the_same_judgement_twice_is_one_when_it_has_a_key(people: list[User]) -> None:
    client = logged_in(people[0])
    case = post(client, "next").json()["next"]
    key = {"Idempotency-Key": "k-1"}
    first = post(client, f"{case['lease_id']}/judge", clear(case), **key)
    again = post(client, f"{case['lease_id']}/judge", clear(case), **key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert Decision.objects.count() == 1
    assert post(client, f"{case['lease_id']}/judge", clear(case)).json()["code"] == "lease_lost"


def test_whoever_may_take_no_other_case_now_is_still_told_what_was_judged(people: list[User]) -> None:
    client = logged_in(people[0])
    case = post(client, "next").json()["next"]
    Presence.objects.filter(user=people[0]).update(state="break")
    judged = post(client, f"{case['lease_id']}/judge", clear(case, next=True))
    assert (judged.status_code, judged.json()["next"]) == (201, None)
    assert str(Decision.objects.get().pk) == judged.json()["decision"]["id"]


def test_another_person_s_lease_is_no_lease(people: list[User]) -> None:
    ann, bob = map(logged_in, people)
    case = post(ann, "next").json()["next"]
    for path in ("judge", "beat", "release"):
        assert post(bob, f"{case['lease_id']}/{path}", clear(case) if path == "judge" else None).status_code == 409
    assert bob.get(f"/api/v1/bench/{case['lease_id']}").status_code == 409
    assert Decision.objects.count() == 0


def test_faults_are_told_at_their_fields_and_nothing_is_stored(people: list[User]) -> None:
    client = logged_in(people[0])
    case = post(client, "next").json()["next"]
    path = f"{case['lease_id']}/judge"
    assert post(client, path, {"outcome": "maybe"}).json()["code"] == "malformed"
    answer = post(client, path, violation(case, facts=""))
    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_ruling"
    assert "/facts" in [one["pointer"] for one in answer.json()["problems"]]
    assert Decision.objects.count() == 0


def test_another_page_cannot_work_in_somebody_s_name(people: list[User]) -> None:
    client = logged_in(people[0])
    del client.defaults["HTTP_X_CSRFTOKEN"]
    answer = post(client, "next")
    assert (answer.status_code, answer.json()["code"]) == (403, "token_missing")
    assert Client().post("/api/v1/bench/next", {}, content_type="application/json").status_code == 401
    assert Lease.objects.count() == 0


def test_a_judgement_with_the_next_case_costs_so_many_queries(people: list[User]) -> None:
    # As if the set-up had been committed: until then it is read afresh each time.
    connection.run_on_commit.clear()
    client = logged_in(people[0])
    case = post(client, "next").json()["next"]
    case = post(client, f"{case['lease_id']}/judge", clear(case, next=True)).json()["next"]
    with CaptureQueriesContext(connection) as asked:
        post(client, f"{case['lease_id']}/judge", clear(case, next=True))
    # With two savepoints of the test's own transaction in place of what begins and ends one.
    assert len(asked) <= 58, "\n".join(one["sql"][:120] for one in asked.captured_queries)
