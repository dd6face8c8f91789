"""What the processes of ``test_races`` do; each is given its part on the command line and prints what came of it."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from piepowder.intake.fetching import claim  # noqa: E402
from piepowder.intake.models import ItemMedia  # noqa: E402
from piepowder.intake.operations import answer_once, receive, report  # noqa: E402
from piepowder.intake.schemas import Notice, parse_notice  # noqa: E402
from piepowder.kernel import events  # noqa: E402
from piepowder.kernel.actor import SYSTEM  # noqa: E402
from tests.intake.conftest import listing, parsed  # noqa: E402

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def wait_for(moment: str) -> None:
    connection.ensure_connection()
    time.sleep(max(0.0, float(moment) - time.time()))


def submit(name: str, count: str, forwards: str) -> Any:
    """The same items as everybody else, in one order or the other, in batches of 40."""
    numbers = list(range(int(count)))
    if forwards == "no":
        numbers.reverse()
    results = []
    for start in range(0, len(numbers), 40):
        raw = [listing(f"L-{number}", content={"title": f"of {name}"}) for number in numbers[start : start + 40]]
        outcomes = receive(actor=SYSTEM, submissions=[parsed(one) for one in raw], at=NOW)
        results += [outcome.result.value for outcome in outcomes]
    return results


def once(name: str) -> Any:
    """One request with a key that everybody uses."""

    def work() -> tuple[int, Any]:
        receive(actor=SYSTEM, submissions=[parsed(listing("L-once"))], at=NOW)
        time.sleep(0.2)
        return 201, {"by": name}

    return answer_once(owner="pk", key="k", request_digest="d" * 64, at=NOW, work=work)


def notify(name: str) -> Any:
    """The same notice as everybody else."""
    wire = {
        "reporter": {"kind": "user", "name": "Ada", "email": "ada@example.org"},
        "items": [{"kind": "listing", "id": f"L-{number}"} for number in range(3)],
        "basis": "terms",
        "reason": "It is a copy.",
        "good_faith": True,
    }
    notice = parse_notice(wire)
    assert isinstance(notice, Notice)
    receipt = report(actor=SYSTEM, notice=notice, at=NOW)
    return [sorted(map(str, receipt.reports)), receipt.duplicate]


def take(name: str) -> Any:
    """Claim media until there are none."""
    mine = []
    while some := claim(now=NOW + timedelta(seconds=1), limit=7):
        mine += [str(one.id) for one in some]
    return mine


def hang(name: str) -> Any:
    """Claim media and never record anything."""
    claim(now=NOW + timedelta(seconds=1), limit=5)
    print(json.dumps(ItemMedia.objects.filter(attempts=1).count()), flush=True)
    time.sleep(60)


if __name__ == "__main__":
    events._listeners.clear()
    _, verb, begin, *rest = sys.argv
    wait_for(begin)
    print(json.dumps({"submit": submit, "once": once, "notify": notify, "take": take, "hang": hang}[verb](*rest)))
