"""The races of ``test_races``, run in a process on a database of its own: several threads, each with a connection, begin at
one moment; printed are what each was answered and what the database holds in the end."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from piepowder.intake.fetching import LEASE, claim  # noqa: E402
from piepowder.intake.models import Item, Report, Reporter, Snapshot  # noqa: E402
from piepowder.intake.operations import answer_once, receive, report  # noqa: E402
from piepowder.intake.schemas import Notice, parse_notice  # noqa: E402
from piepowder.kernel import events  # noqa: E402
from piepowder.kernel.actor import SYSTEM  # noqa: E402
from piepowder.ledger.models import Fact  # noqa: E402
from tests.intake.conftest import listing, parsed  # noqa: E402

__all__ = ["LEASE", "NOW", "claim", "timedelta"]
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


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


def seed() -> None:
    """Three listings, one of them with fifty pictures to be fetched."""
    pictures = [f"https://x/{number}.png" for number in range(50)]
    raw = [listing("L-0", content={"images": pictures}), listing("L-1"), listing("L-2")]
    receive(actor=SYSTEM, submissions=[parsed(one) for one in raw], at=NOW)


def together(work: Callable[..., Any], parts: list[list[str]]) -> list[Any]:
    start = threading.Barrier(len(parts))

    def one(part: list[str]) -> Any:
        connection.ensure_connection()
        start.wait()
        try:
            return work(*part)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(one, parts))


def state() -> dict[str, Any]:
    return {
        "items": Item.objects.count(),
        "numbers": sorted(Snapshot.objects.values_list("number", flat=True)),
        "newest": sorted(Item.objects.values_list("snapshot__number", flat=True)),
        "facts": Fact.objects.filter(verb="item.receive").count(),
        "reports": Report.objects.count(),
        "reporters": Reporter.objects.count(),
    }


def main(verb: str, parts: list[list[str]]) -> None:
    events._listeners.clear()
    if verb != "submit" and not Item.objects.exists():
        seed()
    if verb == "hang":
        claim(now=NOW + timedelta(seconds=1), limit=5)
        print("claimed", flush=True)
        time.sleep(60)
    work = {"submit": submit, "once": once, "notify": notify, "take": take}[verb]
    print(json.dumps({"answers": together(work, parts), "state": state()}))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
