"""What the worker does for the outbox, as a process of its own: ``python -m tests.outbox.work COMMAND …``.

Commands print ``ready`` and wait for a line on their input where several have to start together.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.db import connection  # noqa: E402

from piepowder.kernel.actor import SYSTEM  # noqa: E402
from piepowder.outbox.jobs import dispatch, reclaim  # noqa: E402
from piepowder.outbox.models import Attempt, Delivery  # noqa: E402
from piepowder.outbox.operations import TooLate, cancel_group, enqueue, save_endpoint  # noqa: E402


def clock(ahead_s: str = "0") -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(ahead_s))


def endpoint(url: str, timeout_s: str = "10") -> None:
    issued = save_endpoint(
        actor=SYSTEM, at=clock(), code="shop", name="Shop", url=url, allow_private=True, timeout_s=int(timeout_s)
    )
    print(issued.secret)


def post(key: str, count: str, group: str = "") -> None:
    """Enqueue ``count`` messages of one item, each in a transaction of its own, and print their ids."""
    for _ in range(int(count)):
        at = clock()
        message = enqueue(topic="enforcement.applied", order_key=key, body={}, at=at, not_before=at, group_ref=group)
        print(message.id)


def post_groups(count: str) -> None:
    """One group of two messages per item."""
    at = clock()
    for number in range(int(count)):
        for topic in ("enforcement.applied", "statement.issued"):
            enqueue(
                topic=topic, order_key=f"item-{number}", body={}, at=at, not_before=at, group_ref=f"decision-{number}"
            )


def together() -> None:
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()


def work(ahead_s: str = "0") -> None:
    """Send until nothing is unfinished."""
    together()
    while Delivery.objects.filter(state__in=["pending", "taken"]).exists():
        reclaim(now=clock(ahead_s))
        if not dispatch(now=clock(ahead_s)):
            time.sleep(0.02)


def cancel(count: str) -> None:
    """Try to take every group back; print the ones that were."""
    together()
    for number in range(int(count)):
        try:
            if cancel_group(group_ref=f"decision-{number}", at=clock()):
                print(number)
        except TooLate:
            pass


def states() -> None:
    for row in Delivery.objects.order_by("order_key", "sequence").values_list(
        "message__group_ref", "order_key", "sequence", "state", "attempts", "message_id"
    ):
        print(*row)


def problems() -> None:
    for row in Attempt.objects.order_by("delivery", "number").values_list("number", "delivered", "problem"):
        print(*row)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {f.__name__: f for f in (endpoint, post, post_groups, work, cancel, states, problems)}[command](*arguments)
