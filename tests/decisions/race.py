"""The two sides of a race for the same decisions, each a process of its own: one undoes them, one sends what is due."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import django

NOW = datetime.fromisoformat("2026-03-04T10:00:00+00:00")
FINAL = NOW + timedelta(seconds=10)


def set_up(count: int) -> None:
    """Decide ``count`` cases of one person."""
    from piepowder.access.models import Vendor
    from piepowder.decisions.operations import load_shipped_templates
    from piepowder.kernel.actor import SYSTEM
    from piepowder.review.models import Queue
    from tests.decisions.conftest import Court, policy

    Vendor.objects.create(code="house", name="House", kind="in_house")
    policy("R-2")
    load_shipped_templates(actor=SYSTEM, at=NOW)
    court = Court(NOW, Queue.objects.create(code="general", name="General", grace_s=10))
    actor = court.person()
    for _ in range(count):
        court.decide(actor)


def undo() -> None:
    """Withdraw everything, newest first, at the last instant that is in time."""
    from piepowder.access.models import User
    from piepowder.decisions.models import Decision
    from piepowder.decisions.operations import TooLate, withdraw
    from piepowder.kernel.actor import Actor, ActorKind, Mandate
    from tests.decisions.conftest import BENCH

    actor = Actor(ActorKind.PERSON, str(User.objects.get().pk), (Mandate(BENCH),), "house")
    for decision in Decision.objects.order_by("-id"):
        try:
            withdraw(actor=actor, decision_id=decision.pk, at=FINAL - timedelta(microseconds=1))
        except TooLate:
            print("too_late", decision.pk)
        else:
            print("withdrawn", decision.pk)


def send() -> None:
    """Take what is due, a little at a time, and deliver it, until nothing is due."""
    from piepowder.decisions.operations import on_delivery_taken
    from piepowder.kernel.events import subscribe
    from piepowder.outbox import taking
    from piepowder.outbox.events import DeliveryTaken
    from piepowder.outbox.parcels import Outcome

    subscribe(DeliveryTaken, on_delivery_taken)
    taking.KEPT_AT_ONCE = 2
    while due := taking.endpoints_with_due(FINAL):
        for endpoint in due:
            parcels = taking.take(endpoint_id=endpoint, now=FINAL)
            delivered = Outcome(delivered=True, took_ms=1)
            taking.record_outcomes(answers=[(one, delivered) for one in parcels], now=FINAL, jitter=lambda: 0.5)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "set_up":
        set_up(int(sys.argv[2]))
    else:
        go = Path(sys.argv[2])
        print("ready", flush=True)
        while not go.exists():
            time.sleep(0.001)
        {"undo": undo, "send": send}[sys.argv[1]]()
