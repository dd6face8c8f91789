"""The same request twice gets the same answer and does its work once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.intake.idempotency import IdempotencyKeyReused
from piepowder.intake.jobs import KEEP_REPLIES, tidy
from piepowder.intake.models import Item, Reply
from piepowder.intake.operations import answer_once
from tests.intake.conftest import Submit, listing

pytestmark = pytest.mark.django_db


def test_the_second_request_gets_the_first_answer_and_does_nothing(now: datetime) -> None:
    done: list[int] = []

    def work() -> tuple[int, Any]:
        done.append(1)
        return 201, {"number": len(done), "list": [1, None, "é"]}

    call = {"owner": "pk_1", "key": "k", "request_digest": "d" * 64, "at": now, "work": work}
    assert answer_once(**call) == (201, {"number": 1, "list": [1, None, "é"]}, False)
    assert answer_once(**call) == (201, {"number": 1, "list": [1, None, "é"]}, True)
    assert answer_once(**{**call, "owner": "pk_2"})[1]["number"] == 2
    assert len(done) == 2


def test_the_same_key_with_another_request_is_a_conflict(now: datetime) -> None:
    answer_once(owner="pk_1", key="k", request_digest="a" * 64, at=now, work=lambda: (200, None))
    with pytest.raises(IdempotencyKeyReused) as caught:
        answer_once(owner="pk_1", key="k", request_digest="b" * 64, at=now, work=lambda: (200, None))
    assert (caught.value.status, caught.value.code) == (409, "idempotency_key_reused")


def test_work_that_fails_leaves_neither_itself_nor_an_answer_and_the_key_is_free(now: datetime, submit: Submit) -> None:
    def fail() -> tuple[int, Any]:
        submit(listing())
        raise ValueError("after storing")

    call = {"owner": "pk_1", "key": "k", "request_digest": "a" * 64, "at": now}
    with pytest.raises(ValueError, match="after storing"):
        answer_once(**call, work=fail)
    assert (Item.objects.count(), Reply.objects.count()) == (0, 0)
    assert answer_once(**call, work=lambda: (201, {}))[2] is False


def test_answers_are_forgotten_after_a_week(now: datetime) -> None:
    for key, age in (("old", KEEP_REPLIES + timedelta(seconds=1)), ("young", KEEP_REPLIES)):
        answer_once(owner="pk_1", key=key, request_digest="a" * 64, at=now - age, work=lambda: (200, None))
    assert tidy(now=now) == 1
    assert Reply.objects.get().key == "young"
