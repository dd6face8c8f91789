"""What is read of lists, matches and checks, and when the next of them is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.duties.due import Due
from piepowder.duties.models import RandomCheck, RecallList, RecallMatch
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Pack
from piepowder.policy.packs import deadline, in_force


def recall_lists(actor: Actor) -> QuerySet[RecallList]:
    """The newest first, each with ``open_matches``."""
    require_whole(actor, Permission.DUTY_VIEW)
    waiting = Count("recalls__matches", filter=Q(recalls__matches__state="open"))
    return RecallList.objects.annotate(open_matches=waiting).order_by("-imported_at", "-id")


def recall_matches(actor: Actor, state: str = "open") -> QuerySet[RecallMatch]:
    require_whole(actor, Permission.DUTY_VIEW)
    rows = RecallMatch.objects.select_related("recall", "item", "check_run").order_by("-found_at", "-id")
    return rows.filter(state=state) if state else rows


def random_checks(actor: Actor) -> QuerySet[RandomCheck]:
    require_whole(actor, Permission.DUTY_VIEW)
    return RandomCheck.objects.order_by("-at", "-id")


def safety_dues(actor: Actor, *, until: datetime, limit: int) -> Iterable[Due]:
    """When the next list has to be taken in and the next check is due, counted from the last one or from the day on which
    the law began to be kept. Three queries."""
    if not holds_whole(actor, Permission.DUTY_VIEW):
        return []
    begun = dict(Pack.objects.filter(on=True).values_list("code", "changed_at"))
    regular = (
        (
            "gpsr",
            "safety_gate",
            RecallList.objects.aggregate(last=Max("imported_at"))["last"],
            _("List of dangerous products"),
        ),
        ("eu_dsa", "random_checks", RandomCheck.objects.aggregate(last=Max("at"))["last"], _("Random check of offers")),
    )
    found = []
    for pack, rule, last, title in regular:
        if pack not in begun or not in_force(pack, until.date()):
            continue
        start = last or begun[pack]
        end = deadline(pack, rule, start)
        if end.at < until:
            found.append(Due(pack, rule, rule, start.isoformat(), title, start, end.at, end.rule, "duties_safety"))
    return sorted(found, key=lambda due: (due.due_at, due.kind, due.ref))[:limit]
