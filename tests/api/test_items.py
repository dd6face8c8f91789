"""Items in: one by one, in bulk, again, and badly."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from piepowder.client import Problem
from piepowder.intake.models import Item, Reply, Snapshot
from piepowder.kernel.actor import Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.api.conftest import MakeClient, listing, new_key


def pointers(problem: Problem) -> set[tuple[str, str]]:
    return {(field.pointer, field.code) for field in problem.problems}


def test_a_new_item_is_created_and_can_be_read_back(connect: MakeClient) -> None:
    api = connect()
    receipt = api.submit(listing(1))
    assert (receipt["result"], receipt["kind"], receipt["id"], receipt["number"]) == ("created", "listing", "L-1", 1)
    item = api.item("listing", "L-1")
    assert item["id"] == receipt["item"]
    assert item["snapshot_id"] == receipt["snapshot"]
    assert item["content"]["price"] == {"amount": 1299, "currency": "EUR"}
    assert [snapshot["number"] for snapshot in item["snapshots"]] == [1]


def test_an_id_with_slashes_and_signs_is_found_again(connect: MakeClient) -> None:
    api = connect()
    odd = "a/b?c#d e"
    api.submit(listing(id=odd))
    assert api.item("listing", odd)["external_id"] == odd


def test_created_is_201_and_everything_else_200(http: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {new_key()}"}
    statuses = [http.post("/api/v1/items", json=listing(1), headers=headers).status_code for _ in range(2)]
    changed = listing(1, content={"title": "A better lamp"})
    statuses.append(http.post("/api/v1/items", json=changed, headers=headers).status_code)
    assert statuses == [201, 200, 200]


def test_the_same_content_again_leaves_nothing(connect: MakeClient) -> None:
    api = connect()
    first = api.submit(listing(1))
    facts = Fact.objects.count()
    again = api.submit(listing(1), idempotency_key="another")
    assert (again["result"], again["snapshot"]) == ("unchanged", first["snapshot"])
    assert Snapshot.objects.count() == 1
    assert Fact.objects.count() == facts


def test_a_key_may_come_as_x_api_key(http: httpx.Client) -> None:
    response = http.post("/api/v1/items", json=listing(1), headers={"X-API-Key": new_key()})
    assert response.status_code == 201


def test_what_is_not_json_is_told_with_its_place(http: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {new_key()}"}
    response = http.post("/api/v1/items", content=b'{"kind": "listing",\n  "id": }', headers=headers)
    body = response.json()
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["code"] == "not_json"
    assert body["problems"][0]["detail"].startswith("line 2 column 9")


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"[" * 5_000, b'{"a": NaN}', b'"\\ud800"', b"1e999999", b"9" * 5_000]
)
def test_no_body_whatever_breaks_the_reader(http: httpx.Client, raw: bytes) -> None:
    response = http.post("/api/v1/items", content=raw, headers={"Authorization": f"Bearer {new_key()}"})
    assert response.status_code == 422
    assert response.json()["code"] in {"not_json", "malformed"}


def test_each_bad_field_is_pointed_at(connect: MakeClient) -> None:
    bad = listing(1, market="Germany", content={"title": 7, "price": {"amount": "12", "currency": "EUR"}})
    with pytest.raises(Problem) as caught:
        connect().submit(bad)
    assert (caught.value.status, caught.value.code) == (422, "malformed")
    assert pointers(caught.value) == {
        ("/market", "unknown_market"),
        ("/content/title", "wrong_type"),
        ("/content/price/amount", "wrong_type"),
    }
    assert not Item.objects.exists()


def test_a_character_that_no_database_holds_is_refused_with_its_place(connect: MakeClient) -> None:
    with pytest.raises(Problem) as caught:
        connect().submit(listing(1, content={"title": "a\0b"}))
    assert caught.value.status == 422
    assert {pointer for pointer, _ in pointers(caught.value)} == {"/content/title"}


def test_what_names_something_that_is_not_here_is_refused_but_not_malformed(connect: MakeClient) -> None:
    with pytest.raises(Problem) as caught:
        connect().submit(listing(1, submission="deleted", content=None) | {})
    assert caught.value.status in {400, 422}
    gone = {key: value for key, value in listing(1, submission="deleted").items() if key != "content"}
    with pytest.raises(Problem) as caught:
        connect().submit(gone)
    assert (caught.value.status, caught.value.code) == (400, "item_refused")
    assert pointers(caught.value) == {("/id", "unknown_item")}


def test_a_body_larger_than_allowed_is_not_read(http: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {new_key()}"}
    response = http.post("/api/v1/items", content=b"x" * (1024 * 1024 + 1), headers=headers)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    pieces = (b"x" * 1024 for _ in range(1025))
    response = http.post("/api/v1/items", content=pieces, headers=headers)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_the_market_of_a_key_is_its_limit(connect: MakeClient) -> None:
    api = connect(scope=Scope(markets=frozenset({"FR"})))
    with pytest.raises(Problem) as caught:
        api.submit(listing(1))
    assert (caught.value.status, caught.value.code) == (403, "not_permitted")
    connect().submit(listing(2))
    with pytest.raises(Problem) as caught:
        api.item("listing", "L-2")
    assert (caught.value.status, caught.value.code) == (404, "no_such_item")


def test_a_key_without_the_permission_is_refused(connect: MakeClient) -> None:
    api = connect(Permission.POLICY_VIEW)
    for call in (
        lambda: api.submit(listing(1)),
        lambda: list(api.bulk([listing(1)])),
        lambda: api.item("listing", "L-1"),
    ):
        with pytest.raises(Problem) as caught:
            call()
        assert (caught.value.status, caught.value.code) == (403, "not_permitted")


def test_a_repeated_request_gets_the_first_answer(http: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {new_key()}", "Idempotency-Key": "k-1"}
    first = http.post("/api/v1/items", json=listing(1), headers=headers)
    again = http.post("/api/v1/items", json=listing(1), headers=headers)
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_an_idempotency_key_serves_one_request_only(connect: MakeClient) -> None:
    api = connect()
    api.submit(listing(1), idempotency_key="k-1")
    with pytest.raises(Problem) as caught:
        api.submit(listing(2), idempotency_key="k-1")
    assert (caught.value.status, caught.value.code) == (409, "idempotency_key_reused")
    assert Item.objects.count() == 1


def test_two_keys_do_not_share_their_idempotency_keys(connect: MakeClient) -> None:
    connect().submit(listing(1), idempotency_key="k-1")
    assert connect().submit(listing(2), idempotency_key="k-1")["result"] == "created"


def test_a_refusal_is_not_an_answer_to_keep(connect: MakeClient) -> None:
    api = connect()
    with pytest.raises(Problem):
        api.submit(listing(1, relations=7), idempotency_key="k-1")
    assert not Reply.objects.exists()
    assert api.submit(listing(1), idempotency_key="k-1")["result"] == "created"


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_an_idempotency_key_is_short_and_printable(http: httpx.Client, key: str) -> None:
    headers = {"Authorization": f"Bearer {new_key()}", "Idempotency-Key": key}
    response = http.post("/api/v1/items", json=listing(1), headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "bad_idempotency_key")


def test_one_bad_line_loses_no_good_one(connect: MakeClient) -> None:
    sent: list[dict[str, Any]] = [listing(1), listing(2, market="nowhere"), listing(3), listing(1)]
    results = list(connect().bulk(sent))
    assert [(result["line"], result["result"]) for result in results] == [
        (1, "created"),
        (2, "refused"),
        (3, "created"),
        (4, "unchanged"),
    ]
    assert [(field["pointer"], field["code"]) for field in results[1]["problems"]] == [("/market", "unknown_market")]
    assert set(Item.objects.values_list("external_id", flat=True)) == {"L-1", "L-3"}


def test_a_stream_may_hold_blank_lines_half_lines_and_no_end_of_line(http: httpx.Client) -> None:
    import orjson

    body = b"\n".join([orjson.dumps(listing(1)), b"", b'{"kind": "list', b"   ", orjson.dumps(listing(2))])
    response = http.post("/api/v1/items/bulk", content=body, headers={"Authorization": f"Bearer {new_key()}"})
    lines = [orjson.loads(line) for line in response.content.splitlines()]
    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert [(line["line"], line["result"]) for line in lines[:-1]] == [(1, "created"), (3, "refused"), (5, "created")]
    assert lines[-1] == {"summary": {"lines": 3, "created": 2, "updated": 0, "unchanged": 0, "refused": 1}}
    assert (response.headers["Piepowder-Lines"], response.headers["Piepowder-Refused"]) == ("3", "1")


def test_a_stream_whose_length_is_not_told_is_read_whole(http: httpx.Client) -> None:
    import orjson

    pieces = (orjson.dumps(listing(number)) + b"\n" for number in range(25))
    response = http.post("/api/v1/items/bulk", content=pieces, headers={"Authorization": f"Bearer {new_key()}"})
    assert response.headers["Piepowder-Lines"] == "25"
    assert Item.objects.count() == 25


def test_many_requests_of_the_client_count_their_lines_through(connect: MakeClient) -> None:
    results = list(connect().bulk((listing(number) for number in range(7)), lines_per_request=3))
    assert [result["line"] for result in results] == [1, 2, 3, 4, 5, 6, 7]
    assert [result["id"] for result in results] == [f"L-{number}" for number in range(7)]


def test_a_line_that_is_too_long_is_refused_alone(http: httpx.Client) -> None:
    import orjson

    long = orjson.dumps(listing(2, content={"title": "x", "description": "y" * 1_100_000}))
    body = b"\n".join([orjson.dumps(listing(1)), long, orjson.dumps(listing(3))])
    response = http.post("/api/v1/items/bulk", content=body, headers={"Authorization": f"Bearer {new_key()}"})
    lines = [orjson.loads(line) for line in response.content.splitlines()]
    assert [line["result"] for line in lines[:-1]] == ["created", "refused", "created"]
    assert lines[1]["problems"][0]["code"] == "line_too_long"


def test_an_empty_stream_is_an_empty_answer(connect: MakeClient, http: httpx.Client) -> None:
    assert list(connect().bulk([])) == []
    response = http.post("/api/v1/items/bulk", content=b"", headers={"Authorization": f"Bearer {new_key()}"})
    assert response.json()["summary"]["lines"] == 0
