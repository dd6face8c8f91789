"""One side of a race between people: everybody goes through the same cases, or the same proposals, at the same moment."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

NOW = datetime.fromisoformat("2026-03-04T10:00:00+00:00")


def set_up(count: int) -> None:
    """``count`` cases that two of two people judge, and as many proposals; four people who may do either."""
    from piepowder.access.models import Vendor
    from piepowder.decisions.operations import EnforcementOrder, judge, load_shipped_templates
    from piepowder.kernel.actor import SYSTEM
    from piepowder.review.models import Queue
    from tests.decisions.conftest import Court, policy, ruling

    Vendor.objects.create(code="house", name="House", kind="in_house")
    policy("R-2")
    load_shipped_templates(actor=SYSTEM, at=NOW)
    court = Court(NOW, Queue.objects.create(code="general", name="General", grace_s=10))
    proposer = court.person()
    for _ in range(4):
        court.person()
    for _ in range(count):
        claim = court.claim(proposer)
        made = ruling(claim.case.item, enforcements=(EnforcementOrder("account", "terminated"),))
        judge(actor=proposer, lease_id=claim.lease_id, ruling=made, at=NOW)
    Queue.objects.update(opinions=3, agreeing=2)
    for _ in range(count):
        court.case()


def _person(number: int) -> Any:
    from piepowder.access.models import User
    from piepowder.kernel.actor import Actor, ActorKind, Mandate
    from piepowder.kernel.permissions import Permission
    from tests.decisions.conftest import BENCH

    user = User.objects.order_by("pk")[number]
    mandate = Mandate(BENCH | {Permission.DECISION_APPROVE})
    return Actor(ActorKind.PERSON, str(user.pk), (mandate,), "house", languages=frozenset({"de", "en"}))


def opine(number: int) -> None:
    """Judge whatever is left, until nothing is."""
    from piepowder.decisions.operations import judge
    from piepowder.review.claiming import claim_next
    from tests.decisions.conftest import ruling

    actor, misses = _person(number), 0
    while misses < 20:
        claim = claim_next(actor=actor, at=NOW + timedelta(seconds=1))
        if claim is None:
            misses += 1
            time.sleep(0.02)
            continue
        misses = 0
        judge(actor=actor, lease_id=claim.lease_id, ruling=ruling(claim.case.item), at=NOW + timedelta(seconds=2))


def approve(number: int) -> None:
    """Approve, or with an odd number send back, every proposal that is still there."""
    from piepowder.decisions.models import Proposal
    from piepowder.decisions.operations import approve as yes
    from piepowder.decisions.operations import refuse as no
    from piepowder.kernel.flow import WrongState

    actor, settled = _person(number), 0
    for pk in list(Proposal.objects.order_by("id").values_list("pk", flat=True)):
        try:
            if number % 2:
                no(actor=actor, proposal_id=pk, at=NOW, reason="No.")
            else:
                yes(actor=actor, proposal_id=pk, at=NOW)
            settled += 1
        except WrongState:
            pass
    print(settled)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "set_up":
        set_up(int(sys.argv[2]))
    else:
        go = Path(sys.argv[2])
        print("ready", flush=True)
        while not go.exists():
            time.sleep(0.001)
        approve(int(sys.argv[1]))
        opine(int(sys.argv[1]))
