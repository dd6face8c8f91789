"""Races on a real database, each side in a process of its own: ``python -m tests.review.race NAME``, told as JSON.

``claim``: ten people claim until nothing is left; ``decide``: five claim and decide; ``news``: four sides report the same
items, in different orders, before anything about them is known to review; ``hands``: eight tabs of one person claim at once.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from piepowder.access.options import choose  # noqa: E402
from piepowder.intake.events import ReportArrived, ReportsReceived  # noqa: E402
from piepowder.intake.models import Item  # noqa: E402
from piepowder.kernel.actor import SYSTEM, Actor  # noqa: E402
from piepowder.kernel.ids import new_id  # noqa: E402
from piepowder.ledger.models import Fact  # noqa: E402
from piepowder.ledger.operations import seal  # noqa: E402
from piepowder.ledger.queries import verify  # noqa: E402
from piepowder.review import operations as review  # noqa: E402
from piepowder.review.intake_listeners import on_reports_received  # noqa: E402
from piepowder.review.models import Case, CaseEvent, Lane, Lease  # noqa: E402
from tests.review.conftest import Court  # noqa: E402

CASES, ITEMS, ROUNDS = 300, 20, 3


def claiming(actor: Actor, how: str) -> list[str]:
    given = []
    while (claim := _claim(actor)) is not None:
        given.append(str(claim.case.pk))
        if how == "decide":
            at = datetime.now(UTC)
            review.close_for_decision(actor=actor, case_id=claim.case.pk, lease_id=claim.lease_id, at=at)
    return given


def _claim(actor: Actor) -> review.Claim | None:
    try:
        return review.claim_next(actor=actor, at=datetime.now(UTC))
    except review.HandsFull:
        return None


def reporting(side: int, _: str) -> list[str]:
    for _number in range(ROUNDS):
        with transaction.atomic():
            items = list(Item.objects.order_by("id"))
            turned = items[side * 5 :] + items[: side * 5]
            reports = tuple(_report(item) for item in turned)
            on_reports_received(ReportsReceived(reports=reports, at=datetime.now(UTC), actor=SYSTEM))
    return []


def _report(item: Item) -> ReportArrived:
    return ReportArrived(
        report_id=new_id(),
        item_id=item.pk,
        snapshot_id=item.snapshot_id or new_id(),
        policy_code="",
        basis="terms",
        reporter_kind="user",
        trust=50,
        kind=item.kind,
        market=item.market,
        language=item.language,
        seller_ref=item.seller_ref,
    )


def run(sides: Sequence[Any], course: Callable[[Any, str], list[str]], how: str) -> list[list[str]]:
    connection.close()
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(len(sides)), context.Queue()
    processes = [context.Process(target=_side, args=(side, course, how, barrier, results)) for side in sides]
    for process in processes:
        process.start()
    given = [results.get(timeout=240) for _ in processes]
    for process in processes:
        process.join()
    assert all(process.exitcode == 0 for process in processes)
    return given


def _side(side: Any, course: Callable[[Any, str], list[str]], how: str, barrier: Any, results: Any) -> None:
    barrier.wait()
    results.put(course(side, how))
    connection.close()


def main(name: str) -> None:
    court = Court(datetime.now(UTC))
    court.queue()
    if name != "hands":
        choose(actor=SYSTEM, at=court.now, values={"bench.in_hand": 1_000})
    with transaction.atomic():
        items = [court.item() for _ in range(ITEMS if name == "news" else CASES)]
        if name != "news":
            court.arrive(*[court.arrival(item) for item in items])
    if name == "news":
        given = run(range(4), reporting, name)
    elif name == "hands":
        given = run([court.person()] * 8, claiming, name)
    else:
        given = run([court.person() for _ in range(10 if name == "claim" else 5)], claiming, name)
    now = datetime.now(UTC)
    while seal(at=now) is not None:
        pass
    told = {
        "times_given": Counter(Counter(case for cases in given for case in cases).values()),
        "states": Counter(Case.objects.values_list("state", flat=True)),
        "events": Counter(CaseEvent.objects.values_list("kind", flat=True)),
        "leases": Lease.objects.count(),
        "lanes": Lane.objects.count(),
        "reports": sorted(set(Case.objects.values_list("reports", flat=True))),
        "claim_facts": Fact.objects.filter(verb="case.claim").count(),
        "ledger": verify(now=now).problems,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
