"""A livestream that goes on after it was ruled on: its next case, in the same hands.

A case of its own, not the old one reopened: the first clock ended when its decision was made, and stays ended; the second
decision does not replace the first one, whose restriction runs to its own end.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted
from piepowder.intake.states import ItemState, Kind
from piepowder.intake.streams import ended_among
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.review.case_clocks import terms_for
from piepowder.review.claiming import Claim, hand_over
from piepowder.review.leases import locked_case, require_in_scope
from piepowder.review.models import Case
from piepowder.review.priority import rank
from piepowder.review.reference import reference
from piepowder.review.standing import user_id_of
from piepowder.review.states import ACTIVE_STATES, CaseEventKind, CaseState
from piepowder.review.steps import take_step, write_clock


class StreamOver(Conflict):
    """There is nothing left to watch."""

    code = "stream_over"


def is_on(case: Case) -> bool:
    """Whether the case is about a livestream that has not ended."""
    return case.kind == Kind.LIVESTREAM and case.item.state == ItemState.LIVE and not ended_among([case.item_id])


@transaction.atomic
def watch_on(*, actor: Actor, case_id: UUID, at: datetime) -> Claim:
    """Open the next case of a livestream that ``actor`` has just ruled on, and put it into their hands.

    It stands where the old one stood, with the same severity and suspicion and with a promise of its own that starts now.
    The caller holds the item's lock. Raises ``StreamOver``, ``NotPermitted`` when it was somebody else's case.
    """
    before = locked_case(case_id)
    user = user_id_of(actor)
    if before.holder_id != user or before.state != CaseState.DECIDED:
        raise NotPermitted(_("only who has just ruled on a stream watches on"))
    require_in_scope(actor, Permission.CASE_DECIDE, before)
    if not is_on(before) or Case.objects.filter(item_id=before.item_id, state__in=ACTIVE_STATES).exists():
        raise StreamOver(_("this stream is over, or somebody else watches it already"))
    known = reference()
    queue = known.queues[before.queue_id]
    terms = terms_for(known, queue, before.severity)
    routed = before.why_here.get("routed") or before.why_here
    case = Case(
        id=new_id(),
        item_id=before.item_id,
        snapshot_id=before.item.snapshot_id or before.snapshot_id,
        state=CaseState.OPEN,
        queue_id=before.queue_id,
        lane_id=before.lane_id,
        rank=rank(None, at, before.severity, before.trust, before.reports, before.item_gone),
        severity=before.severity,
        kind=before.kind,
        market=before.market,
        language=before.language,
        seller_ref=before.seller_ref,
        policy_code=before.policy_code,
        reports=before.reports,
        trust=before.trust,
        why_here={"by": "watched_on", "from": queue.code, "version": routed.get("version", 0), "routed": routed},
        opened_at=at,
    )
    case.save(force_insert=True)
    told: dict[str, Any] = {
        "queue": queue.code,
        "severity": case.severity,
        "policy": case.policy_code,
        "clock": terms.as_json() if terms else None,
        "watched_on_from": str(before.pk),
    }
    take_step(actor=actor, at=at, case=case, kind=CaseEventKind.OPENED, verb="case.watch_on", body=told)
    write_clock(case, now=at)
    case.save(update_fields=["due_at", "at_risk_at", "rank"])
    return hand_over(case, actor=actor, user=user, at=at)
