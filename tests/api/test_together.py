"""Items that arrive together are stored together, and nobody pays for another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from piepowder.api.together import Gathering
from piepowder.intake.outcomes import Outcome, Result
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind
from tests.api.conftest import listing

SOON = 10.0


class Shelf:
    """Stores by remembering; it can be held up, and it breaks when it meets a bad item."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, *, actor: Actor, submissions: list[Submitted], at: Any) -> list[Outcome]:
        ids = [one.external_id for one in submissions]
        self.batches.append(ids)
        self.entered.set()
        assert self.may_go_on.wait(SOON)
        if "L-13" in ids:
            raise RuntimeError("this one breaks it")
        return [Outcome(Result.CREATED, snapshot_number=int(name[2:])) for name in ids]


def item(number: int) -> Submitted:
    given = parse_submission(listing(number))
    assert isinstance(given, Submitted)
    return given


def gathered_behind_the_first(shelf: Shelf, numbers: range, actors: Callable[[int], Actor]) -> list[Future[Outcome]]:
    """The first item is being stored while all others arrive; then the first is let go."""
    gathering = Gathering(shelf, patience_s=SOON)
    pool = ThreadPoolExecutor(len(numbers))
    shelf.may_go_on.clear()
    first, *others = numbers
    futures = [pool.submit(gathering.receive, actors(first), item(first))]
    assert shelf.entered.wait(SOON)
    futures += [pool.submit(gathering.receive, actors(number), item(number)) for number in others]
    while len(gathering._waiting) < len(others):
        threading.Event().wait(0.005)
    shelf.may_go_on.set()
    pool.shutdown()
    return futures


def test_what_gathers_during_one_transaction_is_the_next() -> None:
    shelf = Shelf()
    futures = gathered_behind_the_first(shelf, range(1, 8), lambda _: SYSTEM)
    assert [future.result().snapshot_number for future in futures] == list(range(1, 8))
    assert [len(batch) for batch in shelf.batches] == [1, 6]


def test_each_key_stores_with_its_own_right() -> None:
    shelf = Shelf()
    keys = [Actor(ActorKind.KEY, "a"), Actor(ActorKind.KEY, "b")]
    futures = gathered_behind_the_first(shelf, range(1, 6), lambda number: keys[number % 2])
    assert [future.result().snapshot_number for future in futures] == list(range(1, 6))
    assert sorted(map(sorted, shelf.batches[1:])) == [["L-2", "L-4"], ["L-3", "L-5"]]


def test_one_that_breaks_the_transaction_breaks_it_for_itself_alone() -> None:
    shelf = Shelf()
    futures = gathered_behind_the_first(shelf, range(11, 16), lambda _: SYSTEM)
    with pytest.raises(RuntimeError, match="breaks"):
        futures[2].result()
    assert [future.result().snapshot_number for future in futures if future is not futures[2]] == [11, 12, 14, 15]


def test_nobody_waits_for_ever_behind_a_transaction_that_is_stuck() -> None:
    shelf = Shelf()
    gathering = Gathering(shelf, patience_s=0.01)
    shelf.may_go_on.clear()
    with ThreadPoolExecutor(2) as pool:
        stuck = pool.submit(gathering.receive, SYSTEM, item(1))
        assert shelf.entered.wait(SOON)
        shelf.entered.clear()
        impatient = pool.submit(gathering.receive, SYSTEM, item(2))
        assert shelf.entered.wait(SOON), "the second began while the first had not ended"
        shelf.may_go_on.set()
        assert (stuck.result().snapshot_number, impatient.result().snapshot_number) == (1, 2)
    assert shelf.batches == [["L-1"], ["L-2"]]


def test_the_same_item_twice_at_one_moment_is_two_answers() -> None:
    shelf = Shelf()
    gathering = Gathering(shelf)
    assert [gathering.receive(SYSTEM, item(1)).snapshot_number for _ in range(2)] == [1, 1]
