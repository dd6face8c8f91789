"""The simulator answers like the database; our client, over HTTP, gets what everybody gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from piepowder.interop.client import Client
from piepowder.interop.dsa.limits import Limits
from piepowder.interop.dsa.serving import running
from piepowder.interop.dsa.simulator import Simulator
from tests.interop.executed import ALONE, CASES, EXECUTED, MANY, sent, with_puid

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEYS = {
    "single_fields": {"message", "errors"},
    "single_duplicate": {"message", "errors", "existing"},
    "bulk_envelope": {"message", "errors"},
    "bulk_fields": {"errors"},
    "bulk_duplicate": {"message", "errors"},
}


@pytest.fixture
def simulator() -> Simulator:
    return Simulator({"a": "Platform A", "b": "Platform B"}, now=lambda: NOON, clock=lambda: 0.0)


@contextmanager
def clients(simulator: Simulator) -> Iterator[dict[str, Client]]:
    with ExitStack() as stack:
        address = stack.enter_context(running(simulator))
        yield {
            token.upper(): stack.enter_context(Client(address, token, allow_private=True)) for token in ("a", "b", "x")
        }


def test_each_executed_case_gets_its_status_and_shape(simulator: Simulator) -> None:
    with clients(simulator) as by_platform:
        client = by_platform["A"]
        for case in [*ALONE, *MANY]:
            simulator.platforms["a"].stored.clear()
            post: Callable[[Any], Any] = (
                client.post_one if case in ALONE else lambda body: client._call("POST", "/api/v1/statements", body)
            )
            answer = post(sent(case))
            assert answer.status == case["expected"]["http_status"], case["id"]
            if answer.status == 422:
                assert set(answer.body) == KEYS[case["expected"]["body_shape"]], case["id"]
                assert sorted(answer.body["errors"]) == sorted(case["expected"]["error_fields"]), case["id"]
                assert simulator.stored("a") == []
            elif case in ALONE:
                assert set(EXECUTED["http"]["response_only_fields"]) <= set(answer.body)
                expected = case["expected"].get("normalised", {})
                assert {name: answer.body[name] for name in expected} == expected, case["id"]
                for name in case["expected"].get("dropped_fields", ()):
                    assert answer.body.get(name) != sent(case)[name], case["id"]


@pytest.mark.parametrize("sequence", EXECUTED["sequences"], ids=lambda sequence: sequence["id"])
def test_sequences_go_as_they_go_there(sequence: dict[str, Any], simulator: Simulator) -> None:
    with clients(simulator) as by_platform:
        for step in sequence["steps"]:
            platform = step.get("platform", "A")
            client, before = by_platform[platform], len(simulator.stored(platform.lower()))
            if "get" in step:
                answer = client.existing(step["get"].rsplit("/", 1)[1])
                assert set(answer.body) == set(step["body_keys"])
            elif "post_bulk_puids" in step:
                answer = client.post_many([with_puid(puid) for puid in step["post_bulk_puids"]])
            elif "post_puids" in step:
                [puid] = step["post_puids"]
                answer = client.post_one(with_puid(puid))
            else:
                case = CASES[step["post"]]
                body = sent(case)
                answer = client.post_many(body["statements"]) if case in MANY else client.post_one(body)
            assert answer.status == step["expect"]
            if "body_shape" in step:
                assert set(answer.body) == KEYS[step["body_shape"]]
            if "existing_puids" in step:
                assert answer.body["errors"]["existing_puids"] == step["existing_puids"]
            if step.get("existing_puid_echoed"):
                assert answer.body["existing"] == {"puid": sent(CASES[step["post"]])["puid"]}
            if "created" in step:
                assert len(simulator.stored(platform.lower())) - before == step["created"]


def test_unknown_tokens_puids_and_statements(simulator: Simulator) -> None:
    with clients(simulator) as by_platform:
        assert by_platform["X"].post_one(with_puid("p")).status == 401
        assert by_platform["A"].existing("never/seen ü").status == 404
        made = by_platform["A"].post_one(with_puid("p"))
        shown = by_platform["B"].statement(made.body["uuid"])
        assert (shown.status, "puid" in shown.body) == (200, False)
        assert by_platform["A"].statement("0" * 36).status == 404
        assert made.body["created_at"] == "2026-11-20 12:00:00"


def test_a_new_token_ends_the_old_one(simulator: Simulator) -> None:
    with clients(simulator) as by_platform:
        simulator.replace_token("a", "x")
        assert by_platform["A"].post_one(with_puid("p")).status == 401
        assert by_platform["X"].post_one(with_puid("p")).status == 201


def test_limits_are_told_with_the_time_to_wait() -> None:
    limited = Simulator({"a": "A"}, clock=lambda: 30.2, limits=Limits(lambda: 30.2, per_second=2, per_minute_unknown=1))
    with clients(limited) as by_platform:
        answers = [by_platform["A"].existing("p") for _ in range(3)]
        assert [answer.status for answer in answers] == [404, 404, 429]
        assert answers[2].retry_after is not None
        assert answers[2].retry_after.total_seconds() == 1
        assert [by_platform["X"].existing("p").status for _ in range(2)] == [401, 429]


def test_any_program_can_ask_it_to_fail(simulator: Simulator) -> None:
    with running(simulator) as address, Client(address, "a", allow_private=True) as client:
        told = httpx.post(
            f"{address}/_simulator/trouble",
            json={"status": 503, "times": 2, "retry_after": 7, "after_storing": True},
            trust_env=False,
        )
        assert told.status_code == 200
        first = client.post_one(with_puid("p"))
        assert first.status == 503
        assert first.retry_after is not None
        assert first.retry_after.total_seconds() == 7
        assert client.post_one(with_puid("q")).status == 503
        stored = httpx.get(f"{address}/_simulator/stored", trust_env=False)
        assert stored.json() == {"Platform A": ["p", "q"], "Platform B": []}
        assert client.existing("q").status == 302
        simulator.trouble(500)
        broken = client.existing("q")
        assert (broken.status, list(broken.body["errors"])) == (500, ["uncaught_exception"])


def test_where_nobody_listens_nothing_can_have_arrived(simulator: Simulator) -> None:
    with running(simulator) as address:
        pass
    with Client(address, "a", allow_private=True) as client:
        answer = client.post_one(with_puid("p"))
    assert (answer.status, answer.reached) == (None, False)
    with Client("http://127.0.0.1:9", "a") as careful:
        assert careful.post_one(with_puid("p")).reached is False
