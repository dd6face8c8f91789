"""Reports, media, machine decisions, and what can be read of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from piepowder.access.models import Vendor
from piepowder.access.operations import PersonFields, add_person
from piepowder.client import Problem
from piepowder.decisions.models import Decision
from piepowder.intake.models import Report
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Message
from piepowder.review import operations as review
from piepowder.review.models import Case
from piepowder.review.reference import forget
from tests.api.conftest import MakeClient, listing, new_key

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    forget()
    yield
    forget()


def notice(*ids: str, **changes: Any) -> dict[str, Any]:
    return {
        "reporter": {"kind": "user", "id": "U-1", "name": "Ann", "email": "ann@mail.example"},
        "items": [{"kind": "listing", "id": external_id} for external_id in ids],
        "basis": "terms",
        "reason": "The lamp has no plug.",
        "good_faith": True,
        **changes,
    }


def ruling(receipt: Any, **changes: Any) -> dict[str, Any]:
    return {
        "item": {"kind": receipt["kind"], "id": receipt["id"]},
        "snapshot_id": receipt["snapshot"],
        "machine": "eye",
        "version": "4.2",
        "outcome": "violation",
        "policy_codes": ["M-1"],
        "ground": "terms",
        "facts": "The title promises oak, the second picture shows painted chipboard.",
        "enforcements": [{"family": "visibility", "measure": "content_removed", "territories": ["DE"]}],
        **changes,
    }


def refusal(call: Callable[[], object]) -> Problem:
    with pytest.raises(Problem) as caught:
        call()
    return caught.value


def test_a_notice_is_received_once_for_each_of_its_items(connect: MakeClient) -> None:
    api = connect()
    api.submit(listing(1))
    api.submit(listing(2))
    first = api.report(notice("L-1", "L-2", reference="N-1"))
    assert (first["result"], first["reference"], len(first["reports"])) == ("created", "N-1", 2)
    again = api.report(notice("L-1", "L-2", reference="N-1"))
    assert (again["result"], set(again["reports"])) == ("duplicate", set(first["reports"]))
    assert Report.objects.count() == 2


def test_a_notice_about_nothing_that_is_here_points_at_it(connect: MakeClient) -> None:
    api = connect()
    api.submit(listing(1))
    problem = refusal(lambda: api.report(notice("L-1", "L-9")))
    assert (problem.status, problem.code) == (400, "notice_refused")
    assert [(field.pointer, field.code) for field in problem.problems] == [("/items/1", "unknown_item")]


def test_a_notice_without_good_faith_is_malformed(connect: MakeClient) -> None:
    problem = refusal(lambda: connect().report(notice("L-1", good_faith=False)))
    assert (problem.status, problem.problems[0].pointer) == (422, "/good_faith")


def test_an_upload_is_given_back_to_those_who_see_an_item_that_has_it(connect: MakeClient) -> None:
    api = connect()
    stored = api.upload(PIXEL)
    assert (stored["content_type"], stored["width"], stored["size"]) == ("image/png", 1, len(PIXEL))
    assert api.upload(PIXEL)["digest"] == stored["digest"]
    assert refusal(lambda: api.media(stored["digest"])).status == 404
    images = {"title": "Lamp", "images": [f"sha256:{stored['digest']}"]}
    api.submit(listing(1, content=images))
    assert api.media(stored["digest"]) == PIXEL
    elsewhere = connect(scope=Scope(markets=frozenset({"FR"})))
    assert refusal(lambda: elsewhere.media(stored["digest"])).status == 404


def test_what_a_seller_uploaded_never_runs_in_a_browser(connect: MakeClient, http: httpx.Client) -> None:
    api = connect()
    digest = api.upload(PIXEL)["digest"]
    api.submit(listing(1, content={"title": "Lamp", "images": [f"sha256:{digest}"]}))
    response = http.get(f"/api/v1/media/{digest}", headers={"X-API-Key": new_key()})
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_an_upload_larger_than_allowed_is_refused(connect: MakeClient, http: httpx.Client, settings: Any) -> None:
    settings.MEDIA_LIMIT_BYTES = 1000
    api = connect()
    assert refusal(lambda: api.upload(PIXEL + b"\0" * 1000)).status == 413
    pieces = (PIXEL for _ in range(20))
    response = http.post("/api/v1/media", content=pieces, headers={"X-API-Key": new_key()})
    assert (response.status_code, response.json()["code"]) == (400, "media_refused")


def test_a_file_of_no_known_type_is_refused(connect: MakeClient) -> None:
    assert refusal(lambda: connect().upload(b"<script>alert(1)</script>")).code == "media_refused"


def test_a_machine_decides_and_the_statement_comes_with_it(connect: MakeClient) -> None:
    api = connect()
    receipt = api.submit(listing(1))
    made = api.decide(ruling(receipt))
    told = api.decision(made["id"])
    row = told["row"]
    assert (row["machine"], row["machine_version"], row["decider"]) == ("eye", "4.2", "")
    assert row["policies"] == ["M-1"]
    assert [(one["family"], one["territories"]) for one in row["enforcements"]] == [("visibility", ["DE"])]
    assert told["statement"] is not None
    assert "chipboard" in told["statement"]["text"]
    assert told["snapshot_id"] == receipt["snapshot"]
    assert not Case.objects.filter(state="open").exists()


def test_a_machine_decision_repeated_with_its_key_is_made_once(connect: MakeClient) -> None:
    api = connect()
    receipt = api.submit(listing(1))
    first = api.decide(ruling(receipt), idempotency_key="d-1")
    messages = Message.objects.count()
    assert api.decide(ruling(receipt), idempotency_key="d-1") == first
    assert (Decision.objects.count(), Message.objects.count()) == (1, messages)


def test_a_ruling_with_faults_leaves_nothing_and_points_at_each(connect: MakeClient) -> None:
    api = connect()
    receipt = api.submit(listing(1))
    messages = Message.objects.count()
    bad = ruling(receipt, policy_codes=["M-1", "X-9"], enforcements=[{"family": "visibility", "measure": "burned"}])
    problem = refusal(lambda: api.decide(bad))
    assert (problem.status, problem.code) == (422, "bad_ruling")
    assert {field.pointer for field in problem.problems} == {"/policy_codes/1", "/enforcements/0/measure"}
    assert (Decision.objects.count(), Message.objects.count()) == (0, messages)


def test_a_ruling_in_the_wrong_shape_is_pointed_at(connect: MakeClient) -> None:
    api = connect()
    receipt = api.submit(listing(1))
    bad = ruling(receipt, snapshot_id=7, ground="mood", enforcements="all", colour="red")
    problem = refusal(lambda: api.decide(bad))
    assert (problem.status, problem.code) == (422, "malformed")
    assert {field.pointer for field in problem.problems} == {"/snapshot_id", "/ground", "/enforcements", "/colour"}


def test_a_machine_that_saw_an_older_snapshot_has_to_say_so(connect: MakeClient) -> None:
    api = connect()
    old = api.submit(listing(1))
    api.submit(listing(1, content={"title": "Quite another lamp"}))
    problem = refusal(lambda: api.decide(ruling(old)))
    assert (problem.status, problem.code) == (409, "newer_snapshot")
    assert api.decide(ruling(old, confirm_older_snapshot=True))["state"] == "issued"


def test_a_machine_decides_nothing_that_is_not_there(connect: MakeClient) -> None:
    api = connect()
    receipt = api.submit(listing(1))
    problem = refusal(lambda: api.decide(ruling(receipt, item={"kind": "listing", "id": "L-9"})))
    assert (problem.status, problem.code) == (404, "no_such_item")


def test_decisions_are_paged_newest_first_and_each_comes_once(connect: MakeClient, http: httpx.Client) -> None:
    api = connect()
    for number in range(5):
        receipt = api.submit(listing(number))
        changes = {"outcome": "no_violation", "policy_codes": [], "enforcements": []}
        body = ruling(receipt, **changes)
        del body["ground"], body["facts"]
        api.decide(body)
    made = [str(pk) for pk in Decision.objects.order_by("-decided_at", "-id").values_list("pk", flat=True)]
    assert [row["id"] for row in api.decisions(limit=2)] == made
    page = http.get("/api/v1/decisions?limit=5", headers={"X-API-Key": new_key()}).json()
    assert (len(page["rows"]), page["next"]) == (5, "")
    assert [row["external_id"] for row in api.decisions(item="L-3")] == ["L-3"]
    assert list(api.decisions(outcome="violation")) == []


def test_the_export_holds_every_decision_and_is_recorded(connect: MakeClient) -> None:
    api = connect()
    receipt = api.submit(listing(1))
    facts = 'One line,\nanother "quoted" line of the facts.'
    api.decide(ruling(receipt, facts=facts))
    rows = list(api.decisions_csv())
    assert [row["item_external_id"] for row in rows] == ["L-1"]
    assert rows[0]["facts"] == facts
    assert rows[0]["decision_id"] == str(Decision.objects.get().pk)
    assert Fact.objects.filter(verb="decisions.export").count() == 1


def test_exporting_needs_its_own_permission(connect: MakeClient) -> None:
    api = connect(Permission.DECISION_VIEW)
    assert list(api.decisions()) == []
    assert refusal(lambda: list(api.decisions_csv())).code == "not_permitted"


def test_the_policy_tree_is_read_in_a_language_and_at_a_date(connect: MakeClient) -> None:
    api = connect(Permission.POLICY_VIEW)
    tree = api.policies(language="zh-Hans")
    assert sum(policy["is_leaf"] for policy in tree) >= 40
    assert next(policy for policy in tree if policy["code"] == "P")["title"] == "禁售商品"
    assert api.policies(at="2020-01-01T00:00:00Z") == []
    text = api.policy("M-1", market="DE")
    assert (text["line"]["code"], text["language"]) == ("M-1", "en")
    assert text["rule"]
    assert refusal(lambda: api.policy("Z-9")).code == "unknown_policy"


def test_people_are_read_within_the_scope_of_the_key(connect: MakeClient) -> None:
    at = datetime.now(UTC)
    for code in ("acme", "zenith"):
        vendor = Vendor.objects.create(code=code, name=code, kind="bpo")
        for number in range(3):
            fields = PersonFields(email=f"p{number}@{code}.example", name=f"{code} {number}", vendor=vendor)
            add_person(actor=SYSTEM, fields=fields, at=at - timedelta(days=1))
    assert len(list(connect().people())) == 6
    acme = connect(scope=Scope(vendors=frozenset({"acme"})))
    assert [person["email"] for person in acme.people()] == [f"p{number}@acme.example" for number in range(3)]
    assert list(acme.people(vendor="zenith")) == []
    assert refusal(lambda: list(connect(Permission.ITEM_VIEW).people())).code == "not_permitted"


def court(at: datetime) -> None:
    """A queue with a promise, and everything routed to it."""
    review.save_queue(actor=SYSTEM, at=at, code="listings", name="Listings")
    review.set_target(actor=SYSTEM, at=at, queue_code="listings", severity=2, target_s=3600)
    rules = [{"name": "Everything", "when": {}, "then": {"queue": "listings", "severity": 2}}]
    review.publish_routing(actor=SYSTEM, at=at, rules=rules)


def test_a_case_is_read_with_its_steps_and_clocks(connect: MakeClient) -> None:
    court(datetime.now(UTC))
    api = connect()
    receipt = api.submit(listing(1))
    (row,) = api.cases(state="open")
    assert (row["item_id"], row["queue_code"], row["severity"]) == (receipt["item"], "listings", 2)
    case = api.case(row["case_id"])
    assert case["case"] == row
    assert [step["kind"] for step in case["events"]] == ["opened"]
    assert [(clock["metric"], clock["state"], clock["target_s"]) for clock in case["clocks"]] == [
        ("decision", "running", 3600)
    ]
    assert refusal(lambda: api.case(receipt["item"])).code == "unknown_case"


def test_cases_are_paged_newest_first_and_exported_whole(connect: MakeClient) -> None:
    court(datetime.now(UTC))
    api = connect()
    for number in range(5):
        api.submit(listing(number))
    assert [row["external_id"] for row in api.cases(limit=2)] == ["L-4", "L-3", "L-2", "L-1", "L-0"]
    assert [row["external_id"] for row in api.cases(item="L-3")] == ["L-3"]
    assert [row["external_id"] for row in api.cases_csv()] == ["L-4", "L-3", "L-2", "L-1", "L-0"]
    assert Fact.objects.filter(verb="cases.export").count() == 1
    viewer = connect(Permission.CASE_VIEW)
    assert refusal(lambda: list(viewer.cases_csv())).code == "not_permitted"


def test_the_board_counts_what_waits(connect: MakeClient) -> None:
    court(datetime.now(UTC))
    api = connect()
    for number in range(3):
        api.submit(listing(number))
    board = api.queues()
    assert board["total"]["waiting"] == 3
    (queue,) = [row for row in board["rows"] if row["tally"]["waiting"]]
    assert queue["code"] == "listings"
    assert sum(queue["tally"]["ages"]) == 3
    assert [(part["code"], part["tally"]["waiting"]) for part in queue["by_market"]] == [("DE", 3)]
