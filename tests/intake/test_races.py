"""Several at once, on a database of their own: each thing happens once, and everybody is answered rightly."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

from tests.conftest import Database

RACE = "tests.intake.race"


def race(database: Database, verb: str, *parts: tuple[str, ...]) -> tuple[list[Any], dict[str, Any]]:
    """What each of those who began together was answered, and what the database holds after."""
    ran = database.run("-m", RACE, verb, json.dumps(parts))
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout)
    return told["answers"], told["state"]


def test_the_same_new_items_from_several_at_once_are_one_item_each_and_every_answer_is_right(
    fresh_database: Database,
) -> None:
    parts = [("a", "120", "yes"), ("b", "120", "no"), ("c", "120", "yes"), ("d", "120", "no")]
    answers, state = race(fresh_database, "submit", *parts)
    assert [len(results) for results in answers] == [120] * 4
    assert sum(results.count("created") for results in answers) == 120
    assert sum(results.count("updated") for results in answers) == 360
    assert (state["items"], state["facts"]) == (120, 480)
    assert state["numbers"] == sorted([1, 2, 3, 4] * 120)
    assert state["newest"] == [4] * 120


def test_one_key_from_several_at_once_does_the_work_once_and_all_get_the_one_answer(fresh_database: Database) -> None:
    answers, state = race(fresh_database, "once", ("a",), ("b",), ("c",), ("d",))
    (winner,) = (body["by"] for _, body, replayed in answers if not replayed)
    assert [(status, body["by"]) for status, body, _ in answers] == [(201, winner)] * 4
    assert state["numbers"] == [1, 1, 1, 1], "three listings that were there, and the one of the request"


def test_one_notice_from_several_at_once_counts_once(fresh_database: Database) -> None:
    answers, state = race(fresh_database, "notify", ("a",), ("b",), ("c",), ("d",))
    assert len({tuple(reports) for reports, _ in answers}) == 1
    assert sum(not duplicate for _, duplicate in answers) == 1
    assert (state["reports"], state["reporters"]) == (3, 1)


def test_no_medium_is_claimed_twice_and_those_of_a_killed_process_come_back(fresh_database: Database) -> None:
    process = fresh_database.start("-m", RACE, "hang", "[]", stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "claimed\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    answers, _ = race(fresh_database, "take", ("a",), ("b",), ("c",), ("d",))
    taken = [ref for mine in answers for ref in mine]
    assert (len(taken), len(set(taken))) == (45, 45)
    later = (
        "import django; django.setup()\n"
        "from tests.intake.race import LEASE, NOW, claim, timedelta\n"
        "print(len(claim(now=NOW + LEASE + timedelta(seconds=1), limit=99)))"
    )
    assert fresh_database.run("-c", later).stdout == "50\n"
