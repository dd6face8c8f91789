"""After the last kill: is everything that was answered there, once, and did everything leave, once?"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import django

django.setup()

from django.db.models import Count  # noqa: E402
from django.utils import timezone  # noqa: E402
from tests.outbox.receiver import read  # noqa: E402

from piepowder.decisions.models import Decision, Enforcement  # noqa: E402
from piepowder.intake.models import Item, Snapshot  # noqa: E402
from piepowder.ledger.models import Fact  # noqa: E402
from piepowder.ledger.queries import verify  # noqa: E402
from piepowder.outbox.models import Delivery, Message  # noqa: E402
from piepowder.review.models import Case  # noqa: E402


def findings(folder: Path) -> tuple[dict[str, int], list[str]]:
    """Counts for the table, and what is wrong (nothing, one hopes)."""
    wrong: list[str] = []
    posted = _lines(folder / "posted.log")
    decided = [line for number in (0, 1) for line in _lines(folder / f"decided-{number}.log")]
    items = set(Item.objects.values_list("external_id", flat=True))
    decisions = {str(id_) for id_ in Decision.objects.values_list("id", flat=True)}
    _none(wrong, "an accepted item is not stored", set(posted) - items)
    _none(wrong, "a decision that was answered is not stored", set(decided) - decisions)
    _none(wrong, "an item was stored twice", Item.objects.values("external_id").annotate(n=Count("id")).filter(n__gt=1))
    _none(wrong, "an unchanged item has two snapshots", Snapshot.objects.filter(number__gt=1))
    _none(wrong, "an item has no case", Item.objects.filter(cases__isnull=True))
    _none(wrong, "an item has two cases", Item.objects.annotate(n=Count("cases")).filter(n__gt=1))
    twice = Decision.objects.filter(state="issued").values("case").annotate(n=Count("id")).filter(n__gt=1)
    _none(wrong, "a case is decided twice", twice)
    halves = Decision.objects.filter(state="issued").exclude(case__state="decided")
    _none(wrong, "a decision stands on a case that is not decided", halves)
    _none(wrong, "a decided case has no decision", Case.objects.filter(state="decided", decisions__isnull=True))
    bare = Enforcement.objects.filter(statement__text="", statement__exclusion="")
    _none(wrong, "a restriction has no statement", bare)
    _check_deliveries(wrong, folder)
    verdict = verify(now=timezone.now())
    wrong.extend(verdict.problems)
    received = read(folder / "received.ndjson")
    counts = {
        "items accepted": len(posted),
        "decisions": len(decisions),
        "events sent": Message.objects.filter(deliveries__state="delivered", deliveries__endpoint__code="shop").count(),
        "requests received": len(received),
        "facts": verdict.facts,
    }
    return counts, wrong


def _check_deliveries(wrong: list[str], folder: Path) -> None:
    received = read(folder / "received.ndjson")
    ours = Delivery.objects.filter(endpoint__code="shop")
    sent = {str(id_) for id_ in ours.filter(state="delivered").values_list("message_id", flat=True)}
    got = {request.event_id for request in received if 200 <= request.status < 300}
    cancelled = {str(id_) for id_ in ours.filter(state="cancelled").values_list("message_id", flat=True)}
    _none(wrong, "a message has not left", ours.exclude(state__in=["delivered", "cancelled"]))
    _none(wrong, "delivered here, never received there", sent - got)
    _none(wrong, "received there, not known as delivered here", got - sent)
    _none(wrong, "withdrawn and received all the same", cancelled & got)
    bodies = defaultdict(set)
    for request in received:
        bodies[request.event_id].add(json.dumps(request.body, sort_keys=True))
    _none(wrong, "one event id carried two bodies", [key for key, seen in bodies.items() if len(seen) > 1])
    _none(wrong, "an unsigned request", [request.event_id for request in received if not request.signed_by])
    facts = set(Fact.objects.filter(verb="decision.issue").values_list("subject_id", flat=True))
    decisions = {str(id_) for id_ in Decision.objects.values_list("id", flat=True)}
    _none(wrong, "ledger and decisions differ", facts ^ decisions)
    told = {group for group in ours.filter(state="delivered").values_list("message__group_ref", flat=True) if group}
    issued = {str(id_) for id_ in Decision.objects.filter(state="issued").values_list("id", flat=True)}
    _none(wrong, "a standing decision was never told", issued - told)
    first: dict[tuple[str, int], int] = {}
    for request in received:
        if 200 <= request.status < 300:
            first.setdefault((request.order_key, request.sequence), request.number)
    latest: Counter[str] = Counter()
    for (key, sequence), _ in sorted(first.items(), key=lambda pair: pair[1]):
        if sequence < latest[key]:
            wrong.append(f"out of order for item {key}: {sequence} after {latest[key]}")
        latest[key] = max(latest[key], sequence)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line] if path.exists() else []


def _none(wrong: list[str], told: str, found: object) -> None:
    rows = list(found)  # type: ignore[call-overload]
    if rows:
        wrong.append(f"{told}: {len(rows)}, e.g. {rows[0]}")


if __name__ == "__main__":
    counts, wrong = findings(Path(sys.argv[1]))
    print(json.dumps({"counts": counts, "wrong": wrong}))
