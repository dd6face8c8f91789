"""Kill whoever appeals, hears and overturns, at every single statement: ``python -m tests.appeals.killed``.

Each step is begun in a process of its own that is killed (SIGKILL) before its next statement, one statement later every
time, until it comes through. After each death the database must say what it said before. Prints how often each died.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.db import connection, connections  # noqa: E402

from piepowder import wiring  # noqa: E402
from piepowder.access.models import Role  # noqa: E402
from piepowder.access.operations import PersonFields, add_person, create_vendor, give  # noqa: E402
from piepowder.access.queries import actor_for  # noqa: E402
from piepowder.appeals.models import Appeal  # noqa: E402
from piepowder.appeals.operations import Complainant, conclude, file, take  # noqa: E402
from piepowder.decisions.models import Decision, Enforcement  # noqa: E402
from piepowder.decisions.operations import EnforcementOrder, Ruling, judge  # noqa: E402
from piepowder.intake.operations import receive  # noqa: E402
from piepowder.intake.schemas import Submitted, parse_submission  # noqa: E402
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Actor  # noqa: E402
from piepowder.policy.states import LadderMode  # noqa: E402
from piepowder.review import operations as review  # noqa: E402
from piepowder.standing import jobs as standing  # noqa: E402
from piepowder.standing.operations import switch_ladder  # noqa: E402
from tests.appeals.conftest import leave  # noqa: E402

AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(days=2)
FACTS = "The pen in picture 3 hides a blade behind its cap, which the description says opens with one hand."


def person(name: str, role: str, vendor: Any) -> Actor:
    fields = PersonFields(email=f"{name}@market.test", name=name, vendor=vendor, languages=["en"])
    user = add_person(actor=SYSTEM, fields=fields, at=AT)
    give(actor=SYSTEM, user=user, role=Role.objects.get(code=role), scope=EVERYWHERE, at=AT)
    return actor_for(user, now=AT)


def begin() -> tuple[Decision, Actor]:
    """A seller's listing is restricted, it took effect, and a ladder in force has counted it."""
    wiring.load_shipped(at=AT)
    house = create_vendor(actor=SYSTEM, code="house", name="House", kind="in_house", at=AT)
    review.save_queue(actor=SYSTEM, at=AT, code="listings", name="Listings")
    review.publish_routing(actor=SYSTEM, at=AT, rules=[{"name": "All", "when": {}, "then": {"queue": "listings"}}])
    switch_ladder(actor=SYSTEM, code="yearly-48-strikes", mode=LadderMode.LIVE, at=AT)
    judges, hears = person("judge", "moderator", house), person("hears", "appeals_specialist", house)
    listing = {
        "kind": "listing", "id": "L-1", "market": "DE", "language": "en", "seller": "S-1",
        "content": {"title": "Pen", "price": {"amount": 900, "currency": "EUR"}},
    }  # fmt: skip
    given = parse_submission(listing)
    assert isinstance(given, Submitted)
    receive(actor=SYSTEM, submissions=[given], at=AT)
    review.set_availability(actor=judges, state="available", at=AT)
    claim = review.claim_next(actor=judges, at=AT)
    assert claim is not None
    ruling = Ruling(
        outcome="violation", snapshot_id=claim.case.snapshot_id, policy_codes=("C-2.1",), ground="terms", facts=FACTS,
        enforcements=(EnforcementOrder("visibility", "content_removed"),),
    )  # fmt: skip
    decision = judge(actor=judges, lease_id=claim.lease_id, ruling=ruling, at=AT).decision
    assert decision is not None
    leave(decision.final_at)
    standing.sweep(now=AT + timedelta(hours=1))
    return decision, hears


def said() -> dict[str, list[tuple[Any, ...]]]:
    """Everything the database says, table by table."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def killed_at_every_statement(name: str, step: Callable[[], object]) -> None:
    before, deaths = said(), 0
    while True:
        connections.close_all()
        if (child := os.fork()) == 0:
            left = deaths

            def die(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
                nonlocal left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return execute(sql, params, many, context)

            with connection.execute_wrapper(die):
                step()
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status == 0:
            break
        assert os.WIFSIGNALED(status), f"{name} ended with {status}"
        assert said() == before, f"{name}, killed before statement {deaths + 1}, left something behind"
        deaths += 1
    assert deaths > 5, f"{name} asks so little that nothing was tried"
    print(name, deaths)


def main() -> int:
    decision, hears = begin()
    complainant = Complainant("recipient", "S-1")
    killed_at_every_statement(
        "file",
        lambda: file(
            actor=SYSTEM, decision_id=decision.pk, complainant=complainant, text="It is a pen.", language="en", at=LATER
        ),
    )
    appeal = Appeal.objects.get()
    killed_at_every_statement("take", lambda: take(actor=hears, appeal_id=appeal.pk, at=LATER))
    killed_at_every_statement(
        "conclude",
        lambda: conclude(
            actor=hears, appeal_id=appeal.pk, outcome="overturned", reasons="It is a pen and nothing else.",
            replacement=None, at=LATER + timedelta(hours=1),
        ),
    )  # fmt: skip
    assert Decision.objects.get(pk=decision.pk).state == "overturned"
    assert {one.state for one in Enforcement.objects.filter(decision=decision)} == {"reversed"}
    return 0


if __name__ == "__main__":
    sys.exit(main())
