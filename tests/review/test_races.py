"""Many people at once, each in a process of their own, on a real database: nothing is given twice, nothing is lost."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Database
from tests.review.race import CASES, ITEMS, ROUNDS


def race(database: Database, name: str) -> Any:
    told = database.run("-m", "tests.review.race", name)
    assert told.returncode == 0, told.stderr[-2_000:]
    return json.loads(told.stdout)


def test_ten_people_claim_three_hundred_cases_and_none_is_given_twice(fresh_database: Database) -> None:
    told = race(fresh_database, "claim")
    assert told["times_given"] == {"1": CASES}
    assert (told["states"], told["leases"]) == ({"claimed": CASES}, CASES)
    assert told["events"] == {"opened": CASES, "offered": CASES, "claimed": CASES}
    assert (told["claim_facts"], told["ledger"]) == (CASES, [])


def test_deciding_while_others_claim_decides_every_case_once(fresh_database: Database) -> None:
    told = race(fresh_database, "decide")
    assert told["times_given"] == {"1": CASES}
    assert (told["states"], told["leases"], told["events"]["decided"]) == ({"decided": CASES}, 0, CASES)
    assert told["ledger"] == []


def test_eight_tabs_of_one_person_never_hold_more_than_they_may(fresh_database: Database) -> None:
    told = race(fresh_database, "hands")
    assert (told["leases"], told["times_given"]) == (5, {"1": 5})
    assert (told["claim_facts"], told["ledger"]) == (5, [])


def test_news_of_the_same_items_from_several_sides_opens_one_case_each(fresh_database: Database) -> None:
    told = race(fresh_database, "news")
    assert (told["states"], told["lanes"]) == ({"open": ITEMS}, 1)
    assert told["reports"] == [4 * ROUNDS]
    assert told["events"] == {"opened": ITEMS, "report_joined": ITEMS * (4 * ROUNDS - 1)}
    assert told["ledger"] == []
