"""A person who claims and decides without end: ``python -m studies.crash.reviewer EMAIL LOG``.

Each decision's id is written to LOG after it was committed. ``--die-after claim|decide`` makes the process kill itself at that
point the first time it gets there.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import django

django.setup()

from django.db import OperationalError  # noqa: E402
from django.utils import timezone  # noqa: E402

from piepowder.access.models import User  # noqa: E402
from piepowder.access.queries import actor_for  # noqa: E402
from piepowder.decisions.operations import EnforcementOrder, Ruling, decide, withdraw  # noqa: E402
from piepowder.kernel.errors import Conflict  # noqa: E402
from piepowder.review.operations import claim_next, set_availability  # noqa: E402


def main(email: str, log: Path, die_after: str) -> None:
    user = User.objects.select_related("vendor", "site", "team").get(email=email)
    chance = random.Random(os.getpid())
    actor = actor_for(user, now=timezone.now())
    set_availability(actor=actor, state="available", at=timezone.now(), source="person")
    with open(log, "a", encoding="ascii") as file:
        while True:
            try:
                _one_case(actor, chance, file, die_after)
            except (Conflict, OperationalError):
                time.sleep(0.05)


def _one_case(actor, chance, file, die_after) -> None:  # type: ignore[no-untyped-def]
    claim = claim_next(actor=actor, at=timezone.now())
    if claim is None:
        time.sleep(0.1)
        return
    if die_after == "claim":
        os.kill(os.getpid(), signal.SIGKILL)
    violates = chance.random() < 0.5
    ruling = Ruling(
        outcome="violation" if violates else "no_violation",
        policy_codes=("P-1.1",) if violates else (),
        ground="terms" if violates else "",
        facts="The listing offers a bag whose leather is not what it is said to be." if violates else "",
        enforcements=(EnforcementOrder(family="visibility", measure="content_disabled"),) if violates else (),
        snapshot_id=claim.case.snapshot_id,
    )
    decision = decide(actor=actor, lease_id=claim.lease_id, ruling=ruling, at=timezone.now())
    if die_after == "decide":
        os.kill(os.getpid(), signal.SIGKILL)
    file.write(f"{decision.id}\n")
    file.flush()
    os.fsync(file.fileno())
    if chance.random() < 0.1:
        withdraw(actor=actor, decision_id=decision.id, at=timezone.now())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[4] if len(sys.argv) > 4 else "")
