"""The life of one case, told in lines; what another vendor's people did is told without who and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.permissions import Permission
from piepowder.review.blindness import kept_from
from piepowder.review.leases import NoSuchCase
from piepowder.review.listing import seen_cases
from piepowder.review.models import CaseEvent, Lease
from piepowder.review.reference import reference
from piepowder.review.states import CaseEventKind


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One step: what happened in words, when, by whom, and the reason somebody gave."""

    kind: str
    words: str
    at: datetime
    who: str
    vendor: str
    reason: str
    body: dict[str, Any]


def timeline(actor: Actor, case_id: UUID) -> list[TimelineLine]:
    """Every step of the case, the oldest first; raises ``NoSuchCase`` for one the actor may not see. Four queries.

    What others did who judged it independently is left out for whoever must not know it yet."""
    if not seen_cases(actor).filter(pk=case_id).exists() and not holds(actor, case_id):
        raise NoSuchCase(_("there is no such case"))
    apart = {str(pk) for pk in kept_from(actor, case_id)}
    events = [
        event
        for event in CaseEvent.objects.filter(case_id=case_id).order_by("at", "id")
        if not (event.actor_kind == ActorKind.PERSON and event.actor_ref in apart)
    ]
    vendors = _vendors_seen(actor)
    shown = [event for event in events if _is_shown(event, vendors)]
    names = _names(shown)
    return [_line(event, names) if _is_shown(event, vendors) else _veiled(event) for event in events]


def holds(actor: Actor, case_id: UUID) -> bool:
    """Whether the person has the case in hand. One query."""
    return actor.kind is ActorKind.PERSON and Lease.objects.filter(case_id=case_id, user_id=int(actor.ref)).exists()


def _vendors_seen(actor: Actor) -> frozenset[str] | None:
    """The vendors whose people's steps the actor may see in full; ``None`` for all."""
    scopes = actor.scopes(Permission.CASE_VIEW)
    if any(not scope.vendors for scope in scopes):
        return None
    return frozenset({actor.vendor}).union(*(scope.vendors for scope in scopes))


def _is_shown(event: CaseEvent, vendors: frozenset[str] | None) -> bool:
    return vendors is None or not event.vendor or event.vendor in vendors


def _names(events: Iterable[CaseEvent]) -> dict[str, str]:
    people = {int(event.actor_ref) for event in events if event.actor_kind == ActorKind.PERSON}
    if not people:
        return {}
    return {str(pk): name for pk, name in User.objects.filter(pk__in=people).values_list("pk", "name")}


def _line(event: CaseEvent, names: dict[str, str]) -> TimelineLine:
    who = names.get(event.actor_ref, "") if event.actor_kind == ActorKind.PERSON else _machine(event)
    return TimelineLine(
        kind=event.kind,
        words=_words(event),
        at=event.at,
        who=who,
        vendor=event.vendor,
        reason=str(event.body.get("reason", "")),
        body=event.body,
    )


def _veiled(event: CaseEvent) -> TimelineLine:
    return TimelineLine(event.kind, _words(event), event.at, _("another vendor"), "", "", {})


def _machine(event: CaseEvent) -> str:
    return "" if event.actor_kind == ActorKind.SYSTEM else event.actor_ref


def _words(event: CaseEvent) -> str:
    body = event.body
    label = str(CaseEventKind(event.kind).label)
    if event.kind in (CaseEventKind.TRANSFERRED, CaseEventKind.ESCALATED):
        return _("%(what)s to %(queue)s") % {"what": label, "queue": _queue_name(body.get("queue", ""))}
    if event.kind == CaseEventKind.OPENED:
        return _("%(what)s in %(queue)s") % {"what": label, "queue": _queue_name(body.get("queue", ""))}
    if event.kind == CaseEventKind.SPLIT:
        return _("%(what)s: to be adjudicated in %(queue)s") % {
            "what": label,
            "queue": _queue_name(body.get("queue", "")),
        }
    if event.kind == CaseEventKind.SENT_BACK and body.get("own"):
        return _("proposal taken back")
    if event.kind == CaseEventKind.REPRIORITISED:
        return _("%(what)s to SEV%(severity)s") % {"what": label, "severity": body.get("severity", "")}
    if event.kind == CaseEventKind.SNAPSHOT_ARRIVED and body.get("submission") in ("withdrawn", "deleted"):
        return _("the seller has withdrawn or deleted the item")
    return label


def _queue_name(code: str) -> str:
    queue = reference().by_code.get(code)
    return queue.name if queue else code
