"""Several processes and real connections: who is first, what survives, what the network does to bytes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import httpx
import orjson
import pytest

from piepowder.client import Client
from tests.api.conftest import listing
from tests.api.live import Live, new_live_key, serving
from tests.conftest import ROOT, Database

_POST_TOGETHER = """
import sys, orjson
from piepowder.client import Client
address, key, path, body, idempotency_key, times = sys.argv[1:]
sys.stdin.readline()
with Client(address, key) as api:
    for _ in range(int(times)):
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        answer = api._send._http.post(path, content=body, headers=headers)
        print(orjson.dumps([answer.status_code, answer.json()]).decode(), flush=True)
"""


@pytest.fixture
def live(fresh_database: Database) -> Iterator[Live]:
    with serving(fresh_database, workers=2) as running:
        yield running


def together(
    live: Live, path: str, body: dict[str, object], *, idempotency_key: str = "", times: int = 5
) -> list[list]:
    """The answers to the same request from four processes that start at one moment."""
    arguments = [live.address, live.key, path, orjson.dumps(body).decode(), idempotency_key, str(times)]
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", _POST_TOGETHER, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT / "src")},
        )
        for _ in range(4)
    ]
    for sender in senders:
        assert sender.stdin is not None
        sender.stdin.write("go\n")
        sender.stdin.flush()
    answers = []
    for sender in senders:
        out, _ = sender.communicate(timeout=120)
        assert sender.returncode == 0
        answers += [orjson.loads(line) for line in out.splitlines()]
    return answers


def test_of_identical_items_at_one_moment_one_is_created(live: Live) -> None:
    answers = together(live, "/api/v1/items", listing(1))
    results = Counter((status, body["result"]) for status, body in answers)
    assert results == {(201, "created"): 1, (200, "unchanged"): 19}
    assert len({body["snapshot"] for _, body in answers}) == 1


def test_one_idempotency_key_at_one_moment_is_one_answer(live: Live) -> None:
    answers = together(live, "/api/v1/items", listing(1), idempotency_key="k-1")
    assert len(answers) == 20
    assert {status for status, _ in answers} == {201}
    assert len({orjson.dumps(body) for _, body in answers}) == 1


def test_of_identical_notices_at_one_moment_one_counts(live: Live) -> None:
    with live.client() as api:
        api.submit(listing(1))
    notice = {
        "reporter": {"kind": "user", "id": "U-1", "name": "Ann", "email": "ann@mail.example"},
        "items": [{"kind": "listing", "id": "L-1"}],
        "basis": "terms",
        "reason": "The lamp has no plug.",
        "good_faith": True,
    }
    answers = together(live, "/api/v1/reports", notice)
    assert Counter(body["result"] for _, body in answers) == {"created": 1, "duplicate": 19}
    assert len({tuple(body["reports"]) for _, body in answers}) == 1


def test_what_was_answered_is_there_after_a_crash(fresh_database: Database) -> None:
    key = new_live_key(fresh_database)
    with serving(fresh_database, key) as live:
        with live.client(attempts=1) as api:
            stored = [api.submit(listing(number)) for number in range(3)]
            bulk = list(api.bulk(listing(number) for number in range(10, 20)))
        live.kill()
    with serving(fresh_database, key) as again, again.client() as api:
        for receipt in [*stored, *bulk]:
            item = api.item("listing", receipt["id"])
            assert (item["id"], item["snapshot_id"]) == (receipt["item"], receipt["snapshot"])


def test_a_stream_of_unknown_length_arrives_whole_over_the_network(live: Live) -> None:
    pieces = (orjson.dumps(listing(number))[:40] + orjson.dumps(listing(number))[40:] + b"\n" for number in range(300))
    headers = {"Authorization": f"Bearer {live.key}"}
    with httpx.stream("POST", f"{live.address}/api/v1/items/bulk", content=pieces, headers=headers) as response:
        lines = [orjson.loads(line) for line in response.iter_lines()]
    assert [line["line"] for line in lines[:-1]] == list(range(1, 301))
    assert lines[-1]["summary"]["created"] == 300


def test_ids_in_any_script_pass_through_addresses(live: Live) -> None:
    odd = "a/b?c#d%2F é 商品"
    with live.client() as api:
        api.submit(listing(id=odd))
        assert api.item("listing", odd)["external_id"] == odd


def test_a_body_too_large_is_refused_and_the_connection_lives_on(live: Live) -> None:
    with httpx.Client(base_url=live.address, headers={"Authorization": f"Bearer {live.key}"}) as http:
        response = http.post("/api/v1/items", content=b" " * 3_000_000)
        assert (response.status_code, response.json()["code"]) == (413, "too_large")
        assert http.post("/api/v1/items", json=listing(1)).status_code == 201


def test_a_key_beyond_its_rate_is_told_when_to_come_back(fresh_database: Database) -> None:
    key = new_live_key(fresh_database, rate=3)
    with serving(fresh_database, key) as live, httpx.Client(headers={"Authorization": f"Bearer {key}"}) as http:
        answers = [http.get(f"{live.address}/api/v1/policies") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[3].json()["code"] == "rate_limited"
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 21


def test_every_web_process_is_counted_in_the_metrics(live: Live) -> None:
    for _ in range(20):
        with Client(live.address, live.key) as api:
            api.policies()
    text = httpx.get(f"{live.address}/metrics").text
    counted = [line for line in text.splitlines() if line.startswith("piepowder_http_requests_total{")]
    mine = [line for line in counted if 'route="api/v1/policies"' in line]
    assert [float(line.rsplit(" ", 1)[1]) for line in mine] == [20.0]
