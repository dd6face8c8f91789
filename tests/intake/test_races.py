"""Several processes at once, on a database of their own: each thing happens once, and everybody is answered rightly."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import Any

from tests.conftest import Database

RACE = "tests.intake.race"


def race(database: Database, verb: str, *parts: tuple[str, ...]) -> list[Any]:
    """Run one process for each of ``parts``, all beginning at the same moment, and return what each printed."""
    begin = str(time.time() + 2.5)
    running = [
        database.start("-m", RACE, verb, begin, *part, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for part in parts
    ]
    answers = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err[-3000:]
        answers.append(json.loads(out))
    return answers


def ask(database: Database, expression: str) -> Any:
    """The value of a Python expression over the models, evaluated against ``database``."""
    code = (
        "import json, django; django.setup()\n"
        "from piepowder.intake.models import *\n"
        "from piepowder.ledger.models import Fact\n"
        f"print(json.dumps({expression}))"
    )
    ran = database.run("-c", code)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout)


def test_the_same_new_items_from_several_processes_are_one_item_each_and_every_answer_is_right(
    fresh_database: Database,
) -> None:
    answers = race(
        fresh_database, "submit", *((name, "120", order) for name, order in zip("abcd", ("yes", "no") * 2, strict=True))
    )
    assert [len(results) for results in answers] == [120] * 4
    created = [sum(result == "created" for result in results) for results in answers]
    updated = [sum(result == "updated" for result in results) for results in answers]
    assert (sum(created), sum(updated)) == (120, 360)
    assert ask(fresh_database, "Item.objects.count()") == 120
    numbers = ask(fresh_database, "sorted(Snapshot.objects.values_list('number', flat=True))")
    assert numbers == sorted([1, 2, 3, 4] * 120)
    newest = "Item.objects.filter(snapshot__number=4).count()"
    assert ask(fresh_database, newest) == 120
    assert ask(fresh_database, "Fact.objects.filter(verb='item.receive').count()") == 480


def test_one_key_from_several_processes_does_the_work_once_and_all_get_the_one_answer(fresh_database: Database) -> None:
    answers = race(fresh_database, "once", *((name,) for name in "abcd"))
    assert sum(not replayed for _, _, replayed in answers) == 1
    (winner,) = (body["by"] for _, body, replayed in answers if not replayed)
    assert [(status, body["by"]) for status, body, _ in answers] == [(201, winner)] * 4
    assert ask(fresh_database, "Snapshot.objects.count()") == 1


def test_one_notice_from_several_processes_counts_once(fresh_database: Database) -> None:
    race(fresh_database, "submit", ("seed", "3", "yes"))
    answers = race(fresh_database, "notify", *((name,) for name in "abcd"))
    assert len({tuple(reports) for reports, _ in answers}) == 1
    assert sum(not duplicate for _, duplicate in answers) == 1
    assert ask(fresh_database, "[Report.objects.count(), Reporter.objects.count()]") == [3, 1]


def seed_media(database: Database) -> None:
    code = (
        "import django; django.setup()\n"
        "from piepowder.kernel import events; events._listeners.clear()\n"
        "from tests.intake.race import NOW, SYSTEM, listing, parsed, receive\n"
        "pictures = [f'https://x/{n}.png' for n in range(50)]\n"
        "receive(actor=SYSTEM, submissions=[parsed(listing('L-1', content={'images': pictures}))], at=NOW)\n"
    )
    ran = database.run("-c", code)
    assert ran.returncode == 0, ran.stderr[-3000:]


def test_no_medium_is_claimed_by_two_processes(fresh_database: Database) -> None:
    seed_media(fresh_database)
    answers = race(fresh_database, "take", *((name,) for name in "abcd"))
    taken = [ref for mine in answers for ref in mine]
    assert (len(taken), len(set(taken))) == (50, 50)


def test_the_media_of_a_process_that_was_killed_come_back(fresh_database: Database) -> None:
    seed_media(fresh_database)
    process = fresh_database.start("-m", RACE, "hang", "0", "x", stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == 5
    process.send_signal(signal.SIGKILL)
    process.communicate()
    due = "ItemMedia.objects.filter(state='pending', due_at__lte='2026-03-04T{}Z').count()"
    assert ask(fresh_database, due.format("10:00:30")) == 45
    assert ask(fresh_database, due.format("10:05:00")) == 50
