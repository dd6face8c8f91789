"""The fast way of making a history leaves what the operations leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from piepowder.review import reference
from piepowder.simulate import steps
from piepowder.simulate.bulk import InBulk
from piepowder.simulate.by_operations import ByOperations
from piepowder.simulate.founding import Founded, found
from piepowder.simulate.history import History
from tests.simulate.tables import content, courses

Make = Callable[..., History]
# By name, because a dataclass with slots leaves its first draft behind among the subclasses.
EVERY_KIND = {kind.__name__ for kind in (*steps.Step.__subclasses__(), *steps.CaseStep.__subclasses__())} - {"CaseStep"}


def told_by(executor: Callable[[Founded], Any], history: History) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What the tables say after ``executor`` has played ``history``; everything is undone again."""
    reference.forget()
    with transaction.atomic():
        who = found(history.people, password="no-matter-at-all", at=history.since - timedelta(days=1))
        executor(who).play(history.steps())
        connection.check_constraints()
        told = content(), courses()
        transaction.set_rollback(True)
    reference.forget()
    return told


def eventful(make: Make, seeds: Iterable[int]) -> int:
    """The first seed whose script has every kind of step; people who are restless make that likely."""
    return next(
        seed
        for seed in seeds
        if {type(step).__name__ for step in make(seed=seed, items=110, unrest=5).steps()} == EVERY_KIND
    )


@pytest.mark.django_db
def test_the_same_script_leaves_the_same_tables_through_the_operations_and_in_bulk(make_history: Make) -> None:
    seed = eventful(make_history, range(1, 80))

    slow, slow_courses = told_by(ByOperations, make_history(seed=seed, items=110, unrest=5))
    fast, fast_courses = told_by(InBulk, make_history(seed=seed, items=110, unrest=5))

    for name, rows in slow.items():
        only_slow, only_fast = Counter(rows) - Counter(fast[name]), Counter(fast[name]) - Counter(rows)
        assert (list(only_slow)[:2], list(only_fast)[:2]) == ([], []), name
    assert fast.keys() == slow.keys()
    assert fast_courses == slow_courses
    filled = {name for name, rows in slow.items() if rows}
    assert {
        "Case",
        "CaseClock",
        "Decision",
        "Statement",
        "Enforcement",
        "Delivery",
        "Attempt",
        "Fact",
        "Skip",
    } <= filled
